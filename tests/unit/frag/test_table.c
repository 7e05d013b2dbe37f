/* SPDX-License-Identifier: BSD-3-Clause */
/* lib/frag/table.c: records by key and age, and who makes room for whom. */

#include <string.h>

#include "frag/table.h"
#include "unit.h"

enum { MAX = 8, WAITING = 4 };

static struct frag_key
key(uint16_t tenant, uint32_t id)
{
	return (struct frag_key){.tenant = tenant, .version = 4, .id = id};
}

static struct frag_record *
add(struct frag_table *table, uint16_t tenant, uint32_t id)
{
	struct frag_key made = key(tenant, id);

	return frag_table_add(table, &made, id % 3, 1000 + id);
}

static struct frag_record *
find(struct frag_table *table, uint16_t tenant, uint32_t id)
{
	struct frag_key made = key(tenant, id);

	return frag_table_find(table, &made, id % 3);
}

static struct frag_table *
create(uint32_t max)
{
	struct frag_table *table;

	ck_assert_int_eq(frag_table_create(max, WAITING, &table), 0);
	return table;
}

START_TEST(test_records_are_found_until_they_are_removed)
{
	struct frag_table *table = create(MAX);

	for (uint32_t round = 0; round < 10; round++) {
		for (uint32_t id = 0; id < MAX; id++)
			ck_assert_ptr_nonnull(add(table, 1, id));
		ck_assert_uint_eq(frag_table_used(table), MAX);
		ck_assert_ptr_null(add(table, 1, 99));
		for (uint32_t id = 0; id < MAX; id++)
			ck_assert_uint_eq(find(table, 1, id)->key.id, id);
		ck_assert_ptr_null(find(table, 2, 1));
		for (uint32_t n = 0; n < MAX; n++) { /* in another order each round */
			uint32_t id = (n * 3 + round) % MAX;

			frag_table_remove(table, find(table, 1, id));
			ck_assert_ptr_null(find(table, 1, id));
		}
		ck_assert_uint_eq(frag_table_used(table), 0);
		ck_assert_ptr_null(frag_table_oldest(table));
	}
	frag_table_destroy(table);
}
END_TEST

START_TEST(test_new_record_knows_nothing_of_the_one_before)
{
	struct frag_table *table = create(1);
	struct frag_record *record = add(table, 1, 1);
	struct frag_piece first = {.end = 8, .total = 60, .sport = 1, .dport = 2};

	ck_assert_int_eq(frag_note(record, &first), FRAG_FINE);
	ck_assert(frag_is_complete(record));
	frag_table_remove(table, record);
	record = add(table, 1, 1);
	ck_assert(!record->first_seen);
	ck_assert_uint_eq(record->n_spans, 0);
	ck_assert(!frag_is_complete(record));
	first.total = 59;
	ck_assert_int_eq(frag_note(record, &first), FRAG_FINE);
	frag_table_destroy(table);
}
END_TEST

START_TEST(test_records_stand_in_the_order_they_were_made)
{
	struct frag_table *table = create(MAX);
	struct frag_record *record;
	uint32_t expected = 0;

	for (uint32_t id = 0; id < MAX; id++)
		add(table, 1, id);
	frag_table_remove(table, find(table, 1, 0));
	frag_table_remove(table, find(table, 1, 4));
	frag_table_remove(table, find(table, 1, 7));
	add(table, 1, 8);
	for (record = frag_table_oldest(table); record != NULL;
	     record = frag_table_newer(table, record)) {
		static const uint32_t order[] = {1, 2, 3, 5, 6, 8};

		ck_assert_uint_eq(record->key.id, order[expected++]);
	}
	ck_assert_uint_eq(expected, 6);
	frag_table_destroy(table);
}
END_TEST

START_TEST(test_tenant_alone_makes_room_by_its_oldest)
{
	struct frag_table *table = create(MAX);

	for (uint32_t id = 0; id < MAX; id++)
		add(table, 1, id);
	ck_assert_uint_eq(frag_table_victim(table, 1)->key.id, 0);
	find(table, 1, 0)->fault = FRAG_OVERLAP; /* remembered as long as there is another */
	ck_assert_uint_eq(frag_table_victim(table, 1)->key.id, 1);
	for (uint32_t id = 0; id < MAX; id++)
		find(table, 1, id)->fault = FRAG_OVERLAP;
	ck_assert_uint_eq(frag_table_victim(table, 1)->key.id, 0);
	frag_table_destroy(table);
}
END_TEST

