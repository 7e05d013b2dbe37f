/* SPDX-License-Identifier: BSD-3-Clause */
/* A pair of prefixes of equal length, and addresses turned from one into the other such that no
 * checksum above changes (RFC 6296 section 3). Knows nothing of packets. */

#ifndef NPTV6_PAIR_H
#define NPTV6_PAIR_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "addr.h"

/** Bits of a prefix at the most: behind them is the interface identifier. */
#define PAIR_BITS_MAX 64

/** Index of pair.prefix. */
enum pair_side { PAIR_INSIDE, PAIR_OUTSIDE };

/** A prefix pair. 64-bit words are halves of addresses as they are in memory. */
struct pair {
	uint64_t mask;      /* the bits of both prefixes */
	uint64_t prefix[2]; /* index: enum pair_side; bits behind the mask are 0 */
	uint16_t delta; /* what one word of an address gains on its way out (ones' complement) */
	uint8_t bits;   /* of each prefix */
};

/** Makes a pair of two IPv6 prefixes of at most PAIR_BITS_MAX bits; the shorter one is extended by
 * zeros (RFC 6296 3.1). */
void pair_make(struct pair *pair, const struct wp_prefix *inside, const struct wp_prefix *outside);

/** @return whether a prefix of one pair and a prefix of another share addresses. */
bool pair_overlaps(const struct pair *a, enum pair_side side_a, const struct pair *b,
		   enum pair_side side_b);

/** @return whether an address (16 bytes) has a pair's prefix. */
static inline bool
pair_has(const struct pair *pair, enum pair_side side, const uint8_t *address)
{
	uint64_t half;

	memcpy(&half, address, sizeof(half));
	return ((half ^ pair->prefix[side]) & pair->mask) == 0;
}

/**
 * Turns an address that has the prefix of side @p from into one of the other side. The way back
 * gives the same address again.
 * @return false when it has no counterpart (RFC 6296 3.4, 3.5, 3.7): subnet 0xffff under a prefix
 *         of up to 48 bits; under a longer one an interface identifier of all ones, and one that is
 *         or would be zero. It is then untouched.
 */
bool pair_translate(const struct pair *pair, enum pair_side from, uint8_t *address);

#endif
