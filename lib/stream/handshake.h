/* SPDX-License-Identifier: BSD-3-Clause */
/* SYNs and their answers: how a TCP connection begins. For tcp.c only. */

#ifndef WP_STREAM_HANDSHAKE_H
#define WP_STREAM_HANDSHAKE_H

#include "stream/delivery.h"
#include "stream/tcp.h"

/** Follows a SYN alone: of this connection, or of another one. */
enum tcp_outcome stream_handshake_syn(struct stream_run *run);

/** Follows the answer to a SYN. */
enum tcp_outcome stream_handshake_syn_ack(struct stream_run *run);

#endif
