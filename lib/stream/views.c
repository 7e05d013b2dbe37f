/* SPDX-License-Identifier: BSD-3-Clause */
/* See views.h. */

#include "stream/views.h"

#include <string.h>

#include "parse/parse.h"
#include "state/state.h"
#include "stream/l7/views.h"

/** What is kept of a flow whose bytes are read, or that may be. */
struct l7_flow {
	struct wp_flow *flow;
	const struct l7_view *view; /* NULL: it is not known yet */
	void *state;                /* of the view; NULL: it has none */
	/* Index of these: enum wp_side. */
	uint64_t next[2];     /* offset in the stream of what comes next */
	bool has_next[2];     /* it is known */
	uint64_t seen[2];     /* bytes that came before the view was known */
	uint16_t possible[2]; /* bits: which views have not said no to a side's bytes */
	uint8_t n_kept[2];
	uint8_t doubtful; /* 1 + enum wp_side: whose first bytes are still to be those of the view,
			   * which was found by the other's; 0: nobody's */
	uint8_t kept[2][L7_MATCH_SIZE];    /* the first bytes of each side */
	const struct stream_plan *put_off; /* under which WP_FLOW_PUT_OFF was met; NULL: none */
};

/** One piece of memory of a view's. */
struct block {
	struct stream_chunk chunk;
	struct l7_flow *owner; /* who goes when it is taken away */
};

_Static_assert(sizeof(struct block) % 16 == 0 &&
		       sizeof(struct block) + sizeof(struct l7_flow) <= STREAM_CHUNK_SMALL &&
		       sizeof(struct block) + L7_TAKE_MAX <= STREAM_CHUNK_64K,
	       "sizes of chunks are made for these");

/** A call of a view's, and what it is about. */
struct reading {
	struct l7_run run; /* first */
	struct stream_worker *worker;
	const struct wp_stream_event *cause;
	struct l7_flow *l7;
	unsigned int rounds; /* of ROUNDS_MAX */
};

/** @return what is wanted of the flow. Only of one that has a cause. */
static const struct stream_plan *
plan_of(const struct reading *reading)
{
	return reading->cause->plan;
}

/* Memory. */

/** Blocks that are looked at, or taken away, to make room for one. */
enum { EVICT_TRIES = 16 };

/** @return whether a block that was taken off the list is of a flow that this worker may change,
 * and not of @p except */
static bool
may_evict(const struct stream_worker *worker, const struct block *block,
	  const struct l7_flow *except)
{
	const struct stream_link *link = &worker->link;

	if (!atomic_load_explicit(&block->chunk.waits, memory_order_acquire))
		return false; /* its owner has let go of it already */
	if (block->owner == except)
		return false;
	return link->owns == NULL || link->owns(link->tell_arg, block->chunk.bucket);
}

/** Ends what reads another flow, whose memory is the oldest: those who let what they send be kept
 * for ever must not keep others from being read. @return whether there is room now */
static bool
evict(struct stream_worker *worker, uint16_t tenant, enum wp_cap cap, const struct l7_flow *except)
{
	for (unsigned int i = 0; i < EVICT_TRIES; i++) {
		struct block *block =
			(struct block *)stream_pool_oldest(worker->link.views, tenant, cap);
		struct wp_flow *flow;

		if (block == NULL)
			return false;
		if (!may_evict(worker, block, except)) {
			stream_pool_relist(worker->link.views, &block->chunk);
			continue;
		}
		flow = block->owner->flow;
		stream_views_close(worker, flow);
		flow->flags |= WP_FLOW_LOST; /* told when more of its bytes come */
		worker->core->counters[STREAM_COUNT_VIEWS_EVICTED]++;
		return true;
	}
	return false;
}

/** @return memory for @p owner (NULL: which it will be itself), or NULL. */
static void *
take_block(struct stream_worker *worker, const struct wp_flow *flow, struct l7_flow *owner,
	   size_t size)
{
	/* The oldest may all be small; what is taken is up to four times as large. */
	unsigned int tries = EVICT_TRIES + (unsigned int)(size / (STREAM_CHUNK_SMALL / 4));
	struct block *block;
	enum wp_cap cap;

	do
		block = (struct block *)stream_pool_take(worker->link.views, flow->entry->tenant,
							 sizeof(*block) + size, &cap);
	while (block == NULL && tries-- != 0 && evict(worker, flow->entry->tenant, cap, owner));
	if (block == NULL) {
		worker->core->counters[STREAM_COUNT_VIEWS_NO_ROOM]++;
		return NULL;
	}
	block->chunk.bucket = flow->entry->bucket;
	block->owner = owner != NULL ? owner : (struct l7_flow *)(block + 1);
	atomic_store_explicit(&block->chunk.waits, true, memory_order_relaxed);
	stream_pool_list(worker->link.views, &block->chunk);
	return block + 1;
}

