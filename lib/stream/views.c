/* SPDX-License-Identifier: BSD-3-Clause */
/* See views.h. */

#include "stream/views.h"

#include "parse/parse.h"
#include "stream/block.h"
#include "stream/reading.h"

/* What views call. */

static struct stream_reading *
reading_of(struct l7_run *run)
{
	return (struct stream_reading *)run;
}

static void *
take(struct l7_run *run, size_t size)
{
	struct stream_reading *reading = reading_of(run);

	return stream_block_take(reading->worker, run->flow, reading->l7, size);
}

static void
give(struct l7_run *run, void *memory)
{
	stream_block_give(reading_of(run)->worker, memory);
}

static void
tell(struct l7_run *run, struct wp_stream_event *event)
{
	const struct stream_reading *reading = reading_of(run);
	const struct stream_link *link = &reading->worker->link;
	const struct stream_plan *plan = stream_reading_plan(reading);

	if ((plan->wants & WP_EVENT_BIT(event->type)) == 0)
		return;
	event->flow = run->flow;
	event->pkt = reading->cause->pkt;
	event->plan = plan;
	link->tell(link->tell_arg, event, 1);
}

static const struct l7_host host = {.take = take, .give = give, .tell = tell};

/** Begins calls of the flow's view for a side. */
static struct stream_reading
begin(struct stream_worker *worker, struct wp_flow *flow, const struct wp_stream_event *cause,
      unsigned int side)
{
	struct stream_reading reading = {.worker = worker, .cause = cause, .l7 = flow->view};

	reading.run = (struct l7_run){.host = &host, .flow = flow, .side = side};
	if (cause != NULL)
		reading.run.wants = stream_reading_plan(&reading)->wants;
	if (flow->view != NULL)
		reading.run.state = flow->view->state;
	return reading;
}

/* The end of a view. */

static void
ignore(struct l7_run *run, struct wp_stream_event *event)
{
	(void)run;
	(void)event;
}

void
stream_views_close(struct stream_worker *worker, struct wp_flow *flow)
{
	static const struct l7_host nobody = {.take = take, .give = give, .tell = ignore};
	struct l7_flow *l7 = flow->view;
	struct stream_reading reading;

	if (l7 == NULL)
		return;
	reading = begin(worker, flow, NULL, WP_CLIENT);
	reading.run.host = &nobody;
	if (l7->view != NULL && l7->view->close != NULL)
		l7->view->close(&reading.run);
	stream_block_give(worker, l7->state); /* or what it has more */
	stream_block_give(worker, l7);
	flow->view = NULL;
}

void
stream_views_stop(struct stream_worker *worker, struct wp_flow *flow)
{
	stream_views_close(worker, flow);
	flow->flags |= WP_FLOW_UNREAD;
}

/* Events. */

/** Reads what an event has brought to a flow that has streams. */
static void
read_stream(struct stream_reading *reading, const struct wp_stream_event *event)
{
	reading->run.offset = event->offset;
	if (event->type == WP_FLOW_GAP)
		stream_reading_gap(reading, event->size);
	else if (event->type == WP_FLOW_FINISH)
		stream_reading_end(reading);
	else if (event->detail == WP_DATA_PLAIN)
		stream_reading_bytes(reading, event->data, event->size);
}

/** What was told while nobody asked for protocols is missing. */
static void
catch_up(struct stream_reading *reading, const struct wp_stream_event *event)
{
	const struct l7_flow *l7 = reading->l7;

	if (l7 == NULL || !l7->has_next[event->side] || event->offset <= l7->next[event->side])
		return;
	reading->run.offset = l7->next[event->side];
	stream_reading_gap(reading, event->offset - l7->next[event->side]);
}

/** Notes where the next event of a side begins. */
static void
note_next(struct l7_flow *l7, const struct wp_stream_event *event)
{
	if (l7 == NULL)
		return;
	l7->next[event->side] = event->offset + event->size;
	l7->has_next[event->side] = true;
}

/** Tells of a flow whose view was taken away that it is not read any more. @return whether it is */
static bool
is_lost(struct stream_reading *reading, const struct wp_stream_event *event)
{
	if ((event->flow->flags & WP_FLOW_LOST) == 0)
		return false;
	event->flow->flags ^= WP_FLOW_LOST | WP_FLOW_UNREAD;
	reading->run.offset = event->offset;
	l7_anomaly(&reading->run, WP_L7_NO_MEMORY);
	return true;
}

/** @return whether a wish to put a flow off counts: it lapses with the plan under which it was
 * first met, as who had it may not be there any more. */
static bool
is_wish_of(struct l7_flow *l7, const struct stream_plan *plan)
{
	if ((l7->flow->flags & WP_FLOW_PUT_OFF) == 0) {
		l7->put_off = NULL;
		return false;
	}
	if (l7->put_off == NULL)
		l7->put_off = plan;
	if (l7->put_off != plan) {
		wp_flow_put_off(l7->flow, false);
		l7->put_off = NULL;
	}
	return l7->put_off != NULL && plan->has_one_reader;
}

/** @return whether an event is left for later: catch_up() sees to what is missing then. */
static bool
is_put_off(const struct stream_reading *reading, const struct wp_stream_event *event)
{
	struct l7_flow *l7 = reading->l7;

	if (l7 == NULL || l7->view == NULL || !is_wish_of(l7, stream_reading_plan(reading)) ||
	    event->type == WP_FLOW_FINISH)
		return false;
	if (!l7->has_next[event->side]) { /* nothing of that side was read yet */
		l7->next[event->side] = event->offset;
		l7->has_next[event->side] = true;
	}
	return true;
}

void
stream_views_take(struct stream_worker *worker, const struct wp_stream_event *event)
{
	struct stream_reading reading = begin(worker, event->flow, event, event->side);

	if ((stream_reading_plan(&reading)->wants & WP_EVENTS_OF_L7) == 0)
		return;
	if (is_lost(&reading, event) || is_put_off(&reading, event))
		return;
	if (event->flow->proto == WP_PROTO_UDP)
		stream_reading_datagram(&reading, event->data, event->size);
	if (event->flow->proto != WP_PROTO_TCP)
		return; /* views read nothing else */
	catch_up(&reading, event);
	read_stream(&reading, event);
	note_next(event->flow->view, event);
}
