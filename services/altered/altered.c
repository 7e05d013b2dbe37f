/* SPDX-License-Identifier: BSD-3-Clause */
/* altered: finds TCP segments that are sent again with another content: two readers of such a
 * stream may read two different things. */

#include "service.h"

enum action { ACTION_COUNT, ACTION_DROP };
static const char *const actions[] = {"count", "drop", NULL};

struct altered_conf {
	uint32_t action; /* enum action */
};

static const struct wp_field altered_fields[] = {
	{.name = "action",
	 .type = WP_ENUM,
	 .offset = offsetof(struct altered_conf, action),
	 .choices = actions,
	 .dflt = "\"count\"",
	 .help = "what becomes of such segments: they are counted, or dropped as well"},
	{.name = NULL},
};

enum { COUNT_SEGMENTS, COUNT_BYTES };
static const char *const altered_counters[] = {"segments", "bytes", NULL};
enum { REASON_ALTERED };
static const char *const altered_reasons[] = {"altered", NULL};
static const char *const altered_alerts[] = {"segments", NULL};
static const struct wp_stream_want altered_wants[] = {{.type = WP_FLOW_CONFLICT}, WP_WANTS_END};

static void
altered_events(const void *inst, struct wp_core *core, const struct wp_told *told, unsigned int n)
{
	const struct altered_conf *conf = inst;

	for (unsigned int i = 0; i < n; i++) {
		wp_count(core, COUNT_SEGMENTS, 1);
		wp_count(core, COUNT_BYTES, told[i].event->size);
		if (conf->action == ACTION_DROP && told[i].event->pkt != NULL)
			wp_drop(told[i].event->pkt, REASON_ALTERED);
	}
}

WP_API const struct wp_service wp_service = {
	.abi = WP_SERVICE_ABI,
	.name = "altered",
	.summary = "finds TCP bytes that are sent again with another content",
	.fields = altered_fields,
	.config_size = sizeof(struct altered_conf),
	.counters = altered_counters,
	.reasons = altered_reasons,
	.alerts = altered_alerts,
	.wants = altered_wants,
	.events = altered_events,
};
