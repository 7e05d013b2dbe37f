/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Takes state back that another process had. Records refer to each other by keys: hosts come first,
 * then their port blocks, mappings, and the peers of mappings; what others build upon and is
 * missing is made. Counts, lists and bits are made anew. A record that its configuration would not
 * allow any more is left out, and harms nobody; what it had of ports rests.
 */

#include "restore.h"

#include <errno.h>
#include <stddef.h>

#include "bytes.h"
#include "ftp.h"
#include "kind.h"
#include "pcp.h"

static const char no_nat64[] = "its host has IPv6, and there is no prefix64";
static const char malformed[] = "makes no sense";
static const char no_pool[] = "no pool has its outside address";
static const char no_port[] = "its pool has not its ports any more";
static const char block_taken[] = "another host has its port block";
static const char quota[] = "its host has as many as it may";
static const char fixed_now[] = "a static mapping has its place";
static const char no_mapping[] = "its mapping is not there";
static const char no_filter[] = "the filter does not look at it";

uint8_t
nat_home(const void *inst, const struct wp_core *core, unsigned int table,
	 const struct wp_record *record)
{
	const struct nat *nat = inst;
	const void *host = record->key;
	uint8_t version = record->key_version, key[16];

	if (table == NAT_BLOCKS) {
		const struct block *block = record->value;

		host = block->inside;
		version = block->version;
	}
	if (version != 6)
		return wp_bucket_of_host(core, record->tenant, 4, host);
	nat64_subscriber(&nat->six, host, key);
	return wp_table_key_bucket(core->tables[NAT_SUBSCRIBERS6], core->instance, record->tenant,
				   6, key);
}

/* Hosts. */

static const char *
restore_subscriber(const struct nat *nat, struct wp_core *core, const struct wp_record *record)
{
	static const struct subscriber none;
	struct wp_record host = *record;
	struct wp_entry *entry;
	int err;

	host.value = &none; /* blocks and mappings will count themselves */
	host.idle = restored_idle(record, nat->quarantine);
	err = wp_table_restore(core, subscribers_of(core, record->key_version), &host, &entry);
	return err == 0 || err == -EEXIST ? NULL : wp_restore_fault(err);
}

/** An inside address of a record. */
struct inside {
	const uint8_t *address;
	uint8_t version;
};

/** Finds the entry of a record's host, or makes it. @return 0 or a negative errno */
static int
find_host(const struct nat *nat, struct wp_core *core, const struct wp_record *record,
	  const struct inside *inside, struct wp_entry **entry)
{
	struct wp_table *table = subscribers_of(core, inside->version);
	uint8_t version = inside->version, key[16];
	int err;

	memcpy(key, inside->address, wp_addr_size(version));
	if (version == 6)
		nat64_subscriber(&nat->six, inside->address, key);
	*entry = wp_table_find(core, table, record->tenant, version, false, key);
	if (*entry != NULL)
		return 0;
	err = wp_table_insert(core, table, record->tenant, record->bucket, version, key, NULL,
			      entry);
	if (err == 0)
		wp_table_set_idle(table, *entry, nat->quarantine, core->now_ns);
	return err;
}

/* Blocks. */

/** Gives a host a block of a pool that it had. @return NULL when it does not get it: @p why */
static struct wp_entry *
take_block(const struct nat *nat, struct wp_core *core, struct wp_entry *host, uint32_t outside,
	   unsigned int number, const char **why)
{
	const struct pool *pool = nat_pool_of(nat, outside);
	int err;

	*why = (pool->usable[number / 64] >> number % 64 & 1) == 0
		       ? no_port
		       : block_fault(nat, host, outside, number);
	if (*why != NULL)
		return NULL;
	err = block_claim(nat, pool, core, host, pool_find(pool, outside), number);
	if (err == 0)
		return ((const struct subscriber *)wp_value(host))->blocks;
	*why = err == -EBUSY ? block_taken : wp_restore_fault(err);
	return NULL;
}

