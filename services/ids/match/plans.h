/* SPDX-License-Identifier: BSD-3-Clause */
/* Families and bundles of a detector while they are gathered: which of them a rule is in. */

#ifndef IDS_PLANS_H
#define IDS_PLANS_H

#include <stddef.h>

struct asked;
struct compiling;
struct detector;
struct plans;
struct rule_set;

/** @param set  whose rules are gathered; stays the caller's, and valid until they are made @return
 * NULL: no memory. Control. */
struct plans *plans_create(const struct rule_set *set);

/** Accepts NULL. Control. */
void plans_destroy(struct plans *plans);

/** Adds a rule that has been read to wherever it may be found. Rules come in order. @return 0 or
 * -ENOMEM. Control. */
int plans_add(struct plans *plans, const struct asked *asked);

/**
 * Makes the families and bundles of a detector, and room to scan for them.
 * @param compiling  or NULL
 * @param[out] why  room for @p size bytes
 * @return 0, or a negative errno after @p why; what was made is the detector's all the same.
 * Control; takes seconds.
 */
int plans_make(struct plans *plans, const struct compiling *compiling, struct detector *detector,
	       char *why, size_t size);

#endif
