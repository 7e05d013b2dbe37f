/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * State tables: what services look up, change and count in. One table for each (service, table);
 * tenant and instance are part of the key. Entries never move, so a pointer to one stays true
 * until it is removed.
 *
 * Each entry has one bucket, each bucket one owner, and only the owner's worker writes the entry.
 * The index itself is shared: any worker may insert at any time.
 */

#ifndef WP_STATE_H
#define WP_STATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "packet.h"
#include "service.h"
#include "state/decl.h"

struct wp_table;

/** Time of a table: units of 2^26 ns, about 67 ms. */
#define WP_TICK_SHIFT 26

/** @return ticks that last at least @p ms. */
static inline uint32_t
wp_ticks(uint64_t ms)
{
	return (uint32_t)(((ms * 1000000 - 1) >> WP_TICK_SHIFT) + 1);
}

/** What the runtime keeps of every entry, in front of its key and value. */
struct wp_entry {
	_Atomic uint32_t version;    /* odd while the owner writes; grows with every write */
	uint32_t instance;           /* stable number of the instance's name; 0 in a global table */
	uint16_t tenant;             /* dense id; 0 in a global table */
	uint8_t bucket;              /* its owner's; constant */
	_Atomic uint8_t key_version; /* 4 or 6; 0: the entry is free */
	uint8_t dirty; /* changed since the last export of changes; the owner sets, control clears
			*/
	uint8_t value; /* units of 8 bytes from the entry to its value */
	uint16_t part; /* of WP_SHARED: from one worker's part to the next, in units of 64 bytes */
	uint32_t refs; /* openings that hold it (control only); while free: the next free entry */
	uint32_t used; /* tick of the owner's last touch */
	uint32_t idle; /* ticks without a touch until it expires; 0: never */
	uint32_t next, prev; /* neighbours in a list of the timer wheel; see wheel.h */
	uint32_t spare;
	/* key, second key and value follow */
};

/** @return the value, for reading. Any worker may read; only the owner sees a whole one at all
 * times. */
static inline const void *
wp_value(const struct wp_entry *entry)
{
	return (const char *)entry + (size_t)entry->value * 8;
}

/** @return the parts of the first key, packed as declared. */
static inline const uint8_t *
wp_entry_key(const struct wp_entry *entry)
{
	return (const uint8_t *)entry + sizeof(*entry) + 8;
}

/** Says that an entry is in use. Owner only. */
static inline void
wp_touch(struct wp_entry *entry, uint64_t now_ns)
{
	uint32_t now = (uint32_t)(now_ns >> WP_TICK_SHIFT);

	if (entry->used != now)
		entry->used = now;
}

/**
 * Opens a value for writing: marks it changed and touched. Owner only; end with wp_written().
 */
