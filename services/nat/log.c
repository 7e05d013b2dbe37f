/* SPDX-License-Identifier: BSD-3-Clause */
/* See log.h. */

#include "log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log_limit.h"
#include "log_writer.h"

/** Events that tell of a want: few words, and only so many. */
#define WANTS (1u << NAT_ADDRESSES_EXHAUSTED | 1u << NAT_PORTS_EXHAUSTED | 1u << NAT_QUOTA_EXCEEDED)
/** Enough to find out later who had an outside address and port. */
#define BLOCKS                                                                                     \
	(WANTS | 1u << NAT_BLOCK_ALLOCATED | 1u << NAT_BLOCK_RELEASED |                            \
	 1u << NAT_BINDING_CREATED | 1u << NAT_BINDING_DELETED | 1u << NAT_SHARES_SET)
#define ALL ((1u << NAT_N_EVENTS) - 1)
/** What IPFIX has no record for. */
#define JSON_ONLY (1u << NAT_SHARES_SET)

enum { LINGER_NS = 200000000 }; /* at the end, for what is still to be sent */

/** One target. */
struct place {
	struct nat_log_target target; /* its path is a copy */
	struct nat_log_writer *writer;
	uint32_t kinds; /* bits by enum nat_event_kind */
};

struct nat_log {
	/* Constant. */
	char *instance;
	uint32_t instance_number;
	uint32_t n_places;
	struct place places[NAT_LOG_TARGETS_MAX];
	/* Log thread. */
	uint64_t now_ns; /* of the last tick */
	struct log_limit limit;
};

static const char *const to_names[] = {
	[NAT_LOG_JSON] = "json",
	[NAT_LOG_IPFIX_TCP] = "ipfix-tcp",
	[NAT_LOG_IPFIX_UDP] = "ipfix-udp",
	NULL,
};
static const char *const events_names[] = {
	[NAT_LOG_BLOCKS] = "blocks",
	[NAT_LOG_SESSIONS] = "sessions",
	NULL,
};

const struct wp_field nat_log_fields[] = {
	{.name = "to",
	 .type = WP_ENUM,
	 .offset = offsetof(struct nat_log_target, to),
	 .choices = to_names,
	 .help = "kind of target"},
	{.name = "events",
	 .type = WP_ENUM,
	 .offset = offsetof(struct nat_log_target, events),
	 .choices = events_names,
	 .dflt = "\"blocks\"",
	 .help = "blocks: port blocks, address bindings, shares, exhaustion, quotas; sessions: "
		 "also each "
		 "mapping and session"},
	IPFIX_COLLECTOR_FIELDS(struct nat_log_target),
	{.name = "path",
	 .type = WP_STRING,
	 .offset = offsetof(struct nat_log_target, path),
	 .max = 1023,
	 .dflt = "\"\"",
	 .help = "json: absolute name of the file"},
	{.name = NULL},
};

/* Configuration. */

/** @return what is wrong with a target and sets @p which to its member, or NULL. */
static const char *
target_fault(const struct nat_log_target *target, const char **which)
{
	if (target->to == NAT_LOG_JSON) {
		*which = "path";
		return target->path[0] == '/' ? NULL : "a json target needs an absolute file name";
	}
	*which = "host";
	return target->host.version != 0 ? NULL : "an ipfix target needs the collector's address";
}

static bool
same_target(const struct nat_log_target *a, const struct nat_log_target *b)
{
	return a->to == b->to && a->events == b->events && a->port == b->port &&
	       a->refresh_s == b->refresh_s && a->host.version == b->host.version &&
	       memcmp(a->host.bytes, b->host.bytes, sizeof(a->host.bytes)) == 0 &&
	       strcmp(a->path, b->path) == 0;
}

int
nat_log_check(struct wp_env *env, const char *member, const struct wp_list *targets)
{
	const struct nat_log_target *target = targets->items;
	char at[96];

	for (uint32_t i = 0; i < targets->n; i++) {
		const char *which, *fault = target_fault(&target[i], &which);

		snprintf(at, sizeof(at), "%s/%u/%s", member, i, which);
		if (fault != NULL)
			return wp_error(env, -EINVAL, at, "%s: %s", which, fault);
	}
	return 0;
}

static uint32_t
kinds_of(const struct nat_log_target *target)
{
	uint32_t kinds = target->events == NAT_LOG_SESSIONS ? ALL : BLOCKS;

	return target->to == NAT_LOG_JSON ? kinds : kinds & ~JSON_ONLY;
}

uint32_t
nat_log_kinds(const struct wp_list *targets)
{
	const struct nat_log_target *target = targets->items;
	uint32_t kinds = 0;

	for (uint32_t i = 0; i < targets->n; i++)
		kinds |= kinds_of(&target[i]);
	return kinds;
}

