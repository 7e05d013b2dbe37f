/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory for what is kept of flows, set aside for a worker at open: chunks of a few sizes, within a
 * limit for all and one for each tenant. Its worker takes; any worker may give back, as a flow may
 * have gone to another with its bucket.
 */

#ifndef WP_STREAM_POOL_H
#define WP_STREAM_POOL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stream/event.h"

/** Sizes of chunks, in bytes. The larger ones have room for what stands in front of so many. */
enum {
	STREAM_CHUNK_SMALL = 256,
	STREAM_CHUNK_LARGE = 2048,
	STREAM_CHUNK_4K = 4096 + 128,
	STREAM_CHUNK_16K = 16384 + 128,
	STREAM_CHUNK_64K = 65536 + 128,
};

struct stream_pool;

/** What stands in front of a chunk. */
struct stream_chunk {
	struct stream_pool *pool; /* that it is of */
	uint32_t size : 24;       /* bytes, this included */
	uint32_t bucket : 8;      /* of the flow that has it: who may take it away */
	uint16_t tenant;
	bool listed;        /* by age; its pool's worker only */
	_Atomic bool waits; /* in use, and may be taken away when room is short: who owns it says
			     * so */
	struct stream_chunk *next;     /* of those that are free; listed: younger */
	struct stream_chunk *prev;     /* listed: older */
	struct stream_chunk *returned; /* by another worker: the one before */
};

/** Limits of a pool, in bytes. */
struct stream_pool_limits {
	size_t all, tenant;
	uint32_t n_tenants;
};

/** Control. @return 0 or -ENOMEM */
int stream_pool_create(const struct stream_pool_limits *limits, struct stream_pool **pool);

/** Sets other limits; what is in use stays. Limits above those it was created with do not count.
 * Control, while its worker runs. */
void stream_pool_limit(struct stream_pool *pool, const struct stream_pool_limits *limits);

/** Accepts NULL. None of its chunks is in use any more. Control. */
void stream_pool_destroy(struct stream_pool *pool);

/**
 * Takes a chunk of the size that @p want bytes, the chunk's head included, ask for. Its worker.
 * @param want  at most STREAM_CHUNK_64K
 * @param[out] cap  WP_CAP_TENANT or WP_CAP_WORKER, when there is none
 * @return NULL when a limit is met
 */
struct stream_chunk *stream_pool_take(struct stream_pool *pool, uint16_t tenant, size_t want,
				      enum wp_cap *cap);

/** Puts a chunk that was just taken behind those that may be taken away. */
void stream_pool_list(struct stream_pool *pool, struct stream_chunk *chunk);

/**
 * Takes a chunk off the list that has waited for long: of @p tenant, when that is who has too much,
 * or of the tenant that has most. Its worker; the chunk may be of a flow that is another's by now.
 * @return NULL: there is none
 */
struct stream_chunk *stream_pool_oldest(struct stream_pool *pool, uint16_t tenant, enum wp_cap cap);

/** Puts a chunk that stream_pool_oldest() has given, and that must not be taken away now, back
 * among the youngest; unless its owner has let go of it. */
static inline void
stream_pool_relist(struct stream_pool *pool, struct stream_chunk *chunk)
{
	if (atomic_load_explicit(&chunk->waits, memory_order_relaxed))
		stream_pool_list(pool, chunk);
}

/** Gives a chunk back. @param pool  the caller's own; the chunk may be another's */
void stream_pool_give(struct stream_pool *pool, struct stream_chunk *chunk);

/** @return bytes in use. Its worker; others see some number of late. */
size_t stream_pool_used(const struct stream_pool *pool);

#endif
