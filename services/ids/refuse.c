/* SPDX-License-Identifier: BSD-3-Clause */
/* See refuse.h. */

#include "refuse.h"

#include "detect.h"
#include "parse/parse.h"
#include "stream/segment.h"
#include "tell.h"

/** @return whether a segment changes anything for who believes it. */
static bool
brings_something(const struct wp_packet *pkt)
{
	return pkt->payload < pkt->end || (wp_l4(pkt)[13] & (TCP_SYN | TCP_FIN | TCP_RST)) != 0;
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
	    !brings_something(event->pkt))
		return;
	wp_drop((struct wp_packet *)(uintptr_t)event->pkt, REASON_INVALID);
	detect->core->counters[COUNT_INVALID]++;
	tell_refusal(detect, event);
}