/** Finds the block of a host's port, or gives it to the host. @return NULL: not, for @p why */
static struct wp_entry *
claim_block(const struct nat *nat, struct wp_core *core, const struct wp_record *record,
	    const struct inside *inside, uint32_t outside, uint16_t first, const char **why)
{
	struct wp_entry *host = NULL, *entry;
	int err;

	*why = no_pool;
	if (nat_pool_of(nat, outside) == NULL)
		return NULL;
	err = find_host(nat, core, record, inside, &host);
	*why = wp_restore_fault(err);
	if (err != 0)
		return NULL;
	entry = block_find(core, record->tenant, outside, first / BLOCK_PORTS);
	if (entry == NULL)
		return take_block(nat, core, host, outside, first / BLOCK_PORTS, why);
	*why = block_taken;
	return ((const struct block *)wp_value(entry))->subscriber == host ? entry : NULL;
}

/** Sets when a block's ports have rested: what they had left, one quarantine at the most. */
static void
set_rest(const struct nat *nat, struct wp_core *core, const struct wp_record *record,
	 struct wp_entry *entry)
{
	uint32_t now = (uint32_t)(core->now_ns >> WP_TICK_SHIFT);
	int32_t left = (int32_t)(record->used + record->idle - now);

	if (left <= 0)
		left = 1;
	wp_table_set_idle(core->tables[NAT_BLOCKS], entry,
			  (uint32_t)left < nat->quarantine ? (uint32_t)left : nat->quarantine,
			  core->now_ns);
}

static const char *
restore_block(const struct nat *nat, struct wp_core *core, const struct wp_record *record)
{
	const struct block *from = record->value;
	const struct inside inside = {from->inside, from->version};
	const uint8_t *key = record->key;
	uint16_t first = __builtin_bswap16(wp_load16(key + 4));
	struct wp_entry *entry;
	struct block *block;
	const char *why;

	if (first % BLOCK_PORTS != 0 || (from->version != 4 && from->version != 6))
		return malformed;
	if (from->version == 6 && !nat->six.on)
		return no_nat64;
	entry = claim_block(nat, core, record, &inside, wp_load32(key), first, &why);
	if (entry == NULL)
		return why;
	block = wp_write(entry, core->now_ns);
	for (unsigned int proto = 0; proto < NAT_PROTOS; proto++) {
		uint64_t others = block->allowed & ~block->used[proto];

		/* What is used rests, too, until its mapping says that it is there. */
		block->resting[proto] |= (from->resting[proto] | from->used[proto]) & others;
		block->rested[proto] |= from->rested[proto] & others;
	}
	wp_written(entry);
	set_rest(nat, core, record, entry);
	return NULL;
}

/* Mappings. */

/** @return whether a record can be a mapping's. */
static bool
is_mapping(const struct wp_record *record)
{
	const uint8_t *key = record->key, *key2 = record->key2, *value = record->value;
	uint8_t protocol = key[endpoint_size(record->key_version)];

	return protocol == key2[6] && value[offsetof(struct mapping, state)] < TCP_STATES &&
	       value[offsetof(struct mapping, has_peer)] <= 1 &&
	       value[offsetof(struct mapping, peer_permits)] <= 1 &&
	       (protocol == WP_PROTO_TCP || protocol == WP_PROTO_UDP || protocol == WP_PROTO_ICMP);
}

/** @return ticks without a packet that a mapping has under this configuration. */
static uint32_t
idle_of(const struct nat *nat, const struct wp_record *record)
{
	const struct mapping *from = record->value;
	enum nat_proto proto = proto_of(((const uint8_t *)record->key2)[6]);

	if (proto != NAT_TCP)
		return nat->idle[proto];
	return from->has_peer ? nat->tcp_idle[from->state] : nat->tcp_idle[TCP_FIN_BOTH];
}

