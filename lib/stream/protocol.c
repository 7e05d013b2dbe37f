/* SPDX-License-Identifier: BSD-3-Clause */
/* See protocol.h. */

#include "stream/protocol.h"

#include <string.h>

#include "parse/parse.h"
#include "stream/block.h"
#include "stream/kept.h"
#include "stream/l7/views.h"
#include "stream/views.h"

/* Who may be asked. */

/** @return bits: enum wp_l7: protocols that somebody wants to hear of. */
static uint16_t
protocols_wanted(const struct stream_plan *plan)
{
	uint16_t wanted = plan->l7_all;

	for (unsigned int i = 0; i < l7_n_views; i++)
		if ((plan->wants & l7_views[i]->events) != 0)
			wanted |= (uint16_t)(1u << l7_views[i]->protocol);
	return wanted;
}

/** @return bits: index of l7_views, those that are wanted, or that lead to such, and whose protocol
 * may be carried by @p proto. */
static uint16_t
views_for(uint16_t wanted, uint8_t proto)
{
	uint16_t possible = 0;

	for (unsigned int i = 0; i < l7_n_views; i++) {
		const struct l7_view *view = l7_views[i];

		if ((wanted & (1u << view->protocol | view->leads_to)) != 0 &&
		    (view->proto == 0 || view->proto == proto))
			possible |= (uint16_t)(1u << i);
	}
	return possible;
}

void
stream_plan_close(struct stream_plan *plan)
{
	uint16_t wanted = protocols_wanted(plan);

	plan->views_tcp = views_for(wanted, WP_PROTO_TCP);
	plan->views_udp = views_for(wanted, WP_PROTO_UDP);
}

/* Asking. */

/** Asks views whose a side's first bytes are. @param[in,out] possible  whom to ask; those that say
 * no are taken out @return the one that says yes, or NULL */
static const struct l7_view *
ask(const struct wp_flow *flow, const struct l7_hint *hint, uint16_t *possible)
{
	for (unsigned int left = *possible; left != 0; left &= left - 1) {
		unsigned int i = (unsigned int)__builtin_ctz(left);
		enum l7_match said = l7_views[i]->match(hint);

		if (said == L7_YES)
			return l7_views[i];
		if (said == L7_NO || (flow->proto == WP_PROTO_TCP && hint->size == L7_MATCH_SIZE))
			*possible &= (uint16_t) ~(1u << i);
	}
	return NULL;
}

static struct l7_hint
hint_of(const struct wp_flow *flow, unsigned int side, const uint8_t *data, uint32_t size)
{
	struct wp_endpoint client, server;

	wp_flow_endpoint(flow, WP_CLIENT, &client);
	wp_flow_endpoint(flow, WP_SERVER, &server);
	return (struct l7_hint){.data = data,
				.size = size,
				.side = side,
				.server_port = server.port,
				.proto = flow->proto,
				.client_port = client.port};
}

/** Asks those views first of which the other side may be, too. */
static const struct l7_view *
match(struct l7_flow *l7, unsigned int side, const uint8_t *data, uint32_t size)
{
	const struct l7_hint hint = hint_of(l7->flow, side, data, size);
	uint16_t likely = l7->possible[side] & l7->possible[!side];
	uint16_t unlikely = l7->possible[side] & (uint16_t)~l7->possible[!side];
	const struct l7_view *view = ask(l7->flow, &hint, &likely);

	if (view == NULL)
		view = ask(l7->flow, &hint, &unlikely);
	l7->possible[side] = likely | unlikely;
	return view;
}

/** @return whether bytes are surely of another protocol than the view's. @param[out] is_known  more
 * bytes would not tell otherwise */
static bool
is_others(const struct l7_flow *l7, const struct l7_hint *hint, bool *is_known)
{
	enum l7_match said = l7->view->match(hint);

	*is_known = said == L7_YES || hint->size == L7_MATCH_SIZE;
	for (unsigned int i = 0; i < l7_n_views && said == L7_NO; i++) {
		const struct l7_view *view = l7_views[i];

		if (view != l7->view && (view->proto == 0 || view->proto == l7->flow->proto) &&
		    view->match(hint) == L7_YES)
			return true;
	}
	return false;
}

/* An answer, and what follows from it. */

/** It is known now what protocol a flow has, or that it is none. */
static void
set_protocol(struct stream_reading *reading, enum wp_l7 protocol)
{
	struct wp_flow *flow = reading->run.flow;

	flow->l7 = (uint8_t)protocol;
	reading->worker->core->counters[STREAM_COUNT_L7 + protocol - WP_L7_NONE]++;
	l7_tell(&reading->run, (struct wp_stream_event){.type = WP_L7_START});
}

