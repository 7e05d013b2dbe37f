/* SPDX-License-Identifier: BSD-3-Clause */
/* services/ids/match/cost.c, hostile.c, sample.c, inspect.c: what rules cost at the most, and what
 * they still find. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "match/detector.h"
#include "match/hostile.h"
#include "match/inspect.h"
#include "match/sample.h"
#include "rule/vars.h"
#include "unit.h"

enum { ROOM = 256 };

static struct vars *vars;
static struct rule_set *set;
static struct detector *detector;
static char why[256];

static void
tear_down(void)
{
	if (detector != NULL)
		detector_destroy(detector);
	else if (set != NULL)
		rule_set_destroy(set);
	vars_destroy(vars);
	detector = NULL;
	set = NULL;
	vars = NULL;
}

/** Reads rules. @param conditions  of the only one */
static void
read_rule(const char *conditions)
{
	char file[] = "/tmp/test_cost.XXXXXX";
	int fd = mkstemp(file);
	FILE *to = fdopen(fd, "w");
	struct rule_set_conf conf;

	ck_assert_ptr_nonnull(to);
	fprintf(to, "alert tcp any any -> any any (%s sid:1;)\n", conditions);
	fclose(to);
	vars = vars_create();
	ck_assert_int_eq(vars_defaults(vars), 0);
	conf = (struct rule_set_conf){.vars = vars};
	ck_assert_int_eq(rule_set_create(&conf, &set), 0);
	ck_assert_int_eq(rule_set_read(set, file), 0);
	ck_assert_int_eq(rule_set_finish(set), 0);
	ck_assert_int_eq(detector_create(set, NULL, &detector, why, sizeof(why)), 0);
	remove(file);
}

/* Samples. */

static const struct {
	const char *pattern, *sample;
} samples[] = {
	{"abc", "abc"},
	{"a\\x41\\.\\r\\n", "aA.\r\n"},
	{"^a+b*c?$", "abc"},
	{"(?:one|two)three", "onethree"},
	{"(?P<name>x)y", "xy"},
	{"(?=.*q)a(?!b)c", "ac"},
	{"[a-f0-9]{3}z", "aaaz"},
	{"[^a]x", "bx"},
	{"[]x]y", "]y"},
	{"\\d\\w\\s\\b-", "7a -"},
	{"(ab){2,}?c", "ababc"},
	{"a{,3}", "a{,3}"},
	{"a|b", "a"},
	{".", "a"},
	{"(((", ""},
	{"a\\", "a"},
	{"[", ""},
};

START_TEST(test_samples_are_what_expressions_take)
{
	uint8_t bytes[ROOM];
	struct sample sample = {.bytes = bytes, .room = sizeof(bytes)};
	const struct rule_pcre pcre = {.text = samples[_i].pattern};
	size_t size = strlen(samples[_i].sample);

	sample_pcre(&sample, &pcre);
	ck_assert_msg(sample.size >= size && memcmp(bytes, samples[_i].sample, size) == 0,
		      "'%s' makes '%.*s'", samples[_i].pattern, (int)sample.size, bytes);
}
END_TEST

START_TEST(test_samples_end_where_the_room_does)
{
	uint8_t bytes[ROOM];
	struct sample sample = {.bytes = bytes, .room = 10};
	const struct rule_pcre pcre = {.text = "((((((((((a{60}){60}){60}){60}){60}))))))"};

	memset(bytes, '!', sizeof(bytes));
	sample_pcre(&sample, &pcre);
	ck_assert_uint_eq(sample.size, 10);
	ck_assert_uint_eq(bytes[10], '!');
}
END_TEST

START_TEST(test_samples_of_nothing_take_no_time)
{
	uint8_t bytes[ROOM];
	struct sample sample = {.bytes = bytes, .room = sizeof(bytes)};
	const struct rule_pcre pcre = {
		.text = "\\Q(((((((((\\b){64}){64}){64}){64}){64}){64}){64}){64}){64}\\E"};

	sample_pcre(&sample, &pcre);
	ck_assert_uint_eq(sample.size, 0);
}
END_TEST

