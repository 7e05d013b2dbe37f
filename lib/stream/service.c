/* SPDX-License-Identifier: BSD-3-Clause */
/* See stream.h: the tracker as a service is declared, with memory, and flows that come back from a
 * file. */

#include "stream/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "state/state.h"
#include "stream/fields.h"
#include "stream/hosts.h"
#include "stream/segment.h"
#include "stream/worker.h"

/* Control. */

static void
stream_close_core(const void *inst, struct wp_core *core)
{
	struct stream_worker *worker = core->scratch;

	(void)inst;
	if (worker == NULL)
		return;
	stream_hosts_destroy(worker->hosts);
	free(worker);
	core->scratch = NULL;
}

static int
stream_open_core(struct wp_env *env, const void *inst, struct wp_core *core)
{
	const struct stream_conf *conf = inst;
	struct stream_worker *worker = calloc(1, sizeof(*worker));

	(void)env;
	core->scratch = worker;
	if (worker == NULL)
		return -ENOMEM;
	worker->hosts = stream_hosts_create(conf);
	if (worker->hosts == NULL) {
		stream_close_core(inst, core);
		return -ENOMEM;
	}
	for (unsigned int i = 0; i < STREAM_IDLES; i++)
		worker->idle[i] = wp_ticks(conf->idle_s[i] * 1000ull);
	worker->emergency = wp_ticks(conf->emergency_s * 1000ull);
	worker->conf = conf;
	worker->core = core;
	worker->table = core->tables[STREAM_TABLE_FLOWS];
	return 0;
}

static struct stream_pool_limits
limits_of(uint32_t mib, uint32_t percent)
{
	size_t memory = (size_t)mib << 20;

	return (struct stream_pool_limits){
		.all = memory, .tenant = memory / 100 * percent, .n_tenants = WP_TENANT_IDS};
}

struct stream_pool_limits
stream_limits(const struct stream_conf *conf)
{
	return limits_of(conf->memory, conf->tenant_memory);
}

struct stream_pool_limits
stream_view_limits(const struct stream_conf *conf)
{
	return limits_of(conf->view_memory, conf->tenant_memory);
}

void
stream_connect(struct wp_core *core, const struct stream_link *link)
{
	struct stream_worker *worker = core->scratch;

	worker->link = *link;
}

/* Flows that come back from a file. */

static uint8_t
stream_home(const void *inst, const struct wp_core *core, unsigned int table,
	    const struct wp_record *record)
{
	(void)inst;
	return wp_table_key_bucket(core->tables[table], record->instance, record->tenant,
				   record->key_version, record->key);
}

/** @return whether a side says nothing that packets cannot have made of it. */
static bool
side_is_possible(const struct wp_flow_side *side)
{
	return side->state <= WP_TCP_CLOSED && side->wscale <= TCP_WSCALE_MAX;
}

static bool
is_possible(const struct wp_flow *flow, uint8_t version)
{
	return flow->version == version && flow->policy < STREAM_POLICIES &&
	       flow->state <= WP_FLOW_CLOSED && flow->end <= WP_FLOW_BY_SHUTDOWN &&
	       flow->reset_by <= WP_SERVER && flow->l7 < WP_L7_PROTOCOLS &&
	       side_is_possible(&flow->sides[WP_CLIENT]) &&
	       side_is_possible(&flow->sides[WP_SERVER]);
}

/** Makes a side what it is without what stays behind: bytes that wait. Its initial sequence number
 * is known by what was told since. */
static void
restore_side(struct wp_flow *flow, unsigned int side)
{
	struct wp_flow_side *of = &flow->sides[side];

	of->flags &= (uint16_t) ~(WP_SIDE_WAITS | WP_SIDE_URGENT);
	flow->isn[side] = of->next - 1 - (uint32_t)of->offset;
}

static const char *
stream_restore(const void *inst, struct wp_core *core, unsigned int table,
	       const struct wp_record *record)
{
	/* A clock here that is younger than the flow makes that negative. One tick less: what is
	   cut off of ticks must not let a flow begin in times to come. */
	uint64_t shift_ns = (uint64_t)(int64_t)(int32_t)(record->shift - 1) << WP_TICK_SHIFT;
	struct wp_entry *entry;
	struct wp_flow *flow;
	int err;

	(void)inst;
	if (!is_possible(record->value, record->key_version))
		return "says what no flow can be like";
	err = wp_table_restore(core, core->tables[table], record, &entry);
	if (err != 0)
		return wp_restore_fault(err);
	flow = wp_write(entry, core->now_ns);
	memset(flow, 0, offsetof(struct wp_flow, sides));
	flow->entry = entry;
	flow->other_from = 0;
	wp_flow_put_off(flow, false);     /* who wished it may not be here */
	flow->flags |= WP_FLOW_PICKED_UP; /* what has come past meanwhile is not known */
	restore_side(flow, WP_CLIENT);
	restore_side(flow, WP_SERVER);
	flow->start_ns += shift_ns;
	flow->last_ns += shift_ns;
	wp_written(entry);
	return NULL;
}

const struct wp_service stream_service = {
	.abi = WP_SERVICE_ABI,
	.name = "stream",
	.summary = "follows connections for the services of a path",
	.fields = stream_fields,
	.config_size = sizeof(struct stream_conf),
	.tables = stream_tables,
	.counters = stream_counters,
	.alerts = stream_alerts,
	.open_core = stream_open_core,
	.close_core = stream_close_core,
	.home = stream_home,
	.restore = stream_restore,
};
