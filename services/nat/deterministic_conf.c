/* SPDX-License-Identifier: BSD-3-Clause */
/* Makes deterministic pools of what an operator wrote. Control thread. */

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "conf/conf.h"
#include "deterministic.h"

/** Where in the configuration we are. */
struct place {
	struct wp_env *env;
	struct nat *nat;
	uint32_t pool;
	char member[96];
};

#define refuse(place, ...) wp_error((place)->env, -EINVAL, (place)->member, __VA_ARGS__)

static void
set_member(struct place *place, const char *member)
{
	snprintf(place->member, sizeof(place->member), "pools/%u/%s", place->pool, member);
}

/** Looks for a range that shares an address with one that is there. */
static const struct inside_range *
find_overlap(const struct nat *nat, const struct inside_range *range)
{
	for (uint32_t i = 0; i < nat->n_inside; i++)
		if (nat->inside[i].tenant == range->tenant && nat->inside[i].first <= range->last &&
		    range->first <= nat->inside[i].last)
			return &nat->inside[i];
	return NULL;
}

static int
add_range(const struct place *place, const struct inside_range *range)
{
	struct nat *nat = place->nat;
	struct inside_range *grown =
		realloc(nat->inside, (nat->n_inside + 1) * sizeof(*nat->inside));

	if (grown == NULL)
		return wp_error(place->env, -ENOMEM, NULL, "no memory for an instance");
	nat->inside = grown;
	nat->inside[nat->n_inside++] = *range;
	return 0;
}

/** Numbers the hosts of one prefix, behind @p n_hosts. */
static int
open_prefix(struct place *place, uint16_t tenant, const char *text, uint64_t *n_hosts)
{
	struct inside_range range = {
		.host = (uint32_t)*n_hosts, .tenant = tenant, .pool = (uint16_t)place->pool};
	struct wp_prefix prefix;
	uint32_t first;

	if (wp_conf_prefix(text, &prefix) != 0 || prefix.addr.version != 4 || prefix.bits < 8)
		return refuse(
			place,
			"inside: '%s' is no IPv4 address, nor a prefix of 8 bits or more with only "
			"zeros behind it, such as 10.0.0.0/24",
			text);
	memcpy(&first, prefix.addr.bytes, sizeof(first));
	range.first = ntohl(first);
	range.last = range.first + (uint32_t)(((uint64_t)1 << (32 - prefix.bits)) - 1);
	*n_hosts += (uint64_t)range.last - range.first + 1;
	if (*n_hosts > UINT32_MAX)
		return refuse(place, "inside: more hosts than there are addresses");
	if (find_overlap(place->nat, &range) != NULL)
		return refuse(place, "inside: hosts of '%s' have shares already", text);
	return add_range(place, &range);
}

static int
open_hosts(struct place *place, const struct nat_hosts_conf *conf, uint32_t index,
	   uint64_t *n_hosts)
{
	int tenant = wp_env_tenant_id(place->env, conf->tenant);
	const char *const *texts = conf->inside.items;
	int err = 0;

	snprintf(place->member, sizeof(place->member), "pools/%u/deterministic/hosts/%u/tenant",
		 place->pool, index);
	if (tenant < 0)
		return refuse(place, "tenant: there is no tenant '%s'", conf->tenant);
	for (uint32_t i = 0; err == 0 && i < conf->inside.n; i++) {
		snprintf(place->member, sizeof(place->member),
			 "pools/%u/deterministic/hosts/%u/inside/%u", place->pool, index, i);
		err = open_prefix(place, (uint16_t)tenant, texts[i], n_hosts);
	}
	return err;
}

/** Puts down the blocks of an address that there are. */
static int
list_blocks(struct place *place, const struct pool *pool, struct deterministic *to)
{
	set_member(place, "ports");
	if (pool->ports.first % BLOCK_PORTS != 0 || (pool->ports.last + 1) % BLOCK_PORTS != 0)
		return refuse(place,
			      "ports: a deterministic pool has whole blocks of %u ports, such as "
			      "1024-65535",
			      BLOCK_PORTS);
	for (unsigned int number = 0; number < ADDRESS_BLOCKS; number++)
		if ((pool->usable[number / 64] >> number % 64 & 1) != 0)
			to->blocks[to->n_blocks++] = (uint16_t)number;
	return 0;
}

/** Sets how many hosts an address has: as it says, or as few as all addresses together allow. */
static int
set_ratio(struct place *place, const struct pool *pool, const struct nat_deterministic_conf *conf,
	  struct deterministic *to)
{
	uint32_t least = (to->n_hosts + pool->n_addresses - 1) / pool->n_addresses;

