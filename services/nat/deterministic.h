/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Deterministic pools (RFC 7422): each inside host has a share of the ports of one external
 * address, which follows from the configuration alone. Hosts are numbered in the order in which
 * the configuration has them; the first hosts_per_address have shares of the first address, and so
 * on, from its lowest ports up. All of it is constant after open().
 */

#ifndef NAT_DETERMINISTIC_H
#define NAT_DETERMINISTIC_H

#include "config.h"
#include "nat.h"

/** How a pool divides the ports of each of its addresses. */
struct deterministic {
	uint32_t n_hosts;           /* that have shares */
	uint32_t hosts_per_address; /* RFC 7422: compression ratio */
	uint64_t inverse;           /* of it, in units of 2^-64, rounded up; of 1: 0 */
	uint32_t share;             /* blocks of each */
	uint32_t overflow;          /* blocks beside its share that a host may have */
	uint32_t n_blocks;
	uint16_t blocks[ADDRESS_BLOCKS];     /* that shares are made of, in their order */
	uint64_t spare[ADDRESS_BLOCKS / 64]; /* bits: blocks that no share has */
};

/** Inside hosts in a row that have shares. */
struct inside_range {
	uint32_t first, last; /* host order */
	uint32_t host;        /* number of the first among its pool's hosts */
	uint16_t tenant;
	uint16_t pool; /* index */
};

/** What one inside host has for itself. */
struct share {
	const struct pool *pool;
	const struct pool_address *address;
	const uint16_t *blocks; /* numbers, ascending */
	uint32_t n;
};

/** What a block is to a host, under this configuration. */
enum block_use {
	BLOCK_OWN,     /* of its share */
	BLOCK_COMMON,  /* of an ordinary pool, or beside the shares: on demand, and logged */
	BLOCK_FOREIGN, /* of another's share, or not of the host's address: an earlier
			  configuration's */
};

/** Finds the share of an inside host. @param inside  network order @return false: it has none */
bool share_of(const struct nat *nat, uint16_t tenant, uint32_t inside, struct share *share);

/** @param share    of the host; NULL: it has none
 *  @param outside  network order
 *  @param number   of the block */
enum block_use share_use(const struct nat *nat, const struct share *share, uint32_t outside,
			 unsigned int number);

/** An inside host. */
struct inside_host {
	uint32_t address; /* network order */
	uint16_t tenant;
};

/** Finds whose share a port is of. @param outside  network order @param port  host order
 *  @return false: of nobody's */
bool share_holder(const struct nat *nat, uint32_t outside, uint16_t port, struct inside_host *host);

/** Divides a pool whose addresses and ports are there. Control. @return 0 or a negative errno after
 * wp_error() */
int deterministic_open(struct wp_env *env, struct nat *nat, uint32_t pool,
		       const struct nat_deterministic_conf *conf);

/** Puts the inside ranges of all pools in order, and says what was made of them. Control. */
void deterministic_ready(struct wp_env *env, struct nat *nat);

/** Accepts what a failed open has left. Control. */
void deterministic_close(struct nat *nat);

#endif
