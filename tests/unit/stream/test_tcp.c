/* SPDX-License-Identifier: BSD-3-Clause */
/* Connections, segment by segment: what is believed, what is told, and when. */

#include <string.h>

#include "state/state.h"
#include "wire_talk.h"

START_TEST(test_handshake_is_told)
{
	wire_open(&wire, ARRIVAL, 0, 0);
	wire_tcp(&wire, WP_CLIENT, TCP_SYN, 0, 0, "");
	STORY("start ");
	ck_assert_uint_eq(wire.flow->sides[WP_CLIENT].state, WP_TCP_SYN_SENT);
	wire_tcp(&wire, WP_SERVER, TCP_SYN | TCP_ACK, 0, 1, "");
	ck_assert_uint_eq(wire.flow->sides[WP_SERVER].state, WP_TCP_SYN_RECEIVED);
	wire_tcp(&wire, WP_CLIENT, TCP_ACK, 1, 1, "");
	STORY("setup ");
	ck_assert_uint_eq(wire.flow->state, WP_FLOW_ESTABLISHED);
	ck_assert_uint_eq(wire.flow->sides[WP_CLIENT].packets, 2);
	ck_assert_uint_eq(wire.flow->sides[WP_CLIENT].bytes, 80);
	wire_close(&wire);
	STORY("end:3 ");
}
END_TEST

START_TEST(test_bytes_are_told_on_arrival)
{
	open_connection(ARRIVAL);
	client(1, "GET ");
	TOLD(WP_CLIENT, "GET ");
	client(9, "late");
	TOLD(WP_CLIENT, "GET ");
	client(5, "bits");
	TOLD(WP_CLIENT, "GET bitslate");
	STORY("data data data ");
	wire_close(&wire);
}
END_TEST

START_TEST(test_bytes_are_told_when_acknowledged)
{
	open_connection(ACKED);
	client(1, "GET ");
	client(5, "it");
	TOLD(WP_CLIENT, "");
	server_acks(3);
	TOLD(WP_CLIENT, "GE");
	server_acks(7);
	TOLD(WP_CLIENT, "GET it");
	wire_close(&wire);
}
END_TEST

START_TEST(test_missed_bytes_are_a_gap)
{
	open_connection(ARRIVAL);
	client(1, "ab");
	client(6, "fg");
	server_acks(8); /* the receiver has them: they went past us */
	TOLD(WP_CLIENT, "ab");
	server_acks(8);
	TOLD(WP_CLIENT, "ab???fg");
	STORY("data gap data ");
	wire_close(&wire);
}
END_TEST

START_TEST(test_bytes_may_come_behind_their_acknowledgement)
{
	open_connection(ACKED);
	server_acks(3);
	client(1, "ab");
	TOLD(WP_CLIENT, "ab");
	server_acks(3);
	STORY("data ");
	wire_close(&wire);
}
END_TEST

START_TEST(test_retransmission_is_told)
{
	open_connection(ARRIVAL);
	client(1, "abcd");
	client(3, "cdef");
	TOLD(WP_CLIENT, "abcdef");
	STORY("data again:2+2 data ");
	wire_close(&wire);
}
END_TEST

START_TEST(test_changed_bytes_are_a_conflict)
{
	open_connection(ARRIVAL);
	client(1, "abcd");
	client(1, "abXY");
	TOLD(WP_CLIENT, "abcd");
	STORY("data again:0+4 conflict:abXY/abcd ");
	server_acks(5);
	client(1, "abZZ"); /* acknowledged: its receiver does not look at it any more */
	STORY("again:0+4 ");
	wire_close(&wire);
}
END_TEST

START_TEST(test_out_of_window_is_not_believed)
{
	open_connection(ARRIVAL);
	wire.next.window = 100;
	server_acks(1);
	client(60002, "far");
	STORY("anomaly:2 ");
	wire_tcp(&wire, WP_CLIENT, TCP_ACK, 1, 70000, ""); /* of what nobody can have sent */
	STORY("anomaly:4 ");
	client(1, "near");
	TOLD(WP_CLIENT, "near");
	wire_close(&wire);
}
END_TEST

