/* SPDX-License-Identifier: BSD-3-Clause */
/* Durable counters: one key's numbers come out of one counter, whoever asks for them. */

#include "pe/tables.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "pe/reserve.h"
#include "unit.h"

#define SEALS(GLOBAL)                                                                              \
	{                                                                                          \
		{.name = "outbound",                                                               \
		 .version = 1,                                                                     \
		 .class = WP_COUNTER,                                                              \
		 .owner = WP_OWNER_KEY,                                                            \
		 .global = (GLOBAL),                                                               \
		 .durable = 1,                                                                     \
		 .key = {WP_KEY_ID16},                                                             \
		 .value_size = sizeof(struct wp_counter),                                          \
		 .max_entries = 16},                                                               \
		{                                                                                  \
			.name = NULL                                                               \
		}                                                                                  \
	}

static const struct wp_table_decl global[] = SEALS(1), local[] = SEALS(0);
static const struct wp_service first = {.name = "first", .tables = global};
static const struct wp_service second = {.name = "second", .tables = global};
static const struct wp_service careless = {.name = "careless", .tables = local};
static const uint8_t id[RESERVE_ID_SIZE] = "a key", other[RESERVE_ID_SIZE] = "another";

static char dir[] = "/tmp/waypoint-tables-XXXXXX";
static struct tables *tables;
static struct reserve *reserve;

static void
setup(void)
{
	static const struct wp_hash_key hash_key = {1, 2};
	char message[256];

	strcpy(dir, "/tmp/waypoint-tables-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(reserve_open(dir, &reserve, message, sizeof(message)), 0);
	ck_assert_int_eq(tables_create(&hash_key, 1, &tables), 0);
}

static void
teardown(void)
{
	char file[64];

	tables_destroy(tables);
	reserve_close(reserve);
	snprintf(file, sizeof(file), "%s/counters", dir);
	unlink(file);
	snprintf(file, sizeof(file), "%s/reserved", dir);
	unlink(file);
	rmdir(dir);
}

/** Opens a counter as wp_env_entry() does. @return what tables_reserve() says */
static int
open_counter(const struct wp_service *service, uint32_t instance, const uint8_t *key,
	     struct wp_entry **entry)
{
	static struct document_tenant tenant;
	struct document document = {.tenants = &tenant, .n_tenants = 1};
	struct wp_table **array;
	int err;

	ck_assert_int_eq(tables_open(tables, service, &document, &array), 0);
	ck_assert_int_eq(wp_table_hold(array[0], instance, 0, 4, key, entry), 0);
	err = tables_reserve(tables, reserve, array[0], *entry, key);
	free(array);
	return err;
}

START_TEST(test_key_that_another_counter_counts_for_is_refused)
{
	struct wp_entry *entry;

	ck_assert_int_eq(open_counter(&first, 1, id, &entry), 0);
	ck_assert_int_eq(open_counter(&first, 2, id, &entry), 0); /* the same one */
	ck_assert_int_eq(open_counter(&second, 1, id, &entry), -EBUSY);
	ck_assert_int_eq(open_counter(&second, 1, other, &entry), 0);
	ck_assert_int_eq(open_counter(&careless, 1, other, &entry), -EBUSY);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("tables");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_key_that_another_counter_counts_for_is_refused);
	return unit_main("tables", tcase);
}
