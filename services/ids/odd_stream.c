/* SPDX-License-Identifier: BSD-3-Clause */
/* What is odd about streams, as the tracker tells it. */

#include "odd_own.h"
#include "parse/parse.h"
#include "stream/event.h"
#include "stream/segment.h"

/** @return the event that a limit is. @param cap  enum wp_cap */
static enum rule_event
event_of_cap(unsigned int cap)
{
	return cap == WP_CAP_DEPTH  ? EVENT_STREAM_REASSEMBLY_DEPTH_REACHED
	       : cap == WP_CAP_FLOW ? EVENT_STREAM_REASSEMBLY_INSERT_LIMIT
				    : EVENT_STREAM_REASSEMBLY_INSERT_MEMCAP;
}

/** @return when the packet came that an event was told with. */
static uint64_t
time_of(const struct wp_stream_event *event)
{
	return event->pkt == NULL ? UINT64_MAX : event->pkt->tag.ingress_ns;
}

/** Bytes are missing. */
static void
note_gap(struct detect *detect, const struct wp_stream_event *event)
{
	struct flow_state *state = flow_state_make(event->flow, detect->core);
	struct flow_side_state *side;

	if (state == NULL)
		return;
	side = &state->sides[event->side];
	side->has_gap = true;
	side->gap_ns = side->data_ns == time_of(event) ? time_of(event) : 0;
}

/** @return whether an event was told with a segment that resets its connection: what waits is told
 * as it is. */
static bool
is_of_reset(const struct wp_stream_event *event)
{
	return event->pkt != NULL && event->pkt->l4 != 0 && (wp_l4(event->pkt)[13] & TCP_RST) != 0;
}

/** A gap is told when bytes come behind it; not with those that came before it. */
static enum rule_event
event_of_data(struct detect *detect, const struct wp_stream_event *event)
{
	struct flow_state *state = flow_state_make(event->flow, detect->core);
	struct flow_side_state *side;

	if (state == NULL)
		return EVENT_NONE;
	side = &state->sides[event->side];
	side->data_ns = time_of(event);
	if (!side->has_gap || side->gap_ns == time_of(event))
		return EVENT_NONE;
	side->has_gap = false;
	if (is_of_reset(event))
		return EVENT_NONE;
	return EVENT_STREAM_REASSEMBLY_SEQ_GAP;
}

/** Another connection begins for the tracker; a session that nobody has answered goes on. */
static void
keep_watch(struct detect *detect, const struct wp_stream_event *event)
{
	const struct flow_state *state = flow_state_find(event->flow, detect->core);

	if (event->flow->end != WP_FLOW_BY_REUSE || state == NULL ||
	    state->watch.state != WATCH_SYN_SENT)
		return;
	detect->unanswered = state->watch;
	detect->unanswered_flow = event->flow;
}

static enum rule_event
event_of(struct detect *detect, const struct wp_stream_event *event)
{
	switch ((enum wp_stream_event_type)event->type) {
	case WP_FLOW_GAP:
		note_gap(detect, event);
		return EVENT_NONE;
	case WP_FLOW_DATA:
		return event_of_data(detect, event);
	case WP_FLOW_CONFLICT:
		return EVENT_STREAM_REASSEMBLY_OVERLAP_DIFFERENT_DATA;
	case WP_FLOW_CAP:
		return event_of_cap(event->detail);
	case WP_FLOW_END:
		keep_watch(detect, event);
		return EVENT_NONE;
	default:
		return EVENT_NONE;
	}
}

void
odd_stream(struct detect *detect, const struct wp_stream_event *event)
{
	struct oddities odd = {.n = 0};
	struct moment moment;
	enum rule_event is;

	if (!detect_is_read(detect, event->flow))
		return;
	is = event_of(detect, event);
	if (is == EVENT_NONE)
		return;
	oddities_add(&odd, is);
	if (event->pkt != NULL)
		moment_of_packet(&moment, event->pkt, event->flow);
	else
		moment_of_flow(&moment, MOMENT_EVENT, event->flow, event->side, NULL);
	moment.state = flow_state_find(event->flow, detect->core);
	odd_ask(detect, &moment, &odd);
}
