/* SPDX-License-Identifier: BSD-3-Clause */
/* The literal that a rule is found by: no other condition is looked at before it has come. */

#ifndef IDS_FAST_H
#define IDS_FAST_H

#include <stdint.h>

#include "match/bundle.h"
#include "match/moment.h"

/** A content by which a rule is found. */
struct fast {
	struct bundle_need need; /* its content is NULL: none will do */
	enum moment_kind moment; /* when its buffer is there; MOMENTS: at several, or no content */
};

/** Chooses what a rule is found by. @param eligible  bits: lists among which to choose @return it
 * points into the rule. Control. */
struct fast fast_choose(const struct rule *rule, uint32_t eligible);

#endif