static void
give_block(struct stream_worker *worker, void *memory)
{
	struct block *block;

	if (memory == NULL)
		return;
	block = (struct block *)memory - 1;
	atomic_store_explicit(&block->chunk.waits, false, memory_order_release);
	stream_pool_give(worker->link.views, &block->chunk);
}

/* What views call. */

static struct reading *
reading_of(struct l7_run *run)
{
	return (struct reading *)run;
}

static void *
take(struct l7_run *run, size_t size)
{
	struct reading *reading = reading_of(run);

	return take_block(reading->worker, run->flow, reading->l7, size);
}

static void
give(struct l7_run *run, void *memory)
{
	give_block(reading_of(run)->worker, memory);
}

static void
tell(struct l7_run *run, struct wp_stream_event *event)
{
	const struct reading *reading = reading_of(run);
	const struct stream_link *link = &reading->worker->link;
	const struct stream_plan *plan = plan_of(reading);

	if ((plan->wants & WP_EVENT_BIT(event->type)) == 0)
		return;
	event->flow = run->flow;
	event->pkt = reading->cause->pkt;
	event->plan = plan;
	link->tell(link->tell_arg, event, 1);
}

static const struct l7_host host = {.take = take, .give = give, .tell = tell};

/** Begins calls of the flow's view for a side. */
static struct reading
begin(struct stream_worker *worker, struct wp_flow *flow, const struct wp_stream_event *cause,
      unsigned int side)
{
	struct reading reading = {.worker = worker, .cause = cause, .l7 = flow->view};

	reading.run = (struct l7_run){.host = &host, .flow = flow, .side = side};
	if (cause != NULL)
		reading.run.wants = plan_of(&reading)->wants;
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
	struct reading reading;

	if (l7 == NULL)
		return;
	reading = begin(worker, flow, NULL, WP_CLIENT);
	reading.run.host = &nobody;
	if (l7->view != NULL && l7->view->close != NULL)
		l7->view->close(&reading.run);
	give_block(worker, l7->state);
	give_block(worker, l7);
	flow->view = NULL;
}

/** Nothing of a flow is read any more. */
static void
stop(struct stream_worker *worker, struct wp_flow *flow)
{
	stream_views_close(worker, flow);
	flow->flags |= WP_FLOW_UNREAD;
}

/* Which view. */

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
	struct wp_endpoint server;

	wp_flow_endpoint(flow, WP_SERVER, &server);
	return (struct l7_hint){.data = data,
				.size = size,
				.side = side,
				.server_port = server.port,
				.proto = flow->proto};
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

/** It is known now what protocol a flow has, or that it is none. */
static void
set_protocol(struct reading *reading, enum wp_l7 protocol)
{
	struct wp_flow *flow = reading->run.flow;

	flow->l7 = (uint8_t)protocol;
	reading->worker->core->counters[STREAM_COUNT_L7 + protocol - WP_L7_NONE]++;
	l7_tell(&reading->run, (struct wp_stream_event){.type = WP_L7_START});
}

/** Gives a flow its view. @return false: there is no memory for it, and it is not read */
static bool
open_view(struct reading *reading, const struct l7_view *view)
{
	struct l7_flow *l7 = reading->l7;

	if (view->state_size != 0) {
		l7->state = take_block(reading->worker, l7->flow, l7, view->state_size);
		if (l7->state == NULL) {
			l7_anomaly(&reading->run, WP_L7_NO_MEMORY);
			stop(reading->worker, reading->run.flow);
			return false;
		}
		memset(l7->state, 0, view->state_size);
	}
	l7->view = view;
	reading->run.state = l7->state;
	return true;
}

/** @return what is kept of the flow, made if need be; NULL: there is no memory */
static struct l7_flow *
open_flow(struct reading *reading)
{
	struct wp_flow *flow = reading->run.flow;
	struct l7_flow *l7 = flow->view;

	if (l7 != NULL)
		return reading->l7 = l7;
	l7 = take_block(reading->worker, flow, NULL, sizeof(*l7));
	if (l7 == NULL) {
		l7_anomaly(&reading->run, WP_L7_NO_MEMORY);
		flow->flags |= WP_FLOW_UNREAD;
		return NULL;
	}
	*l7 = (struct l7_flow){.flow = flow};
	l7->possible[WP_CLIENT] = l7->possible[WP_SERVER] = plan_of(reading)->views_tcp;
	return flow->view = reading->l7 = l7;
}

