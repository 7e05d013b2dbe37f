/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The header parser. Every read is of bytes before 'limit', one past the last byte of the packet;
 * every loop has a bound.
 */

#include "parse/parse.h"

#include <string.h>

#include "bytes.h"

enum {
	ETHER_SIZE = 14,
	VLAN_SIZE = 4,
	SNAP_SIZE = 8,
	ETHERTYPE_MIN = 0x600, /* below: the length of an IEEE 802.3 frame */
	IPV4_SIZE = 20,
	IPV6_SIZE = 40,
	FRAGMENT_SIZE = 8,
	IPV4_MF = 0x2000,
	IPV4_OFFSET = 0x1fff,
	IPV6_OFFSET = 0xfff8,
	IPV6_M = 0x0001,
	NOT_PARSED = WP_PKT_ETHERNET | WP_PKT_STEER | WP_PKT_TURNED | WP_PKT_REPLIED,
};

/** Says that a header contradicts itself; what was found so far stays. */
static inline void
bad(struct wp_packet *pkt)
{
	pkt->flags |= WP_PKT_BAD_HEADER;
}

/** Notes where the IP packet ends, by its own word, but not behind @p limit. */
static inline void
set_end(struct wp_packet *pkt, uint32_t claimed, uint32_t limit)
{
	if (claimed > limit) {
		pkt->flags |= WP_PKT_TRUNCATED;
		claimed = limit;
	}
	pkt->end = (uint16_t)claimed;
}

/** @return the least size of the headers we know; 0: unknown protocol. */
static uint16_t
l4_size(uint8_t proto)
{
	switch (proto) {
	case WP_PROTO_TCP:
		return 20;
	case WP_PROTO_UDP:
	case WP_PROTO_ICMP:
	case WP_PROTO_ICMPV6:
	case WP_PROTO_ESP:
		return 8;
	case WP_PROTO_SCTP:
	case WP_PROTO_DCCP:
		return 12;
	default:
		return 0;
	}
}

static void
parse_tcp(struct wp_packet *pkt, uint16_t at)
{
	uint16_t size = (uint16_t)(pkt->buf[at + 12] >> 4) * 4;

	if (size < 20 || at + size > pkt->end) {
		bad(pkt);
		return;
	}
	pkt->l4 = at;
	pkt->payload = (uint16_t)(at + size);
	pkt->l4_sport = wp_get16(pkt->buf + at);
	pkt->l4_dport = wp_get16(pkt->buf + at + 2);
}

/** @return whether an ICMP message is about an exchange, and so has an identifier. */
static bool
has_identifier(uint8_t proto, uint8_t type)
{
	return proto == WP_PROTO_ICMP ? type == 8 || type == 0 || (type >= 13 && type <= 18)
				      : type == 128 || type == 129;
}

static void
parse_l4(struct wp_packet *pkt, uint16_t at)
{
	uint16_t size = l4_size(pkt->l4_proto);
	const uint8_t *l4 = pkt->buf + at;

	if (at + size > pkt->end || pkt->l4_proto == WP_PROTO_NONE)
		return;
	if (pkt->l4_proto == WP_PROTO_TCP) {
		parse_tcp(pkt, at);
		return;
	}
	pkt->l4 = at;
	pkt->payload = (uint16_t)(at + size);
	if (pkt->l4_proto == WP_PROTO_ICMP || pkt->l4_proto == WP_PROTO_ICMPV6) {
		if (has_identifier(pkt->l4_proto, l4[0]))
			pkt->l4_dport = wp_get16(l4 + 4);
	} else if (size != 0) {
		pkt->l4_sport = wp_get16(l4);
		pkt->l4_dport = wp_get16(l4 + 2);
	}
}

