/* SPDX-License-Identifier: BSD-3-Clause */
/* A table of names by hash; its key is random, for others choose the names. */

#include "rule/names.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "state/siphash.h"
#include "state/state.h"

enum { NAMES_FIRST = 64 };

struct names {
	struct wp_hash_key key;
	const char **names; /* by number, less one */
	uint16_t *slots;    /* numbers; 0: free. At least half of them are */
	uint32_t n, max;    /* max: of names; there are twice as many slots */
};

struct names *
names_create(void)
{
	struct names *names = calloc(1, sizeof(*names));

	if (names != NULL && getrandom(&names->key, sizeof(names->key), 0) < 0)
		memset(&names->key, 0x5a, sizeof(names->key));
	return names;
}

void
names_destroy(struct names *names)
{
	if (names == NULL)
		return;
	free(names->names);
	free(names->slots);
	free(names);
}

/** @return the slot of a name, or the one it would have. */
static uint32_t
names_slot(const struct names *names, const uint16_t *slots, uint32_t max, const char *name)
{
	uint32_t mask = 2 * max - 1;
	uint32_t slot = (uint32_t)wp_siphash(&names->key, name, strlen(name)) & mask;

	while (slots[slot] != 0 && strcmp(names->names[slots[slot] - 1], name) != 0)
		slot = (slot + 1) & mask;
	return slot;
}

static bool
names_grow(struct names *names)
{
	uint32_t max = names->max == 0 ? NAMES_FIRST : 2 * names->max;
	const char **grown = reallocarray(names->names, max, sizeof(*grown));
	uint16_t *slots;

	if (grown == NULL)
		return false;
	names->names = grown;
	slots = calloc((size_t)2 * max, sizeof(*slots));
	if (slots == NULL)
		return false;
	for (uint32_t i = 0; i < names->n; i++)
		slots[names_slot(names, slots, max, grown[i])] = (uint16_t)(i + 1);
	free(names->slots);
	names->slots = slots;
	names->max = max;
	return true;
}

uint16_t
names_add(struct names *names, struct wp_arena *arena, const char *name)
{
	uint32_t slot;

	if (names->n == names->max && !names_grow(names))
		return 0;
	slot = names_slot(names, names->slots, names->max, name);
	if (names->slots[slot] != 0)
		return names->slots[slot];
	if (names->n == UINT16_MAX)
		return 0;
	name = wp_arena_string(arena, name);
	if (name == NULL)
		return 0;
	names->names[names->n++] = name;
	names->slots[slot] = (uint16_t)names->n;
	return (uint16_t)names->n;
}

uint16_t
names_count(const struct names *names)
{
	return (uint16_t)names->n;
}

const char *
names_get(const struct names *names, uint16_t number)
{
	return number == 0 || number > names->n ? NULL : names->names[number - 1];
}
