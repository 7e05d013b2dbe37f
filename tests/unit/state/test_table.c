/* SPDX-License-Identifier: BSD-3-Clause */
/* State tables and their hash. */

#include <errno.h>
#include <string.h>

#include "state/siphash.h"
#include "table_bed.h"

static const struct wp_table_decl flows = {
	.name = "flows",
	.version = 1,
	.class = WP_FLOW,
	.key = {WP_KEY_ADDR, WP_KEY_PORT},
	.value_size = 16,
};
/* Hash: reference by the paper, one byte at a time. */

static uint64_t
rotate(uint64_t x, unsigned int by)
{
	return x << by | x >> (64 - by);
}

static void
reference_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] = rotate(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] = rotate(v[2], 32);
}

static uint64_t
reference(const uint8_t *data, size_t size, unsigned int c, unsigned int d)
{
	uint64_t v[4] = {hash_key.k0 ^ 0x736f6d6570736575, hash_key.k1 ^ 0x646f72616e646f6d,
			 hash_key.k0 ^ 0x6c7967656e657261, hash_key.k1 ^ 0x7465646279746573};

	for (size_t at = 0; at <= size / 8; at++) {
		uint64_t word = 0;

		for (size_t i = 0; i < 8 && 8 * at + i < size; i++)
			word |= (uint64_t)data[8 * at + i] << 8 * i;
		if (at == size / 8)
			word |= (uint64_t)(size & 255) << 56;
		v[3] ^= word;
		for (unsigned int i = 0; i < c; i++)
			reference_round(v);
		v[0] ^= word;
	}
	v[2] ^= 0xff;
	for (unsigned int i = 0; i < d; i++)
		reference_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

START_TEST(test_hash_is_siphash)
{
	uint8_t data[32][72];
	const void *pointers[32];
	uint64_t hashes[32];

	/* The reference, with 2-4 rounds, gives the paper's value for 00..0e (appendix A). */
	for (unsigned int i = 0; i < 15; i++)
		data[0][i] = (uint8_t)i;
	ck_assert_uint_eq(reference(data[0], 15, 2, 4), 0xa129ca6149be45e5);
	srand(1);
	for (unsigned int i = 0; i < 32; i++) {
		for (unsigned int j = 0; j < 72; j++)
			data[i][j] = (uint8_t)rand();
		pointers[i] = data[i];
	}
	for (size_t size = 0; size <= 72; size++) {
		for (unsigned int n = 1; n <= 32; n++) {
			wp_siphash_bulk(&hash_key, pointers, size, hashes, n);
			for (unsigned int i = 0; i < n; i++)
				ck_assert_uint_eq(hashes[i], reference(data[i], size, 1, 3));
		}
		ck_assert_uint_eq(wp_siphash(&hash_key, data[0], size),
				  reference(data[0], size, 1, 3));
	}
}
END_TEST

/* Entries. */

START_TEST(test_entry_is_found_by_its_key_alone)
{
	struct wp_table *table = make(&flows, 100, 1);
	struct wp_core core = {.instance = 7};
	struct wp_entry *a, *b, *other;
	static const uint8_t v4[6] = {10, 0, 0, 1, 0, 80};
	static const uint8_t v6[18] = {10, 0, 0, 1, 0, 80};

	ck_assert_int_eq(wp_table_insert(&core, table, 3, 9, 4, v4, NULL, &a), 0);
	ck_assert_int_eq(wp_table_insert(&core, table, 3, 9, 4, v4, NULL, &other), -EEXIST);
	ck_assert_int_eq(wp_table_insert(&core, table, 4, 9, 4, v4, NULL, &b),
			 0); /* another tenant */
	ck_assert_int_eq(wp_table_insert(&core, table, 3, 9, 6, v6, NULL, &other), 0);
	ck_assert_ptr_eq(find(table, 7, 3, 4, v4, false), a);
	ck_assert_ptr_eq(find(table, 7, 4, 4, v4, false), b);
	ck_assert_ptr_eq(find(table, 7, 3, 6, v6, false), other);
	ck_assert_ptr_null(find(table, 8, 3, 4, v4, false)); /* another instance */
	ck_assert_ptr_null(find(table, 7, 5, 4, v4, false));
	ck_assert_uint_eq(a->bucket, 9);
	ck_assert_uint_eq(((const struct value *)wp_value(a))->a, 0);
	wp_table_remove(&core, table, a);
	ck_assert_ptr_null(find(table, 7, 3, 4, v4, false));
	ck_assert_ptr_eq(find(table, 7, 4, 4, v4, false), b);
	wp_table_destroy(table);
}
END_TEST

/** A NAT64's: the first key is of either family, the second of IPv4 always. */
START_TEST(test_second_keys_of_both_layouts_are_one_space)
{
	const struct wp_table_decl decl = {.name = "mappings",
					   .version = 1,
					   .class = WP_FLOW,
					   .key = {WP_KEY_ADDR, WP_KEY_PORT},
					   .key2 = {WP_KEY_ADDR4, WP_KEY_PORT},
					   .value_size = sizeof(struct value),
					   .max_entries = 100};
	struct wp_table *table = make(&decl, 100, 1);
	struct wp_core core = {.instance = 1};
	struct wp_entry *four, *six, *other = NULL;
	const uint8_t v4[6] = {10, 0, 0, 1, 0, 80}, v6[18] = {0x20, 1, 0xd, 0xb8};
	const uint8_t x[6] = {192, 0, 2, 1, 4, 0}, y[6] = {192, 0, 2, 1, 4, 1};

	ck_assert_uint_eq(wp_table_key_size(table, 6, true), 6);
	ck_assert_int_eq(wp_table_insert(&core, table, 0, 0, 4, v4, x, &four), 0);
	ck_assert_int_eq(wp_table_insert(&core, table, 0, 0, 6, v6, x, &other), -EEXIST);
	ck_assert_ptr_null(other);
	ck_assert_ptr_null(find(table, 1, 0, 6, v6, false));
	ck_assert_int_eq(wp_table_insert(&core, table, 0, 0, 6, v6, y, &six), 0);
	ck_assert_ptr_eq(find(table, 1, 0, 4, x, true), four);
	ck_assert_ptr_eq(find(table, 1, 0, 4, y, true), six);
	ck_assert_ptr_eq(find(table, 1, 0, 4, v4, false), four);
	ck_assert_ptr_eq(find(table, 1, 0, 6, v6, false), six);
	ck_assert_mem_eq(wp_table_key2(table, six), y, sizeof(y));
	wp_table_remove(&core, table, six);
	ck_assert_ptr_null(find(table, 1, 0, 4, y, true));
	ck_assert_int_eq(wp_table_insert(&core, table, 0, 0, 4, (const uint8_t[6]){1}, y, &other),
			 0);
	ck_assert_ptr_eq(find(table, 1, 0, 4, y, true), other);
	wp_table_destroy(table);
}
END_TEST

START_TEST(test_entry_is_found_by_both_keys)
{
	struct wp_table *table = make(&pairs, 100, 1);
	struct wp_core core = {.instance = 1};
	struct wp_entry *entry, *other;
	uint32_t first = 1, first2 = 2;
	uint64_t second = 10, second2 = 20;

	ck_assert_int_eq(wp_table_insert(&core, table, 0, 0, 4, &first, &second, &entry), 0);
	ck_assert_ptr_eq(find(table, 1, 0, 4, &first, false), entry);
	ck_assert_ptr_eq(find(table, 1, 0, 4, &second, true), entry);
	/* The first key taken: whoever comes second gets the one there is. */
	other = NULL;
	ck_assert_int_eq(wp_table_insert(&core, table, 0, 0, 4, &first, &second2, &other), -EEXIST);
	ck_assert_ptr_eq(other, entry);
	/* Either key taken: nothing of the other stays behind. */
	ck_assert_int_eq(wp_table_insert(&core, table, 0, 0, 4, &first2, &second, &other), -EEXIST);
	ck_assert_ptr_null(find(table, 1, 0, 4, &first2, false));
	ck_assert_int_eq(wp_table_insert(&core, table, 0, 0, 4, &first2, &second2, &other), 0);
	wp_table_remove(&core, table, entry);
	ck_assert_ptr_null(find(table, 1, 0, 4, &second, true));
	ck_assert_ptr_eq(find(table, 1, 0, 4, &second2, true), other);
	wp_table_destroy(table);
}
END_TEST

START_TEST(test_full_table_refuses_and_harms_nobody)
{
	enum { MAX = 1 << 20 };
	struct wp_table *table = make(&pairs, MAX, 1);
	struct wp_core core = {.instance = 1};
	struct wp_table_stats stats;
	struct wp_entry *entry;

	for (uint32_t i = 0; i < MAX; i++) {
		uint64_t second = (uint64_t)i << 20;

		ck_assert_int_eq(wp_table_insert(&core, table, 0, 0, 4, &i, &second, &entry), 0);
		((struct value *)wp_write(entry, 1))->a = i;
		wp_written(entry);
	}
	for (uint32_t i = MAX; i < MAX + 10; i++) {
		uint64_t second = i;

		ck_assert_int_eq(wp_table_insert(&core, table, 0, 0, 4, &i, &second, &entry),
				 -ENOSPC);
	}
	for (uint32_t i = 0; i < MAX; i++) {
		uint64_t second = (uint64_t)i << 20;

		entry = find(table, 1, 0, 4, &second, true);
		ck_assert_ptr_nonnull(entry);
		ck_assert_uint_eq(((const struct value *)wp_value(entry))->a, i);
	}
	wp_table_stats(table, &stats);
	ck_assert_uint_eq(stats.entries, MAX);
	ck_assert_uint_eq(stats.refused_full, 10);
	ck_assert(wp_table_crowded(table, 0));
	wp_table_destroy(table);
}
END_TEST

START_TEST(test_tenant_cannot_have_more_than_its_share)
{
	uint32_t max[3] = {0, 5, 0};
	struct wp_table_limits limits = {.max_entries = 100, .n_tenants = 3, .tenant_max = max};
	struct wp_core core = {.instance = 1};
	struct wp_table *table;
	struct wp_entry *entry, *last = NULL;
	uint8_t key[6] = {0};

	ck_assert_int_eq(wp_table_create(&flows, &limits, &hash_key, 1, &table), 0);
	for (key[0] = 0; key[0] < 5; key[0]++) {
		ck_assert_int_eq(wp_table_crowded(table, 1), key[0] == 4);
		ck_assert_int_eq(wp_table_insert(&core, table, 1, 0, 4, key, NULL, &last), 0);
	}
	ck_assert_int_eq(wp_table_insert(&core, table, 1, 0, 4, key, NULL, &entry), -EDQUOT);
	ck_assert(!wp_table_crowded(table, 2));
	ck_assert_int_eq(wp_table_insert(&core, table, 2, 0, 4, key, NULL, &entry), 0);
	wp_table_remove(&core, table, last);
	ck_assert_int_eq(wp_table_insert(&core, table, 1, 0, 4, key, NULL, &entry), 0);
	ck_assert_uint_eq(wp_table_tenant_entries(table, 1), 5);
	wp_table_destroy(table);
}
END_TEST

START_TEST(test_tenant_that_cannot_be_is_refused)
{
	struct wp_table *table = make(&flows, 10, 1);
	struct wp_core core = {.instance = 1};
	struct wp_entry *entry;
	uint8_t key[6] = {1};

	ck_assert_int_eq(wp_table_insert(&core, table, 1025, 0, 4, key, NULL, &entry), -EINVAL);
	ck_assert_int_eq(wp_table_insert(&core, table, UINT16_MAX, 0, 4, key, NULL, &entry),
			 -EINVAL);
	wp_table_destroy(table);
}
END_TEST

START_TEST(test_entry_of_a_configuration_is_not_removed_by_a_packet)
{
	struct wp_table *table = make(&flows, 10, 1);
	struct wp_core core = {.instance = 1};
	struct wp_entry *entry;
	uint8_t key[6] = {1};

	ck_assert_int_eq(wp_table_hold(table, 1, 0, 4, key, &entry), 0);
	wp_table_remove(&core, table, entry);
	ck_assert_ptr_eq(find(table, 1, 0, 4, key, false), entry);
	wp_table_destroy(table);
}
END_TEST

START_TEST(test_lasting_entry_stays_until_its_room_is_needed)
{
	static const struct wp_table_decl seen = {.name = "seen",
						  .version = 1,
						  .class = WP_PINNED,
						  .owner = WP_OWNER_KEY,
						  .global = 1,
						  .lasting = 1,
						  .key = {WP_KEY_U32},
						  .value_size = 8};
	struct wp_table *table = make(&seen, 2, 1);
	struct wp_entry *entry, *again;
	uint32_t keys[4] = {1, 2, 3, 4};

	for (unsigned int i = 0; i < 2; i++) {
		ck_assert_int_eq(wp_table_hold(table, 0, 0, 4, &keys[i], &entry), 0);
		*(uint64_t *)wp_write(entry, i) = 7 + i;
		wp_written(entry);
		wp_table_release(table, entry);
	}
	ck_assert_int_eq(wp_table_hold(table, 0, 0, 4, &keys[1], &again), 0);
	ck_assert_uint_eq(*(const uint64_t *)wp_value(again), 8);
	ck_assert_int_eq(wp_table_hold(table, 0, 0, 4, &keys[2], &entry), 0); /* the first goes */
	ck_assert_ptr_null(find(table, 0, 0, 4, &keys[0], false));
	ck_assert_int_eq(wp_table_hold(table, 0, 0, 4, &keys[3], &entry), -ENOSPC);
	ck_assert_ptr_eq(find(table, 0, 0, 4, &keys[1], false), again); /* held ones do not */
	wp_table_destroy(table);
}
END_TEST

START_TEST(test_removed_entry_is_not_reused_before_two_reclaims)
{
	struct wp_table *table = make(&flows, 1, 1);
	struct wp_core core = {.instance = 1};
	struct wp_entry *entry;
	uint8_t key[6] = {1};

	for (unsigned int round = 0; round < 1000; round++) {
		int err = wp_table_insert(&core, table, 0, 0, 4, key, NULL, &entry);

		ck_assert_int_eq(err, 0);
		wp_table_remove(&core, table, entry);
		wp_table_remove(&core, table, entry); /* a second time changes nothing */
		ck_assert_uint_eq(atomic_load(&entry->key_version), 0);
		wp_table_reclaim(table);
		wp_table_reclaim(table);
	}
	wp_table_destroy(table);
}
END_TEST

START_TEST(test_values_are_zero_at_first_but_for_what_is_raw)
{
	static const uint8_t zeros[40];
	static const struct wp_table_decl raw = {
		.name = "raw",
		.version = 1,
		.class = WP_FLOW,
		.stays = 1,
		.key = {WP_KEY_U32},
		.value_size = 100,
		.raw = 60,
	};
	struct wp_table *table = make(&raw, 1, 1);
	struct wp_core core = {.instance = 1};
	struct wp_entry *entry;
	uint8_t key[4] = {1};

	for (unsigned int round = 0; round < 300; round++) {
		ck_assert_int_eq(wp_table_insert(&core, table, 0, 0, 4, key, NULL, &entry), 0);
		ck_assert_mem_eq(wp_value(entry), zeros, sizeof(zeros));
		memset((void *)(uintptr_t)wp_value(entry), 0xff, 100);
		wp_table_remove(&core, table, entry);
		wp_table_reclaim(table);
		wp_table_reclaim(table);
	}
	wp_table_destroy(table);
}
END_TEST

/** Memory of what is removed is the next one's: at once, or when all workers have polled twice. */
START_TEST(test_memory_that_is_used_again)
{
	struct wp_table_decl decl = {
		.name = "again",
		.version = 1,
		.class = WP_FLOW,
		.stays = 1,
		.at_once = _i == 1,
		.key = {WP_KEY_U32},
		.value_size = 100,
	};
	struct wp_table *table = make(&decl, 100, 1);
	struct wp_core core = {.instance = 1};
	struct wp_entry *entry, *next;
	static const uint8_t zeros[100], key[4] = {1}, other[4] = {2};

	ck_assert_int_eq(wp_table_insert(&core, table, 0, 0, 4, key, NULL, &entry), 0);
	memset((void *)(uintptr_t)wp_value(entry), 0xff, 100);
	wp_table_remove(&core, table, entry);
	ck_assert_int_eq(wp_table_insert(&core, table, 0, 0, 4, other, NULL, &next), 0);
	ck_assert_int_eq(next == entry, _i == 1);
	ck_assert_mem_eq(wp_value(next), zeros, sizeof(zeros));
	ck_assert_ptr_eq(wp_table_find(&core, table, 0, 4, false, other), next);
	ck_assert_ptr_null(wp_table_find(&core, table, 0, 4, false, key));
	wp_table_destroy(table);
}
END_TEST

/* Declarations. */

START_TEST(test_what_a_packet_makes_is_not_held)
{
	struct wp_table_decl ending = hosts;
	struct wp_table *table = make(&pairs, 10, 1);
	struct wp_entry *entry;
	uint32_t key = 7;

	ck_assert_int_eq(wp_table_hold(table, 1, 0, 4, &key, &entry), -EINVAL);
	wp_table_destroy(table);
	ending.idle_ms = 1000;
	table = make(&ending, 10, 1);
	ck_assert_int_eq(wp_table_hold(table, 1, 0, 4, &key, &entry), -EINVAL);
	wp_table_destroy(table);
}
END_TEST

START_TEST(test_impossible_declaration_is_refused)
{
	struct wp_table_decl none = {.name = "x"}, small = counters,
			     wide = {.name = "x", .value_size = 8}, raw = flows, moves = flows,
			     idles = flows;
	const struct wp_table_limits limits = {.max_entries = 10};
	struct wp_table *table;

	small.value_size = 8;
	memset(wide.key, WP_KEY_ID16, 3);
	raw.stays = 1;
	raw.raw = raw.value_size + 1;
	moves.raw = 8;
	moves.stays = 0;
	idles.stays = idles.at_once = 1;
	idles.idle_ms = 1000;
	ck_assert_int_eq(wp_table_create(&none, &limits, &hash_key, 1, &table), -EINVAL);
	ck_assert_int_eq(wp_table_create(&small, &limits, &hash_key, 1, &table), -EINVAL);
	ck_assert_int_eq(wp_table_create(&wide, &limits, &hash_key, 1, &table), -EINVAL);
	ck_assert_int_eq(wp_table_create(&raw, &limits, &hash_key, 1, &table), -EINVAL);
	ck_assert_int_eq(wp_table_create(&moves, &limits, &hash_key, 1, &table), -EINVAL);
	ck_assert_int_eq(wp_table_create(&idles, &limits, &hash_key, 1, &table), -EINVAL);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("state");

	tcase_add_test(tcase, test_hash_is_siphash);
	tcase_add_test(tcase, test_entry_is_found_by_its_key_alone);
	tcase_add_test(tcase, test_entry_is_found_by_both_keys);
	tcase_add_test(tcase, test_second_keys_of_both_layouts_are_one_space);
	tcase_add_test(tcase, test_full_table_refuses_and_harms_nobody);
	tcase_add_test(tcase, test_tenant_cannot_have_more_than_its_share);
	tcase_add_test(tcase, test_tenant_that_cannot_be_is_refused);
	tcase_add_test(tcase, test_lasting_entry_stays_until_its_room_is_needed);
	tcase_add_test(tcase, test_entry_of_a_configuration_is_not_removed_by_a_packet);
	tcase_add_test(tcase, test_removed_entry_is_not_reused_before_two_reclaims);
	tcase_add_test(tcase, test_values_are_zero_at_first_but_for_what_is_raw);
	tcase_add_loop_test(tcase, test_memory_that_is_used_again, 0, 2);
	tcase_add_test(tcase, test_what_a_packet_makes_is_not_held);
	tcase_add_test(tcase, test_impossible_declaration_is_refused);
	return unit_main("state", tcase);
}
