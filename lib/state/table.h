/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside of a state table; for the files of this folder only. */

#ifndef WP_STATE_TABLE_H
#define WP_STATE_TABLE_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <emmintrin.h>

#include "state/state.h"

struct wheel;

/** Bytes in front of a key's parts: instance, tenant, layout. */
#define KEY_PREFIX 8
#define KEY_STORED_MAX (KEY_PREFIX + WP_KEY_SIZE_MAX)
#define NO_ENTRY UINT32_MAX

/** Slots in one line of the index. */
enum { LINE_SLOTS = 7, PROBE_LINES = 16, CACHE_ENTRIES = 32, PAGE = 4096 };

enum { ENTRIES_MAX = 1 << 29 /* of one table */ };

/** One cache line of the index: tag << 32 | reference + 1; 0: free. */
struct line {
	alignas(64) _Atomic uint64_t slots[LINE_SLOTS];
	_Atomic uint64_t overflow; /* entries that had to go past this line */
};

/** Entries of one layout of the key. References of its entries have 'bit' set. */
struct arena {
	uint8_t *base;       /* reserved; taken as entries come */
	size_t reserved;     /* bytes */
	uint32_t entry_size; /* bytes */
	uint32_t zeroed;     /* bytes of it that are zero at first */
	uint32_t max;        /* entries */
	uint32_t bit;
	uint32_t key2_offset, value_offset; /* bytes from the entry */
	uint16_t fetch_from, fetch_to;      /* bytes of an entry that look-ups ask for, besides its
					     * first line */
	uint16_t key_stored, key2_stored;   /* bytes, with prefix, padded to 8 */
	uint16_t key_size, key2_size;       /* bytes of the packed parts */
	_Atomic uint32_t used;              /* entries ever taken: the high-water mark */
	size_t touched;                     /* bytes that have memory behind them (control) */
	_Atomic uint64_t free; /* stack of free ones: generation << 32 | number; NO_ENTRY: none */
};

/** Entries a worker has set aside, of each arena; the last one is control's. */
struct cache {
	alignas(64) uint32_t n[2];
	uint32_t entries[2][CACHE_ENTRIES];
	_Atomic uint32_t limbo[2]; /* removed since the last reclaim: a list; NO_ENTRY: none */
	uint32_t aged[2];          /* removed before (control only) */
};

struct wp_table {
	struct wp_table_decl decl;
	const struct wp_hash_key *hash_key;
	struct line *lines;
	uint64_t n_lines;
	struct wheel *wheels; /* index: bucket; NULL: entries do not expire */
	struct arena
		arenas[2]; /* layouts for IPv4 and IPv6; without addresses both are the first */
	bool one_key2;     /* the second key is the same in both layouts: it goes as of version 4 */
	unsigned int n_workers;
	struct cache *caches; /* n_workers + 1 */
	_Atomic uint32_t max_entries;
	_Atomic uint32_t n_entries;
	_Atomic uint64_t refused_full, refused_tenant;
	_Atomic uint32_t tenant_max[WP_TENANT_IDS];
	_Atomic uint32_t tenant_n[WP_TENANT_IDS];
};

/** @return the arena of a layout. */
static inline struct arena *
table_arena(struct wp_table *table, uint8_t version)
{
	return &table->arenas[version == 6 && table->arenas[1].base != NULL];
}

/** @return the entry of a reference. */
static inline struct wp_entry *
table_entry(const struct wp_table *table, uint32_t ref)
{
	const struct arena *arena = &table->arenas[ref >> 31];

	return (struct wp_entry *)(arena->base + (size_t)(ref & INT32_MAX) * arena->entry_size);
}

/** @return the stored key of an entry. */
static inline uint8_t *
entry_key(const struct wp_entry *entry, const struct arena *arena, bool second)
{
	return (uint8_t *)(uintptr_t)entry +
	       (second ? arena->key2_offset : sizeof(struct wp_entry));
}

/** @return what stands in front of a key: whose it is, and of which layout. */
static inline uint64_t
table_prefix(const struct wp_table *table, uint32_t instance, uint16_t tenant, uint8_t version,
	     bool second)
{
	uint64_t prefix = (uint64_t)version << 8 | second;

	if (table->decl.global)
		return prefix;
	if ((table->decl.common & (second ? WP_COMMON_KEY2 : WP_COMMON_KEY)) == 0)
		prefix |= (uint64_t)tenant << 16;
	return prefix | (uint64_t)instance << 32;
}

/** @return bytes of a key as it is stored and hashed: prefix, parts, zeros. */
static inline uint16_t
table_stored_size(const struct arena *arena, bool second)
{
	return second ? arena->key2_stored : arena->key_stored;
}

/** @return the reference of an entry. */
static inline uint32_t
table_ref(const struct arena *arena, const struct wp_entry *entry)
{
	return (uint32_t)((size_t)((const uint8_t *)entry - arena->base) / arena->entry_size) |
	       arena->bit;
}

