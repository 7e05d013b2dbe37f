/* SPDX-License-Identifier: BSD-3-Clause */
/* services/ids/load.c: what looking may cost. */

#include "conf.h"
#include "load.h"
#include "match/inspect.h"
#include "unit.h"

enum { BUDGET = 100000 /* steps */ };

static const uint64_t second_ns = 1000000000;

static struct load load;
static struct flow_load flow;

static void
open_load(enum load_overload overload, enum ids_mode mode)
{
	const struct ids_conf conf = {.budget = BUDGET * INSPECT_CYCLES_A_STEP,
				      .overload = overload,
				      .later = 10,
				      .mode = mode};

	load_open(&load, &conf);
	load_fill(&load, second_ns);
	flow = (struct flow_load){0};
}

static void
set_up(void)
{
	open_load(LOAD_LATER, IDS_DETECT);
}

START_TEST(test_a_packet_has_its_budget_once)
{
	open_load(LOAD_PASS, IDS_DETECT);
	ck_assert_uint_eq(load_grant(&load, NULL, 1000), BUDGET);
	ck_assert_uint_eq(load_take(&load, NULL, 1000, BUDGET - 10), 0);
	ck_assert_uint_eq(load_grant(&load, NULL, 1000), 10);
	load_take(&load, NULL, 1000, 10);
	ck_assert_uint_eq(load_grant(&load, NULL, 1000), 0);
	load_begin(&load);
	ck_assert_uint_eq(load_grant(&load, NULL, 1000), BUDGET);
}
END_TEST

START_TEST(test_some_a_second_are_told)
{
	for (unsigned int i = 0; i < LOAD_TOLD; i++)
		ck_assert(load_tells(&load, 7 * second_ns + i));
	ck_assert(!load_tells(&load, 7 * second_ns + LOAD_TOLD));
	ck_assert(!load_tells(&load, 8 * second_ns - 1));
	ck_assert(load_tells(&load, 8 * second_ns));
}
END_TEST

START_TEST(test_usual_looks_take_nothing_from_the_purse)
{
	uint64_t purse = load.purses[0].left;

	for (unsigned int i = 0; i < 1000000; i++) {
		load_begin(&load);
		ck_assert_int_lt(load_take(&load, NULL, 1000, 100), 0);
	}
	ck_assert_uint_eq(load.purses[0].left, purse);
}
END_TEST

START_TEST(test_dear_looks_empty_the_purse_and_time_fills_it)
{
	uint64_t most = load.purses[0].left;
	int32_t beyond;

	while (load.purses[0].left >= 8) {
		load_begin(&load);
		beyond = load_take(&load, NULL, 0, load_grant(&load, NULL, 0));
		ck_assert_int_gt(beyond, 0);
	}
	load_begin(&load);
	ck_assert_uint_gt(load_grant(&load, NULL, 0), 0); /* its part */
	ck_assert_uint_lt(load_grant(&load, NULL, 0), 300);
	load_fill(&load, second_ns + 30000000);
	ck_assert_uint_gt(load.purses[0].left, most / 8);
	ck_assert_uint_lt(load.purses[0].left, most / 2);
	load_fill(&load, 60 * second_ns);
	ck_assert_uint_eq(load.purses[0].left, most);
	load_fill(&load, second_ns); /* time does not go back */
	ck_assert_uint_eq(load.purses[0].left, most);
}
END_TEST

START_TEST(test_the_purse_is_the_share_of_a_second)
{
	uint64_t sum = 0;

	load.purses[1].left = 0;
	for (uint64_t now = second_ns; now < 2 * second_ns; now += 1000000) {
		load_fill(&load, now);
		sum += load.purses[1].left;
		load.purses[1].left = 0;
	}
	/* A tenth of 2.5 GHz. */
	ck_assert_uint_gt(sum, (uint64_t)240000000 / INSPECT_CYCLES_A_STEP);
	ck_assert_uint_lt(sum, (uint64_t)260000000 / INSPECT_CYCLES_A_STEP);
}
END_TEST

START_TEST(test_a_flow_becomes_heavy_and_light_again)
{
	unsigned int n = 1;

	for (; load_charge(&flow, 1000, false, second_ns) == LOAD_SAME; n++)
		ck_assert_uint_lt(n, 100);
	ck_assert_uint_gt(n, 3);
	ck_assert(flow.is_heavy);
	ck_assert_int_eq(load_charge(&flow, 0, false, 2 * second_ns), LOAD_SAME);
	ck_assert_int_eq(load_charge(&flow, 0, false, 10 * second_ns), LOAD_LIGHT);
	ck_assert(!flow.is_heavy);
}
END_TEST

