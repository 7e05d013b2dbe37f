/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Flows in the packet path: in front of the first service of a path that wants to hear of them,
 * packets are put to their flows (lib/stream), and what happens there is told to all such services
 * of the path, up to one that changes addresses.
 */

#ifndef PE_STREAMS_H
#define PE_STREAMS_H

#include <stdint.h>

#include "pe/worker.h"
#include "stream/segment.h"
#include "stream/stream.h"

/** Different wishes of the services of one path: events, each with a filter or none. */
#define FLOW_WISHES_MAX 64

/** One service that hears of flows. */
struct flow_hearer {
	const struct instance *instance;
	uint64_t wishes;            /* bits: index into flow_plan.wishes */
	uint8_t n_rows;             /* of its wants */
	uint8_t wish[WP_WANTS_MAX]; /* index: row; into flow_plan.wishes */
};

/** Who hears of what on a part of a path. Paths that agree share one. */
struct flow_plan {
	struct stream_plan plan; /* first: this is what the tracker sees */
	const struct instance *stream;
	struct flow_plan *next; /* of the epoch's */
	uint8_t part;           /* of the path, from 1; addresses change between two */
	uint8_t n_hearers, n_wishes;
	uint8_t none; /* 1 + index of the wish that no event meets; 0: there is none */
	struct flow_hearer hearers[UINT8_MAX];
	uint64_t by_type[WP_FLOW_EVENTS];         /* wishes for events of a type */
	wp_stream_filter wishes[FLOW_WISHES_MAX]; /* NULL: all events of the type */
	uint8_t wish_l7[FLOW_WISHES_MAX];         /* enum wp_l7: of such flows; 0: of all */
};

/** Says for each step who hears what from there on. @return 0, or a negative errno with @p error
 * filled. Control. */
int flow_plans_make(struct wp_epoch *epoch, struct document_error *error);

/** Accepts what flow_plans_make() left. Control. */
void flow_plans_free(struct wp_epoch *epoch);

/** Gives each worker's side of the tracker what outlives configurations. Control. @return 0 or
 * -ENOMEM */
int streams_connect(struct pe *pe, const struct instance *instance);

/**
 * Puts packets to their flows, whose step's service hears of them; hands over those of flows that
 * others own. Those that get a verdict meet it. Worker.
 * @return how many are left, packed at the front, in order
 */
uint16_t streams_resolve(struct worker *worker, struct wp_packet **pkts, uint16_t n);

/** @return whether a packet of a flow that is blocked goes on nevertheless: what this process has
 * answered, and a SYN. If its receiver answers that, it begins another connection. */
static inline bool
streams_is_let_through(const struct wp_packet *pkt)
{
	return (pkt->flags & WP_PKT_REPLIED) != 0 || stream_segment_begins(pkt);
}

/** @return whether a service wants none of a packet's flow. */
static inline bool
streams_is_blocked(const struct wp_packet *pkt)
{
	return pkt->flow != NULL && (pkt->flow->flags & WP_FLOW_BLOCKED) != 0 &&
	       !streams_is_let_through(pkt);
}

static inline bool
streams_any_blocked(struct wp_packet *const *pkts, uint16_t n)
{
	bool any = false;

	for (uint16_t i = 0; i < n; i++)
		any |= streams_is_blocked(pkts[i]);
	return any;
}

/** Drops those packets of a burst that would go on, but whose flow it has blocked. Worker.
 * @return how many are left, packed at the front, in order */
uint16_t streams_drop_blocked(struct worker *worker, struct wp_packet **pkts, uint16_t n);

/** The time of a flow is over. Owner. @return as struct wp_service.expire */
uint32_t streams_expire(struct worker *worker, const struct instance *instance,
			struct wp_entry *entry);

/** The time of a flow is over, whose tracker is no more; or of something else. Owner. */
void streams_forget(struct worker *worker, const struct wp_table *table, struct wp_entry *entry);

/** Ends all flows: the process ends, and nobody goes on with them. Workers have stopped, logs are
 * open. Control. */
void streams_end(struct pe *pe);

#endif
