/* SPDX-License-Identifier: BSD-3-Clause */
/* See body.h. */

#include "body.h"

#include <string.h>

#include "chunk.h"
#include "detect.h"
#include "file.h"
#include "state/flow_state.h"

static struct body *
body_of(const struct wp_entry *entry)
{
	return (struct body *)(uintptr_t)wp_value(entry);
}

static struct body *
find(struct detect *detect, struct wp_flow *flow, unsigned int side)
{
	struct flow_state *state = flow_state_find(flow, detect->core);

	return state == NULL || state->sides[side].body == NULL ? NULL
								: body_of(state->sides[side].body);
}

/** Lets go of a message. */
static void
give(struct detect *detect, struct flow_side_state *side)
{
	flow_state_give(detect->core, TABLE_BODIES, &side->body);
	flow_state_give(detect->core, TABLE_HEADS, &side->head);
}

/** @return whether a message may have a body (RFC 9112 section 6.3). */
static bool
may_have_body(const struct wp_http_head *head)
{
	const uint32_t odd = WP_HTTP_BIT(WP_HTTP_BAD_LENGTH) | WP_HTTP_BIT(WP_HTTP_LENGTHS_DIFFER);

	if (head->is_chunked)
		return true;
	if (head->has_content_length)
		return head->content_length != 0 || (head->anomalies & odd) != 0;
	return !head->is_request && !wp_http_status_is_bare(head->status);
}

static bool
is_asked_about(const struct detect *detect, const struct flow_state *state,
	       const struct wp_stream_event *event)
{
	unsigned int side = event->side;
	const struct bundle *bundle = &detect->detector->bodies[event->flow->l7][side];

	return bundle->n_parts != 0 || bundle->n_always != 0 ||
	       (state != NULL && state->sides[side].n_pending != 0);
}

/** Asks rules that are about messages without a body. */
static void
look_at_none(struct detect *detect, const struct wp_stream_event *event)
{
	struct moment moment;

	if (!detect->detector->asks_absent)
		return;
	view_open(&detect->view, event);
	moment_of_flow(&moment, MOMENT_BODY, event->flow, event->side, event->pkt);
	moment.state = flow_state_find(event->flow, detect->core);
	moment.view = &detect->view;
	moment.message = event;
	moment.ends = true;
	moment.transaction = moment.state == NULL ? 1 : moment.state->sides[event->side].message;
	detect_moment(detect, &moment);
}

/** @return an empty one; NULL: there is no room, which is counted. */
static struct body *
make(struct detect *detect, const struct wp_stream_event *event)
{
	struct flow_state *state = flow_state_make(event->flow, detect->core);
	struct wp_entry **entry = state == NULL ? NULL : &state->sides[event->side].body;
	struct body *body;

	if (entry != NULL && *entry == NULL)
		*entry = flow_state_entry(event->flow, event->side, detect->core, TABLE_BODIES);
	if (entry == NULL || *entry == NULL) {
		detect->core->counters[COUNT_NO_ROOM]++;
		return NULL;
	}
	body = body_of(*entry);
	memset(body, 0, offsetof(struct body, text));
	return body;
}

void
body_begin(struct detect *detect, const struct wp_stream_event *event)
{
	const struct flow_state *state = flow_state_find(event->flow, detect->core);
	struct body *body;

	if (!is_asked_about(detect, state, event))
		return;
	if (!may_have_body(event->http)) {
		look_at_none(detect, event);
		return;
	}
	body = make(detect, event);
	if (body != NULL)
		body_head_keep(detect, body, event);
}

void
body_begin_part(struct detect *detect, const struct wp_stream_event *event)
{
	const struct flow_state *state = flow_state_find(event->flow, detect->core);
	struct body *body;

	if (!is_asked_about(detect, state, event))
		return;
	body = make(detect, event);
	if (body != NULL)
		body_part_keep(body, event);
}

/* Looking at it. */

