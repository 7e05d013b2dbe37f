/* SPDX-License-Identifier: BSD-3-Clause */
/* Buckets, and the packets of one that wait while it moves from worker to worker. */

#ifndef PE_BUCKETS_H
#define PE_BUCKETS_H

#include <stdbool.h>
#include <stdint.h>

#include "packet.h"

#define PE_BUCKETS 256
/** wp_packet.home of a packet that any worker may serve. */
#define BUCKET_NONE PE_BUCKETS
/** The owner of a bucket of which this worker serves nothing just now, but keeps what comes. */
#define OWNER_PARKED UINT8_MAX
/** Packets of a moving bucket that one worker keeps; a power of two. */
#define PARK_MAX 2048

/** Packets of a moving bucket, in order. */
struct park {
	struct wp_packet **pkts; /* index: below modulo PARK_MAX */
	uint32_t head, tail;     /* the oldest; one past the newest */
};

/** @return packets in it. */
static inline uint32_t
park_count(const struct park *park)
{
	return park->tail - park->head;
}

/** Adds a packet at the end. @return false when there is no room */
static inline bool
park_put(struct park *park, struct wp_packet *pkt)
{
	if (park_count(park) == PARK_MAX)
		return false;
	park->pkts[park->tail++ % PARK_MAX] = pkt;
	return true;
}

/** Takes up to @p n packets from the front. @return how many */
static inline uint16_t
park_take(struct park *park, struct wp_packet **pkts, uint16_t n)
{
	uint16_t taken = 0;

	while (taken < n && park->head != park->tail)
		pkts[taken++] = park->pkts[park->head++ % PARK_MAX];
	return taken;
}

#endif
