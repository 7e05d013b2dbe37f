/* SPDX-License-Identifier: BSD-3-Clause */
/* Small things that the files of the packet path share. Worker only; not for others. */

#ifndef PE_WORKER_OPS_H
#define PE_WORKER_OPS_H

#include <string.h>

#include "pe/buffer.h"
#include "pe/pe.h"
#include "pe/worker.h"
#include "stream/stream.h"

/** Counts @p n packets of one epoch as gone from it. */
static inline void
epoch_leave(const struct worker *worker, const struct wp_epoch *epoch, uint64_t n)
{
	_Atomic uint64_t *out = &epoch->counts[worker->id].out;

	atomic_store_explicit(out, atomic_load_explicit(out, memory_order_relaxed) + n,
			      memory_order_release);
}

/** Counts @p n packets as entered under an epoch. */
static inline void
epoch_enter(const struct worker *worker, const struct wp_epoch *epoch, uint64_t n)
{
	_Atomic uint64_t *in = &epoch->counts[worker->id].in;

	atomic_store_explicit(in, atomic_load_explicit(in, memory_order_relaxed) + n,
			      memory_order_release);
}

/** Decides whether a burst is timed: one in eight is (all are, of a rehearsal), in no step with how
 * bursts of several kinds take turns. */
static inline void
worker_time(struct worker *worker)
{
	worker->watched = (uint8_t)((++worker->bursts * 0x9e3779b1u < worker->timed_below) |
				    (worker->capture != NULL) * WATCHED_CAPTURE);
}

/** pkt->step of a packet that has left its path: it is sent with the tag as it stands. */
#define STEP_DIVERTED UINT8_MAX

/** @return the id of a slot for a packet about to be held, or 0. */
static inline uint64_t
packet_hold_name(struct worker *worker, const struct wp_packet *pkt)
{
	return hold_name(&worker->holds, pkt->tenant, worker->epoch->n_tenants > 1);
}

/** Copies a list of packets; the two may overlap. */
static inline void
packets_copy(struct wp_packet **to, struct wp_packet *const *from, unsigned int n)
{
	memmove(to, from, n * sizeof(struct wp_packet *));
}

/** @return the step a packet stands at. Only when it has one left. */
static inline const struct step *
packet_step(const struct wp_packet *pkt)
{
	return &pkt->path->steps[pkt->step];
}

/** @return whether a packet has been through all steps of its path. */
static inline bool
packet_done(const struct wp_packet *pkt)
{
	return pkt->step >= pkt->path->n_steps;
}

/** @return what serves a packet next; NULL when it is through with its path. */
static inline const struct instance *
packet_instance(const struct wp_packet *pkt)
{
	if (likely(pkt->step == 0))
		return pkt->path->instance;
	return packet_done(pkt) ? NULL : packet_step(pkt)->instance;
}

/** Moves a packet on to its next step. */
static inline void
packet_advance(struct wp_packet *pkt)
{
	pkt->step++;
	pkt->verdict = WP_NEXT;
	if (!packet_done(pkt))
		pkt->args = packet_step(pkt)->args;
}

/** Frees a packet and counts it in @p cell of its own. */
void worker_drop_cell(struct worker *worker, struct wp_packet *pkt, uint32_t cell);

/** Frees a packet for a reason of the runtime's. */
static inline void
worker_drop(struct worker *worker, struct wp_packet *pkt, enum drop drop)
{
	worker_drop_cell(worker, pkt, pkt->path->rare + PATH_DROPS + drop);
}

/* steer.c */

/** Gives packets to another worker; what its ring has no room for is dropped. n <= WP_BURST_MAX */
void steer_hand_over(struct worker *worker, struct wp_packet **pkts, const uint8_t *to, uint16_t n);

/**
 * Gives packets their homes. Hands over those whose homes other workers own, and keeps those back
 * whose homes move just now, but for packets that are served as such already: the new owner's, with
 * what it kept behind them.
 * @return how many are left; they are packed at the front, in order
 */
uint16_t steer_keep_own(struct worker *worker, struct wp_packet **pkts, const uint16_t *homes,
			uint16_t n);

/**
 * Computes the buckets of packets, and hands over those that others own. Returns likewise.
 */
uint16_t steer_packets(struct worker *worker, struct wp_packet **pkts, uint16_t n);

/** Resolves the state that an instance's packets need; hands over those whose entries others own.
 * Returns likewise. */
uint16_t steer_keys(struct worker *worker, const struct instance *instance, struct wp_packet **pkts,
		    uint16_t n);

/** Finds the flows of packets; hands over those that others own, and those that begin flows where
 * others own their bucket. Returns likewise. @param[out] arrivals  index: as packets afterwards */
uint16_t steer_flows(struct worker *worker, const struct instance *stream, struct wp_packet **pkts,
		     struct stream_arrival *arrivals, uint16_t n);

/* send.c */

/** Puts the tag (pkt->tag, as it stands) back on packets that are done and sends them. n <=
 * WP_BURST_MAX */
void send_done(struct worker *worker, struct wp_packet **pkts, uint16_t n);

/* shed.c */

/** @return 0 or -ENOMEM. Control. */
int shed_create(struct worker_shed *shed);

/** Accepts what shed_create() left. Control. */
void shed_destroy(struct worker_shed *shed);

/**
 * Judges packets that just came while there is too much work: those over their tenant's share meet
 * their path's fail mode. Returns likewise.
 */
uint16_t shed_packets(struct worker *worker, struct wp_packet **pkts, uint16_t n);

/**
 * Judges packets for a ring that is more than half full: those over their tenant's share of it are
 * dropped. The less @p room is left (packets), the stricter.
 * @return how many are left
 */
uint16_t shed_crowd(struct worker *worker, void **pkts, uint16_t n, uint32_t room);

/** Ends a window: looks whether there was too much work, and sets what each tenant may have in the
 * next one. */
void shed_window(struct worker *worker);

/** Applies the fail mode of a packet's path for @p cause. @return whether it goes on, at its next
 * step */
bool dispatch_fail(struct worker *worker, struct wp_packet *pkt, enum wp_cause cause);

#endif
