/* SPDX-License-Identifier: BSD-3-Clause */
/* services/ids/match/rarity.c: how seldom bytes are met. */

#include "match/rarity.h"

#include <string.h>

#include "unit.h"

static unsigned int
of(const char *text)
{
	return rarity((const uint8_t *)text, (unsigned int)strlen(text), false);
}

static unsigned int
end_of(const char *bytes, unsigned int size)
{
	return rarity_end((const uint8_t *)bytes, size, false);
}

START_TEST(test_what_is_rare)
{
	ck_assert_uint_gt(of("xq"), of("ea"));
	ck_assert_uint_gt(of("longer"), of("long"));
	ck_assert_uint_gt(of("ab"), of("aaaa")); /* padding */
	ck_assert_uint_gt(of("%{"), of("12"));
	ck_assert_uint_gt(rarity((const uint8_t *)"ABCD", 4, false),
			  rarity((const uint8_t *)"ABCD", 4, true));
	ck_assert_uint_eq(of(""), 0);
}
END_TEST

/** What ends with what is everywhere is looked for by what stands in front of it. */
START_TEST(test_where_it_ends)
{
	ck_assert_uint_eq(end_of("\xd0\xcf\x11\xe0\xa1\0\0\0\0\0", 10), 5);
	ck_assert_uint_eq(end_of("name=%{x}", 9), 9);
	ck_assert_uint_eq(end_of("\x90\0\0\0", 4), 4); /* it is as short as may be */
	ck_assert_uint_eq(end_of("\0\0\0\0\0\0", 6), 6);
	ck_assert_uint_eq(end_of("", 0), 0);
	ck_assert_uint_eq(end_of("x", 1), 1);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("rarity");

	tcase_add_test(tcase, test_what_is_rare);
	tcase_add_test(tcase, test_where_it_ends);
	return unit_main("ids rarity", tcase);
}
