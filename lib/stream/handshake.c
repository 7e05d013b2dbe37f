/* SPDX-License-Identifier: BSD-3-Clause */
/* See handshake.h. Section numbers are those of RFC 9293. */

#include "stream/handshake.h"

#include "stream/queue.h"
#include "stream/tcp_own.h"

/* The other SYN: of those that were not taken, the last. It is kept until it is known which of them
 * counts: any of them may never have come to where it was sent, so it is the answer that says. */

/** Who has sent it, in wp_flow.other_from: 1 + enum wp_side; or this: the server, as an answer. */
enum { OTHER_ANSWER = 3 };

/** What else stands there: its timestamps, its signature, the shift that it offers. */
enum {
	OTHER_WHO = 3,
	OTHER_TS = 1 << 2,
	OTHER_MD5 = 1 << 3,
	OTHER_WSCALE = 4, /* the first bit */
	NO_WSCALE = 15,
};

/** @param who  see above */
static void
keep_other(struct wp_flow *flow, unsigned int who, const struct stream_segment *syn)
{
	unsigned int wscale = syn->has_wscale ? syn->wscale : NO_WSCALE;

	flow->other_syn = syn->seq;
	flow->other_from = (uint8_t)(who | (syn->has_ts ? OTHER_TS : 0u) |
				     (syn->has_md5 ? OTHER_MD5 : 0u) | wscale << OTHER_WSCALE);
}

static unsigned int
other_who(const struct wp_flow *flow)
{
	return flow->other_from & OTHER_WHO;
}

/** @return the other SYN, as far as it is kept. @param tsval  what is known of its timestamp; 0:
 * nothing */
static struct stream_segment
other_of(const struct wp_flow *flow, uint32_t tsval)
{
	uint8_t wscale = flow->other_from >> OTHER_WSCALE;
	bool has_md5 = (flow->other_from & OTHER_MD5) != 0;

	return (struct stream_segment){
		.seq = flow->other_syn,
		.flags = TCP_SYN,
		.tsval = tsval,
		.has_ts = (flow->other_from & OTHER_TS) != 0,
		.has_wscale = wscale != NO_WSCALE,
		.wscale = wscale,
		.is_signed = has_md5,
		.has_md5 = has_md5,
	};
}

/** @return the SYN that a side began with, but for its bytes. */
static struct stream_segment
syn_of(const struct wp_flow *flow, unsigned int side)
{
	const struct wp_flow_side *of = &flow->sides[side];

	return (struct stream_segment){
		.seq = flow->isn[side],
		.flags = TCP_SYN,
		.mss = flow->mss[side],
		.tsval = of->ts_recent,
		.has_ts = (of->flags & WP_SIDE_TS) != 0,
		.has_wscale = (of->flags & WP_SIDE_WSCALE) != 0,
		.wscale = of->wscale,
		.is_signed = (of->flags & WP_SIDE_SIGNED) != 0,
		.has_md5 = (of->flags & WP_SIDE_MD5) != 0,
	};
}

/** @return what an answer carries back of the timestamp that it answers; 0: nothing */
static uint32_t
echo_of(const struct stream_segment *seg)
{
	return seg->has_ts ? seg->tsecr : 0;
}

/** Takes a side's beginning from its SYN. */
static void
begin_side(struct wp_flow *flow, unsigned int side, const struct stream_segment *syn)
{
	const uint16_t said = WP_SIDE_WSCALE | WP_SIDE_TS | WP_SIDE_SIGNED | WP_SIDE_MD5;
	struct wp_flow_side *of = &flow->sides[side];

	flow->isn[side] = syn->seq;
	of->next = of->end = of->acked = syn->seq + 1;
	of->limit = of->next + WINDOW_ANY;
	flow->mss[side] = syn->mss;
	of->wscale = syn->has_wscale ? syn->wscale : 0;
	of->flags &= (uint16_t)~said;
	of->flags |= WP_SIDE_SPOKEN | WP_SIDE_SYN;
	of->flags |=
		(uint16_t)((syn->has_wscale ? WP_SIDE_WSCALE : 0) | (syn->has_ts ? WP_SIDE_TS : 0) |
			   (syn->is_signed ? WP_SIDE_SIGNED : 0) |
			   (syn->has_md5 ? WP_SIDE_MD5 : 0));
	of->ts_recent = syn->tsval;
}

