/* SPDX-License-Identifier: BSD-3-Clause */
/* See queue.h. */

#include "stream/queue.h"

#include <bsd/sys/tree.h>
#include <string.h>

#include "state/state.h"
#include "stream/pool.h"
#include "stream/seq.h"

/** Bytes that follow each other and came in one segment. */
struct stream_piece {
	struct stream_chunk chunk;
	RB_ENTRY(stream_piece) link;
	struct wp_flow *flow;      /* whose it is */
	uint32_t seq;              /* of the first byte */
	uint32_t len;              /* bytes */
	uint16_t side;             /* enum wp_side */
	int16_t urgent;            /* index of the byte that is; else outside of them */
	struct stream_span origin; /* the segment they came in */
	uint8_t data[];
};

/** Bytes in the largest piece. */
enum { PIECE_MAX = STREAM_CHUNK_LARGE - sizeof(struct stream_piece) };

/** Pieces that are looked at, or taken away, to make room for one: a large one is worth eight small
 * ones.
 */
enum { EVICT_TRIES = 16 };

/** A side that has more than this part of its memory fills its pieces up: a byte sent alone must
 * not cost a chunk.
 */
enum { CROWDED_PART = 4 };

static int
compare(const struct stream_piece *a, const struct stream_piece *b)
{
	return seq_diff(a->seq, b->seq);
}

/* The tree of libbsd wants a head that holds the root alone; struct stream_queue begins with it. */
RB_HEAD(stream_tree, stream_piece);
RB_GENERATE_INTERNAL(stream_tree, stream_piece, link, compare, __attribute__((unused)) static)

static struct stream_tree *
tree_of(struct stream_queue *queue)
{
	return (struct stream_tree *)&queue->root;
}

static uint32_t
piece_end(const struct stream_piece *piece)
{
	return piece->seq + piece->len;
}

/** Enters a piece; usually it is the last, and its place is known. */
static void
enter(struct stream_queue *queue, struct stream_piece *piece)
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

/** @return the first piece that ends behind @p at, or NULL. */
static struct stream_piece *
find(const struct stream_queue *queue, uint32_t at)
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

/** A segment on its way into a queue. */
struct adding {
	struct stream_worker *worker;
	struct wp_flow *flow;
	unsigned int side;
	const uint8_t *data; /* its first byte is that of span.start */
	struct stream_span span;
	int urgent;      /* index of the byte that is, or STREAM_NOT_URGENT */
	enum wp_cap cap; /* that was met; WP_N_CAPS: none */
};

/** @return the segment's byte of a sequence number. */
static const uint8_t *
byte_at(const struct adding *add, uint32_t at)
{
	return add->data + (at - add->span.start);
}

