/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs the timers of the state tables: a little in each poll, so that no burst waits for long. */

#ifndef PE_TIMERS_H
#define PE_TIMERS_H

#include "pe/worker.h"
#include "state/state.h"

/** Goes on where it left off, until all buckets of the worker have come to the present, or there
 * was enough work for one poll. Worker. */
void timers_run(struct worker *worker);

/** @return whether there may be timers to run. Worker. */
static inline bool
timers_due(const struct worker *worker)
{
	return worker->timers.tick != worker->now_ns >> WP_TICK_SHIFT;
}

#endif
