/* SPDX-License-Identifier: BSD-3-Clause */
/* Bodies in the HTTP/1 view: chunks, gaps, ends; however they are cut. */

#include "l7_http_text.h"
#include "stream/l7/http_view.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

static const size_t steps[] = {0, 1, 3, 1000};

#define CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
#define CHUNKED_TOLD "S response to ? 200 reason=OK 1.1 {Transfer-Encoding:chunked} chunked @0\n"
#define NEXT "HTTP/1.1 204 N\r\n\r\n"
#define NEXT_TOLD "S response to ? 204 reason=N 1.1 @"

/** What a server says behind the head of a chunked body, and what comes of it. */
struct row {
	const char *body, *told;
};

static void
check_chunks(const struct row *row, size_t step)
{
	struct l7_bed bed = {.view = &l7_http_view, .write = l7_http_write};
	char want[1024];
	const char *told;

	snprintf(want, sizeof(want), "%s%s", CHUNKED_TOLD, row->told);
	l7_bed_open(&bed);
	l7_bed_say(&bed, WP_SERVER, CHUNKED, step);
	l7_bed_feed(&bed, WP_SERVER, row->body, strlen(row->body), step);
	told = l7_bed_close(&bed);
	ck_assert_msg(strcmp(told, want) == 0, "step %zu of:\n%s\nwant:\n%s\ngot:\n%s", step,
		      row->body, want, told);
	l7_bed_free(&bed);
}

#define CHECK(TABLE)                                                                               \
	for (size_t i = 0; i < sizeof(TABLE) / sizeof((TABLE)[0]); i++)                            \
		for (size_t j = 0; j < sizeof(steps) / sizeof(steps[0]); j++)                      \
			check_chunks(&(TABLE)[i], steps[j]);

START_TEST(test_chunks)
{
	static const struct row rows[] = {
		/* RFC 9112 section 7.1 */
		{"5\r\nhello\r\n00A;a=\"b;c\"\r\n 0123456\r\n\r\n0\r\n\r\n" NEXT,
		 "S body@0 hello 0123456\\x0d\\x0a\nS end@87\n" NEXT_TOLD "87\nS end@105\n"},
		/* Section 7.1.1: white space goes with an extension */
		{"1 ; a\r\nx\r\n0\r\n\r\n", "S body@0 x\nS end@62\n"},
		/* Section 7.1.2 */
		{"1\r\nx\r\n0\r\nExpires: never\r\nA:\r\n\r\n" NEXT,
		 "S body@0 x\nS end@78\n" NEXT_TOLD "78\nS end@96\n"},
		{"0\r\n\r\n", "S end@52\n"},
	};

	CHECK(rows);
}
END_TEST

