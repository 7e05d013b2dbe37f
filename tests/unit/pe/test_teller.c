/* SPDX-License-Identifier: BSD-3-Clause */
/* pe/teller.c: so much is told, in order, and no more. */

#include <stdio.h>
#include <string.h>

#include "pe/teller.h"
#include "unit.h"

static const uint64_t second_ns = 1000000000;

/** What was heard. */
struct heard {
	unsigned int n;
	char last[64];
};

static void
hear(void *arg, const char *instance, const char *text, size_t size)
{
	struct heard *heard = arg;

	ck_assert_str_eq(instance, "guard");
	heard->n++;
	memcpy(heard->last, text, size);
	heard->last[size] = '\0';
}

/** Tells @p n records. @return how many are lost */
static unsigned int
tell(struct wp_teller *teller, unsigned int n)
{
	unsigned int lost = 0;
	char text[64];

	for (unsigned int i = 0; i < n; i++) {
		snprintf(text, sizeof(text), "{\"n\": %u}", i);
		lost += !wp_tell(teller, "guard", text, strlen(text));
	}
	return lost;
}

START_TEST(test_what_waits_has_a_bound)
{
	struct wp_teller *teller;
	struct heard heard = {0};

	ck_assert_int_eq(teller_create(&teller), 0);
	ck_assert_uint_eq(tell(teller, TELLER_MAX + 10), 10);
	teller_hand_on(teller, second_ns, hear, &heard);
	ck_assert_uint_eq(heard.n, TELLER_MAX);
	ck_assert_str_eq(heard.last, "{\"n\": 255}");
	teller_destroy(teller);
}
END_TEST

START_TEST(test_so_many_a_second)
{
	struct wp_teller *teller;
	struct heard heard = {0};
	uint64_t now_ns = second_ns;

	ck_assert_int_eq(teller_create(&teller), 0);
	tell(teller, TELLER_MAX);
	teller_hand_on(teller, now_ns, hear, &heard);
	heard.n = 0;
	for (unsigned int i = 0; i < 200; i++) { /* two seconds, by 10 ms */
		tell(teller, 10);
		now_ns += second_ns / 100;
		teller_hand_on(teller, now_ns, hear, &heard);
	}
	ck_assert_uint_eq(heard.n, 2 * TELLER_A_SECOND);
	teller_destroy(teller);
}
END_TEST

START_TEST(test_what_is_too_long_is_lost)
{
	static const char text[TELLER_SIZE_MAX + 1] = "";
	struct wp_teller *teller;

	ck_assert_int_eq(teller_create(&teller), 0);
	ck_assert(!wp_tell(teller, "guard", text, sizeof(text)));
	ck_assert(wp_tell(teller, "guard", text, sizeof(text) - 1));
	teller_hand_on(teller, second_ns, NULL, NULL);
	teller_destroy(teller); /* with nothing in it */
}
END_TEST

START_TEST(test_where_nobody_can_subscribe_all_is_lost)
{
	ck_assert(!wp_tell(NULL, "guard", "{}", 2));
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("teller");

	tcase_add_test(tcase, test_what_waits_has_a_bound);
	tcase_add_test(tcase, test_so_many_a_second);
	tcase_add_test(tcase, test_what_is_too_long_is_lost);
	tcase_add_test(tcase, test_where_nobody_can_subscribe_all_is_lost);
	return unit_main("teller", tcase);
}