START_TEST(test_hostile_bytes_are_full_of_what_is_looked_for)
{
	uint8_t bytes[ROOM + 1] = {0};
	bool has_both = false;

	read_rule("content:\"first\"; content:\"second\"; distance:2;");
	for (unsigned int i = 0; i < hostile_kinds(&set->rules[0]->lists[0]); i++) {
		hostile_make(&set->rules[0]->lists[0], i, bytes, ROOM);
		ck_assert_uint_eq(strlen((const char *)bytes), ROOM);
		ck_assert_ptr_nonnull(strstr((const char *)bytes, "firs"));
		has_both |= strstr((const char *)bytes, "firstaasecond") != NULL;
	}
	ck_assert(has_both);
}
END_TEST

/* Rules. */

static const struct {
	const char *conditions;
	bool is_ended;
} costs[] = {
	{"content:\"abcd\";", false},
	{"content:\"abcd\"; content:\"efgh\"; nocase;", false},
	{"content:\"abcd\"; content:\"e\"; distance:0; within:10;", false},
	{"content:\"abcd\"; pcre:\"/^[a-z]+\\d/R\";", false},
	{"content:\"aaaa\"; content:\"a\"; distance:0; content:\"a\"; distance:0; content:\"z\"; "
	 "within:1;",
	 true},
	{"content:\"aaaa\"; pcre:\"/(a|b|ab)*(?=x)/\";", true},
	{"content:\"aaaa\"; base64_decode:relative; base64_data; content:\"z\";", true},
	{"content:\"aaaa\"; pcre:\"/(\\w+)\\s.+x.+y.+\\1/s\";", true},
};

START_TEST(test_what_may_be_ended_is_known_and_bounded)
{
	read_rule(costs[_i].conditions);
	ck_assert_uint_eq(set->n_faults, 0);
	ck_assert_uint_le(detector->asked[0].cost.cycles, COST_NEVER);
	if (!costs[_i].is_ended)
		ck_assert(!detector->asked[0].cost.is_tightened);
	else
		ck_assert_uint_gt(detector->asked[0].cost.cycles, 5);
}
END_TEST

START_TEST(test_tightened_expressions_are_still_found)
{
	const struct rule_pcre pcre = {.text = "b+c"};
	struct pattern_steps steps = {10000, 10000};
	struct pattern_worker *worker;
	struct pattern_found found;
	struct pattern *pattern;
	struct hs_database *hs = pattern_compile_hs(&pcre);

	ck_assert_ptr_nonnull(hs);
	ck_assert_int_eq(pattern_create(&pcre, hs, false, &pattern, why, sizeof(why)), 0);
	/* Several rules may have it, each of them dear. */
	for (unsigned int i = 0; i < 12; i++)
		ck_assert_int_eq(pattern_tighten(pattern, &pcre), 0);
	worker = pattern_worker_create(NULL);
	ck_assert_int_eq(
		pattern_search(pattern, worker, (const uint8_t *)"aabbcd", 6, 1, &steps, &found),
		PATTERN_PRESENT);
	ck_assert_uint_eq(found.start, 2);
	ck_assert_uint_eq(found.end, 5);
	pattern_worker_destroy(worker);
	pattern_destroy(pattern);
}
END_TEST

START_TEST(test_places_far_behind_are_found)
{
	uint8_t bytes[5000];
	const struct rule_pcre pcre = {.text = "(?=q)q.z"};
	struct pattern_steps steps = {1000000, 1000000};
	struct pattern_worker *worker = pattern_worker_create(NULL);
	struct pattern_found found;
	struct pattern *pattern;

	ck_assert_int_eq(pattern_create(&pcre, NULL, true, &pattern, why, sizeof(why)), 0);
	for (uint32_t at = 0; at + 3 <= sizeof(bytes); at += 1 + at / 7) {
		memset(bytes, 'q', sizeof(bytes));
		memcpy(bytes + at, "qqz", 3);
		steps.left = steps.most;
		ck_assert_int_eq(
			pattern_search(pattern, worker, bytes, sizeof(bytes), 0, &steps, &found),
			PATTERN_PRESENT);
		ck_assert_uint_eq(found.start, at);
	}
	memset(bytes, 'q', sizeof(bytes));
	ck_assert_int_eq(pattern_search(pattern, worker, bytes, sizeof(bytes), 0, &steps, &found),
			 PATTERN_ABSENT);
	steps = (struct pattern_steps){1, 1000};
	ck_assert_int_eq(pattern_search(pattern, worker, bytes, sizeof(bytes), 0, &steps, &found),
			 PATTERN_GAVE_UP);
	pattern_worker_destroy(worker);
	pattern_destroy(pattern);
}
END_TEST

