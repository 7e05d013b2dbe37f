/* SPDX-License-Identifier: BSD-3-Clause */
/* What the tracker has of one worker; for the files of this folder only. */

#ifndef WP_STREAM_WORKER_H
#define WP_STREAM_WORKER_H

#include <stdint.h>

#include "stream/stream.h"

enum { EVENTS_MAX = 256 };

struct stream_host_table;
struct stream_piece;

struct stream_worker {
	const struct stream_conf *conf;
	struct wp_core *core;
	struct wp_table *table; /* flows */
	struct stream_host_table *hosts;
	uint32_t idle[STREAM_IDLES]; /* ticks without a packet */
	uint32_t emergency;          /* the most of them while the table is crowded */
	struct stream_link link;

	/* The packet that is looked at. */
	struct wp_packet *pkt; /* NULL: none, a timer has run */
	const struct stream_plan *plan;
	bool verifies; /* checksums are looked at */
	bool keeps;    /* bytes that come in order are kept, as they are not told straight */

	bool reads; /* some plan has events that views make */

	unsigned int n_begun;      /* flows that packets of this burst have begun */
	struct stream_piece *used; /* pieces whose bytes are told with the events: free then */
	unsigned int n_events;
	struct wp_stream_event events[EVENTS_MAX];
};

/** Tells what has gathered. */
void stream_flush(struct stream_worker *worker);

/** @return whether any of the path's services wants an event of this type. */
static inline bool
stream_wants(const struct stream_worker *worker, enum wp_stream_event_type type)
{
	return (worker->plan->wants & WP_EVENT_BIT(type)) != 0;
}

/** @return an event to be filled in further, which will be told. Only of a type that is wanted. */
static inline struct wp_stream_event *
stream_event(struct stream_worker *worker, struct wp_flow *flow, enum wp_stream_event_type type,
	     unsigned int side)
{
	struct wp_stream_event *event;

	if (worker->n_events == EVENTS_MAX)
		stream_flush(worker);
	event = &worker->events[worker->n_events++];
	*event = (struct wp_stream_event){
		.flow = flow,
		.pkt = worker->pkt,
		.plan = worker->plan,
		.type = (uint8_t)type,
		.side = (uint8_t)side,
	};
	return event;
}

/**
 * Tells the next bytes of a side, and goes on behind them.
 * @param urgent  index of the one that is; else a number outside of them
 */
void stream_data(struct stream_worker *worker, struct wp_flow *flow, unsigned int side,
		 const uint8_t *data, uint32_t size, int urgent);

/** Says that a packet is not believed, or odd but followed, and counts it. */
void stream_anomaly(struct stream_worker *worker, struct wp_flow *flow, unsigned int side,
		    enum wp_anomaly anomaly, bool followed);

#endif
