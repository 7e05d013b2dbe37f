/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is read of a flow, step by step: its view is called, or, where it is not known yet, looked
 * for; and what it says at the end of a call is done. Worker that owns the flow. For the files of
 * this folder only.
 */

#ifndef WP_STREAM_READING_H
#define WP_STREAM_READING_H

#include <stdbool.h>
#include <stdint.h>

#include "stream/l7/view.h"
#include "stream/worker.h"

struct l7_more;

/** What is kept of a flow whose bytes are read, or that may be. */
struct l7_flow {
	struct wp_flow *flow;
	const struct l7_view *view; /* NULL: it is not known yet */
	union {
		void *state;          /* of the view; NULL: it has none */
		struct l7_more *more; /* until it is known: see kept.c; NULL: nothing */
	};
	/* Index of these: enum wp_side. */
	uint64_t next[2];     /* offset in the stream of what comes next */
	bool has_next[2];     /* it is known */
	uint64_t seen[2];     /* bytes that came before the view was known */
	uint16_t possible[2]; /* bits: which views have not said no to a side's bytes */
	uint8_t n_kept[2];
	uint8_t doubtful; /* 1 + enum wp_side: whose first bytes are still to be those of the view,
			   * which was found by the other's; 0: nobody's */
	uint8_t kept[2][L7_MATCH_SIZE];    /* the first bytes of each side */
	const struct stream_plan *put_off; /* under which WP_FLOW_PUT_OFF was met; NULL: none */
};

/** A call of a view's, and what it is about. */
struct stream_reading {
	struct l7_run run; /* first */
	struct stream_worker *worker;
	const struct wp_stream_event *cause; /* NULL: none, its view is closed */
	struct l7_flow *l7;                  /* of run.flow; NULL: nothing is kept of it */
	unsigned int rounds;                 /* of ROUNDS_MAX, in reading.c */
};

/** @return what is wanted of the flow. Only of one that has a cause. */
static inline const struct stream_plan *
stream_reading_plan(const struct stream_reading *reading)
{
	return reading->cause->plan;
}

/** Gives bytes to the view of a flow, or looks for it. */
void stream_reading_bytes(struct stream_reading *reading, const uint8_t *data, uint32_t size);

/** Tells the view of a flow that bytes are missing; without one, nobody knows how the side begins.
 */
void stream_reading_gap(struct stream_reading *reading, uint64_t size);

/** Tells the view of a flow that a side has come to its end. */
void stream_reading_end(struct stream_reading *reading);

/** Reads a datagram, of which nothing is kept. */
void stream_reading_datagram(struct stream_reading *reading, const uint8_t *data, uint32_t size);

#endif
