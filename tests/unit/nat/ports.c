/* SPDX-License-Identifier: BSD-3-Clause */
/* Which external endpoints a new mapping may have. */

#include "inner.h"

bool
ports_in_pool(const struct model_config *config, uint32_t addr)
{
	for (uint16_t i = 0; i < config->n_pool; i++)
		if (config->pool[i] == addr)
			return true;
	return false;
}

static bool
is_one_to_one(const struct model_config *config, uint32_t addr)
{
	for (uint16_t i = 0; i < config->n_ones; i++)
		if (config->ones[i].ext == addr)
			return true;
	return false;
}

static bool
is_subscriber(const struct mapping *mapping, uint16_t tenant, uint32_t addr)
{
	return !mapping->fixed && mapping->tenant == tenant && mapping->in.addr == addr;
}

/* The address that a subscriber is paired with; 0: none. */
static uint32_t
paired(const struct model *model, uint16_t tenant, uint32_t addr)
{
	for (struct mapping *mapping = model->mappings; mapping != NULL; mapping = mapping->next)
		if (is_subscriber(mapping, tenant, addr))
			return mapping->ext.addr;
	return 0;
}

static const struct quarantine *
quarantined(const struct model *model, uint8_t proto, struct model_endpoint ext)
{
	for (const struct quarantine *at = model->quarantines; at != NULL; at = at->next)
		if (at->proto == proto && same(at->ext, ext))
			return at;
	return NULL;
}

/* Quarantined for all but the inside endpoint that had it last. */
static bool
quarantined_for(const struct model *model, uint16_t tenant, uint8_t proto, struct model_endpoint in,
		struct model_endpoint ext)
{
	for (const struct quarantine *at = model->quarantines; at != NULL; at = at->next)
		if (at->proto == proto && same(at->ext, ext) &&
		    !(at->tenant == tenant && same(at->in, in)))
			return true;
	return false;
}

/* Shares */

/* Ports of one host on one address. */
struct share {
	uint32_t addr;
	uint32_t first, last;
};

static bool
find_share(const struct model_config *config, uint16_t tenant, uint32_t addr, struct share *share)
{
	uint32_t number = 0, size = (uint32_t)config->share_blocks * config->block_size;

	for (uint16_t i = 0; i < config->n_hosts; i++) {
		const struct model_hosts *hosts = &config->hosts[i];

		if (hosts->tenant == tenant && addr - hosts->first < hosts->n) {
			number += addr - hosts->first;
			share->addr = config->pool[number / config->hosts_per_address];
			share->first =
				config->first_port + number % config->hosts_per_address * size;
			share->last = share->first + size - 1;
			return true;
		}
		number += hosts->n;
	}
	return false;
}

/* Whether a port may be had on demand, whoever asks. */
static bool
on_demand(const struct model_config *config, struct model_endpoint ext)
{
	return config->n_hosts == 0 ||
	       ext.port >= config->first_port + (uint32_t)config->hosts_per_address *
							config->share_blocks * config->block_size;
}

/* Blocks on demand that a subscriber may have. */
static unsigned int
max_blocks(const struct model_config *config)
{
	return config->n_hosts == 0 ? config->max_blocks : config->overflow_blocks;
}

/* Whether a subscriber may have a port because it is of its share, or not because of another's; 0:
 * that does not say. */
static int
by_share(const struct model_config *config, uint16_t tenant, uint32_t addr,
	 struct model_endpoint ext)
{
	struct share share;
	bool has = find_share(config, tenant, addr, &share);

	if (has && ext.addr == share.addr && ext.port >= share.first && ext.port <= share.last)
		return 1;
	return !on_demand(config, ext) || (has && ext.addr != share.addr) ? -1 : 0;
}

/* Blocks */

static bool
same_block(const struct model_config *config, struct model_endpoint a, struct model_endpoint b)
{
	return a.addr == b.addr && (a.port - config->first_port) / config->block_size ==
					   (b.port - config->first_port) / config->block_size;
}

/* Whether anybody but the subscriber has a mapping in the block of 'ext'. */
static bool
block_is_others(const struct model *model, uint16_t tenant, uint32_t addr,
		struct model_endpoint ext)
{
	for (struct mapping *at = model->mappings; at != NULL; at = at->next)
		if (!at->fixed && !is_subscriber(at, tenant, addr) &&
		    same_block(&model->config, at->ext, ext))
			return true;
	return false;
}

static bool
block_is_own(const struct model *model, uint16_t tenant, uint32_t addr, struct model_endpoint ext)
{
	for (struct mapping *at = model->mappings; at != NULL; at = at->next)
		if (is_subscriber(at, tenant, addr) && same_block(&model->config, at->ext, ext))
			return true;
	return false;
}

/* Whether a NAT may still keep the block of 'ext' because of ports in quarantine. */
static bool
block_lingers(const struct model *model, struct model_endpoint ext)
{
	for (const struct quarantine *at = model->quarantines; at != NULL; at = at->next)
		if (same_block(&model->config, at->ext, ext))
			return true;
	return false;
}

