/* SPDX-License-Identifier: BSD-3-Clause */
/* Consistent copies of entries, taken while their owners go on writing. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "state/table.h"

enum { TRIES = 10000 };

/** Copies an entry as it was at one moment. @return false when it is free, or too busy */
static bool
copy_entry(const struct wp_entry *entry, uint32_t size, struct wp_entry *copy)
{
	for (unsigned int i = 0; i < TRIES; i++) {
		uint32_t version = atomic_load_explicit(&entry->version, memory_order_acquire);

		if (atomic_load_explicit(&entry->key_version, memory_order_acquire) == 0)
			return false;
		if ((version & 1) != 0)
			continue;
		memcpy(copy, entry, size);
		atomic_thread_fence(memory_order_acquire);
		if (atomic_load_explicit(&entry->version, memory_order_relaxed) == version)
			return atomic_load_explicit(&copy->key_version, memory_order_relaxed) != 0;
	}
	return false;
}

/** Adds one part to another. */
static void
add_part(const struct wp_table *table, uint8_t *into, const uint8_t *part)
{
	if (table->decl.combine != NULL) {
		table->decl.combine(into, part);
		return;
	}
	for (uint32_t at = 0; at + 8 <= table->decl.value_size; at += 8) {
		uint64_t sum, add;

		memcpy(&sum, into + at, 8);
		memcpy(&add, part + at, 8);
		sum += add;
		memcpy(into + at, &sum, 8);
	}
}

void
wp_shared_add(const struct wp_table *table, struct wp_entry *entry, unsigned int worker,
	      const void *value)
{
	add_part(table, wp_shared_part(entry, worker), value);
}

/** Adds a shared entry's parts up, into the first. */
static void
combine(const struct wp_table *table, struct wp_entry *copy)
{
	for (unsigned int w = 1; w < table->n_workers; w++)
		add_part(table, wp_shared_part(copy, 0), wp_shared_part(copy, w));
}

static int
export_entry(struct wp_table *table, const struct arena *arena, struct wp_entry *copy,
	     wp_export_fn fn, void *arg)
{
	const struct wp_record record = {
		.table = table->decl.name,
		.layout = table->decl.version,
		.instance = copy->instance,
		.used = copy->used,
		.idle = copy->idle,
		.tenant = copy->tenant,
		.bucket = copy->bucket,
		.key_version = atomic_load_explicit(&copy->key_version, memory_order_relaxed),
		.key = entry_key(copy, arena, false) + KEY_PREFIX,
		.key2 = arena->key2_size == 0 ? NULL : entry_key(copy, arena, true) + KEY_PREFIX,
		.value = wp_value(copy),
		.key_size = arena->key_size,
		.key2_size = arena->key2_size,
		.value_size = table->decl.value_size,
	};

	if (table->decl.class == WP_SHARED)
		combine(table, copy);
	memset((uint8_t *)copy + (size_t)copy->value * 8, 0, table->decl.local);
	return fn(arg, &record);
}

/** Looks at entries of one layout, from *number on. @return 0, or what @p fn said that was not 0 */
static int
export_arena(struct wp_table *table, const struct arena *arena, int bucket, uint32_t *number,
	     uint32_t end, wp_export_fn fn, void *arg)
{
	struct wp_entry *copy = aligned_alloc(64, ((size_t)arena->entry_size + 63) / 64 * 64);
	int err = copy == NULL ? -ENOMEM : 0;

	while (err == 0 && *number < end) {
		const struct wp_entry *entry = table_entry(table, (*number)++ | arena->bit);

		if ((bucket < 0 || entry->bucket == bucket) &&
		    copy_entry(entry, arena->entry_size, copy))
			err = export_entry(table, arena, copy, fn, arg);
	}
	free(copy);
	return err;
}

int
wp_table_export_some(struct wp_table *table, int bucket, uint64_t *at, uint32_t n, wp_export_fn fn,
		     void *arg)
{
	const struct arena *arena = &table->arenas[*at >> 32];
	uint32_t number = (uint32_t)*at, used = atomic_load(&arena->used);
	uint32_t end = used - number < n ? used : number + n;
	int err = number < end ? export_arena(table, arena, bucket, &number, end, fn, arg) : 0;

	*at = (*at >> 32) << 32 | number;
	if (err != 0)
		return err;
	if (number < used)
		return 1;
	*at = (uint64_t)1 << 32;
	return arena == &table->arenas[0];
}

int
wp_table_export(struct wp_table *table, int bucket, wp_export_fn fn, void *arg)
{
	uint64_t at = 0;
	int err;

	do
		err = wp_table_export_some(table, bucket, &at, UINT32_MAX, fn, arg);
	while (err == 1);
	return err;
}
