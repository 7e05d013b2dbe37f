/* SPDX-License-Identifier: BSD-3-Clause */
/* The answer is built around the packet that it quotes: headers are pushed in front of it, its end
 * is cut off, and the Ethernet addresses change places. */

#include "pmtu/icmp.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "bytes.h"
#include "parse/checksum.h"
#include "parse/parse.h"

enum {
	IPV4_SIZE = 20,
	IPV6_SIZE = 40,
	ICMP_SIZE = 8,
	MAX_IPV4 = 576,  /* of a whole answer (RFC 1812 4.3.2.3) */
	MAX_IPV6 = 1280, /* RFC 4443 3.2 */
	MIN_MTU_IPV4 = 68,
	MIN_MTU_IPV6 = 1280,
	DS_FIELD = 0xfc,
	IPV4_DF = 0x40,
	HOPS = 64,
	ETHER_SIZE = 14,
	TENTH_OF_SECOND_NS = 100000000,
	BURST_MIN = 10,
};

/** Types and codes; what an error is called in each family. */
static const struct {
	uint8_t type4, code4, type6, code6;
} errors[WP_ICMP_N_ERRORS] = {
	[WP_ICMP_TOO_BIG] = {3, 4, 2, 0},          [WP_ICMP_NO_ROUTE] = {3, 0, 1, 0},
	[WP_ICMP_HOST_UNREACHABLE] = {3, 1, 1, 3}, [WP_ICMP_PORT_UNREACHABLE] = {3, 3, 1, 4},
	[WP_ICMP_PROHIBITED] = {3, 13, 1, 1},      [WP_ICMP_TIME_EXCEEDED] = {11, 0, 3, 0},
	[WP_ICMP_PARAMETER] = {12, 0, 4, 0},
};

/* Whether there may be an answer. */

/** @return whether an ICMP message is known to be no error: echo, router discovery, timestamp,
 * information, mask (RFC 792, 950, 1256), extended echo (RFC 8335). */
static bool
is_icmpv4_query(uint8_t type)
{
	return type == 0 || (type >= 8 && type <= 10) || (type >= 13 && type <= 18) || type == 42 ||
	       type == 43;
}

/** @return likewise: informational (RFC 4443 2.1), but for redirects. */
static bool
is_icmpv6_query(uint8_t type)
{
	return type >= 128 && type != 137;
}

/** @return whether a packet is no ICMP error; one whose type cannot be read may be one. */
static bool
is_no_error(const struct wp_packet *pkt)
{
	if (pkt->l4_proto == WP_PROTO_ICMP && pkt->ip_version == 4)
		return pkt->l4 != 0 && is_icmpv4_query(wp_l4(pkt)[0]);
	if (pkt->l4_proto == WP_PROTO_ICMPV6 && pkt->ip_version == 6)
		return pkt->l4 != 0 && is_icmpv6_query(wp_l4(pkt)[0]);
	return true;
}

/** @return whether an address is a single host's: not 0/8, 127/8, multicast, class E, broadcast. */
static bool
is_host_ipv4(const uint8_t *addr)
{
	return addr[0] != 0 && addr[0] != 127 && addr[0] < 224;
}

/** @return likewise: not ::, ::1 or multicast. */
static bool
is_host_ipv6(const uint8_t *addr)
{
	static const uint8_t zero[15];

	return addr[0] != 0xff && (memcmp(addr, zero, 15) != 0 || addr[15] > 1);
}

static bool
is_host(uint8_t version, const uint8_t *addr)
{
	return version == 4 ? is_host_ipv4(addr) : is_host_ipv6(addr);
}

/** @return whether a frame was for one station only. */
static bool
is_unicast(const struct wp_packet *pkt)
{
	return (pkt->flags & WP_PKT_ETHERNET) == 0 || (wp_start(pkt)[0] & 1) == 0;
}