/** Both SYNs have been seen: what one of them offers alone is not in force (RFC 7323). */
static void
agree_on_options(struct wp_flow *flow)
{
	struct wp_flow_side *sides = flow->sides;
	uint16_t both = sides[WP_CLIENT].flags & sides[WP_SERVER].flags;

	if ((both & WP_SIDE_WSCALE) == 0)
		sides[WP_CLIENT].wscale = sides[WP_SERVER].wscale = 0;
	flow->flags &= (uint8_t)~WP_FLOW_PAWS;
	if ((both & WP_SIDE_TS) != 0)
		flow->flags |= WP_FLOW_PAWS;
}

/** Takes the other SYN of a side in place of its own, which is the other one then. @param tsval see
 * other_of() */
static void
swap_syns(struct stream_run *run, unsigned int side, uint32_t tsval)
{
	struct wp_flow_side *of = &run->flow->sides[side], *to = &run->flow->sides[!side];
	struct stream_segment old = syn_of(run->flow, side), new = other_of(run->flow, tsval);
	unsigned int who = other_who(run->flow);

	/* How the other side scales its windows was not to be known any more. */
	if ((of->flags & WP_SIDE_WSCALE) == 0 && (to->flags & WP_SIDE_WSCALE) != 0)
		to->wscale = TCP_WSCALE_MAX;
	stream_queue_clear(run->worker, run->flow, side);
	begin_side(run->flow, side, &new);
	keep_other(run->flow, who, &old);
	if ((to->flags & WP_SIDE_SYN) != 0)
		agree_on_options(run->flow);
}

/** @return whether a segment acknowledges the other answer to its sender's SYN. */
static bool
acks_other_answer(const struct wp_flow *flow, unsigned int side, const struct stream_segment *seg)
{
	return side == WP_CLIENT && other_who(flow) == OTHER_ANSWER &&
	       seg->ack == flow->other_syn + 1;
}

/** @return whether a segment begins behind the other SYN of its sender. */
static bool
goes_on_from_other(const struct stream_run *run)
{
	unsigned int who = other_who(run->flow);

	return run->seg->seq == run->flow->other_syn + 1 &&
	       (who == 1 + run->side || (who == OTHER_ANSWER && run->side == WP_SERVER));
}

/** @return whether the server has said more than its answer to the SYN, so that it is known which
 * answer counts. */
static bool
server_goes_on(const struct wp_flow *flow)
{
	return flow->sides[WP_SERVER].end != flow->isn[WP_SERVER] + 1 ||
	       flow->sides[WP_CLIENT].acked != flow->isn[WP_CLIENT] + 1;
}

bool
stream_handshake_settle(struct stream_run *run)
{
	bool is_answered = acks_other_answer(run->flow, run->side, run->seg);

	if (run->flow->state != WP_FLOW_NEW)
		return !is_answered || server_goes_on(run->flow);
	if (is_answered)
		swap_syns(run, !run->side, echo_of(run->seg));
	else if (goes_on_from_other(run))
		swap_syns(run, run->side, 0);
	return true;
}

/** Takes what stands in a SYN besides (RFC 7413): it counts, and is told, when it is acknowledged.
 */
static enum tcp_outcome
take_syn_bytes(struct stream_run *run)
{
	struct stream_segment bytes = *run->seg;
	enum wp_cap cap;

	if (bytes.len == 0 || !stream_delivery_wanted(run->worker))
		return TCP_FOLLOWED;
	bytes.seq++;
	run->me->end += bytes.len;
	cap = stream_queue_add(run->worker, run->flow, run->side, &bytes, bytes.seq, false);
	return cap == WP_N_CAPS || stream_delivery_meet_cap(run, cap) ? TCP_FOLLOWED : TCP_REFUSED;
}

/** @return whether a SYN that was not believed has an answer: the other end does not know the old
 * connection any more, or the one SYN that was believed. */
static bool
answers_other_syn(const struct wp_flow *flow, unsigned int side, const struct stream_segment *seg)
{
	return other_who(flow) == 1u + !side && seg->ack == flow->other_syn + 1;
}

