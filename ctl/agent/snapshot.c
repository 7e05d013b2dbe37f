/* SPDX-License-Identifier: BSD-3-Clause */
/* See snapshot.h. */

#include "ctl/agent/snapshot.h"

#include <stdlib.h>

#include "pe/epoch.h"
#include "pe/stats.h"

const char *
snapshot_take(struct snapshot *snapshot, struct pe *pe)
{
	uint64_t now_ns = pe_now_ns(pe);
	json_t *stats;

	if (snapshot->text != NULL && snapshot->epoch == pe->current->number &&
	    now_ns - snapshot->time_ns < SNAPSHOT_NS)
		return snapshot->text;
	stats = stats_json(pe);
	free(snapshot->text);
	*snapshot = (struct snapshot){.text = json_dumps(stats, JSON_COMPACT | JSON_ENSURE_ASCII),
				      .time_ns = now_ns,
				      .epoch = pe->current->number};
	json_decref(stats);
	return snapshot->text;
}

void
snapshot_free(struct snapshot *snapshot)
{
	free(snapshot->text);
}
