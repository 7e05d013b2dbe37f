/* SPDX-License-Identifier: BSD-3-Clause */
/* See reading.h. */

#include "stream/reading.h"

#include "stream/block.h"
#include "stream/protocol.h"
#include "stream/views.h"

/** @return what is kept of the flow, made if need be; NULL: there is no memory */
static struct l7_flow *
open_flow(struct stream_reading *reading)
{
	struct wp_flow *flow = reading->run.flow;
	struct l7_flow *l7 = flow->view;

	if (l7 != NULL)
		return reading->l7 = l7;
	l7 = stream_block_take(reading->worker, flow, NULL, sizeof(*l7));
	if (l7 == NULL) {
		l7_anomaly(&reading->run, WP_L7_NO_MEMORY);
		flow->flags |= WP_FLOW_UNREAD;
		return NULL;
	}
	*l7 = (struct l7_flow){.flow = flow};
	l7->possible[WP_CLIENT] = l7->possible[WP_SERVER] = stream_reading_plan(reading)->views_tcp;
	return flow->view = reading->l7 = l7;
}

/** Does what a view has said at the end of a call. */
static void
heed(struct stream_reading *reading)
{
	struct wp_flow *flow = reading->run.flow;

	if (reading->run.then == L7_GOES_DARK)
		flow->flags |= WP_FLOW_ENCRYPTED;
	if (reading->run.then == L7_STOPS || reading->run.then == L7_GOES_DARK)
		stream_views_stop(reading->worker, flow);
	if (reading->run.then != L7_BEGINS_ANEW)
		return;
	stream_views_close(reading->worker, flow);
	flow->l7 = WP_L7_UNKNOWN;
}

/** Views that may follow each other in one flow's bytes, within one call. */
enum { ROUNDS_MAX = 16 };

void
stream_reading_bytes(struct stream_reading *reading, const uint8_t *data, uint32_t size)
{
	struct l7_run *run = &reading->run;
	struct wp_flow *flow = run->flow;
	struct l7_flow *l7;
	uint32_t n;

	if (size == 0 || (flow->flags & WP_FLOW_UNREAD) != 0)
		return;
	if (++reading->rounds > ROUNDS_MAX) {
		l7_anomaly(run, WP_L7_MALFORMED);
		stream_views_stop(reading->worker, flow);
		return;
	}
	l7 = open_flow(reading);
	if (l7 == NULL)
		return;
	if (l7->view == NULL) {
		stream_protocol_find(reading, data, size);
		return;
	}
	if (l7->doubtful == 1 + run->side)
		stream_protocol_doubt(reading, data, size);
	run->state = l7->state;
	run->then = L7_GOES_ON;
	n = l7->view->data(run, data, size);
	heed(reading);
	run->offset += n;
	stream_reading_bytes(reading, data + n, size - n);
}

void
stream_reading_gap(struct stream_reading *reading, uint64_t size)
{
	struct wp_flow *flow = reading->run.flow;
	unsigned int side = reading->run.side;
	struct l7_flow *l7;

	if ((flow->flags & WP_FLOW_UNREAD) != 0)
		return;
	l7 = open_flow(reading);
	if (l7 == NULL)
		return;
	if (l7->doubtful == 1 + side)
		l7->doubtful = 0;
	if (l7->view != NULL) {
		reading->run.state = l7->state;
		reading->run.then = L7_GOES_ON;
		l7->view->gap(&reading->run, size);
		heed(reading);
		return;
	}
	stream_protocol_miss(reading, size);
}

void
stream_reading_end(struct stream_reading *reading)
{
	const struct l7_flow *l7 = reading->run.flow->view;

	if (l7 == NULL || l7->view == NULL || l7->view->finish == NULL)
		return;
	reading->run.state = l7->state;
	l7->view->finish(&reading->run);
	heed(reading);
}

void
stream_reading_datagram(struct stream_reading *reading, const uint8_t *data, uint32_t size)
{
	const struct l7_view *view = stream_protocol_of_datagram(reading, data, size);

	if (view != NULL)
		view->data(&reading->run, data, size);
}
