/* SPDX-License-Identifier: BSD-3-Clause */
/* See export.h. */

#include "export.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINGER_NS = 200000000 }; /* at the end, for what is still to be sent */

struct export
{
	/* Constant. */
	uint32_t n;
	struct export_target targets[EXPORT_MAX];
	struct ipfix *ways[EXPORT_MAX]; /* index: likewise */
};

static const char *const to_names[] = {
	[EXPORT_TCP] = "ipfix-tcp",
	[EXPORT_UDP] = "ipfix-udp",
	NULL,
};

const struct wp_field export_fields[] = {
	{.name = "to",
	 .type = WP_ENUM,
	 .offset = offsetof(struct export_target, to),
	 .choices = to_names,
	 .help = "how records go there"},
	IPFIX_COLLECTOR_FIELDS(struct export_target),
	{.name = NULL},
};

/* Opening. */

int
export_check(struct wp_env *env, const struct wp_list *targets)
{
	const struct export_target *target = targets->items;
	char at[96];

	for (uint32_t i = 0; i < targets->n; i++) {
		snprintf(at, sizeof(at), "collectors/%u/host", i);
		if (target[i].host.version == 0)
			return wp_error(env, -EINVAL, at,
					"host: a collector needs an address (no name)");
	}
	return 0;
}

static bool
same_target(const struct export_target *a, const struct export_target *b)
{
	return a->to == b->to && a->port == b->port && a->refresh_s == b->refresh_s &&
	       a->host.version == b->host.version &&
	       memcmp(a->host.bytes, b->host.bytes, sizeof(a->host.bytes)) == 0;
}

static bool
same_targets(const struct export *export, const struct wp_list *targets)
{
	const struct export_target *target = targets->items;

	if (export == NULL || export->n != targets->n)
		return false;
	for (uint32_t i = 0; i < targets->n; i++)
		if (!same_target(&export->targets[i], &target[i]))
			return false;
	return true;
}

/** Opens the next way. */
static int
open_way(struct wp_env *env, const struct export_target *target, struct export *export)
{
	const struct ipfix_collector collector = {
		.host = target->host,
		.port = (uint16_t)target->port,
		.refresh_s = target->to == EXPORT_UDP ? target->refresh_s : 0,
	};
	char at[96], message[256] = "no memory";
	uint32_t domain;
	int err;

	wp_env_instance(env, &domain);
	snprintf(at, sizeof(at), "collectors/%u", export->n);
	err = ipfix_open(&collector, &flow_kind, domain, message, sizeof(message),
			 &export->ways[export->n]);
	if (err != 0)
		return wp_error(env, err, at, "%s", message);
	export->targets[export->n++] = *target;
	return 0;
}

int
export_open(struct wp_env *env, const struct wp_list *targets, struct export *old,
	    struct export **export)
{
	const struct export_target *target = targets->items;
	uint64_t counts[IPFIX_COUNTS] = {0};
	struct export *new;
	int err = 0;

	if (same_targets(old, targets)) {
		*export = old;
		return 0;
	}
	new = calloc(1, sizeof(*new));
	if (new == NULL)
		return wp_error(env, -ENOMEM, "collectors", "no memory");
	for (uint32_t i = 0; err == 0 && i < targets->n; i++)
		err = open_way(env, &target[i], new);
	if (err != 0) {
		export_close(new, counts);
		return err;
	}
	*export = new;
	return 0;
}

/* Log thread. */

void
export_put(struct export *export, const struct flow_report *report, uint64_t time_ns,
	   const char *tenant, uint64_t *counts)
{
	struct flow_record record;
	enum flow_template template = flow_record_fill(&record, report, time_ns, tenant);

	for (uint32_t i = 0; i < export->n; i++)
		ipfix_put(export->ways[i], (uint16_t) template, &record, counts);
}

void
export_tick(struct export *export, uint64_t *counts, uint64_t now_ns)
{
	for (uint32_t i = 0; i < export->n; i++)
		ipfix_tick(export->ways[i], counts, now_ns);
}

void
export_close(struct export *export, uint64_t *counts)
{
	uint64_t until_ns = ipfix_clock_ns() + LINGER_NS;

	if (export == NULL)
		return;
	for (uint32_t i = 0; i < export->n; i++)
		ipfix_close(export->ways[i], counts, until_ns);
	free(export);
}
