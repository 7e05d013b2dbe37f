/* SPDX-License-Identifier: BSD-3-Clause */
/* A service for tests that has the NAT's log but no NAT: each so many packets are a number of
 * sessions, and each worker's first one also one event of every other kind. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "service.h"

enum { NATLOG_SEEN, NATLOG_LOG, NATLOG_COUNTERS = NATLOG_LOG + NAT_LOG_COUNTS };
static const char *const natlog_counters[NATLOG_COUNTERS + 1] = {"seen", NAT_LOG_COUNT_NAMES};

struct natlog_config {
	struct wp_list log;
	uint32_t sessions, every;
};

struct natlog {
	struct natlog_config conf;
	struct nat_log_names names;
};

/** Of a worker. */
struct natlog_core {
	uint32_t packets, sessions;
	bool told;
};

static const char *const pools[] = {"pool"};

static const struct wp_field natlog_fields[] = {
	{.name = "log",
	 .type = WP_LIST,
	 .offset = offsetof(struct natlog_config, log),
	 .max = NAT_LOG_TARGETS_MAX,
	 .fields = nat_log_fields,
	 .item_size = sizeof(struct nat_log_target),
	 .help = "where events go"},
	{.name = "sessions",
	 .type = WP_U32,
	 .offset = offsetof(struct natlog_config, sessions),
	 .max = 1000,
	 .dflt = "1",
	 .help = "sessions that a packet is"},
	{.name = "every",
	 .type = WP_U32,
	 .offset = offsetof(struct natlog_config, every),
	 .min = 1,
	 .max = 1000000,
	 .dflt = "1",
	 .help = "packets of which only the first is any"},
	{.name = NULL},
};

static void
natlog_close(void *inst)
{
	struct natlog *natlog = inst;

	if (natlog != NULL)
		nat_log_names_close(&natlog->names);
	free(natlog);
}

static int
natlog_open(struct wp_env *env, const void *config, void **inst)
{
	const struct natlog_config *conf = config;
	struct natlog *natlog = calloc(1, sizeof(*natlog));
	int err;

	if (natlog == NULL)
		return -ENOMEM;
	natlog->conf = *conf;
	err = nat_log_check(env, "log", &natlog->conf.log);
	if (err == 0)
		err = nat_log_names_open(env, &natlog->names);
	if (err != 0) {
		natlog_close(natlog);
		return err;
	}
	natlog->names.pools = pools;
	natlog->names.n_pools = 1;
	*inst = natlog;
	return 0;
}

static int
natlog_open_core(struct wp_env *env, const void *inst, struct wp_core *core)
{
	core->scratch = calloc(1, sizeof(struct natlog_core));
	return core->scratch == NULL ? -ENOMEM : 0;
}

static void
natlog_close_core(const void *inst, struct wp_core *core)
{
	free(core->scratch);
}

/** An event of a kind; its tenant and inside host are the packet's. */
static struct nat_event
event_of(const struct wp_packet *pkt, uint8_t kind)
{
	struct nat_event event = {
		.kind = kind,
		.version = 4,
		.protocol = 17,
		.tenant = pkt->tenant,
		.outside = {192, 0, 2, 1},
		.far = {198, 51, 100, 1},
		.remote = {198, 51, 100, 1},
	};

	memcpy(event.inside, wp_source(pkt), 4);
	return event;
}

static void
tell_all(struct wp_core *core, const struct wp_packet *pkt)
{
	for (uint8_t kind = NAT_BLOCK_ALLOCATED; kind <= NAT_QUOTA_EXCEEDED; kind++) {
		struct nat_event event = event_of(pkt, kind);

		event.first_port = 1024;
		event.last_port = 1087;
		event.quota = NAT_QUOTA_USER;
		event.limit = 99;
		wp_event(core, &event, sizeof(event));
	}
}

static void
tell_session(struct wp_core *core, const struct wp_packet *pkt, uint16_t number)
{
	struct nat_event event = event_of(pkt, NAT_SESSION_CREATED);

	event.inside_port = number;
	event.outside_port = (uint16_t)(number + 1);
	event.remote_port = event.far_port = 443;
	wp_event(core, &event, sizeof(event));
}

static void
natlog_burst(const void *inst, struct wp_core *core, struct wp_packet *const *pkts, uint16_t n)
{
	const struct natlog *natlog = inst;
	struct natlog_core *own = core->scratch;

	for (uint16_t i = 0; i < n; i++) {
		if (pkts[i]->ip_version != 4 || own->packets++ % natlog->conf.every != 0)
			continue;
		if (!own->told)
			tell_all(core, pkts[i]);
		own->told = true;
		for (uint32_t session = 0; session < natlog->conf.sessions; session++)
			tell_session(core, pkts[i], (uint16_t)own->sessions++);
	}
	wp_count(core, NATLOG_SEEN, n);
}

static int
natlog_open_log(struct wp_env *env, const void *inst, void *old, void **log)
{
	const struct natlog *natlog = inst;

	return nat_log_open(env, "log", &natlog->conf.log, old, (struct nat_log **)log);
}

static void
natlog_log(void *log, const void *inst, uint64_t *counters, const struct wp_event *events,
	   unsigned int n)
{
	const struct natlog *natlog = inst;

	nat_log_write(log, &natlog->names, counters + NATLOG_LOG, events, n);
}

static void
natlog_log_tick(void *log, uint64_t *counters, uint64_t now_ns)
{
	nat_log_tick(log, counters + NATLOG_LOG, now_ns);
}

static void
natlog_close_log(void *log, uint64_t *counters)
{
	nat_log_close(log, counters + NATLOG_LOG);
}

const struct wp_service wp_service = {
	.abi = WP_SERVICE_ABI,
	.name = "natlog",
	.summary = "has the NAT's log, and makes events up",
	.fields = natlog_fields,
	.config_size = sizeof(struct natlog_config),
	.counters = natlog_counters,
	.open = natlog_open,
	.close = natlog_close,
	.burst = natlog_burst,
	.open_core = natlog_open_core,
	.close_core = natlog_close_core,
	.open_log = natlog_open_log,
	.log = natlog_log,
	.log_tick = natlog_log_tick,
	.close_log = natlog_close_log,
};
