/* SPDX-License-Identifier: BSD-3-Clause */
/* See delivery.h. */

#include "stream/delivery.h"

#include "stream/queue.h"
#include "stream/seq.h"

/** @return whether a side's bytes are told as they come: so it is configured, or nobody is heard to
 * acknowledge them. */
static bool
tells_on_arrival(const struct stream_worker *worker, const struct wp_flow_side *peer)
{
	return worker->conf->when == STREAM_ON_ARRIVAL || (peer->flags & WP_SIDE_SPOKEN) == 0;
}

void
stream_delivery_pass_over(struct wp_flow_side *side, uint32_t to)
{
	if (!seq_before(side->next, to))
		return;
	side->offset += to - side->next;
	side->next = to;
}

/** Goes on behind bytes that will not come any more. */
static void
skip_gap(struct stream_worker *worker, struct wp_flow *flow, unsigned int side, uint32_t to)
{
	struct wp_flow_side *of = &flow->sides[side];
	struct wp_stream_event *event;
	uint32_t size = to - of->next;

	worker->core->counters[STREAM_COUNT_GAPS]++;
	worker->core->counters[STREAM_COUNT_GAP_BYTES] += size;
	of->flags |= WP_SIDE_GAP;
	if (stream_wants(worker, WP_FLOW_GAP)) {
		event = stream_event(worker, flow, WP_FLOW_GAP, side);
		event->size = size;
		event->offset = of->offset;
	}
	of->offset += size;
	of->next = to;
}

/** Tells what can be told of a side up to @p limit; what is missing in front of it was missed. */
static void
tell_up_to(struct stream_worker *worker, struct wp_flow *flow, unsigned int side, uint32_t limit)
{
	struct wp_flow_side *of = &flow->sides[side];
	const struct stream_queue *queue = &flow->queues[side];

	stream_queue_tell(worker, flow, side, limit);
	while (seq_before(of->next, limit)) {
		uint32_t to = limit;

		stream_queue_release(worker, flow, side, of->next);
		if (queue->last != NULL)
			to = seq_min(limit, stream_queue_first(queue));
		skip_gap(worker, flow, side, to);
		stream_queue_tell(worker, flow, side, limit);
	}
}

/** @return where a side's bytes end: in front of its FIN. */
static uint32_t
bytes_end(const struct wp_flow_side *side, uint32_t seq)
{
	return (side->flags & WP_SIDE_FIN) != 0 ? seq_min(seq, side->end - 1) : seq;
}

/** Tells that there is no more of a side. */
static void
tell_finish(struct stream_worker *worker, struct wp_flow *flow, unsigned int side)
{
	struct wp_flow_side *of = &flow->sides[side];

	if ((of->flags & WP_SIDE_FINISHED) != 0)
		return;
	of->flags |= WP_SIDE_FINISHED;
	if (stream_wants(worker, WP_FLOW_FINISH))
		stream_event(worker, flow, WP_FLOW_FINISH, side)->offset = of->offset;
}

/** Likewise, when all in front of its FIN was told. */
static void
finish_at_fin(struct stream_worker *worker, struct wp_flow *flow, unsigned int side)
{
	const struct wp_flow_side *of = &flow->sides[side];

	if ((of->flags & WP_SIDE_FIN) != 0 && of->next == of->end - 1)
		tell_finish(worker, flow, side);
}

void
stream_delivery_take_fin(struct stream_run *run)
{
	if (stream_delivery_wanted(run->worker))
		finish_at_fin(run->worker, run->flow, run->side);
}

void
stream_delivery_acked(struct stream_run *run, unsigned int side, uint32_t before)
{
	struct wp_flow_side *of = &run->flow->sides[side];
	uint32_t acked = bytes_end(of, of->acked);

	if ((of->flags & WP_SIDE_BYPASSED) != 0 || !stream_delivery_wanted(run->worker)) {
		stream_delivery_pass_over(of, acked);
		return;
	}
	tell_up_to(run->worker, run->flow, side, bytes_end(of, before));
	stream_queue_tell(run->worker, run->flow, side, acked);
	stream_queue_release(run->worker, run->flow, side, seq_min(acked, of->next));
	finish_at_fin(run->worker, run->flow, side);
}

/** Forgets the bytes of a side, for good. */
static void
bypass(struct stream_run *run)
{
	run->me->flags |= WP_SIDE_BYPASSED;
	stream_queue_clear(run->worker, run->flow, run->side);
	stream_delivery_pass_over(run->me, run->me->end);
}

bool
stream_delivery_meet_cap(struct stream_run *run, enum wp_cap cap)
{
	struct wp_stream_event *event;

	run->worker->core->counters[STREAM_COUNT_CAPS + cap]++;
	if (stream_wants(run->worker, WP_FLOW_CAP)) {
		event = stream_event(run->worker, run->flow, WP_FLOW_CAP, run->side);
		event->detail = (uint8_t)cap;
		event->offset = run->me->offset;
	}
	switch (run->worker->conf->at_cap[cap]) {
	case STREAM_DROP:
		return false;
	case STREAM_BYPASS:
		bypass(run);
		/* fallthrough */
	default:
		return true;
	}
}

