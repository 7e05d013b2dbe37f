/* SPDX-License-Identifier: BSD-3-Clause */
/* services/ids/rule/geo.c: databases of addresses, sound and broken ones. */

#include "rule/geo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

/* One node: addresses that begin with a bit of 0 are not known, the others are in DE. */
enum { NODES = 1, GAP = 16 };

static const char data[] = "\xe1\x47"
			   "country\xe2\x44"
			   "name\x47"
			   "Germany\x48"
			   "iso_code\x42"
			   "DE";

static char name[32], why[128];
static uint8_t bytes[512];
static size_t size;

static void
set_up(void)
{
	strcpy(name, "/tmp/test_geo.XXXXXX");
	ck_assert_int_eq(close(mkstemp(name)), 0);
	size = 0;
}

static void
tear_down(void)
{
	unlink(name);
}

static void
put(const void *from, size_t n)
{
	memcpy(bytes + size, from, n);
	size += n;
}

/** Puts a database together. @param record  bits of half a node */
static void
make(unsigned int record)
{
	const uint8_t node_24[] = {0, 0, NODES, 0, 0, NODES + GAP};
	const uint8_t node_28[] = {0, 0, NODES, 0, 0, 0, NODES + GAP};
	const uint8_t node_32[] = {0, 0, 0, NODES, 0, 0, 0, NODES + GAP};
	const uint8_t numbers[] = {0xa1, 2, 0xa1, (uint8_t)record, 0xa1, 4, 0xc1, NODES};
	static const uint8_t gap[GAP];

	put(record == 24 ? node_24 : record == 28 ? node_28 : node_32, record / 4);
	put(gap, GAP);
	put(data, sizeof(data) - 1);
	put("\xab\xcd\xefMaxMind.com\xe4", 15);
	put("\x5b"
	    "binary_format_major_version",
	    28);
	put(numbers, 2);
	put("\x4brecord_size", 12);
	put(numbers + 2, 2);
	put("\x4aip_version", 11);
	put(numbers + 4, 2);
	put("\x4anode_count", 11);
	put(numbers + 6, 2);
}

static int
open_bytes(struct geo **geo)
{
	FILE *file = fopen(name, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
	ck_assert_int_eq(fclose(file), 0);
	return geo_open(name, geo, why, sizeof(why));
}

START_TEST(test_country_is_found)
{
	static const uint8_t known[] = {200, 1, 2, 3}, unknown[] = {10, 1, 2, 3};
	static const uint8_t of_6[16] = {0xff};
	struct geo *geo;
	char code[GEO_CODE];

	make(24 + 4 * (unsigned int)_i);
	ck_assert_int_eq(open_bytes(&geo), 0);
	ck_assert(geo_country(geo, 4, known, code));
	ck_assert(memcmp(code, "DE", 2) == 0);
	ck_assert(!geo_country(geo, 4, unknown, code));
	ck_assert(!geo_country(geo, 6, of_6, code));
	ck_assert(!geo_country(geo, 0, known, code));
	geo_close(geo);
}
END_TEST

/** Each byte is made another, one by one: whatever it says, nothing behind the end is read. */
START_TEST(test_broken_bytes_do_no_harm)
{
	static const uint8_t values[] = {0, 0x1f, 0x3f, 0x7f, 0xff};
	static const uint8_t addresses[2][4] = {{200, 1, 2, 3}, {10, 1, 2, 3}};
	struct geo *geo;
	char code[GEO_CODE];

	make(24);
	for (size_t i = 0; i < size; i++) {
		uint8_t was = bytes[i];

		bytes[i] = values[_i];
		if (open_bytes(&geo) == 0) {
			geo_country(geo, 4, addresses[0], code);
			geo_country(geo, 4, addresses[1], code);
			geo_close(geo);
		}
		bytes[i] = was;
	}
}
END_TEST

START_TEST(test_file_that_ends_early_is_refused)
{
	struct geo *geo;

	make(24);
	for (size--; size != 0; size--)
		ck_assert_int_ne(open_bytes(&geo), 0);
	ck_assert_int_ne(open_bytes(&geo), 0);
	ck_assert_ptr_nonnull(strstr(why, "no database"));
	ck_assert_int_ne(geo_open("/nonexistent", &geo, why, sizeof(why)), 0);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("geo");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, test_country_is_found, 0, 3);
	tcase_add_loop_test(tcase, test_broken_bytes_do_no_harm, 0, 5);
	tcase_add_test(tcase, test_file_that_ends_early_is_refused);
	return unit_main("ids geo", tcase);
}
