/* SPDX-License-Identifier: BSD-3-Clause */
/* Handshake messages of a side, put together from records; all of run->side. */

#ifndef WP_STREAM_L7_TLS_MESSAGE_H
#define WP_STREAM_L7_TLS_MESSAGE_H

#include "stream/l7/tls_view.h"

/** Reads bytes of handshake records. */
void tls_message_data(struct l7_run *run, const uint8_t *data, uint32_t size);

/** Begins a ClientHello of SSL 2.0's form: the rest of its record is its body. */
void tls_message_begin_v2(struct l7_run *run);

/** Bytes of a handshake record are missing. @return false: nobody knows where the next message
 * begins */
bool tls_message_gap(struct l7_run *run, uint32_t size);

#endif
