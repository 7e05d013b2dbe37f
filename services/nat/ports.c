/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * External ports. A subscriber has blocks of 64 ports of the address it is paired with (RFC 4787
 * REQ-2), and its ports are drawn at random from all of them (RFC 6056). A block is taken with one
 * atomic operation, from whatever worker; from then on it is the subscriber's worker's alone. A
 * port that is free again rests for one to two quarantines (RFC 6888 REQ-8).
 *
 * A host that has a share of a deterministic pool takes blocks of it as it comes to need their
 * ports, at random, so that each new port may be any of the share; only then blocks beside it.
 */

#include <errno.h>
#include <string.h>

#include "bytes.h"
#include "deterministic.h"

enum {
	ADDRESS_TRIES = 256, /* addresses looked at for one subscriber; the next packet looks on */
	TAKE_TRIES = 4,
	WORDS = ADDRESS_BLOCKS / 64,
};

/** @return a number below @p n, from the high bits of a random one. */
static uint32_t
below(uint64_t random, uint32_t n)
{
	return (uint32_t)((random >> 32) * n >> 32);
}

static uint64_t
free_ports(const struct block *block, enum nat_proto proto)
{
	return block->allowed &
	       ~(block->used[proto] | block->resting[proto] | block->rested[proto]);
}

/** Which blocks of a subscriber are of interest. */
struct choice {
	const struct nat *nat;
	const struct share *share; /* the subscriber's, or NULL */
	enum block_use use;
};

static bool
is_chosen(const struct choice *choice, const struct block *block)
{
	return share_use(choice->nat, choice->share, block->outside, block->first / BLOCK_PORTS) ==
	       choice->use;
}

/** @return blocks of a kind that a subscriber has. */
static uint32_t
count_blocks(const struct choice *choice, const struct subscriber *subscriber)
{
	uint32_t n = 0;

	for (struct wp_entry *at = subscriber->blocks; at != NULL;) {
		const struct block *block = wp_value(at);

		n += is_chosen(choice, block);
		at = block->next;
	}
	return n;
}

/** @return the position of the n-th bit that is set. */
static unsigned int
nth_bit(uint64_t bits, unsigned int n)
{
	while (n-- != 0)
		bits &= bits - 1;
	return (unsigned int)__builtin_ctzll(bits);
}

/** Takes the n-th of a block's free ports. */
static void
use_port(struct wp_entry *entry, enum nat_proto proto, unsigned int n, struct port *port)
{
	struct block *block = nat_mutable(entry);
	unsigned int bit = nth_bit(free_ports(block, proto), n);

	block->used[proto] |= (uint64_t)1 << bit;
	port->block = entry;
	port->outside = block->outside;
	port->outside_port = __builtin_bswap16((uint16_t)(block->first + bit));
}

/** Draws from the free ports of one block. */
static bool
draw_of(struct wp_core *core, struct wp_entry *entry, enum nat_proto proto, struct port *port)
{
	uint32_t n = (uint32_t)__builtin_popcountll(free_ports(wp_value(entry), proto));

	if (n != 0)
		use_port(entry, proto, below(nat_random(core), n), port);
	return n != 0;
}

/** Draws from all free ports of a subscriber's blocks of a kind. */
static bool
draw(struct wp_core *core, const struct choice *choice, const struct subscriber *subscriber,
     enum nat_proto proto, struct port *port)
{
	uint32_t n = 0, chosen;

	for (struct wp_entry *at = subscriber->blocks; at != NULL;) {
		const struct block *block = wp_value(at);

		if (is_chosen(choice, block))
			n += (uint32_t)__builtin_popcountll(free_ports(block, proto));
		at = block->next;
	}
	if (n == 0)
		return false;
	chosen = below(nat_random(core), n);
	for (struct wp_entry *at = subscriber->blocks;;) {
		const struct block *block = wp_value(at);
		uint32_t here = (uint32_t)__builtin_popcountll(free_ports(block, proto));

		if (!is_chosen(choice, block))
			here = 0;
		if (chosen < here) {
			use_port(at, proto, chosen, port);
			return true;
		}
		chosen -= here;
		at = block->next;
	}
}

