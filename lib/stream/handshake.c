/* SPDX-License-Identifier: BSD-3-Clause */
/* See handshake.h. Section numbers are those of RFC 9293. */

#include "stream/handshake.h"

#include "stream/queue.h"
#include "stream/tcp_own.h"

/** Takes a side's beginning from its SYN. */
static void
begin_side(struct stream_run *run)
{
	struct wp_flow_side *me = run->me;
	const struct stream_segment *seg = run->seg;

	run->flow->isn[run->side] = seg->seq;
	me->next = me->end = me->acked = seg->seq + 1;
	me->limit = me->next + WINDOW_ANY;
	run->flow->mss[run->side] = seg->mss;
	me->wscale = seg->has_wscale ? seg->wscale : 0;
	me->flags |= WP_SIDE_SPOKEN | WP_SIDE_SYN;
	me->flags |=
		(uint16_t)((seg->has_wscale ? WP_SIDE_WSCALE : 0) | (seg->has_ts ? WP_SIDE_TS : 0) |
			   (seg->is_signed ? WP_SIDE_SIGNED : 0) |
			   (seg->has_md5 ? WP_SIDE_MD5 : 0));
	me->ts_recent = seg->tsval;
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
	cap = stream_queue_add(run->worker, run->flow, run->side, &bytes, bytes.seq);
	return cap == WP_N_CAPS || stream_delivery_meet_cap(run, cap) ? TCP_FOLLOWED : TCP_REFUSED;
}

/** Both SYNs have been seen: what one of them offers alone is not in force (RFC 7323). */
static void
agree_on_options(struct stream_run *run)
{
	uint16_t both = run->me->flags & run->peer->flags;

	if ((both & WP_SIDE_WSCALE) == 0)
		run->me->wscale = run->peer->wscale = 0;
	if ((both & WP_SIDE_TS) != 0)
		run->flow->flags |= WP_FLOW_PAWS;
}

/** @return whether a SYN that was not believed has an answer: the other end does not know the old
 * connection any more. */
static bool
answers_other_syn(const struct stream_run *run)
{
	return run->flow->other_from == 1 + !run->side && run->seg->ack == run->flow->other_syn + 1;
}

enum tcp_outcome
stream_handshake_syn_ack(struct stream_run *run)
{
	struct wp_flow_side *me = run->me, *peer = run->peer;
	const struct stream_segment *seg = run->seg;

	if (run->flow->state != WP_FLOW_NEW) {
		if (answers_other_syn(run))
			return TCP_BEGINS_ANEW;
		if (seg->seq != run->flow->isn[run->side])
			anomaly(run, WP_ANOMALY_SYN);
		return TCP_FOLLOWED;
	}
	if ((peer->flags & WP_SIDE_SYN) != 0 &&
	    (seq_before(seg->ack, run->flow->isn[!run->side] + 1) ||
	     seq_before(peer->end, seg->ack))) {
		anomaly(run, WP_ANOMALY_BAD_ACK);
		return TCP_FOLLOWED;
	}
	if ((me->flags & WP_SIDE_SYN) != 0 && run->flow->isn[run->side] != seg->seq &&
	    me->state != WP_TCP_SYN_RECEIVED)
		return TCP_FOLLOWED;
	begin_side(run);
	if ((peer->flags & WP_SIDE_SYN) != 0) {
		agree_on_options(run);
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
	set_state(run, me, WP_TCP_SYN_RECEIVED);
	return take_syn_bytes(run);
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
	stream_queue_add(run->worker, run->flow, run->side, &bytes, run->me->next);
	return TCP_FOLLOWED;
}

enum tcp_outcome
stream_handshake_syn(struct stream_run *run)
{
	struct wp_flow_side *me = run->me;
	bool is_heard = (me->flags & WP_SIDE_SPOKEN) != 0;

	if (run->flow->state == WP_FLOW_CLOSED)
		return TCP_BEGINS_ANEW;
	if (is_heard && (me->flags & WP_SIDE_SYN) != 0 &&
	    run->seg->seq == run->flow->isn[run->side])
		return follow_syn_again(run);
	if (run->flow->state == WP_FLOW_NEW && !is_heard) {
		begin_side(run); /* the first, or both have sent one (section 3.5, figure 7) */
		set_state(run, me, WP_TCP_SYN_SENT);
		return take_syn_bytes(run);
	}
	if (run->flow->state == WP_FLOW_NEW && (run->peer->flags & WP_SIDE_SPOKEN) == 0)
		return TCP_BEGINS_ANEW; /* its sender has given the first one up */
	run->flow->other_syn = run->seg->seq;
	run->flow->other_from = (uint8_t)(1 + run->side);
	anomaly(run, WP_ANOMALY_SYN);
	return TCP_FOLLOWED;
}
