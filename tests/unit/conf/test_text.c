/* SPDX-License-Identifier: BSD-3-Clause */
/* Addresses, prefixes, memory and nearest names. */

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/suggest.h"
#include "unit.h"

static const struct {
	const char *text;
	int err;
	uint8_t version, bits;
} prefixes[] = {
	{"any", 0, 0, 0},
	{"10.0.0.0/8", 0, 4, 8},
	{"10.0.0.1", 0, 4, 32},
	{"0.0.0.0/0", 0, 4, 0},
	{"2001:db8::/32", 0, 6, 32},
	{"::1", 0, 6, 128},
	{"::/0", 0, 6, 0},
	{"10.0.0.1/8", -EINVAL, 0, 0},
	{"10.0.0.0/33", -EINVAL, 0, 0},
	{"10.0.0.0/", -EINVAL, 0, 0},
	{"10.0.0.0/-1", -EINVAL, 0, 0},
	{"10.0.0.0/8x", -EINVAL, 0, 0},
	{"/8", -EINVAL, 0, 0},
	{"", -EINVAL, 0, 0},
	{"::/129", -EINVAL, 0, 0},
	{"10.0.0/8", -EINVAL, 0, 0},
	{"2001:db8::1/64", -EINVAL, 0, 0},
	{"10.0.0.0/99999999999", -EINVAL, 0, 0},
};

START_TEST(test_prefix_is_read_or_refused)
{
	struct wp_prefix prefix = {.bits = 77};

	ck_assert_int_eq(wp_conf_prefix(prefixes[_i].text, &prefix), prefixes[_i].err);
	if (prefixes[_i].err == 0) {
		ck_assert_uint_eq(prefix.addr.version, prefixes[_i].version);
		ck_assert_uint_eq(prefix.bits, prefixes[_i].bits);
	} else {
		ck_assert_uint_eq(prefix.bits, 77);
	}
}
END_TEST

static const struct {
	const char *name, *word;
	bool near;
} words[] = {
	{"ttl", "ttll", true},
	{"ttl", "tl", true},
	{"ports", "prots", true},
	{"first_index", "firstindex", true},
	{"in", "x", false},
	{"in", "ab", false},
	{"a", "b", false},
	{"paths", "modules", false},
	{"", "", false},
	{"abcdefghijabcdefghijabcdefghijabcdefghij", "abcdefghijabcdefghijabcdefghijabcdefghix",
	 false},
};

START_TEST(test_only_a_near_name_is_suggested)
{
	const char *near = conf_nearer(NULL, words[_i].name, words[_i].word);

	ck_assert(words[_i].near ? near == words[_i].name : near == NULL);
}
END_TEST

START_TEST(test_nearest_name_wins)
{
	const char *best = conf_nearer(NULL, "instant", "instance");

	ck_assert_str_eq(best, "instant");
	best = conf_nearer(best, "instances", "instance");
	ck_assert_str_eq(best, "instances");
	ck_assert_str_eq(conf_nearer(best, "instant", "instance"), "instances");
}
END_TEST

START_TEST(test_list_of_names_is_cut_where_it_does_not_fit)
{
	static const char *const names[] = {"alpha", "beta", "gamma", NULL};
	char out[32], small[12];

	ck_assert_str_eq(conf_list_names(names, out, sizeof(out)), "alpha, beta, gamma");
	ck_assert_str_eq(conf_list_names(names, small, sizeof(small)), "alpha, b...");
}
END_TEST

START_TEST(test_arena_gives_zeroed_aligned_memory_of_any_size)
{
	static const size_t sizes[] = {1, 15, 16, 17, 16 << 10, (16 << 10) + 1, 1 << 20, 3};
	struct wp_arena *arena = wp_arena_create();

	for (int round = 0; round < 100; round++) {
		for (int i = 0; i < ROWS(sizes); i++) {
			uint8_t *memory = wp_arena_alloc(arena, sizes[i]);

			ck_assert_ptr_nonnull(memory);
			ck_assert_uint_eq((uintptr_t)memory % 16, 0);
			ck_assert(memory[0] == 0 && memory[sizes[i] - 1] == 0);
			memset(memory, 0xff, sizes[i]);
		}
	}
	ck_assert_str_eq(wp_arena_string(arena, "text"), "text");
	wp_arena_destroy(arena);
	wp_arena_destroy(NULL);
}
END_TEST

START_TEST(test_arena_refuses_a_size_that_wraps)
{
	struct wp_arena *arena = wp_arena_create();

	ck_assert_ptr_nonnull(wp_arena_alloc(arena, 1));
	ck_assert_ptr_null(wp_arena_alloc(arena, SIZE_MAX));
	ck_assert_ptr_null(wp_arena_alloc(arena, SIZE_MAX - 20));
	wp_arena_destroy(arena);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("text");

	tcase_add_loop_test(tcase, test_prefix_is_read_or_refused, 0, ROWS(prefixes));
	tcase_add_loop_test(tcase, test_only_a_near_name_is_suggested, 0, ROWS(words));
	tcase_add_test(tcase, test_nearest_name_wins);
	tcase_add_test(tcase, test_list_of_names_is_cut_where_it_does_not_fit);
	tcase_add_test(tcase, test_arena_gives_zeroed_aligned_memory_of_any_size);
	tcase_add_test(tcase, test_arena_refuses_a_size_that_wraps);
	return unit_main("conf_text", tcase);
}
