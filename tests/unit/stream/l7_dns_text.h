/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages of DNS as lines of text, for the unit test and the fuzzer. */

#ifndef L7_DNS_TEXT_H
#define L7_DNS_TEXT_H

#include "l7_bed.h"

/** Writes an event of the view: numbers as they are, "-" for what is not told. A name has its
 * labels counted in parentheses, a record is NAME/TYPE/CLASS/TTL/SIZE:TEXT. */
void l7_dns_text(FILE *out, const struct wp_stream_event *event);

#endif
