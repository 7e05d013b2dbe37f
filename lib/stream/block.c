/* SPDX-License-Identifier: BSD-3-Clause */
/* See block.h. */

#include "stream/block.h"

#include "state/state.h"
#include "stream/reading.h"
#include "stream/views.h"

/** One piece of memory. */
struct block {
	struct stream_chunk chunk;
	struct l7_flow *owner; /* who goes when it is taken away */
};

_Static_assert(sizeof(struct block) % 16 == 0 &&
		       sizeof(struct block) + sizeof(struct l7_flow) <= STREAM_CHUNK_SMALL &&
		       sizeof(struct block) + L7_TAKE_MAX <= STREAM_CHUNK_64K,
	       "sizes of chunks are made for these");

/** Blocks that are looked at, or taken away, to make room for one. */
enum { EVICT_TRIES = 16 };

/** @return whether a block that was taken off the list is of a flow that this worker may change,
 * and not of @p except */
static bool
may_evict(const struct stream_worker *worker, const struct block *block,
	  const struct l7_flow *except)
{
	const struct stream_link *link = &worker->link;

	if (!atomic_load_explicit(&block->chunk.waits, memory_order_acquire))
		return false; /* its owner has let go of it already */
	if (block->owner == except)
		return false;
	return link->owns == NULL || link->owns(link->tell_arg, block->chunk.bucket);
}

/** Ends what reads another flow, whose memory is the oldest: those who let what they send be kept
 * for ever must not keep others from being read. @return whether there is room now */
static bool
evict(struct stream_worker *worker, uint16_t tenant, enum wp_cap cap, const struct l7_flow *except)
{
	for (unsigned int i = 0; i < EVICT_TRIES; i++) {
		struct block *block =
			(struct block *)stream_pool_oldest(worker->link.views, tenant, cap);
		struct wp_flow *flow;

		if (block == NULL)
			return false;
		if (!may_evict(worker, block, except)) {
			stream_pool_relist(worker->link.views, &block->chunk);
			continue;
		}
		flow = block->owner->flow;
		stream_views_close(worker, flow);
		flow->flags |= WP_FLOW_LOST; /* told when more of its bytes come */
		worker->core->counters[STREAM_COUNT_VIEWS_EVICTED]++;
		return true;
	}
	return false;
}

void *
stream_block_take(struct stream_worker *worker, const struct wp_flow *flow, struct l7_flow *owner,
		  size_t size)
{
	/* The oldest may all be small; what is taken is up to four times as large. */
	unsigned int tries = EVICT_TRIES + (unsigned int)(size / (STREAM_CHUNK_SMALL / 4));
	struct block *block;
	enum wp_cap cap;

	do
		block = (struct block *)stream_pool_take(worker->link.views, flow->entry->tenant,
							 sizeof(*block) + size, &cap);
	while (block == NULL && tries-- != 0 && evict(worker, flow->entry->tenant, cap, owner));
	if (block == NULL) {
		worker->core->counters[STREAM_COUNT_VIEWS_NO_ROOM]++;
		return NULL;
	}
	block->chunk.bucket = flow->entry->bucket;
	block->owner = owner != NULL ? owner : (struct l7_flow *)(block + 1);
	atomic_store_explicit(&block->chunk.waits, true, memory_order_relaxed);
	stream_pool_list(worker->link.views, &block->chunk);
	return block + 1;
}

void
stream_block_give(struct stream_worker *worker, void *memory)
{
	struct block *block;

	if (memory == NULL)
		return;
	block = (struct block *)memory - 1;
	atomic_store_explicit(&block->chunk.waits, false, memory_order_release);
	stream_pool_give(worker->link.views, &block->chunk);
}
