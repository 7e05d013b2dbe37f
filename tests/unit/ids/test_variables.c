/* SPDX-License-Identifier: BSD-3-Clause */
/* services/ids/variables.c: what a configuration says that rules' names stand for. */

#include <errno.h>
#include <string.h>

#include "unit.h"
#include "variables.h"

static struct wp_arena *arena;
static struct vars *vars;

static void
set_up(void)
{
	arena = wp_arena_create();
	vars = vars_create();
}

static void
tear_down(void)
{
	vars_destroy(vars);
	wp_arena_destroy(arena);
}

static const struct {
	const char *given, *why; /* NULL: good */
} cases[] = {
	{"{}", NULL},
	{"{'HOME_NET': 'any'}", NULL},
	{"{'HOME_NET': '$OURS', 'OURS': '[10.0.0.0/8,!10.1.0.0/16,2001:db8::/32]'}", NULL},
	{"{'EXTERNAL_NET': '!$HOME_NET', 'HTTP_PORTS': '[80,8000:8080]'}", NULL},
	{"{'WEB': '80,443'}", NULL},
	{"{'HOME_NET': 1}", "HOME_NET: not a text of addresses or ports"},
	{"{'$HOME_NET': '10.0.0.0/8'}",
	 "'$HOME_NET': a name has no '$', and none of ! , [ ] or blanks"},
	{"{'': '10.0.0.0/8'}", "'': a name has no '$', and none of ! , [ ] or blanks"},
	{"{'HOME_NET': '[10.0.0.0/8'}", "HOME_NET: '[10.0.0.0/8': a ']' is missing"},
	{"{'HOME_NET': '10.0.0.0/33'}",
	 "HOME_NET: '10.0.0.0/33': a prefix of IPv4 has 0 to 32 bits"},
	{"{'HOME_NET': '$OURS'}", "HOME_NET: '$OURS': there is no such variable"},
	{"{'HTTP_PORTS': '10.0.0.1'}", "HTTP_PORTS: '10.0.0.1': not a port (0 to 65535) or a "
				       "range of ports (1024:65535)"},
	{"{'SAFE': '10.0.0.1', 'HTTP_PORTS': '80,99999'}",
	 "HTTP_PORTS: '99999': not a port (0 to 65535) or a range of ports (1024:65535)"},
};

START_TEST(test_what_rules_could_not_use_is_refused)
{
	char given[128], why[256] = "";
	json_t *json;

	snprintf(given, sizeof(given), "%s", cases[_i].given);
	for (char *c = given; (c = strchr(c, '\'')) != NULL;)
		*c = '"';
	json = json_loads(given, 0, NULL);
	ck_assert_ptr_nonnull(json);
	ck_assert_int_eq(variables_set(json, arena, vars, why, sizeof(why)),
			 cases[_i].why == NULL ? 0 : -EINVAL);
	ck_assert_str_eq(why, cases[_i].why == NULL ? "" : cases[_i].why);
	json_decref(json);
}
END_TEST

START_TEST(test_names_that_stand_for_each_other_are_refused)
{
	json_t *json = json_pack("{ss ss}", "A", "$B", "B", "$A");
	char why[256];

	ck_assert_int_eq(variables_set(json, arena, vars, why, sizeof(why)), -EINVAL);
	json_decref(json);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("variables");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, test_what_rules_could_not_use_is_refused, 0,
			    sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tcase, test_names_that_stand_for_each_other_are_refused);
	return unit_main("ids_variables", tcase);
}
