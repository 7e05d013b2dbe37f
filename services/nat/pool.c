/* SPDX-License-Identifier: BSD-3-Clause */
/* External addresses: where a pool has them. Constant after open(). */

#include "nat.h"

const struct pool_address *
pool_find(const struct pool *pool, uint32_t outside)
{
	uint32_t address = __builtin_bswap32(outside);

	for (uint32_t i = 0; i < pool->n_ranges; i++) {
		const struct pool_range *range = &pool->ranges[i];

		if (address - range->first <= range->last - range->first)
			return &pool->addresses[range->index + (address - range->first)];
	}
	return NULL;
}

const struct pool *
nat_pool_of(const struct nat *nat, uint32_t outside)
{
	for (uint32_t i = 0; i < nat->n_pools; i++)
		if (pool_find(&nat->pools[i], outside) != NULL)
			return &nat->pools[i];
	return NULL;
}

bool
nat_is_identity(const struct nat *nat, const struct wp_packet *pkt, uint32_t address)
{
	const struct fixed *fixed = fixed_inside(nat, pkt->tenant, address, 0, 0);

	return pkt->inside == WP_INSIDE_SOURCE && fixed != NULL && fixed->outside == address;
}

/** @return whether a fixed mapping has an outside address: a search by halves, as anybody may send
 * packets to any. */
static bool
is_fixed(const struct nat *nat, uint32_t outside)
{
	uint32_t low = 0, high = nat->n_fixed;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (nat->by_outside[middle].outside == outside)
			return true;
		if (nat->by_outside[middle].outside < outside)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

bool
nat_is_outside(const struct nat *nat, uint32_t outside)
{
	if (__builtin_bswap32(outside) - nat->outside_first >= nat->outside_size)
		return false;
	return nat_pool_of(nat, outside) != NULL || is_fixed(nat, outside);
}
