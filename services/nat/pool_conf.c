/* SPDX-License-Identifier: BSD-3-Clause */
/* Makes pools of external addresses of what an operator wrote. Control thread. */

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "conf/conf.h"
#include "config.h"
#include "deterministic.h"
#include "kind.h"

enum { ADDRESSES_MAX = 1 << 17 };

#define HOSTS(NAME) .name = #NAME, .offset = offsetof(struct nat_hosts_conf, NAME)
static const struct wp_field hosts_fields[] = {
	{HOSTS(tenant), .type = WP_NAME, .help = "whose hosts they are"},
	{HOSTS(inside), .type = WP_STRING_LIST, .min = 1, .max = 43,
	 .help = "inside IPv4 addresses or prefixes; all addresses of a prefix are hosts"},
	{.name = NULL},
};

#define SHARES(NAME) .name = #NAME, .offset = offsetof(struct nat_deterministic_conf, NAME)
static const struct wp_field deterministic_fields[] = {
	{SHARES(hosts), .type = WP_LIST, .max = 1024, .fields = hosts_fields,
	 .item_size = sizeof(struct nat_hosts_conf), .dflt = "[]",
	 .help = "inside hosts that have a share of the pool's ports, in this order"},
	{SHARES(hosts_per_address), .type = WP_U32, .max = ADDRESS_BLOCKS, .dflt = "0",
	 .help = "hosts that share an external address; 0: as few as the pool's addresses allow"},
	{SHARES(ports_per_host), .type = WP_U32, .max = 65536, .dflt = "0",
	 .help = "ports of each protocol in a share, a multiple of 64; 0: as many as divide"},
	{SHARES(overflow_blocks), .type = WP_U32, .max = ADDRESS_BLOCKS, .dflt = "0",
	 .help = "blocks (64 ports each) that a host may have of what the shares leave; they are "
		 "logged"},
	{.name = NULL},
};

#define POOL(NAME) .name = #NAME, .offset = offsetof(struct nat_pool_conf, NAME)
const struct wp_field nat_pool_fields[] = {
	{POOL(name), .type = WP_NAME, .help = "what steps call the pool"},
	{POOL(addresses), .type = WP_STRING_LIST, .min = 1, .max = 43,
	 .help = "external IPv4 addresses or prefixes; all addresses of a prefix are used"},
	{POOL(ports), .type = WP_PORT_RANGE, .dflt = "\"1024-65535\"",
	 .help = "external ports and ICMP identifiers"},
	{POOL(excluded), .type = WP_U32_LIST, .max = 65535, .dflt = "[]",
	 .help = "ports that nobody gets, nor any of the 63 others of their blocks"},
	{POOL(deterministic), .type = WP_OBJECT, .fields = deterministic_fields, .dflt = "{}",
	 .help = "inside hosts have their ports by the configuration alone (RFC 7422)"},
	{.name = NULL},
};

/** Reads "203.0.113.0/28" or "203.0.113.7". @return false when it is neither */
static bool
read_range(const char *text, struct pool_range *range)
{
	struct wp_prefix prefix;
	uint32_t first;

	if (wp_conf_prefix(text, &prefix) != 0 || prefix.addr.version != 4 || prefix.bits == 0)
		return false;
	memcpy(&first, prefix.addr.bytes, sizeof(first));
	range->first = ntohl(first);
	range->last = range->first + (uint32_t)(((uint64_t)1 << (32 - prefix.bits)) - 1);
	return true;
}

/** Enters the blocks that are given. @return whether there are any */
static bool
set_usable(struct pool *pool, const struct wp_list *excluded)
{
	const uint32_t *ports = excluded->items;
	uint64_t any = 0;

	for (unsigned int block = 0; block < ADDRESS_BLOCKS; block++) {
		unsigned int first = block * BLOCK_PORTS;

		if (first + BLOCK_PORTS > pool->ports.first && first <= pool->ports.last)
			pool->usable[block / 64] |= (uint64_t)1 << block % 64;
	}
	for (uint32_t i = 0; i < excluded->n; i++) {
		unsigned int block = ports[i] / BLOCK_PORTS;

		pool->usable[block / 64] &= ~((uint64_t)1 << block % 64);
	}
	for (unsigned int word = 0; word < ADDRESS_BLOCKS / 64; word++)
		any |= pool->usable[word];
	return any != 0;
}

/** @return the pool that has an address of a range already: an earlier one, or its own; or NULL. */
static const struct pool *
find_overlap(const struct nat *nat, const struct pool *pool, const struct pool_range *range)
{
	for (const struct pool *other = nat->pools; other <= pool; other++)
		for (uint32_t i = 0; i < other->n_ranges; i++)
			if (range->first <= other->ranges[i].last &&
			    other->ranges[i].first <= range->last)
				return other;
	return NULL;
}

