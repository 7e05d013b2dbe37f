/* SPDX-License-Identifier: BSD-3-Clause */
/* ipfix: reports each flow to collectors when it has ended, and long ones meanwhile. Workers make
 * reports of flows (record.h), the log thread brings them out (export.h). See ipfix.md. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "export.h"
#include "parse/parse.h"
#include "service.h"

enum { SECOND_NS = 1000000000 };

struct ipfix_conf {
	struct wp_list collectors; /* struct export_target */
	uint32_t active_s;
};

struct ipfix_inst {
	struct wp_list collectors; /* the configuration's */
	uint64_t active_ns;        /* UINT64_MAX: flows are reported at their end only */
	const char **tenants;      /* index: dense id; NULL: none of that number */
	uint32_t n_tenants;
};

static const struct wp_field ipfix_fields[] = {
	{.name = "collectors",
	 .type = WP_LIST,
	 .offset = offsetof(struct ipfix_conf, collectors),
	 .min = 1,
	 .max = EXPORT_MAX,
	 .fields = export_fields,
	 .item_size = sizeof(struct export_target),
	 .help = "where records go: IPFIX collectors, each gets all"},
	{.name = "active_s",
	 .type = WP_U32,
	 .offset = offsetof(struct ipfix_conf, active_s),
	 .max = 86400,
	 .dflt = "1800",
	 .help = "seconds after which a flow that goes on is reported, again and again; 0: never"},
	{.name = NULL},
};

enum ipfix_counter { COUNT_ENDED, COUNT_ACTIVE, COUNT_LOST, COUNT_NO_WORD, COUNT_LOG };
static const char *const ipfix_counters[] = {
	[COUNT_ENDED] = "ended",
	[COUNT_ACTIVE] = "active",
	[COUNT_LOST] = "lost",
	[COUNT_NO_WORD] = "no-word",
	[COUNT_LOG + IPFIX_WRITTEN] = "log-written",
	[COUNT_LOG + IPFIX_LOST] = "log-lost",
	[COUNT_LOG + IPFIX_CONNECTS] = "log-connects",
	NULL,
};
static const char *const ipfix_alerts[] = {"lost", "log-lost", NULL};
static const struct wp_stream_want ipfix_wants[] = {{.type = WP_FLOW_END}, WP_WANTS_END};

/* Control. */

static void
ipfix_close_inst(void *arg)
{
	struct ipfix_inst *inst = arg;

	if (inst == NULL)
		return;
	free(inst->tenants);
	free(inst);
}

static int
ipfix_open_inst(struct wp_env *env, const void *config, void **inst)
{
	const struct ipfix_conf *conf = config;
	struct ipfix_inst *new;
	int err = export_check(env, &conf->collectors);

	if (err != 0)
		return err;
	new = calloc(1, sizeof(*new));
	if (new == NULL)
		return wp_error(env, -ENOMEM, NULL, "no memory for an instance");
	new->collectors = conf->collectors;
	new->active_ns = conf->active_s == 0 ? UINT64_MAX : conf->active_s *(uint64_t)SECOND_NS;
	new->n_tenants = wp_env_tenants(env);
	new->tenants = calloc(new->n_tenants + 1, sizeof(*new->tenants));
	if (new->tenants == NULL) {
		ipfix_close_inst(new);
		return wp_error(env, -ENOMEM, NULL, "no memory for an instance");
	}
	for (uint32_t i = 0; i < new->n_tenants; i++)
		new->tenants[i] = wp_env_tenant_name(env, (uint16_t)i);
	*inst = new;
	return 0;
}

/* Workers. An instance's word in a flow is when it was last reported, in runtime clock. The lowest
 * bits, less than a millisecond, are something else: type and code of ICMP, and that they are
 * known. */

#define ICMP_TYPE_CODE UINT64_C(0xffff)
#define ICMP_IS_KNOWN (ICMP_TYPE_CODE + 1)
#define NO_TIME (ICMP_TYPE_CODE | ICMP_IS_KNOWN)

static bool
is_icmp(const struct wp_flow *flow)
{
	return flow->proto == WP_PROTO_ICMP || flow->proto == WP_PROTO_ICMPV6;
}

