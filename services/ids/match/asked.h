/* SPDX-License-Identifier: BSD-3-Clause */
/* A rule as it is asked: what it is about, and which of its conditions can be looked at when. */

#ifndef IDS_ASKED_H
#define IDS_ASKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "match/cost.h"
#include "match/moment.h"
#include "parse/parse.h"
#include "rule/rule.h"

/** Transport protocols that rules on packets tell apart. */
enum transport { TRANSPORT_TCP, TRANSPORT_UDP, TRANSPORT_ICMP, TRANSPORT_OTHER, TRANSPORTS };

/** @return which of them a number of IANA's is of. */
static inline enum transport
transport_of(uint8_t proto)
{
	switch (proto) {
	case WP_PROTO_TCP:
		return TRANSPORT_TCP;
	case WP_PROTO_UDP:
		return TRANSPORT_UDP;
	case WP_PROTO_ICMP:
	case WP_PROTO_ICMPV6:
		return TRANSPORT_ICMP;
	default:
		return TRANSPORT_OTHER;
	}
}

/** The bit of a list that no rule has: it is found when all conditions on a file hold. */
#define ASKED_FILE (1u << 31)

/** Written by control before rules serve, constant then. */
struct asked {
	const struct rule *rule;
	uint32_t needs;          /* bits: lists that must be found */
	uint32_t lists[MOMENTS]; /* bits: those that can be looked at then */
	uint32_t early;          /* bits: those that a part of a body decides */
	uint32_t sides[2];       /* bits: those that are about a side; index: enum wp_side */
	bool is_address_only;    /* asked once for each way of a flow */
	bool is_of_message;      /* it is about messages, */
	bool is_of_stream;       /* streams, */
	bool is_of_packet;       /* packets themselves, */
	bool is_protocol_only;   /* asked once for each side, when its protocol is known */
	bool is_of_protocol;     /* or flows of a protocol: what it does, it does to the
				  * flow */
	bool asks_names;         /* of files */
	bool asks_absent;        /* it may hold of messages that have no body */
	struct cost cost;        /* at the most */
};

/**
 * Reads what a rule is about.
 * @param asked  all 0, but for its rule and what that costs; what was read stays on failure
 * @param[out] why  room for @p size bytes
 * @return 0, or -EINVAL after @p why when it asks for something that is not looked at. Control.
 */
int asked_read(struct asked *asked, char *why, size_t size);

/** @return bits: lists whose buffers come at a moment of messages. Control. */
uint32_t asked_message_lists(const struct asked *asked);

/** @return whether a rule has conditions on the payload. Control. */
bool asked_has_payload(const struct asked *asked);

/** @return whether a rule with conditions on TCP's payload is asked about packets, too. Control. */
bool asked_is_of_packets(const struct asked *asked);

/** @return whether a rule may be about packets of a transport protocol. Control. */
bool asked_is_of_transport(const struct asked *asked, enum transport transport);

/** @return whether a rule may be about messages of a protocol. Control. */
bool asked_is_of_l7(const struct asked *asked, enum rule_l7 l7);

/** @return bits: who may send what a rule is about; 1: client, 2: server. Control. */
unsigned int asked_senders(const struct asked *asked);

#endif
