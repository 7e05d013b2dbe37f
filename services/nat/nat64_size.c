/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An IPv6 header is 20 bytes longer than an IPv4 one: a packet from outside may no longer fit. With
 * DF its sender is told, as by any router; else it is cut (RFC 7915 section 4), to what is known to
 * fit: 1280 bytes of IPv6, or the configured MTU.
 */

#include "bytes.h"
#include "kind.h"
#include "parse/checksum.h"
#include "pmtu/fragment.h"
#include "pmtu/icmp.h"
#include "siit/siit.h"

enum { IPV6_MTU_MIN = 1280, IPV6_SIZE = 40, IPV4_DF = 0x40, UDP_SUM_AT = 6 };

static bool
is_whole_only(const struct wp_packet *pkt)
{
	return (wp_l3(pkt)[6] & IPV4_DF) != 0;
}

/** @return bytes of an IPv6 packet that fits; 0: any, as far as we know. */
static uint32_t
limit_of(const struct nat *nat, const struct wp_packet *pkt)
{
	if (nat->mtu > IPV6_MTU_MIN)
		return nat->mtu;
	return nat->mtu == 0 && is_whole_only(pkt) ? 0 : IPV6_MTU_MIN;
}

/** @return by how much a packet without IPv4 options grows. */
static uint32_t
growth(const struct wp_packet *pkt)
{
	return (pkt->flags & WP_PKT_FRAGMENT) != 0 ? WP_SIIT_GROWTH_FRAGMENT : WP_SIIT_GROWTH;
}

bool
nat64_is_long(const struct nat *nat, const struct wp_packet *pkt)
{
	uint32_t options = (wp_l3(pkt)[0] & 15) * 4u - 20;
	uint32_t size = (uint32_t)(pkt->end - pkt->l3) - options + growth(pkt);
	uint32_t limit = limit_of(nat, pkt);

	return limit != 0 && size > limit;
}

/** Tells the sender what fits. */
static void
answer(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt)
{
	const struct wp_icmp too_big = {.error = WP_ICMP_TOO_BIG,
					.mtu = limit_of(nat, pkt) - growth(pkt)};
	struct nat_core *scratch = core->scratch;

	/* A hairpin's quote would show an outside address to a host that knows of none. */
	if ((pkt->flags & WP_PKT_AGAIN) == 0 &&
	    wp_icmp_answer(pkt, &too_big, &nat->icmp_rate, &scratch->icmp_limit, core->now_ns) == 0)
		wp_count(core, NAT_COUNT_TOO_BIG, 1);
	else
		wp_drop(pkt, NAT_DROP_TOO_BIG);
}

/** Pieces cannot get a checksum any more (RFC 7915 4.5): gives a UDP packet without one its own. */
static void
add_checksum(struct wp_packet *pkt)
{
	uint8_t *at = wp_l4(pkt) + UDP_SUM_AT;
	uint16_t sum;

	if (pkt->l4_proto != WP_PROTO_UDP || (pkt->flags & WP_PKT_FRAGMENT) != 0 ||
	    wp_load16(at) != 0)
		return;
	sum = wp_checksum_l4(pkt);
	wp_store16(at, sum == 0 ? UINT16_MAX : sum);
}

bool
nat64_fit(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt)
{
	struct nat_core *scratch = core->scratch;
	uint32_t mtu4 = limit_of(nat, pkt) - WP_SIIT_GROWTH_FRAGMENT;
	int n;

	if (is_whole_only(pkt)) {
		answer(nat, core, pkt);
		return false;
	}
	add_checksum(pkt);
	n = wp_fragment(core, pkt, mtu4, scratch->pieces, WP_BURST_MAX);
	if (n < 0) {
		wp_drop(pkt, NAT_DROP_TOO_BIG);
		return false;
	}
	scratch->n_pieces = (unsigned int)n;
	wp_count(core, NAT_COUNT_CUT, 1);
	return true;
}
