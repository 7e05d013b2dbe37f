/* SPDX-License-Identifier: BSD-3-Clause */
/* See mend.h. */

#include "mend.h"

#include <string.h>

#include "detect.h"
#include "parse/checksum.h"
#include "parse/parse.h"

enum { TCP_CHECKSUM_AT = 16 };

/** @return whether bytes stand in a packet itself: those of fragments do not. */
static bool
are_in(const struct wp_packet *pkt, const uint8_t *data, uint32_t size)
{
	return pkt->payload != 0 && data >= pkt->buf + pkt->payload &&
	       data + size <= pkt->buf + pkt->end;
}

void
mend_conflict(struct detect *detect, const struct wp_stream_event *event)
{
	const struct wp_flow_side *side = &event->flow->sides[event->side];
	struct wp_packet *pkt = event->pkt;
	uint8_t *at;
	uint16_t sum;

	/* Bytes that wait yet are the tracker's to choose from. */
	if (!detect->prevents || pkt == NULL || event->offset + event->size > side->offset ||
	    !are_in(pkt, event->data, event->size))
		return;
	at = pkt->buf + (event->data - pkt->buf);
	memcpy(at, event->other, event->size);
	at = pkt->buf + pkt->l4 + TCP_CHECKSUM_AT;
	memset(at, 0, sizeof(sum));
	sum = wp_checksum_l4(pkt);
	memcpy(at, &sum, sizeof(sum));
	noted_add(&detect->mended, pkt);
}

void
mend_look(struct detect *detect, const struct moment *moment)
{
	struct moment again = *moment;

	again.kind = MOMENT_STREAM;
	detect_moment(detect, &again);
}
