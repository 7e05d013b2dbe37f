/* SPDX-License-Identifier: BSD-3-Clause */
/* services/ids/detect.c: flows and packets that cost too much are put off, and come back. */

#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "host_bed.h"
#include "parse/parse.h"

enum {
	KILLERS = 40, /* rules, each of which takes all that it may over bytes that it waits for */
	UDP = 8,      /* bytes of a header */
	SIZE = 1000,
	ATTACKER = 40000, /* ports */
	NEIGHBOUR = 50000,
};

/** Opens the service with rules that are dear, and one that is not. @param members  of its
 * configuration, behind those that all have */
static void
open_host(const char *members)
{
	json_t *config = json_loads(members, 0, NULL);
	char rules[8192] = "";

	for (unsigned int i = 1; i <= KILLERS; i++)
		snprintf(rules + strlen(rules), sizeof(rules) - strlen(rules),
			 "alert udp any any -> any any (content:\"aaaa\"; content:\"a\"; "
			 "distance:0; content:\"a\"; distance:0; content:\"z\"; within:1; "
			 "sid:%u;)\n",
			 i);
	strcat(rules, "alert udp any any -> any any (content:\"intrusion\"; sid:1000;)\n");
	json_object_set_new(config, "events", json_pack("[ss]", "alert", "anomaly"));
	ck_assert_msg(bed_open(rules, config) == 0, "%s", bed_why);
}

/** Sends a datagram. @param us  since the beginning */
static void
send_datagram(unsigned int port, const char *data, unsigned int size, uint64_t us)
{
	uint8_t bytes[UDP + SIZE] = {0};

	wp_put16(bytes, port);
	wp_put16(bytes + 2, 9999);
	wp_put16(bytes + 4, UDP + size);
	memcpy(bytes + UDP, data, size);
	bed_now_ns = us * 1000;
	bed_send(0, WP_PROTO_UDP, bytes, UDP + size);
}

static void
send_killer(uint64_t us)
{
	char data[SIZE];

	memset(data, 'a', sizeof(data));
	send_datagram(ATTACKER, data, sizeof(data), us);
}

static void
send_text(unsigned int port, const char *text, uint64_t us)
{
	send_datagram(port, text, (unsigned int)strlen(text), us);
}

START_TEST(test_a_killer_flow_is_diverted_and_comes_back)
{
	open_host("{}");
	for (unsigned int i = 0; i < 50; i++)
		send_killer(100 * i);
	ck_assert_uint_eq(host_counter(host, "diverted"), 1);
	ck_assert_uint_gt(host_counter(host, "unseen"), 30);
	ck_assert_uint_eq(host_counter(host, "returned"), 0);
	for (unsigned int i = 0; i < 100; i++)
		send_text(ATTACKER, "hello", 1000000 + 100000 * i);
	ck_assert_uint_eq(host_counter(host, "diverted"), 1);
	ck_assert_uint_eq(host_counter(host, "returned"), 1);
	send_killer(12000000);
	send_killer(12000100);
	ck_assert_uint_eq(host_counter(host, "diverted"), 2);
	ck_assert_uint_eq(bed_count("\"ids.flow_diverted\""), 2);
	ck_assert_uint_eq(bed_count("\"ids.flow_returned\""), 1);
}
END_TEST

START_TEST(test_other_flows_do_not_wait)
{
	open_host("{}");
	for (unsigned int i = 0; i < 200; i++) {
		send_killer(1000 * i);
		send_text(NEIGHBOUR + i, "an intrusion", 1000 * i + 1);
	}
	ck_assert_uint_eq(host_counter(host, "alerts"), 200);
	ck_assert_uint_gt(host_counter(host, "over-budget"), 50);
}
END_TEST

START_TEST(test_a_heavy_flow_is_looked_at_as_its_share_allows)
{
	unsigned int seen = 0;

	open_host("{}");
	for (unsigned int i = 0; i < 10; i++)
		send_killer(i);
	for (unsigned int i = 0; i < 100; i++)
		send_text(ATTACKER, "an intrusion", 10000 + 1000 * i);
	seen = (unsigned int)host_counter(host, "alerts");
	ck_assert_uint_eq(seen, 100);
}
END_TEST

