/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Literals that nobody looks for. For a few hundred to some thousand bytes of literals Hyperscan
 * makes a DFA for short buffers, too, for which it needs a thousand times the memory of the result
 * while it compiles; it gains nothing here. From a certain number of bytes on it does without: what
 * is missing to that is made up. Scans do not get slower: all of the ballast ends with the same
 * bytes, by which Hyperscan looks for it.
 */

#ifndef IDS_BALLAST_H
#define IDS_BALLAST_H

#include <stddef.h>
#include <stdint.h>

enum {
	BALLAST_FROM = 128, /* literals; fewer need little memory, and are looked for otherwise */
	BALLAST_LITERALS = 136, /* so that all of them begin with more than 8,000 different texts */
	BALLAST_SIZE = 68,      /* bytes of each; longer than 70 would not count */
};

/** One literal. */
struct ballast {
	uint8_t bytes[BALLAST_SIZE];
};

/** @return how many literals are to go with @p n others. */
static inline uint32_t
ballast_count(uint32_t n)
{
	return n < BALLAST_FROM ? 0 : BALLAST_LITERALS;
}

/** Fills @p n of them, always the same ones. */
void ballast_fill(struct ballast *literals, uint32_t n);

#endif
