/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages of ICMP (RFC 792) and ICMPv6 (RFC 4443): types, codes, and the packets within. */

#include <stddef.h>

#include "oddity/oddity_walk.h"

enum { MESSAGE_SIZE = 8, IPV4_SIZE = 20, IPV6_SIZE = 40 };

/** What is in a message. */
enum body {
	HAS_NOTHING,
	HAS_PACKET, /* the beginning of one */
	HAS_TIMES,
	HAS_ADDRESSES, /* of routers: the header says how many, and of how many words each */
};

/** What is known of messages of a type. */
struct message {
	uint8_t type;
	uint8_t code; /* the highest one */
	uint8_t body; /* enum body */
};

/** ICMP for IPv4, in which not all types are known. */
static const struct message messages_4[] = {
	{0, 0, HAS_NOTHING}, {3, 15, HAS_PACKET}, {4, 0, HAS_PACKET},
	{5, 3, HAS_PACKET},  {8, 0, 0},           {9, 255, HAS_ADDRESSES},
	{11, 1, HAS_PACKET}, {12, 0, HAS_PACKET}, {13, 0, HAS_TIMES},
	{14, 0, HAS_TIMES},  {15, 0, 0},          {16, 0, 0},
	{17, 0, 0},          {18, 0, 0},
};

/* ICMP. */

/** @return the least bytes behind the header. @param icmp  it */
static uint32_t
least_of_body(const struct message *message, const uint8_t *icmp)
{
	enum { TIMES_SIZE = 12, NUMBER_AT = 4, WORDS_AT = 5, WORD = 4 };

	switch ((enum body)message->body) {
	case HAS_TIMES:
		return TIMES_SIZE;
	case HAS_ADDRESSES:
		return (uint32_t)icmp[NUMBER_AT] * icmp[WORDS_AT] * WORD;
	case HAS_PACKET:
		return IPV4_SIZE;
	default:
		return 0;
	}
}

static void
look_at_body_4(struct walk *walk, const struct message *message, struct stretch from)
{
	enum { QUENCH = 4 };
	struct stretch body = stretch_behind(from, MESSAGE_SIZE);

	if (body.size == 0 && message->body == HAS_PACKET && message->type != QUENCH)
		return; /* there is none of it at all */
	if (body.size < least_of_body(message, from.at))
		walk_add(walk, EVENT_DECODE_ICMPV4_IPV4_TRUNC_PKT);
	else if (message->body == HAS_PACKET && body.at[0] >> 4 != 4)
		walk_add(walk, EVENT_DECODE_ICMPV4_IPV4_UNKNOWN_VER);
}

void
walk_icmp(struct walk *walk, struct stretch from)
{
	const struct message *message = NULL;

	if (from.size < MESSAGE_SIZE) {
		walk_add(walk, EVENT_DECODE_ICMPV4_PKT_TOO_SMALL);
		return;
	}
	for (unsigned int i = 0; i < sizeof(messages_4) / sizeof(messages_4[0]); i++)
		if (messages_4[i].type == from.at[0])
			message = &messages_4[i];
	if (message == NULL) {
		walk_add(walk, EVENT_DECODE_ICMPV4_UNKNOWN_TYPE);
		return;
	}
	if (from.at[1] > message->code)
		walk_add(walk, EVENT_DECODE_ICMPV4_UNKNOWN_CODE);
	if (from.at[1] <= message->code || message->body == HAS_TIMES)
		look_at_body_4(walk, message, from);
}

/* ICMPv6. */

/** Types up to one, from behind the one before on. */
static const struct range {
	uint8_t last;
	uint8_t code;          /* the highest one */
	enum rule_event event; /* of all of them; EVENT_NONE: they are known */
} ranges_6[] = {
	{0, 0, EVENT_DECODE_ICMPV6_UNKNOWN_TYPE},
	{1, 6, EVENT_NONE},
	{2, 0, EVENT_NONE},
	{3, 1, EVENT_NONE},
	{4, 2, EVENT_NONE},
	{99, 0, EVENT_DECODE_ICMPV6_UNASSIGNED_TYPE},
	{101, 0, EVENT_DECODE_ICMPV6_EXPERIMENTATION_TYPE},
	{126, 0, EVENT_DECODE_ICMPV6_UNASSIGNED_TYPE},
	{127, 0, EVENT_DECODE_ICMPV6_UNKNOWN_TYPE},
	{137, 0, EVENT_NONE},
	{140, 2, EVENT_NONE},
	{149, 0, EVENT_NONE},
	{153, 255, EVENT_NONE},
	{154, 0, EVENT_NONE},
	{155, 3, EVENT_NONE},
	{159, 0, EVENT_NONE},
	{199, 0, EVENT_DECODE_ICMPV6_UNASSIGNED_TYPE},
	{201, 0, EVENT_DECODE_ICMPV6_EXPERIMENTATION_TYPE},
	{255, 0, EVENT_DECODE_ICMPV6_UNASSIGNED_TYPE},
};

static void
look_at_packet_6(struct walk *walk, struct stretch from)
{
	if (from.size < IPV6_SIZE)
		walk_add(walk, EVENT_DECODE_ICMPV6_IPV6_TRUNC_PKT);
	else if (from.at[0] >> 4 != 6)
		walk_add(walk, EVENT_DECODE_ICMPV6_IPV6_UNKNOWN_VERSION);
}

void
walk_icmpv6(struct walk *walk, struct stretch from)
{
	enum { LAST_ERROR = 4, QUERY = 130, DONE = 132 };
	const struct range *range = ranges_6;

	if (from.size < MESSAGE_SIZE) {
		walk_add(walk, EVENT_DECODE_ICMPV6_PKT_TOO_SMALL);
		return;
	}
	while (range->last < from.at[0])
		range++;
	if (range->event != EVENT_NONE)
		walk_add(walk, range->event);
	else if (from.at[1] > range->code)
		walk_add(walk, EVENT_DECODE_ICMPV6_UNKNOWN_CODE);
	else if (from.at[0] <= LAST_ERROR)
		look_at_packet_6(walk, stretch_behind(from, MESSAGE_SIZE));
	/* What is said of listeners does not leave the link (RFC 2710 section 3). */
	if (from.at[0] >= QUERY && from.at[0] <= DONE && walk->hops != 1)
		walk_add(walk, EVENT_DECODE_ICMPV6_MLD_MESSAGE_WITH_INVALID_HL);
}
