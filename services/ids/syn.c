/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * See syn.h. A server that speaks TCP Fast Open (RFC 7413) gives its program the bytes of a SYN at
 * once, but whether it takes them shows in its answer only: too late to stop them. One that is not
 * sent them acknowledges the SYN alone, and its client sends them behind the handshake (section
 * 4.2.1), where they are looked at as all others.
 */

#include "syn.h"

#include <string.h>

#include "bytes.h"
#include "detect.h"
#include "parse/checksum.h"
#include "parse/parse.h"

enum { IPV4_LENGTH_AT = 2, IPV4_CHECKSUM_AT = 10, IPV6_LENGTH_AT = 4, IPV6_SIZE = 40 };

static bool
has_bytes(const struct wp_packet *pkt)
{
	return pkt->l4_proto == WP_PROTO_TCP && pkt->payload != 0 && pkt->payload < pkt->end &&
	       (wp_l4(pkt)[13] & TCP_SYN) != 0;
}

/** Ends a packet behind its TCP header, which has to be in order again. */
static void
cut(struct wp_packet *pkt)
{
	uint8_t *ip = wp_l3(pkt);
	uint16_t size = (uint16_t)(pkt->payload - pkt->l3), sum;

	pkt->end = pkt->payload;
	pkt->len = (uint16_t)(pkt->end - pkt->start);
	if (pkt->ip_version == 4) {
		wp_put16(ip + IPV4_LENGTH_AT, size);
		sum = wp_checksum_ipv4(ip, (size_t)(ip[0] & 0xf) * 4);
		memcpy(ip + IPV4_CHECKSUM_AT, &sum, sizeof(sum));
	} else {
		wp_put16(ip + IPV6_LENGTH_AT, (uint16_t)(size - IPV6_SIZE));
	}
	memset(wp_l4(pkt) + 16, 0, sizeof(sum));
	sum = wp_checksum_l4(pkt);
	memcpy(wp_l4(pkt) + 16, &sum, sizeof(sum));
}

void
syn_strip(const struct detect *detect, struct wp_packet *pkt)
{
	if (!detect->prevents || detect->conf->capture || pkt->verdict != WP_NEXT ||
	    !has_bytes(pkt))
		return;
	if ((pkt->flags & WP_PKT_FRAGMENT) == 0) {
		cut(pkt);
		return;
	}
	wp_drop(pkt, REASON_INVALID); /* nobody sends a SYN in pieces */
	detect->core->counters[COUNT_INVALID]++;
}
