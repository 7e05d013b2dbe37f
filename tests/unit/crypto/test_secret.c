/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory for secrets: apart from each other, wiped, locked, out of core dumps and of reach. */

#include "crypto/secret.h"

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "unit.h"

/* Sizes on both sides of each border: a block, the largest shared block, a chunk. */
static const size_t sizes[] = {0,    1,    63,   64,     65,     200,     3968,   3969,
			       4032, 4096, 5760, 100000, 262144, 1048576, 3000000};

static bool
is_all(const uint8_t *memory, uint8_t byte, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (memory[i] != byte)
			return false;
	return true;
}

START_TEST(test_memory_is_zeroed_and_aligned)
{
	for (int i = 0; i < ROWS(sizes); i++) {
		for (unsigned int again = 0; again < 2; again++) {
			uint8_t *secret = wp_secret_alloc(sizes[i]);

			ck_assert_ptr_nonnull(secret);
			ck_assert_uint_eq((uintptr_t)secret % 64, 0);
			ck_assert(is_all(secret, 0, sizes[i]));
			memset(secret, 0xaa, sizes[i]);
			wp_secret_free(secret);
		}
	}
}
END_TEST

/* Each size in a process of its own, so that it is the first of its chunk and begins a page. */
START_TEST(test_neighbour_outlives_what_is_given_back)
{
	uint8_t *given = wp_secret_alloc(sizes[_i]), *kept = wp_secret_alloc(64), *later;

	memset(kept, 7, 64);
	wp_secret_free(given);
	later = wp_secret_alloc(sizes[_i]);
	memset(later, 9, sizes[_i]);
	ck_assert(is_all(kept, 7, 64));
	wp_secret_free(kept);
	ck_assert(is_all(later, 9, sizes[_i]));
	wp_secret_free(later);
}
END_TEST

START_TEST(test_secret_is_gone_when_given_back)
{
	uint8_t *secret = wp_secret_alloc(200), *again;

	memset(secret, 0xaa, 200);
	wp_secret_free(secret);
	ck_assert(is_all(secret, 0, 200)); /* the page stays mapped: it is shared */
	again = wp_secret_alloc(200);
	ck_assert_ptr_eq(secret, again);
	wp_secret_free(again);
}
END_TEST

START_TEST(test_keys_share_pages)
{
	uintptr_t low = UINTPTR_MAX, high = 0;

	for (unsigned int i = 0; i < 1000; i++) {
		uintptr_t at = (uintptr_t)wp_secret_alloc(64);

		ck_assert_uint_ne(at, 0);
		low = at < low ? at : low;
		high = at > high ? at : high;
	}
	ck_assert_uint_le(high - low, 1000 * 128);
}
END_TEST

START_TEST(test_too_much_is_refused)
{
	ck_assert_ptr_null(wp_secret_alloc(SIZE_MAX));
	ck_assert_ptr_null(wp_secret_alloc(SIZE_MAX - 63));
	ck_assert_ptr_null(wp_secret_alloc((size_t)1 << 62));
	wp_secret_free(NULL);
}
END_TEST

/** @return whether the mapping of @p memory has all flags of @p wanted, as smaps names them. */
static bool
mapping_has(const void *memory, const char *const *wanted)
{
	FILE *smaps = fopen("/proc/self/smaps", "r");
	bool here = false, has = false;
	unsigned long from, to;
	char line[512];

	ck_assert_ptr_nonnull(smaps);
	while (fgets(line, sizeof(line), smaps) != NULL) {
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			here = from <= (uintptr_t)memory && (uintptr_t)memory < to;
		else if (here && strncmp(line, "VmFlags:", 8) == 0)
			for (has = true; *wanted != NULL; wanted++)
				has = has && strstr(line, *wanted) != NULL;
	}
	fclose(smaps);
	return has;
}

START_TEST(test_memory_is_out_of_dumps_and_locked)
{
	static const char *const kept_in[] = {" dd", " dc", NULL}, *const locked[] = {" lo", NULL};
	static const size_t some[] = {64, 100000};

	for (int i = 0; i < ROWS(some); i++) {
		uint8_t *secret = wp_secret_alloc(some[i]);

		ck_assert(mapping_has(secret, kept_in));
#ifndef WP_SANITIZE /* which makes mlock() do nothing */
		ck_assert(!wp_secret_locked() || mapping_has(secret, locked));
#else
		(void)locked;
#endif
		wp_secret_free(secret);
	}
}
END_TEST

START_TEST(test_memory_that_cannot_be_locked_is_told_and_given)
{
#ifndef WP_SANITIZE
	static const struct rlimit none = {0};

	/* For root no limit holds; this process is the test's own. */
	ck_assert_int_eq(setrlimit(RLIMIT_MEMLOCK, &none), 0);
	if (geteuid() == 0)
		ck_assert_int_eq(setuid(65534), 0);
	ck_assert_ptr_nonnull(wp_secret_alloc(64));
	ck_assert(!wp_secret_locked());
#endif
}
END_TEST

START_TEST(test_page_behind_a_large_secret_is_a_guard)
{
	uint8_t *secret = wp_secret_alloc(8192 - 64);

	secret[8192 - 64] = 1;
	ck_abort_msg("no guard");
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("secret");

	tcase_add_test(tcase, test_memory_is_zeroed_and_aligned);
	tcase_add_loop_test(tcase, test_neighbour_outlives_what_is_given_back, 0, ROWS(sizes));
	tcase_add_test(tcase, test_secret_is_gone_when_given_back);
	tcase_add_test(tcase, test_keys_share_pages);
	tcase_add_test(tcase, test_too_much_is_refused);
	tcase_add_test(tcase, test_memory_is_out_of_dumps_and_locked);
	tcase_add_test(tcase, test_memory_that_cannot_be_locked_is_told_and_given);
#ifndef WP_SANITIZE /* which reports the signal itself */
	tcase_add_test_raise_signal(tcase, test_page_behind_a_large_secret_is_a_guard, SIGSEGV);
#else
	(void)test_page_behind_a_large_secret_is_a_guard;
#endif
	return unit_main("secret", tcase);
}
