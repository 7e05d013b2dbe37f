/* SPDX-License-Identifier: BSD-3-Clause */
/* See wheel.h. */

#include "state/wheel.h"

#include "state/table.h"

static uint32_t
due(const struct wp_entry *entry)
{
	return entry->used + entry->idle;
}

/** Puts an entry at the head of a slot's list. */
static void
push(struct wp_table *table, struct wheel *wheel, unsigned int level, unsigned int slot,
     uint32_t ref, struct wp_entry *entry)
{
	uint64_t bit = (uint64_t)1 << slot;

	entry->next = NO_ENTRY;
	if ((wheel->used[level] & bit) != 0) {
		entry->next = wheel->heads[level][slot];
		table_entry(table, entry->next)->prev = ref;
	}
	entry->prev = WHEEL_HEAD | level << WHEEL_BITS | slot;
	wheel->heads[level][slot] = ref;
	wheel->used[level] |= bit;
}

/** Finds the slot of an entry. What is due already goes to the next tick. */
static void
place(struct wp_table *table, struct wheel *wheel, uint32_t ref, struct wp_entry *entry)
{
	uint32_t at = due(entry), left = at - wheel->now;
	unsigned int level = 0;

	if ((int32_t)left <= 0) {
		at = wheel->now + 1;
		left = 1;
	}
	if (left > WHEEL_IDLE_MAX) {
		left = WHEEL_IDLE_MAX;
		at = wheel->now + left;
	}
	while (left >= 1u << (WHEEL_BITS * (level + 1)))
		level++;
	push(table, wheel, level, at >> (WHEEL_BITS * level) & (WHEEL_SLOTS - 1), ref, entry);
}

/** Takes an entry out of its list. */
static void
unlink_entry(struct wp_table *table, struct wheel *wheel, struct wp_entry *entry)
{
	unsigned int level, slot;

	if (entry->next != NO_ENTRY)
		table_entry(table, entry->next)->prev = entry->prev;
	if ((entry->prev & WHEEL_HEAD) == 0) {
		table_entry(table, entry->prev)->next = entry->next;
		return;
	}
	level = entry->prev >> WHEEL_BITS & (WHEEL_LEVELS - 1);
	slot = entry->prev & (WHEEL_SLOTS - 1);
	wheel->heads[level][slot] = entry->next;
	if (entry->next == NO_ENTRY)
		wheel->used[level] &= ~((uint64_t)1 << slot);
}

void
wheel_add(struct wp_table *table, struct wheel *wheel, uint32_t ref, struct wp_entry *entry)
{
	if (wheel->n++ == 0)
		wheel->now = entry->used;
	place(table, wheel, ref, entry);
}

void
wheel_remove(struct wp_table *table, struct wheel *wheel, struct wp_entry *entry)
{
	unlink_entry(table, wheel, entry);
	wheel->n--;
}

/** @return the highest level whose slot for the wheel's tick still has entries; -1: none. A slot of
 * a higher level is emptied when all lower ones begin again. */
static int
level_to_empty(const struct wheel *wheel)
{
	for (int level = WHEEL_LEVELS - 1; level >= 0; level--) {
		uint32_t below = (1u << (WHEEL_BITS * level)) - 1;
		unsigned int slot = wheel->now >> (WHEEL_BITS * level) & (WHEEL_SLOTS - 1);

		if ((wheel->now & below) == 0 && (wheel->used[level] >> slot & 1) != 0)
			return level;
	}
	return -1;
}

/** @return the next tick at which a slot may have something, at most @p now. */
static uint32_t
next_tick(const struct wheel *wheel, uint32_t now)
{
	for (unsigned int level = 0; level < WHEEL_LEVELS; level++) {
		uint32_t at = (wheel->now >> (WHEEL_BITS * level)) + 1;
		unsigned int slot = at & (WHEEL_SLOTS - 1);
		uint64_t later = slot == 0 ? 0 : wheel->used[level] >> slot;

		if (later != 0) {
			at = (at + (uint32_t)__builtin_ctzll(later)) << (WHEEL_BITS * level);
			return (int32_t)(at - now) < 0 ? at : now;
		}
		/* Up to where this level begins again, and the next one is looked at. */
		if (slot != 0)
			at = (at | (WHEEL_SLOTS - 1)) + 1;
		at <<= WHEEL_BITS * level;
		if ((int32_t)(at - now) >= 0)
			return now;
		if (wheel->used[level] != 0)
			return at;
	}
	return now;
}

struct wp_entry *
wheel_next(struct wp_table *table, struct wheel *wheel, uint32_t now, unsigned int *budget,
	   uint32_t *ref)
{
	while (*budget != 0) {
		int level = level_to_empty(wheel);
		struct wp_entry *entry;
		unsigned int slot;

		(*budget)--;
		if (level < 0) {
			if ((int32_t)(now - wheel->now) <= 0)
				return NULL;
			wheel->now = wheel->n == 0 ? now : next_tick(wheel, now);
			continue;
		}
		slot = wheel->now >> (WHEEL_BITS * level) & (WHEEL_SLOTS - 1);
		*ref = wheel->heads[level][slot];
		entry = table_entry(table, *ref);
		if (entry->next != NO_ENTRY)
			__builtin_prefetch(table_entry(table, entry->next));
		unlink_entry(table, wheel, entry);
		entry->prev = NO_ENTRY;
		if (entry->idle != 0 && (int32_t)(due(entry) - wheel->now) <= 0) {
			wheel->n--;
			return entry;
		}
		if (entry->idle == 0)
			wheel->n--; /* it lives on without a timer */
		else
			place(table, wheel, *ref, entry);
	}
	return NULL;
}
