/* SPDX-License-Identifier: BSD-3-Clause */
/* Connections of those who do not want to be seen: what comes between is not what their receivers
 * take, and what these take is told all the same. */

#include <string.h>

#include "wire_talk.h"

static void
begin(void)
{
	wire_open(&wire, "{}", 0, 0);
}

/** RFC 7323 has no word for it; Linux and FreeBSD compare with nothing while they have had 0. */
START_TEST(test_timestamp_zero_says_nothing_of_later_ones)
{
	begin();
	wire.next.has_ts = true;
	wire_handshake(&wire);
	wire_forget(&wire);
	wire.next.tsval = 0x80000001;
	client(1, "GET ");
	wire.next.tsval = 0x7fffffff;
	client(5, "old");
	wire.next.tsval = 0x80000001;
	client(5, "new");
	TOLD(WP_CLIENT, "GET new");
	STORY("data anomaly:3 data ");
	wire_close(&wire);
}
END_TEST

/** Linux takes a timestamp that is less by one, and keeps the later one. */
START_TEST(test_timestamp_less_by_one)
{
	bool is_linux = _i == 0;

	wire_open(&wire, is_linux ? "{}" : "{\"policy\": \"bsd\"}", 0, 0);
	wire.next.has_ts = true;
	wire.next.tsval = 1000;
	wire_handshake(&wire);
	wire_forget(&wire);
	wire.next.tsval = 1002;
	client(1, "GET ");
	wire.next.tsval = 1001;
	client(5, "less");
	wire.next.tsval = 1000;
	client(9, "old");
	wire.next.tsval = 1002;
	client(5, "1002");
	TOLD(WP_CLIENT, is_linux ? "GET less" : "GET 1002");
	wire_close(&wire);
}
END_TEST

/** Most hosts do not know the option, and take what has it; MD5 is known to Linux. */
START_TEST(test_signature_that_nobody_asked_for)
{
	bool is_linux = _i == 0;

	wire_open(&wire, is_linux ? "{}" : "{\"policy\": \"windows\"}", 0, 0);
	wire.next.has_ao = true; /* also of the SYN: that asks for no MD5 */
	wire_handshake(&wire);
	wire_forget(&wire);
	wire.next.has_ao = false;
	wire.next.is_signed = true;
	client(1, "evil");
	wire.next.is_signed = false;
	client(1, "good");
	TOLD(WP_CLIENT, is_linux ? "good" : "evil");
	wire_close(&wire);
}
END_TEST

START_TEST(test_authentication_that_nobody_asked_for)
{
	begin();
	wire_handshake(&wire);
	wire_forget(&wire);
	wire.next.has_ao = true;
	client(1, "evil");
	TOLD(WP_CLIENT, "evil");
	STORY("followed:1 data ");
	wire_close(&wire);
}
END_TEST

enum { FIRST = 0, SECOND = 70000, THIRD = 900000 };

/** Any of them may not get there: it is the answer that says which did. */
START_TEST(test_answer_says_which_syn_counts)
{
	static const uint32_t answered[] = {FIRST, SECOND, THIRD};
	uint32_t isn = answered[_i];

	begin();
	wire.next.wscale = 1;
	wire_tcp(&wire, WP_CLIENT, TCP_SYN, FIRST, 0, "");
	wire.next.wscale = 2;
	wire_tcp(&wire, WP_CLIENT, TCP_SYN, SECOND, 0, "");
	wire.next.wscale = 3;
	if (_i != 1)
		wire_tcp(&wire, WP_CLIENT, TCP_SYN, THIRD, 0, "");
	wire_tcp(&wire, WP_SERVER, TCP_SYN | TCP_ACK, 0, isn + 1, "");
	client(isn + 1, "GET");
	TOLD(WP_CLIENT, "GET");
	ck_assert_uint_eq(wire.flow->sides[WP_CLIENT].wscale, _i + 1);
	wire_close(&wire);
}
END_TEST

/** More SYNs than are kept: their answer begins it. */
START_TEST(test_answer_to_a_forgotten_syn)
{
	begin();
	wire_tcp(&wire, WP_CLIENT, TCP_SYN, FIRST, 0, "");
	wire_tcp(&wire, WP_CLIENT, TCP_SYN, SECOND, 0, "");
	wire_tcp(&wire, WP_CLIENT, TCP_SYN, THIRD, 0, "");
	wire_tcp(&wire, WP_SERVER, TCP_SYN | TCP_ACK, 0, SECOND + 1, "");
	client(SECOND + 1, "GET");
	TOLD(WP_CLIENT, "GET");
	wire_close(&wire);
}
END_TEST

/** Only the last of them is heard of, as no answer comes past. */
START_TEST(test_two_syns_of_a_side_that_is_heard_alone)
{
	begin();
	wire_tcp(&wire, WP_CLIENT, TCP_SYN, FIRST, 0, "");
	wire_tcp(&wire, WP_CLIENT, TCP_SYN, SECOND, 0, "");
	client(SECOND + 1, "GET");
	TOLD(WP_CLIENT, "GET");
	wire_close(&wire);
}
END_TEST