	to->hosts_per_address = conf->hosts_per_address != 0 ? conf->hosts_per_address : least;
	if (to->hosts_per_address >= least)
		return 0;
	set_member(place, "deterministic/hosts_per_address");
	return refuse(
		place,
		"hosts_per_address: %u hosts do not fit %u addresses with %u each; at least %u",
		to->n_hosts, pool->n_addresses, to->hosts_per_address, least);
}

/** Sets how many blocks a host has: as it says, or as many as divide. */
static int
set_share(struct place *place, const struct nat_deterministic_conf *conf, struct deterministic *to)
{
	uint32_t most = to->n_blocks / to->hosts_per_address;

	set_member(place, "deterministic/hosts_per_address");
	if (most == 0)
		return refuse(place,
			      "hosts_per_address: %u hosts on an address, which has %u blocks of "
			      "%u ports: each needs one; more addresses, or fewer hosts",
			      to->hosts_per_address, to->n_blocks, BLOCK_PORTS);
	set_member(place, "deterministic/ports_per_host");
	if (conf->ports_per_host % BLOCK_PORTS != 0)
		return refuse(place, "ports_per_host: %u is no multiple of %u",
			      conf->ports_per_host, BLOCK_PORTS);
	to->share = conf->ports_per_host != 0 ? conf->ports_per_host / BLOCK_PORTS : most;
	if (to->share <= most)
		return 0;
	return refuse(place,
		      "ports_per_host: %u hosts of an address with %u ports each: it has %u, so "
		      "%u at the most",
		      to->hosts_per_address, to->share * BLOCK_PORTS, to->n_blocks * BLOCK_PORTS,
		      most * BLOCK_PORTS);
}

/** Shares are made of the first blocks; what is behind them is spare. */
static void
divide(struct deterministic *to)
{
	uint32_t n = to->hosts_per_address * to->share;

	to->inverse = UINT64_MAX / to->hosts_per_address + 1;
	for (uint32_t i = n; i < to->n_blocks; i++)
		to->spare[to->blocks[i] / 64] |= (uint64_t)1 << to->blocks[i] % 64;
	to->n_blocks = n;
}

int
deterministic_open(struct wp_env *env, struct nat *nat, uint32_t index,
		   const struct nat_deterministic_conf *conf)
{
	struct place place = {.env = env, .nat = nat, .pool = index};
	const struct nat_hosts_conf *hosts = conf->hosts.items;
	struct pool *pool = &nat->pools[index];
	uint64_t n_hosts = 0;
	int err = 0;

	set_member(&place, "deterministic/hosts");
	if (conf->hosts.n == 0)
		return conf->hosts_per_address == 0 && conf->ports_per_host == 0 &&
				       conf->overflow_blocks == 0
			       ? 0
			       : refuse(&place, "hosts: a deterministic pool needs hosts");
	pool->deterministic = calloc(1, sizeof(*pool->deterministic));
	if (pool->deterministic == NULL)
		return wp_error(env, -ENOMEM, NULL, "no memory for a pool");
	for (uint32_t i = 0; err == 0 && i < conf->hosts.n; i++)
		err = open_hosts(&place, &hosts[i], i, &n_hosts);
	set_member(&place, "deterministic/hosts");
	if (err == 0 && n_hosts == 0)
		err = refuse(&place, "hosts: a deterministic pool needs hosts");
	pool->deterministic->n_hosts = (uint32_t)n_hosts;
	pool->deterministic->overflow = conf->overflow_blocks;
	if (err == 0)
		err = list_blocks(&place, pool, pool->deterministic);
	if (err == 0)
		err = set_ratio(&place, pool, conf, pool->deterministic);
	if (err == 0)
		err = set_share(&place, conf, pool->deterministic);
	if (err == 0)
		divide(pool->deterministic);
	return err;
}

static int
order(const void *a, const void *b)
{
	const struct inside_range *x = a, *y = b;

	if (x->tenant != y->tenant)
		return x->tenant < y->tenant ? -1 : 1;
	return x->first < y->first ? -1 : x->first > y->first;
}

void
deterministic_ready(struct wp_env *env, struct nat *nat)
{
	if (nat->n_inside != 0)
		qsort(nat->inside, nat->n_inside, sizeof(*nat->inside), order);
	for (uint32_t i = 0; i < nat->n_pools; i++) {
		const struct deterministic *at = nat->pools[i].deterministic;

		if (at != NULL)
			wp_log(env,
			       "pool '%s' is deterministic: %u hosts, %u of them on an address, %u "
			       "ports each, and up to %u blocks of %u beside",
			       nat->pools[i].name, at->n_hosts, at->hosts_per_address,
			       at->share * BLOCK_PORTS, at->overflow, BLOCK_PORTS);
	}
}

void
deterministic_close(struct nat *nat)
{
	for (uint32_t i = 0; nat->pools != NULL && i <= nat->n_pools; i++)
		free(nat->pools[i].deterministic);
	free(nat->inside);
}
