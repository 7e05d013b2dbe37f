/* SPDX-License-Identifier: BSD-3-Clause */
/* A poll-mode worker: receives, dispatches, sends. One core, one thread, one of these. */

#ifndef PE_WORKER_H
#define PE_WORKER_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_ring.h>

#include "pe/account.h"
#include "pe/buckets.h"
#include "pe/document.h"
#include "pe/epoch.h"
#include "pe/hold.h"
#include "pmtu/icmp.h"

struct known_table;
struct pe;
struct event_ring;
struct restore_batch;
struct stream_defrag;
struct stream_pool;

#define WORKER_QUEUES_MAX 64
#define WORKER_WAIT_MAX 512 /* packets that may wait for a send queue of one port */
#define WORKER_RING_SIZE 4096

/** A receive queue that a worker polls. */
struct worker_rxq {
	uint16_t port; /* ours: index into pe->ports */
	uint16_t dpdk_port;
	uint16_t queue;
	uint32_t cells;    /* block of enum port_cell */
	uint64_t *refused; /* this worker's cells from PORT_REFUSED on */
};

/** Packets on their way out through one port. */
struct worker_txq {
	bool usable;    /* false: another worker sends for us */
	uint8_t sender; /* which one */
	uint16_t dpdk_port, queue;
	uint32_t cells;     /* block of enum port_cell */
	uint16_t n_waiting; /* encoded, not yet taken by the port */
	uint32_t gone;      /* packets that ever left the waiting line */
	uint32_t mark;      /* of 'gone', for a move */
	struct wp_packet *waiting[WORKER_WAIT_MAX];
};

/** Which tenants get how much while there is more work than the worker can do. */
struct worker_shed {
	bool active;
	uint32_t polls,
		full_polls; /* of receive queues in this window; those that gave a whole burst */
	uint32_t served;    /* packets in this window that were not shed */
	uint32_t allowance; /* packets for all tenants together in a window */
	uint64_t window_end_ns;
	uint32_t *used, *allowed; /* index: tenant; packets in this window */
	/* Of the rings to other workers, while one is crowded. */
	uint32_t ring_total,
		ring_weight; /* packets put into it; shares of the tenants that had some */
	uint32_t *ring_used; /* index: tenant; packets */
};

/** How far the timers of the state tables have run. */
struct worker_timers {
	uint64_t tick, target;           /* all have come to; are on their way to */
	const struct known_table *table; /* where to go on; NULL: with the first */
	unsigned int bucket;
};

/** Packets of a burst that services have asked to drop when they were told of flows. */
struct flow_drops {
	unsigned int n;
	struct {
		struct wp_packet *pkt;
		uint16_t reason; /* of the service that was the first */
		uint8_t step;    /* at which it serves the packet */
	} of[WP_BURST_MAX];
};

/** What a worker still has to do for a move. */
struct worker_move {
	enum { MOVE_RING, MOVE_LINES, MOVE_FLUSHED } stage; /* what has to be gone first */
	uint32_t number;                                    /* of the move */
	uint32_t n_new;                                     /* packets kept since the last look */
	bool draining;                                      /* drain_mark is set */
	uint64_t ring_mark;  /* of totals.ring_in: what was in the ring is out of it */
	uint64_t drain_mark; /* likewise, of the old owner when nobody sends it more */
	uint64_t late_ns;    /* when lines in front of ports are not waited for any longer */
};

