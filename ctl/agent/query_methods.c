/* SPDX-License-Identifier: BSD-3-Clause */
/* path.list, stats.get: what there is, and what it counts. */

#include "ctl/agent/agent.h"
#include "ctl/agent/delegate.h"
#include "ctl/agent/methods.h"
#include "ctl/agent/snapshot.h"
#include "pe/document.h"
#include "pe/epoch.h"
#include "pe/stats.h"

static const struct wp_epoch *
epoch_of(const struct rpc_call *call)
{
	return agent_pe(rpc_context(call))->current;
}

static void
list_paths(struct rpc_call *call)
{
	const struct document *document = epoch_of(call)->document;
	const struct grant grant = grant_of(call);
	json_t *paths = json_array();

	for (uint32_t i = 0; i < document->n_paths; i++) {
		const struct document_path *path = &document->paths[i];
		json_t *steps;

		if (!grant_has_tenant(&grant, path->tenant))
			continue;
		steps = json_array();
		for (uint32_t step = 0; step < path->n_steps; step++)
			json_array_append_new(steps, json_string(path->steps[step].instance));
		json_array_append_new(paths,
				      json_pack("{ss si ss ss so}", "name", path->name, "spi",
						(int)path->spi, "tenant", path->tenant, "reverse",
						path->reverse, "steps", steps));
	}
	rpc_answer(call, json_pack("{sI so}", "epoch", (json_int_t)epoch_of(call)->number, "paths",
				   paths));
}

static void
get_stats(struct rpc_call *call)
{
	const struct grant grant = grant_of(call);
	struct agent *agent = rpc_context(call);
	const char *text = NULL;
	json_t *stats;

	if (!grant_is_whole(&grant)) {
		stats = snapshot_take(agent_snapshot(agent), agent_pe(agent));
		rpc_answer(call, delegate_stats(stats, &grant));
		return;
	}
	text = snapshot_text(agent_snapshot(agent), agent_pe(agent));
	if (text != NULL)
		rpc_answer_text(call, text);
	else
		rpc_answer(call, NULL);
}

const struct rpc_method query_methods[] = {
	{.name = "path.list",
	 .summary = "lists the paths",
	 .result = "epoch; paths: a list of name, spi, tenant, reverse, steps",
	 .for_tenants = true,
	 .run = list_paths},
	{.name = "stats.get",
	 .summary = "gives all counters",
	 .result = "as waypointd --stats writes them",
	 .for_tenants = true,
	 .run = get_stats},
	{.name = NULL},
};
