/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as a packet that becomes one of the other family, and goes back. What comes of it must
 * be sound, and nothing outside the packet read or written. */

#include <stdlib.h>
#include <string.h>

#include "parse/checksum.h"
#include "parse/parse.h"
#include "siit/siit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FRONT = 128, CHOICES = 6, SIZE_MAX_ = 4096 };

static void
require(bool good)
{
	if (!good)
		abort();
}

/** Makes a packet of bytes; its buffer ends where it ends. */
static void
packet(struct wp_packet *pkt, const uint8_t *data, size_t size, bool ethernet)
{
	*pkt = (struct wp_packet){.start = FRONT, .flags = ethernet ? WP_PKT_ETHERNET : 0};
	pkt->room = (uint16_t)(FRONT + size);
	pkt->len = (uint16_t)size;
	pkt->buf = malloc(pkt->room);
	memset(pkt->buf, 0, FRONT);
	memcpy(pkt->buf + FRONT, data, size);
	wp_parse(pkt);
}

/** @return whether a whole packet's L4 checksum is right, of what has one here. */
static bool
is_right(const struct wp_packet *pkt)
{
	bool icmp = pkt->l4_proto == (pkt->ip_version == 4 ? WP_PROTO_ICMP : WP_PROTO_ICMPV6);

	if (pkt->l4 == 0 || (pkt->flags & (WP_PKT_FRAGMENT | WP_PKT_BAD_HEADER)) != 0)
		return false;
	if (pkt->l4_proto == WP_PROTO_UDP && memcmp(wp_l4(pkt) + 6, "\0", 2) == 0)
		return false;
	return (icmp || pkt->l4_proto == WP_PROTO_TCP || pkt->l4_proto == WP_PROTO_UDP) &&
	       wp_checksum_l4(pkt) == 0;
}

static int
turn(struct wp_packet *pkt, const struct wp_siit *how)
{
	return pkt->ip_version == 4 ? wp_siit_4to6(pkt, how) : wp_siit_6to4(pkt, how);
}

/** Checks what came of a packet. */
static void
check(const struct wp_packet *pkt, uint8_t version)
{
	uint16_t broken = WP_PKT_TRUNCATED;

	require(pkt->ip_version == version && (pkt->flags & broken) == 0);
	require(pkt->end == pkt->start + pkt->len && pkt->end <= pkt->room && pkt->l3 != 0);
	require(version == 6 || wp_checksum(wp_l3(pkt), 20) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wp_siit how = {.mtu4 = 1400, .mtu6 = 1500};
	struct wp_packet pkt;
	uint8_t version;
	bool right;

	if (size < CHOICES || size > SIZE_MAX_)
		return 0;
	memset(&how.packet, data[1], sizeof(how.packet));
	memset(&how.quoted, data[2], sizeof(how.quoted));
	memcpy(&how.id, data + 4, 2);
	packet(&pkt, data + CHOICES, size - CHOICES, data[0] & 1);
	version = pkt.ip_version;
	right = is_right(&pkt);
	if (turn(&pkt, &how) != 0) {
		require(memcmp(pkt.buf + FRONT, data + CHOICES, size - CHOICES) == 0 &&
			pkt.start == FRONT && pkt.len == size - CHOICES);
	} else {
		check(&pkt, version == 4 ? 6 : 4);
		/* What AH and mobility headers cover is theirs. */
		right = right && pkt.l4_proto != WP_PROTO_AH && pkt.l4_proto != WP_PROTO_MH;
		require(!right || is_right(&pkt));
		/* And back: what has become one of the other family has a counterpart here. */
		if (turn(&pkt, &how) == 0) {
			check(&pkt, version);
			require(!right || is_right(&pkt));
		}
	}
	free(pkt.buf);
	return 0;
}