START_TEST(test_bytes_in_the_second_syn)
{
	begin();
	wire_tcp(&wire, WP_CLIENT, TCP_SYN, FIRST, 0, "");
	wire_tcp(&wire, WP_CLIENT, TCP_SYN, SECOND, 0, "GET");
	wire_tcp(&wire, WP_SERVER, TCP_SYN | TCP_ACK, 0, SECOND + 4, "");
	client(SECOND + 4, " /");
	TOLD(WP_CLIENT, "GET /");
	wire_close(&wire);
}
END_TEST

static void
answer_twice(void)
{
	begin();
	wire_tcp(&wire, WP_CLIENT, TCP_SYN, 0, 0, "");
	wire_tcp(&wire, WP_SERVER, TCP_SYN | TCP_ACK, FIRST, 1, "");
	wire_tcp(&wire, WP_SERVER, TCP_SYN | TCP_ACK, SECOND, 1, "");
	wire_forget(&wire);
}

START_TEST(test_acknowledgement_says_which_answer_counts)
{
	uint32_t isn = _i == 0 ? FIRST : SECOND;

	answer_twice();
	wire_tcp(&wire, WP_CLIENT, TCP_ACK, 1, isn + 1, "GET");
	wire_tcp(&wire, WP_SERVER, TCP_ACK, isn + 1, 4, "200");
	STORY("setup data data ");
	wire_tcp(&wire, WP_CLIENT, TCP_ACK, 1, (_i == 0 ? SECOND : FIRST) + 1, "evil");
	TOLD(WP_CLIENT, "GET");
	TOLD(WP_SERVER, "200");
	wire_close(&wire);
}
END_TEST

/** A server has given up what it answered first, and takes nothing for that. */
START_TEST(test_bytes_for_the_answer_that_does_not_count)
{
	answer_twice();
	wire_tcp(&wire, WP_CLIENT, TCP_ACK, 1, FIRST + 1, "evil");
	wire_tcp(&wire, WP_SERVER, TCP_RST, FIRST + 1, 0, "");
	wire.n_log[WP_CLIENT] = 0;
	wire_tcp(&wire, WP_CLIENT, TCP_ACK, 1, SECOND + 1, "good");
	wire_tcp(&wire, WP_SERVER, TCP_ACK, SECOND + 1, 5, "200");
	TOLD(WP_CLIENT, "good");
	TOLD(WP_SERVER, "200");
	STORY("setup data end:2 start setup data data ");
	wire_close(&wire);
}
END_TEST

/** With the RST that the server answers a guess by, and without; timestamps count on. */
START_TEST(test_bytes_in_front_of_the_answer_are_of_no_connection)
{
	begin();
	wire.next.tsval = 1000;
	wire_tcp(&wire, WP_CLIENT, TCP_SYN, 0, 0, "");
	wire.next.tsval = 0x70000000;
	wire_tcp(&wire, WP_CLIENT, TCP_ACK | TCP_FIN * (_i & 1), 1, 777, "evil");
	if (_i >= 2)
		wire_tcp(&wire, WP_SERVER, TCP_RST, 777, 0, "");
	wire.n_log[WP_CLIENT] = 0;
	wire_forget(&wire);
	wire_tcp(&wire, WP_SERVER, TCP_SYN | TCP_ACK, 0, 1, "");
	STORY(_i >= 2 ? "end:2 start " : "end:4 start ");
	wire.next.tsval = 998;
	client(1, "old");
	wire.next.tsval = 1001;
	client(1, "good");
	TOLD(WP_CLIENT, "good");
	STORY("anomaly:3 setup data ");
	wire_close(&wire);
}
END_TEST

/** The receiver asks back (RFC 5961 section 3.2): it has got more than it has acknowledged. Told as
 * the bytes come, and when they are acknowledged. */
START_TEST(test_reset_behind_the_receiver_does_not_count)
{
	wire_open(&wire, _i == 0 ? "{}" : "{\"tell\": \"acknowledged\"}", 0, 0);
	wire_handshake(&wire);
	client(1, "GET ");
	client(9, "late");
	wire_forget(&wire);
	wire_tcp(&wire, WP_CLIENT, TCP_RST, 1, 0, "");
	STORY("anomaly:6 ");
	wire_tcp(&wire, WP_CLIENT, TCP_SYN, SECOND, 0, "");
	client(5, "evil");
	server_acks(13);
	TOLD(WP_CLIENT, "GET evillate");
	wire_tcp(&wire, WP_CLIENT, TCP_RST, 13, 0, "");
	ck_assert_uint_eq(wire.flow->end, WP_FLOW_BY_RST);
	wire_close(&wire);
}
END_TEST

