/* SPDX-License-Identifier: BSD-3-Clause */
/* services/ids/odd*.c, match/event_rules.c: rules that ask for something odd get it, each way once,
 * and nothing is looked for that nobody asks for. */

#include <stdio.h>

#include "host_bed.h"
#include "match/event_rules.h"
#include "parse/parse.h"

enum { PARTS = 5 };

static void
open_host(const char *rule)
{
	ck_assert_msg(bed_open(rule, json_pack("{sb}", "capture", 1)) == 0, "%s", bed_why);
}

/** Ends the service. @return alerts that it has told */
static unsigned int
close_host(void)
{
	unsigned int n = bed_count("\"signature_id\":1,");

	bed_close();
	return n;
}

/** Sends a whole connection. @param parts  of the client and the server in turn; NULL: its end */
static void
converse(const char *const *parts)
{
	bed_shake_hands();
	for (unsigned int i = 0; i < PARTS && parts[i] != NULL; i++) {
		if (parts[i][0] == '\0')
			continue;
		bed_segment(i % 2, ACK | PSH, parts[i]);
		bed_segment(i % 2 == 0, ACK, "");
	}
	bed_segment(0, FIN | ACK, "");
	bed_segment(1, FIN | ACK, "");
	bed_segment(0, ACK, "");
}

/* Messages. */

#define GET "GET /a HTTP/1.1\r\nHost: a.org\r\n\r\n"
#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
#define LINE(TEXT) TEXT "\r\nHost: a.org\r\n\r\n"
#define FIELD(TEXT) "GET /a HTTP/1.1\r\nHost: a.org\r\n" TEXT "\r\n\r\n"
#define ANSWER(TEXT) "HTTP/1.1 200 OK\r\n" TEXT "\r\nContent-Length: 2\r\n\r\nhi"

