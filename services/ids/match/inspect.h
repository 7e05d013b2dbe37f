/* SPDX-License-Identifier: BSD-3-Clause */
/* Asks whether the conditions of a rule on one buffer hold, one behind the other: where one of them
 * leaves off, one that is relative to it begins. */

#ifndef IDS_INSPECT_H
#define IDS_INSPECT_H

#include <stdbool.h>
#include <stdint.h>

#include "match/pattern.h"
#include "rule/rule.h"

enum {
	INSPECT_STEPS = 512,        /* that one list may take, */
	INSPECT_BYTES_A_STEP = 2,   /* and one for so many bytes of its buffer */
	INSPECT_CYCLES_A_STEP = 48, /* or so */
	INSPECT_BASE64 = 64 * 1024, /* bytes that are decoded at the most */
};

/** What a worker asks with. */
struct inspector {
	struct pattern_worker *patterns;
	const struct rule *rule;    /* that is asked */
	struct pattern_steps steps; /* of one list */
	uint32_t budget;            /* that are left of all lists of a look: see ask() */
	uint64_t gave_up; /* lists that took more steps, or patterns that did: a counter */
	uint64_t vars[RULE_VARS_MAX];
	uint8_t base64[INSPECT_BASE64];
};

/** A buffer, or the part of it that is there. */
struct inspect_bytes {
	const uint8_t *data;
	uint32_t size;
	uint64_t offset; /* of the first byte within all of it */
};

/** Takes steps from those of a look. */
static inline void
inspect_pay(struct inspector *inspector, uint32_t steps)
{
	inspector->budget -= steps < inspector->budget ? steps : inspector->budget;
}

/** Forgets what an earlier rule has worked out. */
static inline void
inspect_begin(struct inspector *inspector, const struct rule *rule)
{
	inspector->rule = rule;
}

/** @return whether a condition begins where the one before it has left off. */
bool inspect_is_relative(const struct rule_match *match);

/** @return whether all conditions of a list hold. Takes its steps from 'budget'. Worker; no heap.
 */
bool inspect(struct inspector *inspector, const struct rule_list *list,
	     const struct inspect_bytes *bytes);

#endif