START_TEST(test_windows_are_scaled_when_both_say_so)
{
	wire_open(&wire, ARRIVAL, 0, 0);
	wire.next.window = 1000;
	wire.next.wscale = 3;
	wire_handshake(&wire);
	wire_forget(&wire);
	server_acks(1);
	client(7998, "xyz");
	STORY("");
	client(7999, "xyz");
	STORY("anomaly:2 ");
	wire_close(&wire);
}
END_TEST

START_TEST(test_old_timestamp_is_not_believed)
{
	wire_open(&wire, ARRIVAL, 0, 0);
	wire.next.tsval = 1000;
	wire_handshake(&wire);
	wire_forget(&wire);
	wire.next.tsval = 998;
	client(1, "old");
	STORY("anomaly:3 ");
	wire.next.tsval = 1001;
	client(1, "new");
	TOLD(WP_CLIENT, "new");
	wire_close(&wire);
}
END_TEST

START_TEST(test_wrong_checksum_is_not_believed)
{
	open_connection(ARRIVAL);
	wire.next.bad_checksum = true;
	client(1, "evil");
	STORY("anomaly:0 ");
	ck_assert_uint_eq(wire.flow->sides[WP_CLIENT].packets, 3); /* but it was sent */
	wire.next.bad_checksum = false;
	client(1, "good");
	TOLD(WP_CLIENT, "good");
	wire_close(&wire);
}
END_TEST

START_TEST(test_fins_end_it)
{
	open_connection(ARRIVAL);
	wire_tcp(&wire, WP_CLIENT, TCP_FIN | TCP_ACK, 1, 1, "bye");
	ck_assert_uint_eq(wire.flow->sides[WP_CLIENT].state, WP_TCP_FIN_WAIT_1);
	server_acks(5);
	ck_assert_uint_eq(wire.flow->sides[WP_CLIENT].state, WP_TCP_FIN_WAIT_2);
	ck_assert_uint_eq(wire.flow->sides[WP_SERVER].state, WP_TCP_CLOSE_WAIT);
	wire_tcp(&wire, WP_CLIENT, TCP_ACK, 5, 1, "more");
	wire_tcp(&wire, WP_SERVER, TCP_FIN | TCP_ACK, 1, 5, "");
	ck_assert_uint_eq(wire.flow->sides[WP_SERVER].state, WP_TCP_LAST_ACK);
	wire_tcp(&wire, WP_CLIENT, TCP_ACK, 5, 2, "");
	ck_assert_uint_eq(wire.flow->sides[WP_CLIENT].state, WP_TCP_TIME_WAIT);
	ck_assert_uint_eq(wire.flow->sides[WP_SERVER].state, WP_TCP_CLOSED);
	ck_assert_uint_eq(wire.flow->state, WP_FLOW_CLOSED);
	TOLD(WP_CLIENT, "bye");
	STORY("data anomaly:7 ");
	wire_close(&wire);
	STORY("end:1 ");
}
END_TEST

/** The usual end: a FIN that acknowledges the other one's; and both at once. */
START_TEST(test_fin_that_acknowledges_a_fin_is_the_second)
{
	open_connection(ARRIVAL);
	wire_tcp(&wire, WP_CLIENT, TCP_FIN | TCP_ACK, 1, 1, "");
	wire_tcp(&wire, WP_SERVER, TCP_FIN | TCP_ACK, 1, _i == 0 ? 2 : 1, "");
	ck_assert_uint_eq(wire.flow->sides[WP_CLIENT].state,
			  _i == 0 ? WP_TCP_FIN_WAIT_2 : WP_TCP_FIN_WAIT_1);
	ck_assert_uint_eq(wire.flow->sides[WP_SERVER].state,
			  _i == 0 ? WP_TCP_LAST_ACK : WP_TCP_FIN_WAIT_1);
	if (_i == 1)
		wire_tcp(&wire, WP_SERVER, TCP_ACK, 2, 2, "");
	wire_tcp(&wire, WP_CLIENT, TCP_ACK, 2, 2, "");
	ck_assert_uint_eq(wire.flow->sides[WP_CLIENT].state, WP_TCP_TIME_WAIT);
	ck_assert_uint_eq(wire.flow->sides[WP_SERVER].state,
			  _i == 0 ? WP_TCP_CLOSED : WP_TCP_TIME_WAIT);
	ck_assert_uint_eq(wire.flow->state, WP_FLOW_CLOSED);
	wire_close(&wire);
}
END_TEST

