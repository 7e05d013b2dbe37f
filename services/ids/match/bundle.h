/* SPDX-License-Identifier: BSD-3-Clause */
/* Rules that are asked at one moment: found by literals in one of the buffers that are there then,
 * or asked each time. */

#ifndef IDS_BUNDLE_H
#define IDS_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "match/prefilter.h"
#include "rule/rule.h"

struct compiling;
struct places;
struct places_plan;

/** What a rule is found by. */
struct bundle_need {
	const struct rule_content *content;
	uint16_t data;        /* number of (buffer, transforms) in the set */
	bool has_place;       /* it stands at 'first' to 'last', or the rule does not hold */
	uint16_t first, last; /* bytes in front of it */
};

/** Literals that are looked for in one buffer. */
struct bundle_part {
	uint16_t data;
	struct prefilter *prefilter; /* NULL: none are looked for everywhere, */
	struct places *places;       /* or at places */
};

struct bundle {
	struct bundle_part *parts;
	uint32_t *always; /* rules that have no literal, in order */
	uint32_t n_parts, n_always;
};

/** What is gathered for a bundle_part. */
struct part_plan {
	struct prefilter_plan *prefilter; /* or NULL */
	struct places_plan *places;       /* or NULL */
};

/** A bundle while it is gathered. */
struct bundle_plan {
	struct part_plan *parts; /* index: data */
	uint32_t n;
	uint32_t *always;
	uint32_t n_always, room;
};

/** Adds a rule that is asked each time. @return 0 or -ENOMEM. Control. */
int bundle_add_always(struct bundle_plan *plan, uint32_t rule);

/** Adds a rule that is found by a content. @param n_data  buffers that there are @return 0 or
 * -ENOMEM. Control. */
int bundle_add(struct bundle_plan *plan, const struct bundle_need *need, uint16_t n_data,
	       uint32_t rule);

/** Makes it, and empties the plan. @param compiling  or NULL @param[out] why  room for @p size
 * bytes @return 0 or a negative errno after @p why. Control. */
int bundle_create(struct bundle_plan *plan, const struct compiling *compiling,
		  struct bundle *bundle, char *why, size_t size);

/** Accepts an empty one. Control. */
void bundle_destroy(struct bundle *bundle);

/** Gives back what a plan has. Control. */
void bundle_plan_clear(struct bundle_plan *plan);

/** @return 0 or -ENOMEM. Control. */
int bundle_grow_scratch(const struct bundle *bundle, struct hs_scratch **scratch);

#endif