/** Behind bytes that came out of order it counts, but what is missing may come all the same. */
START_TEST(test_reset_that_never_arrived_takes_no_bytes)
{
	begin();
	wire_handshake(&wire);
	client(5, "late");
	wire_tcp(&wire, WP_CLIENT, TCP_RST, 9, 0, "");
	ck_assert_uint_eq(wire.flow->state, WP_FLOW_CLOSED);
	client(1, "evil");
	TOLD(WP_CLIENT, "evillate");
	wire_close(&wire);
}
END_TEST

/** A RST and a SYN that get nowhere; and those that do. */
START_TEST(test_syn_behind_a_reset_waits_for_its_answer)
{
	uint32_t isn = _i == 1 ? 0 : SECOND;

	begin();
	wire_handshake(&wire);
	wire_tcp(&wire, WP_CLIENT, TCP_RST, 1, 0, "");
	wire_forget(&wire);
	wire_tcp(&wire, WP_CLIENT, TCP_SYN, isn, 0, "");
	STORY("");
	if (_i == 0) {
		client(1, "evil");
		TOLD(WP_CLIENT, "evil");
	} else {
		wire_tcp(&wire, WP_SERVER, TCP_SYN | TCP_ACK, THIRD, isn + 1, "");
		STORY("end:2 start ");
		wire_tcp(&wire, WP_CLIENT, TCP_ACK, isn + 1, THIRD + 1, "next");
		TOLD(WP_CLIENT, "next");
	}
	wire_close(&wire);
}
END_TEST

/** Of bytes that were never sent: the FIN ends nothing, however often, and what the server sends
 * then is not old. */
START_TEST(test_impossible_acknowledgement_hides_nothing)
{
	wire_open(&wire, _i == 0 ? "{}" : "{\"tell\": \"acknowledged\"}", 0, 0);
	wire_handshake(&wire);
	wire_forget(&wire);
	wire_tcp(&wire, WP_CLIENT, TCP_ACK, 1, 20001, "");
	wire_tcp(&wire, WP_CLIENT, TCP_FIN | TCP_ACK, 1, 20001, "");
	wire_tcp(&wire, WP_CLIENT, TCP_FIN | TCP_ACK, 1, 20001, "");
	wire_tcp(&wire, WP_CLIENT, TCP_RST, 2, 0, "");
	STORY("followed:4 followed:4 anomaly:6 ");
	client(1, "GET");
	wire_tcp(&wire, WP_SERVER, TCP_ACK, 1, 4, "200");
	client(4, "");
	wire_tcp(&wire, WP_CLIENT, TCP_FIN | TCP_ACK, 4, 4, "");
	TOLD(WP_CLIENT, "GET");
	TOLD(WP_SERVER, "200");
	ck_assert_uint_eq(wire.flow->state, WP_FLOW_CLOSING);
	wire_close(&wire);
}
END_TEST

/** Bytes that were lost to us are a gap once more come, and both sides go on. */
START_TEST(test_acknowledgement_of_bytes_that_went_past)
{
	begin();
	wire_handshake(&wire);
	wire_tcp(&wire, WP_CLIENT, TCP_ACK, 1, 5, "a");
	wire_tcp(&wire, WP_SERVER, TCP_ACK, 5, 2, "xyz");
	wire_tcp(&wire, WP_CLIENT, TCP_ACK, 2, 8, "b");
	wire_tcp(&wire, WP_CLIENT, TCP_ACK, 3, 8, "c");
	TOLD(WP_CLIENT, "abc");
	TOLD(WP_SERVER, "????xyz");
	wire_close(&wire);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("evasion");

	tcase_add_test(tcase, test_timestamp_zero_says_nothing_of_later_ones);
	tcase_add_loop_test(tcase, test_timestamp_less_by_one, 0, 2);
	tcase_add_loop_test(tcase, test_signature_that_nobody_asked_for, 0, 2);
	tcase_add_test(tcase, test_authentication_that_nobody_asked_for);
	tcase_add_loop_test(tcase, test_answer_says_which_syn_counts, 0, 3);
	tcase_add_test(tcase, test_answer_to_a_forgotten_syn);
	tcase_add_test(tcase, test_two_syns_of_a_side_that_is_heard_alone);
	tcase_add_test(tcase, test_bytes_in_the_second_syn);
	tcase_add_loop_test(tcase, test_acknowledgement_says_which_answer_counts, 0, 2);
	tcase_add_test(tcase, test_bytes_for_the_answer_that_does_not_count);
	tcase_add_loop_test(tcase, test_bytes_in_front_of_the_answer_are_of_no_connection, 0, 4);
	tcase_add_loop_test(tcase, test_reset_behind_the_receiver_does_not_count, 0, 2);
	tcase_add_test(tcase, test_reset_that_never_arrived_takes_no_bytes);
	tcase_add_loop_test(tcase, test_syn_behind_a_reset_waits_for_its_answer, 0, 3);
	tcase_add_loop_test(tcase, test_impossible_acknowledgement_hides_nothing, 0, 2);
	tcase_add_test(tcase, test_acknowledgement_of_bytes_that_went_past);
	return unit_main("stream evasion", tcase);
}
