/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bytes of a flow, read as its application protocol: which view reads them is found out from
 * the first ones, then it is given all that is told. Worker that owns the flow.
 */

#ifndef WP_STREAM_VIEWS_H
#define WP_STREAM_VIEWS_H

#include <stdbool.h>

#include "stream/worker.h"

/** @return whether an event of the tracker's is something for views. */
static inline bool
stream_views_read(const struct wp_stream_event *event)
{
	return ((WP_EVENT_BIT(WP_FLOW_DATA) | WP_EVENT_BIT(WP_FLOW_GAP) |
		 WP_EVENT_BIT(WP_FLOW_FINISH)) &
		WP_EVENT_BIT(event->type)) != 0 &&
	       (event->flow->flags & WP_FLOW_UNREAD) == 0;
}

/** Reads what an event has brought, and tells what stands there to those who hear of it. */
void stream_views_take(struct stream_worker *worker, const struct wp_stream_event *event);

/** Ends what reads a flow, if anything does. */
void stream_views_close(struct stream_worker *worker, struct wp_flow *flow);

/** Likewise; nothing of the flow is read any more. */
void stream_views_stop(struct stream_worker *worker, struct wp_flow *flow);

#endif