/** Takes one free block of an address, from a random place on. @param usable  bits: those that may
 * be taken @return its number, or -1 */
static int
take_of(const uint64_t *usable, struct address *address, uint64_t random)
{
	unsigned int start = below(random, ADDRESS_BLOCKS);

	for (unsigned int i = 0; i <= WORDS; i++) {
		unsigned int word = (start / 64 + i) % WORDS;
		uint64_t taken = atomic_load_explicit(&address->taken[word], memory_order_relaxed);
		uint64_t bits = usable[word] & ~taken;

		if (i == 0)
			bits &= ~(uint64_t)0 << start % 64;
		while (bits != 0) {
			uint64_t bit = bits & -bits;

			taken = atomic_fetch_or_explicit(&address->taken[word], bit,
							 memory_order_acquire);
			if ((taken & bit) == 0)
				return (int)(word * 64 + (unsigned int)__builtin_ctzll(bit));
			bits = usable[word] & ~taken;
		}
	}
	return -1;
}

static void
give_back(struct address *address, unsigned int number)
{
	atomic_fetch_and_explicit(&address->taken[number / 64], ~((uint64_t)1 << number % 64),
				  memory_order_release);
}

/** Takes a block of the subscriber's address; of any address of the pool when it has none yet. */
static int
take_number(const struct pool *pool, struct wp_core *core, const struct subscriber *subscriber,
	    const struct share *share, const struct pool_address **from)
{
	const uint64_t *usable =
		pool->deterministic != NULL ? pool->deterministic->spare : pool->usable;
	uint64_t random = nat_random(core);
	uint32_t start = below(random << 20, pool->n_addresses);
	uint32_t tries = pool->n_addresses < ADDRESS_TRIES ? pool->n_addresses : ADDRESS_TRIES;

	if (share != NULL || subscriber->n_blocks != 0) {
		*from = share != NULL ? share->address : pool_find(pool, subscriber->outside);
		return *from == NULL ? -1 : take_of(usable, wp_atomics((*from)->entry), random);
	}
	for (uint32_t i = 0; i < tries; i++) {
		uint32_t index =
			start + i < pool->n_addresses ? start + i : start + i - pool->n_addresses;
		int number = take_of(usable, wp_atomics(pool->addresses[index].entry), random);

		if (number >= 0) {
			*from = &pool->addresses[index];
			return number;
		}
	}
	return -1;
}

/** @return the ports of a block that a range has, as bits. */
static uint64_t
allowed_ports(const struct wp_port_range *range, unsigned int first)
{
	uint64_t bits = ~(uint64_t)0;

	if (range->first > first)
		bits &= bits << (range->first - first);
	if (range->last < first + BLOCK_PORTS - 1)
		bits &= ~(uint64_t)0 >> (first + BLOCK_PORTS - 1 - range->last);
	return bits;
}

/** @return whether a subscriber has a share of the configuration's: only hosts of IPv4 may. */
static bool
share_of_host(const struct nat *nat, const struct wp_entry *owner, struct share *share)
{
	return key_version(owner) == 4 &&
	       share_of(nat, owner->tenant, wp_load32(wp_entry_key(owner)), share);
}

/** @return what a block is to a subscriber. */
static enum block_use
use_of(const struct nat *nat, const struct wp_entry *owner, uint32_t outside, unsigned int number)
{
	struct share share;
	bool has_share = share_of_host(nat, owner, &share);

	return share_use(nat, has_share ? &share : NULL, outside, number);
}

/** Tells the log of a block that the configuration does not tell of. */
static void
tell_taken(const struct nat *nat, struct wp_core *core, struct wp_entry *owner, struct block *block)
{
	struct subscriber *subscriber = nat_mutable(owner);

	block->told = true;
	if (subscriber->n_told++ == 0)
		tell_block(nat, core, NAT_BINDING_CREATED, owner, block);
	tell_block(nat, core, NAT_BLOCK_ALLOCATED, owner, block);
}

