/* SPDX-License-Identifier: BSD-3-Clause */
/* See tcp.h. Section numbers are those of RFC 9293. */

#include "stream/tcp.h"

#include "state/state.h"
#include "stream/delivery.h"
#include "stream/handshake.h"
#include "stream/queue.h"
#include "stream/seq.h"
#include "stream/tcp_own.h"

/* States. */

static void
set_established(struct stream_run *run)
{
	struct wp_flow *flow = run->flow;

	set_state(run, run->peer, WP_TCP_ESTABLISHED);
	set_state(run, run->me, WP_TCP_ESTABLISHED);
	if (flow->state != WP_FLOW_NEW)
		return;
	flow->state = WP_FLOW_ESTABLISHED;
	if (stream_wants(run->worker, WP_FLOW_SETUP))
		stream_event(run->worker, flow, WP_FLOW_SETUP, run->side);
}

static void
set_closed(struct stream_run *run, enum wp_flow_end how)
{
	struct wp_flow *flow = run->flow;

	if (flow->state == WP_FLOW_CLOSED)
		return;
	flow->state = WP_FLOW_CLOSED;
	flow->end = (uint8_t)how;
	for (unsigned int side = WP_CLIENT; side <= WP_SERVER; side++) {
		/* A RST may not get there, and what is missing come yet: the end of the flow tells.
		 */
		if (how != WP_FLOW_BY_RST || !stream_delivery_has_hole(flow, side))
			stream_delivery_finish(run->worker, flow, side);
	}
}

enum stream_idle
stream_tcp_idle(const struct wp_flow *flow)
{
	static const enum stream_idle idles[] = {
		[WP_FLOW_NEW] = STREAM_TCP_NEW,
		[WP_FLOW_ESTABLISHED] = STREAM_TCP_ESTABLISHED,
		[WP_FLOW_CLOSING] = STREAM_TCP_CLOSING,
		[WP_FLOW_CLOSED] = STREAM_TCP_CLOSED,
	};

	/* Anybody can send a segment of no connection at all: it takes an answer to be one. */
	if (flow->state == WP_FLOW_ESTABLISHED && !stream_tcp_both_heard(flow))
		return STREAM_TCP_NEW;
	return idles[flow->state];
}

void
stream_tcp_finish(struct stream_worker *worker, struct wp_flow *flow)
{
	stream_delivery_finish(worker, flow, WP_CLIENT);
	stream_delivery_finish(worker, flow, WP_SERVER);
}

/* What a segment is checked for. */

/** Where the other side is not heard, nobody says how far this one may go, nor what was taken of
 * it: its window moves with it, so that numbers do not come round to it again. */
static void
slide(struct wp_flow_side *me)
{
	if ((me->flags & (WP_SIDE_SPOKEN | WP_SIDE_BOUND)) != WP_SIDE_SPOKEN)
		return;
	me->limit = me->end + WINDOW_ANY;
	me->acked = seq_max(me->acked, me->end - WINDOW_ANY / 2);
}

/** Section 3.10.7.4, "first": the segment has something that its receiver can take. */
static bool
is_in_window(struct stream_run *run)
{
	const struct wp_flow_side *me = run->me;
	uint32_t limit = me->limit + run->worker->conf->window_slack;

	if ((me->flags & WP_SIDE_SPOKEN) == 0)
		return true;
	if (seq_before(run->end, seq_min(me->acked, me->end)) || seq_before(limit, run->seg->seq))
		return false;
	/* A probe of a closed window (3.8.6.1) brings one byte that may be taken. */
	return !seq_before(limit, run->end) || (run->seg->len <= 1 && run->seg->seq == limit);
}

/** Of a segment that has a timestamp. 0 is what hosts send that have none yet, and says nothing of
 * those to come: no receiver compares with it (Linux, FreeBSD). @param slack  by how much it may be
 * less */
static bool
is_older(const struct stream_run *run, uint32_t slack)
{
	return run->me->ts_recent != 0 && seq_before(run->seg->tsval + slack, run->me->ts_recent);
}