static void
parse_ipv4(struct wp_packet *pkt, uint32_t at, uint32_t limit)
{
	const uint8_t *ip = pkt->buf + at;
	uint16_t size, total, fragment;

	if (at + IPV4_SIZE > limit || ip[0] >> 4 != 4) {
		bad(pkt);
		return;
	}
	size = (uint16_t)(ip[0] & 15) * 4;
	total = wp_get16(ip + 2);
	if (size < IPV4_SIZE || total < size || at + size > limit) {
		bad(pkt);
		return;
	}
	pkt->l3 = (uint16_t)at;
	pkt->ip_version = 4;
	pkt->l4_proto = ip[9];
	set_end(pkt, at + total, limit);
	fragment = wp_get16(ip + 6);
	if ((fragment & (IPV4_MF | IPV4_OFFSET)) != 0)
		pkt->flags |= WP_PKT_FRAGMENT;
	if ((fragment & IPV4_OFFSET) != 0)
		pkt->flags |= WP_PKT_LATER_FRAGMENT;
	else
		parse_l4(pkt, (uint16_t)(at + size));
}

static bool
is_extension(uint8_t proto)
{
	return proto == WP_PROTO_HOPOPTS || proto == WP_PROTO_ROUTING ||
	       proto == WP_PROTO_FRAGMENT || proto == WP_PROTO_DSTOPTS || proto == WP_PROTO_AH ||
	       proto == WP_PROTO_MH;
}

/** Reads a fragment header. */
static void
note_fragment(struct wp_packet *pkt, const uint8_t *header)
{
	uint16_t offset = wp_get16(header + 2);

	if ((offset & (IPV6_OFFSET | IPV6_M)) != 0)
		pkt->flags |= WP_PKT_FRAGMENT;
	if ((offset & IPV6_OFFSET) != 0)
		pkt->flags |= WP_PKT_LATER_FRAGMENT;
}

/** Walks extension headers. @return where the L4 header begins; 0: there is none to read */
static uint16_t
skip_extensions(struct wp_packet *pkt, uint32_t at)
{
	for (unsigned int i = 0; is_extension(pkt->l4_proto); i++) {
		const uint8_t *header = pkt->buf + at;
		uint32_t size = FRAGMENT_SIZE;

		if (i == WP_PARSE_EXTENSIONS_MAX || at + FRAGMENT_SIZE > pkt->end) {
			bad(pkt);
			return 0;
		}
		if (pkt->l4_proto == WP_PROTO_AH)
			size = (header[1] + 2u) * 4;
		else if (pkt->l4_proto != WP_PROTO_FRAGMENT)
			size = (header[1] + 1u) * 8;
		else
			note_fragment(pkt, header);
		pkt->l4_proto = header[0];
		at += size;
		if (at > pkt->end) {
			bad(pkt);
			return 0;
		}
		if (pkt->flags & WP_PKT_LATER_FRAGMENT)
			return 0;
	}
	return (uint16_t)at;
}

static void
parse_ipv6(struct wp_packet *pkt, uint32_t at, uint32_t limit)
{
	const uint8_t *ip = pkt->buf + at;
	uint16_t l4;

	if (at + IPV6_SIZE > limit || ip[0] >> 4 != 6) {
		bad(pkt);
		return;
	}
	pkt->l3 = (uint16_t)at;
	pkt->ip_version = 6;
	pkt->l4_proto = ip[6];
	set_end(pkt, at + IPV6_SIZE + wp_get16(ip + 4), limit);
	l4 = skip_extensions(pkt, at + IPV6_SIZE);
	if (l4 != 0)
		parse_l4(pkt, l4);
}

static bool
is_vlan(uint16_t ethertype)
{
	return ethertype == WP_ETHERTYPE_VLAN || ethertype == WP_ETHERTYPE_QINQ;
}

/** @return whether a length stands where an EtherType should, and LLC and SNAP with one behind it
 * (RFC 1042, and as bridges do it): some hosts read what follows as if they were not there. */
static bool
has_snap(const struct wp_packet *pkt, uint32_t at, uint32_t limit)
{
	static const uint8_t llc[] = {0xaa, 0xaa, 3, 0, 0};
	const uint8_t *bytes = pkt->buf + at;

	return pkt->ethertype < ETHERTYPE_MIN && at + SNAP_SIZE <= limit &&
	       memcmp(bytes, llc, sizeof(llc)) == 0 && (bytes[5] == 0 || bytes[5] == 0xf8) &&
	       (wp_get16(bytes + 6) == WP_ETHERTYPE_IPV4 ||
		wp_get16(bytes + 6) == WP_ETHERTYPE_IPV6 || is_vlan(wp_get16(bytes + 6)));
}

