/* SPDX-License-Identifier: BSD-3-Clause */
/* See holds_packet.h. Numbers of RFC 791, 8200, 9293, 792, 4443. */

#include "match/holds_packet.h"

#include <string.h>

#include "bytes.h"
#include "match/moment.h"
#include "match/range.h"
#include "parse/parse.h"
#include "rule/flags.h"

enum {
	FRAGMENT_MASK = 0x1fff,
	OPTION_MSS = 2,
	ICMP6_TOO_BIG = 2,
	ICMP_ECHO_REPLY = 0,
	ICMP_ECHO = 8,
	ICMP_TIMESTAMP = 13,
	ICMP_MASK_REPLY = 18,
	ICMP6_ECHO = 128,
	ICMP6_ECHO_REPLY = 129,
};

static const uint8_t *
tcp_of(const struct wp_packet *pkt)
{
	return pkt->l4_proto == WP_PROTO_TCP && pkt->l4 != 0 && pkt->payload != 0 ? wp_l4(pkt)
										  : NULL;
}

/** @return ICMP's header, or NULL. */
static const uint8_t *
icmp_of(const struct wp_packet *pkt)
{
	bool is_icmp = pkt->l4_proto == WP_PROTO_ICMP || pkt->l4_proto == WP_PROTO_ICMPV6;

	return is_icmp && pkt->l4 != 0 ? wp_l4(pkt) : NULL;
}

/** @return whether a message of ICMP has an identifier and a number. */
static bool
is_numbered(const struct wp_packet *pkt, const uint8_t *icmp)
{
	if (pkt->l4_proto == WP_PROTO_ICMPV6)
		return icmp[0] == ICMP6_ECHO || icmp[0] == ICMP6_ECHO_REPLY;
	return icmp[0] == ICMP_ECHO_REPLY || icmp[0] == ICMP_ECHO ||
	       (icmp[0] >= ICMP_TIMESTAMP && icmp[0] <= ICMP_MASK_REPLY);
}

/** @return bytes of a TCP option's value, or NULL: it has none of that kind and size. */
static const uint8_t *
tcp_option(const struct wp_packet *pkt, const uint8_t *tcp, uint8_t kind, uint8_t size)
{
	const uint8_t *at = tcp + 20, *end = tcp + (size_t)(tcp[12] >> 4) * 4;

	if (end > pkt->buf + pkt->end)
		return NULL;
	while (at < end && at[0] != 0) {
		if (at[0] == 1) {
			at++;
			continue;
		}
		if (end - at < 2 || at[1] < 2 || at[1] > end - at)
			return NULL;
		if (at[0] == kind && at[1] == size)
			return at + 2;
		at += at[1];
	}
	return NULL;
}

static bool
fragment_bits_hold(const struct rule_flags *want, const struct wp_packet *pkt)
{
	return pkt->ip_version == 4 && flags_meet(want, wp_l3(pkt)[6] >> 5);
}

/** @return whether an option of IPv4 is there. */
static bool
has_ip_option(const struct wp_packet *pkt, uint32_t kind)
{
	const uint8_t *at = wp_l3(pkt) + 20, *end = wp_l3(pkt) + (size_t)(wp_l3(pkt)[0] & 15) * 4;

	if (pkt->ip_version != 4 || end > pkt->buf + pkt->end)
		return false;
	if (kind == UINT32_MAX) /* any */
		return at < end;
	while (at < end) {
		if (at[0] == kind)
			return true;
		if (at[0] == 0)
			return false;
		if (at[0] == 1) {
			at++;
			continue;
		}
		if (end - at < 2 || at[1] < 2)
			return false;
		at += at[1];
	}
	return false;
}

static bool
ip_holds(const struct rule_match *match, const struct wp_packet *pkt)
{
	const uint8_t *ip = wp_l3(pkt);
	bool is_4 = pkt->ip_version == 4;

	switch (match->kind) {
	case MATCH_TTL:
		return range_has(&match->range, is_4 ? ip[8] : ip[7]);
	case MATCH_IP_PROTO:
		return range_has(&match->range, pkt->l4_proto);
	case MATCH_IP_ID:
		return is_4 && wp_get16(ip + 4) == match->number;
	case MATCH_IP_VERSION:
		return pkt->ip_version == match->number;
	case MATCH_TOS:
		return is_4 && (ip[1] == match->number) != match->negated;
	case MATCH_FRAGBITS:
		return fragment_bits_hold(&match->flags, pkt);
	case MATCH_FRAGOFFSET:
		return is_4 && range_has(&match->range, wp_get16(ip + 6) & FRAGMENT_MASK);
	case MATCH_IPOPTS:
		return has_ip_option(pkt, match->number);
	case MATCH_SAME_IP:
		return memcmp(wp_source(pkt), wp_dest(pkt), wp_address_size(pkt)) == 0;
	default:
		return false;
	}
}

static bool
tcp_holds(const struct rule_match *match, const struct wp_packet *pkt, const uint8_t *tcp)
{
	const uint8_t *mss;

	switch (match->kind) {
	case MATCH_TCP_FLAGS:
		return flags_hold(&match->flags, tcp[13]);
	case MATCH_SEQ:
		return wp_get32(tcp + 4) == match->number;
	case MATCH_ACK:
		return wp_get32(tcp + 8) == match->number;
	case MATCH_WINDOW:
		return (wp_get16(tcp + 14) == match->number) != match->negated;
	default:
		mss = tcp_option(pkt, tcp, OPTION_MSS, 4);
		return mss != NULL && range_has(&match->range, wp_get16(mss));
	}
}

static bool
icmp_holds(const struct rule_match *match, const struct wp_packet *pkt, const uint8_t *icmp)
{
	switch (match->kind) {
	case MATCH_ICMP_TYPE:
		return range_has(&match->range, icmp[0]);
	case MATCH_ICMP_CODE:
		return range_has(&match->range, icmp[1]);
	case MATCH_ICMP_ID:
		return is_numbered(pkt, icmp) && wp_get16(icmp + 4) == match->number;
	case MATCH_ICMP_SEQ:
		return is_numbered(pkt, icmp) && wp_get16(icmp + 6) == match->number;
	default:
		return pkt->l4_proto == WP_PROTO_ICMPV6 && icmp[0] == ICMP6_TOO_BIG &&
		       range_has(&match->range, wp_get32(icmp + 4));
	}
}

static bool
size_holds(const struct rule_range *range, const struct wp_packet *pkt)
{
	uint32_t at = moment_payload_at(pkt), size = pkt->end > at ? pkt->end - at : 0;

	if (at == 0 || (range->compare == RULE_NE && size == 0))
		return false; /* "!8" is not about what brings nothing, as acknowledgements */
	return range_has(range, size);
}

bool
holds_packet(const struct rule_match *match, const struct wp_packet *pkt)
{
	const uint8_t *header;

	if (pkt == NULL || pkt->l3 == 0)
		return false;
	if (match->kind <= MATCH_SAME_IP)
		return ip_holds(match, pkt);
	if (match->kind == MATCH_DSIZE)
		return size_holds(&match->range, pkt);
	if (match->kind >= MATCH_TCP_FLAGS && match->kind <= MATCH_TCP_MSS) {
		header = tcp_of(pkt);
		return header != NULL && tcp_holds(match, pkt, header);
	}
	header = icmp_of(pkt);
	return header != NULL && icmp_holds(match, pkt, header);
}
