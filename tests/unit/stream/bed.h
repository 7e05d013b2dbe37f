/* SPDX-License-Identifier: BSD-3-Clause */
/* A tracker alone: packets in, events out; for unit tests, fuzzers, replays and measurements. */

#ifndef STREAM_BED_H
#define STREAM_BED_H

#include <stdbool.h>
#include <stdint.h>

#include "state/state.h"
#include "stream/stream.h"

struct stream_bed {
	struct wp_core core;
	struct wp_table *table;
	uint64_t counters[STREAM_COUNTERS];
	struct stream_conf conf;
	struct stream_plan plan;
	const struct stream_plan *other; /* that packets come under instead; NULL: none */
	struct stream_pool *pool, *views;
	struct stream_defrag *defrag;
	/* The rest is the bed's own. */
	struct wp_table *tables[1];
	struct wp_hash_key hash_key;
	struct wp_key keys[WP_BURST_MAX];
	struct wp_arena *arena;
};

/**
 * Opens a tracker.
 * @param conf       JSON text of its configuration
 * @param max_flows  0: as declared
 * @return NULL, or why not; it stays valid
 */
const char *stream_bed_open(struct stream_bed *bed, const char *conf, uint32_t max_flows,
			    uint32_t wants, stream_tell_fn tell, void *arg);

void stream_bed_close(struct stream_bed *bed);

/** Looks at one parsed packet, and tells what came of it; a fragment when its datagram is whole. */
void stream_bed_packet(struct stream_bed *bed, struct wp_packet *pkt);

/** Likewise of up to WP_BURST_MAX packets, as the runtime does: looked up together. */
void stream_bed_burst(struct stream_bed *bed, struct wp_packet *const *pkts, unsigned int n);

/** Ends flows whose time is over by bed->core.now_ns. */
void stream_bed_expire(struct stream_bed *bed);

/** Ends all flows. */
void stream_bed_end(struct stream_bed *bed);

#endif