/** RFC 7323 section 5.3, R1. No flow is idle for so long that timestamps wrap (5.5). */
static bool
is_old(const struct stream_run *run)
{
	uint32_t slack = stream_policy_paws_slack((enum stream_policy)run->flow->policy);

	return run->seg->has_ts && (run->flow->flags & WP_FLOW_PAWS) != 0 && is_older(run, slack);
}

/** RFC 7323 section 5.3, R3: as the receiver would, it keeps the timestamp of what came in order.
 */
static void
keep_timestamp(struct stream_run *run)
{
	/* Before both have agreed on them, what is not answered yet may be no one's. */
	if (!run->seg->has_ts || (run->flow->flags & WP_FLOW_PAWS) == 0)
		return;
	if (seq_before(run->me->acked, run->seg->seq) || is_older(run, 0))
		return;
	run->me->ts_recent = run->seg->tsval;
}

/** Section 3.10.7.4, "fifth": it acknowledges what can have been sent. */
static bool
ack_is_possible(const struct stream_run *run)
{
	uint32_t limit = seq_max(run->peer->limit, run->peer->end);

	return (run->peer->flags & WP_SIDE_SPOKEN) == 0 ||
	       !seq_before(limit + run->worker->conf->window_slack, run->seg->ack);
}

/** RFC 5961 section 5.2: what it acknowledges is older than anything that could still wait for it;
 * and nothing in front of the SYN was ever sent. */
static bool
ack_is_too_old(const struct stream_run *run)
{
	const struct wp_flow_side *peer = run->peer;
	uint32_t back = seq_diff(peer->acked, run->seg->ack) < 0 ? 0 : peer->acked - run->seg->ack;
	uint32_t most = (uint32_t)UINT16_MAX << run->me->wscale;

	if ((peer->flags & WP_SIDE_SPOKEN) == 0)
		return false;
	if ((peer->flags & WP_SIDE_SYN) != 0 && peer->offset < most)
		most = peer->acked - (run->flow->isn[!run->side] + 1);
	return back > most;
}

/** Looks at a signature that nobody has asked for. @return whether the segment goes past its
 * receiver, which has no key: hosts that do not know the option take it. */