/** The byte in front of where the pointer points: straight from its segment, and from one that has
 * waited. */
START_TEST(test_urgent_byte_is_told_apart)
{
	wire_open(&wire, ARRIVAL, 0, 0);
	wire_handshake(&wire);
	wire_forget(&wire);
	wire.next.urgent = 3;
	if (_i == 0)
		wire_tcp(&wire, WP_CLIENT, TCP_ACK | TCP_URG, 1, 1, "abcde");
	else
		wire_tcp(&wire, WP_CLIENT, TCP_ACK | TCP_URG, 3, 1, "cde");
	wire.next.urgent = 0;
	if (_i == 1)
		client(1, "ab");
	STORY(_i == 0 ? "data urgent data " : "data data urgent ");
	TOLD(WP_CLIENT, "abcde");
	wire.next.urgent = 9; /* it points behind what is there: nobody knows it yet */
	wire_tcp(&wire, WP_CLIENT, TCP_ACK | TCP_URG, 6, 1, "fgh");
	STORY("data ");
	wire_close(&wire);
}
END_TEST

enum { BYTES_AND_FINISH = 1u << WP_FLOW_DATA | 1u << WP_FLOW_GAP | 1u << WP_FLOW_FINISH };

/** Where programs ask for it in line it is a byte as any other. */
START_TEST(test_urgent_byte_inline_is_plain)
{
	wire_open(&wire, "{\"urgent\": \"inline\"}", 0, BYTES_AND_FINISH);
	wire_handshake(&wire);
	wire.next.urgent = 3;
	wire_tcp(&wire, WP_CLIENT, TCP_ACK | TCP_URG, 1, 1, "abcde");
	STORY("data ");
	TOLD(WP_CLIENT, "abcde");
	wire_close(&wire);
}
END_TEST

/** As Linux reads it: 0 means the first byte, a pointer counts until its byte comes, and on a copy
 * of bytes that wait. */
START_TEST(test_urgent_pointer_of_linux)
{
	wire_open(&wire, ARRIVAL, 0, BYTES_AND_FINISH);
	wire_handshake(&wire);
	wire_tcp(&wire, WP_CLIENT, TCP_ACK | TCP_URG, 1, 1, "Xevil");
	STORY("urgent data ");
	wire.next.urgent = 4;
	wire_tcp(&wire, WP_CLIENT, TCP_ACK | TCP_URG, 6, 1, "abc");
	wire.next.urgent = 0;
	client(9, "Xde");
	STORY("data urgent data ");
	client(15, "fgX");
	wire.next.urgent = 3;
	wire_tcp(&wire, WP_CLIENT, TCP_ACK | TCP_URG, 15, 1, "fgX");
	wire.next.urgent = 0;
	client(12, "wai");
	STORY("data data urgent ");
	wire_close(&wire);
}
END_TEST

/** Linux discards these, and so nobody is shown them. */
START_TEST(test_segments_that_their_receiver_discards)
{
	open_connection(ARRIVAL);
	wire.next.is_signed = true;
	client(1, "evil");
	STORY("anomaly:1 ");
	wire.next.is_signed = false;
	client(1, "good");
	TOLD(WP_CLIENT, "good");
	STORY("data ");
	wire_tcp(&wire, WP_CLIENT, TCP_ACK, 5, (uint32_t)-70000, "evil");
	STORY("anomaly:4 ");
	wire_close(&wire);
}
END_TEST

