/* SPDX-License-Identifier: BSD-3-Clause */
/* See places.h. Literals with the same place and width share a hash table, whose key is their first
 * bytes; the others are compared. */

#include "match/places.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ascii.h"
#include "rule/grow.h"

enum { WIDTH_MAX = 4 /* bytes of a key */ };

struct literal {
	const uint8_t *bytes;
	uint32_t rule, key;
	uint16_t at, size;
	uint8_t width; /* bytes of the key: 1, 2 or 4 */
	bool nocase;
};

struct places_plan {
	struct literal *literals;
	uint32_t n, room;
};

/** Literals with one key. */
struct slot {
	uint32_t key;
	uint32_t first, n; /* of the literals; n 0: there are none */
};

/** Literals with one place and width. */
struct group {
	struct slot *slots; /* 1 << (32 - shift), half of them empty at least */
	uint16_t at;
	uint8_t width, shift;
	bool nocase;
};

struct places {
	struct literal *literals; /* those of a group, and of a key within it, side by side */
	struct slot *slots;       /* of all groups */
	uint32_t n_groups;
	struct group groups[]; /* by place */
};

/* Keys. */

/** @return four bytes, those of ASCII's letters in lower case. */
static uint32_t
lower_four(uint32_t four)
{
	const uint32_t ones = 0x01010101;
	uint32_t low = four & 0x7f * ones;
	uint32_t from_a = low + (0x80 - 'A') * ones, behind_z = low + (0x7f - 'Z') * ones;

	/* The highest bit of each byte: whether it is in between. */
	return four | (from_a & ~behind_z & ~four & 0x80 * ones) >> 2;
}

static uint32_t
key_of(const uint8_t *bytes, unsigned int width, bool nocase)
{
	uint32_t key = 0;

	if (width == WIDTH_MAX)
		memcpy(&key, bytes, WIDTH_MAX);
	else
		memcpy(&key, bytes, width == 2 ? 2 : 1);
	return nocase ? lower_four(key) : key;
}

/** @return where the search for a key begins. */
static uint32_t
home_of(const struct group *group, uint32_t key)
{
	return key * 0x9e3779b1u >> group->shift;
}

/* Gathering. */

struct places_plan *
places_plan_create(void)
{
	return calloc(1, sizeof(struct places_plan));
}

void
places_plan_destroy(struct places_plan *plan)
{
	if (plan == NULL)
		return;
	free(plan->literals);
	free(plan);
}

int
places_add(struct places_plan *plan, const uint8_t *bytes, uint16_t size, bool nocase, uint16_t at,
	   uint32_t rule)
{
	struct literal *literals = grow(plan->literals, plan->n, &plan->room, sizeof(*literals));
	uint8_t width = size >= 4 ? 4 : size >= 2 ? 2 : 1;

	if (literals == NULL)
		return -ENOMEM;
	plan->literals = literals;
	literals[plan->n++] = (struct literal){.bytes = bytes,
					       .rule = rule,
					       .key = key_of(bytes, width, nocase),
					       .at = at,
					       .size = size,
					       .width = width,
					       .nocase = nocase};
	return 0;
}

/* Making. */

/** Orders by group. */
static int
compare_groups(const struct literal *a, const struct literal *b)
{
	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	if (a->width != b->width)
		return a->width < b->width ? -1 : 1;
	return a->nocase == b->nocase ? 0 : a->nocase ? 1 : -1;
}

/** Orders by group, then by key. */
static int
compare(const void *a, const void *b)
{
	const struct literal *x = a, *y = b;
	int order = compare_groups(x, y);

	if (order == 0 && x->key != y->key)
		order = x->key < y->key ? -1 : 1;
	return order != 0 ? order : x->rule < y->rule ? -1 : x->rule > y->rule;
}

/** @return one past the last literal of the group that begins with @p from */
static uint32_t
end_of_group(const struct places_plan *plan, uint32_t from)
{
	uint32_t to = from + 1;

	while (to < plan->n && compare_groups(&plan->literals[from], &plan->literals[to]) == 0)
		to++;
	return to;
}

/** @return bits of a table's index for as many literals; one at the least */
static unsigned int
bits_for(uint32_t n)
{
	return 33u - (unsigned int)__builtin_clz(n);
}

