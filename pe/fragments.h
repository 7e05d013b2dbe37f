/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Later fragments have no ports: before a service that needs them (WP_NEEDS_L4), all fragments of a
 * datagram meet at the worker that owns the bucket of what they have in common. There they learn
 * their ports from the first one, or wait for it, and then steer on as all packets do.
 */

#ifndef PE_FRAGMENTS_H
#define PE_FRAGMENTS_H

#include <stdint.h>

#include "packet.h"

struct document_workers;
struct fragments;
struct worker;

/** @return 0 or -ENOMEM. Control. */
int fragments_create(const struct document_workers *conf, struct fragments **fragments);

/** Accepts NULL. Nothing waits any more. Control. */
void fragments_destroy(struct fragments *fragments);

/** @return datagrams that are followed now, and @p max at the most. Control. */
uint64_t fragments_used(const struct fragments *fragments, uint64_t *max);

/**
 * Makes the fragments among packets of one instance ready for it: hands them over, keeps or drops
 * them. Those that had waited for a fragment of the burst go on right behind it.
 * @return how many are left for the instance; they are packed at the front, in order
 */
uint16_t fragments_resolve(struct worker *worker, struct wp_packet **pkts, uint16_t n);

/** Gives up datagrams that have had their time. Every 10 ms or so. */
void fragments_tick(struct worker *worker);

/**
 * A bucket's datagrams, and what waits for their first fragments, stay in their table when the
 * bucket moves: who owns the bucket has the table, and while nobody does, nobody looks at it. Here
 * the old owner counts what waits as gone ...
 */
void fragments_give(struct worker *worker, uint8_t bucket);

/** ... and here the new one counts it as its own. */
void fragments_take(struct worker *worker, uint8_t bucket);

/** Drops what waits in a bucket that a worker had to do with last; all have stopped. */
void fragments_abandon_bucket(struct worker *worker, uint8_t bucket);

/** Drops all that waits in buckets that a worker owns; it has stopped. */
void fragments_abandon(struct worker *worker);

#endif
