/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Regular expressions. Hyperscan says whether one is there at all, in time that grows with the
 * bytes alone; PCRE2, bounded in steps and depth, says where, and does what Hyperscan cannot.
 */

#ifndef IDS_PATTERN_H
#define IDS_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rule/rule.h"

struct hs_database;
struct hs_scratch;
struct pattern;
struct pattern_worker;

/** Where a pattern was found. */
struct pattern_found {
	uint32_t start, end; /* bytes from the first of all */
};

/** What a search may cost: steps of INSPECT_CYCLES_A_STEP. */
struct pattern_steps {
	uint32_t left;
	uint32_t most; /* that were there at first */
};

enum pattern_result { PATTERN_ABSENT, PATTERN_PRESENT, PATTERN_GAVE_UP };

/** @return whether Hyperscan can say that it is there: it may refuse it yet. Control. */
bool pattern_suits_hs(const struct rule_pcre *pcre);

/** @return flags of Hyperscan that a regular expression is compiled with. Control. */
unsigned int pattern_hs_flags(const struct rule_pcre *pcre);

/** Compiles for Hyperscan. @return NULL: it cannot, which is no fault. Control. */
struct hs_database *pattern_compile_hs(const struct rule_pcre *pcre);

/**
 * Makes a regular expression ready.
 * @param hs  compiled for Hyperscan, which says whether it is found, not where; the pattern's from
 *            success on; NULL: PCRE2 does it
 * @param where  it is asked where it is found: PCRE2 says so where Hyperscan has found it
 * @param[out] why  room for @p size bytes
 * @return 0, -EINVAL after @p why, or -ENOMEM. Control.
 */
int pattern_create(const struct rule_pcre *pcre, struct hs_database *hs, bool where,
		   struct pattern **pattern, char *why, size_t size);

/** Bounds what a search costs more tightly, for one that costs too much: PCRE2, which can be ended,
 * does what Hyperscan did, and has fewer steps each time. Workers must not have it yet. @return 0
 * or -EINVAL: PCRE2 does not take it, and it stays as it was. Control. */
int pattern_tighten(struct pattern *pattern, const struct rule_pcre *pcre);

/** Accepts NULL. Control. */
void pattern_destroy(struct pattern *pattern);

/** Grows @p scratch to what the pattern needs. @return 0 or -ENOMEM. Control. */
int pattern_grow_scratch(const struct pattern *pattern, struct hs_scratch **scratch);

/** What a worker matches with. @return NULL: no memory. Control. */
struct pattern_worker *pattern_worker_create(struct hs_scratch *scratch);

/** Accepts NULL. Control. */
void pattern_worker_destroy(struct pattern_worker *worker);

/**
 * Looks for a pattern that begins @p from bytes behind the first, or later. Those in front are
 * looked back at: "^" is the first of all, and stays it.
 * @param[in,out] steps  that it may take: as many as it was long. One that may have been
 * interrupted is done again
 * @param[out] found  where, for patterns that were made for that; else all that was searched
 */
enum pattern_result pattern_search(const struct pattern *pattern, struct pattern_worker *worker,
				   const uint8_t *bytes, uint32_t size, uint32_t from,
				   struct pattern_steps *steps, struct pattern_found *found);

#endif
