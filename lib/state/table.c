/* SPDX-License-Identifier: BSD-3-Clause */
/* State tables: making them, and what is known of them as a whole. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "state/table.h"
#include "state/wheel.h"

enum {
	HUGE = 2 << 20, /* bytes of a huge page */
	LINE_FILL = 4,  /* keys in one line of the index when the table is full */
	WHEELS_SIZE = 256 * sizeof(struct wheel), /* one a bucket */
};

/** Reserves memory that is taken page by page as it is touched. */
static void *
reserve(size_t size)
{
	size_t spare = size < HUGE ? 0 : HUGE;
	uint8_t *memory = mmap(NULL, size + spare, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	size_t before;

	if (memory == MAP_FAILED)
		return NULL;
	if (spare == 0)
		return memory;
	before = -(uintptr_t)memory % HUGE;
	if (before != 0)
		munmap(memory, before);
	munmap(memory + before + table_round_up(size, PAGE), spare - before);
	madvise(memory + before, size, MADV_HUGEPAGE); /* a wish: without it all works the same */
	return memory + before;
}

static int
arena_create(const struct wp_table *table, struct arena *arena, uint8_t version, uint32_t max)
{
	int err = layout_arena(table, arena, version, max);

	if (err != 0)
		return err;
	arena->base = reserve(arena->reserved);
	atomic_init(&arena->free, NO_ENTRY);
	return arena->base == NULL ? -ENOMEM : 0;
}

static int
check_decl(const struct wp_table_decl *decl, const struct wp_table_limits *limits)
{
	if (decl->name == NULL || wp_table_decl_fault(decl) != NULL || limits->max_entries == 0 ||
	    limits->max_entries > ENTRIES_MAX || limits->n_tenants > WP_TENANT_IDS)
		return -EINVAL;
	return 0;
}

static int
index_create(struct wp_table *table, uint32_t max)
{
	uint64_t keys = (uint64_t)max * (table->decl.key2[0] != WP_KEY_END ? 2 : 1);

	table->n_lines = keys / LINE_FILL + 4;
	table->lines = reserve(table->n_lines * sizeof(struct line));
	if (table->lines == NULL)
		return -ENOMEM;
	/* Keys fall anywhere: all of it will be used soon. */
	memset(table->lines, 0, table->n_lines * sizeof(struct line));
	return 0;
}

static int
wheels_create(struct wp_table *table)
{
	if (table->decl.idle_ms == 0)
		return 0;
	table->wheels = reserve(WHEELS_SIZE);
	return table->wheels == NULL ? -ENOMEM : 0;
}

static int
caches_create(struct wp_table *table)
{
	size_t size = (table->n_workers + 1) * sizeof(struct cache);

	if (posix_memalign((void **)&table->caches, 64, size) != 0) {
		table->caches = NULL;
		return -ENOMEM;
	}
	memset(table->caches, 0, size);
	for (unsigned int c = 0; c <= table->n_workers; c++) {
		for (unsigned int a = 0; a < 2; a++) {
			atomic_init(&table->caches[c].limbo[a], NO_ENTRY);
			table->caches[c].aged[a] = NO_ENTRY;
		}
	}
	return 0;
}

int
wp_table_create(const struct wp_table_decl *decl, const struct wp_table_limits *limits,
		const struct wp_hash_key *hash_key, unsigned int n_workers, struct wp_table **table)
{
	struct wp_table *new;
	int err = check_decl(decl, limits);

	if (err != 0)
		return err;
	new = calloc(1, sizeof(*new));
	if (new == NULL)
		return -ENOMEM;
	new->decl = *decl;
	new->hash_key = hash_key;
	new->n_workers = n_workers;
	new->one_key2 = !layout_is_twofold(decl->key2);
	err = caches_create(new);
	if (err == 0)
		err = index_create(new, limits->max_entries);
	if (err == 0)
		err = wheels_create(new);
	if (err == 0)
		err = arena_create(new, &new->arenas[0], 4, limits->max_entries);
	if (err == 0 && (layout_is_twofold(decl->key) || layout_is_twofold(decl->key2)))
		err = arena_create(new, &new->arenas[1], 6, limits->max_entries);
	if (err == 0)
		err = wp_table_set_limits(new, limits);
	if (err != 0) {
		wp_table_destroy(new);
		return err;
	}
	entries_prepare(&new->arenas[0]);
	entries_prepare(&new->arenas[1]);
	*table = new;
	return 0;
}

void
wp_table_destroy(struct wp_table *table)
{
	if (table == NULL)
		return;
	for (unsigned int i = 0; i < 2; i++)
		if (table->arenas[i].base != NULL)
			munmap(table->arenas[i].base, table->arenas[i].reserved);
	if (table->lines != NULL)
		munmap(table->lines, table->n_lines * sizeof(struct line));
	if (table->wheels != NULL)
		munmap(table->wheels, WHEELS_SIZE);
	free(table->caches);
	free(table);
}

unsigned int
wp_table_key_size(const struct wp_table *table, uint8_t version, bool second)
{
	const struct arena *arena = table_arena((struct wp_table *)(uintptr_t)table, version);

	return second ? arena->key2_size : arena->key_size;
}

const struct wp_table_decl *
wp_table_decl(const struct wp_table *table)
{
	return &table->decl;
}

/** @return bytes of an entry of the layout that takes more. */
static uint32_t
largest_entry(const struct wp_table *table)
{
	uint32_t a = table->arenas[0].entry_size, b = table->arenas[1].entry_size;

	return a > b ? a : b;
}

void
wp_table_stats(const struct wp_table *table, struct wp_table_stats *stats)
{
	*stats = (struct wp_table_stats){
		.entries = atomic_load(&table->n_entries),
		.max = atomic_load(&table->max_entries),
		.refused_full = atomic_load(&table->refused_full),
		.refused_tenant = atomic_load(&table->refused_tenant),
	};
	stats->memory = table->n_lines * sizeof(struct line);
	if (table->wheels != NULL)
		stats->memory += WHEELS_SIZE;
	stats->memory_max = stats->memory + (uint64_t)stats->max * largest_entry(table);
	for (unsigned int i = 0; i < 2; i++)
		stats->memory +=
			(uint64_t)atomic_load(&table->arenas[i].used) * table->arenas[i].entry_size;
}
