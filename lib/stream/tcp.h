/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Follows a TCP connection from between its ends: believes what its receiver would (RFC 9293,
 * RFC 5961, RFC 7323), so that what is told of a stream is what the receiver reads.
 */

#ifndef WP_STREAM_TCP_H
#define WP_STREAM_TCP_H

#include "stream/segment.h"
#include "stream/worker.h"

/** What a segment asks for. */
enum tcp_outcome {
	TCP_FOLLOWED,
	TCP_BEGINS_ANEW, /* it begins another connection with the same addresses and ports */
	TCP_REFUSED,     /* a limit was met: the packet is to be dropped */
};

/** @return which side of a new flow its first segment is from, or -1: it begins none, and those
 * under way are not followed. @param client_is_likely  by its ports */
int stream_tcp_open(const struct stream_worker *worker, const struct stream_segment *segment,
		    bool client_is_likely);

/** Follows a segment of @p side. */
enum tcp_outcome stream_tcp_follow(struct stream_worker *worker, struct wp_flow *flow,
				   unsigned int side, const struct stream_segment *segment);

/** Tells what is left of both streams: nothing more will come. */
void stream_tcp_finish(struct stream_worker *worker, struct wp_flow *flow);

/** @return whether both sides have sent packets. */
static inline bool
stream_tcp_both_heard(const struct wp_flow *flow)
{
	return (flow->sides[WP_CLIENT].flags & flow->sides[WP_SERVER].flags & WP_SIDE_SPOKEN) != 0;
}

/** @return which time-out a connection has now. */
enum stream_idle stream_tcp_idle(const struct wp_flow *flow);

#endif
