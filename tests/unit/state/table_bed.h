/* SPDX-License-Identifier: BSD-3-Clause */
/* Tables that tests of lib/state have in common, made and looked up. */

#ifndef TESTS_TABLE_BED_H
#define TESTS_TABLE_BED_H

#include "state/state.h"
#include "unit.h"

static const struct wp_hash_key hash_key = {.k0 = 0x0706050403020100, .k1 = 0x0f0e0d0c0b0a0908};

struct value {
	uint64_t a, b;
};

static const struct wp_table_decl pairs = {
	.name = "pairs",
	.version = 1,
	.class = WP_FLOW,
	.key = {WP_KEY_U32},
	.key2 = {WP_KEY_U64},
	.value_size = 16,
};
static const struct wp_table_decl hosts = {
	.name = "hosts",
	.version = 1,
	.class = WP_FLOW,
	.key = {WP_KEY_U32},
	.value_size = 8,
};
static const struct wp_table_decl counters = {
	.name = "counters",
	.version = 1,
	.class = WP_COUNTER,
	.owner = WP_OWNER_KEY,
	.global = 1,
	.durable = 1,
	.key = {WP_KEY_ID16},
	.value_size = sizeof(struct wp_counter),
};

static inline struct wp_table *
make(const struct wp_table_decl *decl, uint32_t max, unsigned int workers)
{
	const struct wp_table_limits limits = {.max_entries = max};
	struct wp_table *table = NULL;

	ck_assert_int_eq(wp_table_create(decl, &limits, &hash_key, workers, &table), 0);
	return table;
}

static inline struct wp_entry *
find(struct wp_table *table, uint32_t instance, uint16_t tenant, uint8_t version, const void *key,
     bool second)
{
	struct wp_core core = {.instance = instance};

	return wp_table_find(&core, table, tenant, version, second, key);
}

#endif
