/* SPDX-License-Identifier: BSD-3-Clause */
/* See snapshot.h. */

#include "ctl/agent/snapshot.h"

#include <stdbool.h>
#include <stdlib.h>

#include "pe/epoch.h"
#include "pe/stats.h"

/** @return whether counters are new enough. */
static bool
is_fresh(const struct snapshot *snapshot, const struct pe *pe)
{
	uint64_t age_ns = pe_now_ns(pe) - snapshot->time_ns;

	return snapshot->stats != NULL && snapshot->epoch == pe->current->number &&
	       (age_ns < SNAPSHOT_NS || age_ns < SNAPSHOT_TIMES * snapshot->took_ns);
}

static void
refresh(struct snapshot *snapshot, struct pe *pe)
{
	uint64_t begin_ns = pe_now_ns(pe);

	if (is_fresh(snapshot, pe))
		return;
	snapshot_free(snapshot);
	*snapshot = (struct snapshot){.stats = stats_json(pe), .epoch = pe->current->number};
	snapshot->time_ns = begin_ns;
	snapshot->took_ns = pe_now_ns(pe) - begin_ns;
}

json_t *
snapshot_take(struct snapshot *snapshot, struct pe *pe)
{
	refresh(snapshot, pe);
	return json_incref(snapshot->stats);
}

const char *
snapshot_text(struct snapshot *snapshot, struct pe *pe)
{
	refresh(snapshot, pe);
	if (snapshot->text == NULL)
		snapshot->text = json_dumps(snapshot->stats, JSON_COMPACT | JSON_ENSURE_ASCII);
	return snapshot->text;
}

void
snapshot_free(struct snapshot *snapshot)
{
	json_decref(snapshot->stats);
	free(snapshot->text);
}
