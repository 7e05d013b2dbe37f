/* SPDX-License-Identifier: BSD-3-Clause */
/* Records in chains by hash, and in one list by age. */

#include "frag/table.h"

#include <errno.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX

enum { NOBODY = UINT16_MAX }; /* the tenant of a free record */

struct frag_table {
	alignas(64) uint32_t max;
	uint32_t used;
	uint32_t mask;                   /* of a hash */
	uint32_t free;                   /* first free record, linked by 'chain' */
	uint32_t oldest, newest;         /* linked by 'newer' and 'older' */
	uint32_t *heads;                 /* index: hash & mask */
	uint32_t n_waiting, max_waiting; /* packets in all records */
	uint16_t *tenants;               /* index: record */
	uint8_t *waiting;                /* index: record; packets that wait in it */
	struct frag_record *records;
};

int
frag_table_create(uint32_t max, uint32_t max_waiting, struct frag_table **table)
{
	struct frag_table *new;
	uint32_t n_heads = 1;

	while (n_heads < max)
		n_heads *= 2;
	if (posix_memalign((void **)&new, 64, sizeof(*new)) != 0)
		return -ENOMEM;
	*new = (struct frag_table){.max = max,
				   .max_waiting = max_waiting,
				   .mask = n_heads - 1,
				   .free = 0,
				   .oldest = NONE,
				   .newest = NONE};
	new->heads = malloc(n_heads * sizeof(*new->heads));
	new->tenants = malloc(max * sizeof(*new->tenants));
	new->waiting = calloc(max, sizeof(*new->waiting));
	new->records = calloc(max, sizeof(*new->records));
	if (new->heads == NULL || new->tenants == NULL || new->waiting == NULL ||
	    new->records == NULL) {
		frag_table_destroy(new);
		return -ENOMEM;
	}
	memset(new->heads, 0xff, n_heads * sizeof(*new->heads));
	memset(new->tenants, 0xff, max * sizeof(*new->tenants));
	for (uint32_t i = 0; i < max; i++)
		new->records[i].chain = i + 1 < max ? i + 1 : NONE;
	*table = new;
	return 0;
}

void
frag_table_destroy(struct frag_table *table)
{
	if (table == NULL)
		return;
	free(table->heads);
	free(table->tenants);
	free(table->waiting);
	free(table->records);
	free(table);
}

uint32_t
frag_table_used(const struct frag_table *table)
{
	return __atomic_load_n(&table->used, __ATOMIC_RELAXED);
}

uint32_t
frag_table_waiting(const struct frag_table *table)
{
	return table->n_waiting;
}

static struct frag_record *
at(const struct frag_table *table, uint32_t number)
{
	return number == NONE ? NULL : &table->records[number];
}

static uint32_t
number_of(const struct frag_table *table, const struct frag_record *record)
{
	return (uint32_t)(record - table->records);
}

static uint32_t *
head_of(const struct frag_table *table, uint64_t hash)
{
	return &table->heads[hash & table->mask];
}

struct frag_record *
frag_table_find(const struct frag_table *table, const struct frag_key *key, uint64_t hash)
{
	struct frag_record *record = at(table, *head_of(table, hash));

	while (record != NULL && memcmp(&record->key, key, sizeof(*key)) != 0)
		record = at(table, record->chain);
	return record;
}

static void
count(struct frag_table *table, uint32_t used)
{
	__atomic_store_n(&table->used, used, __ATOMIC_RELAXED);
}

struct frag_record *
frag_table_add(struct frag_table *table, const struct frag_key *key, uint64_t hash, uint64_t now_ns)
{
	uint32_t number = table->free, *head = head_of(table, hash);
	struct frag_record *record = at(table, number);

	if (record == NULL)
		return NULL;
	table->free = record->chain;
	memset(record, 0, offsetof(struct frag_record, spans));
	record->key = *key;
	record->made_ns = now_ns;
	record->head = (uint32_t)(head - table->heads);
	record->chain = *head;
	*head = number;
	record->older = table->newest;
	record->newer = NONE;
	if (table->newest == NONE)
		table->oldest = number;
	else
		table->records[table->newest].newer = number;
	table->newest = number;
	table->tenants[number] = key->tenant;
	count(table, table->used + 1);
	return record;
}

