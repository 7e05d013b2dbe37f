/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets that a service asked to keep: numbered, with deadlines, and a limit. No tenant may have
 * more of the slots than it leaves free, so that one cannot take them all. Worker only.
 */

#ifndef PE_HOLD_H
#define PE_HOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "packet.h"
#include "pe/buckets.h"

struct hold {
	struct wp_packet *pkt; /* NULL: free, or named and not yet held */
	uint64_t deadline_ns;
	uint32_t generation; /* grows with each use */
	uint32_t heap;       /* position in the heap; UINT32_MAX: not in it */
	uint32_t next_free;
	uint16_t tenant; /* whose packet it is */
};

struct hold_table {
	struct hold *holds; /* index: slot */
	uint32_t *heap;     /* slots by deadline, the earliest first */
	uint32_t n_heap;
	uint32_t max;
	uint32_t free;                      /* first free slot; UINT32_MAX: none */
	uint32_t n_used;                    /* slots that are not free */
	uint32_t *by_tenant;                /* index: tenant; slots of its packets */
	uint32_t by_bucket[PE_BUCKETS + 1]; /* index: packet's home; packets held */
};

/** @param n_tenants  there may ever be  @return 0 or -ENOMEM */
int hold_create(struct hold_table *table, uint32_t max, uint32_t n_tenants);

void hold_destroy(struct hold_table *table);

/**
 * Takes a slot for a packet of @p tenant that is about to be held.
 * @param several  there are other tenants
 * @return its id, or 0 when the table is full, or the tenant has enough of it
 */
uint64_t hold_name(struct hold_table *table, uint16_t tenant, bool several);

/** Gives a named slot back that was not used. */
void hold_forget(struct hold_table *table, uint64_t id);

/** Keeps @p pkt under a named id until @p deadline_ns. */
void hold_keep(struct hold_table *table, uint64_t id, struct wp_packet *pkt, uint64_t deadline_ns);

/** Takes a held packet out. @return NULL when the id is not (or no longer) held */
struct wp_packet *hold_take(struct hold_table *table, uint64_t id);

/** Takes out one packet whose deadline has passed. @return NULL when there is none */
struct wp_packet *hold_expired(struct hold_table *table, uint64_t now_ns);

#endif
