/* SPDX-License-Identifier: BSD-3-Clause */
/* Sets of numbers while they are made: addresses of either version, and ports. What comes of them
 * is kept in a smaller form. Control thread. */

#ifndef IDS_RANGES_H
#define IDS_RANGES_H

#include <stdbool.h>
#include <stdint.h>

/** Numbers from one up to another, both in it. */
struct range {
	unsigned __int128 first, last;
};

/** All zero: the empty set. Between ranges_add() and ranges_order(), ranges may overlap. */
struct ranges {
	struct range *of;
	uint32_t n, room;
};

/** Accepts what a failed call left. */
void ranges_clear(struct ranges *ranges);

/** @return 0 or -ENOMEM */
int ranges_add(struct ranges *ranges, struct range range);

/** Adds all that another set has. @return 0 or -ENOMEM */
int ranges_add_all(struct ranges *ranges, const struct ranges *other);

/** Puts ranges in order, and makes one of those that overlap or touch: after it, equal sets have
 * equal ranges. */
void ranges_order(struct ranges *ranges);

/** Takes away what another set has; both are in order, and stay so. @return 0 or -ENOMEM */
int ranges_subtract(struct ranges *ranges, const struct ranges *other);

/** @return whether a set in order is this range, no more and no less. */
bool ranges_is(const struct ranges *ranges, struct range range);

#endif
