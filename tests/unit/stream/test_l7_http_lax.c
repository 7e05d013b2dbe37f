/* SPDX-License-Identifier: BSD-3-Clause */
/* Responses in the HTTP/1 view that a strict client would refuse, and lax ones read: heads, where
 * they end, what is behind them. */

#include "l7_http_rows.h"

#include "unit.h"

#define OK "HTTP/1.1 200 OK\r\n"
#define OK_TOLD "S response to ? 200 reason=OK 1.1"
#define CHUNK "1\r\nx\r\n0\r\n\r\n"
#define CODED "Transfer-Encoding: chunked"
#define NEXT "HTTP/1.1 204 N\r\n\r\n"
#define NEXT_TOLD "S response to ? 204 reason=N 1.1 @"

static const struct http_row line_ends[] = {
	/* CR alone */
	{NULL, "HTTP/1.1 200 OK\rA: b\r" CODED "\rC: d\r\n\n" CHUNK,
	 "S anomaly 16\nS anomaly 17\n" OK_TOLD
	 " {A:b} {Transfer-Encoding:chunked} {C:d} chunked @0\nS body@0 x\nS end@66\n",
	 0},
	{NULL, "HTTP/1.1\r" CODED "\r\n\r\n" CHUNK,
	 "S anomaly 17\nS anomaly 19\nS anomaly 25\n"
	 "S response to ? 0 reason= 1.1 {Transfer-Encoding:chunked} chunked @0\n"
	 "S body@0 x\nS end@50\n",
	 0},
	{NULL, OK "Transfer-Encoding:\r chunked\r\n\r\n" CHUNK,
	 "S anomaly 17\nS anomaly 18\n" OK_TOLD
	 " {Transfer-Encoding:chunked} chunked @0\nS body@0 x\nS end@59\n",
	 0},
	/* Empty lines within */
	{NULL, OK "A: b\r\n\r\r\n" CODED "\r\n\r\n" CHUNK,
	 "S anomaly 17\n" OK_TOLD
	 " {A:b} {Transfer-Encoding:chunked} chunked @0\nS body@0 x\nS end@67\n",
	 0},
};

START_TEST(test_line_ends)
{
	CHECK(line_ends);
}
END_TEST

#define LENGTH "Content-Length: 1"
#define LENGTH_TOLD OK_TOLD " {Content-Length:1} length=1 @0\nS body@0 x\nS end@"

static const struct http_row head_ends[] = {
	{NULL, OK LENGTH "\r\n\nx", "S anomaly 16\n" LENGTH_TOLD "38\n", 0},
	{NULL, OK LENGTH "\n\r\r\nx", "S anomaly 16\nS anomaly 17\n" LENGTH_TOLD "39\n", 0},
	{NULL, OK LENGTH "\r\r\n\r\r\nx", "S anomaly 17\n" LENGTH_TOLD "41\n", 0},
	/* A blank line, which nothing that looks like a header is behind */
	{NULL, OK LENGTH "\n \nx", "S anomaly 16\nS anomaly 18\n" LENGTH_TOLD "38\n", 2},
	{NULL, OK LENGTH "\r\n\t\n<",
	 "S anomaly 16\nS anomaly 18\n" OK_TOLD
	 " {Content-Length:1} length=1 @0\nS body@0 <\nS end@39\n",
	 0},
	{NULL, OK "A: b\r \nC: d\n" LENGTH "\n\nx",
	 "S anomaly 16\nS anomaly 17\nS anomaly 18\n" OK_TOLD
	 " {A:b} {C:d} {Content-Length:1} length=1 @0\nS body@0 x\nS end@49\n",
	 0},
	{NULL, OK LENGTH "\n \n\nx", "S anomaly 16\nS anomaly 18\n" LENGTH_TOLD "39\n", 0},
	{NULL, OK LENGTH "\n \n:",
	 "S anomaly 16\nS anomaly 18\n" OK_TOLD
	 " {Content-Length:1} length=1 @0\nS body@0 :\nS end@38\n",
	 0},
	{NULL, OK LENGTH "4\n \nword word word" NEXT,
	 "S anomaly 16\nS anomaly 18\n" OK_TOLD
	 " {Content-Length:14} length=14 @0\nS body@0 word word word\nS end@52\n" NEXT_TOLD
	 "52\nS end@70\n",
	 0},
	/* Longer than a name would be */
	{NULL, OK "A: b\n \n0123456789012345678901234567890123456789a:\n",
	 "S anomaly 16\nS anomaly 18\n" OK_TOLD
	 " {A:b} @0\nS body@0 0123456789012345678901234567890123456789a:\\x0a\nS end@67\n",
	 2},
};

