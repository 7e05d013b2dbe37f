/* SPDX-License-Identifier: BSD-3-Clause */
/* Tables by name, and the disk reservations of durable counters. */

#include "pe/tables.h"

#include <errno.h>
#include <jansson.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "pe/reserve.h"
#include "stream/stream.h"

enum {
	INSTANCE_NAME_MAX = 160,
	/* Numbers reserved at a time: what the fastest worker uses in 100 ms, so that control is
	   never late. */
	CHUNK_MIN = 1 << 20,
	CHUNK_MAX = 1 << 26,
};

/** One table of one service. */
struct known_table {
	struct known_table *next;
	char *service;
	char *name; /* decl.name; both are copies: the module's own may go away */
	struct wp_table_decl decl;
	struct wp_table *table;
};

/** A durable counter that is in use. */
struct known_counter {
	struct known_counter *next;
	struct wp_entry *entry;
	uint8_t id[RESERVE_ID_SIZE];
	uint64_t chunk;
};

struct tables {
	const struct wp_hash_key *hash_key;
	unsigned int n_workers;
	_Atomic(struct known_table *) known; /* workers read it, too */
	struct known_counter *counters;
	json_t *instances; /* "service/name" -> number */
	uint32_t last_instance;
};

int
tables_create(const struct wp_hash_key *hash_key, unsigned int n_workers, struct tables **tables)
{
	struct tables *new = calloc(1, sizeof(*new));

	if (new == NULL)
		return -ENOMEM;
	new->hash_key = hash_key;
	new->n_workers = n_workers;
	new->instances = json_object();
	if (new->instances == NULL) {
		free(new);
		return -ENOMEM;
	}
	*tables = new;
	return 0;
}

void
tables_destroy(struct tables *tables)
{
	if (tables == NULL)
		return;
	for (struct known_table *known = tables->known, *next; known != NULL; known = next) {
		next = known->next;
		wp_table_destroy(known->table);
		free(known->name);
		free(known->service);
		free(known);
	}
	while (tables->counters != NULL) {
		struct known_counter *next = tables->counters->next;

		free(tables->counters);
		tables->counters = next;
	}
	json_decref(tables->instances);
	free(tables);
}

/** @return whether two declarations lay entries out alike. */
static bool
same_layout(const struct wp_table_decl *a, const struct wp_table_decl *b)
{
	return a->version == b->version && a->class == b->class && a->owner == b->owner &&
	       a->global == b->global && a->common == b->common && a->value_size == b->value_size &&
	       a->local == b->local && (a->idle_ms == 0) == (b->idle_ms == 0) &&
	       memcmp(a->key, b->key, sizeof(a->key)) == 0 &&
	       memcmp(a->key2, b->key2, sizeof(a->key2)) == 0;
}

/** Finds the table of a declaration. One that a replaced module laid out differently is another. */
static struct known_table *
find(const struct tables *tables, const char *service, const struct wp_table_decl *decl)
{
	for (struct known_table *known = tables->known; known != NULL; known = known->next)
		if (strcmp(known->service, service) == 0 && strcmp(known->name, decl->name) == 0 &&
		    same_layout(&known->decl, decl))
			return known;
	return NULL;
}

/** @return how many entries a table may have. */
static uint32_t
max_entries(const struct document *document, const char *service, const struct wp_table_decl *decl)
{
	uint32_t max = decl->max_entries;

	for (uint32_t i = 0; i < document->n_tables; i++)
		if (strcmp(document->tables[i].service, service) == 0 &&
		    strcmp(document->tables[i].table, decl->name) == 0)
			max = document->tables[i].max_entries;
	return max;
}