/** Takes a record out of its chain. */
static void
unchain(struct frag_table *table, const struct frag_record *record)
{
	uint32_t number = number_of(table, record), *link = &table->heads[record->head];

	while (*link != number)
		link = &table->records[*link].chain;
	*link = record->chain;
}

void
frag_table_remove(struct frag_table *table, struct frag_record *record)
{
	uint32_t number = number_of(table, record);

	unchain(table, record);
	if (record->older == NONE)
		table->oldest = record->newer;
	else
		table->records[record->older].newer = record->newer;
	if (record->newer == NONE)
		table->newest = record->older;
	else
		table->records[record->newer].older = record->older;
	table->tenants[number] = NOBODY;
	record->chain = table->free;
	table->free = number;
	count(table, table->used - 1);
}

struct frag_record *
frag_table_oldest(const struct frag_table *table)
{
	return at(table, table->oldest);
}

struct frag_record *
frag_table_newer(const struct frag_table *table, const struct frag_record *record)
{
	return at(table, record->newer);
}

/** @return a tenant's datagrams; or, @p waiting, its packets that wait. */
static uint32_t
share_of(const struct frag_table *table, uint16_t tenant, bool waiting)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < table->max; i++)
		n += table->tenants[i] == tenant ? (waiting ? table->waiting[i] : 1) : 0;
	return n;
}

/**
 * Finds the oldest record of @p tenant; or, for NOBODY, of any that has more than @p than. Poisoned
 * ones come last.
 * @param waiting  only records in which packets wait; the tenants are compared by these
 */
static struct frag_record *
oldest_of(const struct frag_table *table, uint16_t tenant, uint32_t than, bool waiting)
{
	struct frag_record *record = frag_table_oldest(table), *poisoned = NULL;
	uint16_t looked_at = NOBODY;
	bool fits = false;

	for (unsigned int i = 0; record != NULL && i < FRAG_SEARCH_MAX; i++) {
		uint16_t whose = record->key.tenant;

		if (whose != looked_at) {
			looked_at = whose;
			fits = tenant == NOBODY ? share_of(table, whose, waiting) > than
						: whose == tenant;
		}
		if (fits && (!waiting || record->n_waiting != 0)) {
			if (record->fault == FRAG_FINE)
				return record;
			poisoned = poisoned == NULL ? record : poisoned;
		}
		record = at(table, record->newer);
	}
	return poisoned;
}

/** @return who makes room for one more of @p tenant's. */
static struct frag_record *
make_room(const struct frag_table *table, uint16_t tenant, uint32_t all, bool waiting)
{
	uint32_t own = share_of(table, tenant, waiting);
	struct frag_record *record = NULL;

	if (own < all - own) /* else nobody has more */
		record = oldest_of(table, NOBODY, own, waiting);
	return record != NULL ? record : oldest_of(table, tenant, 0, waiting);
}

struct frag_record *
frag_table_victim(const struct frag_table *table, uint16_t tenant)
{
	return make_room(table, tenant, table->used, false);
}

struct frag_record *
frag_table_waiting_victim(const struct frag_table *table, uint16_t tenant)
{
	return make_room(table, tenant, table->n_waiting, true);
}

bool
frag_table_wait(struct frag_table *table, struct frag_record *record, struct wp_packet *pkt)
{
	if (table->n_waiting == table->max_waiting || record->n_waiting == FRAG_SPANS_MAX)
		return false;
	frag_wait(record, pkt);
	table->n_waiting++;
	table->waiting[number_of(table, record)]++;
	return true;
}

struct wp_packet *
frag_table_take(struct frag_table *table, struct frag_record *record)
{
	table->n_waiting -= record->n_waiting;
	table->waiting[number_of(table, record)] = 0;
	return frag_take_waiting(record);
}