static bool
is_refused_for_signature(struct stream_run *run)
{
	uint16_t either = run->me->flags | run->peer->flags;
	bool is_refused = run->seg->has_md5 && (either & WP_SIDE_MD5) == 0 &&
			  stream_policy_knows_md5((enum stream_policy)run->flow->policy);

	if ((run->seg->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN || (either & WP_SIDE_SYN) == 0)
		return false;
	if ((either & WP_SIDE_SIGNED) == 0)
		stream_anomaly(run->worker, run->flow, run->side, WP_ANOMALY_MALFORMED,
			       !is_refused);
	return is_refused;
}

static bool
is_believable(struct stream_run *run)
{
	if (!is_in_window(run))
		return anomaly(run, WP_ANOMALY_OUT_OF_WINDOW);
	if (is_old(run))
		return anomaly(run, WP_ANOMALY_OLD_TIMESTAMP);
	if (!ack_is_possible(run) || ack_is_too_old(run))
		return anomaly(run, WP_ANOMALY_BAD_ACK);
	/* What was on its way when its receiver reset the connection. */
	if (run->flow->end == WP_FLOW_BY_RST && run->flow->reset_by != run->side)
		return anomaly(run, WP_ANOMALY_OUT_OF_WINDOW);
	return true;
}

/* Segments of a connection that is there. */

/** @return whether a segment acknowledges bytes of the other side, which is heard, that have not
 * come past: its receiver drops it (section 3.10.7.4, "fifth") if they were never sent, but takes
 * it if they were lost to us, or come later. */
static bool
acks_unseen(const struct stream_run *run)
{
	return (run->peer->flags & WP_SIDE_SPOKEN) != 0 &&
	       seq_before(run->peer->end, run->seg->ack);
}

/** Takes what a segment says of the other side's bytes: acknowledgement and window. */
static void
take_ack(struct stream_run *run)
{
	struct wp_flow_side *peer = run->peer;
	uint32_t window = (uint32_t)run->seg->window << run->me->wscale, before;

	if ((peer->flags & WP_SIDE_SPOKEN) == 0) { /* nothing is known of it but this */
		if (seq_before(peer->acked, run->seg->ack) || peer->state == WP_TCP_NONE) {
			peer->acked = peer->next = peer->end = run->seg->ack;
			peer->limit = peer->acked + WINDOW_ANY;
		}
		return;
	}
	allow(peer, run->seg->ack + window);
	before = peer->acked;
	if (!seq_before(before, run->seg->ack) && !seq_before(peer->next, before))
		return;
	peer->acked = seq_max(before, run->seg->ack);
	/* What nobody has seen yet was not missed for that: 'end' stays. */
	stream_delivery_acked(run, !run->side, seq_min(before, peer->end));
}

static bool
fin_is_acked(const struct wp_flow_side *side)
{
	return (side->flags & WP_SIDE_FIN) != 0 && side->acked == side->end;
}

/** Takes it if the other side's FIN is acknowledged. */
static void
take_ack_of_fin(struct stream_run *run)
{
	struct wp_flow_side *peer = run->peer, *me = run->me;

	if (!fin_is_acked(peer))
		return;
	if (peer->state == WP_TCP_FIN_WAIT_1)
		set_state(run, peer, WP_TCP_FIN_WAIT_2);
	else if (peer->state == WP_TCP_CLOSING)
		set_state(run, peer, WP_TCP_TIME_WAIT);
	else if (peer->state == WP_TCP_LAST_ACK)
		set_state(run, peer, WP_TCP_CLOSED);
	if (me->state == WP_TCP_ESTABLISHED)
		set_state(run, me, WP_TCP_CLOSE_WAIT);
	else if (me->state == WP_TCP_FIN_WAIT_1)
		set_state(run, me, WP_TCP_CLOSING);
	else if (me->state == WP_TCP_FIN_WAIT_2)
		set_state(run, me, WP_TCP_TIME_WAIT);
	if (fin_is_acked(me))
		set_closed(run, WP_FLOW_BY_FIN);
}

/** Passes over a FIN whose receiver may drop it: it would hide what comes. */
static void
doubt_fin(struct stream_run *run)
{
	if ((run->seg->flags & TCP_FIN) == 0 || !acks_unseen(run))
		return;
	run->end--;
	oddity(run, WP_ANOMALY_BAD_ACK);
}

static void
take_fin(struct stream_run *run)
{
	struct wp_flow_side *me = run->me;
	/* The same segment may say that the other side's FIN has come. */
	bool is_second = me->state == WP_TCP_CLOSE_WAIT || fin_is_acked(run->peer);

	if (run->end == run->seg->seq + run->seg->len || (me->flags & WP_SIDE_FIN) != 0)
		return;
	me->flags |= WP_SIDE_FIN;
	me->end = run->end;
	me->limit = run->end;
	if (run->flow->state < WP_FLOW_CLOSING)
		run->flow->state = WP_FLOW_CLOSING;
	set_state(run, me, is_second ? WP_TCP_LAST_ACK : WP_TCP_FIN_WAIT_1);
}

static void
note_retransmission(struct stream_run *run)
{
	const struct stream_segment *seg = run->seg;
	uint32_t end = seq_min(seg->seq + seg->len, run->me->next), back, skip;
	struct wp_stream_event *event;

	if ((run->me->flags & WP_SIDE_SPOKEN) == 0 || !seq_before(seg->seq, end))
		return;
	run->worker->core->counters[STREAM_COUNT_RETRANSMISSIONS]++;
	back = run->me->next - seg->seq;
	/* A keep-alive, or what is older than our picking it up, begins in front of the stream. */
	skip = back > run->me->offset ? back - (uint32_t)run->me->offset : 0;
	if (!stream_wants(run->worker, WP_FLOW_RETRANSMISSION) || skip >= end - seg->seq)
		return;
	event = stream_event(run->worker, run->flow, WP_FLOW_RETRANSMISSION, run->side);
	event->data = seg->data + skip;
	event->offset = run->me->offset - (back - skip);
	event->size = end - seg->seq - skip;
}

/** Takes the urgent pointer as hosts do that keep it until its byte comes. */
static void
take_urgent(struct stream_run *run)
{
	struct wp_flow_side *me = run->me;
	uint32_t *urgent = &run->flow->queues[run->side].urgent;
	uint32_t at = run->seg->seq + run->seg->urgent - (run->seg->urgent != 0);

	if (seq_before(at, me->next) ||
	    ((me->flags & WP_SIDE_URGENT) != 0 && !seq_before(*urgent, at)))
		return;
	*urgent = at;
	me->flags |= WP_SIDE_URGENT;
}

/** @return false: a limit was met, and the packet is to be dropped */
static bool
take_segment(struct stream_run *run)
{
	struct wp_flow_side *me = run->me;
	uint32_t before = me->end;

	if ((me->flags & WP_SIDE_FIN) != 0 && run->seg->len != 0 &&
	    !seq_before(run->seg->seq, me->end - 1)) {
		anomaly(run, WP_ANOMALY_BEHIND_FIN);
		return true;
	}
	note_retransmission(run);
	if ((run->seg->flags & TCP_URG) != 0)
		take_urgent(run);
	me->end = seq_max(me->end, run->end);
	if (!stream_delivery_wanted(run->worker))
		stream_delivery_pass_over(me, run->seg->seq + run->seg->len);
	else if (run->seg->len != 0 && !stream_delivery_take(run)) {
		me->end = before; /* nothing of it gets there */
		return false;
	}
	take_fin(run);
	if ((me->flags & WP_SIDE_FIN) != 0)
		stream_delivery_take_fin(run);
	return true;
}

/** The first segment of a side whose SYN was not seen. */
static void
pick_side_up(struct stream_run *run)
{
	struct wp_flow_side *me = run->me;
	const struct stream_segment *seg = run->seg;
	bool acked = (run->peer->flags & WP_SIDE_SPOKEN) != 0 && me->state != WP_TCP_NONE;

	/* What the other side has acknowledged already was missed. */
	if (!acked || seq_before(me->acked, seg->seq) || seq_before(run->end, me->acked)) {
		me->next = me->acked = seg->seq;
		me->end = seg->seq;
		me->limit = seg->seq + WINDOW_ANY;
	}
	run->flow->isn[run->side] = me->next - 1;
	me->wscale = TCP_WSCALE_MAX;
}

/** A connection that was taken for reset goes on: who was to have reset it did not. */
static void
revive(struct stream_run *run)
{
	run->flow->end = WP_FLOW_IS_OPEN;
	run->flow->state = WP_FLOW_ESTABLISHED;
	set_state(run, run->me, WP_TCP_ESTABLISHED);
	set_state(run, run->peer, WP_TCP_ESTABLISHED);
	oddity(run, WP_ANOMALY_RST);
}

/** A segment that is neither SYN nor RST. */
static enum tcp_outcome
follow_segment(struct stream_run *run)
{
	if ((run->seg->flags & TCP_ACK) == 0) { /* section 3.10.7.4, "fifth": it is dropped */
		anomaly(run, WP_ANOMALY_MALFORMED);
		return TCP_FOLLOWED;
	}
	if (run->flow->other_from != 0 && !stream_handshake_settle(run))
		return TCP_BEGINS_ANEW;
	if (run->peer->state == WP_TCP_SYN_SENT &&
	    (run->me->flags & WP_SIDE_SPOKEN) == 0) { /* section 3.10.7.3, "fifth" */
		anomaly(run, WP_ANOMALY_OUT_OF_WINDOW);
		return TCP_FOLLOWED;
	}
	if ((run->me->flags & WP_SIDE_SPOKEN) == 0)
		pick_side_up(run);
	slide(run->me);
	if (!is_believable(run))
		return TCP_FOLLOWED;
	keep_timestamp(run);
	if (run->flow->end == WP_FLOW_BY_RST)
		revive(run);
	doubt_fin(run);
	take_ack(run);
	run->me->flags |= WP_SIDE_SPOKEN;
	if (run->flow->state == WP_FLOW_NEW)
		set_established(run);
	if (!take_segment(run))
		return TCP_REFUSED;
	take_ack_of_fin(run);
	return TCP_FOLLOWED;
}

/* RST. */

/** The answer to a SYN carries back a timestamp that the SYN, or one after it, had (RFC 7323
 * section 5.2). */
static bool
echoes_timestamp(const struct stream_run *run)
{
	bool asked = (run->peer->flags & WP_SIDE_TS) != 0;

	if (!run->seg->has_ts || run->seg->tsecr == 0)
		return true;
	return asked && !seq_before(run->seg->tsecr, run->peer->ts_recent);
}

/** RFC 5961 section 3.2: it counts when it stands exactly where the receiver is, which has got what
 * came past here; or, as Linux has it, behind all that it has said to have got out of order. */
static bool
is_where_receiver_is(const struct stream_run *run)
{
	const struct wp_flow_side *me = run->me;
	uint32_t at = seq_max(me->next, me->acked), seq = run->seg->seq;

	if (seq == me->end || ((me->flags & WP_SIDE_FIN) != 0 && seq == me->end - 1))
		return true;
	if (stream_queue_has(&run->flow->queues[run->side], at))
		return false; /* it is further on, but has not said so yet */
	return seq == at ||
	       (stream_policy_resets_in_window((enum stream_policy)run->flow->policy) &&
		!seq_before(seq, at) && seq_before(seq, me->limit));
}

/** @return whether a RST is believed. */
static bool
reset_counts(const struct stream_run *run)
{
	const struct wp_flow_side *me = run->me;
	const struct stream_segment *seg = run->seg;

	if (run->peer->state == WP_TCP_SYN_SENT) /* section 3.10.7.3 */
		return (seg->flags & TCP_ACK) != 0 && seg->ack == run->peer->end &&
		       echoes_timestamp(run);
	if (me->state == WP_TCP_SYN_SENT) /* it answers something else than the SYN it waits for */
		return false;
	if ((me->flags & WP_SIDE_SPOKEN) == 0)
		return (seg->flags & TCP_ACK) == 0 || ack_is_possible(run);
	return is_where_receiver_is(run);
}

static enum tcp_outcome
follow_reset(struct stream_run *run)
{
	if (run->flow->state == WP_FLOW_CLOSED)
		return TCP_FOLLOWED;
	if (!reset_counts(run)) {
		anomaly(run, WP_ANOMALY_RST);
		return TCP_FOLLOWED;
	}
	if ((run->seg->flags & TCP_ACK) != 0 && (run->peer->flags & WP_SIDE_SPOKEN) != 0 &&
	    ack_is_possible(run) && run->peer->state != WP_TCP_SYN_SENT)
		take_ack(run);
	run->me->flags |= WP_SIDE_SPOKEN;
	run->flow->reset_by = (uint8_t)run->side;
	set_state(run, run->me, WP_TCP_CLOSED);
	set_state(run, run->peer, WP_TCP_CLOSED);
	set_closed(run, WP_FLOW_BY_RST);
	return TCP_FOLLOWED;
}

enum tcp_outcome
stream_tcp_follow(struct stream_worker *worker, struct wp_flow *flow, unsigned int side,
		  const struct stream_segment *segment)
{
	struct stream_run run = {
		.worker = worker,
		.flow = flow,
		.me = &flow->sides[side],
		.peer = &flow->sides[!side],
		.seg = segment,
		.side = side,
		.end = segment->seq + segment->len + ((segment->flags & TCP_FIN) != 0),
	};

	flow->tcp_flags[side] |= segment->flags;
	if (segment->is_signed && is_refused_for_signature(&run))
		return TCP_FOLLOWED;
	if ((segment->flags & TCP_RST) != 0)
		return follow_reset(&run);
	if ((segment->flags & TCP_SYN) == 0)
		return follow_segment(&run);
	if ((segment->flags & TCP_ACK) != 0)
		return stream_handshake_syn_ack(&run);
	return stream_handshake_syn(&run);
}

int
stream_tcp_open(const struct stream_worker *worker, const struct stream_segment *segment,
		bool client_is_likely)
{
	const uint8_t kind = segment->flags & (TCP_SYN | TCP_ACK | TCP_RST);

	if (kind == TCP_SYN)
		return WP_CLIENT;
	if ((kind & TCP_RST) != 0 || !worker->conf->pick_up || (kind & TCP_ACK) == 0)
		return -1;
	return kind == (TCP_SYN | TCP_ACK) || !client_is_likely ? WP_SERVER : WP_CLIENT;
}