/** @return the arena that has an entry. */
static inline struct arena *
table_arena_of(struct wp_table *table, const struct wp_entry *entry)
{
	return table_arena(table, atomic_load_explicit(&entry->key_version, memory_order_relaxed));
}

/** @return whether two stored keys of @p size bytes (a multiple of 8) are the same. */
static inline bool
keys_equal(const void *a, const void *b, unsigned int size)
{
	const uint64_t *x = a, *y = b;
	uint64_t differ = x[0] ^ y[0];

	if (__builtin_expect(size == 16, 1)) /* most are that short: no loop for them */
		return (differ | (x[1] ^ y[1])) == 0;
	for (unsigned int i = 1; i < size / 8; i++)
		differ |= x[i] ^ y[i];
	return differ == 0;
}

/** @return whether an entry has a stored key of @p size bytes, in whichever layout it lies. */
static inline bool
table_has_key(const struct wp_table *table, uint32_t ref, const void *stored, unsigned int size,
	      bool second)
{
	const struct arena *arena = &table->arenas[ref >> 31];

	return table_stored_size(arena, second) == size &&
	       keys_equal(entry_key(table_entry(table, ref), arena, second), stored, size);
}

/** @return @p n, or the next multiple of @p to. */
static inline size_t
table_round_up(size_t n, size_t to)
{
	return (n + to - 1) / to * to;
}

/* layout.c */

/** @return whether keys of these parts have two layouts. */
bool layout_is_twofold(const uint8_t *parts);

/** Lays out the entries of one version, @p max of them and what caches set aside. Control. @return
 * 0, or -EINVAL when the keys cannot be */
int layout_arena(const struct wp_table *table, struct arena *arena, uint8_t version, uint32_t max);

/* limits.c */

/** Counts a new entry in, if the limits allow it. @return 0, -ENOSPC or -EDQUOT */
int limits_admit(struct wp_table *table, uint16_t tenant);

/** Counts an entry out. */
void limits_dismiss(struct wp_table *table, uint16_t tenant);

/* remove.c */

/** Takes an entry out of the index and lets it wait for its end. @param cache  whose it will be.
 * Owner, or control for one that a configuration held. */
void remove_entry(struct wp_table *table, unsigned int cache, struct wp_entry *entry);

/* entries.c */

/** Takes a free entry, zeroed but for the link. @param cache  whose @return its reference;
 * NO_ENTRY: none left */
uint32_t entries_take(struct wp_table *table, struct arena *arena, unsigned int cache);

/** Lets the system find memory for the entries that come next, so that no worker waits for it.
 * Control. */
void entries_prepare(struct arena *arena);

/** Gives an entry back that others may still look at. */
void entries_retire(struct wp_table *table, struct arena *arena, unsigned int cache, uint32_t ref);

/* index.c */

/** Bits of a hash that a slot keeps; the line is made of others. */
static inline uint32_t
index_tag(uint64_t hash)
{
	return (uint32_t)(hash >> 32);
}

/** @return where a hash begins. */
static inline uint64_t
index_home(const struct wp_table *table, uint64_t hash)
{
	return (hash & UINT32_MAX) * table->n_lines >> 32;
}

/** Asks for the line where a hash begins. */
static inline void
index_prefetch(const struct wp_table *table, uint64_t hash)
{
	__builtin_prefetch(&table->lines[index_home(table, hash)]);
}

/** Finds an entry by its stored key. @return its reference; NO_ENTRY: none */
uint32_t index_find(const struct wp_table *table, uint64_t hash, const void *stored,
		    unsigned int size, bool second);

/** Makes an entry findable. @return 0, -EEXIST or -ENOSPC */
int index_insert(struct wp_table *table, uint64_t hash, const void *stored, unsigned int size,
		 bool second, uint32_t ref);

/** Makes an entry not findable. */
void index_remove(struct wp_table *table, uint64_t hash, uint32_t ref);

/** @return a mask of the slots of a line that a hash may be in. A glance, no more: whoever goes by
 * it loads the slot again. */
static inline unsigned int
line_matches(const struct line *line, uint32_t tag)
{
	const __m128 *words = (const __m128 *)line->slots; /* each half of one is whole */
	__m128i tags = _mm_set1_epi32((int)tag);
	__m128i low = _mm_castps_si128(_mm_shuffle_ps(words[0], words[1], _MM_SHUFFLE(3, 1, 3, 1)));
	__m128i high =
		_mm_castps_si128(_mm_shuffle_ps(words[2], words[3], _MM_SHUFFLE(3, 1, 3, 1)));
	__m128i equal = _mm_packs_epi32(_mm_cmpeq_epi32(low, tags), _mm_cmpeq_epi32(high, tags));

	return (unsigned int)_mm_movemask_epi8(_mm_packs_epi16(equal, equal)) &
	       ((1u << LINE_SLOTS) - 1);
}

#endif
