/* SPDX-License-Identifier: BSD-3-Clause */
/* Banners of SSH as lines of text, for the unit test and the fuzzer. */

#ifndef L7_SSH_TEXT_H
#define L7_SSH_TEXT_H

#include "l7_bed.h"

/** Writes an event of the view. */
void l7_ssh_text(FILE *out, const struct wp_stream_event *event);

#endif
