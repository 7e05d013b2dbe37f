/* SPDX-License-Identifier: BSD-3-Clause */
/* State tables of several workers: what is counted and added up, and what they do at once. */

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "table_bed.h"

static const struct wp_table_decl shared = {
	.name = "shared",
	.version = 1,
	.class = WP_SHARED,
	.owner = WP_OWNER_KEY,
	.key = {WP_KEY_U32},
	.value_size = 16,
};

/* Counters. */

START_TEST(test_counter_gives_nothing_beyond_its_reservation)
{
	struct wp_table *table = make(&counters, 10, 1);
	uint8_t id[16] = {1};
	struct wp_entry *entry, *same;
	struct wp_counter *counter;
	uint64_t first;

	ck_assert_int_eq(wp_table_hold(table, 0, 0, 4, id, &entry), 0);
	ck_assert_int_eq(wp_table_hold(table, 5, 6, 4, id, &same),
			 0); /* global: tenant and instance do not count */
	ck_assert_ptr_eq(entry, same);
	ck_assert_uint_eq(wp_counter_take(entry, 5, &first), 0);
	counter = wp_atomics(entry);
	atomic_store(&counter->next, 1);
	atomic_store(&counter->reserved, 11);
	ck_assert_uint_eq(wp_counter_take(entry, 6, &first), 6);
	ck_assert_uint_eq(first, 1);
	ck_assert_uint_eq(wp_counter_take(entry, 6, &first), 4);
	ck_assert_uint_eq(first, 7);
	ck_assert_uint_eq(wp_counter_take(entry, 1, &first), 0);
	atomic_store(&counter->reserved, 100);
	ck_assert_uint_eq(wp_counter_take(entry, 1, &first), 1);
	ck_assert_uint_ge(first, 11);
	wp_table_release(table, entry);
	wp_table_release(table, entry);
	ck_assert_int_eq(wp_table_hold(table, 0, 0, 4, id, &same), 0);
	ck_assert_ptr_eq(entry, same); /* a counter outlives its users */
	wp_table_destroy(table);
}
END_TEST

enum { TAKERS = 4, TAKES = 20000, LIMIT = 200000 };

struct taker {
	struct wp_entry *entry;
	uint8_t *seen;
	unsigned int repeats, got;
};

static void *
take(void *arg)
{
	struct taker *taker = arg;

	for (unsigned int i = 0; i < TAKES; i++) {
		uint64_t first;
		uint16_t n = wp_counter_take(taker->entry, (uint16_t)(1 + i % 7), &first);

		for (uint16_t j = 0; j < n; j++)
			taker->repeats += __atomic_fetch_add(&taker->seen[first + j], 1,
							     __ATOMIC_RELAXED) != 0;
		taker->got += n;
	}
	return NULL;
}

START_TEST(test_counter_gives_no_number_twice_to_several_threads)
{
	struct wp_table *table = make(&counters, 10, TAKERS);
	struct taker takers[TAKERS];
	pthread_t threads[TAKERS];
	uint8_t id[16] = {2}, *seen = calloc(1, LIMIT);
	struct wp_entry *entry;
	struct wp_counter *counter;
	unsigned int got = 0;

	ck_assert_int_eq(wp_table_hold(table, 0, 0, 4, id, &entry), 0);
	counter = wp_atomics(entry);
	atomic_store(&counter->reserved, LIMIT);
	for (unsigned int i = 0; i < TAKERS; i++) {
		takers[i] = (struct taker){.entry = entry, .seen = seen};
		ck_assert_int_eq(pthread_create(&threads[i], NULL, take, &takers[i]), 0);
	}
	for (unsigned int i = 0; i < TAKERS; i++) {
		pthread_join(threads[i], NULL);
		ck_assert_uint_eq(takers[i].repeats, 0);
		got += takers[i].got;
	}
	ck_assert_uint_eq(got, LIMIT); /* 320,000 were asked for; those there are all given */
	free(seen);
	wp_table_destroy(table);
}
END_TEST

/* Shared entries. */

static int
check_sum(void *arg, const struct wp_record *record)
{
	memcpy(arg, record->value, 16);
	return 0;
}

START_TEST(test_shared_parts_are_added_up)
{
	struct wp_table *table = make(&shared, 10, 3);
	uint32_t key = 1;
	struct wp_entry *entry;
	struct value sum = {0};

	ck_assert_int_eq(wp_table_hold(table, 1, 0, 4, &key, &entry), 0);
	for (unsigned int w = 0; w < 3; w++)
		*(struct value *)wp_shared_part(entry, w) = (struct value){.a = 1 + w, .b = 100};
	ck_assert_int_eq(wp_table_export(table, -1, check_sum, &sum), 0);
	ck_assert_uint_eq(sum.a, 6);
	ck_assert_uint_eq(sum.b, 300);
	wp_table_destroy(table);
}
END_TEST

/* Several workers at once. */

