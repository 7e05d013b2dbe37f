/* SPDX-License-Identifier: BSD-3-Clause */
/* What SMTP's view tells, as text. */

#ifndef L7_SMTP_TEXT_H
#define L7_SMTP_TEXT_H

#include "l7_bed.h"

/** See l7_write: "command N line=... verb=... arg=...", "reply CODE line=... text=...", a '+'
 * behind the code of a line that is not the last. */
void l7_smtp_write(FILE *out, const struct wp_stream_event *event);

#endif
