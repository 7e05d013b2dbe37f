/* SPDX-License-Identifier: BSD-3-Clause */
/* A set of rules made ready: which of them are asked when, and by what they are found. Constant,
 * and shared by all workers. */

#ifndef IDS_DETECTOR_H
#define IDS_DETECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "match/asked.h"
#include "match/bundle.h"
#include "match/event_rules.h"
#include "match/family.h"
#include "match/moment.h"
#include "rule/keyword.h"
#include "rule/set.h"

struct compiling;

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

/** How many of them there are, one behind the other. */
enum {
	DETECTOR_FAMILIES =
		(offsetof(struct detector, heads) - offsetof(struct detector, packets)) /
		sizeof(struct family),
	DETECTOR_BUNDLES = (sizeof(struct detector) - offsetof(struct detector, heads)) /
			   sizeof(struct bundle),
};

/**
 * Makes a set of rules ready. Rules that cannot be are added to the set's faults.
 * @param set        belongs to the detector from success on
 * @param compiling  or NULL
 * @param[out] why  room for @p size bytes
 * @return 0, or a negative errno after @p why; -ECANCELED: given up. Control; takes seconds.
 */
int detector_create(struct rule_set *set, const struct compiling *compiling,
		    struct detector **detector, char *why, size_t size);

/** Accepts NULL. Control. */
void detector_destroy(struct detector *detector);

/** @return the rules that are asked at a moment of messages. Worker. */
const struct bundle *detector_bundle(const struct detector *detector, const struct moment *moment);

/** @return the rules that are asked at MOMENT_PACKET. Worker. */
const struct family *detector_packets(const struct detector *detector, const struct moment *moment);

#endif
