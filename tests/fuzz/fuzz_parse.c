/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes through the parser, with and without Ethernet in front, and what is steered and pushed
 * after it. */

#include <stdlib.h>
#include <string.h>

#include "parse/checksum.h"
#include "parse/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FRONT = 64, SIZE_MAX_ = 4096 };

/** What was found must lie inside the packet, in order. */
static void
check(const struct wp_packet *pkt)
{
	uint32_t limit = (uint32_t)pkt->start + pkt->len;

	if (pkt->end > limit || (pkt->l3 != 0 && (pkt->l3 < pkt->start || pkt->l3 >= limit)))
		abort();
	if (pkt->l4 != 0 &&
	    (pkt->l4 <= pkt->l3 || pkt->payload < pkt->l4 || pkt->payload > pkt->end))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wp_packet pkt = {.start = FRONT};
	uint8_t key[WP_STEER_KEY_SIZE];

	if (size < 1 || size > SIZE_MAX_)
		return 0;
	pkt.room = (uint16_t)(FRONT + size - 1);
	pkt.len = (uint16_t)(size - 1);
	pkt.flags = data[0] & 1 ? WP_PKT_ETHERNET : 0;
	pkt.inside = data[0] >> 1 & 1;
	pkt.buf = malloc(pkt.room); /* ends where the packet ends */
	memset(pkt.buf, 0, FRONT);
	memcpy(pkt.buf + FRONT, data + 1, size - 1);
	wp_parse(&pkt);
	check(&pkt);
	for (enum wp_steering how = WP_STEER_HOST; how <= WP_STEER_FLOW; how++)
		wp_steer_key(&pkt, how, key);
	if (pkt.l4 != 0 && (pkt.l4_proto == WP_PROTO_TCP || pkt.l4_proto == WP_PROTO_UDP))
		wp_checksum_l4(&pkt);
	if (pkt.l3 != 0 && wp_packet_push_l3(&pkt, 20) == 0 && wp_packet_pull_l3(&pkt, 20) == 0) {
		struct wp_packet again = pkt;

		wp_parse(&again);
		if (again.l3 != pkt.l3 || again.l4 != pkt.l4 || again.end != pkt.end)
			abort();
	}
	free(pkt.buf);
	return 0;
}
