/* SPDX-License-Identifier: BSD-3-Clause */
/* See ranges.h. */

#include "rule/ranges.h"

#include <errno.h>
#include <stdlib.h>

#include "rule/grow.h"

void
ranges_clear(struct ranges *ranges)
{
	free(ranges->of);
	*ranges = (struct ranges){0};
}

int
ranges_add(struct ranges *ranges, struct range range)
{
	struct range *of = grow(ranges->of, ranges->n, &ranges->room, sizeof(of[0]));

	if (of == NULL)
		return -ENOMEM;
	ranges->of = of;
	ranges->of[ranges->n++] = range;
	return 0;
}

int
ranges_add_all(struct ranges *ranges, const struct ranges *other)
{
	for (uint32_t i = 0; i < other->n; i++)
		if (ranges_add(ranges, other->of[i]) != 0)
			return -ENOMEM;
	return 0;
}

static int
compare(const void *a, const void *b)
{
	const struct range *left = a, *right = b;

	return (left->first > right->first) - (left->first < right->first);
}

void
ranges_order(struct ranges *ranges)
{
	uint32_t n = 1; /* that are done */

	if (ranges->n == 0)
		return;
	qsort(ranges->of, ranges->n, sizeof(ranges->of[0]), compare);
	for (uint32_t i = 1; i < ranges->n; i++) {
		struct range *done = &ranges->of[n - 1];
		const struct range *next = &ranges->of[i];

		if (next->first > done->last && next->first - done->last > 1)
			ranges->of[n++] = *next;
		else if (next->last > done->last)
			done->last = next->last;
	}
	ranges->n = n;
}

/** Adds what is left of a range. @param at  the first of the others that does not end in front of
 * it; moves on */
static int
add_rest(struct ranges *ranges, struct range range, const struct ranges *other, uint32_t *at)
{
	while (*at < other->n && other->of[*at].last < range.first)
		(*at)++;
	for (; *at < other->n && other->of[*at].first <= range.last; (*at)++) {
		const struct range *hole = &other->of[*at];

		if (hole->first > range.first &&
		    ranges_add(ranges, (struct range){range.first, hole->first - 1}) != 0)
			return -ENOMEM;
		if (hole->last >= range.last)
			return 0;
		range.first = hole->last + 1;
	}
	return ranges_add(ranges, range);
}

int
ranges_subtract(struct ranges *ranges, const struct ranges *other)
{
	struct ranges rest = {0};
	uint32_t at = 0;

	for (uint32_t i = 0; i < ranges->n; i++) {
		if (add_rest(&rest, ranges->of[i], other, &at) != 0) {
			ranges_clear(&rest);
			return -ENOMEM;
		}
	}
	ranges_clear(ranges);
	*ranges = rest;
	return 0;
}

bool
ranges_is(const struct ranges *ranges, struct range range)
{
	return ranges->n == 1 && ranges->of[0].first == range.first &&
	       ranges->of[0].last == range.last;
}