START_TEST(test_a_flow_that_is_dear_now_and_then_is_not_heavy)
{
	for (unsigned int i = 1; i < 1000; i++)
		ck_assert_int_eq(load_charge(&flow, 1000, false, i * 2 * second_ns), LOAD_SAME);
}
END_TEST

START_TEST(test_cheap_looks_pay_for_dear_ones)
{
	for (unsigned int i = 0; i < 1000; i++) {
		ck_assert_int_eq(load_charge(&flow, 2000, false, second_ns), LOAD_SAME);
		for (unsigned int k = 0; k < 220; k++)
			ck_assert_int_eq(load_charge(&flow, -80, false, second_ns), LOAD_SAME);
	}
	ck_assert_uint_eq(flow.debt, 0);
}
END_TEST

START_TEST(test_a_flow_whose_looks_are_cut_is_heavy_soon)
{
	unsigned int n = 1;

	while (load_charge(&flow, 0, true, second_ns) == LOAD_SAME)
		n++;
	ck_assert_uint_ge(n, 4);
	ck_assert_uint_lt(n, 8);
}
END_TEST

START_TEST(test_debts_do_not_overflow)
{
	for (unsigned int i = 0; i < 3; i++)
		load_charge(&flow, INT32_MAX, false, second_ns);
	ck_assert_uint_eq(flow.debt, UINT32_MAX);
	load_charge(&flow, 0, false, 1000 * second_ns);
	ck_assert_uint_eq(flow.debt, 0);
	load_charge(&flow, 5, false, second_ns); /* time does not go back */
	ck_assert_uint_eq(flow.debt, 5);
}
END_TEST

START_TEST(test_heavy_flows_pay_for_all_and_wait)
{
	uint64_t purse = load.purses[1].left, others = load.purses[0].left;

	flow.is_heavy = true;
	ck_assert(!load_waits(&load, &flow));
	ck_assert_int_lt(load_take(&load, &flow, 1000, 50), 0); /* within its part, */
	ck_assert_uint_eq(load.purses[1].left, purse - 50);     /* but paid for, */
	ck_assert_uint_eq(load.purses[0].left, others);         /* out of their own */
	load.purses[1].left = 0;
	ck_assert(load_waits(&load, &flow));
	ck_assert_uint_eq(load_grant(&load, &flow, 1000), 0);
	ck_assert(!load_waits(&load, NULL));
	load.purses[1].left = LOAD_LEAST;
	ck_assert(!load_waits(&load, &flow));
	load.purses[1].left = 0;
	flow.is_heavy = false;
	ck_assert(!load_waits(&load, &flow));
}
END_TEST

START_TEST(test_who_waits_is_dropped_only_where_packets_wait_for_looks)
{
	static const struct {
		enum load_overload overload;
		enum ids_mode mode;
		bool drops, puts_off;
	} cases[] = {
		{LOAD_PASS, IDS_DETECT, false, false}, {LOAD_PASS, IDS_PREVENT, false, false},
		{LOAD_DROP, IDS_PREVENT, true, false}, {LOAD_LATER, IDS_DETECT, false, true},
		{LOAD_LATER, IDS_PREVENT, true, true},
	};

	open_load(cases[_i].overload, cases[_i].mode);
	ck_assert_int_eq(load.drops, cases[_i].drops);
	ck_assert_int_eq(load.puts_off, cases[_i].puts_off);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("load");

	tcase_add_checked_fixture(tcase, set_up, NULL);
	tcase_add_test(tcase, test_a_packet_has_its_budget_once);
	tcase_add_test(tcase, test_some_a_second_are_told);
	tcase_add_test(tcase, test_usual_looks_take_nothing_from_the_purse);
	tcase_add_test(tcase, test_dear_looks_empty_the_purse_and_time_fills_it);
	tcase_add_test(tcase, test_the_purse_is_the_share_of_a_second);
	tcase_add_test(tcase, test_a_flow_becomes_heavy_and_light_again);
	tcase_add_test(tcase, test_a_flow_that_is_dear_now_and_then_is_not_heavy);
	tcase_add_test(tcase, test_cheap_looks_pay_for_dear_ones);
	tcase_add_test(tcase, test_a_flow_whose_looks_are_cut_is_heavy_soon);
	tcase_add_test(tcase, test_debts_do_not_overflow);
	tcase_add_test(tcase, test_heavy_flows_pay_for_all_and_wait);
	tcase_add_loop_test(tcase, test_who_waits_is_dropped_only_where_packets_wait_for_looks, 0,
			    5);
	return unit_main("ids load", tcase);
}