/** Tells bytes of a segment that come just in time, straight from the packet, up to those that wait
 * already. */
static void
tell_straight(struct stream_run *run)
{
	const struct stream_queue *queue = &run->flow->queues[run->side];
	uint32_t skip = run->me->next - run->seg->seq, size = run->seg->len - skip;

	if (queue->last != NULL)
		size = seq_min(run->me->next + size, stream_queue_first(queue)) - run->me->next;
	stream_data(run->worker, run->flow, run->side, run->seg->data + skip, size,
		    stream_segment_urgent(run->seg) - (int)skip);
}

/** @return whether a segment has the byte that is told next. */
static bool
has_next(const struct stream_run *run)
{
	return !seq_before(run->me->next, run->seg->seq) &&
	       seq_before(run->me->next, run->seg->seq + run->seg->len);
}

/** Takes bytes that are told as they come. @return what lacks to keep all of them */
static enum wp_cap
take_on_arrival(struct stream_run *run)
{
	struct stream_queue *queue = &run->flow->queues[run->side];
	struct stream_worker *worker = run->worker;
	bool compares = stream_wants(worker, WP_FLOW_CONFLICT);
	enum wp_cap cap;

	if (!compares && queue->last == NULL && run->seg->seq == run->me->next) {
		tell_straight(run);
		return WP_N_CAPS;
	}
	cap = stream_queue_add(worker, run->flow, run->side, run->seg,
			       compares ? seq_min(run->me->acked, run->me->next) : run->me->next,
			       has_next(run));
	stream_queue_tell(worker, run->flow, run->side, run->me->end);
	while (cap != WP_N_CAPS && has_next(run)) { /* need not wait, so need no room */
		stream_queue_release(worker, run->flow, run->side, run->me->next);
		tell_straight(run);
		stream_queue_tell(worker, run->flow, run->side, run->me->end);
	}
	if (!seq_before(run->me->next, run->seg->seq + run->seg->len))
		cap = WP_N_CAPS;
	if (!compares)
		stream_queue_release(worker, run->flow, run->side, run->me->next);
	return cap;
}

/** Takes bytes that are told when they are acknowledged. Returns likewise. */
static enum wp_cap
take_for_later(struct stream_run *run)
{
	enum wp_cap cap =
		stream_queue_add(run->worker, run->flow, run->side, run->seg, run->me->next, false);
	uint32_t acked = run->me->acked;

	stream_queue_tell(run->worker, run->flow, run->side, acked);
	stream_queue_release(run->worker, run->flow, run->side, seq_min(run->me->next, acked));
	return cap;
}

static enum wp_cap
take(struct stream_run *run)
{
	return tells_on_arrival(run->worker, run->peer) ? take_on_arrival(run)
							: take_for_later(run);
}

/** So much waits that there is no room for more: what is missing is missed, when its receiver has
 * acknowledged it, or nobody is heard who could. @return what lacks then */
static enum wp_cap
give_up_waiting(struct stream_run *run)
{
	const struct stream_queue *queue = &run->flow->queues[run->side];
	uint32_t to = bytes_end(run->me, run->me->acked);

	if (queue->last == NULL)
		return WP_CAP_FLOW;
	if ((run->peer->flags & WP_SIDE_SPOKEN) == 0)
		to = stream_queue_end(queue);
	else if (!seq_before(run->me->next, to))
		return WP_CAP_FLOW;
	tell_up_to(run->worker, run->flow, run->side, to);
	stream_queue_release(run->worker, run->flow, run->side, run->me->next);
	return take(run);
}

bool
stream_delivery_take(struct stream_run *run)
{
	const struct stream_conf *conf = run->worker->conf;
	enum wp_cap cap;

	if ((run->me->flags & WP_SIDE_BYPASSED) != 0) {
		stream_delivery_pass_over(run->me, run->seg->seq + run->seg->len);
		return true;
	}
	if (conf->depth != 0 && run->me->offset >= conf->depth)
		return stream_delivery_meet_cap(run, WP_CAP_DEPTH);
	cap = take(run);
	if (cap == WP_CAP_FLOW)
		cap = give_up_waiting(run);
	return cap == WP_N_CAPS || stream_delivery_meet_cap(run, cap);
}

bool
stream_delivery_has_hole(const struct wp_flow *flow, unsigned int side)
{
	const struct stream_queue *queue = &flow->queues[side];
	uint32_t next = flow->sides[side].next;

	return queue->last != NULL && seq_before(next, stream_queue_end(queue)) &&
	       !stream_queue_has(queue, next);
}

void
stream_delivery_finish(struct stream_worker *worker, struct wp_flow *flow, unsigned int side)
{
	struct wp_flow_side *of = &flow->sides[side];

	if (stream_delivery_wanted(worker) && (of->flags & WP_SIDE_BYPASSED) == 0 &&
	    of->state > WP_TCP_SYN_RECEIVED) {
		tell_up_to(worker, flow, side, bytes_end(of, of->acked));
		stream_queue_release(worker, flow, side, of->next);
		if (flow->queues[side].last != NULL)
			tell_up_to(worker, flow, side, stream_queue_end(&flow->queues[side]));
		tell_finish(worker, flow, side);
	}
	stream_queue_clear(worker, flow, side);
}
