/* SPDX-License-Identifier: BSD-3-Clause */
/* The regular expressions of a set of rules, each once. Control. */

#ifndef IDS_PATTERN_SET_H
#define IDS_PATTERN_SET_H

#include <stddef.h>

struct compiling;
struct hs_scratch;
struct pattern_set;
struct rule;
struct rule_set;

/**
 * Gathers them, and compiles those that Hyperscan can have.
 * @param compiling  or NULL
 * @return 0, -ENOMEM, or -ECANCELED
 */
int pattern_set_create(const struct rule_set *rules, const struct compiling *compiling,
		       struct pattern_set **set);

/** Accepts NULL. */
void pattern_set_destroy(struct pattern_set *set);

/**
 * Gives a rule its patterns, which stay the set's.
 * @param scratch  grows to what they need
 * @param[out] why  room for @p size bytes
 * @return 0, -EINVAL after @p why, or -ENOMEM
 */
int pattern_set_give(struct pattern_set *set, const struct rule *rule, struct hs_scratch **scratch,
		     char *why, size_t size);

#endif