struct worker {
	/* Worker only. */
	struct pe *pe;
	uint16_t id;
	uint16_t n_rxqs;
	unsigned int bursts;           /* one in eight is timed */
	unsigned int timed_below;      /* of all; 2^29: an eighth */
	uint8_t watched;               /* this burst is; bits: */
#define WATCHED_TIME 1                 /* timed */
#define WATCHED_CAPTURE 2              /* copied, if it is of the right path */
	const struct capture *capture; /* as of this poll; NULL: there is none */
	bool sends_all;                /* has a send queue of each port */
	uint64_t now_ns, now_tsc;
	uint64_t random; /* from a start that nobody knows; services draw from it */
	uint64_t *cells;
	uint8_t owner[PE_BUCKETS + 1]; /* index: bucket; a worker, or OWNER_PARKED. Of BUCKET_NONE
					  this one */
	uint16_t parks;                /* the bucket of which it keeps packets; BUCKET_NONE: none */
	struct park parked;            /* the new owner's while a move is past MOVE_DRAINED */
	struct worker_move move;
	const struct wp_epoch *epoch; /* new packets enter under it */
	struct epoch_count *count;
	struct worker_rxq rxqs[WORKER_QUEUES_MAX];
	struct worker_txq *txqs; /* index: port */
	struct hold_table holds;
	struct rte_mempool *pool; /* of its NUMA node: what services create comes from it */
	struct wp_packet *created[WP_BURST_MAX];
	uint16_t n_created;
	bool ticking;    /* services tick: they are given no packets */
	bool named_hold; /* a service has named a hold in this burst, and may not use it */
	uint32_t n_released;
	struct wp_packet **released;      /* their holds are over; they go on after this burst */
	struct wp_keys *keys;             /* scratch of steer_keys() */
	struct event_ring *events;        /* records of services go in here */
	struct stream_pool *stream_pool;  /* bytes of flows that wait; control makes it, or NULL */
	struct stream_pool *stream_views; /* what is kept to read them; likewise, with it */
	struct wp_icmp_limit resets;      /* of RSTs to those whose flows are blocked */
	struct flow_drops flow_drops;
	struct stream_defrag *defrag; /* likewise, with it */
	uint64_t next_tick_ns;
	struct worker_timers timers;
	unsigned int idle_polls;
	struct worker_shed shed;
	uint8_t fragments_at; /* the bucket whose late fragments are looked for next */

	/* Other workers put packets in, this one takes them out. */
	struct rte_ring *ring;

	/* Worker writes, control reads. */
	alignas(64) _Atomic uint64_t sequence; /* odd: in the middle of a poll */
	_Atomic uint64_t seen;        /* number of the epoch that new packets enter under */
	struct account_totals totals; /* worker only while it runs */
	struct account_totals
		copy; /* of the totals between two polls; control's once 'answered' says so */
	_Atomic(const struct instance *) running; /* whose calls it makes, or made last */
	_Atomic uint32_t answered;                /* the last wish for a copy that was met */
	_Atomic uint64_t busy_cycles;
	_Atomic uint32_t turned, flushed; /* numbers of the last moves it has done so for */
	uint64_t load[PE_BUCKETS + 1];    /* index: packet's home; packets in timed bursts, each
					     counted once a step */

	/* Control writes, worker reads. */
	alignas(64) atomic_bool stop;
	atomic_bool closed;     /* receives no more; what is inside goes on */
	_Atomic uint32_t asked; /* counts wishes for a copy */
	/* Records to take back; the worker sets it to NULL when it is through with them. */
	_Atomic(struct restore_batch *) restore;
};

/**
 * @return whether this worker may write the entries of a bucket now. While a bucket moves no worker
 * may. Worker.
 */
static inline bool
worker_owns(const struct worker *worker, uint8_t bucket)
{
	return worker->owner[bucket] == worker->id;
}

/** @return 0 or a negative errno. Control. */
int worker_create(struct pe *pe, uint16_t id, uint32_t hold_max, struct worker **worker);

/** Accepts NULL. Frees packets it still has. Control. */
void worker_destroy(struct worker *worker);

/** Turns to the newest epoch, before the first poll or in it. */
void worker_look(struct worker *worker);

/**
 * One round: what a move wants, every receive queue once, the ring, deadlines, ticks, waiting
 * packets.
 * @return packets it had to do with; 0 means idle
 */
unsigned int worker_poll(struct worker *worker);

/** Polls until worker->stop; backs off when idle. The thread's main function. */
int worker_main(void *worker);

#endif