/** @return why a port of a block is not for this mapping, or NULL. */
static const char *
check_port(const struct nat *nat, const struct wp_record *record, const struct block *block,
	   uint64_t bit)
{
	const uint8_t *key = record->key, *key2 = record->key2;
	enum nat_proto proto = proto_of(((const uint8_t *)record->key2)[6]);
	const struct subscriber *subscriber = wp_value(block->subscriber);

	if ((block->allowed & bit) == 0)
		return no_port;
	if ((block->used[proto] & bit) != 0)
		return wp_restore_fault(-EEXIST);
	if (fixed_outside(nat, wp_load32(key2), wp_load16(key2 + 4), key2[6]) != NULL ||
	    (record->key_version == 4 &&
	     fixed_inside(nat, record->tenant, wp_load32(key), wp_load16(key + 4), key[6]) != NULL))
		return fixed_now;
	if ((nat->max_mappings != 0 && subscriber->n_mappings[proto] >= nat->max_mappings) ||
	    subscriber->n_sessions >= nat->max_sessions)
		return quota;
	return NULL;
}

/** @return a tick of a value, as it is here; the future has not come yet. */
static uint32_t
tick_of(const struct wp_core *core, const struct wp_record *record, uint32_t tick)
{
	uint32_t now = (uint32_t)(core->now_ns >> WP_TICK_SHIFT), here = tick + record->shift;

	return (int32_t)(here - now) > 0 ? now : here;
}

/** Fills in a mapping what its keys and its place here say. */
static void
fill(struct wp_core *core, const struct wp_record *record, struct wp_entry *block,
     struct mapping *mapping)
{
	const struct mapping *from = record->value;
	const uint8_t *key2 = record->key2;

	*mapping = (struct mapping){
		.subscriber = ((const struct block *)wp_value(block))->subscriber,
		.block = block,
		.outside = wp_load32(key2),
		.outside_port = wp_load16(key2 + 4),
		.state = from->state,
		.has_peer = from->has_peer,
		.peer = from->peer,
		.peer_port = from->peer_port,
		.peer_permits = from->peer_permits,
		.peer_used = tick_of(core, record, from->peer_used),
		.created = tick_of(core, record, from->created),
	};
}

static const char *
restore_mapping(const struct nat *nat, struct wp_core *core, const struct wp_record *record)
{
	const struct inside inside = {record->key, record->key_version};
	const uint8_t *key2 = record->key2;
	uint16_t port = __builtin_bswap16(wp_load16(key2 + 4));
	uint64_t bit = (uint64_t)1 << port % BLOCK_PORTS;
	enum nat_proto proto = proto_of(((const uint8_t *)record->key2)[6]);
	struct wp_record made = *record;
	struct wp_entry *at, *entry = NULL;
	struct subscriber *host;
	struct mapping mapping;
	struct block *block;
	const char *why;
	int err;

	if (!is_mapping(record))
		return malformed;
	at = claim_block(nat, core, record, &inside, wp_load32(key2), (uint16_t)(port & ~63u),
			 &why);
	if (at == NULL)
		return why;
	block = nat_mutable(at);
	why = check_port(nat, record, block, bit);
	if (why != NULL)
		return why;
	fill(core, record, at, &mapping);
	made.value = &mapping;
	made.idle = idle_of(nat, record);
	err = wp_table_restore(core, core->tables[NAT_MAPPINGS], &made, &entry);
	if (err != 0)
		return wp_restore_fault(err);
	mapping_set_deltas(nat_mutable(entry), entry);
	block->used[proto] |= bit;
	block->resting[proto] &= ~bit;
	block->rested[proto] &= ~bit;
	host = nat_mutable(block->subscriber);
	host->n_mappings[proto]++;
	host->n_sessions++;
	wp_count(core, NAT_COUNT_RESTORED, 1);
	return NULL;
}

/* Peers. */