/** Makes the entry of a block that was taken. @return as wp_table_insert() */
static int
add_block(const struct nat *nat, const struct pool *pool, struct wp_core *core,
	  struct wp_entry *owner, const struct pool_address *from, unsigned int number)
{
	struct subscriber *subscriber = nat_mutable(owner);
	uint16_t first = (uint16_t)(number * BLOCK_PORTS), port = __builtin_bswap16(first);
	uint8_t key[6];
	struct wp_entry *entry = NULL;
	struct block *block;
	int err;

	memcpy(key, &from->outside, 4);
	memcpy(key + 4, &port, 2);
	err = wp_table_insert(core, core->tables[NAT_BLOCKS], owner->tenant, owner->bucket, 4, key,
			      NULL, &entry);
	if (err != 0)
		return err;
	block = wp_write(entry, core->now_ns);
	block->subscriber = owner;
	block->next = subscriber->blocks;
	block->outside = from->outside;
	block->version = key_version(owner);
	memcpy(block->inside, wp_entry_key(owner), wp_addr_size(block->version));
	block->first = first;
	block->allowed = allowed_ports(&pool->ports, first);
	wp_written(entry);
	subscriber = wp_write(owner, core->now_ns);
	subscriber->blocks = entry;
	subscriber->n_blocks++;
	subscriber->outside = from->outside;
	wp_written(owner);
	wp_count(core, NAT_COUNT_BLOCKS_TAKEN, 1);
	if (use_of(nat, owner, from->outside, number) != BLOCK_OWN)
		tell_taken(nat, core, owner, block);
	return 0;
}

/** Makes the entry of a block, or gives it back; not when somebody has it from an earlier
 * configuration. @return as wp_table_insert() */
static int
enter_block(const struct nat *nat, const struct pool *pool, struct wp_core *core,
	    struct wp_entry *owner, const struct pool_address *from, unsigned int number)
{
	int err = add_block(nat, pool, core, owner, from, number);

	if (err != 0 && err != -EEXIST)
		give_back(wp_atomics(from->entry), number);
	return err;
}

int
block_claim(const struct nat *nat, const struct pool *pool, struct wp_core *core,
	    struct wp_entry *owner, const struct pool_address *from, unsigned int number)
{
	struct address *address = wp_atomics(from->entry);
	_Atomic uint64_t *word = &address->taken[number / 64];
	uint64_t bit = (uint64_t)1 << number % 64;

	if ((atomic_load_explicit(word, memory_order_relaxed) & bit) != 0 ||
	    (atomic_fetch_or_explicit(word, bit, memory_order_acquire) & bit) != 0)
		return -EBUSY;
	return enter_block(nat, pool, core, owner, from, number);
}

struct wp_entry *
block_find(struct wp_core *core, uint16_t tenant, uint32_t outside, unsigned int number)
{
	uint16_t port = __builtin_bswap16((uint16_t)(number * BLOCK_PORTS));
	uint8_t key[6];

	memcpy(key, &outside, 4);
	memcpy(key + 4, &port, 2);
	return wp_table_find(core, core->tables[NAT_BLOCKS], tenant, 4, false, key);
}

/** @return how many blocks a subscriber may take on demand of a pool. */
static uint32_t
max_common(const struct nat *nat, const struct pool *pool)
{
	return pool != NULL && pool->deterministic != NULL ? pool->deterministic->overflow
							   : nat->max_blocks;
}

uint32_t
port_limit(const struct nat *nat, const struct wp_entry *owner, const struct pool *pool)
{
	struct share share;

	if (share_of_host(nat, owner, &share))
		return (share.n + max_common(nat, share.pool)) * BLOCK_PORTS;
	return max_common(nat, pool) * BLOCK_PORTS;
}

const char *
block_fault(const struct nat *nat, const struct wp_entry *owner, uint32_t outside,
	    unsigned int number)
{
	const struct subscriber *subscriber = wp_value(owner);
	struct share share;
	bool has_share = share_of_host(nat, owner, &share);
	struct choice common = {nat, has_share ? &share : NULL, BLOCK_COMMON};
	enum block_use use = share_use(nat, common.share, outside, number);

	if (use == BLOCK_OWN)
		return NULL;
	if (use == BLOCK_FOREIGN)
		return "its ports are another host's, or nobody's";
	if (!has_share && subscriber->n_blocks != 0 && subscriber->outside != outside)
		return "its host has another outside address";
	return count_blocks(&common, subscriber) >= max_common(nat, nat_pool_of(nat, outside))
		       ? "its host has as many as it may"
		       : NULL;
}

