/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What happens to the bytes of segments that are believed: they wait, are told in order, are
 * missed, or meet a limit. For the files of this folder only.
 */

#ifndef WP_STREAM_DELIVERY_H
#define WP_STREAM_DELIVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "stream/segment.h"
#include "stream/worker.h"

/** One segment and whose it is. */
struct stream_run {
	struct stream_worker *worker;
	struct wp_flow *flow;
	struct wp_flow_side *me, *peer; /* who has sent it, who will receive it */
	const struct stream_segment *seg;
	unsigned int side; /* of me */
	uint32_t end;      /* behind its last byte, and FIN */
};

/** @return whether anybody wants to hear of bytes. */
static inline bool
stream_delivery_wanted(const struct stream_worker *worker)
{
	return (worker->plan->wants & WP_EVENTS_OF_BYTES) != 0;
}

/** Goes on behind bytes that nobody wants to hear of. */
void stream_delivery_pass_over(struct wp_flow_side *side, uint32_t to);

/** Takes the bytes of a segment that is believed. @return whether the packet goes on */
bool stream_delivery_take(struct stream_run *run);

/** A segment's bytes were taken, and its FIN was seen, now or before. */
void stream_delivery_take_fin(struct stream_run *run);

/**
 * The receiver of a side's bytes has taken all up to side->acked. What is missing in front of
 * @p before, which it acknowledged in an earlier segment, was missed; what it acknowledges just now
 * may still come, as packets of the two directions may overtake each other.
 */
void stream_delivery_acked(struct stream_run *run, unsigned int side, uint32_t before);

/** Does what is configured for a limit that is met. @return whether the packet goes on */
bool stream_delivery_meet_cap(struct stream_run *run, enum wp_cap cap);

/** @return whether bytes of a side wait for others that have not come. */
bool stream_delivery_has_hole(const struct wp_flow *flow, unsigned int side);

/** Tells what waits of a side, acknowledged or not: its receiver may have it. */
void stream_delivery_finish(struct stream_worker *worker, struct wp_flow *flow, unsigned int side);

#endif
