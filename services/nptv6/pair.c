/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The arithmetic of RFC 6296. Ones' complement sums do not depend on the order of bytes, so words
 * are added as they are in memory. 0xffff and 0 are the same number there: a word is never 0xffff
 * afterwards, and one that was before has no way back.
 */

#include "bytes.h"
#include "pair.h"

enum {
	SUBNET_BITS_MAX =
		48,    /* up to here the subnet's word changes, above one of the identifier */
	SUBNET_AT = 6, /* bytes into an address */
	IDENTIFIER_AT = 8,
	ADDRESS_SIZE = 16,
};

static uint64_t
load64(const uint8_t *at)
{
	uint64_t words;

	memcpy(&words, at, sizeof(words));
	return words;
}

/** @return a ones' complement sum that is never 0xffff. */
static uint16_t
add(uint16_t a, uint16_t b)
{
	uint32_t sum = (uint32_t)a + b;

	sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff ? 0 : (uint16_t)sum;
}

static uint16_t
sum_words(uint64_t words)
{
	uint16_t sum = 0;

	for (unsigned int i = 0; i < 4; i++)
		sum = add(sum, (uint16_t)(words >> 16 * i));
	return sum;
}

/** @return a mask of the first @p bits bits of an address's first half. */
static uint64_t
mask_of(unsigned int bits)
{
	return bits == 0 ? 0 : __builtin_bswap64(~(uint64_t)0 << (64 - bits));
}

void
pair_make(struct pair *pair, const struct wp_prefix *inside, const struct wp_prefix *outside)
{
	pair->bits = inside->bits > outside->bits ? inside->bits : outside->bits;
	pair->mask = mask_of(pair->bits);
	pair->prefix[PAIR_INSIDE] = load64(inside->addr.bytes) & mask_of(inside->bits);
	pair->prefix[PAIR_OUTSIDE] = load64(outside->addr.bytes) & mask_of(outside->bits);
	pair->delta = add(sum_words(pair->prefix[PAIR_INSIDE]),
			  (uint16_t)~sum_words(pair->prefix[PAIR_OUTSIDE]));
}

bool
pair_overlaps(const struct pair *a, enum pair_side side_a, const struct pair *b,
	      enum pair_side side_b)
{
	return ((a->prefix[side_a] ^ b->prefix[side_b]) & a->mask & b->mask) == 0;
}

/** @return where the word is that makes up for the prefix's change; 0: there is none. */
static unsigned int
choose_word(const struct pair *pair, const uint8_t *address)
{
	unsigned int at = SUBNET_AT, end = SUBNET_AT + 2;

	if (pair->bits > SUBNET_BITS_MAX) {
		at = IDENTIFIER_AT;
		end = ADDRESS_SIZE;
		if (load64(address + IDENTIFIER_AT) == 0)
			return 0;
	}
	for (; at < end; at += 2)
		if (wp_load16(address + at) != 0xffff)
			return at;
	return 0;
}

bool
pair_translate(const struct pair *pair, enum pair_side from, uint8_t *address)
{
	unsigned int at = choose_word(pair, address);
	uint8_t turned[ADDRESS_SIZE];
	uint64_t half;
	uint16_t word;

	if (at == 0)
		return false;
	half = (load64(address) & ~pair->mask) | pair->prefix[1 - from];
	word = add(wp_load16(address + at),
		   from == PAIR_INSIDE ? pair->delta : (uint16_t)~pair->delta);
	memcpy(turned, address, ADDRESS_SIZE);
	memcpy(turned, &half, sizeof(half));
	memcpy(turned + at, &word, sizeof(word));
	if (pair->bits > SUBNET_BITS_MAX && load64(turned + IDENTIFIER_AT) == 0)
		return false;
	memcpy(address, turned, ADDRESS_SIZE);
	return true;
}