/* Reading. */

/** Does what a view has said at the end of a call. */
static void
heed(struct reading *reading)
{
	struct wp_flow *flow = reading->run.flow;

	if (reading->run.then == L7_GOES_DARK)
		flow->flags |= WP_FLOW_ENCRYPTED;
	if (reading->run.then == L7_STOPS || reading->run.then == L7_GOES_DARK)
		stop(reading->worker, flow);
	if (reading->run.then != L7_BEGINS_ANEW)
		return;
	stream_views_close(reading->worker, flow);
	flow->l7 = WP_L7_UNKNOWN;
}

/** What was kept of a side until its protocol was known. */
struct kept {
	uint64_t missing; /* bytes behind those that were kept */
	uint8_t bytes[L7_MATCH_SIZE];
	uint8_t n;
};

static struct kept
take_kept(struct l7_flow *l7, unsigned int side)
{
	struct kept kept = {.n = l7->n_kept[side]};

	kept.missing = l7->seen[side] - kept.n;
	memcpy(kept.bytes, l7->kept[side], kept.n);
	l7->seen[side] = l7->n_kept[side] = 0;
	return kept;
}

/** Keeps the first of a side's bytes. */
static void
keep(struct l7_flow *l7, unsigned int side, const uint8_t *data, uint32_t size)
{
	uint32_t room = L7_MATCH_SIZE - l7->n_kept[side], n = size < room ? size : room;

	if (l7->seen[side] == l7->n_kept[side]) { /* no gap among them */
		memcpy(l7->kept[side] + l7->n_kept[side], data, n);
		l7->n_kept[side] += (uint8_t)n;
	}
	l7->seen[side] += size;
}

static void read_bytes(struct reading *reading, const uint8_t *data, uint32_t size);
static void read_gap(struct reading *reading, uint64_t size);

static void
read_kept(struct reading *reading, unsigned int side, const struct kept *kept)
{
	reading->run.side = side;
	reading->run.offset = 0;
	read_bytes(reading, kept->bytes, kept->n);
	if (kept->missing != 0)
		read_gap(reading, kept->missing);
}

/** Neither side's first bytes are of any protocol that somebody wants to hear of. */
static void
find_none(struct reading *reading)
{
	if (reading->run.flow->l7 == WP_L7_UNKNOWN) /* else it was known in another process */
		set_protocol(reading, WP_L7_NONE);
	stop(reading->worker, reading->run.flow);
}

/** It is known which view reads a flow: it gets what was kept, and what has just come. */
static void
go_on_with(struct reading *reading, const struct l7_view *view, const uint8_t *data, uint32_t size)
{
	unsigned int side = reading->run.side;
	uint64_t offset = reading->run.offset;
	struct kept kept[2] = {take_kept(reading->l7, 0), take_kept(reading->l7, 1)};

	if (!open_view(reading, view))
		return;
	set_protocol(reading, view->protocol);
	reading->l7->doubtful = (uint8_t)(1 + !side);
	read_kept(reading, !side, &kept[!side]);
	read_kept(reading, side, &kept[side]);
	reading->run.side = side;
	reading->run.offset = offset;
	read_bytes(reading, data, size);
}

/** Looks which protocol a flow has, now that there are more bytes of a side. */
static void
find_view(struct reading *reading, const uint8_t *data, uint32_t size)
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
	keep(l7, side, data, size);
	if ((l7->possible[WP_CLIENT] | l7->possible[WP_SERVER]) == 0)
		find_none(reading);
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

/** Looks whether the first bytes of the side by which the view was not found are of it, too: what
 * one side sends first is no more than its word. */
static void
doubt(struct reading *reading, const uint8_t *data, uint32_t size)
{
	struct l7_flow *l7 = reading->l7;
	unsigned int side = reading->run.side;
	struct l7_hint hint;
	bool is_known;

	l7->seen[side] = l7->n_kept[side];
	keep(l7, side, data, size);
	hint = hint_of(l7->flow, side, l7->kept[side], l7->n_kept[side]);
	if (is_others(l7, &hint, &is_known)) {
		l7_anomaly(&reading->run, WP_L7_OTHER_SIDE);
		is_known = true;
	}
	if (is_known)
		l7->doubtful = 0;
}

/** Views that may follow each other in one flow's bytes, within one call. */
enum { ROUNDS_MAX = 16 };

