/* SPDX-License-Identifier: BSD-3-Clause */
/* What there is no room for: bytes that wait, bytes that are looked at, flows. */

#include <string.h>

#include "wire_talk.h"

/** Sends @p n bytes that wait for those in front of them. */
static void
fill_from(uint32_t at, unsigned int n)
{
	static char text[1001];

	memset(text, 'x', 1000);
	for (unsigned int i = 0; i < n; i += 1000)
		client(at + i, text);
}

START_TEST(test_limit_of_a_side)
{
	static const char *const confs[] = {
		"{\"flow_memory\": 4096, \"at_flow_memory\": \"bypass\"}",
		"{\"flow_memory\": 4096, \"at_flow_memory\": \"drop\"}",
		"{\"flow_memory\": 4096, \"at_flow_memory\": \"ignore\"}"};

	open_connection(confs[_i]);
	fill_from(2, 2000);
	STORY("");
	client(2002, "too much");
	STORY("cap:0 ");
	ck_assert_uint_eq(wire.verdict, _i == 1 ? WP_DROP : WP_NEXT);
	client(1, "a");
	ck_assert_uint_eq(wire.n_log[WP_CLIENT], _i == 0 ? 0 : 2001);
	wire_close(&wire);
}
END_TEST

#define DROPS "{\"flow_memory\": 4096, \"at_flow_memory\": \"drop\", \"policy\": \"last\"}"

/** What its receiver does not get is in nobody's place. */
START_TEST(test_what_is_dropped_has_settled_nothing)
{
	open_connection(DROPS);
	client(10, "mine");
	fill_from(100, 2000);
	client(10, "your more");
	ck_assert_uint_eq(wire.verdict, WP_DROP);
	client(1, "in front ");
	TOLD(WP_CLIENT, "in front mine");
	client(14, " or less");
	TOLD(WP_CLIENT, "in front mine or less");
	wire_close(&wire);
}
END_TEST

/** What comes in order needs no room, and goes on: its receiver takes all of it. */
START_TEST(test_what_goes_on_settles_all_of_it)
{
	open_connection(DROPS);
	client(10, "mine");
	fill_from(100, 2000);
	client(1, "in front your more");
	ck_assert_uint_eq(wire.verdict, WP_NEXT);
	TOLD(WP_CLIENT, "in front your more");
	wire_close(&wire);
}
END_TEST

/** It was dropped with its segment. */
START_TEST(test_fin_that_is_dropped_ends_nothing)
{
	open_connection(DROPS);
	fill_from(100, 2000);
	fill_from(1200, 1000);
	wire_tcp(&wire, WP_CLIENT, TCP_ACK | TCP_FIN, 10, 1, "waits");
	ck_assert_uint_eq(wire.verdict, WP_DROP);
	ck_assert_uint_eq(wire.flow->sides[WP_CLIENT].flags & WP_SIDE_FIN, 0);
	wire_close(&wire);
}
END_TEST

START_TEST(test_acknowledged_bytes_are_not_waited_for_at_a_limit)
{
	open_connection("{\"flow_memory\": 4096}");
	for (unsigned int i = 0; i < 20; i++)
		client(2 + 2 * i, "x");
	wire_tcp(&wire, WP_SERVER, TCP_ACK, 1, 42, "");
	client(42, "is seen");
	ck_assert_str_eq(wire_told(&wire, WP_CLIENT) + 41, "is seen");
	wire_close(&wire);
}
END_TEST

START_TEST(test_depth)
{
	open_connection("{\"depth\": 4}");
	client(1, "abcd");
	client(5, "efgh");
	client(9, "ijkl");
	TOLD(WP_CLIENT, "abcd");
	STORY("data cap:3 ");
	wire_close(&wire);
}
END_TEST

START_TEST(test_no_syn_is_kept_when_room_is_scarce)
{
	wire_open(&wire, ARRIVAL, 16, 0);
	for (unsigned int i = 0; i < 40; i++) {
		wire.next.client_port = (uint16_t)(1024 + i);
		wire_tcp(&wire, WP_CLIENT, TCP_SYN, 0, 0, "");
		ck_assert_uint_eq(wire.verdict, WP_NEXT);
	}
	ck_assert_uint_ge(wire.bed.counters[STREAM_COUNT_NO_ROOM], 24);
	wire_forget(&wire);
	wire.next.client_port = 40000;
	wire_handshake(&wire);
	client(1, "who goes on is served");
	TOLD(WP_CLIENT, "who goes on is served");
	wire.bed.core.now_ns += 31000000000; /* tcp_new_s */
	stream_bed_expire(&wire.bed);
	ck_assert_uint_ge(wire.bed.counters[STREAM_COUNT_ENDED], 11);
	wire_close(&wire);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("limits");

	tcase_add_loop_test(tcase, test_limit_of_a_side, 0, 3);
	tcase_add_test(tcase, test_what_is_dropped_has_settled_nothing);
	tcase_add_test(tcase, test_what_goes_on_settles_all_of_it);
	tcase_add_test(tcase, test_fin_that_is_dropped_ends_nothing);
	tcase_add_test(tcase, test_acknowledged_bytes_are_not_waited_for_at_a_limit);
	tcase_add_test(tcase, test_depth);
	tcase_add_test(tcase, test_no_syn_is_kept_when_room_is_scarce);
	return unit_main("stream limits", tcase);
}
