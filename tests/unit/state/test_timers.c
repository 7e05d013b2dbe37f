/* SPDX-License-Identifier: BSD-3-Clause */
/* Idle time-outs of entries: against a plain list of when each should end. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "state/state.h"
#include "unit.h"

enum { ENTRIES = 500, TICK_MS = 67 };

static const struct wp_hash_key hash_key = {.k0 = 1, .k1 = 2};
static const struct wp_table_decl flows = {
	.name = "flows",
	.version = 1,
	.class = WP_FLOW,
	.key = {WP_KEY_U32},
	.value_size = 8,
	.idle_ms = 10000,
};

/** What should be. */
static struct {
	struct wp_entry *entry;
	uint64_t due; /* tick */
	uint32_t idle;
} expected[ENTRIES];

static struct wp_table *table;
static struct wp_core core;
static uint64_t now; /* tick */
static unsigned int n_expired;

static uint64_t
now_ns(void)
{
	return now << WP_TICK_SHIFT;
}

static void
setup(void)
{
	const struct wp_table_limits limits = {.max_entries = ENTRIES};

	ck_assert_int_eq(wp_table_create(&flows, &limits, &hash_key, 1, &table), 0);
	memset(expected, 0, sizeof(expected));
	now = 12345;
	n_expired = 0;
	core = (struct wp_core){.instance = 1, .now_ns = now_ns()};
}

static void
teardown(void)
{
	wp_table_destroy(table);
}

static uint32_t
number_of(const struct wp_entry *entry)
{
	uint32_t number;

	memcpy(&number, wp_entry_key(entry), sizeof(number));
	return number;
}

static void
make_entry(uint32_t i)
{
	core.now_ns = now_ns();
	ck_assert_int_eq(
		wp_table_insert(&core, table, 0, (uint8_t)i, 4, &i, NULL, &expected[i].entry), 0);
	expected[i].idle = wp_ticks(flows.idle_ms);
	expected[i].due = now + expected[i].idle;
}

/** Each entry ends in time, and not before. */
static uint32_t
check_due(void *arg, struct wp_table *of, struct wp_entry *entry)
{
	uint32_t i = number_of(entry);

	ck_assert_ptr_eq(of, table);
	ck_assert_ptr_eq(expected[i].entry, entry);
	ck_assert_uint_ne(expected[i].idle, 0);
	ck_assert_uint_le(expected[i].due, now);
	expected[i].entry = NULL;
	n_expired++;
	return 0;
}

static void
run_timers(wp_expire_fn fn)
{
	bool all = true;

	for (unsigned int bucket = 0; bucket < 256; bucket++)
		all &= wp_table_expire(table, 0, (uint8_t)bucket, now_ns(), 1000000, fn, NULL) != 0;
	ck_assert(all);
}

static void
none_overdue(void)
{
	bool all = true;

	for (uint32_t i = 0; i < ENTRIES; i++)
		all &= expected[i].entry == NULL || expected[i].idle == 0 || expected[i].due > now;
	ck_assert(all);
}

static void
change_one(uint32_t i)
{
	static const uint32_t idles[] = {1, 2, 63, 64, 65, 3600, 4096, 4097, 110000, 300000, 0};
	uint32_t idle = idles[(unsigned int)rand() % (sizeof(idles) / sizeof(idles[0]))];

	if (expected[i].entry == NULL) {
		make_entry(i);
		return;
	}
	switch (rand() % 4) {
	case 0:
		wp_table_remove(&core, table, expected[i].entry);
		expected[i].entry = NULL;
		return;
	case 1:
		wp_touch(expected[i].entry, now_ns());
		break;
	default:
		wp_table_set_idle(table, expected[i].entry, idle, now_ns());
		expected[i].idle = idle;
	}
	expected[i].due = now + expected[i].idle;
}