static inline void *
wp_write(struct wp_entry *entry, uint64_t now_ns)
{
	uint32_t version = atomic_load_explicit(&entry->version, memory_order_relaxed);

	atomic_store_explicit(&entry->version, version + 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	entry->dirty = 1;
	wp_touch(entry, now_ns);
	return (char *)entry + (size_t)entry->value * 8;
}

/** Ends a write. Owner only. */
static inline void
wp_written(struct wp_entry *entry)
{
	uint32_t version = atomic_load_explicit(&entry->version, memory_order_relaxed);

	atomic_store_explicit(&entry->version, version + 1, memory_order_release);
}

/** @return the value of a WP_COUNTER or WP_ATOMIC entry, to be changed by atomic operations. Any
 * worker. */
static inline void *
wp_atomics(struct wp_entry *entry)
{
	return (char *)entry + (size_t)entry->value * 8;
}

/** @return a worker's part of a WP_SHARED entry, for that worker to write. */
static inline void *
wp_shared_part(struct wp_entry *entry, unsigned int worker)
{
	return (char *)entry + (size_t)entry->value * 8 + (size_t)worker * entry->part * 64;
}

/** The beginning of the value of a WP_COUNTER entry. */
struct wp_counter {
	_Atomic uint64_t next; /* first number not handed out */
	_Atomic uint64_t
		reserved; /* numbers below are reserved on disk (durable) or usable at all */
};

/**
 * Takes @p n consecutive numbers of a counter with one atomic add. Any worker.
 *
 * @param[out] first  the first of them
 * @return how many of them may be used: n, or fewer (down to 0) at the end of the reservation;
 *         the rest is lost, never used
 */
WP_API uint16_t wp_counter_take(struct wp_entry *entry, uint16_t n, uint64_t *first);

/**
 * Inserts an entry, with @p bucket as its owner (WP_OWNER_KEY: the bucket of its key; @p bucket is
 * not looked at). Worker that owns the bucket.
 *
 * @param key, key2  packed parts of layout @p version; key2 NULL when the table has none. A second
 *                   key without WP_KEY_ADDR goes as of version 4: so it is to be asked for
 * @param[out] entry  the new one, zeroed value; with -EEXIST the one that has the first key
 * (another packet of the burst may have made it), if any; else untouched
 * @return 0, -EEXIST when either key is taken, or just being taken by another worker, -EINVAL when
 * there is no such tenant or layout, -ENOSPC when the table is full, -EDQUOT when the tenant's
 * share is used up
 */
WP_API int wp_table_insert(struct wp_core *core, struct wp_table *table, uint16_t tenant,
			   uint8_t bucket, uint8_t version, const void *key, const void *key2,
			   struct wp_entry **entry);

/** @return whether three quarters of a table, or of what @p tenant may have of it, are taken: time
 * to make no entries for those who need none. Worker. */
WP_API bool wp_table_crowded(const struct wp_table *table, uint16_t tenant);

/**
 * Looks one entry up. For what is not worth asking for in keys(): the first packet of a flow, an
 * error message. Worker.
 *
 * @param key  packed parts of layout @p version
 * @return NULL when there is none
 */
WP_API struct wp_entry *wp_table_find(struct wp_core *core, struct wp_table *table, uint16_t tenant,
				      uint8_t version, bool second, const void *key);

/** One exported record: a copy of an entry. Pointers are valid during the call only. */
struct wp_record {
	const char *table;   /* decl->name */
	uint32_t layout;     /* decl->version */
	uint32_t instance;   /* stable number of its name */
	uint32_t used, idle; /* ticks, as of an entry; of a table without timers 'idle' is 0 */
	uint32_t shift;      /* coming back: what to add to ticks within a value */
	uint16_t tenant;     /* dense id */
	uint8_t bucket;      /* coming back: the one that its entry will have */
	uint8_t key_version; /* 4 or 6 */
	const void *key;     /* packed parts */
	const void *key2;    /* NULL when the table has none */
	const void *value;   /* aligned to 8; of WP_SHARED: all parts together */
	uint32_t key_size, key2_size, value_size;
};

/**
 * Makes an entry of a record: its keys, value, bucket and timer. For wp_service.restore(); a
 * service that trusts a record in parts only gives its own copy of it.
 * Worker that owns record->bucket.
 * @return 0 or a negative errno, and @p entry, as wp_table_insert()
 */
WP_API int wp_table_restore(struct wp_core *core, struct wp_table *table,
			    const struct wp_record *record, struct wp_entry **entry);

/** @return what an error of wp_table_restore() means, for the answer of wp_service.restore(). */
WP_API const char *wp_restore_fault(int err);

/** @return the parts of an entry's second key, packed as declared. */
WP_API const uint8_t *wp_table_key2(const struct wp_table *table, const struct wp_entry *entry);

/**
 * Sets how long an entry lives without a touch, from now on; 0: forever. Only in tables with an
 * idle_ms. Nothing happens to an entry that is removed. Owner.
 * @param ticks  see wp_ticks(); about 13 days at the most
 */
WP_API void wp_table_set_idle(struct wp_table *table, struct wp_entry *entry, uint32_t ticks,
			      uint64_t now_ns);

/** Removes an entry; it is reused once no worker can still be looking at it. Nothing happens to one
 * that is removed already, or that wp_env_entry() gave. Owner. */
WP_API void wp_table_remove(struct wp_core *core, struct wp_table *table, struct wp_entry *entry);

/* The runtime's side. */

/** The secret that keys all hashes of this process; drawn at start. */
struct wp_hash_key {
	uint64_t k0, k1;
};

/** @return bytes of a key of at most WP_KEY_PARTS_MAX parts in the layout of @p version (4 or 6);
 * UINT16_MAX: too many, or unknown parts */
uint16_t wp_key_parts_size(const uint8_t *parts, uint8_t version);

/** @return why a declaration cannot be, in words; NULL when it can. Control. */
const char *wp_table_decl_fault(const struct wp_table_decl *decl);

/** Limits of one table. */
struct wp_table_limits {
	uint32_t max_entries;
	uint16_t n_tenants;
	const uint32_t *tenant_max; /* entries each tenant may have; 0: no limit of its own; NULL:
				       none has */
};

/**
 * Creates a table; memory is reserved, and taken as entries come. Control.
 * @param n_workers  workers that will insert
 * @return 0, -ENOMEM, or -EINVAL for a declaration that cannot be
 */
int wp_table_create(const struct wp_table_decl *decl, const struct wp_table_limits *limits,
		    const struct wp_hash_key *hash_key, unsigned int n_workers,
		    struct wp_table **table);

/** Accepts NULL. No worker uses it any more. Control. */
void wp_table_destroy(struct wp_table *table);

/** Changes the limits; entries above a new limit stay. Control. @return 0 or -ENOMEM */
int wp_table_set_limits(struct wp_table *table, const struct wp_table_limits *limits);

/** @return bytes of the packed key of layout @p version (4 or 6), without tenant and instance. */
unsigned int wp_table_key_size(const struct wp_table *table, uint8_t version, bool second);

/** @return the declaration the table was made from. */
const struct wp_table_decl *wp_table_decl(const struct wp_table *table);

/**
 * Looks keys of any tables up, with prefetches: sets key->hash and key->entry (NULL: none). Worker.
 * @param tables  index: key->table
 * @param keys    n <= WP_BURST_MAX * WP_STATE_MAX; prefix filled by wp_table_address()
 */
void wp_table_resolve(struct wp_table *const *tables, struct wp_key *const *keys, unsigned int n);

/** Makes a key whole: whose it is. Worker. */
void wp_table_address(const struct wp_table *table, struct wp_key *key, uint32_t instance,
		      uint16_t tenant);

/** @return the bucket of a hash, 0 to 255. */
static inline uint8_t
wp_hash_bucket(uint64_t hash)
{
	return (uint8_t)(hash >> 56);
}

/** @return whether the table's entries have timers. */
bool wp_table_expires(const struct wp_table *table);

/** What an entry whose time is over asks for: ticks to live on (it is then as if touched), or 0: it
 * is removed. */
typedef uint32_t (*wp_expire_fn)(void *arg, struct wp_table *table, struct wp_entry *entry);

/**
 * Ends entries of one bucket whose idle time is over, at most @p budget of them. Worker that owns
 * the bucket.
 * @param cache   the worker's number
 * @return what is left of the budget; 0: there may be more
 */
unsigned int wp_table_expire(struct wp_table *table, unsigned int cache, uint8_t bucket,
			     uint64_t now_ns, unsigned int budget, wp_expire_fn fn, void *arg);

/** Finds or makes an entry and takes a reference, for wp_env_entry(). Control. Errors as
 * wp_table_insert(); -EINVAL also for a table with two keys or with timers. */
int wp_table_hold(struct wp_table *table, uint32_t instance, uint16_t tenant, uint8_t version,
		  const void *key, struct wp_entry **entry);

/** Gives a reference back; the entry of a WP_COUNTER stays, others go when the last reference does.
 * Control. */
void wp_table_release(struct wp_table *table, struct wp_entry *entry);

/**
 * Lets entries be used again that were removed before the last call. Between two calls every worker
 * must have ended the poll it was in, so that none still looks at them. Control.
 */
void wp_table_reclaim(struct wp_table *table);

/** Numbers of one table. */
struct wp_table_stats {
	uint64_t entries;    /* now */
	uint64_t max;        /* at the most */
	uint64_t memory;     /* bytes in use: the index, and entries that there have been */
	uint64_t memory_max; /* bytes when it is full */
	uint64_t refused_full, refused_tenant;
};

/** Control or worker. */
void wp_table_stats(const struct wp_table *table, struct wp_table_stats *stats);

/** @return entries that @p tenant has now. */
uint32_t wp_table_tenant_entries(const struct wp_table *table, uint16_t tenant);

/** @return 0, or a negative errno, which ends the export */
typedef int (*wp_export_fn)(void *arg, const struct wp_record *record);

/**
 * Calls @p fn with a consistent copy of every entry, of one bucket or of all (@p bucket -1).
 * Control, while workers run.
 * @return 0, or what @p fn returned first that was not 0
 */
int wp_table_export(struct wp_table *table, int bucket, wp_export_fn fn, void *arg);

/**
 * A part of wp_table_export(): looks at @p n entries, so that control can do other work in between.
 * @param at  0 at the beginning; set to where to go on
 * @return 1: there is more; 0: that was the last; or what @p fn returned first that was not 0
 */
int wp_table_export_some(struct wp_table *table, int bucket, uint64_t *at, uint32_t n,
			 wp_export_fn fn, void *arg);

/** @return the bucket of a key, as entries of WP_OWNER_KEY have it. @param key  packed parts.
 * Worker or control. */
WP_API uint8_t wp_table_key_bucket(const struct wp_table *table, uint32_t instance, uint16_t tenant,
				   uint8_t version, const void *key);

/** Adds what was exported of a WP_SHARED entry to a worker's part of it. That worker. */
void wp_shared_add(const struct wp_table *table, struct wp_entry *entry, unsigned int worker,
		   const void *value);

#endif