static int
make(struct tables *tables, const char *service, const struct wp_table_decl *decl,
     const struct wp_table_limits *limits, struct wp_table **table)
{
	struct known_table *new = calloc(1, sizeof(*new));
	int err = -ENOMEM;

	if (new == NULL)
		return -ENOMEM;
	new->decl = *decl;
	new->service = strdup(service);
	new->name = strdup(decl->name);
	new->decl.name = new->name;
	if (new->service == NULL || new->name == NULL)
		goto err_service;
	err = wp_table_create(&new->decl, limits, tables->hash_key, tables->n_workers, &new->table);
	if (err != 0)
		goto err_service;
	new->next = tables->known;
	atomic_store_explicit(&tables->known, new, memory_order_release);
	*table = new->table;
	return 0;

err_service:
	free(new->name);
	free(new->service);
	free(new);
	return err;
}

/** Sets what tenants may have by a document. @param max  index: number */
static void
tenant_limits(const struct document *document, uint32_t max[DOCUMENT_TENANTS_MAX])
{
	memset(max, 0, DOCUMENT_TENANTS_MAX * sizeof(*max));
	for (uint32_t i = 0; i < document->n_tenants; i++)
		max[document->tenants[i].number] = document->tenants[i].max_entries;
}

int
tables_open(struct tables *tables, const struct wp_service *service,
	    const struct document *document, struct wp_table ***out)
{
	const struct wp_table_decl *decl = service->tables;
	uint32_t max[DOCUMENT_TENANTS_MAX];
	struct wp_table_limits limits = {.n_tenants = DOCUMENT_TENANTS_MAX, .tenant_max = max};
	struct wp_table **array = NULL;
	unsigned int n = 0;
	int err = 0;

	while (decl != NULL && decl[n].name != NULL)
		n++;
	if (n != 0) {
		array = calloc(n, sizeof(struct wp_table *));
		if (array == NULL)
			return -ENOMEM;
	}
	tenant_limits(document, max);
	for (unsigned int i = 0; err == 0 && i < n; i++) {
		struct known_table *known = find(tables, service->name, &decl[i]);

		limits.max_entries = max_entries(document, service->name, &decl[i]);
		if (known == NULL)
			err = make(tables, service->name, &decl[i], &limits, &array[i]);
		else
			err = wp_table_set_limits(array[i] = known->table, &limits);
	}
	if (err != 0)
		free(array);
	else
		*out = array;
	return err;
}

void
tables_limit(struct tables *tables, const struct document *document)
{
	uint32_t max[DOCUMENT_TENANTS_MAX];

	tenant_limits(document, max);
	for (struct known_table *known = tables->known; known != NULL; known = known->next) {
		const struct wp_table_limits limits = {
			.max_entries = max_entries(document, known->service, &known->decl),
			.n_tenants = DOCUMENT_TENANTS_MAX,
			.tenant_max = max};

		wp_table_set_limits(known->table, &limits);
	}
}

uint64_t
tables_tenant_entries(const struct tables *tables, uint16_t tenant)
{
	uint64_t n = 0;

	for (const struct known_table *known = tables->known; known != NULL; known = known->next)
		n += wp_table_tenant_entries(known->table, tenant);
	return n;
}

/** Writes what an instance is known by. There is one tracker at most: its flows are those of the
 * next one, whatever that is called. */
static void
instance_name(char name[INSTANCE_NAME_MAX], const char *service, const char *instance)
{
	if (strcmp(service, stream_service.name) == 0)
		instance = service;
	snprintf(name, INSTANCE_NAME_MAX, "%s/%s", service, instance);
}

void
tables_forget_instances(struct tables *tables, const struct document *document)
{
	json_t *kept = json_object();
	char name[INSTANCE_NAME_MAX];

	for (uint32_t i = 0; kept != NULL && i < document->n_instances; i++) {
		instance_name(name, document->instances[i].service, document->instances[i].name);
		if (json_object_set(kept, name, json_object_get(tables->instances, name)) != 0) {
			json_decref(kept);
			kept = NULL;
		}
	}
	if (kept == NULL)
		return; /* without memory nothing is forgotten */
	json_decref(tables->instances);
	tables->instances = kept;
}

