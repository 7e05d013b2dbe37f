/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory of entries: numbered, in one reserved stretch for each layout. Free ones are on a shared
 * stack and in small caches of the workers; removed ones wait until no worker can still look at
 * them.
 */

#include <string.h>

#include "state/table.h"

enum {
	/* Bytes: what the fastest worker takes while control looks elsewhere; and before the first.
	 */
	AHEAD = 32 << 20,
	AHEAD_UNUSED = 2 << 20,
};

static struct wp_entry *
at(const struct arena *arena, uint32_t number)
{
	return (struct wp_entry *)(arena->base + (size_t)number * arena->entry_size);
}

/** Puts an entry on the shared stack. */
static void
push(struct arena *arena, uint32_t number)
{
	uint64_t head = atomic_load_explicit(&arena->free, memory_order_relaxed), next;

	do {
		__atomic_store_n(&at(arena, number)->refs, (uint32_t)head, __ATOMIC_RELAXED);
		next = ((head >> 32) + 1) << 32 |
		       number; /* the generation keeps old heads from fitting */
	} while (!atomic_compare_exchange_weak_explicit(
		&arena->free, &head, next, memory_order_release, memory_order_relaxed));
}

/** Takes an entry off the shared stack, or a new one. @return its number; NO_ENTRY: none left */
static uint32_t
pop(struct arena *arena)
{
	uint64_t head = atomic_load_explicit(&arena->free, memory_order_acquire), next;
	uint32_t number;

	while ((uint32_t)head != NO_ENTRY) {
		next = ((head >> 32) + 1) << 32 |
		       __atomic_load_n(&at(arena, (uint32_t)head)->refs, __ATOMIC_RELAXED);
		if (atomic_compare_exchange_weak_explicit(
			    &arena->free, &head, next, memory_order_acquire, memory_order_acquire))
			return (uint32_t)head;
	}
	number = atomic_load_explicit(&arena->used, memory_order_relaxed);
	while (number < arena->max)
		if (atomic_compare_exchange_weak_explicit(&arena->used, &number, number + 1,
							  memory_order_relaxed,
							  memory_order_relaxed))
			return number;
	return NO_ENTRY;
}

/** Sets entries aside for a worker. */
static void
refill(struct arena *arena, struct cache *own, unsigned int which)
{
	while (own->n[which] < CACHE_ENTRIES / 2) {
		uint32_t number = pop(arena);

		if (number == NO_ENTRY)
			return;
		own->entries[which][own->n[which]++] = number;
	}
}

uint32_t
entries_take(struct wp_table *table, struct arena *arena, unsigned int cache)
{
	struct cache *own = &table->caches[cache];
	unsigned int which = arena->bit != 0;
	uint32_t number;
	struct wp_entry *entry;

	if (own->n[which] == 0)
		refill(arena, own, which);
	if (own->n[which] == 0)
		return NO_ENTRY;
	number = own->entries[which][--own->n[which]];
	entry = at(arena, number);
	entry->dirty = 0;
	memset((uint8_t *)entry + sizeof(*entry), 0, arena->zeroed - sizeof(*entry));
	return number | arena->bit;
}

/** Writes to each page of a stretch, without changing it. */
static void
touch(uint8_t *from, const uint8_t *to)
{
	for (; from < to; from += PAGE)
		__atomic_fetch_or(from, 0, __ATOMIC_RELAXED);
}

void
entries_prepare(struct arena *arena)
{
	size_t used = (size_t)atomic_load_explicit(&arena->used, memory_order_relaxed) *
		      arena->entry_size;
	size_t ahead = used == 0 ? AHEAD_UNUSED : AHEAD, wanted = used + ahead;

	if (arena->base == NULL || arena->touched == arena->reserved)
		return;
	if (wanted > arena->reserved)
		wanted = arena->reserved;
	if (wanted <= arena->touched)
		return;
	touch(arena->base + arena->touched, arena->base + wanted);
	arena->touched = wanted;
}

void
entries_retire(struct wp_table *table, struct arena *arena, unsigned int cache, uint32_t ref)
{
	struct cache *own = &table->caches[cache];
	unsigned int which = arena->bit != 0;
	_Atomic uint32_t *limbo = &own->limbo[which];
	uint32_t number = ref & INT32_MAX, head;

	if (table->decl.at_once && own->n[which] < CACHE_ENTRIES) {
		own->entries[which][own->n[which]++] = number;
		return;
	}
	head = atomic_load_explicit(limbo, memory_order_relaxed);
	do
		at(arena, number)->refs = head;
	while (!atomic_compare_exchange_weak_explicit(limbo, &head, number, memory_order_release,
						      memory_order_relaxed));
}

void
wp_table_reclaim(struct wp_table *table)
{
	entries_prepare(&table->arenas[0]);
	entries_prepare(&table->arenas[1]);
	for (unsigned int c = 0; c <= table->n_workers; c++) {
		for (unsigned int a = 0; a < 2; a++) {
			struct cache *cache = &table->caches[c];
			struct arena *arena = &table->arenas[a];
			uint32_t number = cache->aged[a];

			while (number != NO_ENTRY) {
				uint32_t next = at(arena, number)->refs;

				push(arena, number);
				number = next;
			}
			cache->aged[a] = atomic_exchange_explicit(&cache->limbo[a], NO_ENTRY,
								  memory_order_acquire);
		}
	}
}
