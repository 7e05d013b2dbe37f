/* SPDX-License-Identifier: BSD-3-Clause */
/* See refuse.h. */

#include "refuse.h"

#include "detect.h"
#include "parse/parse.h"
#include "stream/segment.h"
#include "stream/seq.h"
#include "tell.h"

/** @return whether a segment brings bytes, or the end, that its receiver has not acknowledged yet.
 * What it has, it answers with an acknowledgement, which may be what the sender waits for; so it
 * does with a SYN or a RST that it does not believe (RFC 9293 section 3.10.7.4, RFC 5961). */
static bool
brings_something(const struct wp_stream_event *event)
{
	struct stream_segment segment;
	uint32_t end;

	if (!stream_segment_read(event->pkt, &segment))
		return event->pkt->payload < event->pkt->end;
	end = segment.seq + segment.len + ((segment.flags & TCP_FIN) != 0);
	return (segment.flags & TCP_SYN) == 0 && end != segment.seq &&
	       seq_before(event->flow->sides[event->side].acked, end);
}

/** @return whether enough is known of a flow: both its sides were heard from the beginning on, and
 * none goes on that has not heard of the other's RST. */
static bool
is_known(const struct wp_flow *flow, unsigned int side)
{
	const uint16_t both = flow->sides[WP_CLIENT].flags & flow->sides[WP_SERVER].flags;

	return (flow->flags & WP_FLOW_PICKED_UP) == 0 && (both & WP_SIDE_SPOKEN) != 0 &&
	       (flow->end != WP_FLOW_BY_RST || flow->reset_by == side);
}

/** @return whether receivers may see a segment otherwise than the tracker. The others none of them
 * believes, or too little is known. */
static bool
is_doubtful(const struct wp_stream_event *event)
{
	switch ((enum wp_anomaly)event->detail) {
	case WP_ANOMALY_OUT_OF_WINDOW:
	case WP_ANOMALY_OLD_TIMESTAMP:
	case WP_ANOMALY_BEHIND_FIN:
	case WP_ANOMALY_BAD_ACK:
		return is_known(event->flow, event->side);
	default:
		return false;
	}
}

void
refuse(struct detect *detect, const struct wp_stream_event *event)
{
	if (event->followed)
		return;
	if (event->pkt == NULL)
		return;
	noted_add(&detect->refused, event->pkt);
	if (!detect->drops_invalid || !is_doubtful(event) || !brings_something(event))
		return;
	wp_drop((struct wp_packet *)(uintptr_t)event->pkt, REASON_INVALID);
	detect->core->counters[COUNT_INVALID]++;
	tell_refusal(detect, event->pkt, event->flow, event->side, RECORD_DROP_STREAM);
}

/** A host may read what the parser does not walk: many extension headers of IPv6 in front of TCP,
 * or IP that layer 2 hides (CVE-2021-27853). What contradicts itself no host takes. */
void
refuse_unread(struct detect *detect, struct wp_packet *pkt)
{
	if ((pkt->flags & WP_PKT_BAD_HEADER) == 0 || !detect->drops_invalid ||
	    pkt->verdict != WP_NEXT)
		return;
	wp_drop(pkt, REASON_INVALID);
	detect->core->counters[COUNT_INVALID]++;
	tell_refusal(detect, pkt, NULL, WP_CLIENT, RECORD_DROP_DECODE);
}
