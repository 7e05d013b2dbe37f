/* SPDX-License-Identifier: BSD-3-Clause */
/* A set of rules made ready: which of them are asked when, and by what they are found. Constant,
 * and shared by all workers. */

#ifndef IDS_DETECTOR_H
#define IDS_DETECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "match/bundle.h"
#include "match/cost.h"
#include "match/event_rules.h"
#include "match/family.h"
#include "match/moment.h"
#include "rule/keyword.h"
#include "rule/set.h"

/** Transport protocols that rules on packets tell apart. */
enum transport { TRANSPORT_TCP, TRANSPORT_UDP, TRANSPORT_ICMP, TRANSPORT_OTHER, TRANSPORTS };

/** The bit of a list that no rule has: it is found when all conditions on a file hold. */
#define ASKED_FILE (1u << 31)

/** A rule as it is asked. */
struct asked {
	const struct rule *rule;
	uint32_t needs;          /* bits: lists that must be found */
	uint32_t lists[MOMENTS]; /* bits: those that can be looked at then */
	uint32_t sides[2];       /* bits: those that are about a side; index: enum wp_side */
	bool is_address_only;    /* asked once for each way of a flow */
	bool is_of_message;      /* it is about messages, */
	bool is_of_stream;       /* streams, */
	bool is_of_packet;       /* packets themselves, */
	bool is_protocol_only;   /* asked once for each side, when its protocol is known */
	bool is_of_protocol;     /* or flows of a protocol: what it does, it does to the
				  * flow */
	struct cost cost;        /* at the most */
};

struct detector {
	struct rule_set *set;
	uint64_t number;     /* of this detector: no other has had it */
	struct asked *asked; /* index: number of the rule */
	uint32_t n_serving;  /* rules that are asked: not those that are faults of the set */
	struct pattern_set *patterns;
	uint32_t *names[READER_NAMES];    /* index: number of a name; flow_state_name() of it */
	struct hs_scratch *scratch;       /* what workers clone */
	uint8_t digests;                  /* bits: enum file_digest: that rules ask for */
	bool asks_files;                  /* rules ask for files themselves */
	bool asks_names;                  /* rules ask for files' names */
	bool asks_sides;                  /* rules ask for the protocol of each side */
	bool asks_absent;                 /* rules ask for messages that have no body */
	bool wants_l7[RULE_L7_OTHER + 1]; /* messages of these are asked about */
	struct event_rules events;
	/* Index: transport and protocol; who sends. */
	struct family packets[TRANSPORTS][2];
	struct family streams[2];
	struct bundle heads[RULE_L7_OTHER][2];
	struct bundle certificates[2];
	struct bundle bodies[RULE_L7_OTHER][2];
};

/**
 * Makes a set of rules ready. Rules that cannot be are added to the set's faults.
 * @param set    belongs to the detector from success on
 * @param cache  folder of what is compiled, or NULL
 * @param[out] why  room for @p size bytes
 * @return 0, or a negative errno after @p why. Control; takes seconds.
 */
int detector_create(struct rule_set *set, const char *cache, struct detector **detector, char *why,
		    size_t size);

/** Accepts NULL. Control. */
void detector_destroy(struct detector *detector);

/** @return the rules that are asked at a moment of messages. Worker. */
const struct bundle *detector_bundle(const struct detector *detector, const struct moment *moment);

/** @return the rules that are asked at MOMENT_PACKET. Worker. */
const struct family *detector_packets(const struct detector *detector, const struct moment *moment);

#endif