/** @return whether what the client sent in front of this answer was of no connection: it guessed
 * what the answer would be, or a RST was the answer to that. */
static bool
answers_behind_guesses(const struct stream_run *run)
{
	const struct wp_flow *flow = run->flow;

	if ((run->me->flags & WP_SIDE_SYN) != 0 || (run->peer->flags & WP_SIDE_SYN) == 0 ||
	    run->seg->ack != flow->isn[!run->side] + 1)
		return false;
	if ((run->me->flags & WP_SIDE_SPOKEN) == 0)
		return run->me->acked != run->seg->seq + 1;
	return flow->end == WP_FLOW_BY_RST && flow->reset_by == run->side;
}

/** An answer to a SYN, but the connection seems to be there already. */
static enum tcp_outcome
follow_late_answer(struct stream_run *run)
{
	if (answers_other_syn(run->flow, run->side, run->seg) || answers_behind_guesses(run))
		return TCP_BEGINS_ANEW;
	if (run->seg->seq != run->flow->isn[run->side])
		anomaly(run, WP_ANOMALY_SYN);
	return TCP_FOLLOWED;
}

/** @return whether an answer is one to the SYN that was taken, or to none that was seen. */
static bool
answers_syn(const struct stream_run *run)
{
	uint32_t isn = run->flow->isn[!run->side];

	return (run->peer->flags & WP_SIDE_SYN) == 0 ||
	       (!seq_before(run->seg->ack, isn + 1) && !seq_before(run->peer->end, run->seg->ack));
}

/** Takes an answer to a SYN. */
static enum tcp_outcome
take_answer(struct stream_run *run)
{
	struct wp_flow_side *peer = run->peer;
	const struct stream_segment *seg = run->seg;

	begin_side(run->flow, run->side, seg);
	if ((peer->flags & WP_SIDE_SYN) != 0) {
		agree_on_options(run->flow);
		allow(peer, seg->ack + seg->window);
		if (seq_before(seg->ack, peer->end)) { /* bytes in the SYN that were not taken */
			stream_queue_clear(run->worker, run->flow, !run->side);
			peer->end = seg->ack;
		}
		peer->acked = seg->ack;
		stream_delivery_acked(run, !run->side, seg->ack);
	} else if ((peer->flags & WP_SIDE_SPOKEN) == 0) {
		peer->next = peer->end = peer->acked = seg->ack;
		peer->limit = seg->ack + WINDOW_ANY;
		run->flow->isn[!run->side] = seg->ack - 1;
	}
	set_state(run, run->me, WP_TCP_SYN_RECEIVED);
	return take_syn_bytes(run);
}

enum tcp_outcome
stream_handshake_syn_ack(struct stream_run *run)
{
	struct wp_flow *flow = run->flow;
	bool is_other = answers_other_syn(flow, run->side, run->seg);

	if (flow->state != WP_FLOW_NEW)
		return follow_late_answer(run);
	if (!answers_syn(run) && is_other)
		swap_syns(run, !run->side, echo_of(run->seg));
	if (!answers_syn(run)) {
		if (other_who(flow) == 1u + !run->side)
			return TCP_BEGINS_ANEW; /* one of more SYNs than are kept */
		anomaly(run, WP_ANOMALY_BAD_ACK);
		return TCP_FOLLOWED;
	}
	if ((run->me->flags & WP_SIDE_SYN) != 0 && flow->isn[run->side] != run->seg->seq) {
		/* Not the one that was answered first: the client's acknowledgement decides. */
		if (run->side == WP_SERVER)
			keep_other(flow, OTHER_ANSWER, run->seg);
		return TCP_FOLLOWED;
	}
	if (other_who(flow) != OTHER_ANSWER)
		flow->other_from = 0;
	return take_answer(run);
}

/** The SYN once more: it may be another one that gets there. */
static enum tcp_outcome
follow_syn_again(struct stream_run *run)
{
	struct stream_segment bytes = *run->seg;

	if (!run->seg->is_signed)
		run->me->flags &= (uint16_t) ~(WP_SIDE_SIGNED | WP_SIDE_MD5);
	if (bytes.len == 0 || run->flow->state != WP_FLOW_NEW ||
	    !stream_delivery_wanted(run->worker) || (run->me->flags & WP_SIDE_BYPASSED) != 0)
		return TCP_FOLLOWED;
	bytes.seq++;
	run->me->end = seq_max(run->me->end, bytes.seq + bytes.len);
	stream_queue_add(run->worker, run->flow, run->side, &bytes, run->me->next, true);
	return TCP_FOLLOWED;
}

