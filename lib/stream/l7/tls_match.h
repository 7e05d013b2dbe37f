/* SPDX-License-Identifier: BSD-3-Clause */
/* What TLS is known by. */

#ifndef WP_STREAM_L7_TLS_MATCH_H
#define WP_STREAM_L7_TLS_MATCH_H

#include "stream/l7/view.h"

/** See struct l7_view. */
enum l7_match tls_match(const struct l7_hint *hint);

/** @param head  TLS_V2_HEAD bytes @return whether they begin a ClientHello of SSL 2.0's form */
bool tls_begins_v2(const uint8_t *head);

#endif