START_TEST(test_ends_when_due)
{
	static const uint32_t steps[] = {0, 1, 1, 2, 5, 60, 64, 200, 4096, 5000, 300000};

	srand((unsigned int)_i + 1);
	for (unsigned int round = 0; round < 3000; round++) {
		for (unsigned int n = (unsigned int)rand() % 20; n != 0; n--)
			change_one((uint32_t)rand() % ENTRIES);
		now += steps[(unsigned int)rand() % (sizeof(steps) / sizeof(steps[0]))];
		run_timers(check_due);
		none_overdue();
		if (round % 16 == 0) {
			wp_table_reclaim(table);
			wp_table_reclaim(table);
		}
	}
	ck_assert_uint_gt(n_expired, 100);
}
END_TEST

static uint32_t
live_on(void *arg, struct wp_table *of, struct wp_entry *entry)
{
	n_expired++;
	return n_expired < 3 ? 100 : 0;
}

START_TEST(test_service_may_prolong)
{
	make_entry(7);
	for (unsigned int i = 1; i <= 3; i++) {
		now += wp_ticks(flows.idle_ms);
		run_timers(live_on);
		ck_assert_uint_eq(n_expired, i);
		ck_assert((wp_table_find(&core, table, 0, 4, false, &(uint32_t){7}) == NULL) ==
			  (i == 3));
	}
}
END_TEST

/* Its first time-out is still in the wheel when the last one is set. */
START_TEST(test_shorter_after_never)
{
	make_entry(7);
	wp_table_set_idle(table, expected[7].entry, 0, now_ns());
	wp_table_set_idle(table, expected[7].entry, 2, now_ns());
	expected[7].idle = 2;
	expected[7].due = ++now + 1;
	run_timers(check_due);
	ck_assert_uint_eq(n_expired, 0);
	now++;
	run_timers(check_due);
	ck_assert_uint_eq(n_expired, 1);
}
END_TEST

/** Who still has an entry that is removed cannot bring it back into the wheel. */
START_TEST(test_removed_entries_get_no_timer)
{
	struct wp_entry *entry;

	make_entry(7);
	entry = expected[7].entry;
	wp_table_remove(&core, table, entry);
	wp_table_set_idle(table, entry, 2, now_ns());
	now += 10;
	run_timers(check_due);
	ck_assert_uint_eq(n_expired, 0);
	ck_assert_int_eq(wp_table_insert(&core, table, 0, 3, 0, &(uint32_t){8}, NULL, &entry),
			 -EINVAL);
}
END_TEST

START_TEST(test_work_is_bounded)
{
	unsigned int polls = 0, left = 0;

	for (uint32_t i = 0; i < ENTRIES; i++) {
		ck_assert_int_eq(
			wp_table_insert(&core, table, 0, 3, 4, &i, NULL, &expected[i].entry), 0);
		expected[i].due = now;
		expected[i].idle = 1;
	}
	now += wp_ticks(flows.idle_ms);
	while (left == 0) {
		unsigned int before = n_expired;

		left = wp_table_expire(table, 0, 3, now_ns(), 10, check_due, NULL);
		ck_assert_uint_le(n_expired - before, 10);
		polls++;
	}
	ck_assert_uint_eq(n_expired, ENTRIES);
	ck_assert_uint_ge(polls, ENTRIES / 10);
}
END_TEST

START_TEST(test_ticks_round_up)
{
	ck_assert_uint_eq(wp_ticks(1), 1);
	ck_assert_uint_eq(wp_ticks(TICK_MS), 1);
	ck_assert_uint_eq(wp_ticks(TICK_MS + 1), 2);
	ck_assert_uint_eq(wp_ticks(7440000), 110865);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("timers");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, test_ends_when_due, 0, 10);
	tcase_add_test(tcase, test_service_may_prolong);
	tcase_add_test(tcase, test_shorter_after_never);
	tcase_add_test(tcase, test_removed_entries_get_no_timer);
	tcase_add_test(tcase, test_work_is_bounded);
	tcase_add_test(tcase, test_ticks_round_up);
	return unit_main("timers", tcase);
}
