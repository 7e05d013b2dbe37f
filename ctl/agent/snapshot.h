/* SPDX-License-Identifier: BSD-3-Clause */
/* All counters as text, made once for all who ask within a millisecond: who asks thousands of times
 * a second must not keep control from its other work. Control thread. */

#ifndef AGENT_SNAPSHOT_H
#define AGENT_SNAPSHOT_H

#include <stdint.h>

#include "pe/pe.h"

#define SNAPSHOT_NS 1000000 /* how old it may be */

struct snapshot {
	char *text;       /* of one line, without its end */
	uint64_t time_ns; /* the runtime's clock */
	uint64_t epoch;
};

/** @return the counters of now, or of a moment ago, under the epoch of now; until the next call.
 * NULL without memory */
const char *snapshot_take(struct snapshot *snapshot, struct pe *pe);

void snapshot_free(struct snapshot *snapshot);

#endif