uint32_t
tables_instance(struct tables *tables, const char *service, const char *instance)
{
	char name[INSTANCE_NAME_MAX];
	const json_t *known;
	uint32_t next = tables->last_instance + 1;

	instance_name(name, service, instance);
	known = json_object_get(tables->instances, name);
	if (known != NULL)
		return (uint32_t)json_integer_value(known);
	if (json_object_set_new(tables->instances, name, json_integer(next)) != 0)
		return 0;
	return tables->last_instance = next;
}

static struct wp_counter *
counter_of(struct wp_entry *entry)
{
	return wp_atomics(entry);
}

/** Reserves the next chunk on disk, then lets workers use it. */
static int
extend(struct reserve *reserve, struct known_counter *known)
{
	struct wp_counter *counter = counter_of(known->entry);
	uint64_t next = atomic_load_explicit(&counter->next, memory_order_relaxed);
	uint64_t limit = next > UINT64_MAX - known->chunk ? UINT64_MAX : next + known->chunk;
	int err = reserve_extend(reserve, known->id, limit);

	if (err == 0)
		atomic_store_explicit(&counter->reserved, limit, memory_order_release);
	return err;
}

int
tables_reserve(struct tables *tables, struct reserve *reserve, struct wp_table *table,
	       struct wp_entry *entry, const void *key)
{
	struct wp_counter *counter = counter_of(entry);
	struct known_counter *new;
	int err;

	if (wp_table_key_size(table, entry->key_version, false) != RESERVE_ID_SIZE)
		return -EINVAL;
	for (struct known_counter *known = tables->counters; known != NULL; known = known->next) {
		if (known->entry == entry)
			return 0;
		/* What the one reserves, the other would take for its own. */
		if (memcmp(known->id, key, RESERVE_ID_SIZE) == 0)
			return -EBUSY;
	}
	new = calloc(1, sizeof(*new));
	if (new == NULL)
		return -ENOMEM;
	new->entry = entry;
	new->chunk = CHUNK_MIN;
	memcpy(new->id, key, RESERVE_ID_SIZE);
	atomic_store_explicit(&counter->next, reserve_next(reserve, new->id, 1),
			      memory_order_relaxed);
	err = extend(reserve, new);
	if (err != 0) {
		free(new);
		return err;
	}
	new->next = tables->counters;
	tables->counters = new;
	return 0;
}

int
tables_refill(struct tables *tables, struct reserve *reserve)
{
	int err = 0;

	for (struct known_counter *known = tables->counters; known != NULL; known = known->next) {
		const struct wp_counter *counter = counter_of(known->entry);
		uint64_t next = atomic_load_explicit(&counter->next, memory_order_relaxed);
		uint64_t reserved = atomic_load_explicit(&counter->reserved, memory_order_relaxed);
		uint64_t left = reserved > next ? reserved - next : 0;
		int failed;

		if (left > known->chunk / 2 || reserved == UINT64_MAX)
			continue;
		if (left < known->chunk / 4 && known->chunk < CHUNK_MAX)
			known->chunk *= 2; /* used up faster than we look */
		failed = extend(reserve, known);
		if (failed != 0)
			err = failed;
	}
	return err;
}

void
tables_reclaim(struct tables *tables)
{
	for (struct known_table *known = tables->known; known != NULL; known = known->next)
		wp_table_reclaim(known->table);
}

const struct known_table *
tables_first(const struct tables *tables)
{
	return atomic_load_explicit(&tables->known, memory_order_acquire);
}

const struct known_table *
known_table_next(const struct known_table *known)
{
	return known->next;
}

struct wp_table *
known_table(const struct known_table *known)
{
	return known->table;
}

const char *
known_table_service(const struct known_table *known)
{
	return known->service;
}

void
tables_each(struct tables *tables,
	    void (*fn)(void *arg, const char *service, struct wp_table *table), void *arg)
{
	for (struct known_table *known = tables->known; known != NULL; known = known->next)
		fn(arg, known->service, known->table);
}
