/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers within bounds. */

#ifndef IDS_RANGE_H
#define IDS_RANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "rule/rule.h"

/** @return whether a number is in a range. */
static inline bool
range_has(const struct rule_range *range, uint64_t value)
{
	switch (range->compare) {
	case RULE_EQ:
		return value == range->low;
	case RULE_NE:
		return value != range->low;
	case RULE_LT:
		return value < range->low;
	case RULE_GT:
		return value > range->low;
	case RULE_LE:
		return value <= range->low;
	case RULE_GE:
		return value >= range->low;
	case RULE_BETWEEN:
		return value > range->low && value < range->high;
	default:
		return (value & range->low) != 0;
	}
}

#endif