/** Makes a record, at the cost of another if need be. @return whether there was room */
static bool
force(struct frag_table *table, uint16_t tenant, uint32_t id)
{
	struct frag_record *victim;

	if (add(table, tenant, id) != NULL)
		return true;
	victim = frag_table_victim(table, tenant);
	if (victim == NULL)
		return false;
	frag_table_remove(table, victim);
	ck_assert_ptr_nonnull(add(table, tenant, id));
	return true;
}

static unsigned int
count(const struct frag_table *table, uint16_t tenant)
{
	unsigned int n = 0;

	for (const struct frag_record *record = frag_table_oldest(table); record != NULL;
	     record = frag_table_newer(table, record))
		n += record->key.tenant == tenant;
	return n;
}

START_TEST(test_flood_takes_nothing_from_a_tenant_below_its_share)
{
	struct frag_table *table = create(MAX);

	for (uint32_t id = 0; id < 2; id++)
		ck_assert(force(table, 2, id));
	for (uint32_t id = 0; id < 1000; id++)
		ck_assert(force(table, 1, 10 + id));
	ck_assert_ptr_nonnull(find(table, 2, 0));
	ck_assert_ptr_nonnull(find(table, 2, 1));
	for (uint32_t id = 2; id < 4; id++) /* up to the half */
		ck_assert(force(table, 2, id));
	for (uint32_t id = 0; id < 1000; id++)
		ck_assert(force(table, 1, 2000 + id));
	for (uint32_t id = 0; id < 4; id++)
		ck_assert_ptr_nonnull(find(table, 2, id));
	frag_table_destroy(table);
}
END_TEST

START_TEST(test_many_floods_come_to_equal_shares)
{
	struct frag_table *table = create(64);

	for (uint32_t id = 0; id < 64; id++)
		force(table, 1, id);
	for (uint32_t round = 0; round < 100; round++)
		for (uint16_t tenant = 1; tenant <= 8; tenant++)
			force(table, tenant, 1000 + round);
	for (uint16_t tenant = 1; tenant <= 8; tenant++) {
		ck_assert_uint_ge(count(table, tenant), 7);
		ck_assert_uint_le(count(table, tenant), 9);
	}
	frag_table_destroy(table);
}
END_TEST

START_TEST(test_no_more_wait_than_may_and_the_larger_share_makes_room)
{
	struct frag_table *table = create(MAX);
	struct wp_packet packets[6] = {0};

	for (uint32_t id = 0; id < MAX; id++)
		add(table, (uint16_t)(1 + id % 2), id); /* tenant 1: even ones */
	ck_assert_ptr_null(frag_table_waiting_victim(table, 1));
	ck_assert(frag_table_wait(table, find(table, 2, 3), &packets[0]));
	ck_assert(frag_table_wait(table, find(table, 1, 4), &packets[1]));
	ck_assert(frag_table_wait(table, find(table, 1, 2), &packets[2]));
	ck_assert(frag_table_wait(table, find(table, 1, 2), &packets[3]));
	ck_assert(!frag_table_wait(table, find(table, 2, 5), &packets[4]));
	ck_assert_uint_eq(frag_table_waiting_victim(table, 2)->key.id, 2);
	ck_assert_uint_eq(frag_table_waiting_victim(table, 1)->key.id, 2);
	ck_assert_uint_eq(frag_table_waiting_victim(table, 3)->key.id, 2);
	ck_assert_ptr_eq(frag_table_take(table, find(table, 1, 2)), &packets[2]);
	ck_assert_ptr_eq(packets[2].next, &packets[3]);
	ck_assert(frag_table_wait(table, find(table, 2, 5), &packets[4]));
	ck_assert(frag_table_wait(table, find(table, 2, 7), &packets[5]));
	ck_assert_uint_eq(frag_table_waiting_victim(table, 2)->key.id, 3);
	ck_assert_uint_eq(frag_table_waiting_victim(table, 1)->key.id, 3);
	frag_table_destroy(table);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("table");

	tcase_add_test(tcase, test_records_are_found_until_they_are_removed);
	tcase_add_test(tcase, test_new_record_knows_nothing_of_the_one_before);
	tcase_add_test(tcase, test_records_stand_in_the_order_they_were_made);
	tcase_add_test(tcase, test_tenant_alone_makes_room_by_its_oldest);
	tcase_add_test(tcase, test_flood_takes_nothing_from_a_tenant_below_its_share);
	tcase_add_test(tcase, test_many_floods_come_to_equal_shares);
	tcase_add_test(tcase, test_no_more_wait_than_may_and_the_larger_share_makes_room);
	return unit_main("frag table", tcase);
}
