/* SPDX-License-Identifier: BSD-3-Clause */
/* All numbers of a PE as JSON. Control thread. */

#ifndef PE_STATS_H
#define PE_STATS_H

#include <jansson.h>

#include "pe/pe.h"

/** @return a new reference to a snapshot; NULL without memory. */
json_t *stats_json(struct pe *pe);

/** Adds how long packets took to the paths of a snapshot that has just been made: "latency" with
 * "buckets", [nanoseconds, packets that took at most so long], "count" and "sum_ns"; of the first
 * packets of one burst in eight. */
void stats_add_latency(const struct pe *pe, json_t *stats);

/** What came to the paths of the document in force, and what of it was dropped, by the runtime or
 * by services; without those of tenants that have controllers of their own, who may do as they
 * like. Both start anew with a path that no earlier document had. */
struct stats_totals {
	uint64_t rx, dropped;
};

struct stats_totals stats_totals(const struct pe *pe);

/** Writes a snapshot into @p file, whole or not at all (rename). @return 0 or a negative errno */
int stats_write(struct pe *pe, const char *file);

#endif