START_TEST(test_odd_chunks)
{
	static const struct row rows[] = {
		{"1 \r\nx\r\n0\r\n\r\n", "S anomaly 45\nS body@0 x\nS end@59\n"},
		{" 1\r\nx\r\n0\r\n\r\n", "S anomaly 45\nS body@0 x\nS end@59\n"},
		{"1\nx\r\n0\r\n\r\n", "S anomaly 45\nS body@0 x\nS end@57\n"},
		{"1\r\nx\n0\r\n\r\n", "S body@0 x\nS anomaly 45\nS end@57\n"},
		{"1;a\nx\n0\r\n\r\n", "S anomaly 45\nS body@0 x\nS end@58\n"},
		{"1;a\rb\r\nx\r\n0\r\n\r\n", "S anomaly 45\nS body@0 x\nS end@62\n"},
		{"1;\x01\r\nx\r\n0\r\n\r\n", "S anomaly 45\nS body@0 x\nS end@60\n"},
		/* Bytes that have no meaning, but for the size */
		{"1z\r\nx\r\n0\r\n\r\n", "S anomaly 45\nS body@0 x\nS end@59\n"},
		{"1 z\r\nx\r\n0\r\n\r\n", "S anomaly 45\nS body@0 x\nS end@60\n"},
		{"1,\r\nx\r\n0\r\n\r\n", "S anomaly 45\nS body@0 x\nS end@59\n"},
		{"\x0b\x0c"
		 "1\r\nx\r\n0\r\n\r\n",
		 "S anomaly 45\nS body@0 x\nS end@60\n"},
		{"\r\n\n 1\r\nx\r\n0\r\n\r\n", "S anomaly 45\nS body@0 x\nS end@62\n"},
		{"0x1\r\nx\r\n0\r\n\r\n", "S anomaly 45\nS body@0 x\nS end@60\n"},
		{"01\r\nx\r\n0x\r\n\r\n", "S body@0 x\nS anomaly 45\nS end@60\n"},
		{"1\r\nxyz\r\n0\r\n\r\n", "S body@0 x\nS anomaly 45\nS end@60\n"},
		{"1\r\nx\r\r\n0\r\n\r\n", "S body@0 x\nS anomaly 45\nS end@59\n"},
		/* As far as anybody would pass over them */
		{"1zzzzzzzzzzzzzzzzzzzzzzzzzzz\r\n",
		 "S anomaly 45\nS anomaly 44\nS body@0 1zzzzzzzzzzzzzzzzzzzzzzzzzzz\\x0d\\x0a\n"},
		{"1\r\nx0123456789abcdef0123456789\r\n",
		 "S body@0 x\nS anomaly 44\nS body@1 0123456789abcdef0123456789\\x0d\\x0a\n"},
		{"1\rZ\r\nx\r\n0\r\n\r\n", "S anomaly 45\nS body@0 x\nS end@60\n"},
		/* No chunk: the rest is body. */
		{"x\r\n0\r\n", "S anomaly 44\nS body@0 x\\x0d\\x0a0\\x0d\\x0a\n"},
		{"-1\r\n", "S anomaly 44\nS body@0 -1\\x0d\\x0a\n"},
		{"\r\nx\r\n", "S anomaly 45\nS anomaly 44\nS body@0 \\x0d\\x0ax\\x0d\\x0a\n"},
		{"11111111111111111\r\n", "S anomaly 44\nS body@0 11111111111111111\\x0d\\x0a\n"},
		/* Up to the next response */
		{"x\r\n" NEXT,
		 "S anomaly 44\nS body@0 x\\x0d\\x0a\nS end@50\n" NEXT_TOLD "50\nS end@68\n"},
		{"x\nHTTP\nHTTP/x\r http/2.0 204 N\r\n\r\n",
		 "S anomaly 44\nS body@0 x\\x0aHTTP\\x0aHTTP/x\\x0d\nS end@61\n"
		 "S anomaly 19\nS anomaly 24\nS response to ? 204 reason=N 2.0 @62\nS end@80\n"},
		{"00000000000000000001\r\nx", "S body@0 x\n"},
	};

	CHECK(rows);
}
END_TEST

START_TEST(test_odd_trailers)
{
	static const struct row rows[] = {
		{"0\r\nA: b\n\r\n", "S anomaly 46\nS end@57\n"},
		{"0\r\nA: b\r\n\n", "S anomaly 46\nS end@57\n"},
		{"0\r\nA b\r\n\r\n", "S anomaly 46\nS end@57\n"},
		{"0\r\n: b\r\n\r\n", "S anomaly 46\nS end@57\n"},
		{"0\r\nA: b\r\n c\r\n\r\n", "S anomaly 46\nS end@62\n"},
		{"0\r\nA: b\rc\r\n\r\n", "S anomaly 46\nS end@60\n"},
		{"0\r\nA: b\x02\r\n\r\n", "S anomaly 46\nS end@59\n"},
		{"0\r\n\rA: b\r\n\r\n", "S anomaly 46\nS end@59\n"},
		{"0\r\n\r\r\n\r\n", "S anomaly 46\nS end@55\n"},
	};

	CHECK(rows);
}
END_TEST

/* Gaps and ends. */

static struct l7_bed bed;

static void
open_bed(void)
{
	bed = (struct l7_bed){.view = &l7_http_view, .write = l7_http_write};
	l7_bed_open(&bed);
}

static void
close_bed(const char *want)
{
	ck_assert_str_eq(l7_bed_close(&bed), want);
	l7_bed_free(&bed);
}

#define POST "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n"
#define POSTED "C request POST method=POST target=/ 1.1 {Host:a} {Content-Length:10} length=10 @0\n"

