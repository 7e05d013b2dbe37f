/* SPDX-License-Identifier: BSD-3-Clause */
/* What a rule asks of a set of values. */

#ifndef IDS_DATA_SET_H
#define IDS_DATA_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "match/range.h"
#include "state/dataset.h"

/** Asks, adds or takes away, as the rule says. Nothing holds of no bytes. */
static inline bool
data_set_holds(const struct rule_dataset *want, const uint8_t *data, uint32_t size)
{
	uint16_t reputation;

	if (size == 0)
		return false;
	switch (want->command) {
	case DATASET_IS_SET:
		return dataset_has(want->set, data, size);
	case DATASET_IS_NOT_SET:
		return !dataset_has(want->set, data, size);
	case DATASET_SET:
		return dataset_add(want->set, data, size);
	case DATASET_UNSET:
		return dataset_remove(want->set, data, size);
	default:
		return dataset_reputation(want->set, data, size, &reputation) &&
		       range_has(&want->reputation, reputation);
	}
}

#endif
