/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bytes of one side that wait for others in front of them, or for their acknowledgement. They
 * lie in pieces that do not overlap, in a balanced tree by sequence number: whatever a sender does,
 * a segment costs its own length and the logarithm of what waits.
 */

#ifndef WP_STREAM_QUEUE_H
#define WP_STREAM_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "stream/policy.h"
#include "stream/segment.h"
#include "stream/worker.h"

/**
 * Adds the bytes of a segment. Where there are some already, the flow's policy says which count,
 * but for those that have been told. Differences are told as conflicts.
 * @param floor    bytes in front of it are not kept
 * @param goes_on  its receiver gets it, whatever limit is met; else nothing of it counts when it
 * is to be dropped for one
 * @return what lacks for all of it to be kept: WP_N_CAPS: nothing
 */
enum wp_cap stream_queue_add(struct stream_worker *worker, struct wp_flow *flow, unsigned int side,
			     const struct stream_segment *segment, uint32_t floor, bool goes_on);

/** Tells the bytes from side->next up to @p limit, as far as they have come. */
void stream_queue_tell(struct stream_worker *worker, struct wp_flow *flow, unsigned int side,
		       uint32_t limit);

/** Lets go of what lies in front of @p limit. */
void stream_queue_release(struct stream_worker *worker, struct wp_flow *flow, unsigned int side,
			  uint32_t limit);

/** @return the sequence number of the first byte that waits. Only of a queue that is not empty. */
uint32_t stream_queue_first(const struct stream_queue *queue);

/** @return the sequence number behind the last. Likewise. */
uint32_t stream_queue_end(const struct stream_queue *queue);

/** @return whether the byte of a sequence number is there. */
bool stream_queue_has(const struct stream_queue *queue, uint32_t seq);

/** Lets go of all. */
void stream_queue_clear(struct stream_worker *worker, struct wp_flow *flow, unsigned int side);

/** Takes a chunk as stream_pool_take() does; when there is none, bytes that have waited for longest
 * have to go, but for those of @p except (or NULL). Tells what has gathered then. */
struct stream_chunk *stream_take(struct stream_worker *worker, uint16_t tenant, size_t want,
				 const struct wp_flow *except, enum wp_cap *cap);

/** Gives back the memory of pieces that have been told. */
void stream_queue_collect(struct stream_worker *worker);

#endif