/** @return whether an IPv4 header's checksum is right: else its addresses may be wrong, too. */
static bool
is_sound(const struct wp_packet *pkt)
{
	const uint8_t *ip = wp_l3(pkt);
	unsigned int size = (ip[0] & 15) * 4u;

	return pkt->ip_version == 6 || wp_checksum(ip, size) == 0;
}

/** @return who answers. */
static const uint8_t *
answerer(const struct wp_packet *pkt, const struct wp_icmp *icmp)
{
	return icmp->source.version == pkt->ip_version ? icmp->source.bytes : wp_dest(pkt);
}

/** @return whether packets to more than one station may be answered: "packet too big" serves path
 * MTU discovery for multicast (RFC 4443 2.4 e.3). */
static bool
may_be_multicast(const struct wp_packet *pkt, const struct wp_icmp *icmp)
{
	return pkt->ip_version == 6 && icmp->error == WP_ICMP_TOO_BIG;
}

static bool
may_answer(const struct wp_packet *pkt, const struct wp_icmp *icmp)
{
	const uint16_t broken = WP_PKT_LATER_FRAGMENT | WP_PKT_TRUNCATED | WP_PKT_BAD_HEADER;
	uint32_t least = pkt->ip_version == 4 ? MIN_MTU_IPV4 : MIN_MTU_IPV6;

	if (pkt->l3 == 0 || (pkt->flags & broken) != 0 || !is_sound(pkt) || !is_no_error(pkt))
		return false;
	if (!is_host(pkt->ip_version, wp_source(pkt)) ||
	    !is_host(pkt->ip_version, answerer(pkt, icmp)))
		return false;
	if (icmp->error == WP_ICMP_TOO_BIG && icmp->mtu < least)
		return false;
	return may_be_multicast(pkt, icmp) ||
	       (is_unicast(pkt) && is_host(pkt->ip_version, wp_dest(pkt)));
}

/* How often. */

struct wp_icmp_rate
wp_icmp_rate(uint32_t per_second)
{
	struct wp_icmp_rate rate = {0};

	if (per_second == 0)
		return rate;
	rate.cost_ns = 1000000000 / per_second;
	rate.burst_ns = rate.cost_ns * BURST_MIN;
	if (rate.burst_ns < TENTH_OF_SECOND_NS)
		rate.burst_ns = TENTH_OF_SECOND_NS;
	return rate;
}

bool
wp_icmp_take(struct wp_icmp_limit *limit, const struct wp_icmp_rate *rate, uint16_t tenant,
	     uint64_t now_ns)
{
	uint64_t *full_ns = &limit->full_ns[tenant % 256];
	uint64_t full = *full_ns > now_ns ? *full_ns : now_ns;

	if (full + rate->cost_ns - now_ns > rate->burst_ns || rate->burst_ns == 0)
		return false;
	*full_ns = full + rate->cost_ns;
	return true;
}

/* The answer. */

static void
write_ipv4(uint8_t *ip, uint8_t ds, unsigned int size)
{
	uint16_t sum;

	memset(ip, 0, 12);
	ip[0] = 0x45;
	ip[1] = ds;
	wp_put16(ip + 2, size);
	ip[6] = IPV4_DF; /* RFC 6864: so it needs no identification */
	ip[8] = HOPS;
	ip[9] = WP_PROTO_ICMP;
	sum = wp_checksum_ipv4(ip, IPV4_SIZE);
	memcpy(ip + 10, &sum, 2);
}

static void
write_ipv6(uint8_t *ip, uint8_t ds, unsigned int size)
{
	memset(ip, 0, 8);
	ip[0] = (uint8_t)(0x60 | ds >> 4);
	ip[1] = (uint8_t)(ds << 4);
	wp_put16(ip + 4, size - IPV6_SIZE);
	ip[6] = WP_PROTO_ICMPV6;
	ip[7] = HOPS;
}

/** @return the second word of the ICMP header, host order: the MTU (IPv4: its lower half), or the
 * pointer (IPv4: its first byte). */