START_TEST(test_bytes_in_a_syn_sent_again)
{
	wire_open(&wire, ARRIVAL, 0, 0);
	wire_tcp(&wire, WP_CLIENT, TCP_SYN, 0, 0, "good");
	wire_forget(&wire);
	wire_tcp(&wire, WP_CLIENT, TCP_SYN, 0, 0, "evil");
	ck_assert_ptr_nonnull(strstr(wire.story, "conflict:"));
	wire_close(&wire);
}
END_TEST

/** Anybody can send a segment of no connection: without an answer it does not last. */
START_TEST(test_connection_of_one_side_does_not_last)
{
	wire_open(&wire, "{\"tcp_new_s\": 30}", 0, 0);
	client(1, "stray");
	ck_assert_uint_eq(wire.flow->state, WP_FLOW_ESTABLISHED);
	wire_forget(&wire);
	wire.bed.core.now_ns += 40ull * 1000000000;
	stream_bed_expire(&wire.bed);
	STORY("end:3 ");
	wire_close(&wire);
}
END_TEST

/** What a flow has goes back without anybody being told, when there is no tracker any more. */
START_TEST(test_forgotten_flow_gives_its_memory_back)
{
	struct stream_link link;

	open_connection(ARRIVAL);
	client(3, "waits");
	ck_assert_uint_gt(stream_pool_used(wire.bed.pool), 0);
	link = (struct stream_link){.pool = wire.bed.pool, .views = wire.bed.views};
	stream_forget(&link, wire.flow->entry);
	ck_assert_uint_eq(stream_pool_used(wire.bed.pool), 0);
	STORY("");
	wire_close(&wire);
}
END_TEST

/** With the bytes in order, and with the last of them behind the FIN; told on arrival, and when
 * acknowledged. */
START_TEST(test_end_of_a_stream_is_told_behind_its_bytes)
{
	bool disordered = (_i & 1) != 0, acked = (_i & 2) != 0;

	wire_open(&wire, acked ? ACKED : ARRIVAL, 0, BYTES_AND_FINISH);
	wire_handshake(&wire);
	if (!disordered)
		client(1, "good");
	wire_tcp(&wire, WP_CLIENT, TCP_FIN | TCP_ACK, 5, 1, "bye");
	if (disordered)
		STORY("");
	if (disordered)
		client(1, "good");
	if (acked)
		STORY("");
	server_acks(9);
	STORY("data data finish ");
	TOLD(WP_CLIENT, "goodbye");
	wire_tcp(&wire, WP_SERVER, TCP_FIN | TCP_ACK, 1, 9, "");
	wire_tcp(&wire, WP_CLIENT, TCP_ACK, 9, 2, "");
	STORY("finish ");
	wire_close(&wire);
	STORY("");
}
END_TEST

START_TEST(test_reset_is_the_end_of_both_streams)
{
	wire_open(&wire, ARRIVAL, 0, BYTES_AND_FINISH);
	wire_handshake(&wire);
	client(1, "good");
	wire_tcp(&wire, WP_SERVER, TCP_RST, 1, 0, "");
	STORY("data finish finish ");
	wire_close(&wire);
	STORY("");
}
END_TEST

START_TEST(test_reset_counts_only_at_its_place)
{
	open_connection(ARRIVAL);
	wire_tcp(&wire, WP_SERVER, TCP_RST, 100, 0, "");
	STORY("anomaly:6 ");
	ck_assert_uint_eq(wire.flow->state, WP_FLOW_ESTABLISHED);
	wire_tcp(&wire, WP_SERVER, TCP_RST, 1, 0, "");
	ck_assert_uint_eq(wire.flow->state, WP_FLOW_CLOSED);
	ck_assert_uint_eq(wire.flow->end, WP_FLOW_BY_RST);
	client(1, "into the void"); /* was on its way */
	TOLD(WP_CLIENT, "");
	wire_close(&wire);
}
END_TEST

