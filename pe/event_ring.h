/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Records on their way from one worker to the log thread: a ring of bytes with one producer and one
 * consumer. A record is a header and what the service gave, whole and never cut in two: where the
 * rest of the ring is too short for one, an empty mark stands, and the record at the start.
 */

#ifndef PE_EVENT_RING_H
#define PE_EVENT_RING_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "service.h"

struct instance;

/** Bytes of a ring: a power of two, and enough for what a worker emits while the log thread
 * sleeps. Memory is taken as it is used. */
#define EVENT_RING_SIZE (4u << 20)

/** What stands in front of a record. */
struct event_header {
	const struct instance *instance; /* NULL: a mark; the next record is at the ring's start */
	uint64_t time_ns;                /* runtime clock */
	uint16_t size;                   /* bytes of the record that follow */
	uint16_t room;                   /* bytes to the next header */
	uint32_t unused;
};

_Static_assert(sizeof(struct event_header) + WP_EVENT_SIZE_MAX <= UINT16_MAX,
	       "'room' counts a record of any size");

struct event_ring {
	/* Worker. */
	alignas(64) _Atomic uint64_t head; /* bytes ever put in; log thread reads */
	uint64_t tail_seen;                /* 'tail' as it was when looked at last */
	/* Log thread. */
	alignas(64) _Atomic uint64_t tail; /* bytes ever taken out; worker reads */
	/* Constant. */
	alignas(64) uint8_t *bytes;
	uint64_t mask;
};

/** @return 0 or -ENOMEM. Control. */
int event_ring_open(struct event_ring *ring, uint64_t size);

/** Accepts a zeroed one. Control. */
void event_ring_close(struct event_ring *ring);

/** @return whether @p n more bytes fit behind @p head. Worker. */
static inline bool
event_ring_fits(struct event_ring *ring, uint64_t head, uint64_t n)
{
	if (head + n - ring->tail_seen <= ring->mask + 1)
		return true;
	ring->tail_seen = atomic_load_explicit(&ring->tail, memory_order_acquire);
	return head + n - ring->tail_seen <= ring->mask + 1;
}

/** Puts a record in. Worker. @return false when there is no room: nothing has changed */
static inline bool
event_ring_put(struct event_ring *ring, const struct instance *instance, uint64_t time_ns,
	       const void *record, uint16_t size)
{
	uint64_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
	uint64_t room = sizeof(struct event_header) + ((size + 7u) & ~7u);
	uint64_t left = ring->mask + 1 - (head & ring->mask), skip = left < room ? left : 0;
	struct event_header *header;

	if (!event_ring_fits(ring, head, skip + room))
		return false;
	if (skip != 0) { /* a multiple of 8: the pointer of the mark always fits */
		memset(ring->bytes + (head & ring->mask), 0, sizeof(void *));
		head += skip;
	}
	header = (struct event_header *)(ring->bytes + (head & ring->mask));
	header->instance = instance;
	header->time_ns = time_ns;
	header->size = size;
	header->room = (uint16_t)room;
	memcpy(header + 1, record, size);
	atomic_store_explicit(&ring->head, head + room, memory_order_release);
	return true;
}

/** @return bytes in the ring, marks included. Log thread. */
static inline uint64_t
event_ring_used(const struct event_ring *ring)
{
	return atomic_load_explicit(&ring->head, memory_order_acquire) -
	       atomic_load_explicit(&ring->tail, memory_order_relaxed);
}

/**
 * Looks at the record at *@p at and moves *@p at behind it. Its bytes stay until event_ring_take().
 * Log thread.
 * @param at   between the ring's tail and @p end
 * @param end  the ring's head, as read before
 * @return NULL when there is none before @p end
 */
static inline const struct event_header *
event_ring_next(const struct event_ring *ring, uint64_t *at, uint64_t end)
{
	const struct event_header *header;

	if (*at == end)
		return NULL;
	header = (const struct event_header *)(ring->bytes + (*at & ring->mask));
	if (header->instance == NULL) {
		*at += ring->mask + 1 - (*at & ring->mask);
		header = (const struct event_header *)ring->bytes;
	}
	*at += header->room;
	return header;
}

/** Gives the room up to @p at back to the worker. Log thread. */
static inline void
event_ring_take(struct event_ring *ring, uint64_t at)
{
	atomic_store_explicit(&ring->tail, at, memory_order_release);
}

#endif
