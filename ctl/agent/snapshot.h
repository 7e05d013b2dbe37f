/* SPDX-License-Identifier: BSD-3-Clause */
/* All counters, made once for all who ask within a while: who asks thousands of times a second must
 * not keep control from its other work. Control thread. */

#ifndef AGENT_SNAPSHOT_H
#define AGENT_SNAPSHOT_H

#include <jansson.h>
#include <stdint.h>

#include "pe/pe.h"

#define SNAPSHOT_NS 1000000 /* how old it may be, or */
#define SNAPSHOT_TIMES 10   /* so many times of what it took to make */

struct snapshot {
	json_t *stats;
	char *text;                /* of one line; NULL: nobody has asked for it yet */
	uint64_t time_ns, took_ns; /* the runtime's clock */
	uint64_t epoch;
};

/** @return the counters of now, or of a moment ago, under the epoch of now; a new reference, not to
 * be changed. NULL without memory */
json_t *snapshot_take(struct snapshot *snapshot, struct pe *pe);

/** @return the same as text, without its end; until the next call. NULL without memory */
const char *snapshot_text(struct snapshot *snapshot, struct pe *pe);

void snapshot_free(struct snapshot *snapshot);

#endif