START_TEST(test_false_reset_does_not_hide_what_follows)
{
	open_connection(ARRIVAL);
	wire_tcp(&wire, WP_CLIENT, TCP_RST | TCP_ACK, 1, 1, "");
	client(1, "still here");
	TOLD(WP_CLIENT, "still here");
	ck_assert_uint_eq(wire.flow->state, WP_FLOW_ESTABLISHED);
	wire_close(&wire);
}
END_TEST

START_TEST(test_syn_is_answered_by_syn_only)
{
	wire_open(&wire, ARRIVAL, 0, 0);
	wire.next.tsval = 500;
	wire_tcp(&wire, WP_CLIENT, TCP_SYN, 0, 0, "");
	wire_forget(&wire);
	wire.next.tsecr = 7; /* nobody has sent that */
	wire_tcp(&wire, WP_SERVER, TCP_RST | TCP_ACK, 9, 1, "");
	STORY("anomaly:6 ");
	wire_tcp(&wire, WP_SERVER, TCP_FIN | TCP_ACK, 9, 1, "");
	STORY("anomaly:2 ");
	wire.next.tsecr = 500;
	wire_tcp(&wire, WP_SERVER, TCP_SYN | TCP_ACK, 0, 1, "");
	wire_tcp(&wire, WP_CLIENT, TCP_ACK, 1, 1, "hello");
	TOLD(WP_CLIENT, "hello");
	STORY("setup data ");
	wire_close(&wire);
}
END_TEST

START_TEST(test_bytes_in_a_syn_count_when_acknowledged)
{
	uint32_t taken = _i % 2 == 0 ? 4 : 1;

	wire_open(&wire, _i < 2 ? ACKED : ARRIVAL, 0, 0);
	wire_tcp(&wire, WP_CLIENT, TCP_SYN, 0, 0, "abc");
	wire_tcp(&wire, WP_SERVER, TCP_SYN | TCP_ACK, 0, taken, "");
	wire_tcp(&wire, WP_CLIENT, TCP_ACK, taken, 1, "xyz");
	server_acks(taken + 3);
	TOLD(WP_CLIENT, _i % 2 == 0 ? "abcxyz" : "xyz");
	wire_close(&wire);
}
END_TEST

START_TEST(test_ports_can_be_used_again)
{
	open_connection(ARRIVAL);
	client(1, "one");
	wire_tcp(&wire, WP_SERVER, TCP_RST, 1, 0, "");
	wire_forget(&wire);
	wire.n_log[WP_CLIENT] = 0;
	wire_tcp(&wire, WP_CLIENT, TCP_SYN, 70000, 0, "");
	STORY("end:2 start ");
	wire_tcp(&wire, WP_SERVER, TCP_SYN | TCP_ACK, 0, 70001, "");
	client(70001, "two");
	TOLD(WP_CLIENT, "two");
	wire_close(&wire);
}
END_TEST

START_TEST(test_connection_that_one_end_has_forgotten_begins_anew)
{
	open_connection(ARRIVAL);
	client(1, "one");
	wire_tcp(&wire, WP_CLIENT, TCP_SYN, 70000, 0, ""); /* it has been restarted */
	STORY("data anomaly:5 ");
	ck_assert_uint_eq(wire.flow->state, WP_FLOW_ESTABLISHED);
	wire.n_log[WP_CLIENT] = 0;
	wire_tcp(&wire, WP_SERVER, TCP_SYN | TCP_ACK, 900000, 70001, "");
	STORY("end:4 start ");
	wire_tcp(&wire, WP_CLIENT, TCP_ACK, 70001, 900001, "two");
	TOLD(WP_CLIENT, "two");
	STORY("setup data ");
	wire_close(&wire);
}
END_TEST

