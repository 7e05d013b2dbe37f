/* SPDX-License-Identifier: BSD-3-Clause */
/* Entries of a table that come to their end: removed, given back, or not used for too long. */

#include "state/siphash.h"
#include "state/table.h"
#include "state/wheel.h"

void
remove_entry(struct wp_table *table, unsigned int cache, struct wp_entry *entry)
{
	struct arena *arena = table_arena_of(table, entry);
	uint32_t ref = table_ref(arena, entry);

	for (unsigned int second = 0; second < (arena->key2_size != 0 ? 2 : 1); second++)
		index_remove(table,
			     wp_siphash(table->hash_key, entry_key(entry, arena, second),
					table_stored_size(arena, second)),
			     ref);
	if (entry->prev != NO_ENTRY) {
		wheel_remove(table, &table->wheels[entry->bucket], entry);
		entry->prev = NO_ENTRY;
	}
	limits_dismiss(table, entry->tenant);
	wp_write(entry, (uint64_t)entry->used << WP_TICK_SHIFT);
	atomic_store_explicit(&entry->key_version, 0, memory_order_release);
	wp_written(entry);
	entries_retire(table, arena, cache, ref);
}

void
wp_table_remove(struct wp_core *core, struct wp_table *table, struct wp_entry *entry)
{
	/* What is gone, or held by a configuration, is not the service's to remove. */
	if (atomic_load_explicit(&entry->key_version, memory_order_relaxed) != 0 &&
	    entry->refs == 0)
		remove_entry(table, core->worker, entry);
}

void
wp_table_release(struct wp_table *table, struct wp_entry *entry)
{
	if (--entry->refs == 0 && table->decl.class != WP_COUNTER && !table->decl.lasting)
		remove_entry(table, table->n_workers, entry);
}

void
wp_table_set_idle(struct wp_table *table, struct wp_entry *entry, uint32_t ticks, uint64_t now_ns)
{
	struct wheel *wheel = &table->wheels[entry->bucket];
	bool linked = entry->prev != NO_ENTRY; /* maybe even if it was never to expire */
	bool sooner = ticks != 0 && (entry->idle == 0 || ticks < entry->idle);

	if (atomic_load_explicit(&entry->key_version, memory_order_relaxed) == 0)
		return; /* its memory will be another's: no list may have it */
	wp_touch(entry, now_ns);
	entry->idle = ticks;
	if (linked && sooner)
		wheel_remove(table, wheel, entry);
	if (ticks != 0 && (sooner || !linked))
		wheel_add(table, wheel, table_ref(table_arena_of(table, entry), entry), entry);
}

bool
wp_table_expires(const struct wp_table *table)
{
	return table->wheels != NULL;
}

unsigned int
wp_table_expire(struct wp_table *table, unsigned int cache, uint8_t bucket, uint64_t now_ns,
		unsigned int budget, wp_expire_fn fn, void *arg)
{
	struct wheel *wheel = &table->wheels[bucket];
	uint32_t now = (uint32_t)(now_ns >> WP_TICK_SHIFT), ref;
	struct wp_entry *entry;

	if (wheel->n == 0)
		return budget;
	while ((entry = wheel_next(table, wheel, now, &budget, &ref)) != NULL) {
		uint32_t more = fn == NULL ? 0 : fn(arg, table, entry);

		if (entry->key_version == 0)
			continue; /* it was removed meanwhile */
		if (more == 0) {
			remove_entry(table, cache, entry);
			continue;
		}
		entry->used = now;
		entry->idle = more;
		if (entry->prev == NO_ENTRY)
			wheel_add(table, wheel, ref, entry);
	}
	return budget;
}