static void
report(struct wp_core *core, struct wp_flow *flow, enum ipfix_counter counter)
{
	const uint64_t *word = is_icmp(flow) ? wp_flow_word(flow, core) : NULL;
	struct flow_report made = {.flow = eve_flow(flow, core->now_ns)};

	if (counter == COUNT_ACTIVE)
		made.flow.end = WP_FLOW_IS_OPEN; /* may be closed, and still be spoken on */
	if (word != NULL) {
		made.icmp = (uint16_t)(*word & ICMP_TYPE_CODE);
		made.icmp_is_known = (*word & ICMP_IS_KNOWN) != 0;
	}
	wp_count(core, wp_event(core, &made, sizeof(made)) ? counter : COUNT_LOST, 1);
}

static void
ipfix_events(const void *inst, struct wp_core *core, const struct wp_told *told, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		report(core, told[i].event->flow, COUNT_ENDED);
}

/** Looks at a flow that is older than the time between reports. */
static void
look_at_old(struct wp_core *core, struct wp_flow *flow, uint64_t active_ns)
{
	uint64_t *word = wp_flow_word(flow, core), last_ns;

	if (word == NULL) {
		wp_count(core, COUNT_NO_WORD, 1);
		return;
	}
	last_ns = *word & ~NO_TIME;
	if (last_ns != 0 && core->now_ns - last_ns < active_ns)
		return;
	report(core, flow, COUNT_ACTIVE);
	*word = (core->now_ns & ~NO_TIME) | (*word & NO_TIME);
}

/** Keeps type and code of the initiator's first packet. */
static void
note_icmp(struct wp_core *core, struct wp_flow *flow, const struct wp_packet *pkt)
{
	uint64_t *word = wp_flow_word(flow, core);
	struct wp_endpoint client;

	if (word == NULL || (*word & ICMP_IS_KNOWN) != 0 || pkt->l4 == 0)
		return;
	wp_flow_endpoint(flow, WP_CLIENT, &client);
	if (memcmp(client.address, wp_source(pkt), wp_address_size(pkt)) == 0)
		*word |= ICMP_IS_KNOWN | wp_get16(wp_l4(pkt));
}

static void
ipfix_burst(const void *arg, struct wp_core *core, struct wp_packet *const *pkts, uint16_t n)
{
	const struct ipfix_inst *inst = arg;

	for (uint16_t i = 0; i < n; i++) {
		struct wp_flow *flow = pkts[i]->flow;

		if (flow == NULL)
			continue;
		if (is_icmp(flow))
			note_icmp(core, flow, pkts[i]);
		if (core->now_ns - flow->start_ns >= inst->active_ns)
			look_at_old(core, flow, inst->active_ns);
	}
}

/* The log. */

static int
ipfix_open_log(struct wp_env *env, const void *inst, void *old, void **log)
{
	const struct wp_list *collectors = &((const struct ipfix_inst *)inst)->collectors;

	return export_open(env, collectors, old, (struct export **)log);
}

static void
ipfix_log(void *log, const void *arg, uint64_t *counters, const struct wp_event *events,
	  unsigned int n)
{
	const struct ipfix_inst *inst = arg;

	for (unsigned int i = 0; i < n; i++) {
		const struct flow_report *made = events[i].data;
		uint16_t tenant = made->flow.tenant;
		const char *name = tenant < inst->n_tenants ? inst->tenants[tenant] : NULL;

		export_put(log, made, events[i].time_ns, name == NULL ? "" : name,
			   counters + COUNT_LOG);
	}
}

static void
ipfix_log_tick(void *log, uint64_t *counters, uint64_t now_ns)
{
	export_tick(log, counters + COUNT_LOG, now_ns);
}

static void
ipfix_close_log(void *log, uint64_t *counters)
{
	export_close(log, counters + COUNT_LOG);
}

const struct wp_service wp_service = {
	.abi = WP_SERVICE_ABI,
	.name = "ipfix",
	.summary = "reports flows to IPFIX collectors",
	.fields = ipfix_fields,
	.config_size = sizeof(struct ipfix_conf),
	.counters = ipfix_counters,
	.alerts = ipfix_alerts,
	.open = ipfix_open_inst,
	.close = ipfix_close_inst,
	.burst = ipfix_burst,
	.wants = ipfix_wants,
	.events = ipfix_events,
	.open_log = ipfix_open_log,
	.log = ipfix_log,
	.log_tick = ipfix_log_tick,
	.close_log = ipfix_close_log,
};