START_TEST(test_connection_under_way_is_picked_up)
{
	wire_open(&wire, _i == 0 ? ARRIVAL : "{\"pick_up\": false}", 0, 0);
	client(1000, "middle");
	wire_tcp(&wire, WP_SERVER, TCP_ACK, 2000, 1006, "answer");
	TOLD(WP_CLIENT, _i == 0 ? "middle" : "");
	STORY(_i == 0 ? "start setup data data " : "");
	ck_assert_uint_eq(wire.bed.counters[STREAM_COUNT_PICKED_UP], _i == 0);
	wire_close(&wire);
}
END_TEST

START_TEST(test_status_line_is_of_a_server)
{
	wire_open(&wire, ARRIVAL, 0, 0);
	client(1000, "HTTP/1.1 200 OK");
	TOLD(WP_CLIENT, "");
	TOLD(WP_SERVER, "HTTP/1.1 200 OK");
	wire_close(&wire);
}
END_TEST

START_TEST(test_one_side_alone_is_enough)
{
	wire_open(&wire, ACKED, 0, 0);
	wire_tcp(&wire, WP_CLIENT, TCP_SYN, 0, 0, "");
	wire_tcp(&wire, WP_CLIENT, TCP_ACK, 1, 1, "");
	client(1, "nobody ");
	client(8, "answers");
	TOLD(WP_CLIENT, "nobody answers");
	wire_close(&wire);
}
END_TEST

/** Nobody says how far a side may go whose other one is not heard. */
START_TEST(test_one_side_alone_goes_on)
{
	wire_open(&wire, ARRIVAL, 0, WP_EVENT_BIT(WP_FLOW_ANOMALY));
	wire_tcp(&wire, WP_CLIENT, TCP_SYN, 0, 0, "");
	for (uint32_t i = 0; i < 16; i++) /* 256 MiB are missing each time */
		client(1 + (i << 28), "x");
	STORY("");
	wire_close(&wire);
}
END_TEST

START_TEST(test_idle_connection_ends)
{
	open_connection("{\"tcp_established_s\": 100}");
	wire.bed.core.now_ns += 99000000000;
	client(1, "");
	wire.bed.core.now_ns += 99000000000;
	stream_bed_expire(&wire.bed);
	STORY("");
	wire.bed.core.now_ns += 2000000000;
	stream_bed_expire(&wire.bed);
	STORY("end:3 ");
	wire_close(&wire);
}
END_TEST

START_TEST(test_unacknowledged_bytes_are_told_at_the_end)
{
	open_connection(ACKED);
	client(1, "never ");
	client(9, "told?");
	wire_close(&wire);
	TOLD(WP_CLIENT, "never ??told?");
}
END_TEST

START_TEST(test_datagrams)
{
	wire.next.ipv6 = false;
	wire_open(&wire, ARRIVAL, 0, 0);
	wire.next.ipv6 = _i == 1;
	wire_udp(&wire, WP_CLIENT, "ping");
	STORY("start data ");
	wire_udp(&wire, WP_SERVER, "pong");
	STORY("setup data ");
	TOLD(WP_CLIENT, "ping");
	TOLD(WP_SERVER, "pong");
	wire_close(&wire);
}
END_TEST

START_TEST(test_tenants_have_flows_of_their_own)
{
	wire_open(&wire, ARRIVAL, 0, 0);
	for (unsigned int tenant = 0; tenant < 3; tenant++) {
		wire.next.tenant = (uint16_t)tenant;
		wire_udp(&wire, WP_CLIENT, "x");
	}
	STORY("start data start data start data ");
	wire_close(&wire);
}
END_TEST

START_TEST(test_words_belong_to_instances)
{
	struct wp_core a = {.instance = 7}, b = {.instance = 8}, more = {.instance = 9};
	uint64_t *word;

	open_connection(ARRIVAL);
	client(1, "x");
	word = wp_flow_word(wire.flow, &a);
	ck_assert_uint_eq(*word, 0);
	*word = 42;
	*wp_flow_word(wire.flow, &b) = 43;
	ck_assert_uint_eq(*wp_flow_word(wire.flow, &a), 42);
	for (; more.instance < 11; more.instance++)
		ck_assert_ptr_nonnull(wp_flow_word(wire.flow, &more));
	ck_assert_ptr_null(wp_flow_word(wire.flow, &more));
	wire_close(&wire);
}
END_TEST

