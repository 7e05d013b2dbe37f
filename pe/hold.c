/* SPDX-License-Identifier: BSD-3-Clause */
/* Slots with generations, and a binary heap of deadlines over them. */

#include "pe/hold.h"

#include <errno.h>
#include <stdlib.h>

#define NONE UINT32_MAX

int
hold_create(struct hold_table *table, uint32_t max, uint32_t n_tenants)
{
	table->holds = calloc(max, sizeof(*table->holds));
	table->heap = calloc(max, sizeof(*table->heap));
	table->by_tenant = calloc(n_tenants, sizeof(*table->by_tenant));
	table->n_used = 0;
	table->max = max;
	table->n_heap = 0;
	table->free = NONE;
	if (table->by_tenant == NULL ||
	    (max != 0 && (table->holds == NULL || table->heap == NULL))) {
		hold_destroy(table);
		return -ENOMEM;
	}
	for (uint32_t slot = max; slot-- > 0;) {
		table->holds[slot] = (struct hold){.heap = NONE, .next_free = table->free};
		table->free = slot;
	}
	return 0;
}

void
hold_destroy(struct hold_table *table)
{
	free(table->holds);
	free(table->heap);
	free(table->by_tenant);
	*table = (struct hold_table){.free = NONE};
}

static void
heap_set(struct hold_table *table, uint32_t at, uint32_t slot)
{
	table->heap[at] = slot;
	table->holds[slot].heap = at;
}

static bool
heap_earlier(const struct hold_table *table, uint32_t slot, uint32_t than)
{
	return table->holds[slot].deadline_ns < table->holds[than].deadline_ns;
}

static void
heap_up(struct hold_table *table, uint32_t at)
{
	uint32_t slot = table->heap[at];

	while (at > 0 && heap_earlier(table, slot, table->heap[(at - 1) / 2])) {
		heap_set(table, at, table->heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	heap_set(table, at, slot);
}

static void
heap_down(struct hold_table *table, uint32_t at)
{
	uint32_t slot = table->heap[at];

	for (;;) {
		uint32_t child = 2 * at + 1;

		if (child >= table->n_heap)
			break;
		if (child + 1 < table->n_heap &&
		    heap_earlier(table, table->heap[child + 1], table->heap[child]))
			child++;
		if (!heap_earlier(table, table->heap[child], slot))
			break;
		heap_set(table, at, table->heap[child]);
		at = child;
	}
	heap_set(table, at, slot);
}

static void
heap_remove(struct hold_table *table, uint32_t at)
{
	uint32_t last = table->heap[--table->n_heap];

	table->holds[table->heap[at]].heap = NONE;
	if (at == table->n_heap)
		return;
	heap_set(table, at, last);
	heap_up(table, at);
	heap_down(table, table->holds[last].heap);
}

/** @return the slot of an id that is named or held, or NONE. */
static uint32_t
hold_slot(const struct hold_table *table, uint64_t id)
{
	uint32_t slot = (uint32_t)id - 1;

	if (slot >= table->max || table->holds[slot].generation != id >> 32)
		return NONE;
	return slot;
}

static void
hold_free(struct hold_table *table, uint32_t slot)
{
	table->n_used--;
	table->by_tenant[table->holds[slot].tenant]--;
	table->holds[slot].pkt = NULL;
	table->holds[slot].generation++;
	table->holds[slot].next_free = table->free;
	table->free = slot;
}

uint64_t
hold_name(struct hold_table *table, uint16_t tenant, bool several)
{
	uint32_t slot = table->free;

	if (slot == NONE || (several && table->by_tenant[tenant] >= table->max - table->n_used))
		return 0;
	table->free = table->holds[slot].next_free;
	table->holds[slot].tenant = tenant;
	table->by_tenant[tenant]++;
	table->n_used++;
	return (uint64_t)table->holds[slot].generation << 32 | (slot + 1);
}

void
hold_forget(struct hold_table *table, uint64_t id)
{
	uint32_t slot = hold_slot(table, id);

	if (slot != NONE && table->holds[slot].pkt == NULL)
		hold_free(table, slot);
}

void
hold_keep(struct hold_table *table, uint64_t id, struct wp_packet *pkt, uint64_t deadline_ns)
{
	uint32_t slot = hold_slot(table, id);

	table->holds[slot].pkt = pkt;
	table->holds[slot].deadline_ns = deadline_ns;
	table->by_bucket[pkt->home]++;
	heap_set(table, table->n_heap++, slot);
	heap_up(table, table->holds[slot].heap);
}

static struct wp_packet *
take_out(struct hold_table *table, uint32_t slot)
{
	struct wp_packet *pkt = table->holds[slot].pkt;

	table->by_bucket[pkt->home]--;
	heap_remove(table, table->holds[slot].heap);
	hold_free(table, slot);
	return pkt;
}

struct wp_packet *
hold_take(struct hold_table *table, uint64_t id)
{
	uint32_t slot = hold_slot(table, id);

	if (slot == NONE || table->holds[slot].pkt == NULL)
		return NULL;
	return take_out(table, slot);
}

struct wp_packet *
hold_expired(struct hold_table *table, uint64_t now_ns)
{
	uint32_t slot;

	if (table->n_heap == 0)
		return NULL;
	slot = table->heap[0];
	if (table->holds[slot].deadline_ns > now_ns)
		return NULL;
	return take_out(table, slot);
}
