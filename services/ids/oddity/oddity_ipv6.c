/* SPDX-License-Identifier: BSD-3-Clause */
/* Headers of IPv6 and their extensions (RFC 8200). */

#include <string.h>

#include "bytes.h"
#include "oddity/oddity_walk.h"
#include "parse/parse.h"

enum { HEADER_SIZE = 40, PROTO_GRE = 47, PROTO_HIP = 139, PROTO_SHIM6 = 140 };

/** Extension headers that were seen; bits. */
enum seen {
	SEEN_HOP = 1 << 0,
	SEEN_DESTINATION = 1 << 1,
	SEEN_DESTINATION_TWICE = 1 << 2,
	SEEN_ROUTING = 1 << 3,
	SEEN_FRAGMENT = 1 << 4,
	SEEN_AH = 1 << 5,
	SEEN_ESP = 1 << 6,
};

/** The walk through them. */
struct extensions {
	struct walk *walk;
	struct stretch from;
	unsigned int seen; /* enum seen */
	uint8_t next;
};

/** Goes behind a header. @return false: it is longer than what is there */
static bool
skip(struct extensions *ext, uint32_t size)
{
	if (size > ext->from.size) {
		walk_add(ext->walk, EVENT_DECODE_IPV6_TRUNC_EXTHDR);
		return false;
	}
	ext->next = ext->from.at[0];
	ext->from = stretch_behind(ext->from, size);
	return true;
}

/** Notes that a header was seen. @return false: it was before, which is @p event */
static bool
is_first(struct extensions *ext, enum seen which, enum rule_event event)
{
	if ((ext->seen & which) != 0) {
		walk_add(ext->walk, event);
		return false;
	}
	ext->seen |= which;
	return true;
}

/* Options. */

enum {
	OPTION_PAD1 = 0,
	OPTION_PADN = 1,
	OPTION_ALERT = 5,    /* RFC 2711 */
	OPTION_JUMBO = 0xc2, /* RFC 2675 */
	OPTION_HOME = 0xc9,  /* RFC 6275 */
};

/** @return the least bytes of an option's value; -1: it is not known. */
static int
least_of_option(uint8_t kind)
{
	switch (kind) {
	case OPTION_PADN:
		return 0;
	case OPTION_ALERT:
		return 2;
	case OPTION_JUMBO:
		return 4;
	case OPTION_HOME:
		return 16;
	default:
		return -1;
	}
}

/** Looks at options. @param unknown,padding  what is told of a kind that is not known, and of
 * padding alone */
static void
look_at_options(struct walk *walk, struct stretch from, enum rule_event unknown,
		enum rule_event padding)
{
	bool has_padding = false, has_others = false;

	while (from.size != 0) {
		uint8_t kind = from.at[0];
		uint32_t size = 1;
		int least = 0;

		if (kind != OPTION_PAD1) {
			least = least_of_option(kind);
			size = from.size < 2 ? UINT32_MAX : from.at[1] + 2u;
			if (size > from.size + 1 || (int)size - 2 < least) {
				walk_add(walk, EVENT_DECODE_IPV6_EXTHDR_INVALID_OPTLEN);
				break;
			}
			if (kind == OPTION_PADN && size == 2)
				walk_add(walk, EVENT_DECODE_IPV6_ZERO_LEN_PADN);
			if (least < 0)
				walk_add(walk, unknown);
			has_others |= kind != OPTION_PADN && kind != OPTION_JUMBO;
		}
		has_padding |= kind == OPTION_PAD1 || kind == OPTION_PADN;
		from = stretch_behind(from, size > from.size ? from.size : size);
	}
	if (has_padding && !has_others)
		walk_add(walk, padding);
}

/** @return whether there may be another header of destination options: there may be two. */
static bool
may_be_destination(struct extensions *ext)
{
	if ((ext->seen & SEEN_DESTINATION) == 0) {
		ext->seen |= SEEN_DESTINATION;
		return true;
	}
	return is_first(ext, SEEN_DESTINATION_TWICE, EVENT_DECODE_IPV6_EXTHDR_DUPL_DH);
}

