/* SPDX-License-Identifier: BSD-3-Clause */
/* Events of the HTTP/1 view as text, for tests and fuzzers. */

#ifndef L7_HTTP_TEXT_H
#define L7_HTTP_TEXT_H

#include "l7_bed.h"

/** Writes a head as "request METHOD ..." or "response STATUS ...", or "end"; see l7_write. Looks
 * whether spans lie where they must. */
void l7_http_write(FILE *out, const struct wp_stream_event *event);

#endif