static int
take_block(const struct choice *choice, struct wp_core *core, struct wp_entry *owner,
	   const struct pool *pool)
{
	const struct subscriber *subscriber = wp_value(owner);
	const struct pool_address *from;
	int number, err;

	if (count_blocks(choice, subscriber) >= max_common(choice->nat, pool))
		return -EDQUOT;
	number = take_number(pool, core, subscriber, choice->share, &from);
	if (number < 0)
		return -ENOSPC;
	err = enter_block(choice->nat, pool, core, owner, from, (unsigned int)number);
	if (err == -EEXIST)
		return -EAGAIN;
	return err == 0 || err == -EDQUOT ? err : -ENOMEM;
}

/** Takes a port of the blocks that are taken on demand. @param share  the subscriber's, or NULL */
static int
take_common(const struct nat *nat, struct wp_core *core, struct wp_entry *owner,
	    const struct share *share, const struct pool *pool, enum nat_proto proto,
	    struct port *port)
{
	const struct subscriber *subscriber = wp_value(owner);
	const struct choice common = {nat, share, BLOCK_COMMON};

	for (unsigned int tries = 0; tries < TAKE_TRIES; tries++) {
		int err;

		if (draw(core, &common, subscriber, proto, port))
			return 0;
		if (share == NULL && subscriber->n_blocks != 0)
			pool = nat_pool_of(nat, subscriber->outside);
		err = pool == NULL ? -ENOSPC : take_block(&common, core, owner, pool);
		if (err != 0 && err != -EAGAIN)
			return err;
	}
	return -ENOSPC;
}

/** Draws from one block of a subscriber's share, which it takes if it has not got it yet. */
static bool
draw_of_share(const struct nat *nat, struct wp_core *core, struct wp_entry *owner,
	      const struct share *share, uint32_t i, enum nat_proto proto, struct port *port)
{
	unsigned int number = share->blocks[i];
	struct wp_entry *entry;

	if (block_claim(nat, share->pool, core, owner, share->address, number) == 0)
		return draw_of(core, ((const struct subscriber *)wp_value(owner))->blocks, proto,
			       port);
	entry = block_find(core, owner->tenant, share->address->outside, number);
	return entry != NULL && ((const struct block *)wp_value(entry))->subscriber == owner &&
	       draw_of(core, entry, proto, port);
}

/** Takes a port of a subscriber's share: any that is free, as likely as another. */
static bool
take_own(const struct nat *nat, struct wp_core *core, struct wp_entry *owner,
	 const struct share *share, enum nat_proto proto, struct port *port)
{
	const struct subscriber *subscriber = wp_value(owner);
	const struct choice own = {nat, share, BLOCK_OWN};
	uint32_t start = below(nat_random(core), share->n);

	if (draw_of_share(nat, core, owner, share, start, proto, port) ||
	    draw(core, &own, subscriber, proto, port))
		return true;
	if (count_blocks(&own, subscriber) == share->n)
		return false;
	for (uint32_t i = 1; i < share->n; i++) {
		uint32_t at = start + i < share->n ? start + i : start + i - share->n;

		if (block_claim(nat, share->pool, core, owner, share->address, share->blocks[at]) ==
		    0)
			return draw_of(core, subscriber->blocks, proto, port);
	}
	return false;
}

int
port_take(const struct nat *nat, struct wp_core *core, struct wp_entry *owner,
	  const struct pool *pool, enum nat_proto proto, struct port *port)
{
	struct share share;
	const struct choice own = {nat, &share, BLOCK_OWN};
	int err;

	if (!share_of_host(nat, owner, &share))
		return take_common(nat, core, owner, NULL, pool, proto, port);
	if (take_own(nat, core, owner, &share, proto, port))
		return 0;
	err = take_common(nat, core, owner, &share, share.pool, proto, port);
	if (err == -EDQUOT && count_blocks(&own, wp_value(owner)) != share.n)
		return -ENOSPC; /* others still have some of its share */
	return err;
}