static const struct {
	const char *event;
	const char *parts[PARTS];
	unsigned int alerts;
} talks[] = {
	{"http.missing_host_header", {GET, OK}, 0},
	{"http.missing_host_header", {"GET /a HTTP/1.1\r\nA: b\r\n\r\n", OK}, 2},
	{"http.missing_host_header", {"GET /a HTTP/1.0\r\n\r\n", OK}, 0},
	{"http.host_header_ambiguous", {LINE("GET http://b.org/ HTTP/1.1"), OK}, 2},
	{"http.host_header_ambiguous", {LINE("GET http://a.org/ HTTP/1.1"), OK}, 0},
	{"http.request_header_host_invalid", {FIELD("Host: a.org"), OK}, 2},
	{"http.request_header_host_invalid", {"GET /a HTTP/1.1\r\nHost: a b!\r\n\r\n", OK}, 2},
	{"http.double_encoded_uri", {LINE("GET /%2561 HTTP/1.1"), OK}, 2},
	{"http.double_encoded_uri", {LINE("GET /%25 HTTP/1.1"), OK}, 0},
	{"http.method_delim_non_compliant", {LINE("GET\t/a HTTP/1.1"), OK}, 2},
	{"http.uri_delim_non_compliant", {LINE("GET /a\tHTTP/1.1"), OK}, 2},
	{"http.request_line_leading_whitespace", {LINE(" GET /a HTTP/1.1"), OK}, 2},
	{"http.unknown_method", {GET, OK}, 0},
	{"http.request_field_missing_colon", {FIELD("abc"), OK}, 2},
	{"http.request_header_invalid", {FIELD("A b: c"), OK}, 2},
	{"http.response_field_missing_colon", {GET, ANSWER("abc")}, 2},
	{"http.invalid_response_field_folding", {GET, ANSWER(" a: b")}, 2},
	{"http.unable_to_match_response_to_request", {GET, OK OK}, 2},
	{"http.unable_to_match_response_to_request", {GET GET, OK OK}, 0},
	{"http.100_continue_already_seen",
	 {GET, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"},
	 2},
	{"smtp.duplicate_fields",
	 {"", "220 a.org ESMTP\r\n", "EHLO b.org\r\n", "250 a.org\r\n", "EHLO b.org\r\n"},
	 2},
	{"ssh.invalid_banner", {"SSH-2.0\r\n", "SSH-2.0-OpenSSH_9.2\r\n"}, 2},
	{"ssh.invalid_banner", {"SSH-2.0-a\r\n", "SSH-2.0-OpenSSH_9.2\r\n"}, 0},
	{"applayer_mismatch_protocol_both_directions", {GET, "SSH-2.0-OpenSSH_9.2\r\n"}, 1},
	{"applayer_mismatch_protocol_both_directions", {GET, OK}, 0},
	{"applayer_detect_protocol_only_one_direction", {GET, "<html></html>\r\n"}, 1},
	{"tls.invalid_record_type", {GET, OK}, 0},
};

START_TEST(test_message_is_told_each_way)
{
	unsigned int alerts;
	char rule[256];

	snprintf(rule, sizeof(rule), "alert tcp any any -> any any (app-layer-event:%s; sid:1;)\n",
		 talks[_i].event);
	open_host(rule);
	converse(talks[_i].parts);
	alerts = close_host();
	ck_assert_msg(alerts == talks[_i].alerts, "%s: %u, expected %u", talks[_i].event, alerts,
		      talks[_i].alerts);
}
END_TEST

START_TEST(test_rule_of_one_way_asks_for_it_alone)
{
	static const char *const parts[PARTS] = {"GET /a HTTP/1.1\r\nA: b\r\n\r\n", OK};
	static const char *const ways[] = {"to_server", "to_client"};

	for (int i = 0; i < ROWS(ways); i++) {
		char rule[256];

		snprintf(rule, sizeof(rule),
			 "alert http any any -> any any (flow:established,%s; "
			 "app-layer-event:http.missing_host_header; sid:1;)\n",
			 ways[i]);
		open_host(rule);
		converse(parts);
		ck_assert_uint_eq(close_host(), 1);
	}
}
END_TEST

START_TEST(test_stream_is_told_with_its_packet)
{
	static const char *const parts[PARTS] = {GET, OK};

	open_host("alert tcp any any -> any any (stream-event:est_syn_resend_diff_seq; sid:1;)\n");
	converse(parts);
	bed_shake_hands();
	bed_next[0] = 77;
	bed_segment(0, SYN, "");
	ck_assert_uint_eq(close_host(), 1);
}
END_TEST

/** A session that nobody answers is one, however often its client begins it anew. */
START_TEST(test_syns_without_an_answer_are_one_session)
{
	open_host("alert tcp any any -> any any (stream-event:3whs_syn_flood; sid:1;)\n");
	for (uint32_t i = 0; i < 14; i++) {
		bed_next[0] = 5000 * i;
		bed_segment(0, SYN, "");
	}
	ck_assert_uint_eq(close_host(), 3);
}
END_TEST

START_TEST(test_bytes_behind_a_gap_are_told)
{
	open_host("alert tcp any any -> any any (stream-event:reassembly_seq_gap; sid:1;)\n");
	bed_shake_hands();
	bed_next[0] += 10;
	bed_segment(0, ACK | PSH, "behind");
	bed_segment(1, ACK, "");
	bed_segment(0, ACK | PSH, "more");
	bed_segment(1, ACK, "");
	ck_assert_uint_eq(close_host(), 1);
}
END_TEST

/** What is odd, but followed, is in the stream: its packet is not looked at once more for itself.
 */
START_TEST(test_bytes_of_what_is_followed_are_asked_about_once)
{
	enum { RST = 0x04 };

	open_host("alert tcp any any -> any any (content:\"bytes\"; sid:1;)");
	bed_shake_hands();
	bed_segment(0, RST, ""); /* never got there */
	bed_segment(0, ACK, "bytes");
	bed_segment(1, ACK, "");
	bed_segment(0, ACK, "more");
	bed_segment(1, ACK, "");
	ck_assert_uint_eq(close_host(), 1);
}
END_TEST

START_TEST(test_packet_that_cannot_be_read_is_told)
{
	static const uint8_t header[] = {0, 7, 0, 9};

	open_host("alert pkthdr any any -> any any (decode-event:udp.hlen_too_small; sid:1;)\n");
	bed_send(0, WP_PROTO_UDP, header, sizeof(header));
	ck_assert_uint_eq(close_host(), 1);
}
END_TEST

/* Rules. */

static struct rule rules[] = {
	{.number = 0},
	{.number = 1},
	{.number = 2},
	{.number = 3},
};
static struct rule *const all[] = {&rules[0], &rules[1], &rules[2], &rules[3]};

START_TEST(test_rules_are_found_by_their_event)
{
	static struct rule_match matches[] = {
		{.kind = MATCH_DECODE_EVENT, .event = EVENT_DECODE_IPV4_TRUNC_PKT},
		{.kind = MATCH_L7_EVENT, .event = EVENT_HTTP_MISSING_HOST_HEADER},
		{.kind = MATCH_DECODE_EVENT, .event = EVENT_DECODE_IPV4_TRUNC_PKT},
	};
	struct event_rules events = {.n = 0};

	ck_assert(!event_rules_are_of(&rules[3]));
	for (unsigned int i = 0; i < 3; i++) {
		rules[i].packet = &matches[i];
		rules[i].n_packet = 1;
		ck_assert(event_rules_are_of(&rules[i]));
		ck_assert_int_eq(event_rules_add(&events, &rules[i]), 0);
	}
	ck_assert_int_eq(event_rules_finish(&events, all), 0);
	ck_assert(events.decode && !events.stream && events.l7);
	ck_assert(event_rules_have(&events, EVENT_DECODE_IPV4_TRUNC_PKT));
	ck_assert(!event_rules_have(&events, EVENT_DECODE_IPV4_PKT_TOO_SMALL));
	ck_assert_uint_eq(events.rules[events.first[EVENT_DECODE_IPV4_TRUNC_PKT]], 0);
	ck_assert_uint_eq(events.rules[events.first[EVENT_DECODE_IPV4_TRUNC_PKT] + 1], 2);
	ck_assert_uint_eq(events.rules[events.first[EVENT_HTTP_MISSING_HOST_HEADER]], 1);
	event_rules_clear(&events);
	ck_assert(!events.decode && events.rules == NULL);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("odd");

	tcase_add_checked_fixture(tcase, bed_set_up, bed_tear_down);
	tcase_add_loop_test(tcase, test_message_is_told_each_way, 0, ROWS(talks));
	tcase_add_test(tcase, test_rule_of_one_way_asks_for_it_alone);
	tcase_add_test(tcase, test_stream_is_told_with_its_packet);
	tcase_add_test(tcase, test_syns_without_an_answer_are_one_session);
	tcase_add_test(tcase, test_bytes_behind_a_gap_are_told);
	tcase_add_test(tcase, test_bytes_of_what_is_followed_are_asked_about_once);
	tcase_add_test(tcase, test_packet_that_cannot_be_read_is_told);
	tcase_add_test(tcase, test_rules_are_found_by_their_event);
	return unit_main("ids_odd", tcase);
}
