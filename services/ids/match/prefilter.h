/* SPDX-License-Identifier: BSD-3-Clause */
/* Literals of which a rule needs one at least: one look at a buffer says which rules may hold. */

#ifndef IDS_PREFILTER_H
#define IDS_PREFILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "match/candidates.h"

struct compiling;
struct hs_scratch;
struct prefilter;
struct prefilter_plan;

/** Begins to gather literals. Control. @return NULL: no memory */
struct prefilter_plan *prefilter_plan(void);

/** Accepts NULL. Control. */
void prefilter_plan_destroy(struct prefilter_plan *plan);

/** Says that a rule needs a literal, which stays valid until the prefilter is made. Control.
 * @return 0 or -ENOMEM */
int prefilter_add(struct prefilter_plan *plan, const uint8_t *bytes, uint16_t size, bool nocase,
		  uint32_t rule);

/**
 * Compiles what was gathered; where there is a cache, from there or into it.
 * @param compiling  or NULL
 * @param[out] why  room for @p size bytes
 * @return 0, or a negative errno after @p why; -ECANCELED: given up. Control.
 */
int prefilter_create(const struct prefilter_plan *plan, const struct compiling *compiling,
		     struct prefilter **prefilter, char *why, size_t size);

/** Accepts NULL. Control. */
void prefilter_destroy(struct prefilter *prefilter);

/** @return 0 or -ENOMEM. Control. */
int prefilter_grow_scratch(const struct prefilter *prefilter, struct hs_scratch **scratch);

/** Adds the rules that may hold of a buffer. Worker. */
void prefilter_scan(const struct prefilter *prefilter, struct hs_scratch *scratch,
		    const uint8_t *bytes, uint32_t size, struct candidates *candidates);

#endif