int
nat_log_names_open(struct wp_env *env, struct nat_log_names *names)
{
	uint32_t n = wp_env_tenants(env);
	const char **tenants = calloc(n + 1, sizeof(*tenants));

	if (tenants == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		tenants[i] = wp_env_tenant_name(env, (uint16_t)i);
	names->tenants = tenants;
	names->n_tenants = n;
	return 0;
}

void
nat_log_names_close(struct nat_log_names *names)
{
	free((void *)(uintptr_t)names->tenants);
	names->tenants = NULL;
	names->n_tenants = 0;
}

/* Opening. */

static bool
same_targets(const struct nat_log *log, const struct wp_list *targets)
{
	const struct nat_log_target *target = targets->items;

	if (log == NULL || log->n_places != targets->n)
		return false;
	for (uint32_t i = 0; i < targets->n; i++)
		if (!same_target(&log->places[i].target, &target[i]))
			return false;
	return true;
}

static int
open_place(struct nat_log *log, const struct nat_log_target *target, char *message, size_t size)
{
	struct place *place = &log->places[log->n_places];
	int err;

	place->target = *target;
	place->target.path = strdup(target->path);
	place->kinds = kinds_of(target);
	if (place->target.path == NULL)
		return -ENOMEM;
	err = target->to == NAT_LOG_JSON
		      ? log_json_open(&place->target, message, size, &place->writer)
		      : log_ipfix_open(&place->target, log->instance_number, message, size,
				       &place->writer);
	if (err != 0)
		free((void *)(uintptr_t)place->target.path);
	else
		log->n_places++;
	return err;
}

static int
open_places(struct wp_env *env, const char *member, const struct wp_list *targets,
	    struct nat_log *log)
{
	const struct nat_log_target *target = targets->items;
	char at[96], message[256] = "no memory";

	for (uint32_t i = 0; i < targets->n; i++) {
		int err = open_place(log, &target[i], message, sizeof(message));

		snprintf(at, sizeof(at), "%s/%u", member, i);
		if (err != 0)
			return wp_error(env, err, at, "%s", message);
	}
	return 0;
}

int
nat_log_open(struct wp_env *env, const char *member, const struct wp_list *targets,
	     struct nat_log *old, struct nat_log **log)
{
	uint64_t counts[NAT_LOG_COUNTS] = {0};
	struct nat_log *new;
	int err;

	if (targets->n == 0)
		return 0;
	if (same_targets(old, targets)) {
		*log = old;
		return 0;
	}
	new = calloc(1, sizeof(*new));
	if (new == NULL)
		return wp_error(env, -ENOMEM, member, "no memory");
	new->instance = strdup(wp_env_instance(env, &new->instance_number));
	err = new->instance == NULL ? wp_error(env, -ENOMEM, member, "no memory")
				    : open_places(env, member, targets, new);
	if (err != 0) {
		nat_log_close(new, counts);
		return err;
	}
	*log = new;
	return 0;
}

/* Log thread. */

/** Where an event goes that is to be written. */
struct way {
	struct nat_log *log;
	uint64_t *counts;
};

static void
write_entry(void *arg, const struct nat_log_entry *entry)
{
	const struct way *way = arg;

	for (uint32_t i = 0; i < way->log->n_places; i++) {
		struct place *place = &way->log->places[i];

		if ((place->kinds & 1u << entry->event->kind) != 0)
			place->writer->write(place->writer, entry, way->counts);
	}
}

static const char *
name_in(const char *const *names, uint32_t n, uint32_t i)
{
	return i < n && names[i] != NULL ? names[i] : "";
}

void
nat_log_write(struct nat_log *log, const struct nat_log_names *names, uint64_t *counts,
	      const struct wp_event *events, unsigned int n)
{
	struct way way = {.log = log, .counts = counts};

	for (unsigned int i = 0; i < n; i++) {
		const struct nat_event *event = events[i].data;
		struct nat_log_entry entry = {
			.event = event,
			.time_ns = events[i].time_ns,
			.instance = log->instance,
			.instance_number = log->instance_number,
			.tenant = name_in(names->tenants, names->n_tenants, event->tenant),
			.pool = name_in(names->pools, names->n_pools, event->pool),
		};

		if (events[i].size != sizeof(*event) || event->kind >= NAT_N_EVENTS)
			continue;
		if ((WANTS & 1u << event->kind) != 0)
			log_limit_put(&log->limit, &entry, log->now_ns, write_entry, &way);
		else
			write_entry(&way, &entry);
	}
}

/** Lets out what the limit holds back: what is due, or all. */
static void
tick_limit(struct nat_log *log, uint64_t *counts, bool all)
{
	const struct nat_log_entry like = {.instance = log->instance,
					   .instance_number = log->instance_number};
	struct way way = {.log = log, .counts = counts};

	log_limit_tick(&log->limit, &like, log->now_ns, all, write_entry, &way);
}

void
nat_log_tick(struct nat_log *log, uint64_t *counts, uint64_t now_ns)
{
	log->now_ns = now_ns;
	tick_limit(log, counts, false);
	for (uint32_t i = 0; i < log->n_places; i++)
		log->places[i].writer->tick(log->places[i].writer, counts, now_ns);
}

void
nat_log_close(struct nat_log *log, uint64_t *counts)
{
	uint64_t until_ns = ipfix_clock_ns() + LINGER_NS;

	if (log == NULL)
		return;
	tick_limit(log, counts, true);
	for (uint32_t i = 0; i < log->n_places; i++) {
		log->places[i].writer->close(log->places[i].writer, counts, until_ns);
		free((void *)(uintptr_t)log->places[i].target.path);
	}
	free(log->instance);
	free(log);
}