START_TEST(test_ends_of_heads)
{
	CHECK(head_ends);
}
END_TEST

static const struct http_row framing[] = {
	/* Words that have chunked in them; what is none is told as it is. */
	{NULL, OK "Transfer-Encoding: x chunkedy\r\n\r\n" CHUNK,
	 "S anomaly 38\n" OK_TOLD
	 " {Transfer-Encoding:x chunkedy} chunked @0\nS body@0 x\nS end@61\n",
	 0},
	{NULL, OK "Transfer-Encoding: chunkedx\r\n\r\nplain",
	 "S anomaly 38\n" OK_TOLD
	 " {Transfer-Encoding:chunkedx} chunked @0\nS anomaly 44\nS body@0 plain\nS end@53\n",
	 2},
	/* Names with bytes that no token has */
	{NULL, OK "Transfer-Encoding\x0b: chunked\r\n\r\n" CHUNK,
	 "S anomaly 30\n" OK_TOLD
	 " {Transfer-Encoding\\x0b:chunked} chunked @0\nS body@0 x\nS end@59\n",
	 0},
	/* Folds that look like headers */
	{NULL, OK "A: b\r\n\t" CODED "\r\n\r\n" CHUNK,
	 "S anomaly 18\nS anomaly 38\n" OK_TOLD
	 " {A:b Transfer-Encoding: chunked} chunked @0\nS body@0 x\nS end@65\n",
	 0},
	{NULL, OK "A: b\r\n Content-Length: 1\r\n\r\nx" NEXT,
	 "S anomaly 18\nS anomaly 35\n" OK_TOLD
	 " {A:b Content-Length: 1} length=1 @0\nS body@0 x\nS end@46\n" NEXT_TOLD "46\nS end@64\n",
	 0},
	{NULL, OK "A: b\r\n Connection: close\r\n B: c\r\nContent-Length: 0\r\n\r\n",
	 "S anomaly 18\n" OK_TOLD
	 " {A:b Connection: close B: c} {Content-Length:0} length=0 @0\nS end@71\n",
	 0},
	{NULL, OK "Transfer-Encoding\r\n :\r\n chunked\r\n\r\n" CHUNK,
	 "S anomaly 18\nS anomaly 28\n" OK_TOLD
	 " {Transfer-Encoding:chunked} chunked @0\nS body@0 x\nS end@63\n",
	 0},
	/* A request's are read as servers do. */
	{"GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n " CODED
	 "\r\nTransfer-Encoding\x0b: chunked\r\n\r\n" GET,
	 NULL,
	 "C anomaly 18\nC anomaly 30\nC request GET method=GET target=/ 1.1 {Host:a}"
	 " {A:b Transfer-Encoding: chunked} {Transfer-Encoding\\x0b:chunked} @0\nC end@91\n"
	 "C request GET method=GET target=/ 1.1 {Host:a} @91\nC end@118\n",
	 0},
};

START_TEST(test_framing)
{
	CHECK(framing);
}
END_TEST

static const struct http_row starts[] = {
	{NULL, " \t\r\n" NEXT, "S anomaly 19\n" NEXT_TOLD "4\nS end@22\n", 0},
	{NULL, "HTTP 204 N\r\n\r\n",
	 "S anomaly 24\nS response to ? 204 reason=N 1.0 last @0\n"
	 "S end@14\n",
	 0},
	/* Lines in front */
	{NULL, "HTfoobar\r\n" NEXT,
	 "S anomaly 26\nS response to ? 0 0.9 last @0\nS body@0 HTfoobar\\x0d\\x0a\nS end@10\n"
	 "S anomaly 40\n" NEXT_TOLD "10\nS end@28\n",
	 0},
};

