/* SPDX-License-Identifier: BSD-3-Clause */
/* See host.h: opening and closing. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "conf/arena.h"
#include "conf/conf.h"
#include "say.h"
#include "tool/host_own.h"

/* Parts that the tracker and the service have alike. */

static unsigned int
count_names(const char *const *names)
{
	unsigned int n = 0;

	while (names != NULL && names[n] != NULL)
		n++;
	return n;
}

/** Fills a configuration. @param what  whose, for the fault */
static int
fill(struct host *host, const struct wp_field *fields, const json_t *json, void *conf,
     struct wp_env *env, const char *what)
{
	char message[512] = "", path[256] = "";
	struct wp_conf_error error = {path, sizeof(path), message, sizeof(message)};
	int err = fields == NULL ? 0 : wp_conf_fill(fields, json, "", host->arena, conf, &error);

	return err == 0 ? 0
			: wp_say(env->why, env->size, err, "%s: %s%s%s", what, path,
				 path[0] == '\0' ? "" : ": ", message);
}

static int
create_tables(struct host *host, struct host_side *side, const struct wp_service *service)
{
	const struct wp_table_decl *decl = service->tables;

	for (; decl != NULL && decl->name != NULL; decl++) {
		struct wp_table_limits limits = {.max_entries = decl->max_entries};

		if (side->n_tables == HOST_TABLES_MAX)
			return -E2BIG;
		if (wp_table_create(decl, &limits, &host->hash_key, 1,
				    &side->tables[side->n_tables]) != 0)
			return -ENOMEM;
		side->n_tables++;
	}
	return 0;
}

/** Makes what stands around an instance: configuration, counters, tables, core. */
static int
open_side(struct host *host, struct host_side *side, const struct wp_service *service,
	  const json_t *json, struct wp_env *env)
{
	unsigned int n = count_names(service->counters);
	int err;

	side->host = host;
	side->conf = wp_arena_alloc(host->arena, service->config_size + 1);
	side->counters = wp_arena_alloc(host->arena, (n + 1) * sizeof(uint64_t));
	if (side->conf == NULL || side->counters == NULL)
		return -ENOMEM;
	err = fill(host, service->fields, json, side->conf, env, service->name);
	if (err == 0)
		err = create_tables(host, side, service);
	side->core =
		(struct wp_core){.counters = side->counters,
				 .tables = side->tables,
				 .runtime = host,
				 .n_workers = 1,
				 .instance = side == &host->tracker ? HOST_TRACKER : HOST_SERVICE};
	return err;
}

static void
close_side(struct host_side *side)
{
	for (unsigned int i = 0; i < side->n_tables; i++)
		wp_table_destroy(side->tables[i]);
}

/* The tracker. */

static int
open_tracker(struct host *host, const json_t *json, struct wp_env *env)
{
	struct stream_pool_limits limits, view_limits;
	const struct stream_conf *conf;
	int err = open_side(host, &host->tracker, &stream_service, json, env);

	if (err != 0)
		return err;
	conf = host->tracker.conf;
	limits = stream_limits(conf);
	view_limits = stream_view_limits(conf);
	if (stream_service.open_core(env, conf, &host->tracker.core) != 0 ||
	    stream_pool_create(&limits, &host->pool) != 0 ||
	    stream_pool_create(&view_limits, &host->views) != 0 ||
	    stream_defrag_create(&host->hash_key, &host->defrag) != 0)
		return -ENOMEM;
	stream_connect(&host->tracker.core, &(struct stream_link){.pool = host->pool,
								  .views = host->views,
								  .defrag = host->defrag,
								  .tell = host_tell,
								  .tell_arg = host});
	return 0;
}

static void
close_tracker(struct host *host)
{
	if (host->tracker.core.scratch != NULL)
		stream_service.close_core(host->tracker.conf, &host->tracker.core);
	stream_defrag_destroy(host->defrag, host->pool);
	if (host->pool != NULL)
		stream_pool_destroy(host->pool);
	if (host->views != NULL)
		stream_pool_destroy(host->views);
	close_side(&host->tracker);
}

/* The service. */

/** Works out what the tracker is to tell. */
static void
make_plan(struct host *host)
{
	const struct wp_stream_want *want = host->service->wants;

	for (; want != NULL && want->type < WP_FLOW_EVENTS; want++, host->n_wants++) {
		host->rows_of[want->type] |= 1u << host->n_wants;
		if (host->service->hears == NULL || host->service->hears(host->inst, host->n_wants))
			stream_plan_add(&host->plan, want->type, want->l7);
	}
	host->plan.has_one_reader = true;
	stream_plan_close(&host->plan);
}

