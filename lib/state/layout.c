/* SPDX-License-Identifier: BSD-3-Clause */
/* How the entries of a table lie in memory, by its declaration; and which declarations can be. */

#include <errno.h>
#include <string.h>

#include "state/table.h"

enum { WHOLE_LINES = 96 /* entries from this size on begin on a cache line */ };

uint16_t
wp_key_parts_size(const uint8_t *parts, uint8_t version)
{
	static const uint8_t sizes[] = {
		[WP_KEY_PORT] = 2, [WP_KEY_U8] = 1,    [WP_KEY_U32] = 4,
		[WP_KEY_U64] = 8,  [WP_KEY_ID16] = 16, [WP_KEY_ADDR4] = 4,
	};
	uint16_t size = 0;

	for (unsigned int i = 0; i < WP_KEY_PARTS_MAX && parts[i] != WP_KEY_END; i++) {
		if (parts[i] > WP_KEY_ADDR4)
			return UINT16_MAX;
		size = (uint16_t)(size + (parts[i] == WP_KEY_ADDR ? (version == 6 ? 16 : 4)
								  : sizes[parts[i]]));
	}
	return size <= WP_KEY_SIZE_MAX ? size : UINT16_MAX;
}

bool
layout_is_twofold(const uint8_t *parts)
{
	return memchr(parts, WP_KEY_ADDR, WP_KEY_PARTS_MAX) != NULL;
}

/** Says what look-ups ask for besides an entry's first line: the lines that most packets touch, or
 * the second one. */
static void
fetch_ahead(struct arena *arena, const struct wp_table_decl *decl)
{
	uint32_t from = 64, to = 128;

	if (decl->hot != 0) {
		from = (arena->value_offset + decl->hot_at) / 64 * 64;
		to = arena->value_offset + decl->hot_at + decl->hot;
	}
	arena->fetch_from = (uint16_t)from;
	arena->fetch_to = (uint16_t)to;
}

int
layout_arena(const struct wp_table *table, struct arena *arena, uint8_t version, uint32_t max)
{
	const struct wp_table_decl *decl = &table->decl;
	size_t align = decl->class == WP_SHARED ? 64 : 8, value = decl->value_size;

	arena->key_size = wp_key_parts_size(decl->key, version);
	arena->key2_size = wp_key_parts_size(decl->key2, version);
	if (arena->key_size == 0 || arena->key_size == UINT16_MAX || arena->key2_size == UINT16_MAX)
		return -EINVAL;
	arena->key_stored = (uint16_t)(KEY_PREFIX + table_round_up(arena->key_size, 8));
	arena->key2_stored = arena->key2_size == 0
				     ? 0
				     : (uint16_t)(KEY_PREFIX + table_round_up(arena->key2_size, 8));
	arena->key2_offset = (uint32_t)(sizeof(struct wp_entry) + arena->key_stored);
	arena->value_offset =
		(uint32_t)table_round_up(arena->key2_offset + arena->key2_stored, align);
	if (decl->class == WP_SHARED)
		value = table_round_up(value, 64) * table->n_workers;
	if (arena->value_offset + value >= WHOLE_LINES)
		align = 64;
	arena->entry_size = (uint32_t)table_round_up(arena->value_offset + value, align);
	arena->zeroed = arena->entry_size;
	if (decl->raw != 0)
		arena->zeroed = arena->value_offset + decl->value_size - decl->raw;
	fetch_ahead(arena, decl);
	/* What the caches set aside is never missed. */
	arena->max = max + (table->n_workers + 1) * CACHE_ENTRIES;
	arena->bit = version == 6 ? 1u << 31 : 0;
	arena->reserved = (size_t)arena->entry_size * arena->max;
	return 0;
}

const char *
wp_table_decl_fault(const struct wp_table_decl *decl)
{
	uint16_t key = wp_key_parts_size(decl->key, 6), key2 = wp_key_parts_size(decl->key2, 6);

	if (key == 0 || key == UINT16_MAX || key2 == UINT16_MAX)
		return "a key needs 1 to 8 parts of enum wp_key_part, 40 bytes at most with IPv6 "
		       "addresses";
	if (decl->max_entries > ENTRIES_MAX)
		return "max_entries is too large";
	if (decl->class > WP_ATOMIC || decl->owner > WP_OWNER_KEY)
		return "class or owner is unknown";
	if (decl->class == WP_COUNTER && decl->value_size < sizeof(struct wp_counter))
		return "the value of a counter begins with struct wp_counter";
	if (decl->class == WP_SHARED && table_round_up(decl->value_size, 64) / 64 > UINT16_MAX)
		return "the parts of a shared value are at most 4 MB";
	if (decl->durable && decl->class != WP_COUNTER)
		return "only counters are durable";
	if (decl->local > decl->value_size || decl->hot_at + decl->hot > decl->value_size)
		return "local, or hot, is larger than the value";
	if (decl->raw > decl->value_size ||
	    (decl->raw != 0 && (decl->class != WP_FLOW || !decl->stays)))
		return "raw is larger than the value, or of one that is no flow's or does not stay";
	if (decl->at_once && (decl->class != WP_FLOW || !decl->stays || decl->idle_ms != 0))
		return "at_once is for what is a flow's, stays and does not idle";
	if (decl->idle_ms != 0 && decl->class != WP_FLOW && decl->class != WP_PINNED)
		return "only entries with one owner expire: flow or pinned";
	return NULL;
}