static bool
look_at_option_header(struct extensions *ext)
{
	struct stretch options = {ext->from.at + 2, (ext->from.at[1] + 1u) * 8 - 2};
	bool is_hop = ext->next == WP_PROTO_HOPOPTS;

	if (!skip(ext, options.size + 2))
		return false;
	if (is_hop && is_first(ext, SEEN_HOP, EVENT_DECODE_IPV6_EXTHDR_DUPL_HH))
		look_at_options(ext->walk, options, EVENT_DECODE_IPV6_HOPOPTS_UNKNOWN_OPT,
				EVENT_DECODE_IPV6_HOPOPTS_ONLY_PADDING);
	else if (!is_hop && may_be_destination(ext))
		look_at_options(ext->walk, options, EVENT_DECODE_IPV6_DSTOPTS_UNKNOWN_OPT,
				EVENT_DECODE_IPV6_DSTOPTS_ONLY_PADDING);
	return true;
}

/* Other extensions. */

static bool
look_at_routing(struct extensions *ext)
{
	const uint8_t *header = ext->from.at;

	if (!skip(ext, (header[1] + 1u) * 8))
		return false;
	if (is_first(ext, SEEN_ROUTING, EVENT_DECODE_IPV6_EXTHDR_DUPL_RH) && header[2] == 0)
		walk_add(ext->walk, EVENT_DECODE_IPV6_RH_TYPE_0);
	return true;
}

/** What is behind the header of a fragment is for its datagram to say. @return false: it is one */
static bool
look_at_fragment_word(struct walk *walk, uint16_t word, uint32_t size)
{
	enum { FRAGMENT_SIZE = 8, MORE = 1, OFFSET = 0xfff8 };

	if ((word & (OFFSET | MORE)) == 0) {
		walk_add(walk, EVENT_DECODE_IPV6_EXTHDR_USELESS_FH);
		return true;
	}
	if ((word & MORE) != 0 && size % 8 != 0)
		walk_add(walk, EVENT_DECODE_IPV6_FRAG_INVALID_LENGTH);
	if ((word & OFFSET) + size - FRAGMENT_SIZE > UINT16_MAX)
		walk_add(walk, EVENT_DECODE_IPV6_FRAG_PKT_TOO_LARGE);
	return false;
}

static bool
look_at_fragment(struct extensions *ext)
{
	enum { FRAGMENT_SIZE = 8 };
	const uint8_t *header = ext->from.at;
	uint32_t size = ext->from.size;

	if (!skip(ext, FRAGMENT_SIZE))
		return false;
	if (header[1] != 0)
		walk_add(ext->walk, EVENT_DECODE_IPV6_FH_NON_ZERO_RESERVED_FIELD);
	if (!is_first(ext, SEEN_FRAGMENT, EVENT_DECODE_IPV6_EXTHDR_DUPL_FH))
		return true;
	return look_at_fragment_word(ext->walk, wp_get16(header + 2), size);
}

static bool
look_at_ah(struct extensions *ext)
{
	enum { LEAST = 12, UNIT = 4 };
	const uint8_t *header = ext->from.at;
	uint32_t size;

	if (ext->from.size < LEAST)
		return skip(ext, LEAST);
	size = header[1] == 0 ? LEAST : (header[1] + 2u) * UNIT;
	if (!skip(ext, size))
		return false;
	if (wp_get16(header + 2) != 0)
		walk_add(ext->walk, EVENT_DECODE_IPV6_EXTHDR_AH_RES_NOT_NULL);
	is_first(ext, SEEN_AH, EVENT_DECODE_IPV6_EXTHDR_DUPL_AH);
	return true;
}

/* What is behind them. */

static void
look_at_inner(struct walk *walk, struct stretch from, uint8_t version)
{
	uint32_t least = version == 4 ? 20 : HEADER_SIZE;

	if (from.size < least)
		walk_add(walk, version == 4 ? EVENT_DECODE_IPV6_IPV4_IN_IPV6_TOO_SMALL
					    : EVENT_DECODE_IPV6_IPV6_IN_IPV6_TOO_SMALL);
	else if (from.at[0] >> 4 != version)
		walk_add(walk, version == 4 ? EVENT_DECODE_IPV6_IPV4_IN_IPV6_WRONG_VERSION
					    : EVENT_DECODE_IPV6_IPV6_IN_IPV6_WRONG_VERSION);
}

