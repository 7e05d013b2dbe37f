/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The index: lines of seven slots. An entry lives in its home line or in one of the next; each line
 * counts how many went past it, so that a look-up stops at the first line that nobody did. Nothing
 * ever moves. Slots are taken by compare-and-swap: any worker may insert at any time.
 */

#include <errno.h>
#include <string.h>

#include "state/table.h"

static inline struct line *
line_of(const struct wp_table *table, uint64_t hash, unsigned int probe)
{
	uint64_t line = index_home(table, hash) + probe;

	return &table->lines[line < table->n_lines ? line : line - table->n_lines];
}

static inline bool
slot_matches(const struct wp_table *table, uint64_t slot, uint32_t tag, const void *stored,
	     unsigned int size, bool second)
{
	uint32_t ref = (uint32_t)slot - 1;

	return slot != 0 && (uint32_t)(slot >> 32) == tag &&
	       table_has_key(table, ref, stored, size, second);
}

uint32_t
index_find(const struct wp_table *table, uint64_t hash, const void *stored, unsigned int size,
	   bool second)
{
	uint32_t tag = index_tag(hash);

	for (unsigned int probe = 0; probe < PROBE_LINES; probe++) {
		const struct line *line = line_of(table, hash, probe);

		for (unsigned int i = 0; i < LINE_SLOTS; i++) {
			uint64_t slot = atomic_load_explicit(&line->slots[i], memory_order_acquire);

			if (slot_matches(table, slot, tag, stored, size, second))
				return (uint32_t)slot - 1;
		}
		if (atomic_load_explicit(&line->overflow, memory_order_acquire) == 0)
			break;
	}
	return NO_ENTRY;
}

/** Takes a free slot of a line. */
static bool
line_take(struct line *line, uint64_t slot)
{
	for (unsigned int i = 0; i < LINE_SLOTS; i++) {
		uint64_t none = 0;

		if (atomic_load_explicit(&line->slots[i], memory_order_relaxed) == 0 &&
		    atomic_compare_exchange_strong(&line->slots[i], &none, slot))
			return true;
	}
	return false;
}

/** Takes back what an insert counted in the lines it went past. */
static void
uncount(struct wp_table *table, uint64_t hash, unsigned int probes)
{
	for (unsigned int probe = 0; probe < probes; probe++)
		atomic_fetch_sub(&line_of(table, hash, probe)->overflow, 1);
}

/** @return whether there is another entry with the same key. Two workers may insert it at once;
 * each looks when its own is in, so at least one sees the other. */
static bool
has_rival(const struct wp_table *table, uint64_t hash, const void *stored, unsigned int size,
	  bool second, uint32_t ref)
{
	uint32_t tag = index_tag(hash);

	for (unsigned int probe = 0; probe < PROBE_LINES; probe++) {
		const struct line *line = line_of(table, hash, probe);

		for (unsigned int i = 0; i < LINE_SLOTS; i++) {
			uint64_t slot = atomic_load(&line->slots[i]);

			if ((uint32_t)slot - 1 != ref &&
			    slot_matches(table, slot, tag, stored, size, second))
				return true;
		}
		if (atomic_load(&line->overflow) == 0)
			break;
	}
	return false;
}

int
index_insert(struct wp_table *table, uint64_t hash, const void *stored, unsigned int size,
	     bool second, uint32_t ref)
{
	uint64_t slot = (uint64_t)index_tag(hash) << 32 | (ref + 1);

	if (index_find(table, hash, stored, size, second) != NO_ENTRY)
		return -EEXIST;
	for (unsigned int probe = 0; probe < PROBE_LINES; probe++) {
		struct line *line = line_of(table, hash, probe);

		if (line_take(line, slot)) {
			if (!has_rival(table, hash, stored, size, second, ref))
				return 0;
			index_remove(table, hash, ref); /* and the other may do so, too */
			return -EEXIST;
		}
		atomic_fetch_add(&line->overflow, 1);
	}
	uncount(table, hash, PROBE_LINES);
	return -ENOSPC;
}

void
index_remove(struct wp_table *table, uint64_t hash, uint32_t ref)
{
	uint64_t slot = (uint64_t)index_tag(hash) << 32 | (ref + 1);

	for (unsigned int probe = 0; probe < PROBE_LINES; probe++) {
		struct line *line = line_of(table, hash, probe);

		for (unsigned int i = 0; i < LINE_SLOTS; i++) {
			if (atomic_load_explicit(&line->slots[i], memory_order_relaxed) != slot)
				continue;
			atomic_store_explicit(&line->slots[i], 0, memory_order_release);
			uncount(table, hash, probe);
			return;
		}
	}
}
