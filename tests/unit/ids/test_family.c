/* SPDX-License-Identifier: BSD-3-Clause */
/* Which rules are looked for on which port, and in what is spoken. Rules here have no literal, so
 * that what a bundle has can be read off its list. */

#include <errno.h>
#include <stdio.h>

#include "conf/arena.h"
#include "match/family.h"
#include "rule/port.h"
#include "rule/vars.h"
#include "unit.h"

/** Makes a family of rules whose numbers are their places. @param ports  "any", "80", ... */
static void
create(struct wp_arena *arena, const char *const *ports, const uint8_t *l7, uint32_t n,
       struct family *family)
{
	struct family_plan *plan = family_plan_create();
	const struct vars *vars = NULL;
	char why[256];

	ck_assert_ptr_nonnull(plan);
	for (uint32_t i = 0; i < n; i++) {
		struct family_rule rule = {.rule = i, .l7 = l7 == NULL ? 0 : l7[i]};

		ck_assert_int_eq(
			port_set_parse(arena, vars, ports[i], &rule.ports, why, sizeof(why)), 0);
		ck_assert_int_eq(family_add(plan, &rule), 0);
	}
	ck_assert_int_eq(family_create(plan, 1, NULL, family, why, sizeof(why)), 0);
	family_plan_destroy(plan);
}

/** Checks which rules a bundle has. @param expected  their numbers, one digit each */
static void
check(const struct bundle *bundle, const char *expected)
{
	char rules[16] = "";

	for (unsigned int i = 0; bundle != NULL && i < bundle->n_always; i++)
		snprintf(rules + i, sizeof(rules) - i, "%u", bundle->always[i]);
	ck_assert_str_eq(rules, expected);
}

static const char *const ports[] = {"any", "80", "[80:90,443]", "!80", "90", "any", "443"};
static const uint8_t l7[] = {0, 0, 0, 0, 0, RULE_L7_TLS, RULE_L7_TLS};

START_TEST(test_a_port_has_the_rules_that_name_it)
{
	struct wp_arena *arena = wp_arena_create();
	struct family family;

	create(arena, ports, l7, ROWS(ports), &family);
	check(family_of_port(&family, 79), "");
	check(family_of_port(&family, 80), "12");
	check(family_of_port(&family, 81), "2");
	check(family_of_port(&family, 89), "2");
	check(family_of_port(&family, 90), "24");
	check(family_of_port(&family, 91), "");
	check(family_of_port(&family, 443), "26");
	check(family_of_port(&family, 0), "");
	check(family_of_port(&family, 65535), "");
	ck_assert_uint_eq(family.n_classes, 4);
	ck_assert_ptr_eq(family_of_port(&family, 82), family_of_port(&family, 88));
	family_destroy(&family);
	wp_arena_destroy(arena);
}
END_TEST

START_TEST(test_rules_for_any_port_are_parted_by_what_is_spoken)
{
	struct wp_arena *arena = wp_arena_create();
	struct family family;

	create(arena, ports, l7, ROWS(ports), &family);
	check(family_of_l7(&family, RULE_L7_UNKNOWN), "03");
	check(family_of_l7(&family, RULE_L7_HTTP), "03");
	check(family_of_l7(&family, RULE_L7_TLS), "035");
	ck_assert_ptr_eq(family_of_l7(&family, RULE_L7_HTTP),
			 family_of_l7(&family, RULE_L7_UNKNOWN));
	family_destroy(&family);
	wp_arena_destroy(arena);
}
END_TEST

START_TEST(test_classes_beyond_the_most_share_one)
{
	enum { RULES = 1500 };
	struct wp_arena *arena = wp_arena_create();
	const char *each[RULES];
	char texts[RULES][8];
	struct family family;

	for (unsigned int i = 0; i < RULES; i++) {
		snprintf(texts[i], sizeof(texts[i]), "%u", i);
		each[i] = texts[i];
	}
	create(arena, each, NULL, RULES, &family);
	ck_assert_uint_eq(family.n_classes, 1024);
	for (uint16_t port = 0; port < RULES; port++) {
		const struct bundle *bundle = family_of_port(&family, port);
		unsigned int i = 0;

		ck_assert_ptr_nonnull(bundle);
		while (i < bundle->n_always && bundle->always[i] != port)
			i++;
		ck_assert_uint_lt(i, bundle->n_always);
	}
	ck_assert_ptr_null(family_of_port(&family, RULES));
	family_destroy(&family);
	wp_arena_destroy(arena);
}
END_TEST

START_TEST(test_a_family_of_no_rules_has_none)
{
	struct wp_arena *arena = wp_arena_create();
	struct family family;

	create(arena, NULL, NULL, 0, &family);
	check(family_of_port(&family, 80), "");
	check(family_of_l7(&family, RULE_L7_TLS), "");
	family_destroy(&family);
	wp_arena_destroy(arena);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("family");

	tcase_add_test(tcase, test_a_port_has_the_rules_that_name_it);
	tcase_add_test(tcase, test_rules_for_any_port_are_parted_by_what_is_spoken);
	tcase_add_test(tcase, test_classes_beyond_the_most_share_one);
	tcase_add_test(tcase, test_a_family_of_no_rules_has_none);
	return unit_main("ids_family", tcase);
}
