/* SPDX-License-Identifier: BSD-3-Clause */
/* services/ids/match/prefilter.c: no literal that is there is missed. */

#include <stdio.h>
#include <string.h>

#include <hs/hs.h>

#include "match/ballast.h"
#include "match/prefilter.h"
#include "unit.h"

enum { LITERALS = 4 };

static const struct {
	const char *literals[LITERALS]; /* in lower case where any case will do */
	bool nocase;
	const char *text;
	uint32_t found; /* bits */
} cases[] = {
	{{"one", "two", "on"}, false, "one", 5},
	{{"one", "two"}, false, "xxxtwo", 2},
	{{"one", "two"}, false, "", 0},
	{{"one"}, false, "ONE", 0},
	{{"one"}, true, "ONE", 1},
	/* Hyperscan 5.4 by itself misses long ones, and others beside them. */
	{{"tvqqaamaaaaeaaaa//8aalgaaaaaaaaaqaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	  "not on system console"},
	 true,
	 "not on system console",
	 2},
	{{"tvqqaamaaaaeaaaa//8aalgaaaaaaaaaqaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	  "ssh-2.0-libssh-0."},
	 true,
	 "TVqQAAMAAAAEAAAA//8AALgAAAAAAAAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	 1},
	{{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "b"},
	 false,
	 "xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaax",
	 1},
};

static struct prefilter *
make(unsigned int which)
{
	struct prefilter_plan *plan = prefilter_plan();
	struct prefilter *prefilter = NULL;
	char why[128];

	ck_assert_ptr_nonnull(plan);
	for (uint32_t i = 0; i < LITERALS && cases[which].literals[i] != NULL; i++)
		ck_assert_int_eq(prefilter_add(plan, (const uint8_t *)cases[which].literals[i],
					       (uint16_t)strlen(cases[which].literals[i]),
					       cases[which].nocase, i),
				 0);
	ck_assert_int_eq(prefilter_create(plan, NULL, &prefilter, why, sizeof(why)), 0);
	prefilter_plan_destroy(plan);
	return prefilter;
}

START_TEST(test_literals_that_are_there_are_found)
{
	uint32_t rules[LITERALS], seen[LITERALS] = {0}, found = 0;
	struct candidates candidates = {.rules = rules, .seen = seen};
	struct prefilter *prefilter = make((unsigned int)_i);
	struct hs_scratch *scratch = NULL;

	ck_assert_int_eq(prefilter_grow_scratch(prefilter, &scratch), 0);
	candidates_clear(&candidates);
	prefilter_scan(prefilter, scratch, (const uint8_t *)cases[_i].text,
		       (uint32_t)strlen(cases[_i].text), &candidates);
	for (uint32_t i = 0; i < candidates.n; i++)
		found |= 1u << candidates.rules[i];
	ck_assert_uint_eq(found, cases[_i].found);
	hs_free_scratch(scratch);
	prefilter_destroy(prefilter);
}
END_TEST

/** Scans a text. @return how many rules may hold */
static uint32_t
scan(const struct prefilter *prefilter, const void *text, size_t size,
     struct candidates *candidates)
{
	struct hs_scratch *scratch = NULL;

	ck_assert_int_eq(prefilter_grow_scratch(prefilter, &scratch), 0);
	candidates_clear(candidates);
	prefilter_scan(prefilter, scratch, text, (uint32_t)size, candidates);
	hs_free_scratch(scratch);
	return candidates->n;
}

START_TEST(test_ballast_is_nobodys)
{
	enum { MANY = 1000, LITERAL = 16 };
	static char literals[MANY][LITERAL];
	static uint32_t rules[MANY], seen[MANY];
	struct ballast ballast[BALLAST_LITERALS];
	struct candidates candidates = {.rules = rules, .seen = seen};
	struct prefilter_plan *plan = prefilter_plan();
	struct prefilter *prefilter;
	char why[128];

	for (uint32_t i = 0; i < MANY; i++) {
		snprintf(literals[i], LITERAL, "%u-literal", i + MANY);
		ck_assert_int_eq(prefilter_add(plan, (const uint8_t *)literals[i],
					       (uint16_t)strlen(literals[i]), i % 2 == 0, i),
				 0);
	}
	ck_assert_int_eq(prefilter_create(plan, NULL, &prefilter, why, sizeof(why)), 0);
	prefilter_plan_destroy(plan);
	for (uint32_t i = 0; i < MANY; i += MANY / LITERAL) {
		ck_assert_uint_eq(scan(prefilter, literals[i], strlen(literals[i]), &candidates),
				  1);
		ck_assert_uint_eq(rules[0], i);
	}
	ballast_fill(ballast, BALLAST_LITERALS);
	ck_assert_uint_eq(scan(prefilter, ballast, sizeof(ballast), &candidates), 0);
	prefilter_destroy(prefilter);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("prefilter");

	tcase_add_test(tcase, test_ballast_is_nobodys);
	tcase_add_loop_test(tcase, test_literals_that_are_there_are_found, 0, ROWS(cases));
	return unit_main("ids prefilter", tcase);
}
