/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Look-ups, many at once: in passes, so that one key's cache misses hide behind the others'. A key
 * is hashed and compared where the service wrote it.
 */

#include <string.h>

#include "state/siphash.h"
#include "state/table.h"

enum {
	LOOKUPS_MAX = WP_BURST_MAX * WP_STATE_MAX,
	LANES = 8,  /* keys that are hashed at a time */
	AHEAD = 16, /* entries that are asked for in front of the one that is looked at */
};

void
wp_table_address(const struct wp_table *table, struct wp_key *key, uint32_t instance,
		 uint16_t tenant)
{
	key->prefix = table_prefix(table, instance, tenant, key->version, key->second);
}

/** @return bytes of a key as it is hashed. */
static inline unsigned int
stored_size(struct wp_table *const *tables, const struct wp_key *key)
{
	return table_stored_size(table_arena(tables[key->table], key->version), key->second);
}

/** Hashes keys, those of one size together, and asks for the lines where they begin. */
static void
hash_all(struct wp_table *const *tables, struct wp_key *const *keys, unsigned int n)
{
	const void *data[LOOKUPS_MAX];
	uint64_t hashes[LOOKUPS_MAX];

	for (unsigned int from = 0, to; from < n; from = to) {
		unsigned int size = stored_size(tables, keys[from]);

		for (to = from; to < n && stored_size(tables, keys[to]) == size; to++)
			data[to] = &keys[to]->prefix;
		wp_siphash_bulk(tables[keys[from]->table]->hash_key, &data[from], size,
				&hashes[from], to - from);
	}
	for (unsigned int i = 0; i < n; i++) {
		keys[i]->hash = hashes[i];
		index_prefetch(tables[keys[i]->table], hashes[i]);
	}
}

/** What a key most likely means. */
struct guess {
	const struct wp_entry *entry; /* NULL: none, or several */
	const struct arena *arena;    /* that it is of */
};

/** Finds the entry that a key most likely means, and asks for it. */
static inline struct guess
guess(const struct wp_table *table, uint64_t hash)
{
	const struct line *line = &table->lines[index_home(table, hash)];
	unsigned int matches = line_matches(line, index_tag(hash));
	const struct arena *arena;
	uint32_t ref;
	char *entry;

	if (matches == 0)
		return (struct guess){NULL, NULL};
	ref = (uint32_t)atomic_load_explicit(&line->slots[__builtin_ctz(matches)],
					     memory_order_acquire);
	if (ref-- == 0)
		return (struct guess){NULL, NULL}; /* a free slot looks like a tag of zeros */
	arena = &table->arenas[ref >> 31];
	entry = (char *)arena->base + (size_t)(ref & INT32_MAX) * arena->entry_size;
	__builtin_prefetch(entry);
	for (unsigned int at = arena->fetch_from; at < arena->fetch_to; at += 64)
		__builtin_prefetch(entry + at);
	return (struct guess){(const struct wp_entry *)entry, arena};
}

/** @return the entry of a key of @p size bytes as it is stored, by what was guessed, or by a
 * search. A key begins with which one of which layout it is, so that others are never taken for it.
 */
static inline struct wp_entry *
confirm(struct wp_table *table, const struct wp_key *key, unsigned int size, struct guess guessed)
{
	uint32_t ref;

	if (__builtin_expect(guessed.entry != NULL, 1) &&
	    __builtin_expect(
		    table_stored_size(guessed.arena, key->second) == size &&
			    keys_equal(entry_key(guessed.entry, guessed.arena, key->second),
				       &key->prefix, size),
		    1))
		return (struct wp_entry *)(uintptr_t)guessed.entry;
	ref = index_find(table, key->hash, &key->prefix, size, key->second);
	return ref == NO_ENTRY ? NULL : table_entry(table, ref);
}

/** @return whether all keys are of one table, one layout and one kind: the usual case. */
static bool
are_alike(struct wp_key *const *keys, unsigned int n)
{
	unsigned int differ = 0;

	for (unsigned int i = 1; i < n; i++)
		differ |= (keys[i]->table ^ keys[0]->table) |
			  (keys[i]->version ^ keys[0]->version) |
			  (keys[i]->second ^ keys[0]->second);
	return differ == 0;
}

/** Looks up keys of one table, layout and kind; what they have in common is worked out once. n >= 1
 */
static void
resolve_alike(struct wp_table *table, struct wp_key *const *keys, unsigned int n)
{
	unsigned int size =
		table_stored_size(table_arena(table, keys[0]->version), keys[0]->second);
	const void *data[LOOKUPS_MAX];
	uint64_t hashes[LOOKUPS_MAX];
	struct guess guessed[LOOKUPS_MAX];
	unsigned int i = 0;

	do
		data[i] = &keys[i]->prefix;
	while (++i < n);
	/* Lines come while further keys are hashed. */
	for (i = 0; i < n; i += LANES) {
		unsigned int part = n - i < LANES ? n - i : LANES;

		wp_siphash_bulk(table->hash_key, &data[i], size, &hashes[i], part);
		for (unsigned int k = i; k < i + part; k++)
			index_prefetch(table, hashes[k]);
	}
	for (i = 0; i < n && i < AHEAD; i++)
		guessed[i] = guess(table, hashes[i]);
	for (i = 0; i < n; i++) {
		if (i + AHEAD < n)
			guessed[i + AHEAD] = guess(table, hashes[i + AHEAD]);
		keys[i]->hash = hashes[i];
		keys[i]->entry = confirm(table, keys[i], size, guessed[i]);
	}
}

void
wp_table_resolve(struct wp_table *const *tables, struct wp_key *const *keys, unsigned int n)
{
	struct guess guessed[LOOKUPS_MAX];

	if (n != 0 && are_alike(keys, n)) {
		resolve_alike(tables[keys[0]->table], keys, n);
		return;
	}
	hash_all(tables, keys, n);
	for (unsigned int i = 0; i < n; i++)
		guessed[i] = guess(tables[keys[i]->table], keys[i]->hash);
	for (unsigned int i = 0; i < n; i++)
		keys[i]->entry = confirm(tables[keys[i]->table], keys[i],
					 stored_size(tables, keys[i]), guessed[i]);
}

struct wp_entry *
wp_table_find(struct wp_core *core, struct wp_table *table, uint16_t tenant, uint8_t version,
	      bool second, const void *parts)
{
	const struct arena *arena = table_arena(table, version);
	struct wp_key key = {.version = version, .second = second}, *keys = &key;

	memcpy(key.bytes, parts, second ? arena->key2_size : arena->key_size);
	wp_table_address(table, &key, core->instance, tenant);
	wp_table_resolve(&table, &keys, 1);
	return key.entry;
}

const uint8_t *
wp_table_key2(const struct wp_table *table, const struct wp_entry *entry)
{
	const struct arena *arena = table_arena_of((struct wp_table *)(uintptr_t)table, entry);

	return entry_key(entry, arena, true) + KEY_PREFIX;
}