/** Gives a flow its view. @return false: there is no memory for it, and it is not read */
static bool
open_view(struct stream_reading *reading, const struct l7_view *view)
{
	struct l7_flow *l7 = reading->l7;

	if (view->state_size != 0) {
		l7->state = stream_block_take(reading->worker, l7->flow, l7, view->state_size);
		if (l7->state == NULL) {
			l7_anomaly(&reading->run, WP_L7_NO_MEMORY);
			stream_views_stop(reading->worker, reading->run.flow);
			return false;
		}
		memset(l7->state, 0, view->state_size);
	}
	l7->view = view;
	reading->run.state = l7->state;
	return true;
}

static void
read_kept(struct stream_reading *reading, unsigned int side, const struct stream_kept *kept)
{
	reading->run.side = side;
	reading->run.offset = 0;
	stream_reading_bytes(reading, kept->bytes, kept->n);
	if (kept->missing != 0)
		stream_reading_gap(reading, kept->missing);
}

/** Neither side's first bytes are of any protocol that somebody wants to hear of. */
static void
find_none(struct stream_reading *reading)
{
	if (reading->run.flow->l7 == WP_L7_UNKNOWN) /* else it was known in another process */
		set_protocol(reading, WP_L7_NONE);
	stream_views_stop(reading->worker, reading->run.flow);
}

/** It is known which view reads a flow: it gets what was kept, and what has just come. */
static void
go_on_with(struct stream_reading *reading, const struct l7_view *view, const uint8_t *data,
	   uint32_t size)
{
	unsigned int side = reading->run.side;
	uint64_t offset = reading->run.offset;
	struct stream_kept kept[2];

	stream_kept_take(reading, kept);
	if (!open_view(reading, view))
		return;
	set_protocol(reading, view->protocol);
	reading->l7->doubtful = (uint8_t)(1 + !side);
	read_kept(reading, !side, &kept[!side]);
	read_kept(reading, side, &kept[side]);
	reading->run.side = side;
	reading->run.offset = offset;
	stream_reading_bytes(reading, data, size);
}

void
stream_protocol_find(struct stream_reading *reading, const uint8_t *data, uint32_t size)
{
	struct l7_flow *l7 = reading->l7;
	unsigned int side = reading->run.side, n = l7->n_kept[side];
	const struct l7_view *view = NULL;
	uint8_t first[L7_MATCH_SIZE];
	uint32_t more = size < L7_MATCH_SIZE - n ? size : L7_MATCH_SIZE - n;

	if (l7->possible[side] != 0) {
		memcpy(first, l7->kept[side], n);
		memcpy(first + n, data, more);
		view = match(l7, side, first, n + more);
	}
	if (view != NULL) {
		go_on_with(reading, view, data, size);
		return;
	}
	if ((l7->possible[WP_CLIENT] | l7->possible[WP_SERVER]) == 0)
		find_none(reading);
	else
		stream_kept_add(reading, data, size);
}

void
stream_protocol_miss(struct stream_reading *reading, uint64_t size)
{
	struct l7_flow *l7 = reading->l7;
	unsigned int side = reading->run.side;

	l7->seen[side] += size;
	l7->possible[side] = 0;
	if (l7->possible[!side] == 0)
		find_none(reading);
}

void
stream_protocol_doubt(struct stream_reading *reading, const uint8_t *data, uint32_t size)
{
	struct l7_flow *l7 = reading->l7;
	unsigned int side = reading->run.side;
	struct l7_hint hint;
	bool is_known;

	l7->seen[side] = l7->n_kept[side];
	stream_kept_add_first(l7, side, data, size);
	hint = hint_of(l7->flow, side, l7->kept[side], l7->n_kept[side]);
	if (is_others(l7, &hint, &is_known)) {
		l7_anomaly(&reading->run, WP_L7_OTHER_SIDE);
		is_known = true;
	}
	if (is_known)
		l7->doubtful = 0;
}

const struct l7_view *
stream_protocol_of_datagram(struct stream_reading *reading, const uint8_t *data, uint32_t size)
{
	struct wp_flow *flow = reading->run.flow;
	const struct l7_view *view = NULL;

	/* Each stands alone: one that is none says nothing of others. */
	if (flow->l7 <= WP_L7_NONE) {
		const struct l7_hint hint = hint_of(flow, reading->run.side, data, size);
		uint16_t possible = stream_reading_plan(reading)->views_udp;

		view = ask(flow, &hint, &possible);
		if (view != NULL || flow->l7 == WP_L7_UNKNOWN)
			set_protocol(reading, view == NULL ? WP_L7_NONE : view->protocol);
	}
	for (unsigned int i = 0; i < l7_n_views && view == NULL; i++)
		if (l7_views[i]->protocol == flow->l7 &&
		    (l7_views[i]->proto == 0 || l7_views[i]->proto == flow->proto))
			view = l7_views[i];
	return view;
}
