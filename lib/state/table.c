/* SPDX-License-Identifier: BSD-3-Clause */
/* State tables: making them, and what happens to entries. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "state/siphash.h"
#include "state/table.h"
#include "state/wheel.h"

enum {
	HUGE = 2 << 20, /* bytes of a huge page */
	ENTRIES_MAX = 1 << 29,
	LINE_FILL = 4,    /* keys in one line of the index when the table is full */
	WHOLE_LINES = 96, /* entries from this size on begin on a cache line */
	WHEELS_SIZE = 256 * sizeof(struct wheel), /* one a bucket */
};

/* Making. */

uint16_t
wp_key_parts_size(const uint8_t *parts, uint8_t version)
{
	static const uint8_t sizes[] = {
		[WP_KEY_PORT] = 2, [WP_KEY_U8] = 1,    [WP_KEY_U32] = 4,
		[WP_KEY_U64] = 8,  [WP_KEY_ID16] = 16, [WP_KEY_ADDR4] = 4,
	};
	uint16_t size = 0;

	for (unsigned int i = 0; i < WP_KEY_PARTS_MAX && parts[i] != WP_KEY_END; i++) {
		if (parts[i] > WP_KEY_ADDR4)
			return UINT16_MAX;
		size = (uint16_t)(size + (parts[i] == WP_KEY_ADDR ? (version == 6 ? 16 : 4)
								  : sizes[parts[i]]));
	}
	return size <= WP_KEY_SIZE_MAX ? size : UINT16_MAX;
}

/** @return whether a key has two layouts. */
static bool
has_address(const uint8_t *parts)
{
	return memchr(parts, WP_KEY_ADDR, WP_KEY_PARTS_MAX) != NULL;
}

static size_t
round_up(size_t n, size_t to)
{
	return (n + to - 1) / to * to;
}

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
	munmap(memory + before + round_up(size, PAGE), spare - before);
	madvise(memory + before, size, MADV_HUGEPAGE); /* a wish: without it all works the same */
	return memory + before;
}

/** Says what look-ups ask for besides an entry's first line: the lines that most packets touch, or
 * the second one. */
static void
fetch_ahead(struct arena *arena, const struct wp_table_decl *decl)
{
	uint32_t from = 64, to = 128;

	if (decl->hot != 0) {
		from = (arena->value_offset + decl->hot_at) / 64 * 64;
		to = arena->value_offset + decl->hot_at + decl->hot;
	}
	arena->fetch_from = (uint16_t)from;
	arena->fetch_to = (uint16_t)to;
}

/** Lays out the entries of one version, and reserves them. */
static int
arena_create(const struct wp_table *table, struct arena *arena, uint8_t version, uint32_t max)
{
	const struct wp_table_decl *decl = &table->decl;
	size_t align = decl->class == WP_SHARED ? 64 : 8, value = decl->value_size;

	arena->key_size = wp_key_parts_size(decl->key, version);
	arena->key2_size = wp_key_parts_size(decl->key2, version);
	if (arena->key_size == 0 || arena->key_size == UINT16_MAX || arena->key2_size == UINT16_MAX)
		return -EINVAL;
	arena->key_stored = (uint16_t)(KEY_PREFIX + round_up(arena->key_size, 8));
	arena->key2_stored =
		arena->key2_size == 0 ? 0 : (uint16_t)(KEY_PREFIX + round_up(arena->key2_size, 8));
	arena->key2_offset = (uint32_t)(sizeof(struct wp_entry) + arena->key_stored);
	arena->value_offset = (uint32_t)round_up(arena->key2_offset + arena->key2_stored, align);
	if (decl->class == WP_SHARED)
		value = round_up(value, 64) * table->n_workers;
	if (arena->value_offset + value >= WHOLE_LINES)
		align = 64;
	arena->entry_size = (uint32_t)round_up(arena->value_offset + value, align);
	arena->zeroed = arena->entry_size;
	if (decl->raw != 0)
		arena->zeroed = arena->value_offset + decl->value_size - decl->raw;
	fetch_ahead(arena, decl);
	/* What the caches set aside is never missed. */
	arena->max = max + (table->n_workers + 1) * CACHE_ENTRIES;
	arena->bit = version == 6 ? 1u << 31 : 0;
	arena->reserved = (size_t)arena->entry_size * arena->max;
	arena->base = reserve(arena->reserved);
	atomic_init(&arena->free, NO_ENTRY);
	return arena->base == NULL ? -ENOMEM : 0;
}