START_TEST(test_an_expression_is_found_however_often_it_is_tightened)
{
	static const uint8_t bytes[] = "xxabbbc";
	const struct rule_pcre pcre = {.text = "ab+c"};
	struct pattern_steps steps = {1000, 1000};
	struct pattern_worker *worker = pattern_worker_create(NULL);
	struct pattern_found found;
	struct pattern *pattern;

	ck_assert_ptr_nonnull(worker);
	ck_assert_int_eq(pattern_create(&pcre, NULL, true, &pattern, why, sizeof(why)), 0);
	for (unsigned int i = 0; i < 20; i++)
		ck_assert_int_eq(pattern_tighten(pattern, &pcre), 0);
	ck_assert_int_eq(pattern_search(pattern, worker, bytes, sizeof(bytes), 0, &steps, &found),
			 PATTERN_PRESENT);
	ck_assert_uint_eq(found.start, 2);
	pattern_destroy(pattern);
	pattern_worker_destroy(worker);
}
END_TEST

/* Conditions that do not hold behind the first place where the one before does, but behind another:
 * nobody hides what they look for by putting such a place in front. */
static const struct {
	const char *conditions, *bytes;
} retried[] = {
	{"content:\"LEN\"; byte_jump:1,0,relative; content:\"EVIL\"; distance:0;",
	 "LEN\x20..LEN\x04...."
	 "EVIL..................................."},
	{"content:\"LEN\"; byte_extract:1,0,n,relative; content:\"Q\"; distance:0; "
	 "content:\"EVIL\"; distance:n; within:4;",
	 "LEN9..LEN\x01Q.EVIL"},
	{"content:\"LEN\"; byte_math:bytes 1, offset 0, oper +, rvalue 1, result n, relative; "
	 "content:\"Q\"; distance:0; content:\"EVIL\"; distance:n; within:4;",
	 "LEN9..LEN\x01Q..EVIL"},
	{"content:\"LEN\"; pcre:\"/a.*z|b/R\"; content:\"EVIL\"; distance:0;", "LENa..bEVIL..z"},
	{"content:\"LEN\"; pcre:\"/^./Rm\"; content:\"EVIL\"; within:4;", "LENa.\nbEVIL"},
	/* What is not to be there moves nothing: an expression in front still says where it ends.
	 */
	{"pcre:\"/E.I/\"; content:!\"y\"; content:\"L\"; within:1;", "EXIzEVIL"},
	{"content:\"LEN\"; content:!\"zz\"; pcre:!\"/yy/\"; content:\"EVIL\"; within:4;",
	 "LEN.LENEVIL"},
	{"pcre:\"/E.I/i\"; content:!\"x\"; isdataat:1,relative;", "EVIL."},
	{"pcre:\"/E.I/\"; pcre:!\"/x/\"; content:!\"y\"; content:\"L\"; within:1;", "EVIL"},
};

/** Whether conditions hold of bytes. */
static bool
holds(const char *conditions, const char *text)
{
	struct inspector inspector = {.budget = UINT32_MAX};
	const struct inspect_bytes bytes = {(const uint8_t *)text, (uint32_t)strlen(text), 0};
	bool found;

	read_rule(conditions);
	ck_assert_uint_eq(set->n_faults, 0);
	inspector.patterns = pattern_worker_create(detector->scratch);
	inspect_begin(&inspector, set->rules[0]);
	found = inspect(&inspector, &set->rules[0]->lists[0], &bytes);
	pattern_worker_destroy(inspector.patterns);
	return found;
}

START_TEST(test_later_places_are_tried)
{
	ck_assert(holds(retried[_i].conditions, retried[_i].bytes));
}
END_TEST

