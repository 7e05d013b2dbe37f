/* SPDX-License-Identifier: BSD-3-Clause */
/* services/ids/match/ask.c: bytes of a stream that are looked at again with those behind them. */

#include <stdio.h>
#include <string.h>

#include "host_bed.h"

enum { SIZE = 1000 };

/** @param mode  "detect" or "prevent" */
static void
open_host(const char *mode, const char *rules)
{
	json_t *config = json_pack("{ss s[s] si}", "mode", mode, "events", "alert", "chunk", 1);

	bed_server_port = 9999;
	ck_assert_msg(bed_open(rules, config) == 0, "%s", bed_why);
}

/** Sends bytes, which are acknowledged. */
static void
say(const char *text)
{
	bed_segment(0, ACK | PSH, text);
	bed_segment(1, ACK, "");
}

/** @return how many alerts a rule has given so far. */
static unsigned int
count_alerts(unsigned int sid)
{
	char text[64];

	snprintf(text, sizeof(text), "\"signature_id\":%u,", sid);
	return bed_count(text);
}

/* A rule that sets a bit, and one that asks for it. */
#define SETTER                                                                                     \
	"alert tcp any any -> any 9999 (flow:established,to_server; content:\"setter\"; "          \
	"flowbits:set,open; flowbits:noalert; sid:1;)\n"
#define NEEDLE                                                                                     \
	"alert tcp any any -> any 9999 (flow:established,to_server; content:\"needle\"; "          \
	"flowbits:isset,open; sid:2;)\n"

static const char *const modes[] = {"detect", "prevent"};

/** A rule that holds of bytes for as long as they are there alerts once. */
START_TEST(test_once)
{
	open_host(modes[_i], "alert tcp any any -> any 9999 (flow:established,to_server; "
			     "content:\"needle\"; sid:1;)\n");
	bed_shake_hands();
	say("a needle ");
	say("in a ");
	say("haystack");
	ck_assert_uint_eq(count_alerts(1), 1);
}
END_TEST

/** What it asks of others comes later than its bytes. */
START_TEST(test_bit_comes_later)
{
	open_host(modes[_i], SETTER NEEDLE);
	bed_shake_hands();
	say("a needle ");
	say("and then ");
	say("the setter ");
	say("and more ");
	say("and still more");
	ck_assert_uint_eq(count_alerts(2), 1);
}
END_TEST

/** A second one is told, too, where the first one is not there any more. */
START_TEST(test_again)
{
	char filler[SIZE];

	memset(filler, 'x', sizeof(filler) - 1);
	filler[SIZE - 1] = '\0';
	open_host(modes[_i], SETTER NEEDLE);
	bed_shake_hands();
	say("the setter and a needle ");
	for (unsigned int i = 0; i < 16; i++)
		say(filler);
	say("another needle");
	say("and an end");
	ck_assert_uint_eq(count_alerts(2), 2);
}
END_TEST

/** More rules than are remembered hold of the same bytes: none alerts twice. */
START_TEST(test_many)
{
	char rules[4096] = SETTER;

	for (unsigned int i = 2; i < 12; i++)
		snprintf(rules + strlen(rules), sizeof(rules) - strlen(rules),
			 "alert tcp any any -> any 9999 (flow:established,to_server; "
			 "content:\"needle\"; flowbits:isset,open; sid:%u;)\n",
			 i);
	open_host(modes[_i], rules);
	bed_shake_hands();
	say("the setter and a needle");
	for (unsigned int i = 0; i < 100; i++)
		say("x");
	for (unsigned int i = 2; i < 12; i++)
		ck_assert_uint_eq(count_alerts(i), 1);
}
END_TEST

/** It has hit on bytes that are gone; of later ones it holds when the bit is set once more. */
START_TEST(test_bit_comes_later_once_more)
{
	char filler[SIZE];

	memset(filler, 'x', sizeof(filler) - 1);
	filler[SIZE - 1] = '\0';
	open_host(modes[_i], SETTER
		  "alert tcp any any -> any 9999 (flow:established,to_server; "
		  "content:\"closer\"; flowbits:unset,open; flowbits:noalert; sid:3;)\n" NEEDLE);
	bed_shake_hands();
	say("the setter and a needle ");
	say("the closer ");
	for (unsigned int i = 0; i < 16; i++)
		say(filler);
	say("another needle ");
	say("the setter ");
	say("and an end");
	ck_assert_uint_eq(count_alerts(2), 2);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("held");

	tcase_add_checked_fixture(tcase, bed_set_up, bed_tear_down);
	tcase_add_loop_test(tcase, test_once, 0, 2);
	tcase_add_loop_test(tcase, test_bit_comes_later, 0, 2);
	tcase_add_loop_test(tcase, test_again, 0, 2);
	tcase_add_loop_test(tcase, test_many, 0, 2);
	tcase_add_loop_test(tcase, test_bit_comes_later_once_more, 0, 2);
	return unit_main("ids held", tcase);
}
