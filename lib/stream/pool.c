/* SPDX-License-Identifier: BSD-3-Clause */
/* See pool.h. Addresses are reserved for the whole limit in each size; memory comes with use. */

#include "stream/pool.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

static const uint32_t sizes[] = {STREAM_CHUNK_SMALL, STREAM_CHUNK_LARGE, STREAM_CHUNK_4K,
				 STREAM_CHUNK_16K, STREAM_CHUNK_64K};
enum { CLASSES = sizeof(sizes) / sizeof(sizes[0]) };

/** Chunks of one size. */
struct shelf {
	uint8_t *base;
	size_t reserved;           /* bytes of addresses */
	size_t touched;            /* bytes that were ever a chunk */
	struct stream_chunk *free; /* its worker's */
	uint32_t size;
};

/** Chunks that may be taken away, by age. */
struct ages {
	struct stream_chunk *oldest, *youngest;
};

struct stream_pool {
	struct shelf shelves[CLASSES];
	size_t used;
	_Atomic size_t limit, tenant_limit; /* control sets */
	uint32_t n_tenants, fattest; /* the tenant that had most when it was looked at last */
	size_t *tenant_used;         /* index: tenant */
	struct ages *ages;           /* likewise */
	_Atomic(struct stream_chunk *) returned; /* by other workers: a list */
};