START_TEST(test_starts)
{
	CHECK(starts);
}
END_TEST

#define LAST OK "Connection: close\r\nContent-Length: 1\r\n\r\nx"
#define LAST_TOLD                                                                                  \
	OK_TOLD " {Connection:close} {Content-Length:1} length=1 last @0\nS body@0 x\nS end@58\n"

static const struct http_row behind[] = {
	/* A body that nobody expects */
	{NULL, "HTTP/1.1 204 N\r\nContent-Length: 2\r\n\r\nxy" NEXT,
	 "S response to ? 204 reason=N 1.1 {Content-Length:2} length=2 @0\nS end@37\n"
	 "S anomaly 26\nS body@0 xy\nS end@39\n" NEXT_TOLD "39\nS end@57\n",
	 0},
	{NULL, "HTTP/1.1 100 C\r\n" CODED "\r\n\r\n" CHUNK,
	 "S response to ? 100 reason=C 1.1 {Transfer-Encoding:chunked} chunked @0\nS end@46\n"
	 "S anomaly 26\nS body@0 x\nS end@57\n",
	 0},
	{"HEAD / HTTP/1.0\r\n\r\n", OK "Content-Length: 9\r\n\r\n\r\nHTTQ",
	 "C request HEAD method=HEAD target=/ 1.0 last @0\nC end@19\n"
	 "S response to HEAD 200 reason=OK 1.1 {Content-Length:9} length=9 @0\nS end@38\n"
	 "S anomaly 26\nS body@0 \\x0d\\x0aHTTQ\nS anomaly 49\n",
	 2},
	{"HEAD / HTTP/1.0\r\n\r\n", OK "Content-Length: 9\r\n\r\n\r\n",
	 "C request HEAD method=HEAD target=/ 1.0 last @0\nC end@19\n"
	 "S response to HEAD 200 reason=OK 1.1 {Content-Length:9} length=9 @0\nS end@38\n",
	 2},
	/* An odd length */
	{NULL, OK "Content-Length: 1 3\r\n\r\nxyz\n" NEXT,
	 "S anomaly 35\n" OK_TOLD " {Content-Length:1 3} length=1 @0\nS body@0 x\n"
	 "S anomaly 26\nS body@1 yz\\x0a\nS end@44\n" NEXT_TOLD "44\nS end@62\n",
	 0},
	{NULL, OK "Content-Length: 1 3\r\n\r\nx" NEXT,
	 "S anomaly 35\n" OK_TOLD
	 " {Content-Length:1 3} length=1 @0\nS body@0 x\nS end@41\n" NEXT_TOLD "41\nS end@59\n",
	 0},
	{NULL, OK "Content-Length: 0\r\nContent-Length: 3\r\n\r\nxyz",
	 "S anomaly 37\n" OK_TOLD " {Content-Length:0} {Content-Length:3} length=0 @0\n"
	 "S anomaly 26\nS body@0 xyz\nS end@60\n",
	 2},
	/* Behind the last response */
	{NULL, LAST "yz\r\n" NEXT,
	 LAST_TOLD "S anomaly 26\nS body@1 yz\\x0d\\x0a\nS end@62\nS anomaly 40\n" NEXT_TOLD
		   "62\nS end@80\n",
	 0},
	{NULL, LAST NEXT, LAST_TOLD "S anomaly 40\n" NEXT_TOLD "58\nS end@76\n", 0},
	/* Behind another */
	{NULL, OK LENGTH "\r\n\r\nxHTyz",
	 OK_TOLD " {Content-Length:1} length=1 @0\nS body@0 x\nS end@39\n"
		 "S anomaly 26\nS response to ? 0 0.9 last @39\nS body@0 HTyz\nS end@43\n",
	 2},
};

START_TEST(test_what_is_behind)
{
	CHECK(behind);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("http");

	tcase_add_test(tcase, test_line_ends);
	tcase_add_test(tcase, test_ends_of_heads);
	tcase_add_test(tcase, test_framing);
	tcase_add_test(tcase, test_starts);
	tcase_add_test(tcase, test_what_is_behind);
	return unit_main("l7_http_lax", tcase);
}