static uint64_t
bit_of(const struct port *port, const struct block *block)
{
	return (uint64_t)1 << (__builtin_bswap16(port->outside_port) - block->first);
}

/** Nobody uses a block any more: all of it has rested one quarantine from now. */
static void
rest_all(const struct nat *nat, struct wp_core *core, struct wp_entry *entry)
{
	struct block *block = nat_mutable(entry);

	for (unsigned int proto = 0; proto < NAT_PROTOS; proto++) {
		block->rested[proto] |= block->resting[proto];
		block->resting[proto] = 0;
	}
	wp_table_set_idle(core->tables[NAT_BLOCKS], entry, nat->quarantine, core->now_ns);
}

void
port_give(const struct nat *nat, struct wp_core *core, const struct port *port,
	  enum nat_proto proto)
{
	struct block *block = nat_mutable(port->block);

	block->used[proto] &= ~bit_of(port, block);
	block->resting[proto] |= bit_of(port, block);
	if ((block->used[NAT_TCP] | block->used[NAT_UDP] | block->used[NAT_ICMP]) == 0)
		rest_all(nat, core, port->block);
}

void
port_return(const struct port *port, enum nat_proto proto)
{
	struct block *block = nat_mutable(port->block);

	block->used[proto] &= ~bit_of(port, block);
}

/** Takes a block out of its subscriber's list. */
static void
unlink_block(struct wp_core *core, struct wp_entry *entry)
{
	const struct block *block = wp_value(entry);
	struct subscriber *subscriber = wp_write(block->subscriber, core->now_ns);

	if (subscriber->blocks == entry) {
		subscriber->blocks = block->next;
	} else {
		struct wp_entry *at = subscriber->blocks;

		while (((const struct block *)wp_value(at))->next != entry)
			at = ((const struct block *)wp_value(at))->next;
		((struct block *)nat_mutable(at))->next = block->next;
	}
	subscriber->n_blocks--;
	wp_written(block->subscriber);
}

/** Tells the log of the end of a block that it knows of, and of one that was its host's share under
 * an earlier configuration, but is no more: until now that held. */
static void
tell_ended(const struct nat *nat, struct wp_core *core, const struct block *block)
{
	struct subscriber *subscriber = nat_mutable(block->subscriber);

	if (block->told ||
	    use_of(nat, block->subscriber, block->outside, block->first / BLOCK_PORTS) != BLOCK_OWN)
		tell_block(nat, core, NAT_BLOCK_RELEASED, block->subscriber, block);
	if (block->told && --subscriber->n_told == 0)
		tell_block(nat, core, NAT_BINDING_DELETED, block->subscriber, block);
}

/** Ends a block. Its number is given back last: who takes it must not find the old entry. */
static void
end_block(const struct nat *nat, struct wp_core *core, struct wp_entry *entry)
{
	const struct block *block = wp_value(entry);
	struct wp_entry *address = wp_table_find(core, core->tables[NAT_ADDRESSES], entry->tenant,
						 4, false, &block->outside);
	unsigned int number = block->first / BLOCK_PORTS;

	unlink_block(core, entry);
	tell_ended(nat, core, block);
	wp_count(core, NAT_COUNT_BLOCKS_GIVEN, 1);
	wp_table_remove(core, core->tables[NAT_BLOCKS], entry);
	if (address != NULL) /* in a pool still, or again one day */
		give_back(wp_atomics(address), number);
}

uint32_t
block_expire(const struct nat *nat, struct wp_core *core, struct wp_entry *entry)
{
	struct block *block = nat_mutable(entry);
	uint64_t busy = 0;

	for (unsigned int proto = 0; proto < NAT_PROTOS; proto++) {
		block->rested[proto] = block->resting[proto];
		block->resting[proto] = 0;
		busy |= block->used[proto] | block->rested[proto];
	}
	if (busy != 0)
		return nat->quarantine;
	end_block(nat, core, entry);
	return 0;
}
