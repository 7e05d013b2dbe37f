/* SPDX-License-Identifier: BSD-3-Clause */
/* SYNs and their answers: how a TCP connection begins. For tcp.c and stream.c only. */

#ifndef WP_STREAM_HANDSHAKE_H
#define WP_STREAM_HANDSHAKE_H

#include "stream/delivery.h"
#include "stream/tcp.h"

/** Follows a SYN alone: of this connection, or of another one. */
enum tcp_outcome stream_handshake_syn(struct stream_run *run);

/** Follows the answer to a SYN. */
enum tcp_outcome stream_handshake_syn_ack(struct stream_run *run);

/**
 * A segment behind the SYNs: where there are two of a side, it may tell which of them counts.
 * @return false: not the one whose connection is followed (TCP_BEGINS_ANEW)
 */
bool stream_handshake_settle(struct stream_run *run);

/** What goes on of a flow in the one that begins in its place. Without flags: nothing. */
struct stream_handshake {
	struct stream_segment syns[2]; /* index: enum wp_side */
	struct stream_segment answer;  /* the server's that does not count now */
};

/** @param segment  the one that begins a connection @param side  that it is from
 * @return likewise, in the new flow */
unsigned int stream_handshake_keep(const struct wp_flow *flow, unsigned int side,
				   const struct stream_segment *segment,
				   struct stream_handshake *handshake);

/** Goes on with it in the new flow. */
void stream_handshake_resume(struct wp_flow *flow, const struct stream_handshake *handshake);

#endif