/** What is looked at of a body. */
enum what {
	WHAT_COMES, /* some bytes in front of it, too */
	WHAT_IS_FULL,
	WHAT_ENDS,
};

static void
look(struct detect *detect, struct wp_flow *flow, unsigned int side, struct wp_packet *pkt,
     struct body *body, enum what what)
{
	uint32_t from = body->early > BODY_BEFORE ? body->early - BODY_BEFORE : 0;
	struct moment moment;

	view_open(&detect->view, &body->event);
	detect->view.target = body->target;
	if (what != WHAT_COMES) {
		detect->view.body = (struct wp_span){body->bytes, body->size};
		from = 0;
	}
	moment_of_flow(&moment, MOMENT_BODY, flow, side, pkt);
	moment.state = flow_state_find(flow, detect->core);
	moment.view = &detect->view;
	moment.message = &body->event;
	moment.body =
		(struct inspect_bytes){body->bytes + from, body->size - from, body->offset + from};
	moment.is_early = what == WHAT_COMES;
	moment.ends = what == WHAT_ENDS;
	moment.file = file_known(detect, flow, side);
	moment.transaction = moment.state->sides[side].message;
	chunk_gathered(detect, flow, side, &moment.payload);
	detect_moment(detect, &moment);
	body->early = body->size;
}

/** Makes room behind what is to stay. */
static void
slide(struct body *body)
{
	uint32_t gone = body->size - BODY_OVERLAP;

	memmove(body->bytes, body->bytes + gone, BODY_OVERLAP);
	body->offset += gone;
	body->size = body->early = BODY_OVERLAP;
}

void
body_data(struct detect *detect, const struct wp_stream_event *event)
{
	struct body *body = find(detect, event->flow, event->side);
	const uint8_t *data = event->data;
	uint64_t left = event->size;

	if (body == NULL || body->seen >= detect->body)
		return;
	if (left > detect->body - body->seen)
		left = detect->body - body->seen;
	body->seen += left;
	while (left != 0) {
		uint32_t room = BODY_ROOM - body->size, n = left < room ? (uint32_t)left : room;

		memcpy(body->bytes + body->size, data, n);
		body->size += n;
		data += n;
		left -= n;
		if (body->size < BODY_ROOM)
			continue;
		look(detect, event->flow, event->side, event->pkt, body, WHAT_IS_FULL);
		slide(body);
	}
}

/** @return whether more may come behind a message's end: behind a response that is the last, or is
 * expected to have no body, what is no other response is body (WP_HTTP_NO_STATUS_LINE). */
static bool
may_go_on(const struct body *body)
{
	const struct wp_http_head *head = &body->head;

	if (body->event.type != WP_HTTP_HEAD || head->is_request)
		return false;
	return !head->keeps_alive || head->known_method == WP_HTTP_METHOD_HEAD ||
	       wp_http_status_is_bare(head->status);
}

void
body_end(struct detect *detect, struct wp_flow *flow, unsigned int side, struct wp_packet *pkt)
{
	struct flow_state *state = flow_state_find(flow, detect->core);
	struct body *body = find(detect, flow, side);

	if (body == NULL)
		return;
	if (body->seen != body->looked_at ||
	    (body->seen == 0 && !body->is_over && detect->detector->asks_absent))
		look(detect, flow, side, pkt, body, WHAT_ENDS);
	if (may_go_on(body) && !body->is_over) {
		body->looked_at = body->seen;
		body->is_over = true;
		return;
	}
	give(detect, &state->sides[side]);
}

void
body_flush(struct detect *detect, struct wp_flow *flow, unsigned int side, struct wp_packet *pkt)
{
	struct body *body = find(detect, flow, side);

	if (body != NULL && body->early != body->size)
		look(detect, flow, side, pkt, body, WHAT_COMES);
}

void
body_drop(struct detect *detect, struct wp_flow *flow, unsigned int side)
{
	struct flow_state *state = flow_state_find(flow, detect->core);

	if (state != NULL)
		give(detect, &state->sides[side]);
}
