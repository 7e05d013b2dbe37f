/* SPDX-License-Identifier: BSD-3-Clause */
/* How often rules alert: counts by host, pair, rule or flow. A worker's own; a fixed number of
 * counts, of which the oldest make room. */

#ifndef IDS_LIMIT_H
#define IDS_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "rule/rule.h"

struct limit_table;

/** Whose packet an alert is of. */
struct limit_hit {
	const uint8_t *source, *destination;    /* network order; 4 or 16 bytes */
	uint64_t flow;                          /* a number of its flow; 0: none */
	uint16_t source_port, destination_port; /* host order; 0: none */
	uint16_t tenant;
	uint8_t version; /* 4 or 6 */
};

enum limit_outcome {
	LIMIT_PASSES,   /* it alerts */
	LIMIT_SILENT,   /* it does not, but what it does to packets is done */
	LIMIT_NO_MATCH, /* it does neither; what it sets (flowbits and such) is set all the same */
};

/** @param entries  counts, at the most @param k0,k1  key of its hash. @return NULL: no memory.
 * Control. */
struct limit_table *limit_table_create(uint32_t entries, uint64_t k0, uint64_t k1);

/** Accepts NULL. Control. */
void limit_table_destroy(struct limit_table *table);

/**
 * Asks all limits of a rule (rule->limit, by their chain) about one match. Packets that are not IP
 * are not limited. Worker; no heap.
 * @param now_ns  time of the packet
 * @param[in,out] action  what the rule does; a rate filter may change it
 */
enum limit_outcome limit_check(struct limit_table *table, const struct rule *rule,
			       const struct limit_hit *hit, uint64_t now_ns,
			       enum rule_action *action);

#endif