/* A place that is tried later is no beginning: what stands in front of it is still there. */
static const struct {
	const char *conditions, *bytes;
} never[] = {
	{"pcre:\"/^./\"; isdataat:!1,relative;", "abc"},
	{"pcre:\"/^[a-z]/i\"; content:\"EVIL\"; within:4;", "ab.cEVIL"},
	{"content:\"LEN\"; pcre:\"/^[a-z]/R\"; content:\"EVIL\"; within:4;", "LENab.cEVIL"},
	{"content:\"LEN\"; pcre:\"/\\A[a-z]/R\"; content:\"EVIL\"; within:4;", "LENabcEVIL"},
	{"pcre:\"/a|(?<!a)b/\"; content:\"EVIL\"; within:4;", "abEVIL"},
	{"pcre:\"/a|\\bb/\"; content:\"EVIL\"; within:4;", "abEVIL"},
	{"pcre:\"/^./m\"; content:\"EVIL\"; within:4;", "ab.\ncdEVIL"},
};

START_TEST(test_a_later_place_is_no_beginning)
{
	ck_assert(!holds(never[_i].conditions, never[_i].bytes));
}
END_TEST

/* Of bytes that say -16. */
static const struct {
	const char *conditions;
	bool holds;
} beyond[] = {
	{"byte_extract:8,0,n; isdataat:n;", false},
	{"byte_extract:8,0,n; isdataat:n,relative;", false},
	{"byte_extract:8,0,n; isdataat:!n,relative;", true},
	{"byte_math:bytes 1, offset 8, oper -, rvalue 40, result n; isdataat:n;", false},
	{"byte_math:bytes 1, offset 8, oper -, rvalue 40, result n; content:\"and\"; depth:n;",
	 true},
	{"byte_math:bytes 1, offset 8, oper -, rvalue 40, result n; content:\"and\"; offset:n;",
	 false},
	{"byte_extract:8,0,n; content:\"and\"; offset:1; depth:n;", true},
};

START_TEST(test_a_number_may_be_larger_than_any_buffer)
{
	ck_assert(holds(beyond[_i].conditions, "\xff\xff\xff\xff\xff\xff\xff\xf0 and more") ==
		  beyond[_i].holds);
}
END_TEST

/* Of bytes that say 2^63 - 1. */
static const struct {
	const char *conditions;
	bool holds;
} far[] = {
	{"byte_extract:8,0,n; content:\"more\"; distance:n;", false},
	{"byte_extract:8,0,n; content:\"more\"; within:n;", true},
	{"byte_extract:8,0,n; content:\"more\"; offset:n;", false},
	{"byte_extract:8,0,n; content:\"more\"; offset:1; depth:n;", true},
	{"byte_extract:8,0,n; content:\"more\"; offset:n; depth:n;", false},
};

START_TEST(test_a_place_behind_a_large_number_is_no_place)
{
	ck_assert(holds(far[_i].conditions, "\x7f\xff\xff\xff\xff\xff\xff\xff and more") ==
		  far[_i].holds);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("cost");

	tcase_add_checked_fixture(tcase, NULL, tear_down);
	tcase_add_loop_test(tcase, test_samples_are_what_expressions_take, 0, ROWS(samples));
	tcase_add_test(tcase, test_samples_end_where_the_room_does);
	tcase_add_test(tcase, test_samples_of_nothing_take_no_time);
	tcase_add_test(tcase, test_hostile_bytes_are_full_of_what_is_looked_for);
	tcase_add_loop_test(tcase, test_what_may_be_ended_is_known_and_bounded, 0, ROWS(costs));
	tcase_add_test(tcase, test_tightened_expressions_are_still_found);
	tcase_add_test(tcase, test_places_far_behind_are_found);
	tcase_add_test(tcase, test_an_expression_is_found_however_often_it_is_tightened);
	tcase_add_loop_test(tcase, test_later_places_are_tried, 0, ROWS(retried));
	tcase_add_loop_test(tcase, test_a_later_place_is_no_beginning, 0, ROWS(never));
	tcase_add_loop_test(tcase, test_a_number_may_be_larger_than_any_buffer, 0, ROWS(beyond));
	tcase_add_loop_test(tcase, test_a_place_behind_a_large_number_is_no_place, 0, ROWS(far));
	return unit_main("ids cost", tcase);
}
