/* SPDX-License-Identifier: BSD-3-Clause */
/* What is told of mail, as text. */

#ifndef L7_MIME_TEXT_H
#define L7_MIME_TEXT_H

#include "l7_bed.h"

/** See l7_write: "part N name=... type=...", "end", "end, cut". */
void l7_mime_write(FILE *out, const struct wp_stream_event *event);

#endif