/** @return whether a peer is one that session.c would make. @param remote  in its key */
static bool
fits_filter(const struct nat *nat, const uint8_t *remote)
{
	bool has_port = wp_load16(remote + 4) != 0;

	switch (remote[6]) {
	case WP_PROTO_TCP:
		return true;
	case WP_PROTO_UDP:
		return nat->filtering != NAT_ANYBODY &&
		       has_port == (nat->filtering == NAT_ADDRESS_AND_PORT);
	default:
		return nat->filtering != NAT_ANYBODY && !has_port;
	}
}

/** @return the remote of a peer's record: address, port, protocol. */
static const uint8_t *
remote_of(const struct wp_record *record)
{
	return (const uint8_t *)record->key + peer_remote_at(record->key_version);
}

/** Makes the entry of a peer that is not of an address alone. */
static const char *
add_peer(const struct nat *nat, struct wp_core *core, const struct wp_record *record,
	 struct wp_entry *owner)
{
	const struct peer *from = record->value;
	bool is_tcp = remote_of(record)[6] == WP_PROTO_TCP;
	const struct peer peer = {
		.mapping = owner,
		.state = from->state,
		.permits = from->permits,
		.held = from->permits && is_tcp && nat->filtering == NAT_ADDRESS,
	};
	struct wp_entry *entry;
	struct wp_record made = *record;
	int err;

	if (session_limit(nat, wp_value(owner), true) != 0)
		return quota;
	made.value = &peer;
	made.idle = is_tcp ? nat->tcp_idle[from->state] : owner->idle;
	err = wp_table_restore(core, core->tables[NAT_PEERS], &made, &entry);
	if (err == 0 && peer.held) {
		err = peer_hold_address(core, owner, record->key);
		if (err != 0)
			wp_table_remove(core, core->tables[NAT_PEERS], entry);
	}
	if (err != 0)
		return wp_restore_fault(err);
	session_count(nat_mutable(owner), nat_mutable(entry));
	return NULL;
}

static const char *
restore_peer(const struct nat *nat, struct wp_core *core, const struct wp_record *record)
{
	const struct peer *from = record->value;
	const uint8_t *key = record->key, *value = record->value, *remote = remote_of(record);
	uint8_t version = record->key_version, mapping[MAPPING_KEY_SIZE_MAX];
	struct wp_entry *owner;

	if (from->state >= TCP_STATES || value[offsetof(struct peer, permits)] > 1)
		return malformed;
	mapping_key_of(mapping, version, key, wp_load16(remote - 2), remote[6]);
	owner = wp_table_find(core, core->tables[NAT_MAPPINGS], record->tenant, version, false,
			      mapping);
	if (owner == NULL)
		return no_mapping;
	if (!fits_filter(nat, remote))
		return no_filter;
	if (remote[6] == WP_PROTO_TCP && wp_load16(remote + 4) == 0)
		return NULL; /* its connections count themselves */
	return add_peer(nat, core, record, owner);
}

const char *
nat_restore(const void *inst, struct wp_core *core, unsigned int table,
	    const struct wp_record *record)
{
	const struct nat *nat = inst;

	if (record->key_version == 6 && !nat->six.on)
		return no_nat64;
	switch ((enum nat_table)table) {
	case NAT_SUBSCRIBERS:
		return record->key_version == 4 ? restore_subscriber(nat, core, record) : malformed;
	case NAT_SUBSCRIBERS6:
		return record->key_version == 6 ? restore_subscriber(nat, core, record) : malformed;
	case NAT_BLOCKS:
		return record->key_version == 4 ? restore_block(nat, core, record) : malformed;
	case NAT_MAPPINGS:
		return restore_mapping(nat, core, record);
	case NAT_PEERS:
		return restore_peer(nat, core, record);
	case NAT_CLAIMS:
		return record->key_version == 4 ? claim_restore(nat, core, record) : malformed;
	case NAT_FTP:
		return record->key_version == 4 ? ftp_restore(nat, core, record) : malformed;
	default:
		return malformed; /* addresses do not travel */
	}
}
