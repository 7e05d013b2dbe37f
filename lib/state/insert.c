/* SPDX-License-Identifier: BSD-3-Clause */
/* New entries of a table: those that packets make, those that come back from elsewhere, and those
 * that configurations hold. */

#include <errno.h>
#include <string.h>

#include "state/siphash.h"
#include "state/table.h"
#include "state/wheel.h"

/** A new entry on its way in. */
struct newcomer {
	uint32_t instance;
	uint16_t tenant;
	uint8_t version;
	unsigned int cache;
	uint32_t used, idle; /* ticks */
	uint64_t stored[2][KEY_STORED_MAX / 8];
	uint64_t hash[2];
};

/** Stores a key as it is hashed and compared, and hashes it. */
static uint64_t
store_key(const struct wp_table *table, const struct arena *arena, struct newcomer *new,
	  bool second, const void *key)
{
	uint64_t *stored = new->stored[second];
	uint16_t size = table_stored_size(arena, second);
	uint8_t version = second && table->one_key2 ? 4 : new->version;

	memset(stored, 0, sizeof(new->stored[0]));
	stored[0] = table_prefix(table, new->instance, new->tenant, version, second);
	if (key != NULL)
		memcpy(&stored[1], key, second ? arena->key2_size : arena->key_size);
	return new->hash[second] = wp_siphash(table->hash_key, stored, size);
}

uint8_t
wp_table_key_bucket(const struct wp_table *table, uint32_t instance, uint16_t tenant,
		    uint8_t version, const void *key)
{
	struct wp_table *all = (struct wp_table *)(uintptr_t)table;
	struct newcomer one = {.instance = instance, .tenant = tenant, .version = version};

	return wp_hash_bucket(store_key(table, table_arena(all, version), &one, false, key));
}

static void
prepare(const struct wp_table *table, const struct arena *arena, struct newcomer *new,
	const void *key, const void *key2)
{
	store_key(table, arena, new, false, key);
	if (arena->key2_size != 0)
		store_key(table, arena, new, true, key2);
}

/** Fills an entry that nobody sees yet. */
static void
fill(const struct wp_table *table, const struct arena *arena, const struct newcomer *new,
     uint8_t bucket, struct wp_entry *entry)
{
	entry->instance = table->decl.global ? 0 : new->instance;
	entry->tenant = table->decl.global ? 0 : new->tenant;
	entry->bucket = table->decl.owner == WP_OWNER_KEY ? wp_hash_bucket(new->hash[0]) : bucket;
	entry->value = (uint8_t)(arena->value_offset / 8);
	entry->part = (uint16_t)(table->decl.class == WP_SHARED
					 ? table_round_up(table->decl.value_size, 64) / 64
					 : 0);
	entry->refs = 0;
	entry->used = new->used;
	entry->idle = new->idle;
	entry->next = entry->prev = NO_ENTRY;
	memcpy(entry_key(entry, arena, false), new->stored[0], arena->key_stored);
	if (arena->key2_size != 0)
		memcpy(entry_key(entry, arena, true), new->stored[1], arena->key2_stored);
	if (table->decl.class == WP_COUNTER) {
		struct wp_counter *counter = wp_atomics(entry);

		atomic_init(&counter->reserved, table->decl.durable ? 0 : UINT64_MAX);
	}
	atomic_store_explicit(&entry->key_version, new->version, memory_order_release);
}

/** Makes an entry findable by both keys, or by none. */
static int
publish(struct wp_table *table, const struct arena *arena, const struct newcomer *new, uint32_t ref)
{
	int err = index_insert(table, new->hash[0], new->stored[0], arena->key_stored, false, ref);

	if (err != 0 || arena->key2_size == 0)
		return err;
	err = index_insert(table, new->hash[1], new->stored[1], arena->key2_stored, true, ref);
	if (err != 0)
		index_remove(table, new->hash[0], ref);
	return err;
}

static int
insert(struct wp_table *table, struct arena *arena, struct newcomer *new, uint8_t bucket,
       struct wp_entry **entry)
{
	struct wp_entry *made;
	uint32_t ref;
	int err;

	index_prefetch(table, new->hash[0]);
	if (arena->key2_size != 0)
		index_prefetch(table, new->hash[1]);
	err = limits_admit(table, table->decl.global ? 0 : new->tenant);
	if (err != 0)
		return err;
	ref = entries_take(table, arena, new->cache);
	if (ref == NO_ENTRY) {
		err = -ENOSPC;
		goto err_admitted;
	}
	made = table_entry(table, ref);
	fill(table, arena, new, bucket, made);
	err = publish(table, arena, new, ref);
	if (err != 0)
		goto err_taken;
	if (table->wheels != NULL)
		wheel_add(table, &table->wheels[made->bucket], ref, made);
	*entry = made;
	return 0;

err_taken:
	atomic_store_explicit(&made->key_version, 0, memory_order_release);
	entries_retire(table, arena, new->cache, ref); /* others may have seen it for a moment */
	if (err == -ENOSPC)
		atomic_fetch_add_explicit(&table->refused_full, 1, memory_order_relaxed);
err_admitted:
	limits_dismiss(table, table->decl.global ? 0 : new->tenant);
	return err;
}

