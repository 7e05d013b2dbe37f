/* SPDX-License-Identifier: BSD-3-Clause */
/* services/ids/state/flow_state.c: the bits and integers of a flow, as rules set and ask for them.
 */

#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "host_bed.h"
#include "parse/parse.h"
#include "state/flow_state.h"
#include "tool/host_own.h"

enum {
	UDP = 8,                      /* bytes of a header */
	ROOM = FLOW_BITS + FLOW_MORE, /* for bits of one flow */
	BEYOND = 3,                   /* that are set in spite of that */
	EVERY = 5,                    /* of the bits that is asked for, and for the last: */
	ASKED = ROOM / EVERY + 1 + 1,
	LINE = 128,
};

/** One rule for each bit. @param every  or for some @param rest  behind its number */
static void
add_rules(char *rules, const char *word, unsigned int every, const char *command, const char *rest)
{
	size_t size = strlen(rules);
	static unsigned int sid;

	for (unsigned int i = 0; i < ROOM + BEYOND; i += every)
		size += (size_t)sprintf(rules + size,
					"alert udp any any -> any any (content:\"%s\"; "
					"%s%u%s; sid:%u;)\n",
					word, command, i, rest, ++sid);
}

static void
send_word(unsigned int port, const char *word)
{
	uint8_t bytes[UDP + 16] = {0};
	size_t size = UDP + strlen(word);

	wp_put16(bytes, port);
	wp_put16(bytes + 2, 9999);
	wp_put16(bytes + 4, (unsigned int)size);
	memcpy(bytes + UDP, word, strlen(word));
	bed_send(0, WP_PROTO_UDP, bytes, size);
}

START_TEST(test_a_flow_has_many_bits_and_what_is_beyond_counts)
{
	static char rules[4 * (ROOM + BEYOND) * LINE];

	rules[0] = '\0';
	add_rules(rules, "set", 1, "flowbits:set,b", "; flowbits:noalert");
	add_rules(rules, "again", 1, "flowbits:set,b", "; flowbits:noalert");
	add_rules(rules, "is", EVERY, "flowbits:isset,b", "");
	/* The last ones take the places of the first. */
	strcat(rules,
	       "alert udp any any -> any any (content:\"clear\"; flowbits:unset,b0; "
	       "flowbits:unset,b100; flowbits:noalert; sid:9000;)\n"
	       "alert udp any any -> any any (content:\"is\"; flowbits:isset,b251; sid:9001;)\n"
	       "alert udp any any -> any any (content:\"is\"; flowbits:isset,b252; sid:9002;)\n");
	ck_assert_msg(bed_open(rules, json_pack("{s: i}", "alerts_max", 64)) == 0, "%s", bed_why);
	send_word(1, "set");
	ck_assert_uint_eq(host_counter(host, "no-room"), BEYOND);
	send_word(1, "is");
	ck_assert_uint_eq(host_counter(host, "alerts"), ASKED);
	send_word(1, "clear");
	send_word(1, "is");
	ck_assert_uint_eq(host_counter(host, "alerts"), ASKED + ASKED - 2);
	send_word(1, "again"); /* the first of them are there, two that are not find room */
	ck_assert_uint_eq(host_counter(host, "no-room"), BEYOND + BEYOND);
	send_word(2, "is");
	ck_assert_uint_eq(host_counter(host, "alerts"), ASKED + ASKED - 2); /* another flow */
	send_word(1, "is");
	ck_assert_uint_eq(host_counter(host, "alerts"), 3 * ASKED - 2);
}
END_TEST

START_TEST(test_integers_beyond_count)
{
	char rules[(FLOW_INTS + 1) * LINE] = "";
	size_t size = 0;

	for (unsigned int i = 0; i <= FLOW_INTS; i++)
		size += (size_t)sprintf(rules + size,
					"alert udp any any -> any any (content:\"set\"; "
					"flowint:i%u,=,1; sid:%u;)\n",
					i, i + 1);
	ck_assert_msg(bed_open(rules, json_object()) == 0, "%s", bed_why);
	send_word(1, "set");
	ck_assert_uint_eq(host_counter(host, "no-room"), 1);
}
END_TEST