/** @return which byte is urgent of those from @p at on, in a piece. */
static int16_t
urgent_from(const struct adding *add, uint32_t at)
{
	int index = add->urgent - (int)(at - add->span.start);

	return (int16_t)(index >= 0 && index < (int)PIECE_MAX ? index : STREAM_NOT_URGENT);
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

/** Makes a piece of bytes, and enters it. @return it, or NULL when there is no room */
static struct stream_piece *
make_piece(struct adding *add, uint32_t start, uint32_t len, const uint8_t *data)
{
	struct stream_queue *queue = &add->flow->queues[add->side];
	struct stream_worker *worker = add->worker;
	struct stream_piece *piece;

	if (queue->size >= worker->conf->flow_memory) {
		add->cap = WP_CAP_FLOW;
		return NULL;
	}
	piece = (struct stream_piece *)stream_take(worker, add->flow->entry->tenant,
						   sizeof(*piece) + len, add->flow, &add->cap);
	if (piece == NULL)
		return NULL;
	add->cap = WP_N_CAPS;
	piece->flow = add->flow;
	piece->side = (uint16_t)add->side;
	piece->chunk.bucket = add->flow->entry->bucket;
	atomic_store_explicit(&piece->chunk.waits, true, memory_order_relaxed);
	stream_pool_list(worker->link.pool, &piece->chunk);
	piece->seq = start;
	piece->len = len;
	piece->origin = add->span;
	piece->urgent = urgent_from(add, start);
	memcpy(piece->data, data, len);
	enter(queue, piece);
	return piece;
}

/** @return bytes that a piece has room for besides its own. */
static uint32_t
room_of(const struct stream_piece *piece)
{
	return piece->chunk.size - (uint32_t)sizeof(*piece) - piece->len;
}

/** Takes a segment's bytes for those of the one that a piece came in, as hosts do that are short of
 * memory (Linux: tcp_collapse). */
static void
join(const struct adding *add, struct stream_piece *piece, uint32_t n)
{
	piece->len += n;
	piece->origin.start = seq_min(piece->origin.start, add->span.start);
	piece->origin.end = seq_max(piece->origin.end, add->span.end);
}

/** Puts new bytes behind those of the piece in front. @return whether it has room */
static bool
append(const struct adding *add, struct stream_piece *front, struct stream_span hole)
{
	uint32_t n = hole.end - hole.start;

	if (front == NULL || piece_end(front) != hole.start || n > room_of(front))
		return false;
	memcpy(front->data + front->len, byte_at(add, hole.start), n);
	join(add, front, n);
	return true;
}

/** Puts them in front of those of the piece behind. @return whether it has room, and none of its
 * own was told */
static bool
prepend(const struct adding *add, struct stream_piece *back, struct stream_span hole)
{
	uint32_t n = hole.end - hole.start;

	if (back == NULL || back->seq != hole.end || n > room_of(back) ||
	    seq_before(back->seq, add->flow->sides[add->side].next))
		return false;
	if (stream_wants(add->worker, WP_FLOW_CONFLICT))
		stream_flush(add->worker); /* what shows these bytes where they lie now */
	memmove(back->data + n, back->data, back->len);
	memcpy(back->data, byte_at(add, hole.start), n);
	back->seq = hole.start;
	if (back->urgent != STREAM_NOT_URGENT)
		back->urgent = (int16_t)(back->urgent + (int)n);
	join(add, back, n);
	return true;
}

/** Puts new bytes into a piece beside them, when the side has many. @param back  the piece behind,
 * or NULL @return whether they fit into one */
static bool
fill_up(const struct adding *add, struct stream_span hole, struct stream_piece *back)
{
	struct stream_queue *queue = &add->flow->queues[add->side];
	uint32_t most = add->worker->conf->flow_memory;
	struct stream_piece *front = queue->last;

	if (queue->size < most / CROWDED_PART || queue->size >= most ||
	    add->urgent != STREAM_NOT_URGENT)
		return false;
	if (back != NULL)
		front = RB_PREV(stream_tree, tree_of(queue), back);
	return append(add, front, hole) || prepend(add, back, hole);
}

/** Fills bytes that nobody has sent before. @param back  the piece behind them, or NULL @return
 * whether there was room */
static bool
fill(struct adding *add, struct stream_span hole, struct stream_piece *back)
{
	if (hole.start == hole.end || fill_up(add, hole, back))
		return true;
	while (hole.start != hole.end) {
		uint32_t len = hole.end - hole.start;

		if (len > PIECE_MAX)
			len = PIECE_MAX;
		if (make_piece(add, hole.start, len, byte_at(add, hole.start)) == NULL)
			return false;
		hole.start += len;
	}
	return true;
}

/** Gives the second part of a piece what it was told of the whole. @param front  bytes in front */
static void
take_over(const struct stream_piece *piece, struct stream_piece *back, uint32_t front)
{
	int urgent = piece->urgent - (int)front;

	back->origin = piece->origin;
	back->urgent = (int16_t)(urgent >= 0 ? urgent : STREAM_NOT_URGENT);
}

/** Cuts a piece in two. @return the second part, or NULL when there is no room for another piece */
static struct stream_piece *
split(struct adding *add, struct stream_piece *piece, uint32_t at)
{
	uint32_t front = at - piece->seq, len = piece->len - front;
	struct stream_piece *back;

	piece->len = front; /* they do not overlap in the tree */
	back = make_piece(add, at, len, piece->data + front);
	if (back == NULL)
		piece->len += len;
	else
		take_over(piece, back, front);
	return back;
}

/** Puts the segment's bytes in place of a piece's. */
static void
overwrite(struct adding *add, struct stream_piece *piece, struct stream_span common)
{
	struct stream_piece *part = piece, *back;
	bool is_apart = true; /* these bytes have a piece of their own */

	if (common.start != piece->seq) {
		back = split(add, piece, common.start);
		is_apart = back != NULL;
		part = is_apart ? back : piece;
	}
	if (is_apart && common.end != piece_end(part))
		is_apart = split(add, part, common.end) != NULL;
	memcpy(part->data + (common.start - part->seq), byte_at(add, common.start),
	       common.end - common.start);
	if (!is_apart)
		return; /* no memory: the bytes count, where they came from does not */
	part->origin = add->span;
	part->urgent = urgent_from(add, common.start);
}

static void
tell_conflict(struct adding *add, const struct stream_piece *piece, struct stream_span common)
{
	const struct wp_flow_side *side = &add->flow->sides[add->side];
	struct wp_stream_event *event;

	add->worker->core->counters[STREAM_COUNT_CONFLICTS]++;
	if (!stream_wants(add->worker, WP_FLOW_CONFLICT))
		return;
	event = stream_event(add->worker, add->flow, WP_FLOW_CONFLICT, add->side);
	event->data = byte_at(add, common.start);
	event->other = piece->data + (common.start - piece->seq);
	event->size = common.end - common.start;
	event->offset = side->offset + (uint64_t)(int64_t)seq_diff(common.start, side->next);
}

/** Settles bytes that a piece has already. @param origin  the segment they came in */
static void
settle(struct adding *add, struct stream_piece *piece, struct stream_span origin,
       struct stream_span common)
{
	const struct wp_flow_side *side = &add->flow->sides[add->side];
	bool is_told = seq_before(common.start, side->next);

	if (memcmp(piece->data + (common.start - piece->seq), byte_at(add, common.start),
		   common.end - common.start) == 0)
		return;
	tell_conflict(add, piece, common);
	if (is_told ||
	    !stream_policy_takes_new((enum stream_policy)add->flow->policy, origin, add->span))
		return;
	if (stream_wants(add->worker, WP_FLOW_CONFLICT))
		stream_flush(add->worker); /* what was there before is about to go */
	overwrite(add, piece, common);
}

enum wp_cap
stream_queue_add(struct stream_worker *worker, struct wp_flow *flow, unsigned int side,
		 const struct stream_segment *segment, uint32_t floor)
{
	struct adding add = {.worker = worker,
			     .flow = flow,
			     .side = side,
			     .data = segment->data,
			     .span = {segment->seq, segment->seq + segment->len},
			     .urgent = stream_segment_urgent(segment),
			     .cap = WP_N_CAPS};
	uint32_t at = seq_max(segment->seq, floor), end = add.span.end;
	struct stream_piece *piece = find(&flow->queues[side], at);
	enum wp_cap met = WP_N_CAPS; /* the first limit */

	while (seq_before(at, end)) {
		uint32_t stop = piece == NULL ? end : seq_min(end, seq_max(at, piece->seq));
		struct stream_span origin = piece == NULL ? add.span : piece->origin;

		if (met == WP_N_CAPS && !fill(&add, (struct stream_span){at, stop}, piece))
			met = add.cap;
		if (met != WP_N_CAPS && worker->conf->at_cap[met] == STREAM_DROP)
			break; /* its receiver does not get it: what is behind counts as little */
		at = stop;
		if (piece == NULL)
			continue;
		stop = seq_min(end, piece_end(piece));
		if (at != stop && seq_before(at, stop))
			settle(&add, piece, origin, (struct stream_span){at, stop});
		at = seq_max(at, stop);
		piece = seq_before(at, end) ? find(&flow->queues[side], at) : NULL;
	}
	if (flow->queues[side].last != NULL)
		flow->sides[side].flags |= WP_SIDE_WAITS;
	return met;
}

void
stream_queue_tell(struct stream_worker *worker, struct wp_flow *flow, unsigned int side,
		  uint32_t limit)
{
	struct wp_flow_side *of = &flow->sides[side];
	struct stream_piece *piece = find(&flow->queues[side], of->next);

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
	const struct stream_piece *piece = find(queue, seq);

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