static int
shelf_open(struct shelf *shelf, uint32_t size, size_t limit)
{
	size_t reserved = (limit / size + 1) * size;
	void *base = mmap(NULL, reserved, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (base == MAP_FAILED)
		return -ENOMEM;
	madvise(base, reserved, MADV_DONTDUMP); /* what people have sent each other */
	*shelf = (struct shelf){.base = base, .reserved = reserved, .size = size};
	return 0;
}

int
stream_pool_create(const struct stream_pool_limits *limits, struct stream_pool **pool)
{
	struct stream_pool *new = calloc(1, sizeof(*new));

	if (new == NULL)
		return -ENOMEM;
	stream_pool_limit(new, limits);
	new->n_tenants = limits->n_tenants;
	new->tenant_used = calloc(limits->n_tenants, sizeof(*new->tenant_used));
	new->ages = calloc(limits->n_tenants, sizeof(*new->ages));
	if (new->tenant_used == NULL || new->ages == NULL)
		goto err;
	for (unsigned int i = 0; i < CLASSES; i++)
		if (shelf_open(&new->shelves[i], sizes[i], limits->all) != 0)
			goto err;
	*pool = new;
	return 0;

err:
	stream_pool_destroy(new);
	return -ENOMEM;
}

void
stream_pool_limit(struct stream_pool *pool, const struct stream_pool_limits *limits)
{
	atomic_store_explicit(&pool->limit, limits->all, memory_order_relaxed);
	atomic_store_explicit(&pool->tenant_limit, limits->tenant, memory_order_relaxed);
}

void
stream_pool_destroy(struct stream_pool *pool)
{
	if (pool == NULL)
		return;
	for (unsigned int i = 0; i < CLASSES; i++)
		if (pool->shelves[i].base != NULL)
			munmap(pool->shelves[i].base, pool->shelves[i].reserved);
	free(pool->ages);
	free(pool->tenant_used);
	free(pool);
}

static void
unlist(struct stream_pool *pool, struct stream_chunk *chunk)
{
	struct ages *ages = &pool->ages[chunk->tenant];

	if (!chunk->listed)
		return;
	chunk->listed = false;
	if (chunk->prev != NULL)
		chunk->prev->next = chunk->next;
	else
		ages->oldest = chunk->next;
	if (chunk->next != NULL)
		chunk->next->prev = chunk->prev;
	else
		ages->youngest = chunk->prev;
}

void
stream_pool_list(struct stream_pool *pool, struct stream_chunk *chunk)
{
	struct ages *ages = &pool->ages[chunk->tenant];

	chunk->listed = true;
	chunk->next = NULL;
	chunk->prev = ages->youngest;
	if (ages->youngest != NULL)
		ages->youngest->next = chunk;
	else
		ages->oldest = chunk;
	ages->youngest = chunk;
}

struct stream_chunk *
stream_pool_oldest(struct stream_pool *pool, uint16_t tenant, enum wp_cap cap)
{
	struct stream_chunk *chunk;

	if (tenant >= pool->n_tenants)
		tenant = 0;
	chunk = pool->ages[cap == WP_CAP_WORKER ? pool->fattest : tenant].oldest;
	if (chunk != NULL)
		unlist(pool, chunk);
	return chunk;
}

/** @return the shelf of chunks that have room for @p want bytes. */
static struct shelf *
shelf_for(struct stream_pool *pool, size_t want)
{
	unsigned int i = 0;

	while (i < CLASSES - 1 && sizes[i] < want)
		i++;
	return &pool->shelves[i];
}

/** Puts a chunk of this pool back. Its worker. */
static void
put(struct stream_pool *pool, struct stream_chunk *chunk)
{
	struct shelf *shelf = shelf_for(pool, chunk->size);

	unlist(pool, chunk);
	pool->used -= chunk->size;
	pool->tenant_used[chunk->tenant] -= chunk->size;
	chunk->next = shelf->free;
	shelf->free = chunk;
}

/** Takes in what other workers gave back. */
static void
collect(struct stream_pool *pool)
{
	struct stream_chunk *chunk, *next;

	if (atomic_load_explicit(&pool->returned, memory_order_relaxed) == NULL)
		return;
	chunk = atomic_exchange_explicit(&pool->returned, NULL, memory_order_acquire);
	for (; chunk != NULL; chunk = next) {
		next = chunk->returned;
		put(pool, chunk);
	}
}

/** @return a free chunk, or one that never was used, or NULL. */
static struct stream_chunk *
pick(struct shelf *shelf)
{
	struct stream_chunk *chunk = shelf->free;

	if (chunk != NULL) {
		shelf->free = chunk->next;
		return chunk;
	}
	if (shelf->touched + shelf->size > shelf->reserved)
		return NULL;
	chunk = (struct stream_chunk *)(shelf->base + shelf->touched);
	shelf->touched += shelf->size;
	return chunk;
}

struct stream_chunk *
stream_pool_take(struct stream_pool *pool, uint16_t tenant, size_t want, enum wp_cap *cap)
{
	struct shelf *shelf = shelf_for(pool, want);
	size_t limit = atomic_load_explicit(&pool->limit, memory_order_relaxed);
	size_t tenant_limit = atomic_load_explicit(&pool->tenant_limit, memory_order_relaxed);
	struct stream_chunk *chunk;

	if (tenant >= pool->n_tenants)
		tenant = 0;
	if (pool->used + shelf->size > limit ||
	    pool->tenant_used[tenant] + shelf->size > tenant_limit)
		collect(pool);
	*cap = WP_CAP_WORKER;
	if (pool->used + shelf->size > limit)
		return NULL;
	*cap = WP_CAP_TENANT;
	if (pool->tenant_used[tenant] + shelf->size > tenant_limit)
		return NULL;
	*cap = WP_CAP_WORKER;
	chunk = pick(shelf);
	if (chunk == NULL)
		return NULL;
	*chunk = (struct stream_chunk){.pool = pool, .tenant = tenant, .size = shelf->size};
	pool->used += shelf->size;
	pool->tenant_used[tenant] += shelf->size;
	if (pool->tenant_used[tenant] > pool->tenant_used[pool->fattest])
		pool->fattest = tenant;
	return chunk;
}

void
stream_pool_give(struct stream_pool *pool, struct stream_chunk *chunk)
{
	struct stream_pool *home = chunk->pool;
	struct stream_chunk *first;

	if (home == pool) {
		put(pool, chunk);
		return;
	}
	first = atomic_load_explicit(&home->returned, memory_order_relaxed);
	do
		chunk->returned = first;
	while (!atomic_compare_exchange_weak_explicit(&home->returned, &first, chunk,
						      memory_order_release, memory_order_relaxed));
}

size_t
stream_pool_used(const struct stream_pool *pool)
{
	return pool->used;
}
