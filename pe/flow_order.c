/* SPDX-License-Identifier: BSD-3-Clause */
/* See flow_order.h. */

#include "pe/flow_order.h"

#include "bytes.h"
#include "parse/parse.h"
#include "pe/pe.h"
#include "pe/worker.h"

/* Control. */

/** @return the last step that hears of flows, or -1. */
static int
last_hearer(const struct wp_path *path)
{
	int last = -1;

	for (int i = 0; i < path->n_steps; i++)
		if (path->steps[i].instance->service->wants != NULL)
			last = i;
	return last;
}

/** @return whether two paths go through the same instances up to step @p last of both. */
static bool
agree(const struct wp_path *a, const struct wp_path *b, int last)
{
	for (int i = 0; i <= last; i++)
		if (a->steps[i].instance != b->steps[i].instance)
			return false;
	return true;
}

/** @return whether packets come to step @p last with other addresses than they came in with. */
static bool
changes_in_front(const struct wp_path *path, int last)
{
	for (int i = 0; i < last; i++)
		if ((path->steps[i].instance->service->flags & WP_CHANGES_FLOWS) != 0)
			return true;
	return false;
}

void
flow_order_make(struct wp_epoch *epoch)
{
	uint16_t n = 0;

	for (uint32_t i = 0; i < epoch->n_paths; i++) {
		struct wp_path *path = &epoch->paths[i];
		int last = last_hearer(path);

		if (last < 0)
			continue;
		for (uint32_t j = 0; j < i && path->order == 0; j++)
			if (last_hearer(&epoch->paths[j]) == last &&
			    agree(path, &epoch->paths[j], last))
				path->order = epoch->paths[j].order;
		if (path->order == 0)
			path->order = ++n;
		path->order_is_blind = changes_in_front(path, last);
	}
	epoch->n_orders = n;
}

/* Packets. */

/** Slots for what was seen of a burst. Two flows in one only cut it where it need not be. */
enum { SLOTS = 128 };

/** @return a slot that packets of one flow have in common, both ways. */
static unsigned int
slot_of(const struct wp_packet *pkt)
{
	uint32_t pair = 0;

	if (pkt->l3 == 0)
		return 0;
	for (unsigned int i = 0; i < wp_address_size(pkt); i += 4)
		pair += wp_load32(wp_source(pkt) + i) ^ wp_load32(wp_dest(pkt) + i);
	return pair * 0x9e3779b1u >> 25;
}

_Static_assert(SLOTS == 1 << (32 - 25), "slot_of() gives so many");

/** @return how many packets from the front have paths of one order, or of none. */
static uint16_t
count_alike(struct wp_packet *const *pkts, uint16_t n)
{
	uint16_t order = 0;

	for (uint16_t i = 0; i < n; i++) {
		uint16_t own = pkts[i]->path->order;

		if (order == 0)
			order = own;
		if (own != 0 && own != order)
			return i;
	}
	return n;
}

uint16_t
flow_order_span(const struct worker *worker, struct wp_packet *const *pkts, uint16_t n)
{
	uint16_t seen[SLOTS] = {0}, first;
	bool is_blind = false;

	if (likely(worker->epoch->n_orders < 2))
		return n;
	first = count_alike(pkts, n);
	if (first == n)
		return n;
	for (uint16_t i = 0; i < n; i++) {
		const struct wp_path *path = pkts[i]->path;
		unsigned int slot = slot_of(pkts[i]);

		if (path->order == 0)
			continue;
		is_blind |= path->order_is_blind;
		/* Of what comes with other addresses nobody knows what it belongs to. */
		if ((i >= first && is_blind) || (seen[slot] != 0 && seen[slot] != path->order))
			return i;
		seen[slot] = path->order;
	}
	return n;
}
