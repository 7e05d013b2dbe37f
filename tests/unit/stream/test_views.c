/* SPDX-License-Identifier: BSD-3-Clause */
/* Flows that are read as their application protocol: which it is, when it changes, what memory it
 * takes. What each protocol's view makes of its bytes is for test_l7_*. */

#include <string.h>

#include "parse/parse.h"
#include "stream/flow.h"
#include "stream/pool.h"
#include "unit.h"
#include "wire.h"

#define ARRIVAL "{}"

enum { VIEWS = WP_EVENTS_OF_L7 };

static struct wire wire;

static void
say(enum wp_side side, uint32_t *at, uint32_t ack, const char *text)
{
	wire_tcp(&wire, side, TCP_ACK, *at, ack, text);
	*at += (uint32_t)strlen(text);
}

#define STORY(TEXT)                                                                                \
	do {                                                                                       \
		ck_assert_str_eq(wire.story, TEXT);                                                \
		wire_forget(&wire);                                                                \
	} while (0)

static void
open_connection(const char *conf, uint32_t wants)
{
	wire_open(&wire, conf, 0, wants);
	wire_handshake(&wire);
	wire_forget(&wire);
}

START_TEST(test_protocol_is_known_by_its_first_bytes)
{
	uint32_t client = 1, server = 1;

	open_connection(ARRIVAL, VIEWS);
	say(WP_CLIENT, &client, server, "GE");
	STORY("");
	say(WP_CLIENT, &client, server, "T /a HTTP/1.1\r\nHost: h\r\n\r\n");
	STORY("l7:2 head:/a done ");
	say(WP_SERVER, &server, client, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
	STORY("head: body done ");
	ck_assert_uint_eq(wire.flow->l7, WP_L7_HTTP);
	wire_close(&wire);
}
END_TEST

/** A server that speaks first is kept until the client has said what it is. */
START_TEST(test_what_came_before_is_read_first)
{
	uint32_t client = 1, server = 1;

	open_connection(ARRIVAL, VIEWS);
	say(WP_SERVER, &server, client, "220 here\r\n");
	STORY("");
	say(WP_CLIENT, &client, server, "EHLO there\r\n");
	STORY("l7:6 reply EHLO there ");
	wire_close(&wire);
}
END_TEST

/** Longer than any that is known: only the server says what this is. */
#define STRANGE "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

/** What a client has sent is read as what its server says it is, beyond the first bytes, too. */
START_TEST(test_the_server_says_what_it_is)
{
	uint32_t client = 1, server = 1;
	size_t used;

	open_connection(ARRIVAL, VIEWS);
	say(WP_CLIENT, &client, server, STRANGE " /a HTTP/1.1\r\nHost: h\r\n");
	used = stream_pool_used(wire.bed.views);
	for (unsigned int i = 0; i < 100; i++)
		say(WP_CLIENT, &client, server, "X: 0123456789012345678901234567890\r\n");
	ck_assert_uint_gt(stream_pool_used(wire.bed.views), used);
	say(WP_CLIENT, &client, server, "\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n");
	STORY("");
	say(WP_SERVER, &server, client, "HTTP/1.1 204 N\r\n\r\n");
	STORY("l7:2 odd:21 head:/a done head:/b done head: done ");
	say(WP_CLIENT, &client, server, "GET /c HTTP/1.1\r\nHost: h\r\n\r\n");
	STORY("head:/c done ");
	wire_close(&wire);
}
END_TEST

/** What there was no room for is missing; it does not come back from behind that. */
START_TEST(test_the_server_says_it_late)
{
	uint32_t client = 1, server = 1;
	size_t used;

	open_connection(ARRIVAL, VIEWS);
	say(WP_CLIENT, &client, server, STRANGE " /a HTTP/1.1\r\nHost: h\r\n\r\n");
	for (unsigned int i = 0; i < 40; i++)
		say(WP_CLIENT, &client, server,
		    "GET /b HTTP/1.1\r\nHost: h\r\nX: 0123456789"
		    "0123456789012345678901234567890\r\n\r\n");
	used = stream_pool_used(wire.bed.views);
	for (unsigned int i = 0; i < 40; i++)
		say(WP_CLIENT, &client, server,
		    "GET /c HTTP/1.1\r\nHost: h\r\nX: 0123456789"
		    "0123456789012345678901234567890\r\n\r\n");
	ck_assert_uint_eq(stream_pool_used(wire.bed.views), used);
	say(WP_SERVER, &server, client, "HTTP/1.1 204 N\r\n\r\n");
	ck_assert_ptr_eq(strstr(wire.story, "l7:2 odd:21 head:/a done head:/b done "), wire.story);
	ck_assert_ptr_nonnull(strstr(wire.story, "head:/c done odd:3 head: done "));
	wire_forget(&wire);
	say(WP_CLIENT, &client, server, "GET /d HTTP/1.1\r\nHost: h\r\n\r\n");
	STORY("head:/d done ");
	wire_close(&wire);
}
END_TEST

/** Nobody knows what this is: nothing of it stays. */
START_TEST(test_nobody_says_what_it_is)
{
	uint32_t client = 1, server = 1;

	open_connection(ARRIVAL, VIEWS);
	for (unsigned int i = 0; i < 10; i++)
		say(WP_CLIENT, &client, server, STRANGE STRANGE STRANGE);
	if (_i == 0)
		say(WP_SERVER, &server, client, "\4\5\6 no idea");
	else
		stream_bed_end(&wire.bed);
	ck_assert_uint_eq(stream_pool_used(wire.bed.views), 0);
	wire_close(&wire);
}
END_TEST

START_TEST(test_none_of_them)
{
	uint32_t client = 1, server = 1;

	open_connection(ARRIVAL, VIEWS);
	say(WP_CLIENT, &client, server,
	    "\1\2\3 what is this, that nobody speaks, at all, and for long");
	say(WP_SERVER, &server, client, "\4\5\6 no idea");
	STORY("l7:1 ");
	ck_assert_uint_ne(wire.flow->flags & WP_FLOW_UNREAD, 0);
	ck_assert_uint_eq(stream_pool_used(wire.bed.views), 0);
	say(WP_CLIENT, &client, server, "GET / HTTP/1.1\r\n\r\n");
	STORY("");
	wire_close(&wire);
}
END_TEST

/** SMTP, then TLS in the same connection. */
START_TEST(test_one_protocol_hands_over_to_another)
{
	uint32_t client = 1, server = 1;

	open_connection(ARRIVAL, VIEWS);
	say(WP_SERVER, &server, client, "220 here ESMTP\r\n");
	say(WP_CLIENT, &client, server, "EHLO x\r\n");
	say(WP_SERVER, &server, client, "250 STARTTLS\r\n");
	say(WP_CLIENT, &client, server, "STARTTLS\r\n");
	STORY("l7:6 reply EHLO x reply STARTTLS ");
	say(WP_SERVER, &server, client, "220 go\r\n");
	STORY("reply ");
	ck_assert_uint_eq(stream_pool_used(wire.bed.views), 0);
	say(WP_CLIENT, &client, server, "SSH-2.0-not_tls\r\n");
	STORY("l7:5 banner ");
	wire_close(&wire);
}
END_TEST

/** Messages that were not read are missing; those behind them are found again. */
START_TEST(test_put_off)
{
	uint32_t client = 1, server = 1;

	open_connection(ARRIVAL, VIEWS);
	wire.bed.plan.has_one_reader = true;
	say(WP_CLIENT, &client, server, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
	STORY("l7:2 head:/a done ");
	wp_flow_put_off(wire.flow, true);
	say(WP_CLIENT, &client, server, "GET /b HTTP/1.1\r\nHost: h\r\n\r\nGET /c HT");
	say(WP_CLIENT, &client, server, "TP/1.1\r\n\r\n");
	STORY("");
	wp_flow_put_off(wire.flow, false);
	say(WP_CLIENT, &client, server, "GET /d HTTP/1.1\r\nHost: h\r\n\r\n");
	STORY("odd:3 head:/d done ");
	wire_close(&wire);
}
END_TEST

/** Nothing of the other side was read yet: what comes of it meanwhile is missing, too. */
START_TEST(test_put_off_before_the_other_side)
{
	uint32_t client = 1, server = 1;

	open_connection(ARRIVAL, VIEWS);
	wire.bed.plan.has_one_reader = true;
	say(WP_CLIENT, &client, server, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
	STORY("l7:2 head:/a done ");
	wp_flow_put_off(wire.flow, true);
	say(WP_SERVER, &server, client, "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n0123456789");
	STORY("");
	wp_flow_put_off(wire.flow, false);
	say(WP_SERVER, &server, client, "a: b\r\n\r\n..\r\n");
	say(WP_SERVER, &server, client, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
	STORY("odd:3 head: body done ");
	wire_close(&wire);
}
END_TEST

/** Who wished it is not there any more: services hear of flows by another plan now. */
START_TEST(test_put_off_lapses)
{
	struct stream_plan first, *bed = &wire.bed.plan;
	uint32_t client = 1, server = 1;

	open_connection(ARRIVAL, VIEWS);
	bed->has_one_reader = true;
	say(WP_CLIENT, &client, server, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
	wp_flow_put_off(wire.flow, true);
	say(WP_CLIENT, &client, server, "GET /b HTTP/1.1\r\nHost: h\r\n\r\n");
	STORY("l7:2 head:/a done ");
	first = *bed;
	wire.bed.other = &first;
	say(WP_CLIENT, &client, server, "GET /c HTTP/1.1\r\nHost: h\r\n\r\n");
	STORY("odd:3 head:/c done ");
	wire_close(&wire);
}
END_TEST

/** Another service of the path hears of it, or nobody knows what it is yet. */
START_TEST(test_put_off_in_vain)
{
	uint32_t client = 1, server = 1;

	open_connection(ARRIVAL, VIEWS);
	wire.bed.plan.has_one_reader = true;
	say(WP_CLIENT, &client, server, "GE");
	wp_flow_put_off(wire.flow, true);
	say(WP_CLIENT, &client, server, "T /a HTTP/1.1\r\nHost: h\r\n\r\n");
	STORY("l7:2 head:/a done ");
	wire.bed.plan.has_one_reader = false;
	say(WP_CLIENT, &client, server, "GET /b HTTP/1.1\r\nHost: h\r\n\r\n");
	STORY("head:/b done ");
	wire_close(&wire);
}
END_TEST

/** One that is no message says nothing of those behind it. */
START_TEST(test_datagrams_are_read_one_by_one)
{
	static const char query[] = "\x12\x34\1\0\0\1\0\0\0\0\0\0\3www\7example\3com\0\0\1\0\1";

	wire_open(&wire, "{}", 0, VIEWS);
	wire_udp(&wire, WP_CLIENT, "no message");
	STORY("l7:1 ");
	wire_udp(&wire, WP_CLIENT, "nor this");
	STORY("");
	wire_datagram(&wire, WP_CLIENT, query, sizeof(query) - 1);
	STORY("l7:4 dns ");
	wire_close(&wire);
}
END_TEST

/** Whatever they look like. */
START_TEST(test_only_tcp_and_udp_are_read)
{
	static const uint8_t protos[] = {WP_PROTO_ICMP, WP_PROTO_ESP, 47, 132};
	static const char query[] =
		"\0\x25\x12\x34\1\0\0\1\0\0\0\0\0\0\3www\7example\3com\0\0\1\0\1";

	wire_open(&wire, "{}", 0, VIEWS);
	wire.next.proto = protos[_i];
	wire.next.client_port = 0x0800; /* ICMP: echo */
	wire_datagram(&wire, WP_CLIENT, query, sizeof(query) - 1);
	wire_datagram(&wire, WP_CLIENT, query + 2, sizeof(query) - 3);
	STORY("");
	wire_close(&wire);
}
END_TEST

/** What one side says first is no more than its word. */
START_TEST(test_sides_of_two_protocols)
{
	uint32_t client = 1, server = 1;

	open_connection(ARRIVAL, VIEWS);
	say(WP_CLIENT, &client, server, "SSH-1.3-x\r\n");
	STORY("l7:5 banner ");
	say(WP_SERVER, &server, client, "220 here ESMTP\r\n");
	ck_assert_ptr_nonnull(strstr(wire.story, "odd:4 "));
	wire_close(&wire);
}
END_TEST

/** Bytes that are missing at the beginning of a side leave the other. */
START_TEST(test_a_side_whose_beginning_is_missing)
{
	uint32_t client = 1, server = 1;

	open_connection(ARRIVAL, VIEWS);
	server = 11;
	wire_tcp(&wire, WP_CLIENT, TCP_ACK, client, server, "");
	wire_tcp(&wire, WP_CLIENT, TCP_ACK, client, server, ""); /* it has these ten bytes */
	say(WP_SERVER, &server, client, "and so on");
	wire_tcp(&wire, WP_CLIENT, TCP_ACK, client, server, "");
	STORY("");
	say(WP_CLIENT, &client, server, "GET /b HTTP/1.0\r\n\r\n");
	ck_assert_ptr_nonnull(strstr(wire.story, "l7:2 "));
	ck_assert_ptr_nonnull(strstr(wire.story, "head:/b done "));
	wire_close(&wire);
}
END_TEST

/** What programs do not find in their stream is not read in it. */
START_TEST(test_urgent_bytes)
{
	uint32_t client = 1, server = 1;

	open_connection(_i == 0 ? ARRIVAL : "{\"urgent\": \"inline\"}", VIEWS);
	wire.next.urgent = 6;
	wire_tcp(&wire, WP_CLIENT, TCP_ACK | TCP_URG, client, server, "GET /x HTTP/1.0\r\n\r\n");
	STORY(_i == 0 ? "l7:2 head:/ done " : "l7:2 head:/x done ");
	wire_close(&wire);
}
END_TEST

/** Servers of HTTP/0.9 answer it. Others get more, of which it is told as of any request. */
START_TEST(test_a_line_without_version_is_told_before_its_head)
{
	uint32_t client = 1, server = 1;

	open_connection(ARRIVAL, VIEWS);
	say(WP_CLIENT, &client, server, "GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b\r");
	STORY("l7:2 head:/a done ");
	say(WP_CLIENT, &client, server, "\n");
	STORY("line ");
	say(WP_CLIENT, &client, server, "Host: h\r\n");
	STORY("");
	say(WP_CLIENT, &client, server, "\r\nGET /c HTTP/1.1\r\n");
	STORY("odd:23 head:/b done ");
	wire_close(&wire);
}
END_TEST

/** Its end comes behind all that is known of a side: what was kept to know how it is coded is body.
 */
START_TEST(test_last_bytes_come_in_front_of_the_end)
{
	uint32_t client = 1, server = 1;

	open_connection(ARRIVAL, VIEWS | WP_EVENT_BIT(WP_FLOW_FINISH));
	say(WP_CLIENT, &client, server, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
	say(WP_SERVER, &server, client, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nnot");
	STORY("l7:2 head:/a done head: ");
	wire_tcp(&wire, WP_SERVER, TCP_ACK | TCP_FIN, server, client, "");
	STORY("odd:47 body done finish ");
	wire_close(&wire);
}
END_TEST

/** Who wants TLS wants it behind STARTTLS, too. */
START_TEST(test_what_leads_to_a_protocol_is_read)
{
	uint32_t client = 1, server = 1;

	open_connection(ARRIVAL, WP_EVENT_BIT(WP_TLS_HELLO));
	say(WP_SERVER, &server, client, "220 here ESMTP\r\n");
	ck_assert_uint_eq(wire.flow->l7, WP_L7_SMTP);
	say(WP_CLIENT, &client, server, "STARTTLS\r\n");
	say(WP_SERVER, &server, client, "220 go\r\n");
	say(WP_CLIENT, &client, server, "\x16\x03\x01"); /* so TLS begins */
	ck_assert_uint_eq(wire.flow->l7, WP_L7_UNKNOWN);
	ck_assert_ptr_nonnull(wire.flow->view);
	say(WP_CLIENT, &client, server, "\xff and so it does not go on");
	say(WP_SERVER, &server, client, "\xff neither here");
	ck_assert_uint_eq(wire.flow->l7, WP_L7_NONE);
	STORY("");
	wire_close(&wire);
}
END_TEST

/** Configurations come and go: what was told while nobody asked for protocols is missing then. */
START_TEST(test_what_went_past_meanwhile_is_missing)
{
	uint32_t client = 1, server = 1;
	struct stream_plan plan;

	open_connection(ARRIVAL, VIEWS);
	say(WP_CLIENT, &client, server,
	    "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\none");
	STORY("l7:2 head:/p body ");
	plan = wire.bed.plan;
	wire.bed.plan = (struct stream_plan){.wants = WP_EVENT_BIT(WP_FLOW_DATA)};
	say(WP_CLIENT, &client, server, "two");
	STORY("");
	wire.bed.plan = plan;
	say(WP_CLIENT, &client, server, "sixGET /g HTTP/1.0\r\n\r\n");
	STORY("body done head:/g done ");
	wire_close(&wire);
}
END_TEST

/** Nobody is read who is not asked for. */
START_TEST(test_only_views_that_are_wanted)
{
	uint32_t client = 1, server = 1;

	open_connection(ARRIVAL, WP_EVENT_BIT(WP_DNS_MESSAGE));
	say(WP_CLIENT, &client, server, "GET / HTTP/1.1\r\n\r\n");
	say(WP_SERVER, &server, client, "HTTP/1.1 200 OK\r\n\r\n");
	STORY("");
	ck_assert_uint_eq(wire.flow->l7, WP_L7_NONE);
	wire_close(&wire);
	open_connection(ARRIVAL, WP_EVENT_BIT(WP_FLOW_DATA));
	client = server = 1;
	say(WP_CLIENT, &client, server, "GET / HTTP/1.1\r\n\r\n");
	ck_assert_uint_eq(wire.flow->l7, WP_L7_UNKNOWN);
	ck_assert_ptr_null(wire.flow->view);
	wire_close(&wire);
}
END_TEST

/** Heads that never end take each other's memory, the oldest first; who ends his is read. */
START_TEST(test_the_oldest_make_room)
{
	static char filler[1001];
	uint32_t client, server = 1;

	memset(filler, 'x', sizeof(filler) - 1);
	wire_open(&wire, "{\"view_memory\": 1, \"tenant_memory\": 50}", 0, VIEWS);
	for (unsigned int i = 0; i < 300; i++) {
		client = 1;
		wire.next.client_port = (uint16_t)(10000 + i);
		wire_handshake(&wire);
		say(WP_CLIENT, &client, server, "GET /slow HTTP/1.1\r\nX: ");
		for (unsigned int n = 0; n < 3; n++)
			say(WP_CLIENT, &client, server, filler);
		wire_forget(&wire);
	}
	ck_assert_uint_gt(wire.bed.counters[STREAM_COUNT_VIEWS_EVICTED], 100);
	ck_assert_uint_le(stream_pool_used(wire.bed.views), 1 << 19);
	/* The first of them hears of it. */
	wire.next.client_port = 10000;
	client = 1 + 23 + 3 * 1000;
	wire_forget(&wire);
	say(WP_CLIENT, &client, server, "more");
	STORY("odd:2 ");
	say(WP_CLIENT, &client, server, "and more");
	STORY("");
	client = 1;
	wire.next.client_port = 9999;
	wire_handshake(&wire);
	wire_forget(&wire);
	say(WP_CLIENT, &client, server, "GET /quick HTTP/1.1\r\nX: ");
	say(WP_CLIENT, &client, server, filler);
	say(WP_CLIENT, &client, server, "\r\nHost: h\r\n\r\n");
	STORY("l7:2 head:/quick done ");
	wire_close(&wire);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("views");

	tcase_add_test(tcase, test_protocol_is_known_by_its_first_bytes);
	tcase_add_test(tcase, test_what_came_before_is_read_first);
	tcase_add_test(tcase, test_the_server_says_what_it_is);
	tcase_add_test(tcase, test_the_server_says_it_late);
	tcase_add_loop_test(tcase, test_nobody_says_what_it_is, 0, 2);
	tcase_add_test(tcase, test_none_of_them);
	tcase_add_test(tcase, test_one_protocol_hands_over_to_another);
	tcase_add_test(tcase, test_put_off);
	tcase_add_test(tcase, test_put_off_before_the_other_side);
	tcase_add_test(tcase, test_put_off_in_vain);
	tcase_add_test(tcase, test_put_off_lapses);
	tcase_add_test(tcase, test_datagrams_are_read_one_by_one);
	tcase_add_loop_test(tcase, test_only_tcp_and_udp_are_read, 0, 4);
	tcase_add_test(tcase, test_sides_of_two_protocols);
	tcase_add_test(tcase, test_a_side_whose_beginning_is_missing);
	tcase_add_loop_test(tcase, test_urgent_bytes, 0, 2);
	tcase_add_test(tcase, test_a_line_without_version_is_told_before_its_head);
	tcase_add_test(tcase, test_last_bytes_come_in_front_of_the_end);
	tcase_add_test(tcase, test_what_leads_to_a_protocol_is_read);
	tcase_add_test(tcase, test_what_went_past_meanwhile_is_missing);
	tcase_add_test(tcase, test_only_views_that_are_wanted);
	tcase_add_test(tcase, test_the_oldest_make_room);
	return unit_main("stream views", tcase);
}
