/* SPDX-License-Identifier: BSD-3-Clause */
/* The HTTP/1 view: which flows are its own, and messages as they shall be. */

#include "l7_http_rows.h"
#include "l7_http_text.h"
#include "stream/l7/http_view.h"

#include <string.h>

#include "unit.h"

START_TEST(test_messages_as_the_rfc_has_them)
{
	static const struct http_row rows[] = {
		/* RFC 9112 section 2.1, RFC 9110 section 3.9 */
		{"GET /hello.txt HTTP/1.1\r\nUser-Agent: curl/7.64.1\r\nHost: www.example.com\r\n"
		 "Accept-Language: en, mi\r\n\r\n",
		 "HTTP/1.1 200 OK\r\nDate: Mon, 27 Jul 2009 12:28:53 GMT\r\nContent-Length: 6\r\n"
		 "Vary: Accept-Encoding\r\n\r\nHello!",
		 "C request GET method=GET target=/hello.txt 1.1 {User-Agent:curl/7.64.1}"
		 " {Host:www.example.com} {Accept-Language:en, mi} @0\nC end@100\n"
		 "S response to GET 200 reason=OK 1.1 {Date:Mon, 27 Jul 2009 12:28:53 GMT}"
		 " {Content-Length:6} {Vary:Accept-Encoding} length=6 @0\n"
		 "S body@0 Hello!\nS end@104\n",
		 0},
		/* Section 3.2.3 */
		{"CONNECT www.example.com:80 HTTP/1.1\r\nHost: www.example.com\r\n\r\n", NULL,
		 "C request CONNECT method=CONNECT target=www.example.com:80 1.1"
		 " {Host:www.example.com} @0\nC end@62\n",
		 0},
		/* Section 3.2.4; RFC 9110 section 5.5: OWS is no part of a value */
		{"OPTIONS * HTTP/1.1\r\nHost:\t www.example.org:8001 \t\r\n\r\n", NULL,
		 "C request OPTIONS method=OPTIONS target=* 1.1 {Host:www.example.org:8001} @0\n"
		 "C end@53\n",
		 0},
		/* Section 2.2: empty lines in front */
		{"\r\n\n" GET, NULL,
		 "C request GET method=GET target=/ 1.1 {Host:a} @3\nC end@30\n", 0},
		/* Section 4: no reason */
		{NULL, "HTTP/1.1 204 \r\n\r\nHTTP/1.1 204\r\n\r\n",
		 "S response to ? 204 reason= 1.1 @0\nS end@17\n"
		 "S response to ? 204 reason= 1.1 @17\nS end@33\n",
		 0},
		/* Section 9.3: which is the last */
		{"GET / HTTP/1.0\r\n\r\n", NULL,
		 "C request GET method=GET target=/ 1.0 last @0\nC end@18\n", 0},
		{"GET / HTTP/1.0\r\nConnection: x, Keep-Alive\r\n\r\n", NULL,
		 "C request GET method=GET target=/ 1.0 {Connection:x, Keep-Alive} @0\nC end@45\n",
		 0},
		{"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", NULL,
		 "C request GET method=GET target=/ 1.1 {Host:a} {Connection:close} last @0\n"
		 "C end@46\n",
		 0},
	};

	CHECK(rows);
}
END_TEST