/** @return whether who sends a SYN has reset the connection before: if neither got there, it goes
 * on. So the SYN has to be answered, unless none who could do that is heard, or its bytes would be
 * lost. */
static bool
reset_may_be_false(const struct stream_run *run)
{
	return run->flow->end == WP_FLOW_BY_RST && run->flow->reset_by == run->side &&
	       (run->peer->flags & WP_SIDE_SPOKEN) != 0 && run->seg->len == 0;
}

enum tcp_outcome
stream_handshake_syn(struct stream_run *run)
{
	struct wp_flow *flow = run->flow;
	struct wp_flow_side *me = run->me;
	bool is_heard = (me->flags & WP_SIDE_SPOKEN) != 0;

	if (flow->state == WP_FLOW_CLOSED && !reset_may_be_false(run))
		return TCP_BEGINS_ANEW;
	if (flow->state == WP_FLOW_CLOSED) {
		keep_other(flow, 1 + run->side, run->seg);
		return TCP_FOLLOWED;
	}
	if (is_heard && (me->flags & WP_SIDE_SYN) != 0 && run->seg->seq == flow->isn[run->side])
		return follow_syn_again(run);
	if (flow->state == WP_FLOW_NEW && !is_heard) {
		/* The first, or both have sent one (section 3.5, figure 7). */
		begin_side(flow, run->side, run->seg);
		set_state(run, me, WP_TCP_SYN_SENT);
		return take_syn_bytes(run);
	}
	keep_other(flow, 1 + run->side, run->seg);
	if (flow->state != WP_FLOW_NEW || (run->peer->flags & WP_SIDE_SPOKEN) != 0 ||
	    run->seg->len == 0 || me->end != me->next) {
		anomaly(run, WP_ANOMALY_SYN);
		return TCP_FOLLOWED;
	}
	oddity(run, WP_ANOMALY_SYN);
	swap_syns(run, run->side, run->seg->tsval); /* bytes are kept of one of them only */
	return take_syn_bytes(run);
}

/* Where a connection begins in place of another one. */

unsigned int
stream_handshake_keep(const struct wp_flow *flow, unsigned int side,
		      const struct stream_segment *segment, struct stream_handshake *handshake)
{
	uint32_t echo = echo_of(segment);

	*handshake = (struct stream_handshake){0};
	if ((segment->flags & TCP_ACK) == 0)
		return WP_CLIENT;
	if ((segment->flags & TCP_SYN) == 0) { /* see stream_handshake_settle() */
		handshake->syns[WP_CLIENT] = syn_of(flow, WP_CLIENT);
		handshake->syns[WP_SERVER] = other_of(flow, echo);
		handshake->answer = syn_of(flow, WP_SERVER);
		return side;
	}
	if (answers_other_syn(flow, side, segment))
		handshake->syns[WP_CLIENT] = other_of(flow, echo);
	else if ((flow->sides[!side].flags & WP_SIDE_SYN) != 0 &&
		 segment->ack == flow->isn[!side] + 1)
		handshake->syns[WP_CLIENT] = syn_of(flow, !side);
	return WP_SERVER;
}

void
stream_handshake_resume(struct wp_flow *flow, const struct stream_handshake *handshake)
{
	static const uint8_t states[] = {
		[WP_CLIENT] = WP_TCP_SYN_SENT, [WP_SERVER] = WP_TCP_SYN_RECEIVED};

	for (unsigned int side = WP_CLIENT; side <= WP_SERVER; side++) {
		if (handshake->syns[side].flags == 0)
			continue;
		begin_side(flow, side, &handshake->syns[side]);
		flow->sides[side].state = states[side];
		flow->tcp_flags[side] |= TCP_SYN;
	}
	if (handshake->answer.flags == 0)
		return;
	keep_other(flow, OTHER_ANSWER, &handshake->answer);
	agree_on_options(flow);
}