enum { KEYS = 2000, TURNS = 100000 };

struct churner {
	struct wp_table *table;
	unsigned int id, made;
};

static void *
churn(void *arg)
{
	struct churner *churner = arg;
	struct wp_core core = {.instance = 1, .worker = (uint16_t)churner->id};
	unsigned int seed = churner->id;

	for (unsigned int i = 0; i < TURNS; i++) {
		uint32_t key = (uint32_t)rand_r(&seed) % KEYS * 4 + churner->id; /* its own keys */
		uint64_t second = (uint64_t)key << 32;
		struct wp_entry *entry = find(churner->table, 1, 0, 4, &key, false);
		struct value *value;

		if (entry != NULL) {
			if (((const struct value *)wp_value(entry))->a != key)
				return "found another's entry";
			wp_table_remove(&core, churner->table, entry);
			continue;
		}
		if (wp_table_insert(&core, churner->table, 0, (uint8_t)churner->id, 4, &key,
				    &second, &entry) != 0)
			continue; /* no room until the next reclaim */
		value = wp_write(entry, i);
		value->a = key;
		value->b = ~(uint64_t)key;
		wp_written(entry);
		churner->made++;
	}
	return NULL;
}

static int
check_record(void *arg, const struct wp_record *record)
{
	const struct value *value = record->value;
	uint32_t key;

	memcpy(&key, record->key, 4);
	if (value->a == 0 && value->b == 0)
		return 0; /* exported between insert and first write */
	if (value->a != key || value->b != ~(uint64_t)key || record->key_size != 4 ||
	    record->key2_size != 8)
		return -EINVAL;
	++*(unsigned int *)arg;
	return 0;
}

START_TEST(test_workers_and_export_do_not_disturb_each_other)
{
	struct wp_table *table = make(&pairs, 3 * TURNS, 3); /* nothing is reclaimed meanwhile */
	struct churner churners[3];
	pthread_t threads[3];
	unsigned int seen = 0;
	void *failure;

	for (unsigned int i = 0; i < 3; i++) {
		churners[i] = (struct churner){.table = table, .id = i};
		ck_assert_int_eq(pthread_create(&threads[i], NULL, churn, &churners[i]), 0);
	}
	for (unsigned int i = 0; i < 50; i++)
		ck_assert_int_eq(wp_table_export(table, -1, check_record, &seen), 0);
	for (unsigned int i = 0; i < 3; i++) {
		pthread_join(threads[i], &failure);
		ck_assert_msg(failure == NULL, "%s", (const char *)failure);
		ck_assert_uint_gt(churners[i].made, 0);
	}
	seen = 0;
	ck_assert_int_eq(wp_table_export(table, 1, check_record, &seen), 0);
	wp_table_destroy(table);
}
END_TEST

enum { DISPUTED = 100000, AT_ONCE = 64 };

static struct dispute {
	struct wp_table *table;
	pthread_barrier_t turn;
	bool made[2][DISPUTED]; /* by which of the two */
} dispute;

static void *
claim(void *arg)
{
	struct wp_core core = {.instance = 1, .worker = *(const uint16_t *)arg};
	struct wp_entry *entry;

	for (uint32_t key = 0; key < DISPUTED; key++) {
		if (key % AT_ONCE == 0)
			pthread_barrier_wait(&dispute.turn);
		dispute.made[core.worker][key] =
			wp_table_insert(&core, dispute.table, 0, 7, 4, &key, NULL, &entry) == 0;
	}
	return NULL;
}

/* Both may fail when they meet; they never both succeed. */
START_TEST(test_key_that_two_workers_insert_at_once_is_one_entry)
{
	static const uint16_t ids[2] = {0, 1};
	pthread_t threads[2];

	for (unsigned int round = 0; round < 5; round++) {
		dispute.table = make(&hosts, DISPUTED, 2);
		pthread_barrier_init(&dispute.turn, NULL, 2);
		for (unsigned int i = 0; i < 2; i++)
			ck_assert_int_eq(pthread_create(&threads[i], NULL, claim,
							(void *)(uintptr_t)&ids[i]),
					 0);
		for (unsigned int i = 0; i < 2; i++)
			pthread_join(threads[i], NULL);
		for (uint32_t key = 0; key < DISPUTED; key++)
			ck_assert(!dispute.made[0][key] || !dispute.made[1][key]);
		pthread_barrier_destroy(&dispute.turn);
		wp_table_destroy(dispute.table);
	}
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("state workers");

	tcase_add_test(tcase, test_counter_gives_nothing_beyond_its_reservation);
	tcase_add_test(tcase, test_counter_gives_no_number_twice_to_several_threads);
	tcase_add_test(tcase, test_workers_and_export_do_not_disturb_each_other);
	tcase_add_test(tcase, test_shared_parts_are_added_up);
	tcase_add_test(tcase, test_key_that_two_workers_insert_at_once_is_one_entry);
	return unit_main("state workers", tcase);
}
