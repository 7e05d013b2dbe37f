/* SPDX-License-Identifier: BSD-3-Clause */
/* See deterministic.h. Nothing here is asked for packets of mappings that are there. */

#include "deterministic.h"

static int
compare(uint16_t tenant, uint32_t address, const struct inside_range *range)
{
	if (tenant != range->tenant)
		return tenant < range->tenant ? -1 : 1;
	return address < range->first ? -1 : address > range->last;
}

/** Searches by halves. */
static const struct inside_range *
find_range(const struct nat *nat, uint16_t tenant, uint32_t address)
{
	uint32_t low = 0, high = nat->n_inside;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = compare(tenant, address, &nat->inside[middle]);

		if (order == 0)
			return &nat->inside[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

/** @return which address of the pool a host has its share of: no division for packets. */
static uint32_t
address_of(const struct deterministic *deterministic, uint32_t host)
{
	if (deterministic->inverse == 0)
		return host;
	return (uint32_t)((unsigned __int128)deterministic->inverse * host >> 64);
}

bool
share_of(const struct nat *nat, uint16_t tenant, uint32_t inside, struct share *share)
{
	uint32_t address = __builtin_bswap32(inside), host, index;
	const struct deterministic *deterministic;
	const struct inside_range *range;

	if (nat->n_inside == 0)
		return false;
	range = find_range(nat, tenant, address);
	if (range == NULL)
		return false;
	share->pool = &nat->pools[range->pool];
	deterministic = share->pool->deterministic;
	host = range->host + (address - range->first);
	index = address_of(deterministic, host);
	share->address = &share->pool->addresses[index];
	share->n = deterministic->share;
	host -= index * deterministic->hosts_per_address; /* among those of the address */
	share->blocks = &deterministic->blocks[(size_t)host * deterministic->share];
	return true;
}

static bool
has_bit(const uint64_t *bits, unsigned int number)
{
	return (bits[number / 64] >> number % 64 & 1) != 0;
}

/** @return whether a block that is taken on demand may be one of this pool. */
static bool
is_common(const struct pool *pool, unsigned int number)
{
	const struct deterministic *deterministic = pool->deterministic;

	return deterministic == NULL ||
	       (deterministic->overflow != 0 && has_bit(deterministic->spare, number));
}

enum block_use
share_use(const struct nat *nat, const struct share *share, uint32_t outside, unsigned int number)
{
	const struct pool *pool;

	if (nat->n_inside == 0)
		return BLOCK_COMMON;
	if (share == NULL) {
		pool = nat_pool_of(nat, outside);
		return pool == NULL || is_common(pool, number) ? BLOCK_COMMON : BLOCK_FOREIGN;
	}
	if (outside != share->address->outside)
		return BLOCK_FOREIGN;
	if (number >= share->blocks[0] && number <= share->blocks[share->n - 1] &&
	    has_bit(share->pool->usable, number))
		return BLOCK_OWN;
	return is_common(share->pool, number) ? BLOCK_COMMON : BLOCK_FOREIGN;
}

/** Finds a host by its number among a pool's. */
static bool
find_host(const struct nat *nat, const struct pool *pool, uint32_t number, struct inside_host *host)
{
	for (uint32_t i = 0; i < nat->n_inside; i++) {
		const struct inside_range *range = &nat->inside[i];

		if (&nat->pools[range->pool] != pool ||
		    number - range->host > range->last - range->first)
			continue;
		host->address = __builtin_bswap32(range->first + (number - range->host));
		host->tenant = range->tenant;
		return true;
	}
	return false;
}

bool
share_holder(const struct nat *nat, uint32_t outside, uint16_t port, struct inside_host *host)
{
	const struct pool *pool = nat_pool_of(nat, outside);
	const struct deterministic *deterministic = pool == NULL ? NULL : pool->deterministic;

	if (deterministic == NULL)
		return false;
	for (uint32_t i = 0; i < deterministic->n_blocks; i++) {
		uint32_t index = (uint32_t)(pool_find(pool, outside) - pool->addresses);

		if (deterministic->blocks[i] == port / BLOCK_PORTS)
			return find_host(nat, pool,
					 index * deterministic->hosts_per_address +
						 i / deterministic->share,
					 host);
	}
	return false;
}
