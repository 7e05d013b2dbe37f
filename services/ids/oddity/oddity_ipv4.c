/* SPDX-License-Identifier: BSD-3-Clause */
/* Headers of IPv4 (RFC 791) and their options. */

#include "bytes.h"
#include "oddity/oddity_walk.h"
#include "parse/parse.h"

enum { HEADER_SIZE = 20 };

/* Options. */

enum {
	OPTION_END = 0,
	OPTION_NOP = 1,
	OPTION_RR = 7,
	OPTION_QS = 25, /* RFC 4782 */
	OPTION_TS = 68,
	OPTION_SEC = 130,
	OPTION_LSRR = 131,
	OPTION_ESEC = 133,  /* RFC 1108 */
	OPTION_CIPSO = 134, /* FIPS 188 */
	OPTION_SID = 136,
	OPTION_SSRR = 137,
	OPTION_RTRALT = 148, /* RFC 2113 */
};

/** One option. */
struct option {
	uint8_t kind, size;
	const uint8_t *data; /* size - 2 bytes */
};

/** A route: where the next address goes, from 4 on, in steps of 4. @return EVENT_NONE: it is one */
static enum rule_event
look_at_route(const struct option *option)
{
	uint8_t next;

	if (option->size < 3)
		return EVENT_DECODE_IPV4_OPT_INVALID_LEN;
	next = option->data[0];
	return next < 4 || next % 4 != 0 || next > option->size + 1
		       ? EVENT_DECODE_IPV4_OPT_MALFORMED
		       : EVENT_NONE;
}

static enum rule_event
look_at_times(const struct option *option)
{
	enum { FIRST = 5, WITH_ADDRESS = 1, WITH_GIVEN_ADDRESS = 3 };
	uint8_t next, kind, size;

	if (option->size < FIRST)
		return EVENT_DECODE_IPV4_OPT_INVALID_LEN;
	next = option->data[0];
	kind = option->data[1] & 0xf;
	size = kind == WITH_ADDRESS || kind == WITH_GIVEN_ADDRESS ? 8 : 4;
	return next < FIRST || (next - FIRST) % size != 0 || next > option->size + 1
		       ? EVENT_DECODE_IPV4_OPT_MALFORMED
		       : EVENT_NONE;
}

/** @return whether a tag of CIPSO is one, of whose bytes there are four at least. */
static bool
is_cipso_tag(const uint8_t *tag)
{
	enum { BIT_MAP = 1, ENUMERATED = 2, RANGED = 5, RANGED_TOO = 6, FREE = 7 };

	switch (tag[0]) {
	case BIT_MAP:
	case ENUMERATED:
	case RANGED:
	case RANGED_TOO:
		return tag[2] == 0; /* what aligns it */
	default:
		return tag[0] == FREE;
	}
}

static enum rule_event
look_at_cipso(const struct option *option)
{
	enum { LEAST = 10, DOMAIN_SIZE = 4, TAG_LEAST = 4 };
	const uint8_t *at = option->data + DOMAIN_SIZE, *end = option->data + option->size - 2;

	if (option->size < LEAST)
		return EVENT_DECODE_IPV4_OPT_INVALID_LEN;
	for (; at < end; at += at[1])
		if (end - at < TAG_LEAST || at[1] < TAG_LEAST || at[1] > end - at ||
		    !is_cipso_tag(at))
			return EVENT_DECODE_IPV4_OPT_MALFORMED;
	return EVENT_NONE;
}

