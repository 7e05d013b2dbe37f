/* SPDX-License-Identifier: BSD-3-Clause */
/* How the bytes of a segment come into a queue: what lacks is filled, what overlaps is settled. */

#include <string.h>

#include "state/state.h"
#include "stream/queue_own.h"
#include "stream/seq.h"

/** A side that has more than this part of its memory fills its pieces up: a byte sent alone must
 * not cost a chunk.
 */
enum { CROWDED_PART = 4 };

/** A segment on its way into a queue. */
struct adding {
	struct stream_worker *worker;
	struct wp_flow *flow;
	unsigned int side;
	const uint8_t *data; /* its first byte is that of span.start */
	struct stream_span span;
	struct stream_span origin;     /* that, and what it continues */
	int urgent;                    /* index of the byte that is, or STREAM_NOT_URGENT */
	enum wp_cap cap;               /* that was met; WP_N_CAPS: none */
	struct stream_chunk *reserved; /* for what lacks, in its order; NULL: taken one by one */
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

/** Takes a chunk for a piece. @param more  bytes of memory that the side is about to have besides
 * @return NULL: there is no room */
static struct stream_chunk *
take_chunk(struct adding *add, uint32_t len, uint32_t more)
{
	struct stream_chunk *chunk;

	if (add->flow->queues[add->side].size + more >= add->worker->conf->flow_memory) {
		add->cap = WP_CAP_FLOW;
		return NULL;
	}
	chunk = stream_take(add->worker, add->flow->entry->tenant,
			    sizeof(struct stream_piece) + len, add->flow, &add->cap);
	if (chunk != NULL)
		add->cap = WP_N_CAPS;
	return chunk;
}

/** Takes one of those that were set aside, if there are any. */
static struct stream_chunk *
take_reserved(struct adding *add, uint32_t len)
{
	struct stream_chunk *chunk = add->reserved;

	if (chunk == NULL)
		return take_chunk(add, len, 0);
	add->reserved = chunk->next;
	return chunk;
}

/** Makes a piece of bytes, and enters it. @param chunk  for it, or NULL @return it, or NULL */
static struct stream_piece *
make_piece(const struct adding *add, struct stream_chunk *chunk, uint32_t start, uint32_t len,
	   const uint8_t *data)
{
	struct stream_queue *queue = &add->flow->queues[add->side];
	struct stream_worker *worker = add->worker;
	struct stream_piece *piece = (struct stream_piece *)chunk;

	if (chunk == NULL)
		return NULL;
	piece->flow = add->flow;
	piece->side = (uint16_t)add->side;
	piece->chunk.bucket = add->flow->entry->bucket;
	atomic_store_explicit(&piece->chunk.waits, true, memory_order_relaxed);
	stream_pool_list(worker->link.pool, &piece->chunk);
	piece->seq = start;
	piece->len = len;
	piece->origin = add->origin;
	piece->urgent = urgent_from(add, start);
	memcpy(piece->data, data, len);
	queue_enter(queue, piece);
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
	piece->origin.start = seq_min(piece->origin.start, add->origin.start);
	piece->origin.end = seq_max(piece->origin.end, add->origin.end);
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

/** @return how many of a hole's bytes one piece takes. */
static uint32_t
first_part(struct stream_span hole)
{
	uint32_t len = hole.end - hole.start;

	return len > PIECE_MAX ? PIECE_MAX : len;
}

/** Fills bytes that nobody has sent before. @param back  the piece behind them, or NULL @return
 * whether there was room */
static bool
fill(struct adding *add, struct stream_span hole, struct stream_piece *back)
{
	if (hole.start == hole.end || (add->reserved == NULL && fill_up(add, hole, back)))
		return true;
	while (hole.start != hole.end) {
		uint32_t len = first_part(hole);

		if (make_piece(add, take_reserved(add, len), hole.start, len,
			       byte_at(add, hole.start)) == NULL)
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
	back = make_piece(add, take_chunk(add, len, 0), at, len, piece->data + front);
	if (back == NULL)
		piece->len += len;
	else
		take_over(piece, back, front);
	return back;
}

/** Puts the segment's bytes in place of a piece's. @param is_same  they are the same ones, and only
 * where they came from changes */
static void
overwrite(struct adding *add, struct stream_piece *piece, struct stream_span common, bool is_same)
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
	part->origin = add->origin;
	if (!is_same)
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

/** @return whether the segment wins over another one's bytes. @param origin  that */
static bool
wins(const struct adding *add, struct stream_span origin)
{
	const struct stream_queue *queue = &add->flow->queues[add->side];
	enum stream_policy policy = (enum stream_policy)add->flow->policy;
	const struct stream_piece *last;

	if (!stream_policy_takes_new(policy, origin, add->span))
		return false;
	if (!stream_policy_joins(policy) || origin.start != add->span.start)
		return true;
	/* The other one may have been continued since: is it longer? */
	last = queue_find(queue, add->span.end - 1);
	return last == NULL || !seq_before(last->seq, add->span.end) ||
	       last->origin.start != origin.start;
}

/** Settles bytes that a piece has already. @param origin  the segment they came in */
static void
settle(struct adding *add, struct stream_piece *piece, struct stream_span origin,
       struct stream_span common)
{
	bool is_told = seq_before(common.start, add->flow->sides[add->side].next);
	bool is_same = memcmp(piece->data + (common.start - piece->seq), byte_at(add, common.start),
			      common.end - common.start) == 0;

	if (!is_same)
		tell_conflict(add, piece, common);
	/* Also of the same bytes: a third segment is compared with the one that they are of now. */
	if (is_told || !wins(add, origin) ||
	    (is_same && memcmp(&origin, &add->span, sizeof(origin)) == 0))
		return;
	if (!is_same && stream_wants(add->worker, WP_FLOW_CONFLICT))
		stream_flush(add->worker); /* what was there before is about to go */
	overwrite(add, piece, common, is_same);
}

/* Segments of which all is taken, or nothing. */

/** Sets chunks aside for a hole. @param[in,out] size  bytes of those set aside @return where the
 * next one is put, or NULL: there is no room */
static struct stream_chunk **
reserve_hole(struct adding *add, struct stream_span hole, struct stream_chunk **tail,
	     uint32_t *size)
{
	while (hole.start != hole.end) {
		uint32_t len = first_part(hole);

		*tail = take_chunk(add, len, *size);
		if (*tail == NULL)
			return NULL;
		*size += (*tail)->size;
		tail = &(*tail)->next;
		*tail = NULL;
		hole.start += len;
	}
	return tail;
}

/** Sets chunks aside for all bytes of a segment that nobody has sent before. @return false: there
 * is no room for all of them; some are set aside */
static bool
reserve(struct adding *add, uint32_t at)
{
	struct stream_queue *queue = &add->flow->queues[add->side];
	struct stream_piece *piece = queue_find(queue, at);
	struct stream_chunk **tail = &add->reserved;
	uint32_t end = add->span.end, size = 0;

	while (seq_before(at, end)) {
		uint32_t stop = piece == NULL ? end : seq_min(end, seq_max(at, piece->seq));

		tail = reserve_hole(add, (struct stream_span){at, stop}, tail, &size);
		if (tail == NULL)
			return false;
		at = piece == NULL ? end : piece_end(piece);
		piece = piece == NULL ? NULL : RB_NEXT(stream_tree, tree_of(queue), piece);
	}
	return true;
}

static void
give_reserved_back(struct adding *add)
{
	while (add->reserved != NULL) {
		struct stream_chunk *chunk = add->reserved;

		add->reserved = chunk->next;
		stream_pool_give(add->worker->link.pool, chunk);
	}
}

/** @return whether some of a segment could be taken, although it is dropped as there is no room for
 * the rest: one that overlaps others, or needs several pieces. */
static bool
could_be_halved(const struct adding *add, uint32_t at)
{
	const uint32_t *at_cap = add->worker->conf->at_cap;
	const struct stream_piece *piece;

	if (at_cap[WP_CAP_FLOW] != STREAM_DROP && at_cap[WP_CAP_TENANT] != STREAM_DROP &&
	    at_cap[WP_CAP_WORKER] != STREAM_DROP)
		return false;
	if (add->span.end - at > PIECE_MAX)
		return true;
	piece = queue_find(&add->flow->queues[add->side], at);
	return piece != NULL && seq_before(piece->seq, add->span.end);
}

/** Adds what lacks, and settles the rest. @return likewise */
static enum wp_cap
add_all(struct adding *add, uint32_t at, enum wp_cap met)
{
	const struct stream_queue *queue = &add->flow->queues[add->side];
	struct stream_piece *piece = queue_find(queue, at);
	uint32_t end = add->span.end;

	while (seq_before(at, end)) {
		uint32_t stop = piece == NULL ? end : seq_min(end, seq_max(at, piece->seq));
		struct stream_span origin = piece == NULL ? add->span : piece->origin;

		if (met == WP_N_CAPS && !fill(add, (struct stream_span){at, stop}, piece))
			met = add->cap;
		at = stop;
		if (piece == NULL)
			continue;
		stop = seq_min(end, piece_end(piece));
		if (at != stop && seq_before(at, stop))
			settle(add, piece, origin, (struct stream_span){at, stop});
		at = seq_max(at, stop);
		piece = seq_before(at, end) ? queue_find(queue, at) : NULL;
	}
	return met;
}

/** Notes what waits and is continued by this segment, where hosts take both for one. */
static void
continue_front(struct adding *add)
{
	struct stream_queue *queue = &add->flow->queues[add->side];
	uint32_t start = add->span.start, next = add->flow->sides[add->side].next;
	struct stream_piece *front = queue->last, *back = NULL;

	if (front == NULL || !seq_before(next, start) ||
	    !stream_policy_joins((enum stream_policy)add->flow->policy))
		return;
	if (seq_before(start, piece_end(front)))
		front = queue_find(queue, start - 1);
	if (piece_end(front) != start || front->origin.end != start)
		return;
	if (front != queue->last)
		back = RB_NEXT(stream_tree, tree_of(queue), front);
	if (back == NULL || back->seq != start)
		add->origin.start = seq_max(front->origin.start, next);
}

enum wp_cap
stream_queue_add(struct stream_worker *worker, struct wp_flow *flow, unsigned int side,
		 const struct stream_segment *segment, uint32_t floor, bool goes_on)
{
	struct adding add = {.worker = worker,
			     .flow = flow,
			     .side = side,
			     .data = segment->data,
			     .span = {segment->seq, segment->seq + segment->len},
			     .urgent = stream_segment_urgent(segment),
			     .cap = WP_N_CAPS};
	uint32_t at = seq_max(segment->seq, floor);
	enum wp_cap met = WP_N_CAPS; /* the first limit */

	add.origin = add.span;
	continue_front(&add);
	if (!goes_on && seq_before(at, add.span.end) && could_be_halved(&add, at) &&
	    !reserve(&add, at)) {
		give_reserved_back(&add);
		met = add.cap;
		if (worker->conf->at_cap[met] == STREAM_DROP)
			return met;
	}
	met = add_all(&add, at, met);
	if (flow->queues[side].last != NULL)
		flow->sides[side].flags |= WP_SIDE_WAITS;
	return met;
}
