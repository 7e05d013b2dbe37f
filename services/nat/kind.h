/* SPDX-License-Identifier: BSD-3-Clause */
/* What a packet is to a NAT. */

#ifndef NAT_KIND_H
#define NAT_KIND_H

#include "bytes.h"
#include "nat.h"
#include "parse/parse.h"

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

enum { TCP_FLAGS_AT = 13 };

/** How a packet is translated. */
enum kind {
	KIND_ENDPOINT, /* TCP or UDP by port, an ICMP query by identifier */
	KIND_ERROR,    /* ICMP error: as the packet that it quotes */
	KIND_ADDRESS,  /* by whole addresses only */
	KIND_OTHER,    /* not IPv4: not for us, but for NAT64 */
	KIND_REFUSED,  /* ICMP that nobody passes on */
	KIND_BAD,      /* contradicts itself */
};

static inline uint32_t
source_of(const struct wp_packet *pkt)
{
	return wp_load32(wp_l3(pkt) + 12);
}

static inline uint32_t
dest_of(const struct wp_packet *pkt)
{
	return wp_load32(wp_l3(pkt) + 16);
}

static inline bool
is_tcp_or_udp(const struct wp_packet *pkt)
{
	return pkt->l4_proto == WP_PROTO_TCP || pkt->l4_proto == WP_PROTO_UDP;
}

/** @return whether a UDP header says no more bytes than there are; of a first fragment nobody
 * knows. */
static inline bool
udp_fits(const struct wp_packet *pkt)
{
	uint16_t size = __builtin_bswap16(wp_load16(wp_l4(pkt) + 4));

	return (pkt->flags & WP_PKT_FRAGMENT) != 0 || (size >= 8 && size <= pkt->end - pkt->l4);
}

/** @return the kind of what is neither TCP nor UDP with ports of its own. */
enum kind kind_rare(const struct wp_packet *pkt);

static inline enum kind
kind_of(const struct wp_packet *pkt)
{
	if (likely(is_tcp_or_udp(pkt) && pkt->l4 != 0 && pkt->ip_version == 4 &&
		   pkt->l4_sport != 0 && pkt->l4_dport != 0 &&
		   (pkt->flags & (WP_PKT_BAD_HEADER | WP_PKT_TRUNCATED)) == 0))
		return KIND_ENDPOINT;
	return kind_rare(pkt);
}

/** @return the port of one side of a packet, or its identifier, network order. Only KIND_ENDPOINT.
 * A later fragment has its first one's. */
static inline uint16_t
port_of(const struct wp_packet *pkt, bool source)
{
	if (pkt->l4_proto == WP_PROTO_ICMP || pkt->l4_proto == WP_PROTO_ICMPV6)
		return __builtin_bswap16(pkt->l4_dport);
	return __builtin_bswap16(source ? pkt->l4_sport : pkt->l4_dport);
}

/** @return the protocol of a packet, as in keys and events: ICMPv6 goes as ICMP. Only
 * KIND_ENDPOINT. */
static inline uint8_t
protocol_of(const struct wp_packet *pkt)
{
	return pkt->l4_proto == WP_PROTO_ICMPV6 ? WP_PROTO_ICMP : pkt->l4_proto;
}

/** @param protocol  IANA number; of a KIND_ENDPOINT, or of a mapping */
static inline enum nat_proto
proto_of(uint8_t protocol)
{
	return protocol == WP_PROTO_TCP ? NAT_TCP : protocol == WP_PROTO_UDP ? NAT_UDP : NAT_ICMP;
}

/** @return whether no packet may come from, or go to, an address: of "this network", loopback,
 * multicast or reserved (RFC 6890). */
static inline bool
is_nowhere(uint32_t address)
{
	uint8_t first = (uint8_t)address; /* network order */

	return (uint8_t)(first - 1) >= 223 || first == 127;
}

/** @return whether a packet of KIND_ENDPOINT is likely to need a new mapping: its host is looked
 * up, too, and is pkt->state[1]. */
static inline bool
is_first(const struct wp_packet *pkt)
{
	return pkt->l4_proto == WP_PROTO_TCP && pkt->l4 != 0 && pkt->ip_version == 4 &&
	       pkt->inside == WP_INSIDE_SOURCE && tcp_opens(wp_l4(pkt)[TCP_FLAGS_AT]);
}

#endif
