/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * External ports. A subscriber has blocks of 64 ports of the address it is paired with (RFC 4787
 * REQ-2), and its ports are drawn at random from all of them (RFC 6056). A block is taken with one
 * atomic operation, from whatever worker; from then on it is the subscriber's worker's alone. A
 * port that is free again rests for one to two quarantines (RFC 6888 REQ-8).
 */

#include <errno.h>
#include <string.h>

#include "nat.h"

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

/** @return the position of the n-th bit that is set. */
static unsigned int
nth_bit(uint64_t bits, unsigned int n)
{
	while (n-- != 0)
		bits &= bits - 1;
	return (unsigned int)__builtin_ctzll(bits);
}

/** Draws from all free ports of a subscriber. */
static bool
draw(struct wp_core *core, const struct subscriber *subscriber, enum nat_proto proto,
     struct port *port)
{
	uint32_t n = 0, chosen;

	for (struct wp_entry *at = subscriber->blocks; at != NULL;) {
		const struct block *block = wp_value(at);

		n += (uint32_t)__builtin_popcountll(free_ports(block, proto));
		at = block->next;
	}
	if (n == 0)
		return false;
	chosen = below(nat_random(core), n);
	for (struct wp_entry *at = subscriber->blocks;;) {
		struct block *block = nat_mutable(at);
		uint64_t bits = free_ports(block, proto);
		uint32_t here = (uint32_t)__builtin_popcountll(bits);

		if (chosen < here) {
			unsigned int bit = nth_bit(bits, chosen);

			block->used[proto] |= (uint64_t)1 << bit;
			port->block = at;
			port->outside = block->outside;
			port->outside_port = __builtin_bswap16((uint16_t)(block->first + bit));
			return true;
		}
		chosen -= here;
		at = block->next;
	}
}

/** Takes one free block of an address, from a random place on. @return its number, or -1 */
static int
take_of(const struct pool *pool, struct address *address, uint64_t random)
{
	unsigned int start = below(random, ADDRESS_BLOCKS);

	for (unsigned int i = 0; i <= WORDS; i++) {
		unsigned int word = (start / 64 + i) % WORDS;
		uint64_t taken = atomic_load_explicit(&address->taken[word], memory_order_relaxed);
		uint64_t bits = pool->usable[word] & ~taken;

		if (i == 0)
			bits &= ~(uint64_t)0 << start % 64;
		while (bits != 0) {
			uint64_t bit = bits & -bits;

			taken = atomic_fetch_or_explicit(&address->taken[word], bit,
							 memory_order_acquire);
			if ((taken & bit) == 0)
				return (int)(word * 64 + (unsigned int)__builtin_ctzll(bit));
			bits = pool->usable[word] & ~taken;
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
	    const struct pool_address **from)
{
	uint64_t random = nat_random(core);
	uint32_t start = below(random << 20, pool->n_addresses);
	uint32_t tries = pool->n_addresses < ADDRESS_TRIES ? pool->n_addresses : ADDRESS_TRIES;

	if (subscriber->n_blocks != 0) {
		*from = pool_find(pool, subscriber->outside);
		return *from == NULL ? -1 : take_of(pool, wp_atomics((*from)->entry), random);
	}
	for (uint32_t i = 0; i < tries; i++) {
		uint32_t index =
			start + i < pool->n_addresses ? start + i : start + i - pool->n_addresses;
		int number = take_of(pool, wp_atomics(pool->addresses[index].entry), random);

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

int
block_add(const struct nat *nat, const struct pool *pool, struct wp_core *core,
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
	memcpy(&block->inside, wp_entry_key(owner), 4);
	block->first = first;
	block->allowed = allowed_ports(&pool->ports, first);
	wp_written(entry);
	subscriber = wp_write(owner, core->now_ns);
	subscriber->blocks = entry;
	subscriber->n_blocks++;
	subscriber->outside = from->outside;
	wp_written(owner);
	wp_count(core, NAT_COUNT_BLOCKS_TAKEN, 1);
	if (subscriber->n_blocks == 1)
		tell_block(nat, core, NAT_BINDING_CREATED, owner, block);
	tell_block(nat, core, NAT_BLOCK_ALLOCATED, owner, block);
	return 0;
}

static int
take_block(const struct nat *nat, struct wp_core *core, struct wp_entry *owner,
	   const struct pool *pool)
{
	const struct subscriber *subscriber = wp_value(owner);
	const struct pool_address *from;
	int number, err;

	if (subscriber->n_blocks >= nat->max_blocks)
		return -EDQUOT;
	number = take_number(pool, core, subscriber, &from);
	if (number < 0)
		return -ENOSPC;
	err = block_add(nat, pool, core, owner, from, (unsigned int)number);
	if (err == -EEXIST)
		return -EAGAIN; /* it stays taken: somebody has it from an earlier configuration */
	if (err != 0) {
		give_back(wp_atomics(from->entry), (unsigned int)number);
		return err == -EDQUOT ? err : -ENOMEM;
	}
	return 0;
}

int
port_take(const struct nat *nat, struct wp_core *core, struct wp_entry *owner,
	  const struct pool *pool, enum nat_proto proto, struct port *port)
{
	const struct subscriber *subscriber = wp_value(owner);

	for (unsigned int tries = 0; tries < TAKE_TRIES; tries++) {
		int err;

		if (draw(core, subscriber, proto, port))
			return 0;
		if (subscriber->n_blocks != 0)
			pool = nat_pool_of(nat, subscriber->outside);
		err = pool == NULL ? -ENOSPC : take_block(nat, core, owner, pool);
		if (err != 0 && err != -EAGAIN)
			return err;
	}
	return -ENOSPC;
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

/** Ends a block. Its number is given back last: who takes it must not find the old entry. */
static void
end_block(const struct nat *nat, struct wp_core *core, struct wp_entry *entry)
{
	const struct block *block = wp_value(entry);
	struct wp_entry *address = wp_table_find(core, core->tables[NAT_ADDRESSES], entry->tenant,
						 4, false, &block->outside);
	unsigned int number = block->first / BLOCK_PORTS;

	unlink_block(core, entry);
	tell_block(nat, core, NAT_BLOCK_RELEASED, block->subscriber, block);
	if (((const struct subscriber *)wp_value(block->subscriber))->n_blocks == 0)
		tell_block(nat, core, NAT_BINDING_DELETED, block->subscriber, block);
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
