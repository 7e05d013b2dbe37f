/* SPDX-License-Identifier: BSD-3-Clause */
/* See refuse.h. */

#include "refuse.h"

#include "detect.h"
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

/** @return whether receivers may see it otherwise than the tracker, which knows all of the flow.
 * One with a wrong checksum none believes; of connections that were there before, too little is
 * known.
 */
static bool
is_doubtful(const struct wp_stream_event *event)
{
	return event->detail != WP_ANOMALY_CHECKSUM && event->detail != WP_ANOMALY_NO_CONNECTION &&
	       (event->flow->flags & WP_FLOW_PICKED_UP) == 0;
}

void
refuse(struct detect *detect, const struct wp_stream_event *event)
{
	detect->refused = event->pkt;
	if (!detect->drops_invalid || event->pkt == NULL || !is_doubtful(event) ||
	    !brings_something(event))
		return;
	wp_drop((struct wp_packet *)(uintptr_t)event->pkt, REASON_INVALID);
	detect->core->counters[COUNT_INVALID]++;
	tell_refusal(detect, event);
}
