/* SPDX-License-Identifier: BSD-3-Clause */
/* How many entries a table may have, all of them and those of each tenant. */

#include <errno.h>

#include "state/table.h"

int
wp_table_set_limits(struct wp_table *table, const struct wp_table_limits *limits)
{
	uint32_t room = table->arenas[0].max - (table->n_workers + 1) * CACHE_ENTRIES;

	atomic_store(&table->max_entries, limits->max_entries < room ? limits->max_entries : room);
	for (uint16_t i = 0; i < limits->n_tenants && i < WP_TENANT_IDS; i++)
		atomic_store(&table->tenant_max[i],
			     limits->tenant_max == NULL ? 0 : limits->tenant_max[i]);
	return 0;
}

int
limits_admit(struct wp_table *table, uint16_t tenant)
{
	uint32_t max = atomic_load_explicit(&table->tenant_max[tenant], memory_order_relaxed);

	if (atomic_fetch_add_explicit(&table->n_entries, 1, memory_order_relaxed) >=
	    atomic_load_explicit(&table->max_entries, memory_order_relaxed)) {
		atomic_fetch_sub_explicit(&table->n_entries, 1, memory_order_relaxed);
		atomic_fetch_add_explicit(&table->refused_full, 1, memory_order_relaxed);
		return -ENOSPC;
	}
	if (atomic_fetch_add_explicit(&table->tenant_n[tenant], 1, memory_order_relaxed) >= max &&
	    max != 0) {
		atomic_fetch_sub_explicit(&table->tenant_n[tenant], 1, memory_order_relaxed);
		atomic_fetch_sub_explicit(&table->n_entries, 1, memory_order_relaxed);
		atomic_fetch_add_explicit(&table->refused_tenant, 1, memory_order_relaxed);
		return -EDQUOT;
	}
	return 0;
}

void
limits_dismiss(struct wp_table *table, uint16_t tenant)
{
	atomic_fetch_sub_explicit(&table->tenant_n[tenant], 1, memory_order_relaxed);
	atomic_fetch_sub_explicit(&table->n_entries, 1, memory_order_relaxed);
}

bool
wp_table_crowded(const struct wp_table *table, uint16_t tenant)
{
	uint32_t n = atomic_load_explicit(&table->n_entries, memory_order_relaxed),
		 max = atomic_load_explicit(&table->max_entries, memory_order_relaxed),
		 own = atomic_load_explicit(&table->tenant_n[tenant], memory_order_relaxed),
		 own_max = atomic_load_explicit(&table->tenant_max[tenant], memory_order_relaxed);

	return n >= max - max / 4 || (own_max != 0 && own >= own_max - own_max / 4);
}

uint32_t
wp_table_tenant_entries(const struct wp_table *table, uint16_t tenant)
{
	return atomic_load(&table->tenant_n[tenant]);
}
