/* SPDX-License-Identifier: BSD-3-Clause */
/* Events of the SMB view as text: for its test and its fuzzer. */

#ifndef L7_SMB_TEXT_H
#define L7_SMB_TEXT_H

#include "l7_bed.h"

/** Writes what a message has; numbers that are 0 are left away. */
void l7_smb_text(FILE *out, const struct wp_stream_event *event);

/** Likewise, with a sum of the bytes of the message that are there. */
void l7_smb_text_with_sum(FILE *out, const struct wp_stream_event *event);

#endif
