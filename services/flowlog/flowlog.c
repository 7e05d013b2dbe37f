/* SPDX-License-Identifier: BSD-3-Clause */
/* flowlog: a line of JSON (EVE, event "flow") for each flow that has ended. */

#include "eve/eve.h"
#include "plain_file.h"

struct flowlog_conf {
	const char *file;
};

static const struct wp_field flowlog_fields[] = {
	{.name = "file", .type = WP_FILE, .min = 1, .max = 4095, .help = "what lines go to"},
	{.name = NULL},
};
static const struct wp_stream_want flowlog_wants[] = {{.type = WP_FLOW_END}, WP_WANTS_END};

static void
flowlog_events(const void *inst, struct wp_core *core, const struct wp_told *told, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		struct eve_flow record = eve_flow(told[i].event->flow, core->now_ns);

		if (!wp_event(core, &record, sizeof(record)))
			wp_count(core, EVE_LOST, 1);
	}
}

static int
flowlog_open_log(struct wp_env *env, const void *inst, void *old, void **log)
{
	const char *file = ((const struct flowlog_conf *)inst)->file;
	int err = eve_open(file, old, log);

	return err == 0 ? 0 : wp_error(env, err, "file", "%s: %s", file, wp_plain_why(err));
}

static void
flowlog_log(void *log, const void *inst, uint64_t *counters, const struct wp_event *events,
	    unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		eve_write_flow(log, counters, events[i].data, events[i].time_ns);
}

WP_API const struct wp_service wp_service = {
	.abi = WP_SERVICE_ABI,
	.name = "flowlog",
	.summary = "logs each flow that has ended, as EVE JSON",
	.fields = flowlog_fields,
	.config_size = sizeof(struct flowlog_conf),
	.counters = eve_counters,
	.alerts = eve_alerts,
	.wants = flowlog_wants,
	.events = flowlog_events,
	.open_log = flowlog_open_log,
	.log = flowlog_log,
	.log_tick = eve_tick,
	.close_log = eve_close,
};