START_TEST(test_responses_are_framed_by_what_they_answer)
{
	static const struct http_row rows[] = {
		/* RFC 9112 section 6.3, rule 1 */
		{"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n" GET,
		 "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
		 "HTTP/1.1 304 N\r\nContent-Length: 7\r\n\r\n"
		 "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
		 "C request HEAD method=HEAD target=/ 1.1 {Host:a} @0\nC end@28\n"
		 "C request GET method=GET target=/ 1.1 {Host:a} @28\nC end@55\n"
		 "S response to HEAD 200 reason=OK 1.1 {Content-Length:9} length=9 @0\nS end@38\n"
		 "S response to GET 304 reason=N 1.1 {Content-Length:7} length=7 @38\nS end@75\n"
		 "S response to ? 200 reason=OK 1.1 {Content-Length:0} length=0 @75\nS end@113\n",
		 0},
		/* RFC 9110 section 15.2: 1xx in front of the answer */
		{GET,
		 "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\n\r\n"
		 "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
		 GOT "S response to GET 100 reason=Continue 1.1 @0\nS end@25\n"
		     "S response to GET 103 reason=Early 1.1 @25\nS end@47\n"
		     "S response to GET 200 reason=OK 1.1 {Content-Length:0} length=0 @47\n"
		     "S end@85\n",
		 0},
		/* Rule 8: until the side ends */
		{NULL, "HTTP/1.1 200 OK\r\n\r\nall of it",
		 "S response to ? 200 reason=OK 1.1 @0\nS body@0 all of it\nS end@28\n", 2},
		/* HTTP/0.9: no head at all */
		{"GET /x\r\n", "HT<p>x",
		 "S anomaly 26\nS response to ? 0 0.9 last @0\nS body@0 HT<p>x\n"
		 "C anomaly 23\nC request GET method=GET target=/x 0.9 last @0\nC end@8\n"
		 "S end@6\n",
		 3},
		/* Behind a first response, it is likewise. */
		{NULL, "HTTP/1.1 204 N\r\n\r\nHTTQ/1.1 200 OK\r\n\r\n",
		 "S response to ? 204 reason=N 1.1 @0\nS end@18\nS anomaly 26\n"
		 "S response to ? 0 0.9 last @18\n"
		 "S body@0 HTTQ/1.1 200 OK\\x0d\\x0a\\x0d\\x0a\n",
		 0},
	};

	CHECK(rows);
}
END_TEST

START_TEST(test_other_protocols_begin)
{
	static const struct http_row rows[] = {
		/* RFC 9110 section 7.8 */
		{"GET /chat HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: "
		 "websocket\r\n\r\n",
		 "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n\r\n\x81",
		 "C request GET method=GET target=/chat 1.1 {Host:a} {Connection:upgrade}"
		 " {Upgrade:websocket} upgrade @0\nC end@72\n"
		 "S response to GET 101 reason=Switching Protocols 1.1 {Connection:upgrade}"
		 " upgrade @0\nS end@57\n",
		 0},
		/* Section 9.3.6: a Content-Length does not count */
		{"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n",
		 "HTTP/1.1 407 Auth\r\nContent-Length: 1\r\n\r\nx"
		 "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nxyz",
		 "C request CONNECT method=CONNECT target=a:1 1.1 {Host:a:1} @0\nC end@35\n"
		 "S response to CONNECT 407 reason=Auth 1.1 {Content-Length:1} length=1 @0\n"
		 "S body@0 x\nS end@41\n"
		 "S response to ? 200 reason=OK 1.1 {Content-Length:5} length=5 @41\n"
		 "S body@0 xyz\n",
		 0},
		/* Nobody has asked. */
		{GET, "HTTP/1.1 101 S\r\n\r\nHTTP/1.1 204 N\r\n\r\n",
		 GOT "S anomaly 42\nS response to GET 101 reason=S 1.1 @0\nS end@18\n"
		     "S response to GET 204 reason=N 1.1 @18\nS end@36\n",
		 0},
	};

	CHECK(rows);
}
END_TEST

