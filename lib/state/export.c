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

/** Adds a shared entry's parts up, into the first. */
static void
combine(const struct wp_table *table, struct wp_entry *copy)
{
	uint8_t *into = wp_shared_part(copy, 0);

	for (unsigned int w = 1; w < table->n_workers; w++) {
		const uint8_t *part = wp_shared_part(copy, w);

		if (table->decl.combine != NULL) {
			table->decl.combine(into, part);
			continue;
		}
		for (uint32_t at = 0; at + 8 <= table->decl.value_size; at += 8) {
			uint64_t sum, add;

			memcpy(&sum, into + at, 8);
			memcpy(&add, part + at, 8);
			sum += add;
			memcpy(into + at, &sum, 8);
		}
	}
}

static int
export_entry(struct wp_table *table, const struct arena *arena, struct wp_entry *copy,
	     wp_export_fn fn, void *arg)
{
	const struct wp_record record = {
		.table = table->decl.name,
		.layout = table->decl.version,
		.instance = copy->instance,
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
	return fn(arg, &record);
}

int
wp_table_export(struct wp_table *table, int bucket, wp_export_fn fn, void *arg)
{
	int err = 0;

	for (unsigned int a = 0; err == 0 && a < 2; a++) {
		const struct arena *arena = &table->arenas[a];
		uint32_t used = atomic_load(&arena->used);
		struct wp_entry *copy =
			used == 0 ? NULL
				  : aligned_alloc(64, ((size_t)arena->entry_size + 63) / 64 * 64);

		if (used != 0 && copy == NULL)
			return -ENOMEM;
		for (uint32_t i = 0; err == 0 && i < used; i++) {
			const struct wp_entry *entry = table_entry(table, i | arena->bit);

			if ((bucket < 0 || entry->bucket == bucket) &&
			    copy_entry(entry, arena->entry_size, copy))
				err = export_entry(table, arena, copy, fn, arg);
		}
		free(copy);
	}
	return err;
}
