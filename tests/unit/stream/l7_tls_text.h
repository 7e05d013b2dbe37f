/* SPDX-License-Identifier: BSD-3-Clause */
/* What TLS tells as text, for its test and its fuzzer. */

#ifndef L7_TLS_TEXT_H
#define L7_TLS_TEXT_H

#include <stdio.h>

#include "stream/l7/tls_view.h"

/** See l7_write. */
void l7_tls_write(FILE *out, const struct wp_stream_event *event);

#endif