/** Prepares the one step that packets come through. */
static int
open_step(struct host *host, struct wp_env *env)
{
	const struct wp_service *service = host->service;
	void *args = wp_arena_alloc(host->arena, service->step_size + 1);
	int err;

	if (args == NULL)
		return -ENOMEM;
	host->step = args;
	err = fill(host, service->step_fields, NULL, args, env, "step");
	if (err != 0 || service->open_step == NULL)
		return err;
	err = service->open_step(env, host->inst, args, &host->step);
	host->has_step = err == 0;
	return err;
}

static int
open_log(struct host *host, struct wp_env *env)
{
	const struct wp_service *service = host->service;

	host->log_counters = wp_arena_alloc(host->arena, (count_names(service->counters) + 1) *
								 sizeof(uint64_t));
	if (host->log_counters == NULL)
		return -ENOMEM;
	return service->open_log == NULL ? 0 : service->open_log(env, host->inst, NULL, &host->log);
}

static int
open_service(struct host *host, const json_t *json, struct wp_env *env)
{
	const struct wp_service *service = host->service;
	int err;

	if (service->abi != WP_SERVICE_ABI || service->keys != NULL)
		return wp_say(env->why, env->size, -EINVAL, "%s: is no service for captures",
			      service->name);
	err = open_side(host, &host->side, service, json, env);
	if (err != 0)
		return err;
	host->inst = host->side.conf;
	if (service->open != NULL)
		err = service->open(env, host->side.conf, &host->inst);
	if (err != 0)
		return err;
	host->is_open = true;
	make_plan(host);
	if (service->open_core != NULL)
		err = service->open_core(env, host->inst, &host->side.core);
	host->has_core = err == 0;
	if (err == 0)
		err = open_step(host, env);
	return err == 0 ? open_log(host, env) : err;
}

void
host_close_log(struct host *host)
{
	if (host->log != NULL && host->service->close_log != NULL)
		host->service->close_log(host->log, host->log_counters);
	host->log = NULL;
}

static void
close_service(struct host *host)
{
	const struct wp_service *service = host->service;

	if (host->has_step && service->close_step != NULL)
		service->close_step(host->inst, host->step);
	if (host->has_core && service->close_core != NULL)
		service->close_core(host->inst, &host->side.core);
	host_close_log(host);
	if (host->is_open && service->close != NULL)
		service->close(host->inst);
	close_side(&host->side);
}

/* All together. */

static int
open_all(struct host *host, const struct host_conf *conf, struct wp_env *env)
{
	int err;

	host->arena = wp_arena_create();
	host->buffer = malloc(HOST_ROOM);
	if (host->arena == NULL || host->buffer == NULL)
		return -ENOMEM;
	/* What captures hold may be meant to collide. */
	if (!host->is_repeatable &&
	    getrandom(&host->hash_key, sizeof(host->hash_key), 0) != sizeof(host->hash_key))
		return -EIO;
	err = open_tracker(host, conf->tracker, env);
	return err == 0 ? open_service(host, conf->config, env) : err;
}

int
host_open(const struct host_conf *conf, struct host **host, char *why, size_t size)
{
	struct host *new = calloc(1, sizeof(*new));
	struct wp_env env = {.host = new, .why = why, .size = size};
	int err;

	why[0] = '\0';
	if (new == NULL)
		return wp_say(why, size, -ENOMEM, "no memory");
	new->service = conf->service;
	new->notes = conf->notes;
	new->tunnels = conf->tunnels;
	new->teller = (struct wp_teller){conf->heard, conf->heard_arg};
	new->is_repeatable = conf->is_repeatable;
	new->has_control = conf->has_control;
	err = open_all(new, conf, &env);
	if (err != 0) {
		if (why[0] == '\0')
			wp_say_why(why, size, "%s", strerror(-err));
		host_close(new);
		return err;
	}
	*host = new;
	return 0;
}

void
host_close(struct host *host)
{
	if (host == NULL)
		return;
	close_service(host);
	close_tracker(host);
	for (unsigned int i = 0; i < HOST_WHOLES_MAX; i++)
		free(host->wholes[i]);
	free(host->buffer);
	wp_arena_destroy(host->arena);
	free(host);
}

const struct host_counts *
host_counts(const struct host *host)
{
	return &host->counts;
}

uint64_t
host_counter(const struct host *host, const char *name)
{
	const char *const *names = host->service->counters;

	for (unsigned int i = 0; names != NULL && names[i] != NULL; i++)
		if (strcmp(names[i], name) == 0)
			return host->side.counters[i] + host->log_counters[i];
	return 0;
}

uint64_t
host_tracker_counter(const struct host *host, unsigned int counter)
{
	return host->tracker.counters[counter];
}