/** An integer that is not set is 0 to others; but nothing is taken from it, and it has no value. */
START_TEST(test_integers_that_are_not_set)
{
	static const char rules[] =
		"alert udp any any -> any any (content:\"a\"; flowint:aa,=,3; noalert; sid:1;)\n"
		"alert udp any any -> any any (content:\"a\"; flowint:bb,-,1; noalert; sid:2;)\n"
		"alert udp any any -> any any (content:\"is\"; flowint:aa,>,bb; sid:3;)\n"
		"alert udp any any -> any any (content:\"is\"; flowint:bb,isset; sid:4;)\n"
		"alert udp any any -> any any (content:\"is\"; flowint:bb,<,aa; sid:5;)\n"
		"alert udp any any -> any any (content:\"copy\"; flowint:aa,=,bb; noalert; "
		"sid:6;)\n"
		"alert udp any any -> any any (content:\"is\"; flowint:aa,==,0; sid:7;)\n";

	ck_assert_msg(bed_open(rules, json_object()) == 0, "%s", bed_why);
	send_word(1, "a");
	send_word(1, "is");
	send_word(1, "copy");
	send_word(1, "is");
	ck_assert_uint_eq(bed_count("\"signature_id\":3,"), 1);
	ck_assert_uint_eq(bed_count("\"signature_id\":4,"), 0);
	ck_assert_uint_eq(bed_count("\"signature_id\":5,"), 0);
	ck_assert_uint_eq(bed_count("\"signature_id\":7,"), 1);
}
END_TEST

START_TEST(test_of_several_names_one_will_do)
{
	static const char rules[] =
		"alert udp any any -> any any (content:\"a\"; flowbits:set,a; noalert; sid:1;)\n"
		"alert udp any any -> any any (content:\"b\"; flowbits:set,b; noalert; sid:2;)\n"
		"alert udp any any -> any any (content:\"is\"; flowbits:isset,a|b; sid:3;)\n"
		"alert udp any any -> any any (content:\"is\"; flowbits:isnotset,a|b; sid:4;)\n";

	ck_assert_msg(bed_open(rules, json_object()) == 0, "%s", bed_why);
	send_word(1, "is"); /* neither is set */
	ck_assert_uint_eq(host_counter(host, "alerts"), 1);
	send_word(1, "a");
	send_word(1, "is");
	ck_assert_uint_eq(host_counter(host, "alerts"), 1 + 2);
	send_word(1, "b");
	send_word(1, "is"); /* both are */
	ck_assert_uint_eq(host_counter(host, "alerts"), 1 + 2 + 1);
	ck_assert_uint_eq(bed_count("\"signature_id\":3,"), 2);
	ck_assert_uint_eq(bed_count("\"signature_id\":4,"), 2);
}
END_TEST

/** Hears of nothing, as a service that is on no path. */
static void
hear_nothing(const void *inst, struct wp_core *core, const struct wp_told *told, unsigned int n)
{
}

/** Where a flow was whose end the service did not hear of, another one has what it needs, and
 * nothing of the old one's. */
START_TEST(test_a_flow_follows_one_that_ended_unheard)
{
	enum { FLOWS = 20, TURNS = 4 };
	static const char rules[] =
		"alert udp any any -> any any (content:\"set\"; flowbits:set,b; flowbits:noalert; "
		"sid:1;)\n"
		"alert udp any any -> any any (content:\"is\"; flowbits:isset,b; sid:2;)\n";
	struct wp_service deaf = wp_service;

	ck_assert_msg(bed_open(rules, json_object()) == 0, "%s", bed_why);
	for (unsigned int port = 1; port <= FLOWS; port++)
		send_word(port, "set");
	deaf.events = hear_nothing;
	host->service = &deaf;
	for (unsigned int i = 0; i < TURNS;
	     i++) { /* their time is over, and their places are free */
		bed_now_ns += (uint64_t)3600 * 1000000000;
		send_word(1000, "else");
	}
	host->service = &wp_service;
	for (unsigned int port = 1; port <= FLOWS; port++) {
		send_word(port, "is");
		ck_assert_uint_eq(host_counter(host, "alerts"), port - 1);
		send_word(port, "set");
		send_word(port, "is");
		ck_assert_uint_eq(host_counter(host, "alerts"), port);
	}
	ck_assert_uint_eq(host_counter(host, "no-room"), 0);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("bits");

	tcase_add_checked_fixture(tcase, bed_set_up, bed_tear_down);
	tcase_add_test(tcase, test_a_flow_has_many_bits_and_what_is_beyond_counts);
	tcase_add_test(tcase, test_integers_beyond_count);
	tcase_add_test(tcase, test_integers_that_are_not_set);
	tcase_add_test(tcase, test_of_several_names_one_will_do);
	tcase_add_test(tcase, test_a_flow_follows_one_that_ended_unheard);
	return unit_main("ids bits", tcase);
}