START_TEST(test_one_packet_has_a_budget)
{
	static const char *const confs[] = {
		"{\"overload\": \"pass\", \"budget\": 500000}",
		"{\"overload\": \"drop\", \"mode\": \"prevent\", \"budget\": 500000}",
	};

	open_host(confs[_i]);
	send_killer(0);
	ck_assert_uint_eq(host_counter(host, "over-budget"), 1);
	ck_assert_uint_eq(host_counts(host)->blocked, (unsigned int)_i);
	send_text(NEIGHBOUR, "an intrusion", 10);
	ck_assert_uint_eq(host_counter(host, "over-budget"), 1);
	ck_assert_uint_eq(host_counter(host, "diverted"), 0);
	ck_assert_uint_eq(host_counter(host, "alerts"), 1);
	ck_assert_uint_eq(bed_count("\"ids.over_budget\""), 1);
}
END_TEST

START_TEST(test_no_flow_is_diverted_where_none_waits)
{
	static const char *const confs[] = {
		"{\"overload\": \"pass\", \"budget\": 500000}",
		"{\"overload\": \"drop\", \"budget\": 500000}",
	};

	open_host(confs[_i]);
	for (unsigned int i = 0; i < 10; i++)
		send_killer(i);
	ck_assert_uint_eq(host_counter(host, "over-budget"), 10);
	ck_assert_uint_eq(host_counter(host, "diverted"), 0);
}
END_TEST

START_TEST(test_what_is_not_looked_at_does_not_go_on_where_it_prevents)
{
	const struct host_counts *counts;

	open_host("{\"mode\": \"prevent\"}");
	for (unsigned int i = 0; i < 50; i++)
		send_killer(i);
	counts = host_counts(host);
	ck_assert_uint_gt(counts->blocked, 40);
	ck_assert_uint_eq(counts->blocked, host_counter(host, "over-budget"));
	ck_assert_uint_le(host_counter(host, "unseen"), counts->blocked);
}
END_TEST

START_TEST(test_each_rule_is_ended_where_its_bound_is)
{
	open_host("{\"overload\": \"pass\"}");
	send_killer(0);
	ck_assert_uint_eq(host_counter(host, "rules-ended"), KILLERS);
	send_text(NEIGHBOUR, "aaaa", 10);
	ck_assert_uint_eq(host_counter(host, "rules-ended"), KILLERS);
}
END_TEST

/** A head is taken apart before anything is looked for in it. */
START_TEST(test_many_lines_of_a_head_are_paid_for)
{
	enum { LINES = 1000, LINE = 6 };
	char text[200 * LINE + 1];

	ck_assert_int_eq(
		bed_open("alert http any any -> any any (http.cookie; content:\"zzz\"; sid:1;)",
			 json_loads("{\"overload\": \"pass\", \"budget\": 100000}", 0, NULL)),
		0);
	bed_shake_hands();
	bed_segment(0, ACK, "GET / HTTP/1.1\r\n");
	for (unsigned int i = 0; i < LINES; i++) {
		snprintf(text + i % 200 * LINE, LINE + 1, "%03u:\r\n", i);
		if (i % 200 == 199)
			bed_segment(0, ACK, text);
	}
	ck_assert_uint_eq(host_counter(host, "over-budget"), 0);
	bed_segment(0, ACK, "\r\n");
	bed_segment(1, ACK, "");
	ck_assert_uint_eq(host_counter(host, "over-budget"), 1);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("heavy");

	tcase_add_checked_fixture(tcase, bed_set_up, bed_tear_down);
	tcase_add_test(tcase, test_a_killer_flow_is_diverted_and_comes_back);
	tcase_add_test(tcase, test_other_flows_do_not_wait);
	tcase_add_test(tcase, test_a_heavy_flow_is_looked_at_as_its_share_allows);
	tcase_add_loop_test(tcase, test_one_packet_has_a_budget, 0, 2);
	tcase_add_loop_test(tcase, test_no_flow_is_diverted_where_none_waits, 0, 2);
	tcase_add_test(tcase, test_what_is_not_looked_at_does_not_go_on_where_it_prevents);
	tcase_add_test(tcase, test_each_rule_is_ended_where_its_bound_is);
	tcase_add_test(tcase, test_many_lines_of_a_head_are_paid_for);
	return unit_main("ids heavy", tcase);
}