/** What ends the extensions. */
static void
look_behind(struct walk *walk, uint8_t proto, struct stretch from)
{
	switch (proto) {
	case WP_PROTO_TCP:
		walk_tcp(walk, from);
		break;
	case WP_PROTO_UDP:
		walk_udp(walk, from);
		break;
	case WP_PROTO_ICMPV6:
		walk_icmpv6(walk, from);
		break;
	case WP_PROTO_SCTP:
		walk_sctp(walk, from);
		break;
	case WP_PROTO_ESP:
		walk_esp(walk, from);
		break;
	case WP_PROTO_IPIP:
		look_at_inner(walk, from, 4);
		break;
	case WP_PROTO_ICMP:
		walk_add(walk, EVENT_DECODE_IPV6_ICMPV4);
		break;
	default:
		walk_add(walk, EVENT_DECODE_IPV6_UNKNOWN_NEXT_HEADER);
	}
}

/** What is looked at only where no extension is in front. */
static void
look_straight_behind(struct walk *walk, uint8_t proto, struct stretch from)
{
	if (proto == WP_PROTO_IPV6)
		look_at_inner(walk, from, 6);
	else if (proto == PROTO_GRE)
		walk_gre(walk, from);
	else
		look_behind(walk, proto, from);
}

static bool
is_extension(uint8_t proto)
{
	static const uint8_t extensions[] = {
		WP_PROTO_HOPOPTS, WP_PROTO_DSTOPTS, WP_PROTO_ROUTING, WP_PROTO_FRAGMENT,
		WP_PROTO_AH,      WP_PROTO_ESP,     WP_PROTO_NONE,    WP_PROTO_MH,
		PROTO_HIP,        PROTO_SHIM6,
	};

	return memchr(extensions, proto, sizeof(extensions)) != NULL;
}

/** Looks at one extension header. @return whether another header is to be looked at */
static bool
look_at_extension(struct extensions *ext)
{
	switch (ext->next) {
	case WP_PROTO_HOPOPTS:
	case WP_PROTO_DSTOPTS:
		return look_at_option_header(ext);
	case WP_PROTO_ROUTING:
		return look_at_routing(ext);
	case WP_PROTO_FRAGMENT:
		return look_at_fragment(ext);
	case WP_PROTO_AH:
		return look_at_ah(ext);
	case WP_PROTO_MH:
	case PROTO_HIP:
	case PROTO_SHIM6:
		return skip(ext, (ext->from.at[1] + 1u) * 8);
	default:
		look_behind(ext->walk, ext->next, ext->from);
		return false;
	}
}

/** Each takes two bytes at least, so the walk ends. */
static void
look_at_extensions(struct extensions *ext)
{
	bool goes_on = true;

	while (goes_on) {
		if (ext->next == WP_PROTO_NONE) {
			if (ext->from.size != 0)
				walk_add(ext->walk, EVENT_DECODE_IPV6_DATA_AFTER_NONE_HEADER);
			return;
		}
		if (ext->from.size < 2) {
			walk_add(ext->walk, EVENT_DECODE_IPV6_TRUNC_EXTHDR);
			return;
		}
		goes_on = look_at_extension(ext);
	}
}

void
walk_ipv6(struct walk *walk, struct stretch from)
{
	struct extensions ext = {.walk = walk};
	uint32_t size;

	if (!walk_deeper(walk) || from.size < HEADER_SIZE)
		return; /* which Suricata says nothing of */
	size = wp_get16(from.at + 4);
	if (from.at[0] >> 4 != 6) {
		walk_add(walk, EVENT_DECODE_IPV6_WRONG_IP_VERSION);
		return;
	}
	if (from.size < HEADER_SIZE + size) {
		walk_add(walk, EVENT_DECODE_IPV6_TRUNC_PKT);
		return;
	}
	walk->hops = from.at[7];
	ext.next = from.at[6];
	ext.from = (struct stretch){from.at + HEADER_SIZE, size};
	if (is_extension(ext.next))
		look_at_extensions(&ext);
	else
		look_straight_behind(walk, ext.next, ext.from);
}
