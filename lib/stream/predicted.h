/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The predicted packet (as Van Jacobson has called its segment): of an established connection, it
 * has just the next bytes or none, acknowledges what has been sent, and nothing waits. It is all
 * that most packets are, so it is read, judged and followed in one go. For stream.c only.
 */

#ifndef WP_STREAM_PREDICTED_H
#define WP_STREAM_PREDICTED_H

#include "bytes.h"
#include "parse/checksum.h"
#include "parse/parse.h"
#include "state/state.h"
#include "stream/segment.h"
#include "stream/seq.h"
#include "stream/worker.h"

/** What a predicted packet brings. Numbers in host order. */
struct predicted {
	uint32_t seq, ack, end; /* end: behind its last byte */
	uint32_t len;
	uint32_t window; /* as it stands there */
	uint32_t tsval;
	bool has_ts;
};

/** Reads a packet. @return whether it may be a predicted one, as far as its header tells */
static inline bool
predicted_read(const struct wp_packet *pkt, struct predicted *is)
{
	const uint16_t odd = WP_PKT_FRAGMENT | WP_PKT_TRUNCATED | WP_PKT_BAD_HEADER;
	const uint8_t *tcp = pkt->buf + pkt->l4;
	unsigned int header;

	if (pkt->l4_proto != WP_PROTO_TCP || pkt->payload == 0 || (pkt->flags & odd) != 0 ||
	    (tcp[13] & (TCP_SYN | TCP_FIN | TCP_RST | TCP_ACK | TCP_URG)) != TCP_ACK)
		return false;
	header = (unsigned int)(tcp[12] >> 4) * 4;
	if (pkt->payload != pkt->l4 + header || pkt->payload > pkt->end)
		return false;
	is->has_ts = header == 32 && wp_get32(tcp + 20) == 0x0101080a;
	if (header != 20 && !is->has_ts)
		return false;
	is->tsval = is->has_ts ? wp_get32(tcp + 24) : 0;
	is->seq = wp_get32(tcp + 4);
	is->ack = wp_get32(tcp + 8);
	is->window = wp_get16(tcp + 14);
	is->len = (uint32_t)(pkt->end - pkt->payload);
	is->end = is->seq + is->len;
	return true;
}

/** @return whether the flow says so, too. @param me  the side that has sent it */
static inline bool
predicted_fits(const struct predicted *is, const struct wp_flow *flow,
	       const struct wp_flow_side *me, const struct wp_flow_side *peer)
{
	const uint16_t both = WP_SIDE_SPOKEN | WP_SIDE_BOUND;
	const uint16_t none = WP_SIDE_WAITS | WP_SIDE_FIN | WP_SIDE_BYPASSED | WP_SIDE_URGENT;

	return flow->state == WP_FLOW_ESTABLISHED && is->seq == me->next && me->next == me->end &&
	       (me->flags & peer->flags & both) == both &&
	       ((me->flags | peer->flags) & none) == 0 && !seq_before(me->limit, is->end) &&
	       !seq_before(is->ack, peer->acked) && !seq_before(peer->next, is->ack) &&
	       !(is->has_ts && seq_before(is->tsval, me->ts_recent));
}

/** Tells the bytes of a packet. */
static inline void
predicted_tell(struct stream_worker *worker, struct wp_flow *flow, unsigned int side,
	       const struct wp_packet *pkt, const struct predicted *is)
{
	struct wp_stream_event *event = stream_event(worker, flow, WP_FLOW_DATA, side);

	event->data = pkt->buf + pkt->payload;
	event->size = is->len;
	event->offset = flow->sides[side].offset;
}

/** Follows a packet of a flow, if it is a predicted one. @param entry  the flow's: that it says so
 * itself lies on a line that is not asked for @return whether it was */
static inline bool
predicted_follow(struct stream_worker *worker, struct wp_entry *entry, struct wp_flow *flow,
		 unsigned int side, const struct wp_packet *pkt)
{
	struct wp_flow_side *me = &flow->sides[side], *peer = &flow->sides[!side];
	struct predicted is;

	if (!predicted_read(pkt, &is) || !predicted_fits(&is, flow, me, peer) ||
	    (is.len != 0 && worker->keeps) || (worker->verifies && wp_checksum_l4(pkt) != 0))
		return false;
	wp_write(entry, worker->core->now_ns);
	flow->tcp_flags[side] |= pkt->buf[pkt->l4 + 13];
	flow->last_ns = worker->core->now_ns;
	me->packets++;
	me->bytes += (uint64_t)(pkt->end - pkt->l3);
	me->ts_recent = is.has_ts ? is.tsval : me->ts_recent;
	peer->acked = is.ack;
	peer->limit = seq_max(peer->limit, is.ack + (is.window << me->wscale));
	if (is.len != 0 && stream_wants(worker, WP_FLOW_DATA))
		predicted_tell(worker, flow, side, pkt, &is);
	me->offset += is.len;
	me->next = me->end = is.end;
	wp_written(entry);
	return true;
}

#endif
