/* SPDX-License-Identifier: BSD-3-Clause */
/* Rules that are read and compiled are given up as soon as nobody wants them any more. */

#include <errno.h>
#include <string.h>

#include "match/detector.h"
#include "rule/classification.h"
#include "rule/compiling.h"
#include "rule/set.h"
#include "rule/vars.h"
#include "unit.h"

enum { WHY = 256, ASKED_MAX = 1000 };

static const char rules[] =
	"alert tcp any any -> any 80 (content:\"abc\"; sid:1;)\n"
	"alert tcp any any -> any 25 (content:\"def\"; pcre:\"/d.f+/\"; sid:2;)\n"
	"alert http any any -> any any (http.uri; content:\"ghi\"; pcre:\"/g.h+/\"; sid:3;)\n"
	"alert udp any any -> any any (content:\"jkl\"; sid:4;)\n";

static struct vars *vars;
static struct wp_arena *arena;
static struct classification *classes;
static unsigned int wanted; /* how often it is wanted when asked */
static unsigned int n_asked;

static void
set_up(void)
{
	char why[WHY];

	vars = vars_create();
	arena = wp_arena_create();
	ck_assert_int_eq(vars_defaults(vars), 0);
	ck_assert_int_eq(classification_create(arena, NULL, &classes, why, sizeof(why)), 0);
	wanted = n_asked = 0;
}

static void
tear_down(void)
{
	wp_arena_destroy(arena);
	vars_destroy(vars);
}

static bool
is_over(const struct wp_env *env)
{
	ck_assert_ptr_null(env);
	return n_asked++ >= wanted;
}

/** Reads and compiles the rules. @param[out] why  room for WHY bytes @return 0 or a negative errno
 */
static int
compile(const struct compiling *compiling, char *why)
{
	const struct rule_set_conf conf = {
		.vars = vars, .classes = classes, .compiling = compiling};
	struct detector *detector;
	struct rule_set *set;
	int err;

	why[0] = '\0';
	ck_assert_int_eq(rule_set_create(&conf, &set), 0);
	err = rule_set_read_text(set, "some.rules", rules, strlen(rules));
	if (err == 0) {
		ck_assert_int_eq(rule_set_finish(set), 0);
		err = detector_create(set, compiling, &detector, why, WHY);
	}
	if (err != 0) {
		rule_set_destroy(set);
		return err;
	}
	ck_assert_uint_eq(detector->n_serving, 4);
	detector_destroy(detector);
	return 0;
}

/** At each place where it is asked; what was made until then is given back. */
START_TEST(test_it_ends_where_it_asks)
{
	const struct compiling compiling = {.is_over = is_over};
	char why[WHY];
	int err;

	while ((err = compile(&compiling, why)) != 0) {
		ck_assert_int_eq(err, -ECANCELED);
		ck_assert(why[0] == '\0' || strcmp(why, "given up") == 0);
		ck_assert_uint_le(n_asked, wanted + 2); /* no more than once again */
		ck_assert_uint_lt(++wanted, ASKED_MAX);
		n_asked = 0;
	}
	ck_assert_uint_gt(wanted, 4 + 4 + 3); /* while it reads, admits and compiles */
}
END_TEST

START_TEST(test_nobody_needs_to_give_up)
{
	const struct compiling compiling = {.cache = NULL};
	char why[WHY];

	ck_assert_int_eq(compile(NULL, why), 0);
	ck_assert_int_eq(compile(&compiling, why), 0);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("compiling");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, test_it_ends_where_it_asks);
	tcase_add_test(tcase, test_nobody_needs_to_give_up);
	return unit_main("ids compiling", tcase);
}