/** Finds the network header behind Ethernet and VLAN tags; sets the EtherType. @return where; 0:
 * cut short, or tags and LLC hide it */
static uint16_t
skip_ethernet(struct wp_packet *pkt, uint32_t limit)
{
	uint32_t at = (uint32_t)pkt->start + ETHER_SIZE;

	if (at > limit)
		return 0;
	pkt->ethertype = wp_get16(pkt->buf + at - 2);
	for (unsigned int i = 0; i < WP_PARSE_VLANS_MAX; i++) {
		if (!is_vlan(pkt->ethertype))
			break;
		if (at + VLAN_SIZE > limit)
			return 0;
		pkt->ethertype = wp_get16(pkt->buf + at + 2);
		at += VLAN_SIZE;
	}
	if (is_vlan(pkt->ethertype) || has_snap(pkt, at, limit))
		return 0;
	return (uint16_t)at;
}

/** The usual packet: Ethernet, IPv4 without options or fragments, TCP or UDP. @return whether it
 * was one */
static inline bool
parse_usual(struct wp_packet *pkt)
{
	const uint8_t *at = pkt->buf + pkt->start;
	uint16_t l3 = (uint16_t)(pkt->start + ETHER_SIZE), l4 = (uint16_t)(l3 + IPV4_SIZE), total,
		 size;

	if ((pkt->flags & WP_PKT_ETHERNET) == 0 || pkt->len < ETHER_SIZE + IPV4_SIZE + 20 ||
	    wp_get16(at + 12) != WP_ETHERTYPE_IPV4 || at[14] != 0x45)
		return false;
	at += ETHER_SIZE;
	total = wp_get16(at + 2);
	if ((wp_get16(at + 6) & (IPV4_MF | IPV4_OFFSET)) != 0 || total < IPV4_SIZE + 8 ||
	    total > pkt->len - ETHER_SIZE)
		return false;
	if (at[9] == WP_PROTO_UDP)
		size = 8;
	else if (at[9] == WP_PROTO_TCP)
		size = (uint16_t)(at[IPV4_SIZE + 12] >> 4) * 4;
	else
		return false;
	if (at[9] == WP_PROTO_TCP && (size < 20 || total < IPV4_SIZE + size))
		return false;
	pkt->l3 = l3;
	pkt->l4 = l4;
	pkt->payload = (uint16_t)(l4 + size);
	pkt->end = (uint16_t)(l3 + total);
	pkt->ethertype = WP_ETHERTYPE_IPV4;
	pkt->ip_version = 4;
	pkt->l4_proto = at[9];
	pkt->l4_sport = wp_get16(at + IPV4_SIZE);
	pkt->l4_dport = wp_get16(at + IPV4_SIZE + 2);
	pkt->flags &= NOT_PARSED;
	return true;
}

static void __attribute__((noinline)) parse_any(struct wp_packet *pkt)
{
	uint32_t limit = (uint32_t)pkt->start + pkt->len;
	uint16_t at = pkt->start;

	pkt->flags &= NOT_PARSED;
	pkt->l3 = pkt->l4 = pkt->payload = pkt->ethertype = pkt->l4_sport = pkt->l4_dport = 0;
	pkt->ip_version = pkt->l4_proto = 0;
	pkt->end = (uint16_t)limit;
	if (pkt->flags & WP_PKT_ETHERNET) {
		at = skip_ethernet(pkt, limit);
		if (at == 0)
			bad(pkt);
		else if (pkt->ethertype == WP_ETHERTYPE_IPV4)
			parse_ipv4(pkt, at, limit);
		else if (pkt->ethertype == WP_ETHERTYPE_IPV6)
			parse_ipv6(pkt, at, limit);
	} else if (pkt->len == 0) {
		bad(pkt);
	} else if (pkt->buf[at] >> 4 == 4) {
		parse_ipv4(pkt, at, limit);
	} else {
		parse_ipv6(pkt, at, limit);
	}
}

void
wp_parse(struct wp_packet *pkt)
{
	if (__builtin_expect(!parse_usual(pkt), 0))
		parse_any(pkt);
}
