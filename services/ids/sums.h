/* SPDX-License-Identifier: BSD-3-Clause */
/* The event "stats": each worker tells what it has counted now and then, and the log writes the sum
 * of it. */

#ifndef IDS_SUMS_H
#define IDS_SUMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "out/record.h"
#include "service.h"

enum {
	SUMS_WORKERS = 256, /* at the most; those behind are not counted */
	SUMS_MAX = 16,      /* counters */
};

/** What workers have told last. All zero at first. Log thread. */
struct sums {
	uint64_t counts[SUMS_WORKERS][SUMS_MAX];
	uint64_t first_ns, next_ns; /* runtime clock */
	uint64_t time_ns;           /* UTC, of the last record */
	bool is_new;
	struct record record;
};

/** Makes the record of a worker's counters. Worker. */
void sums_tell(const struct wp_core *core, struct record *record);

/** Takes a record. @return false: it is another one */
bool sums_take(struct sums *sums, const struct wp_event *event);

/** Makes the record of all that was taken, when it is time for that. @return whether it is */
bool sums_tick(struct sums *sums, const uint64_t *log_counters, uint64_t now_ns);

#endif