static uint32_t
argument(uint8_t version, const struct wp_icmp *icmp)
{
	if (icmp->error == WP_ICMP_PARAMETER)
		return version == 4 ? (uint32_t)icmp->pointer << 24 : icmp->pointer;
	if (icmp->error != WP_ICMP_TOO_BIG)
		return 0;
	return version == 4 && icmp->mtu > UINT16_MAX ? UINT16_MAX : icmp->mtu;
}

/** Writes the ICMP header, its checksum 0. */
static void
write_icmp(uint8_t *at, uint8_t version, const struct wp_icmp *icmp)
{
	uint32_t word = __builtin_bswap32(argument(version, icmp));

	memset(at, 0, ICMP_SIZE);
	at[0] = version == 4 ? errors[icmp->error].type4 : errors[icmp->error].type6;
	at[1] = version == 4 ? errors[icmp->error].code4 : errors[icmp->error].code6;
	memcpy(at + 4, &word, 4);
}

/** @return the DS field of a packet, which errors about it have too (RFC 1812 4.3.2.5, RFC 5508
 * REQ-10d). */
static uint8_t
ds_of(const struct wp_packet *pkt)
{
	const uint8_t *ip = wp_l3(pkt);

	return (pkt->ip_version == 4 ? ip[1] : (uint8_t)(ip[0] << 4 | ip[1] >> 4)) & DS_FIELD;
}

/** Completes headers whose place has been made, in front of @p size bytes of quotation. */
static void
write_answer(struct wp_packet *pkt, const struct wp_icmp *icmp, unsigned int size)
{
	unsigned int header = pkt->ip_version == 4 ? IPV4_SIZE : IPV6_SIZE;
	unsigned int n = wp_address_size(pkt);
	uint8_t *ip = wp_l3(pkt), *l4 = ip + header, from[16], to[16];
	struct wp_packet quoted = *pkt;
	uint16_t sum;
	uint8_t ds;

	quoted.l3 = (uint16_t)(pkt->l3 + header + ICMP_SIZE);
	memcpy(from, answerer(&quoted, icmp), n);
	memcpy(to, wp_source(&quoted), n);
	ds = ds_of(&quoted);
	memcpy(l4 - n, to, n);
	memcpy(l4 - n - n, from, n);
	if (pkt->ip_version == 4)
		write_ipv4(ip, ds, header + ICMP_SIZE + size);
	else
		write_ipv6(ip, ds, header + ICMP_SIZE + size);
	write_icmp(l4, pkt->ip_version, icmp);
	wp_turn_ethernet(pkt);
	wp_parse(pkt);
	sum = wp_checksum_l4(pkt);
	memcpy(l4 + 2, &sum, 2);
}

int
wp_icmp_answer(struct wp_packet *pkt, const struct wp_icmp *icmp, const struct wp_icmp_rate *rate,
	       struct wp_icmp_limit *limit, uint64_t now_ns)
{
	bool is_ipv4 = pkt->ip_version == 4;
	unsigned int headers = (is_ipv4 ? IPV4_SIZE : IPV6_SIZE) + ICMP_SIZE;
	unsigned int max = (is_ipv4 ? MAX_IPV4 : MAX_IPV6) - headers;
	unsigned int size = (unsigned int)(pkt->end - pkt->l3);

	if (!may_answer(pkt, icmp))
		return -EPERM;
	if (!wp_icmp_take(limit, rate, pkt->tenant, now_ns))
		return -EBUSY;
	if (wp_packet_push_l3(pkt, (uint16_t)headers) != 0)
		return -ENOBUFS;
	if (size > max)
		size = max;
	wp_packet_resize_l3(pkt, (uint16_t)(headers + size));
	write_answer(pkt, icmp, size);
	pkt->flags |= WP_PKT_STEER;
	wp_reply(pkt);
	return 0;
}