START_TEST(test_the_next_protocol_gets_its_bytes)
{
	static const char client[] = "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n";
	static const char server[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n\x16\x03\x01";
	struct l7_bed bed = {.view = &l7_http_view, .write = l7_http_write};

	l7_bed_open(&bed);
	l7_bed_say(&bed, WP_CLIENT, client, 0);
	l7_bed_say(&bed, WP_CLIENT, "\x16\x03", 0);
	ck_assert(!bed.is_over);
	l7_bed_say(&bed, WP_SERVER, server, 0);
	ck_assert(bed.is_over);
	ck_assert_int_eq(bed.then, L7_BEGINS_ANEW);
	ck_assert_uint_eq(bed.left, 3);
	l7_bed_close(&bed);
	l7_bed_free(&bed);
}
END_TEST

START_TEST(test_heads_that_do_not_end)
{
	static const struct http_row rows[] = {
		{"GET / HTTP/1.1\r\nHost: a\r\n", "HTTP/1.1 20",
		 "C anomaly 49\n"
		 "C request GET method=GET target=/ 1.1 {Host:a} @0\n"
		 "C end@25\n"
		 "S anomaly 49\n",
		 3},
		{"GET /", NULL, "C anomaly 49\n", 1},
		{"\r\n", "\r\n", "", 3},
	};

	CHECK(rows);
}
END_TEST

START_TEST(test_picked_up_within_a_response)
{
	struct l7_bed bed = {.view = &l7_http_view, .write = l7_http_write};

	l7_bed_open(&bed);
	bed.flow.flags = WP_FLOW_PICKED_UP;
	l7_bed_say(&bed, WP_SERVER, "rest of a body HTTP/1.1", 0);
	l7_bed_say(&bed, WP_CLIENT, GET, 0);
	ck_assert_str_eq(l7_bed_close(&bed), "S anomaly 3\n" GOT);
	l7_bed_free(&bed);
}
END_TEST

START_TEST(test_the_view_stops_with_its_last_side)
{
	struct l7_bed bed = {.view = &l7_http_view, .write = l7_http_write};
	static const char line[WP_HTTP_HEAD_MAX];

	l7_bed_open(&bed);
	l7_bed_say(&bed, WP_CLIENT, "\x16 \x03 \x01 x\r\n\r\n", 0);
	l7_bed_say(&bed, WP_CLIENT, GET, 0);
	l7_bed_say(&bed, WP_SERVER, "HTTP/1.1 2", 0);
	l7_bed_gap(&bed, WP_SERVER, 5);
	/* It searches. */
	ck_assert(!bed.is_over);
	ck_assert_uint_eq(bed.used, 0);
	l7_bed_say(&bed, WP_SERVER, "HTTP/1.1 204 N\r\n\r\nHTTP", 0);
	l7_bed_feed(&bed, WP_SERVER, line, sizeof(line), 0);
	/* Its head may still end. */
	ck_assert(!bed.is_over);
	l7_bed_finish(&bed, WP_SERVER);
	ck_assert(bed.is_over);
	ck_assert_int_eq(bed.then, L7_STOPS);
	ck_assert_uint_eq(bed.used, 0);
	ck_assert_str_eq(
		l7_bed_close(&bed),
		"C anomaly 0\nS anomaly 3\n"
		"S response to ? 204 reason=N 1.1 @15\nS end@33\nS anomaly 1\nS anomaly 49\n");
	l7_bed_free(&bed);
}
END_TEST

#define EMPTY "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n" /* 32 bytes */

START_TEST(test_match)
{
	static const struct {
		const char *bytes;
		unsigned int side;
		uint16_t port;
		enum l7_match match;
	} rows[] = {
		{"GET ", 0, 1, L7_YES},
		{"GET", 0, 1, L7_MAYBE},
		{"\r\n", 0, 1, L7_MAYBE},
		{"\r\nPOST /", 0, 1, L7_YES},
		{"GET\t/", 0, 1, L7_YES},
		{"POST\v/", 0, 1, L7_YES},
		{"GET\r\n", 0, 1, L7_NO},
		{"GETTING", 0, 1, L7_MAYBE},
		{"ABCDEFGHIJKLMNOPQRSTU", 0, 80, L7_NO},
		{"OPTIONS ", 0, 1, L7_MAYBE},
		{"OPTIONS *", 0, 1, L7_YES},
		{"OPTIONS rtsp://a/b RTSP/1.0\r\n", 0, 554, L7_NO},
		{"OPTIONS sip:a SIP/2.0\r\n", 0, 5060, L7_NO},
		{"OPTIONS http://a/ HTTP/1.1\r\n", 0, 1, L7_YES},
		{"CONNECT a:1", 0, 1, L7_YES},
		{"CONNECT {\"a\":1}\r\n", 0, 4222, L7_NO},
		{"FROB /x HTTP/1.1\r\n", 0, 1, L7_YES},
		{"FROB /x HTTP/1.0\n", 0, 1, L7_YES},
		{"FROB /x HTTP/1.1", 0, 1, L7_MAYBE},
		{"SSH-2.0-x /x HTTP/1.1\r\n", 0, 1, L7_YES},
		{"SSH-2.0-x /x\r\n", 0, 80, L7_NO},
		{"A1 /0123456789012345678901234567890123456789012345678901234567890", 0, 80,
		 L7_YES},
		{"A1 01234567890123456789012345678901234567890123456789012345678901", 0, 80, L7_NO},
		{"A!1 /x HTTP/1.1\r\n", 0, 80, L7_NO},
		{"FROB /x\r\n", 0, 1, L7_NO},
		{"FROB /x\r\n", 0, 8080, L7_YES},
		{"FROB /01234567890123456789012345678901234567890123456789012345678", 0, 1, L7_NO},
		{"FROB /01234567890123456789012345678901234567890123456789012345678", 0, 80,
		 L7_YES},
		/* Longer than what is looked at. */
		{EMPTY EMPTY "GET /", 0, 1, L7_NO},
		{EMPTY EMPTY "GET /", 0, 80, L7_YES},
		{EMPTY "\r\nGET", 0, 80, L7_MAYBE},
		{"EHLO a.example\r\n", 0, 25, L7_NO},
		{"USER a\r\n", 0, 21, L7_NO},
		{"SSH-2.0-x\r\n", 0, 22, L7_NO},
		{"PRI * HTTP/2.0\r\n", 0, 80, L7_NO},
		{"\x16\x03\x01", 0, 80, L7_NO},
		{" GET /", 0, 80, L7_NO},
		{"HTTP/", 1, 1, L7_YES},
		{"HTT", 1, 1, L7_MAYBE},
		{"HTML", 1, 80, L7_NO},
		{"220 ", 1, 80, L7_NO},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t size = strlen(rows[i].bytes) < 64 ? strlen(rows[i].bytes) : 64;
		uint8_t *copy = malloc(size);
		struct l7_hint hint = {.data = copy,
				       .size = (uint32_t)size,
				       .side = rows[i].side,
				       .server_port = rows[i].port,
				       .proto = 6};

		memcpy(copy, rows[i].bytes, size);
		ck_assert_msg(l7_http_view.match(&hint) == rows[i].match, "%s", rows[i].bytes);
		free(copy);
	}
}
END_TEST

static void
write_number(FILE *out, const struct wp_stream_event *event)
{
	if (event->type == WP_HTTP_HEAD)
		fprintf(out, "%u", event->http->transaction);
	else
		fputc('.', out);
}

/** Pipelined, behind 100, more than are kept track of, and behind a gap. */
START_TEST(test_responses_have_the_numbers_of_their_requests)
{
	struct l7_bed bed = {.view = &l7_http_view, .write = write_number};

	l7_bed_open(&bed);
	for (unsigned int i = 0; i < 3; i++)
		l7_bed_say(&bed, WP_CLIENT, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 0);
	l7_bed_say(&bed, WP_SERVER, "HTTP/1.1 100 C\r\n\r\nHTTP/1.1 204 N\r\n\r\n", 0);
	l7_bed_say(&bed, WP_SERVER, "HTTP/1.1 204 N\r\n\r\n", 0);
	l7_bed_gap(&bed, WP_SERVER, 10);
	l7_bed_say(&bed, WP_SERVER, "HTTP/1.1 204 N\r\n\r\n", 0);
	l7_bed_say(&bed, WP_CLIENT, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 0);
	l7_bed_say(&bed, WP_SERVER, "HTTP/1.1 204 N\r\n\r\n", 0);
	ck_assert_str_eq(l7_bed_close(&bed), "C 1\nC .\nC 2\nC .\nC 3\nC .\n"
					     "S 1\nS .\nS 1\nS .\nS 2\nS .\nS anomaly 3\nS 0\nS .\n"
					     "C 4\nC .\nS 4\nS .\n");
	l7_bed_free(&bed);
}
END_TEST

static struct wp_span
span_of(const char *text)
{
	return (struct wp_span){(const uint8_t *)text, (uint32_t)strlen(text)};
}

START_TEST(test_headers_are_found_by_name)
{
	const struct wp_http_header headers[] = {
		{span_of("Hosts"), span_of("1")},
		{span_of("HoST"), span_of("2")},
		{span_of("host"), span_of("3")},
	};
	const struct wp_http_head head = {.headers = headers, .n_headers = 3};

	ck_assert_ptr_eq(wp_http_header(&head, "host"), &headers[1]);
	ck_assert_ptr_eq(wp_http_header(&head, "hosts"), &headers[0]);
	ck_assert_ptr_null(wp_http_header(&head, "hos"));
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("http");

	tcase_add_test(tcase, test_responses_have_the_numbers_of_their_requests);
	tcase_add_test(tcase, test_messages_as_the_rfc_has_them);
	tcase_add_test(tcase, test_responses_are_framed_by_what_they_answer);
	tcase_add_test(tcase, test_other_protocols_begin);
	tcase_add_test(tcase, test_the_next_protocol_gets_its_bytes);
	tcase_add_test(tcase, test_heads_that_do_not_end);
	tcase_add_test(tcase, test_picked_up_within_a_response);
	tcase_add_test(tcase, test_the_view_stops_with_its_last_side);
	tcase_add_test(tcase, test_match);
	tcase_add_test(tcase, test_headers_are_found_by_name);
	return unit_main("l7_http", tcase);
}
