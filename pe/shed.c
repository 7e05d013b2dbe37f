/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Overload: while queues stay full, each tenant gets its share of what the worker can do, and what
 * is above meets its path's fail mode before any work is spent on it. A tenant that asks for less
 * than its share loses nothing. With one active tenant there is nobody to protect, and nothing is
 * shed. The same holds for the rings to other workers: while one is more than half full, a tenant
 * that has had its share of what went in has to wait for the others.
 */

#include "pe/worker_ops.h"

#include <errno.h>
#include <stdlib.h>

enum {
	WINDOW_NS = 1000000,
	FULL_PERCENT = 50,    /* of polls that gave a whole burst: more means overload */
	ALLOWANCE_MIN = 1024, /* packets a window */
	RING_SLACK = 64,      /* a tenant may be ahead by this part of the room left in a ring */
};

int
shed_create(struct worker_shed *shed)
{
	shed->used = calloc(DOCUMENT_TENANTS_MAX + 1, sizeof(uint32_t));
	shed->allowed = calloc(DOCUMENT_TENANTS_MAX + 1, sizeof(uint32_t));
	shed->ring_used = calloc(DOCUMENT_TENANTS_MAX + 1, sizeof(uint32_t));
	return shed->used == NULL || shed->allowed == NULL || shed->ring_used == NULL ? -ENOMEM : 0;
}

void
shed_destroy(struct worker_shed *shed)
{
	free(shed->used);
	free(shed->allowed);
	free(shed->ring_used);
}

uint16_t
shed_packets(struct worker *worker, struct wp_packet **pkts, uint16_t n)
{
	struct worker_shed *shed = &worker->shed;
	uint16_t kept = 0;

	for (uint16_t i = 0; i < n; i++) {
		struct wp_packet *pkt = pkts[i];

		if (shed->used[pkt->tenant]++ < shed->allowed[pkt->tenant] || packet_done(pkt)) {
			shed->served++;
			pkts[kept++] = pkt;
		} else if (dispatch_fail(worker, pkt, WP_CAUSE_OVERLOAD)) {
			pkts[kept++] = pkt;
		}
	}
	return kept;
}

/** @return whether a tenant may have one more packet in a crowded ring: when it is no more than
 * @p slack ahead of its share of what went in */
static bool
ring_admits(struct worker_shed *shed, const struct wp_epoch *epoch, uint16_t tenant, uint32_t slack)
{
	uint64_t used = shed->ring_used[tenant];

	if (used == 0)
		shed->ring_weight += epoch->shares[tenant];
	else if (used > slack && (used - slack) * shed->ring_weight >
					 (uint64_t)shed->ring_total * epoch->shares[tenant])
		return false;
	shed->ring_used[tenant]++;
	shed->ring_total++;
	return true;
}

uint16_t
shed_crowd(struct worker *worker, void **pkts, uint16_t n, uint32_t room)
{
	uint16_t kept = 0;

	for (uint16_t i = 0; i < n; i++) {
		struct wp_packet *pkt = pkts[i];

		if (ring_admits(&worker->shed, pkt->epoch, pkt->tenant, room / RING_SLACK))
			pkts[kept++] = pkt;
		else
			worker_drop(worker, pkt, DROP_OVERLOAD);
	}
	return kept;
}

/** Begins to count anew what went into crowded rings. */
static void
ring_forget(struct worker_shed *shed)
{
	if (shed->ring_total == 0)
		return;
	memset(shed->ring_used, 0, (DOCUMENT_TENANTS_MAX + 1) * sizeof(shed->ring_used[0]));
	shed->ring_total = shed->ring_weight = 0;
}

/** Divides the allowance: no tenant gets more than it asked for while another wants for some
 * (max-min fair by share). */
static void
divide(struct worker_shed *shed, const uint32_t *shares, uint32_t n_tenants)
{
	uint64_t left = shed->allowance, weight = 0;
	bool again = true;

	for (uint32_t t = 0; t < n_tenants; t++) {
		shed->allowed[t] = UINT32_MAX;
		weight += shed->used[t] != 0 ? shares[t] : 0;
	}
	while (again && weight != 0) {
		again = false;
		for (uint32_t t = 0; t < n_tenants; t++) {
			uint64_t fair = left * shares[t] / weight;

			if (shed->used[t] == 0 || shed->allowed[t] != UINT32_MAX ||
			    shed->used[t] > fair)
				continue;
			shed->allowed[t] = (uint32_t)fair; /* asks for less: satisfied */
			left -= shed->used[t];
			weight -= shares[t];
			again = weight != 0;
			if (!again)
				break;
		}
	}
	for (uint32_t t = 0; t < n_tenants; t++)
		if (shed->allowed[t] == UINT32_MAX)
			shed->allowed[t] =
				(uint32_t)(weight == 0 ? left : left * shares[t] / weight);
}

static uint32_t
active_tenants(const struct worker_shed *shed, uint32_t n_tenants)
{
	uint32_t n = 0;

	for (uint32_t t = 0; t < n_tenants; t++)
		n += shed->used[t] != 0;
	return n;
}

/** Lets all tenants have what they ask for, also those that a later document adds. */
static void
forget(struct worker_shed *shed)
{
	memset(shed->used, 0, (DOCUMENT_TENANTS_MAX + 1) * sizeof(shed->used[0]));
	memset(shed->allowed, 0xff, (DOCUMENT_TENANTS_MAX + 1) * sizeof(shed->allowed[0]));
}

void
shed_window(struct worker *worker)
{
	struct worker_shed *shed = &worker->shed;
	const struct wp_epoch *epoch = worker->epoch;
	bool full = shed->full_polls * 100ull > shed->polls * (uint64_t)FULL_PERCENT;

	if (!shed->active) {
		shed->active = full; /* from now on tenants are counted */
		shed->allowance = UINT32_MAX;
		forget(shed);
	} else {
		uint32_t served = RTE_MAX(shed->served, (uint32_t)ALLOWANCE_MIN);

		if (full)
			shed->allowance = RTE_MIN(shed->allowance, served) / 8 * 7;
		else if (shed->allowance < UINT32_MAX / 2)
			shed->allowance += shed->allowance / 8 + 1;
		shed->allowance = RTE_MAX(shed->allowance, (uint32_t)ALLOWANCE_MIN);
		if (active_tenants(shed, epoch->n_tenants) < 2) {
			forget(shed);
			shed->allowance = UINT32_MAX;
			shed->active = full;
		} else {
			divide(shed, epoch->shares, epoch->n_tenants);
			shed->active = full || shed->allowance < 2 * served;
		}
		memset(shed->used, 0, epoch->n_tenants * sizeof(shed->used[0]));
	}
	ring_forget(shed);
	shed->polls = shed->full_polls = shed->served = 0;
	shed->window_end_ns = worker->now_ns + WINDOW_NS;
}