/** @return empty ones, with room for what was gathered; NULL: no memory */
static struct places *
alloc(const struct places_plan *plan)
{
	size_t n_slots = 0, n_groups = 0;
	struct places *places;

	for (uint32_t from = 0, to; from < plan->n; from = to) {
		to = end_of_group(plan, from);
		n_slots += (size_t)1 << bits_for(to - from);
		n_groups++;
	}
	places = calloc(1, sizeof(*places) + n_groups * sizeof(places->groups[0]));
	if (places == NULL)
		return NULL;
	places->slots = calloc(n_slots + 1, sizeof(*places->slots));
	if (places->slots == NULL) {
		free(places);
		return NULL;
	}
	return places;
}

/** Puts literals that are ordered into a group's table. */
static void
fill(const struct group *group, const struct literal *literals, uint32_t from, uint32_t to)
{
	uint32_t mask = (1u << (32 - group->shift)) - 1;

	for (uint32_t i = from; i < to; i++) {
		uint32_t at = home_of(group, literals[i].key);

		while (group->slots[at].n != 0 && group->slots[at].key != literals[i].key)
			at = (at + 1) & mask;
		if (group->slots[at].n++ == 0) {
			group->slots[at].key = literals[i].key;
			group->slots[at].first = i;
		}
	}
}

int
places_create(struct places_plan *plan, struct places **places)
{
	struct places *new;
	struct slot *slots;

	qsort(plan->literals, plan->n, sizeof(*plan->literals), compare);
	new = alloc(plan);
	if (new == NULL)
		return -ENOMEM;
	slots = new->slots;
	for (uint32_t from = 0, to; from < plan->n; from = to) {
		const struct literal *first = &plan->literals[from];
		struct group *group = &new->groups[new->n_groups++];
		unsigned int bits;

		to = end_of_group(plan, from);
		bits = bits_for(to - from);
		*group = (struct group){.slots = slots,
					.at = first->at,
					.width = first->width,
					.shift = (uint8_t)(32 - bits),
					.nocase = first->nocase};
		fill(group, plan->literals, from, to);
		slots += (size_t)1 << bits;
	}
	new->literals = plan->literals;
	plan->literals = NULL;
	plan->n = plan->room = 0;
	*places = new;
	return 0;
}

void
places_destroy(struct places *places)
{
	if (places == NULL)
		return;
	free(places->literals);
	free(places->slots);
	free(places);
}

/* Looking. */

/** @return whether what stands behind a literal's key is there, too. */
static bool
is_there(const struct literal *literal, const uint8_t *bytes, uint32_t size)
{
	if (literal->size > size)
		return false;
	for (uint32_t i = literal->width; i < literal->size; i++)
		if ((literal->nocase ? wp_lower(bytes[i]) : bytes[i]) != literal->bytes[i])
			return false;
	return true;
}

/** @return the literals with a key, or NULL. */
static const struct slot *
find(const struct group *group, uint32_t key)
{
	uint32_t mask = (1u << (32 - group->shift)) - 1;

	for (uint32_t at = home_of(group, key); group->slots[at].n != 0; at = (at + 1) & mask)
		if (group->slots[at].key == key)
			return &group->slots[at];
	return NULL;
}

uint32_t
places_look(const struct places *places, const uint8_t *bytes, uint32_t size, uint64_t offset,
	    struct candidates *candidates)
{
	uint32_t looked = 0;

	for (uint32_t i = 0; i < places->n_groups; i++) {
		const struct group *group = &places->groups[i];
		const struct slot *slot;
		uint64_t at = group->at - offset;

		if (group->at < offset)
			continue; /* it is gone */
		if (at >= size)
			break;
		if (size - at < group->width)
			continue;
		looked++;
		slot = find(group, key_of(bytes + at, group->width, group->nocase));
		for (uint32_t k = 0; slot != NULL && k < slot->n; k++) {
			const struct literal *literal = &places->literals[slot->first + k];

			if (is_there(literal, bytes + at, size - (uint32_t)at))
				candidates_add(candidates, literal->rule);
		}
	}
	return looked;
}
