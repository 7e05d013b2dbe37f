/* SPDX-License-Identifier: BSD-3-Clause */
/* Counters of a table: numbers that any worker takes, each once. */

#include "state/table.h"

uint16_t
wp_counter_take(struct wp_entry *entry, uint16_t n, uint64_t *first)
{
	struct wp_counter *counter = wp_atomics(entry);
	uint64_t from, reserved = atomic_load_explicit(&counter->reserved, memory_order_acquire);

	if (atomic_load_explicit(&counter->next, memory_order_relaxed) >= reserved)
		return 0; /* at the end nobody counts on, so that no number is lost for good */
	from = atomic_fetch_add_explicit(&counter->next, n, memory_order_relaxed);
	*first = from;
	if (from >= reserved)
		return 0;
	return reserved - from < n ? (uint16_t)(reserved - from) : n;
}