const char *
wp_table_decl_fault(const struct wp_table_decl *decl)
{
	uint16_t key = wp_key_parts_size(decl->key, 6), key2 = wp_key_parts_size(decl->key2, 6);

	if (key == 0 || key == UINT16_MAX || key2 == UINT16_MAX)
		return "a key needs 1 to 8 parts of enum wp_key_part, 40 bytes at most with IPv6 "
		       "addresses";
	if (decl->max_entries > ENTRIES_MAX)
		return "max_entries is too large";
	if (decl->class > WP_ATOMIC || decl->owner > WP_OWNER_KEY)
		return "class or owner is unknown";
	if (decl->class == WP_COUNTER && decl->value_size < sizeof(struct wp_counter))
		return "the value of a counter begins with struct wp_counter";
	if (decl->class == WP_SHARED && round_up(decl->value_size, 64) / 64 > UINT16_MAX)
		return "the parts of a shared value are at most 4 MB";
	if (decl->durable && decl->class != WP_COUNTER)
		return "only counters are durable";
	if (decl->local > decl->value_size || decl->hot_at + decl->hot > decl->value_size)
		return "local, or hot, is larger than the value";
	if (decl->raw > decl->value_size ||
	    (decl->raw != 0 && (decl->class != WP_FLOW || !decl->stays)))
		return "raw is larger than the value, or of one that is no flow's or does not stay";
	if (decl->idle_ms != 0 && decl->class != WP_FLOW && decl->class != WP_PINNED)
		return "only entries with one owner expire: flow or pinned";
	return NULL;
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
	new->one_key2 = !has_address(decl->key2);
	err = caches_create(new);
	if (err == 0)
		err = index_create(new, limits->max_entries);
	if (err == 0)
		err = wheels_create(new);
	if (err == 0)
		err = arena_create(new, &new->arenas[0], 4, limits->max_entries);
	if (err == 0 && (has_address(decl->key) || has_address(decl->key2)))
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

int
wp_table_set_limits(struct wp_table *table, const struct wp_table_limits *limits)
{
	uint32_t room = table->arenas[0].max - (table->n_workers + 1) * CACHE_ENTRIES;

	atomic_store(&table->max_entries, limits->max_entries < room ? limits->max_entries : room);
	for (uint16_t i = 0; i < limits->n_tenants && i < WP_TENANT_IDS; i++)
		atomic_store(&table->tenant_max[i],
			     limits->tenant_max == NULL ? 0 : limits->tenant_max[i]);
	return 0;
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

/* Entries. */

/** Counts a new entry in, if the limits allow it. */
static int
admit(struct wp_table *table, uint16_t tenant)
{
	uint32_t max = atomic_load_explicit(&table->tenant_max[tenant], memory_order_relaxed);

	if (atomic_fetch_add_explicit(&table->n_entries, 1, memory_order_relaxed) >=
	    atomic_load_explicit(&table->max_entries, memory_order_relaxed)) {
		atomic_fetch_sub_explicit(&table->n_entries, 1, memory_order_relaxed);
		atomic_fetch_add_explicit(&table->refused_full, 1, memory_order_relaxed);
		return -ENOSPC;
	}
	if (atomic_fetch_add_explicit(&table->tenant_n[tenant], 1, memory_order_relaxed) >= max &&
	    max != 0) {
		atomic_fetch_sub_explicit(&table->tenant_n[tenant], 1, memory_order_relaxed);
		atomic_fetch_sub_explicit(&table->n_entries, 1, memory_order_relaxed);
		atomic_fetch_add_explicit(&table->refused_tenant, 1, memory_order_relaxed);
		return -EDQUOT;
	}
	return 0;
}

bool
wp_table_crowded(const struct wp_table *table, uint16_t tenant)
{
	uint32_t n = atomic_load_explicit(&table->n_entries, memory_order_relaxed),
		 max = atomic_load_explicit(&table->max_entries, memory_order_relaxed),
		 own = atomic_load_explicit(&table->tenant_n[tenant], memory_order_relaxed),
		 own_max = atomic_load_explicit(&table->tenant_max[tenant], memory_order_relaxed);

	return n >= max - max / 4 || (own_max != 0 && own >= own_max - own_max / 4);
}

static void
dismiss(struct wp_table *table, uint16_t tenant)
{
	atomic_fetch_sub_explicit(&table->tenant_n[tenant], 1, memory_order_relaxed);
	atomic_fetch_sub_explicit(&table->n_entries, 1, memory_order_relaxed);
}

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
					 ? round_up(table->decl.value_size, 64) / 64
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
	err = admit(table, table->decl.global ? 0 : new->tenant);
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
	dismiss(table, table->decl.global ? 0 : new->tenant);
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

/** Takes an entry out of the index and lets it wait for its end. */
static void
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
	dismiss(table, entry->tenant);
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

void
wp_table_release(struct wp_table *table, struct wp_entry *entry)
{
	if (--entry->refs == 0 && table->decl.class != WP_COUNTER && !table->decl.lasting)
		remove_entry(table, table->n_workers, entry);
}

uint16_t
wp_counter_take(struct wp_entry *entry, uint16_t n, uint64_t *first)
{
	struct wp_counter *counter = wp_atomics(entry);
	uint64_t from, reserved = atomic_load_explicit(&counter->reserved, memory_order_acquire);

	if (atomic_load_explicit(&counter->next, memory_order_relaxed) >= reserved)
		return 0; /* at the end nobody counts on, so that no number is lost for good */
	from = atomic_fetch_add_explicit(&counter->next, n, memory_order_relaxed);
	*first = from;
	if (from >= reserved)
		return 0;
	return reserved - from < n ? (uint16_t)(reserved - from) : n;
}

/* Ends. */

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

/* Numbers. */

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

uint32_t
wp_table_tenant_entries(const struct wp_table *table, uint16_t tenant)
{
	return atomic_load(&table->tenant_n[tenant]);
}
