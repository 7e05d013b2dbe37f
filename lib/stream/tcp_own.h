/* SPDX-License-Identifier: BSD-3-Clause */
/* What those have in common who follow TCP: tcp.c and handshake.c. */

#ifndef WP_STREAM_TCP_OWN_H
#define WP_STREAM_TCP_OWN_H

#include "stream/delivery.h"
#include "stream/seq.h"
#include "stream/worker.h"

enum {
	/* What a window may be when it is not known how it is scaled (RFC 7323 section 2.3). */
	WINDOW_ANY = 1 << 30,
};

/** Takes a side to a state, and tells it. */
static inline void
set_state(struct stream_run *run, struct wp_flow_side *of, enum wp_tcp_state state)
{
	struct wp_stream_event *event;

	if (of->state == state)
		return;
	of->state = (uint8_t)state;
	if (!stream_wants(run->worker, WP_FLOW_STATE))
		return;
	event = stream_event(run->worker, run->flow, WP_FLOW_STATE,
			     of == run->me ? run->side : !run->side);
	event->detail = (uint8_t)state;
}

/** Says that a segment is not believed. @return false */
static inline bool
anomaly(struct stream_run *run, enum wp_anomaly kind)
{
	stream_anomaly(run->worker, run->flow, run->side, kind, false);
	return false;
}

/** Says that a segment is odd, but followed. */
static inline void
oddity(struct stream_run *run, enum wp_anomaly kind)
{
	stream_anomaly(run->worker, run->flow, run->side, kind, true);
}

/** A window is never taken back (3.8.6): what was allowed once counts. */
static inline void
allow(struct wp_flow_side *side, uint32_t limit)
{
	if ((side->flags & WP_SIDE_BOUND) == 0 || seq_before(side->limit, limit))
		side->limit = limit;
	side->flags |= WP_SIDE_BOUND;
}

#endif