/** Inserts for a worker. Errors, and @p entry, as wp_table_insert(). */
static int
insert_or_find(struct wp_table *table, struct newcomer *new, uint8_t bucket, const void *key,
	       const void *key2, struct wp_entry **entry)
{
	struct arena *arena = table_arena(table, new->version);
	uint32_t ref;
	int err;

	if (new->tenant >= WP_TENANT_IDS || new->version == 0) /* 0: a removed entry's */
		return -EINVAL;
	prepare(table, arena, new, key, key2);
	err = insert(table, arena, new, bucket, entry);
	if (err != -EEXIST)
		return err;
	ref = index_find(table, new->hash[0], new->stored[0], arena->key_stored, false);
	if (ref != NO_ENTRY)
		*entry = table_entry(table, ref);
	return err;
}

/** @return ticks without a touch that entries have until somebody says otherwise. */
static uint32_t
declared_idle(const struct wp_table *table)
{
	return table->decl.idle_ms == 0 ? 0 : wp_ticks(table->decl.idle_ms);
}

int
wp_table_insert(struct wp_core *core, struct wp_table *table, uint16_t tenant, uint8_t bucket,
		uint8_t version, const void *key, const void *key2, struct wp_entry **entry)
{
	struct newcomer new = {.instance = core->instance,
			       .tenant = tenant,
			       .version = version,
			       .cache = core->worker,
			       .used = (uint32_t)(core->now_ns >> WP_TICK_SHIFT),
			       .idle = declared_idle(table)};

	return insert_or_find(table, &new, bucket, key, key2, entry);
}

int
wp_table_restore(struct wp_core *core, struct wp_table *table, const struct wp_record *record,
		 struct wp_entry **entry)
{
	struct newcomer new = {.instance = core->instance,
			       .tenant = record->tenant,
			       .version = record->key_version,
			       .cache = core->worker,
			       .used = record->used,
			       .idle = table->wheels == NULL ? 0 : record->idle};
	int err = insert_or_find(table, &new, record->bucket, record->key, record->key2, entry);

	if (err != 0)
		return err;
	memcpy(wp_write(*entry, (uint64_t)record->used << WP_TICK_SHIFT), record->value,
	       record->value_size);
	wp_written(*entry);
	return 0;
}

const char *
wp_restore_fault(int err)
{
	switch (err) {
	case -EEXIST:
		return "is there already";
	case -ENOSPC:
		return "the table is full";
	case -EDQUOT:
		return "its tenant has as many entries as it may";
	default:
		return "cannot be";
	}
}

/** @return the entry of an arena that nobody holds, and that was touched longest ago; or NULL */
static struct wp_entry *
oldest_left(const struct arena *arena)
{
	uint32_t used = atomic_load(&arena->used);
	struct wp_entry *oldest = NULL;

	for (uint32_t i = 0; i < used; i++) {
		struct wp_entry *entry =
			(struct wp_entry *)(arena->base + (size_t)i * arena->entry_size);

		if (atomic_load(&entry->key_version) != 0 && entry->refs == 0 &&
		    (oldest == NULL || (int32_t)(entry->used - oldest->used) < 0))
			oldest = entry;
	}
	return oldest;
}

/** Inserts an entry for a configuration; what lasts without one makes room. */
static int
insert_held(struct wp_table *table, struct arena *arena, struct newcomer *new,
	    struct wp_entry **entry)
{
	uint8_t bucket = wp_hash_bucket(new->hash[0]);
	int err = insert(table, arena, new, bucket, entry);
	struct wp_entry *oldest;

	if ((err != -ENOSPC && err != -EDQUOT) || !table->decl.lasting)
		return err;
	oldest = oldest_left(arena);
	if (oldest == NULL)
		return err;
	remove_entry(table, table->n_workers, oldest);
	return insert(table, arena, new, bucket, entry);
}

int
wp_table_hold(struct wp_table *table, uint32_t instance, uint16_t tenant, uint8_t version,
	      const void *key, struct wp_entry **entry)
{
	struct newcomer new = {.instance = instance,
			       .tenant = tenant,
			       .version = version,
			       .cache = table->n_workers};
	struct arena *arena = table_arena(table, version);
	struct wp_entry *found;
	uint32_t ref;

	if (arena->key2_size != 0 || table->wheels != NULL)
		return -EINVAL; /* two keys, or an end, have only what packets make */
	prepare(table, arena, &new, key, NULL);
	ref = index_find(table, new.hash[0], new.stored[0], arena->key_stored, false);
	if (ref != NO_ENTRY) {
		found = table_entry(table, ref);
	} else {
		int err = insert_held(table, arena, &new, &found);

		if (err != 0)
			return err;
	}
	found->refs++;
	*entry = found;
	return 0;
}
