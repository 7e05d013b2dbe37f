/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Timers of entries: a hierarchical wheel for each bucket, written by the bucket's owner only. An
 * entry stands in the list of the slot where it would have expired when it was put there; whoever
 * touches it leaves it there, and it moves on when that slot's time has come.
 */

#ifndef WP_STATE_WHEEL_H
#define WP_STATE_WHEEL_H

#include <stdint.h>

#include "state/state.h"

enum {
	WHEEL_BITS = 6,
	WHEEL_SLOTS = 1 << WHEEL_BITS,
	WHEEL_LEVELS = 4,
	/* wp_entry.prev of the first of a list: this bit, level and slot. No reference has it. */
	WHEEL_HEAD = 1 << 30,
	WHEEL_IDLE_MAX = (1 << (WHEEL_BITS * WHEEL_LEVELS)) - 1, /* ticks */
};

struct wheel {
	uint32_t now;                              /* tick up to which it has run */
	uint32_t n;                                /* entries in it */
	uint64_t used[WHEEL_LEVELS];               /* bit: slot has entries */
	uint32_t heads[WHEEL_LEVELS][WHEEL_SLOTS]; /* first entry; only when its bit is set */
};

/** Puts an entry in: it is due at entry->used + entry->idle. */
void wheel_add(struct wp_table *table, struct wheel *wheel, uint32_t ref, struct wp_entry *entry);

/** Takes an entry out that is in. */
void wheel_remove(struct wp_table *table, struct wheel *wheel, struct wp_entry *entry);

/** @return an entry that is due at @p now, taken out; NULL: none. Counts each step in @p budget,
 * and stops when it is used up. */
struct wp_entry *wheel_next(struct wp_table *table, struct wheel *wheel, uint32_t now,
			    unsigned int *budget, uint32_t *ref);

#endif