/** Gives bytes to the view of a flow, or looks for it. */
static void
read_bytes(struct reading *reading, const uint8_t *data, uint32_t size)
{
	struct l7_run *run = &reading->run;
	struct wp_flow *flow = run->flow;
	struct l7_flow *l7;
	uint32_t n;

	if (size == 0 || (flow->flags & WP_FLOW_UNREAD) != 0)
		return;
	if (++reading->rounds > ROUNDS_MAX) {
		l7_anomaly(run, WP_L7_MALFORMED);
		stop(reading->worker, flow);
		return;
	}
	l7 = open_flow(reading);
	if (l7 == NULL)
		return;
	if (l7->view == NULL) {
		find_view(reading, data, size);
		return;
	}
	if (l7->doubtful == 1 + run->side)
		doubt(reading, data, size);
	run->state = l7->state;
	run->then = L7_GOES_ON;
	n = l7->view->data(run, data, size);
	heed(reading);
	run->offset += n;
	read_bytes(reading, data + n, size - n);
}

/** Tells the view of a flow that bytes are missing; without one, nobody knows how the side begins.
 */
static void
read_gap(struct reading *reading, uint64_t size)
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
	l7->seen[side] += size;
	l7->possible[side] = 0;
	if (l7->possible[!side] == 0)
		find_none(reading);
}

/** Tells the view of a flow that a side has come to its end. */
static void
read_end(struct reading *reading)
{
	const struct l7_flow *l7 = reading->run.flow->view;

	if (l7 == NULL || l7->view == NULL || l7->view->finish == NULL)
		return;
	reading->run.state = l7->state;
	l7->view->finish(&reading->run);
	heed(reading);
}

/** Reads a datagram, of which nothing is kept. */
static void
read_datagram(struct reading *reading, const uint8_t *data, uint32_t size)
{
	struct wp_flow *flow = reading->run.flow;
	const struct l7_view *view = NULL;

	/* Each stands alone: one that is none says nothing of others. */
	if (flow->l7 <= WP_L7_NONE) {
		const struct l7_hint hint = hint_of(flow, reading->run.side, data, size);
		uint16_t possible = plan_of(reading)->views_udp;

		view = ask(flow, &hint, &possible);
		if (view != NULL || flow->l7 == WP_L7_UNKNOWN)
			set_protocol(reading, view == NULL ? WP_L7_NONE : view->protocol);
	}
	for (unsigned int i = 0; i < l7_n_views && view == NULL; i++)
		if (l7_views[i]->protocol == flow->l7 &&
		    (l7_views[i]->proto == 0 || l7_views[i]->proto == flow->proto))
			view = l7_views[i];
	if (view != NULL)
		view->data(&reading->run, data, size);
}

/** Reads what an event has brought to a flow that has streams. */
static void
read_stream(struct reading *reading, const struct wp_stream_event *event)
{
	bool is_inline = reading->worker->conf->urgent == STREAM_URGENT_INLINE;

	reading->run.offset = event->offset;
	if (event->type == WP_FLOW_GAP)
		read_gap(reading, event->size);
	else if (event->type == WP_FLOW_FINISH)
		read_end(reading);
	else if (event->detail == WP_DATA_PLAIN || is_inline)
		read_bytes(reading, event->data, event->size);
}

/** What was told while nobody asked for protocols is missing. */
static void
catch_up(struct reading *reading, const struct wp_stream_event *event)
{
	const struct l7_flow *l7 = reading->l7;

	if (l7 == NULL || !l7->has_next[event->side] || event->offset <= l7->next[event->side])
		return;
	reading->run.offset = l7->next[event->side];
	read_gap(reading, event->offset - l7->next[event->side]);
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
is_lost(struct reading *reading, const struct wp_stream_event *event)
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
is_put_off(const struct reading *reading, const struct wp_stream_event *event)
{
	struct l7_flow *l7 = reading->l7;

	if (l7 == NULL || l7->view == NULL || !is_wish_of(l7, plan_of(reading)) ||
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
	struct reading reading = begin(worker, event->flow, event, event->side);

	if ((plan_of(&reading)->wants & WP_EVENTS_OF_L7) == 0)
		return;
	if (is_lost(&reading, event) || is_put_off(&reading, event))
		return;
	if (event->flow->proto == WP_PROTO_UDP)
		read_datagram(&reading, event->data, event->size);
	if (event->flow->proto != WP_PROTO_TCP)
		return; /* views read nothing else */
	catch_up(&reading, event);
	read_stream(&reading, event);
	note_next(event->flow->view, event);
}
