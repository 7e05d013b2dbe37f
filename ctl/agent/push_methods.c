/* SPDX-License-Identifier: BSD-3-Clause */
/* events.*, stats.watch: what comes without being asked for. */

#include <stddef.h>

#include "ctl/agent/agent.h"
#include "ctl/agent/conn.h"
#include "ctl/agent/methods.h"
#include "ctl/agent/push.h"

enum { WATCH_MAX_S = 3600 };

struct wish {
	uint64_t from;
	uint32_t seconds;
};

static const struct wp_field subscribe_params[] = {
	{.name = "from",
	 .type = WP_U64,
	 .offset = offsetof(struct wish, from),
	 .max = (uint64_t)1 << 53,
	 .dflt = "0",
	 .help = "number of the first event that is wanted; 0: the next one"},
	{.name = NULL},
};

static const struct wp_field watch_params[] = {
	{.name = "seconds",
	 .type = WP_U32,
	 .offset = offsetof(struct wish, seconds),
	 .max = WATCH_MAX_S,
	 .dflt = "1",
	 .help = "from one stats.stats to the next; 0: no more"},
	{.name = NULL},
};

static void
no_memory(struct rpc_call *call)
{
	rpc_refuse(call, &(struct rpc_refusal){.code = RPC_INTERNAL}, "no memory");
}

static void
subscribe(struct rpc_call *call)
{
	const struct wish *params = rpc_params(call);
	uint64_t next;

	if (!push_subscribe(agent_push(rpc_context(call)), rpc_peer(call), params->from, &next)) {
		no_memory(call);
		return;
	}
	rpc_answer(call, json_pack("{sI}", "next", (json_int_t)next));
}

static void
unsubscribe(struct rpc_call *call)
{
	push_forget(agent_push(rpc_context(call)), rpc_peer(call));
	rpc_answer(call, json_object());
}

static void
watch(struct rpc_call *call)
{
	const struct wish *params = rpc_params(call);

	if (push_watch(agent_push(rpc_context(call)), rpc_peer(call), params->seconds))
		rpc_answer(call, json_pack("{si}", "seconds", (int)params->seconds));
	else
		no_memory(call);
}

const struct rpc_method push_methods[] = {
	{.name = "events.subscribe",
	 .summary =
		 "sends events to this connection: notifications events.event, and events.missed "
		 "for those that are gone",
	 .result = "next: number of the first one that comes",
	 .params = subscribe_params,
	 .params_size = sizeof(struct wish),
	 .for_tenants = true,
	 .run = subscribe},
	{.name = "events.unsubscribe",
	 .summary = "sends this connection neither events nor counters any more",
	 .result = "nothing",
	 .for_tenants = true,
	 .run = unsubscribe},
	{.name = "stats.watch",
	 .summary = "sends all counters to this connection now and then: notifications stats.stats",
	 .result = "seconds",
	 .params = watch_params,
	 .params_size = sizeof(struct wish),
	 .for_tenants = true,
	 .run = watch},
	{.name = NULL},
};