START_TEST(test_gap_within_a_length)
{
	open_bed();
	l7_bed_say(&bed, WP_CLIENT, POST "01", 0);
	l7_bed_gap(&bed, WP_CLIENT, 4);
	/* Parts what is told of the body. */
	l7_bed_say(&bed, WP_SERVER, "HTTP/1.1 100 C\r\n\r\n", 0);
	l7_bed_say(&bed, WP_CLIENT, "6789GET / HTTP/1.0\r\n\r\n", 0);
	close_bed(POSTED "C body@0 01\nS response to POST 100 reason=C 1.1 @0\nS end@18\n"
			 "C body@6 6789\nC end@58\n"
			 "C request GET method=GET target=/ 1.0 last @58\nC end@76\n");
}
END_TEST

START_TEST(test_gap_up_to_the_end_of_a_length)
{
	open_bed();
	l7_bed_say(&bed, WP_CLIENT, POST "01", 0);
	l7_bed_gap(&bed, WP_CLIENT, 8);
	l7_bed_say(&bed, WP_CLIENT, "GET / HTTP/1.0\r\n\r\n", 1);
	close_bed(POSTED "C body@0 01\nC end@58\n"
			 "C request GET method=GET target=/ 1.0 last @58\nC end@76\n");
}
END_TEST

START_TEST(test_gap_behind_a_length)
{
	open_bed();
	l7_bed_say(&bed, WP_CLIENT, POST "01", 0);
	l7_bed_gap(&bed, WP_CLIENT, 9);
	l7_bed_say(&bed, WP_CLIENT, "ET / HTTP/1.0\r\n\r\n", 0);
	l7_bed_gap(&bed, WP_CLIENT, 9);
	l7_bed_finish(&bed, WP_CLIENT);
	ck_assert(!bed.is_over);
	close_bed(POSTED "C body@0 01\nC anomaly 3\n");
}
END_TEST

START_TEST(test_gaps_within_chunks)
{
	open_bed();
	l7_bed_say(&bed, WP_SERVER, CHUNKED "4\r\n0", 0);
	l7_bed_gap(&bed, WP_SERVER, 2);
	l7_bed_say(&bed, WP_SERVER, "3\r\n4\r\n", 1);
	l7_bed_gap(&bed, WP_SERVER, 4);
	l7_bed_say(&bed, WP_SERVER, "\r\n1\r\n8\r\n", 1);
	l7_bed_gap(&bed, WP_SERVER, 1);
	l7_bed_say(&bed, WP_SERVER, "\r\n\r\n", 1);
	close_bed(CHUNKED_TOLD "S body@0 0\nS body@3 3\nS body@8 8\nS anomaly 3\n");
}
END_TEST

START_TEST(test_gap_until_close)
{
	open_bed();
	l7_bed_say(&bed, WP_SERVER, "HTTP/1.1 200 OK\r\n\r\nab", 0);
	l7_bed_gap(&bed, WP_SERVER, 1000000);
	l7_bed_say(&bed, WP_SERVER, "cd", 0);
	l7_bed_finish(&bed, WP_SERVER);
	close_bed("S response to ? 200 reason=OK 1.1 @0\nS body@0 ab\nS body@1000002 cd\nS "
		  "end@1000023\n");
}
END_TEST

START_TEST(test_ends_within_bodies)
{
	open_bed();
	l7_bed_say(&bed, WP_CLIENT, POST "01", 0);
	l7_bed_finish(&bed, WP_CLIENT);
	l7_bed_say(&bed, WP_SERVER, CHUNKED "1\r\nx\r\n0\r\n", 0);
	l7_bed_finish(&bed, WP_SERVER);
	ck_assert_int_eq(bed.then, L7_STOPS);
	close_bed(POSTED "C body@0 01\nC anomaly 49\n"
			 "S response to POST 200 reason=OK 1.1 {Transfer-Encoding:chunked} chunked"
			 " @0\nS body@0 x\nS anomaly 49\n");
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("http");

	tcase_add_test(tcase, test_chunks);
	tcase_add_test(tcase, test_odd_chunks);
	tcase_add_test(tcase, test_odd_trailers);
	tcase_add_test(tcase, test_gap_within_a_length);
	tcase_add_test(tcase, test_gap_up_to_the_end_of_a_length);
	tcase_add_test(tcase, test_gap_behind_a_length);
	tcase_add_test(tcase, test_gaps_within_chunks);
	tcase_add_test(tcase, test_gap_until_close);
	tcase_add_test(tcase, test_ends_within_bodies);
	return unit_main("l7_http_body", tcase);
}
