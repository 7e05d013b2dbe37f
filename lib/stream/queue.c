/* SPDX-License-Identifier: BSD-3-Clause */
/* See queue.h. How bytes come in: queue_add.c. */

#include "stream/queue_own.h"

#include "state/state.h"
#include "stream/seq.h"

/** Pieces that are looked at, or taken away, to make room for one: a large one is worth eight small
 * ones.
 */
enum { EVICT_TRIES = 16 };

static int
compare(const struct stream_piece *a, const struct stream_piece *b)
{
	return seq_diff(a->seq, b->seq);
}

RB_GENERATE(stream_tree, stream_piece, link, compare)

/* Usually it is the last, and its place is known. */
void
queue_enter(struct stream_queue *queue, struct stream_piece *piece)
{
	struct stream_tree *tree = tree_of(queue);
	struct stream_piece *last = queue->last;

	if (last == NULL || seq_before(piece->seq, last->seq)) {
		stream_tree_RB_INSERT(tree, piece);
		if (last == NULL)
			queue->last = piece;
	} else {
		RB_SET(piece, last, link);
		RB_RIGHT(last, link) = piece;
		stream_tree_RB_INSERT_COLOR(tree, piece);
		queue->last = piece;
	}
	queue->size += piece->chunk.size;
}

/** Takes a piece out; its bytes may still be told. */
static void
leave(struct stream_worker *worker, struct stream_queue *queue, struct stream_piece *piece)
{
	if (queue->last == piece)
		queue->last = stream_tree_RB_MINMAX(tree_of(queue), RB_NEGINF) == piece
				      ? NULL
				      : RB_PREV(stream_tree, tree_of(queue), piece);
	stream_tree_RB_REMOVE(tree_of(queue), piece);
	queue->size -= piece->chunk.size;
	atomic_store_explicit(&piece->chunk.waits, false, memory_order_release);
	RB_LEFT(piece, link) = worker->used;
	worker->used = piece;
}

void
stream_queue_collect(struct stream_worker *worker)
{
	while (worker->used != NULL) {
		struct stream_piece *piece = worker->used;

		worker->used = RB_LEFT(piece, link);
		stream_pool_give(worker->link.pool, &piece->chunk);
	}
}

struct stream_piece *
queue_find(const struct stream_queue *queue, uint32_t at)
{
	struct stream_piece *piece = queue->root, *best = NULL;

	if (queue->last == NULL || !seq_before(at, piece_end(queue->last)))
		return NULL;
	while (piece != NULL) {
		if (seq_before(at, piece_end(piece))) {
			best = piece;
			piece = RB_LEFT(piece, link);
		} else {
			piece = RB_RIGHT(piece, link);
		}
	}
	return best;
}

/** @return whether a piece that was taken off the list is of a queue that this worker may change,
 * and not of @p except */
static bool
may_evict(const struct stream_worker *worker, const struct stream_piece *piece,
	  const struct wp_flow *except)
{
	const struct stream_link *link = &worker->link;

	if (!atomic_load_explicit(&piece->chunk.waits, memory_order_acquire))
		return false; /* its owner has let go of it already */
	if (piece->flow == except)
		return false;
	return link->owns == NULL || link->owns(link->tell_arg, piece->chunk.bucket);
}

/** Takes bytes away that have waited for longest: those who let bytes wait for ever must not keep
 * others from it. @return whether there is room now */
static bool
evict(struct stream_worker *worker, uint16_t tenant, enum wp_cap cap, const struct wp_flow *except)
{
	for (unsigned int i = 0; i < EVICT_TRIES; i++) {
		struct stream_piece *piece =
			(struct stream_piece *)stream_pool_oldest(worker->link.pool, tenant, cap);
		struct stream_queue *queue;

		if (piece == NULL)
			return false;
		if (!may_evict(worker, piece, except)) {
			stream_pool_relist(worker->link.pool, &piece->chunk);
			continue;
		}
		queue = &piece->flow->queues[piece->side];
		leave(worker, queue, piece);
		if (queue->last == NULL)
			piece->flow->sides[piece->side].flags &= (uint16_t)~WP_SIDE_WAITS;
		worker->core->counters[STREAM_COUNT_EVICTED]++;
		stream_flush(worker); /* what has been told of it is told now */
		return true;
	}
	return false;
}

struct stream_chunk *
stream_take(struct stream_worker *worker, uint16_t tenant, size_t want,
	    const struct wp_flow *except, enum wp_cap *cap)
{
	struct stream_chunk *chunk;
	unsigned int tries = EVICT_TRIES;

	do
		chunk = stream_pool_take(worker->link.pool, tenant, want, cap);
	while (chunk == NULL && tries-- != 0 && evict(worker, tenant, *cap, except));
	return chunk;
}

void
stream_queue_tell(struct stream_worker *worker, struct wp_flow *flow, unsigned int side,
		  uint32_t limit)
{
	struct wp_flow_side *of = &flow->sides[side];
	struct stream_piece *piece = queue_find(&flow->queues[side], of->next);

	while (piece != NULL && !seq_before(of->next, piece->seq) && seq_before(of->next, limit)) {
		uint32_t stop = seq_min(limit, piece_end(piece)), skip = of->next - piece->seq;

		stream_data(worker, flow, side, piece->data + skip, stop - of->next,
			    piece->urgent - (int)skip);
		piece = RB_NEXT(stream_tree, tree_of(&flow->queues[side]), piece);
	}
}

void
stream_queue_release(struct stream_worker *worker, struct wp_flow *flow, unsigned int side,
		     uint32_t limit)
{
	struct stream_queue *queue = &flow->queues[side];

	while (queue->last != NULL) {
		struct stream_piece *piece = stream_tree_RB_MINMAX(tree_of(queue), RB_NEGINF);

		if (seq_before(limit, piece_end(piece)))
			return;
		leave(worker, queue, piece);
	}
	flow->sides[side].flags &= (uint16_t)~WP_SIDE_WAITS;
}

uint32_t
stream_queue_first(const struct stream_queue *queue)
{
	const struct stream_piece *piece = queue->root;

	while (RB_LEFT(piece, link) != NULL)
		piece = RB_LEFT(piece, link);
	return piece->seq;
}

uint32_t
stream_queue_end(const struct stream_queue *queue)
{
	return piece_end(queue->last);
}

bool
stream_queue_has(const struct stream_queue *queue, uint32_t seq)
{
	const struct stream_piece *piece = queue_find(queue, seq);

	return piece != NULL && !seq_before(seq, piece->seq);
}

void
stream_queue_clear(struct stream_worker *worker, struct wp_flow *flow, unsigned int side)
{
	struct stream_queue *queue = &flow->queues[side];

	while (queue->last != NULL)
		leave(worker, queue, stream_tree_RB_MINMAX(tree_of(queue), RB_NEGINF));
	flow->sides[side].flags &= (uint16_t)~WP_SIDE_WAITS;
}
