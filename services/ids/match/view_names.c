/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finds headers by their names: a few one by one, more in a table of open addressing. Its hash is
 * keyed: who sends a head, and does not know the key, cannot choose names that fall together.
 */

#include "match/view_parts.h"

#include <string.h>

#include "state/siphash.h"

enum { FEW = 24 /* headers that are sooner looked at one by one */ };

/** In any case. */
static uint32_t
hash_of(const struct wp_hash_key *of, struct wp_span name)
{
	struct wp_hash_key key = *of;
	uint8_t part[64];
	uint64_t hash;

	do {
		uint32_t n = name.size < sizeof(part) ? name.size : sizeof(part);

		for (uint32_t i = 0; i < n; i++)
			part[i] = wp_lower(name.data[i]);
		hash = wp_siphash(&key, part, n);
		key.k0 ^= hash; /* all parts count */
		name = view_from(name, n);
	} while (name.size != 0);
	return (uint32_t)hash;
}

/** @return eight bytes in lower case. */
static uint64_t
lower_word(const uint8_t *bytes)
{
	const uint64_t ones = UINT64_MAX / UINT8_MAX;
	uint64_t word, low, is_upper;

	memcpy(&word, bytes, sizeof(word));
	low = word & ones * 0x7f;
	is_upper = (low + ones * (0x80 - 'A')) & ~(low + ones * (0x7f - 'Z')) & ~word & ones * 0x80;
	return word | is_upper >> 2;
}

/** Names may be as long as a head: they are not compared byte by byte. */
static bool
is_same_text(struct wp_span a, struct wp_span b)
{
	uint32_t i = 0;

	for (; i + 8 <= a.size; i += 8)
		if (lower_word(a.data + i) != lower_word(b.data + i))
			return false;
	for (; i < a.size; i++)
		if (wp_lower(a.data[i]) != wp_lower(b.data[i]))
			return false;
	return true;
}

static inline bool
is_same(struct wp_span a, struct wp_span b)
{
	return a.size == b.size && is_same_text(a, b);
}

bool
view_names_open(struct view *view, uint32_t n)
{
	uint32_t slots = 2;

	view->names.slots = NULL;
	if (n <= FEW)
		return true;
	while (slots < 2 * n)
		slots *= 2;
	view->names.slots = view_take(view, slots, sizeof(*view->names.slots));
	view->names.mask = slots - 1;
	return view->names.slots != NULL;
}

uint32_t
view_names_find(const struct view *view, const struct view_field *fields, uint32_t n,
		struct wp_span name, bool adds)
{
	uint32_t slot, mask = view->names.mask, first = 0;
	uint16_t *slots = view->names.slots;

	if (slots == NULL) {
		while (first < n && !is_same(fields[first].name, name))
			first++;
		return first;
	}
	slot = hash_of(&view->key, name);
	while (slots[slot & mask] != 0 && !is_same(fields[slots[slot & mask] - 1].name, name))
		slot++;
	if (slots[slot & mask] != 0)
		return slots[slot & mask] - 1u;
	if (adds)
		slots[slot & mask] = (uint16_t)(n + 1);
	return n;
}
