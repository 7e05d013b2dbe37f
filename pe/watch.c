/* SPDX-License-Identifier: BSD-3-Clause */
/* See watch.h. */

#include "pe/watch.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "pe/keystore.h"
#include "pe/tables.h"

/** What was last seen of a cell. */
struct seen {
	uint64_t value;
	uint32_t told_s; /* when it was told that it rises; 0: never */
};

struct watch {
	struct seen *cells; /* index: cell; memory is taken as they are looked at */
	json_t *named;      /* the same of what has no cell: name -> [value, told_s] */
	/* Of the look that is being made. */
	const struct pe *pe;
	time_t now;
	watch_fn fn;
	void *arg;
};

struct watch *
watch_create(void)
{
	struct watch *watch = calloc(1, sizeof(*watch));

	if (watch == NULL)
		return NULL;
	watch->cells = mmap(NULL, ACCOUNT_CELLS * sizeof(struct seen), PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	watch->named = json_object();
	if (watch->cells != MAP_FAILED && watch->named != NULL)
		return watch;
	if (watch->cells == MAP_FAILED)
		watch->cells = NULL;
	watch_destroy(watch);
	return NULL;
}

void
watch_destroy(struct watch *watch)
{
	if (watch == NULL)
		return;
	if (watch->cells != NULL)
		munmap(watch->cells, ACCOUNT_CELLS * sizeof(struct seen));
	json_decref(watch->named);
	free(watch);
}

/** @return by how much something has risen since it was last told of; 0: it has not, or it is too
 * soon to tell again */
static uint64_t
rise(const struct watch *watch, struct seen *seen, uint64_t value)
{
	uint64_t risen = value - seen->value;

	if (value < seen->value) /* begun anew */
		seen->value = risen = value;
	if (risen == 0 || (seen->told_s != 0 && watch->now < (time_t)seen->told_s + WATCH_QUIET_S))
		return 0;
	*seen = (struct seen){value, (uint32_t)watch->now};
	return risen;
}

static uint64_t
cell_rise(const struct watch *watch, uint32_t cell)
{
	return rise(watch, &watch->cells[cell], account_sum(watch->pe->account, cell));
}

/** @return rise() of what has a name. */
static uint64_t
named_rise(const struct watch *watch, const char *name, uint64_t value)
{
	const json_t *known = json_object_get(watch->named, name);
	struct seen seen = {(uint64_t)json_integer_value(json_array_get(known, 0)),
			    (uint32_t)json_integer_value(json_array_get(known, 1))};
	uint64_t risen = rise(watch, &seen, value);

	if (known == NULL || risen != 0)
		json_object_set_new(
			watch->named, name,
			json_pack("[I, I]", (json_int_t)seen.value, (json_int_t)seen.told_s));
	return risen;
}

/** @return whether something is not as it was. What is seen for the first time is @p usual. */
static bool
changes(const struct watch *watch, const char *name, unsigned int value, unsigned int usual)
{
	const json_t *known = json_object_get(watch->named, name);
	unsigned int before = known == NULL ? usual : (unsigned int)json_integer_value(known);

	if (known == NULL || before != value)
		json_object_set_new(watch->named, name, json_integer(value));
	return before != value;
}

/* What is looked at. */

static bool
is_alert(const struct wp_service *service, const char *name)
{
	for (const char *const *alert = service->alerts; alert != NULL && *alert != NULL; alert++)
		if (strcmp(*alert, name) == 0)
			return true;
	return false;
}

static void
look_at_step(const struct watch *watch, const struct wp_path *path, const struct step *step)
{
	const struct wp_epoch *epoch = watch->pe->current;
	const struct wp_service *service = step->instance->service;

	for (unsigned int i = 0; service->alerts != NULL && i < step->instance->n_reasons; i++) {
		uint64_t n = is_alert(service, service->reasons[i])
				     ? cell_rise(watch, step->cells + STEP_DROPS + i)
				     : 0;

		if (n != 0)
			watch->fn(watch->arg, "alert", epoch_tenant_name(epoch, path),
				  json_pack("{ss ss ss ss sI}", "path",
					    epoch_path_name(epoch, path), "instance",
					    step->instance->name, "service", service->name, "what",
					    service->reasons[i], "packets", (json_int_t)n));
	}
}

static void
look_at_path(const struct watch *watch, const struct wp_path *path)
{
	const struct wp_epoch *epoch = watch->pe->current;

	for (unsigned int i = 0; i < N_DROPS; i++) {
		uint64_t n = cell_rise(watch, path->rare + PATH_DROPS + i);

		if (n != 0)
			watch->fn(watch->arg, "drops", epoch_tenant_name(epoch, path),
				  json_pack("{ss ss sI}", "path", epoch_path_name(epoch, path),
					    "reason", drop_names[i], "packets", (json_int_t)n));
	}
	for (unsigned int i = 0; i < path->n_steps; i++)
		look_at_step(watch, path, &path->steps[i]);
}

static void
look_at_instance(const struct watch *watch, const struct instance *instance)
{
	const struct wp_service *service = instance->service;
	const struct document_tenant *owner =
		document_owner(watch->pe->current->document, instance->name);

	for (unsigned int i = 0;
	     service->alerts != NULL && service->counters != NULL && service->counters[i] != NULL;
	     i++) {
		uint64_t n = is_alert(service, service->counters[i])
				     ? cell_rise(watch, instance->counters + i)
				     : 0;

		if (n != 0)
			watch->fn(watch->arg, "alert", owner == NULL ? NULL : owner->name,
				  json_pack("{ss ss ss sI}", "instance", instance->name, "service",
					    service->name, "what", service->counters[i], "count",
					    (json_int_t)n));
	}
}

static void
look_at_table(void *arg, const char *service, struct wp_table *table)
{
	const struct watch *watch = arg;
	const char *name = wp_table_decl(table)->name;
	struct wp_table_stats stats;
	char known[128];
	uint64_t n;

	wp_table_stats(table, &stats);
	snprintf(known, sizeof(known), "table %s/%s %u", service, name,
		 wp_table_decl(table)->version);
	n = named_rise(watch, known, stats.refused_full + stats.refused_tenant);
	if (n != 0)
		watch->fn(watch->arg, "table-full", NULL,
			  json_pack("{ss ss sI sI sI}", "service", service, "table", name,
				    "entries", (json_int_t)stats.entries, "max",
				    (json_int_t)stats.max, "refused", (json_int_t)n));
}

static void
look_at_port(const struct watch *watch, const struct port *port)
{
	bool up = atomic_load_explicit(&port->up, memory_order_relaxed);
	char known[128];
	uint64_t n;

	snprintf(known, sizeof(known), "link %s", port->name);
	if (changes(watch, known, up, true))
		watch->fn(watch->arg, "link", NULL,
			  json_pack("{ss sb}", "port", port->name, "up", up));
	snprintf(known, sizeof(known), "missed %s", port->name);
	n = named_rise(watch, known, port_missed(port));
	if (n != 0)
		watch->fn(watch->arg, "missed", NULL,
			  json_pack("{ss sI}", "port", port->name, "packets", (json_int_t)n));
}

static void
look_at_key(const struct watch *watch, const struct keystore_key *key)
{
	const struct document_tenant *owner =
		document_owner(watch->pe->current->document, key->name);
	unsigned int stage = watch->now > key->not_after                      ? 2
			     : watch->now > key->not_after - WATCH_KEY_SOON_S ? 1
									      : 0;
	char known[128], end[KEYSTORE_TIME_SIZE];

	snprintf(known, sizeof(known), "key %s", key->name);
	if (!changes(watch, known, stage, 0) || stage == 0)
		return;
	keystore_time(key->not_after, end);
	watch->fn(watch->arg, "key-ends", owner == NULL ? NULL : owner->name,
		  json_pack("{ss ss sb}", "key", key->name, "not_after", end, "over", stage == 2));
}

void
watch_look(struct watch *watch, const struct pe *pe, time_t now, watch_fn fn, void *arg)
{
	const struct wp_epoch *epoch = pe->current;

	watch->pe = pe;
	watch->now = now;
	watch->fn = fn;
	watch->arg = arg;
	for (uint32_t i = 0; i < epoch->n_paths; i++)
		look_at_path(watch, &epoch->paths[i]);
	for (uint32_t i = 0; i < epoch->n_instances; i++)
		look_at_instance(watch, &epoch->instances[i]);
	tables_each(pe->tables, look_at_table, watch);
	for (uint16_t i = 0; i < pe->n_ports; i++)
		look_at_port(watch, &pe->ports[i]);
	for (unsigned int i = 0; epoch->keys != NULL && i < keystore_size(epoch->keys); i++)
		if (keystore_key(epoch->keys, i)->not_after != 0)
			look_at_key(watch, keystore_key(epoch->keys, i));
}
