/* SPDX-License-Identifier: BSD-3-Clause */
/* For programs with a PE that load the probe: asked of what the move says, not of the workers'
 * tables, so that neither is believed alone. */

#include "pe/pe.h"

bool probe_may_write(const void *runtime, uint8_t bucket);

bool
probe_may_write(const void *runtime, uint8_t bucket)
{
	const struct worker *worker = runtime;
	const struct move move = pe_move(worker->pe);

	if (move.state == MOVE_NONE || move.bucket != bucket)
		return worker->id == __atomic_load_n(&worker->pe->owner[bucket], __ATOMIC_RELAXED);
	if (move.state == MOVE_ASKED)
		return worker->id == move.from;
	return worker->id == move.to && (move.state == MOVE_RUNNING || move.state == MOVE_DONE);
}
