/* SPDX-License-Identifier: BSD-3-Clause */
/* What queue.c and queue_add.c share: the pieces of a queue, and their tree. */

#ifndef WP_STREAM_QUEUE_OWN_H
#define WP_STREAM_QUEUE_OWN_H

#include <bsd/sys/tree.h>

#include "stream/flow.h"
#include "stream/pool.h"
#include "stream/queue.h"

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

/* The tree of libbsd wants a head that holds the root alone; struct stream_queue begins with it. */
RB_HEAD(stream_tree, stream_piece);
RB_PROTOTYPE(stream_tree, stream_piece, link, compare)

static inline struct stream_tree *
tree_of(struct stream_queue *queue)
{
	return (struct stream_tree *)&queue->root;
}

/** @return the sequence number behind its last byte. */
static inline uint32_t
piece_end(const struct stream_piece *piece)
{
	return piece->seq + piece->len;
}

/** Enters a piece. */
void queue_enter(struct stream_queue *queue, struct stream_piece *piece);

/** @return the first piece that ends behind @p at, or NULL. */
struct stream_piece *queue_find(const struct stream_queue *queue, uint32_t at);

#endif