START_TEST(test_connection_level_keeps_no_bytes)
{
	wire_open(&wire, ARRIVAL, 0,
		  WP_EVENT_BIT(WP_FLOW_END) | WP_EVENT_BIT(WP_FLOW_RETRANSMISSION));
	wire_handshake(&wire);
	client(1, "abc");
	client(9, "xyz");
	client(1, "abc");
	STORY("again:0+3 ");
	TOLD(WP_CLIENT, "");
	wire_close(&wire);
	STORY("end:3 ");
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("tcp");

	tcase_add_test(tcase, test_handshake_is_told);
	tcase_add_test(tcase, test_bytes_are_told_on_arrival);
	tcase_add_test(tcase, test_bytes_are_told_when_acknowledged);
	tcase_add_test(tcase, test_missed_bytes_are_a_gap);
	tcase_add_test(tcase, test_bytes_may_come_behind_their_acknowledgement);
	tcase_add_test(tcase, test_retransmission_is_told);
	tcase_add_test(tcase, test_changed_bytes_are_a_conflict);
	tcase_add_test(tcase, test_out_of_window_is_not_believed);
	tcase_add_test(tcase, test_windows_are_scaled_when_both_say_so);
	tcase_add_test(tcase, test_old_timestamp_is_not_believed);
	tcase_add_test(tcase, test_wrong_checksum_is_not_believed);
	tcase_add_test(tcase, test_fins_end_it);
	tcase_add_loop_test(tcase, test_fin_that_acknowledges_a_fin_is_the_second, 0, 2);
	tcase_add_loop_test(tcase, test_urgent_byte_is_told_apart, 0, 2);
	tcase_add_test(tcase, test_urgent_byte_inline_is_plain);
	tcase_add_test(tcase, test_urgent_pointer_of_linux);
	tcase_add_test(tcase, test_segments_that_their_receiver_discards);
	tcase_add_test(tcase, test_bytes_in_a_syn_sent_again);
	tcase_add_test(tcase, test_connection_of_one_side_does_not_last);
	tcase_add_test(tcase, test_forgotten_flow_gives_its_memory_back);
	tcase_add_loop_test(tcase, test_end_of_a_stream_is_told_behind_its_bytes, 0, 4);
	tcase_add_test(tcase, test_reset_is_the_end_of_both_streams);
	tcase_add_test(tcase, test_reset_counts_only_at_its_place);
	tcase_add_test(tcase, test_false_reset_does_not_hide_what_follows);
	tcase_add_test(tcase, test_syn_is_answered_by_syn_only);
	tcase_add_loop_test(tcase, test_bytes_in_a_syn_count_when_acknowledged, 0, 4);
	tcase_add_test(tcase, test_ports_can_be_used_again);
	tcase_add_test(tcase, test_connection_that_one_end_has_forgotten_begins_anew);
	tcase_add_loop_test(tcase, test_connection_under_way_is_picked_up, 0, 2);
	tcase_add_test(tcase, test_status_line_is_of_a_server);
	tcase_add_test(tcase, test_one_side_alone_is_enough);
	tcase_add_test(tcase, test_one_side_alone_goes_on);
	tcase_add_test(tcase, test_idle_connection_ends);
	tcase_add_test(tcase, test_unacknowledged_bytes_are_told_at_the_end);
	tcase_add_loop_test(tcase, test_datagrams, 0, 2);
	tcase_add_test(tcase, test_tenants_have_flows_of_their_own);
	tcase_add_test(tcase, test_words_belong_to_instances);
	tcase_add_test(tcase, test_connection_level_keeps_no_bytes);
	return unit_main("stream tcp", tcase);
}