/** Options of a fixed or a least size. */
static enum rule_event
look_at_size(const struct option *option)
{
	static const struct {
		uint8_t kind, size;
		bool is_least;
	} sizes[] = {
		{OPTION_QS, 8, true},   {OPTION_SEC, 3, true},     {OPTION_ESEC, 3, true},
		{OPTION_SID, 4, false}, {OPTION_RTRALT, 4, false},
	};

	for (unsigned int i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		if (sizes[i].kind == option->kind)
			return option->size == sizes[i].size ||
					       (sizes[i].is_least && option->size > sizes[i].size)
				       ? EVENT_NONE
				       : EVENT_DECODE_IPV4_OPT_INVALID_LEN;
	return EVENT_DECODE_IPV4_OPT_INVALID;
}

static enum rule_event
look_at_option(const struct option *option)
{
	switch (option->kind) {
	case OPTION_RR:
	case OPTION_LSRR:
	case OPTION_SSRR:
		return look_at_route(option);
	case OPTION_TS:
		return look_at_times(option);
	case OPTION_CIPSO:
		return look_at_cipso(option);
	default:
		return look_at_size(option);
	}
}

/** Takes an option from the front. @return false: they go no further */
static bool
next_option(struct walk *walk, struct stretch *from, struct option *option)
{
	*option = (struct option){.kind = from->at[0], .size = 1};
	if (option->kind == OPTION_NOP)
		return true;
	if (from->size < 2) {
		walk_add(walk, EVENT_DECODE_IPV4_OPT_EOL_REQUIRED);
		return false;
	}
	option->size = from->at[1];
	option->data = from->at + 2;
	if (option->size >= 2 && option->size <= from->size)
		return true;
	walk_add(walk, EVENT_DECODE_IPV4_OPT_INVALID_LEN);
	return false;
}

/** @return whether they end as they must. */
static bool
look_at_options(struct walk *walk, struct stretch from)
{
	uint64_t seen[4] = {0}; /* bits: kinds */
	struct option option;

	if (from.size % 8 != 0)
		walk_add(walk, EVENT_DECODE_IPV4_OPT_PAD_REQUIRED);
	for (; from.size != 0 && from.at[0] != OPTION_END;
	     from = stretch_behind(from, option.size)) {
		enum rule_event event = EVENT_NONE;
		uint64_t bit;

		if (!next_option(walk, &from, &option))
			return from.size < 2;
		bit = 1ull << option.kind % 64;
		if (option.kind != OPTION_NOP)
			event = (seen[option.kind / 64] & bit) != 0
					? EVENT_DECODE_IPV4_OPT_DUPLICATE
					: look_at_option(&option);
		if (event == EVENT_NONE)
			seen[option.kind / 64] |= bit;
		else
			walk_add(walk, event);
	}
	return true;
}

/* The header. */

static void
walk_behind(struct walk *walk, uint8_t proto, struct stretch from)
{
	enum { PROTO_GRE = 47 };

	switch (proto) {
	case WP_PROTO_TCP:
		walk_tcp(walk, from);
		break;
	case WP_PROTO_UDP:
		walk_udp(walk, from);
		break;
	case WP_PROTO_ICMP:
		walk_icmp(walk, from);
		break;
	case WP_PROTO_SCTP:
		walk_sctp(walk, from);
		break;
	case WP_PROTO_ESP:
		walk_esp(walk, from);
		break;
	case PROTO_GRE:
		walk_gre(walk, from);
		break;
	case WP_PROTO_ICMPV6:
		walk_add(walk, EVENT_DECODE_IPV4_ICMPV6);
		break;
	default:
		break;
	}
}

/** @return whether it is a fragment: what is behind the header is for its datagram to say. */
static bool
look_at_fragment(struct walk *walk, uint16_t word, uint32_t size)
{
	enum { MORE = 0x2000, OFFSET = 0x1fff, UNIT = 8 };

	if ((word & (MORE | OFFSET)) == 0)
		return false;
	if (HEADER_SIZE + (word & OFFSET) * UNIT + size > UINT16_MAX)
		walk_add(walk, EVENT_DECODE_IPV4_FRAG_PKT_TOO_LARGE);
	return true;
}

/** @return what is wrong with a header, of whose bytes there are as many as it has at least. */
static enum rule_event
fault_of(struct stretch from, uint32_t header, uint32_t total)
{
	if (from.at[0] >> 4 != 4)
		return EVENT_DECODE_IPV4_WRONG_IP_VERSION;
	if (header < HEADER_SIZE)
		return EVENT_DECODE_IPV4_HLEN_TOO_SMALL;
	if (total < header)
		return EVENT_DECODE_IPV4_IPLEN_SMALLER_THAN_HLEN;
	return from.size < total ? EVENT_DECODE_IPV4_TRUNC_PKT : EVENT_NONE;
}

void
walk_ipv4(struct walk *walk, struct stretch from)
{
	enum { LENGTH_AT = 2, FRAGMENT_AT = 6, PROTO_AT = 9 };
	uint32_t header, total;
	enum rule_event fault;

	if (!walk_deeper(walk))
		return;
	if (from.size < HEADER_SIZE) {
		walk_add(walk, EVENT_DECODE_IPV4_PKT_TOO_SMALL);
		return;
	}
	header = (from.at[0] & 15) * 4u;
	total = wp_get16(from.at + LENGTH_AT);
	fault = fault_of(from, header, total);
	if (fault != EVENT_NONE) {
		walk_add(walk, fault);
		return;
	}
	if (look_at_options(walk, (struct stretch){from.at + HEADER_SIZE, header - HEADER_SIZE}) &&
	    !look_at_fragment(walk, wp_get16(from.at + FRAGMENT_AT), total - header))
		walk_behind(walk, from.at[PROTO_AT],
			    (struct stretch){from.at + header, total - header});
}