/* Blocks of a subscriber on all addresses; with 'lingering', those that its ports in quarantine are
 * in too. */
static unsigned int
blocks_of(const struct model *model, uint16_t tenant, uint32_t addr, bool lingering)
{
	const struct model_config *config = &model->config;
	unsigned int n = 0;

	for (uint16_t i = 0; i < config->n_pool; i++)
		for (uint32_t port = config->first_port; port <= config->last_port;
		     port += config->block_size) {
			struct model_endpoint ext = {config->pool[i], (uint16_t)port};
			bool own = block_is_own(model, tenant, addr, ext);

			if (!on_demand(config, ext))
				continue;
			for (const struct quarantine *at = model->quarantines;
			     lingering && !own && at != NULL; at = at->next)
				own = at->tenant == tenant && at->in.addr == addr &&
				      same_block(config, at->ext, ext);
			n += own;
		}
	return n;
}

/* Judging */

const char *
ports_illegal(const struct model *model, uint16_t tenant, uint8_t proto, struct model_endpoint in,
	      struct model_endpoint ext)
{
	const struct model_config *config = &model->config;
	uint32_t pair = paired(model, tenant, in.addr);

	if (!ports_in_pool(config, ext.addr))
		return "the address is not in the pool";
	if (is_one_to_one(config, ext.addr))
		return "the address belongs to a static 1:1 mapping";
	if (ext.port < config->first_port || ext.port > config->last_port)
		return "the port is out of range";
	if (state_by_outside(model, proto, ext) != NULL)
		return "the port is in use";
	if (quarantined_for(model, tenant, proto, in, ext))
		return "the port is in quarantine";
	if (by_share(config, tenant, in.addr, ext) < 0)
		return "the port is not for this subscriber: shares say so";
	if (by_share(config, tenant, in.addr, ext) > 0)
		return NULL;
	if (pair != 0 && pair != ext.addr)
		return "the subscriber is paired with another address";
	if (config->block_size == 0 || (config->max_blocks == 0 && config->n_hosts == 0))
		return NULL;
	if (block_is_others(model, tenant, in.addr, ext))
		return "the port is in a block of another subscriber";
	if (!block_is_own(model, tenant, in.addr, ext) &&
	    blocks_of(model, tenant, in.addr, false) >= max_blocks(config))
		return "the port is in a block more than the subscriber may have";
	return NULL;
}

/* Whether no NAT has an excuse for not taking this port. */
static bool
plainly_free(const struct model *model, uint16_t tenant, uint8_t proto, struct model_endpoint in,
	     struct model_endpoint ext)
{
	const struct model_config *config = &model->config;

	if (ports_illegal(model, tenant, proto, in, ext) != NULL ||
	    quarantined(model, proto, ext) != NULL)
		return false;
	if (config->block_size == 0 || block_is_own(model, tenant, in.addr, ext) ||
	    by_share(config, tenant, in.addr, ext) > 0)
		return true;
	if (block_is_others(model, tenant, in.addr, ext) || block_lingers(model, ext))
		return false;
	return (config->max_blocks == 0 && config->n_hosts == 0) ||
	       blocks_of(model, tenant, in.addr, true) < max_blocks(config);
}

/* The address that a NAT may keep a subscriber on for the sake of its ports in quarantine. */
static bool
lingers_elsewhere(const struct model *model, uint16_t tenant, uint32_t in_addr, uint32_t addr)
{
	for (const struct quarantine *at = model->quarantines; at != NULL; at = at->next)
		if (at->tenant == tenant && at->in.addr == in_addr && at->ext.addr != addr)
			return true;
	return false;
}

bool
ports_available(const struct model *model, uint16_t tenant, uint8_t proto, struct model_endpoint in,
		struct model_endpoint *ext)
{
	const struct model_config *config = &model->config;

	for (uint16_t i = 0; i < config->n_pool; i++) {
		uint32_t addr = config->pool[i];

		if (paired(model, tenant, in.addr) == 0 &&
		    lingers_elsewhere(model, tenant, in.addr, addr))
			continue;
		for (uint32_t port = config->first_port; port <= config->last_port; port++) {
			*ext = (struct model_endpoint){addr, (uint16_t)port};
			if (plainly_free(model, tenant, proto, in, *ext))
				return true;
		}
	}
	return false;
}

bool
ports_choose(const struct model *model, uint16_t tenant, uint8_t proto, struct model_endpoint in,
	     uint64_t random, struct model_endpoint *ext)
{
	const struct model_config *config = &model->config;
	uint32_t ports = (uint32_t)config->last_port - config->first_port + 1;
	uint32_t at = (uint32_t)(random >> 32), from = (uint32_t)random % ports;

	for (uint32_t i = 0; i < config->n_pool; i++)
		for (uint32_t j = 0; j < ports; j++) {
			ext->addr = config->pool[(at + i) % config->n_pool];
			ext->port = (uint16_t)(config->first_port + (from + j) % ports);
			if (ports_illegal(model, tenant, proto, in, *ext) == NULL)
				return true;
		}
	return false;
}