/** Enters the addresses of one range. */
static int
open_range(struct wp_env *env, struct nat *nat, struct pool *pool, const struct pool_range *range,
	   const char *member)
{
	uint32_t n = range->last - range->first + 1;
	struct pool_address *grown;

	if (n > ADDRESSES_MAX - pool->n_addresses)
		return wp_error(env, -EINVAL, member, "addresses: a pool has at most %u",
				ADDRESSES_MAX);
	grown = realloc(pool->addresses, (pool->n_addresses + n) * sizeof(*grown));
	if (grown == NULL)
		return wp_error(env, -ENOMEM, member, "no memory for a pool");
	pool->addresses = grown;
	pool->ranges[pool->n_ranges] = *range;
	pool->ranges[pool->n_ranges++].index = pool->n_addresses;
	for (uint32_t i = 0; i < n; i++) {
		struct pool_address *address = &pool->addresses[pool->n_addresses++];
		int err;

		address->outside = htonl(range->first + i);
		err = wp_env_entry(env, NAT_ADDRESSES, 4, &address->outside, &address->entry);
		if (err != 0)
			return err;
	}
	outside_cover(nat, range->first, range->last);
	return 0;
}

/** Reads one of a pool's addresses and prefixes. */
static int
open_addresses(struct wp_env *env, struct nat *nat, struct pool *pool, const char *text,
	       const char *member)
{
	struct pool_range range = {0};
	const struct pool *other;

	if (!read_range(text, &range))
		return wp_error(env, -EINVAL, member,
				"addresses: '%s' is no IPv4 address, nor a prefix with only zeros "
				"behind it, such as 203.0.113.0/28",
				text);
	other = find_overlap(nat, pool, &range);
	if (other != NULL)
		return wp_error(env, -EINVAL, member,
				"addresses: '%s' has an address that is in pool '%s' already", text,
				other->name);
	if (is_nowhere(htonl(range.first))) /* then all are: a pool is smaller than a /8 */
		return wp_error(env, -EINVAL, member,
				"addresses: '%s' is loopback, multicast or reserved: no packet can "
				"come from there",
				text);
	return open_range(env, nat, pool, &range, member);
}

/** Reads a pool's name and ports. */
static int
open_ports(struct wp_env *env, struct nat *nat, const struct nat_pool_conf *conf, uint32_t index)
{
	struct pool *pool = &nat->pools[index];
	char member[64];

	pool->name = conf->name;
	pool->ports = conf->ports;
	snprintf(member, sizeof(member), "pools/%u/name", index);
	for (uint32_t i = 0; i < index; i++)
		if (strcmp(nat->pools[i].name, conf->name) == 0)
			return wp_error(env, -EINVAL, member,
					"name: pools/%u has the name '%s' already", i, conf->name);
	snprintf(member, sizeof(member), "pools/%u/ports", index);
	if (conf->ports.first == 0)
		return wp_error(env, -EINVAL, member,
				"ports: nobody can have port 0; from 1 on, or 1024-65535");
	snprintf(member, sizeof(member), "pools/%u/excluded", index);
	if (!set_usable(pool, &conf->excluded))
		return wp_error(env, -EINVAL, member, "excluded: they leave no block of %u ports",
				BLOCK_PORTS);
	return 0;
}

static int
open_pool(struct wp_env *env, struct nat *nat, const struct nat_pool_conf *conf, uint32_t index)
{
	struct pool *pool = &nat->pools[index];
	const char *const *texts = conf->addresses.items;
	int err = open_ports(env, nat, conf, index);
	char member[64];

	if (err != 0)
		return err;
	snprintf(member, sizeof(member), "pools/%u/addresses", index);
	if (conf->addresses.n == 0)
		return wp_error(env, -EINVAL, member, "addresses: a pool needs some");
	pool->ranges = calloc(conf->addresses.n, sizeof(*pool->ranges));
	if (pool->ranges == NULL)
		return wp_error(env, -ENOMEM, member, "no memory for a pool");
	for (uint32_t i = 0; err == 0 && i < conf->addresses.n; i++) {
		snprintf(member, sizeof(member), "pools/%u/addresses/%u", index, i);
		err = open_addresses(env, nat, pool, texts[i], member);
	}
	return err != 0 ? err : deterministic_open(env, nat, index, &conf->deterministic);
}

void
outside_cover(struct nat *nat, uint32_t first, uint32_t last)
{
	uint32_t old_last = nat->outside_first + nat->outside_size - 1;

	if (nat->outside_size == 0) {
		nat->outside_first = first;
		old_last = last;
	}
	if (first < nat->outside_first)
		nat->outside_first = first;
	if (last < old_last)
		last = old_last;
	nat->outside_size = last - nat->outside_first + 1;
}

int
pools_open(struct wp_env *env, struct nat *nat, const struct wp_list *pools)
{
	const struct nat_pool_conf *conf = pools->items;
	int err = 0;

	nat->pools = calloc(pools->n + 1, sizeof(*nat->pools));
	if (nat->pools == NULL)
		return wp_error(env, -ENOMEM, NULL, "no memory for an instance");
	for (uint32_t i = 0; err == 0 && i < pools->n; i++, nat->n_pools++)
		err = open_pool(env, nat, &conf[i], i);
	return err;
}

void
pools_close(struct nat *nat)
{
	deterministic_close(nat);
	for (uint32_t i = 0; nat->pools != NULL && i <= nat->n_pools; i++) {
		free(nat->pools[i].ranges);
		free(nat->pools[i].addresses);
	}
	free(nat->pools);
}
