/* SPDX-License-Identifier: BSD-3-Clause */
/* Heads in the HTTP/1 view that a strict host would refuse. */

#include "l7_http_rows.h"

#include "unit.h"

#define HEAD(LINES) "GET / HTTP/1.1\r\nHost: a\r\n" LINES "\r\n"
#define HAS(ANOMALIES, TEXT, END)                                                                  \
	ANOMALIES "C request GET method=GET target=/ 1.1 {Host:a}" TEXT " @0\nC end@" END "\n"

static const struct http_row first_lines[] = {
	{"GET / HTTP/1.1\nHost: a\n\n", NULL,
	 "C anomaly 16\nC request GET method=GET target=/ 1.1 {Host:a} @0\nC end@24\n", 0},
	{"GET / HTTP/1.1\r\nHost: a\n\r\n", NULL,
	 "C anomaly 16\nC request GET method=GET target=/ 1.1 {Host:a} @0\nC end@26\n", 0},
	{"GET  /a\tHTTP/1.0\r\n\r\n", NULL,
	 "C anomaly 19\nC request GET method=GET target=/a 1.0 last @0\nC end@20\n", 0},
	{" GET /a HTTP/1.0 \r\n\r\n", NULL,
	 "C anomaly 19\nC request GET method=GET target=/a 1.0 last @0\nC end@21\n", 0},
	{"GET /a b HTTP/1.0\r\n\r\n", NULL,
	 "C anomaly 22\nC request GET method=GET target=/a b 1.0 last @0\nC end@21\n", 0},
	{"GET /a\rb HTTP/1.0\r\n\r\n", NULL,
	 "C anomaly 17\nC anomaly 22\n"
	 "C request GET method=GET target=/a\\x0db 1.0 last @0\nC end@21\n",
	 0},
	{"GET /\x80 HTTP/1.0\r\n\r\n", NULL,
	 "C anomaly 22\nC request GET method=GET target=/\\x80 1.0 last @0\nC end@19\n", 0},
	{"G(T / HTTP/1.0\r\n\r\n", NULL,
	 "C anomaly 20\nC request other method=G(T target=/ 1.0 last @0\nC end@18\n", 0},
	{"FROB / HTTP/1.0\r\n\r\n", NULL,
	 "C anomaly 21\nC request other method=FROB target=/ 1.0 last @0\nC end@19\n", 0},
	{"get / HTTP/1.0\r\n\r\n", NULL,
	 "C anomaly 21\nC request GET method=get target=/ 1.0 last @0\nC end@18\n", 0},
	{"M-SEARCH * HTTP/1.0\r\n\r\n", NULL,
	 "C request other method=M-SEARCH target=* 1.0 last @0\nC end@23\n", 0},
	{"GET HTTP/1.0\r\n\r\n", NULL,
	 "C anomaly 19\nC anomaly 22\nC request GET method=GET target= 1.0 last @0\n"
	 "C end@16\n",
	 0},
	{"GET /\r\nContent-Length: 1\r\n\r\nx", NULL,
	 "C anomaly 23\nC request GET method=GET target=/ 0.9 {Content-Length:1} length=1"
	 " last @0\nC body@0 x\nC end@29\n",
	 0},
	{"GET / http/1.1\r\nHost: a\r\n\r\n", NULL,
	 "C anomaly 24\nC request GET method=GET target=/ 1.1 {Host:a} @0\nC end@27\n", 0},
	{"GET / HTTP/1.10\r\n\r\n", NULL,
	 "C anomaly 24\nC request GET method=GET target=/ 1.0 last @0\nC end@19\n", 0},
	{"GET / HTTP/2.0\r\nHost: a\r\n\r\n", NULL,
	 "C anomaly 24\nC request GET method=GET target=/ 2.0 {Host:a} @0\nC end@27\n", 0},
	{"GET / b\r\n\r\n", NULL,
	 "C anomaly 22\nC anomaly 24\nC request GET method=GET target=/ b 1.0 last @0\n"
	 "C end@11\n",
	 0},
	/* Neither a method nor a version: this is something else. */
	{"\x16\x03\x01 x\r\n\r\n" GET, GET,
	 "C anomaly 0\nS anomaly 26\n"
	 "S response to ? 0 0.9 last @0\n"
	 "S body@0 GET / HTTP/1.1\\x0d\\x0aHost: a\\x0d\\x0a\\x0d\\x0a\n",
	 0},
	{"\x16 \x03 \x01 x\r\n\r\n" GET, NULL, "C anomaly 0\n", 0},
	{"\x16 / HTTP/1.0\r\n\r\n", NULL,
	 "C anomaly 20\nC request other method=\\x16 target=/ 1.0 last @0\nC end@16\n", 0},
	{NULL, "HTTP/1.1 204 \x01\r\n\r\n",
	 "S anomaly 31\nS response to ? 204 reason=\\x01 1.1 @0\nS end@18\n", 0},
	{NULL, "HTTP/1.1  99 x\r\nContent-Length: 0\r\n\r\nHTTP/1.1 2000\r\n\r\n",
	 "S anomaly 19\nS anomaly 25\n"
	 "S response to ? 99 reason=x 1.1 {Content-Length:0} length=0 @0\nS end@37\n"
	 "S anomaly 25\nS response to ? 200 reason= 1.1 @37\n",
	 0},
	{NULL, "http/1.1 20x Q\r\nContent-Length: 0\r\n\r\nHTTP/1.1\r\n\r\n",
	 "S anomaly 24\nS anomaly 25\n"
	 "S response to ? 20 reason=Q 1.1 {Content-Length:0} length=0 @0\nS end@37\n"
	 "S anomaly 19\nS anomaly 25\nS response to ? 0 reason= 1.1 @37\n",
	 0},
};

START_TEST(test_odd_first_lines)
{
	CHECK(first_lines);
}
END_TEST

static const struct http_row header_lines[] = {
	{HEAD("A: b\rc\r\n"), NULL, HAS("C anomaly 17\n", " {A:b\\x0dc}", "35"), 0},
	/* RFC 9112 section 5.2 */
	{HEAD("A: b\r\n c\r\n\t d \r\nE: f\r\n g\r\n"), NULL,
	 HAS("C anomaly 18\n", " {A:b c d} {E:f g}", "53"), 0},
	{HEAD("A:\r\n \r\n b\r\n"), NULL, HAS("C anomaly 18\n", " {A:b}", "38"), 0},
	/* Section 5.1 */
	{HEAD("A : b\r\n"), NULL, HAS("C anomaly 27\n", " {A:b}", "34"), 0},
	{HEAD("A b\r\n"), NULL, HAS("C anomaly 28\nC anomaly 30\n", " {A b}", "32"), 0},
	{HEAD(": b\r\n"), NULL, HAS("C anomaly 29\n", " {:b}", "32"), 0},
	{HEAD("A\x0b: b\r\n"), NULL, HAS("C anomaly 30\n", " {A\\x0b:b}", "34"), 0},
	{HEAD("A: b\x01\r\n"), NULL, HAS("C anomaly 31\n", " {A:b\\x01}", "34"), 0},
	{HEAD("A: \xe9\r\n"), NULL, HAS("", " {A:\\xe9}", "33"), 0},
	{"GET / HTTP/1.1\r\n A: b\r\nHost: a\r\n\r\n", NULL,
	 "C anomaly 18\nC request GET method=GET target=/ 1.1 {A:b} {Host:a} @0\n"
	 "C end@34\n",
	 0},
	/* Section 3.2 */
	{"GET / HTTP/1.1\r\n\r\n", NULL,
	 "C anomaly 33\nC request GET method=GET target=/ 1.1 @0\nC end@18\n", 0},
	{HEAD("hOST: b\r\n"), NULL, HAS("C anomaly 34\n", " {hOST:b}", "36"), 0},
};

START_TEST(test_odd_header_lines)
{
	CHECK(header_lines);
}
END_TEST

static const struct http_row framing_headers[] = {
	/* RFC 9110 section 8.6 */
	{HEAD("Content-Length: +1\r\n") "x", NULL,
	 "C anomaly 35\nC request GET method=GET target=/ 1.1 {Host:a} {Content-Length:+1}"
	 " length=1 @0\nC body@0 x\nC end@48\n",
	 0},
	{HEAD("Content-Length: 1,1\r\n") "x", NULL,
	 "C anomaly 35\nC request GET method=GET target=/ 1.1 {Host:a} {Content-Length:1,1}"
	 " length=1 @0\nC body@0 x\nC end@49\n",
	 0},
	{HEAD("Content-Length: 0x5\r\n"), NULL,
	 HAS("C anomaly 35\n", " {Content-Length:0x5} length=0", "48"), 0},
	{HEAD("Content-Length: -1\r\nContent-Length:\r\n"), NULL,
	 HAS("C anomaly 35\n", " {Content-Length:-1} {Content-Length:}", "64"), 0},
	{HEAD("Content-Length: 1\r\nContent-Length: 1\r\n") "x", NULL,
	 "C anomaly 36\nC request GET method=GET target=/ 1.1 {Host:a} {Content-Length:1}"
	 " {Content-Length:1} length=1 @0\nC body@0 x\nC end@66\n",
	 0},
	{HEAD("Content-Length: 1\r\nContent-Length: 2\r\n") "x", NULL,
	 "C anomaly 37\nC request GET method=GET target=/ 1.1 {Host:a} {Content-Length:1}"
	 " {Content-Length:2} length=1 @0\nC body@0 x\nC end@66\n",
	 0},
	{HEAD("Content-Length: 99999999999999999999\r\n"), NULL,
	 "C anomaly 35\nC request GET method=GET target=/ 1.1 {Host:a}"
	 " {Content-Length:99999999999999999999} length=999999999999999999 @0\n",
	 0},
	/* RFC 9112 section 6.1 */
	{HEAD("Content-Length: 9\r\nTransfer-Encoding: chunked\r\n") "0\r\n\r\n", NULL,
	 HAS("C anomaly 39\n", " {Content-Length:9} {Transfer-Encoding:chunked} length=9 chunked",
	     "79"),
	 0},
	{HEAD("Transfer-Encoding: xchunked\r\n"), NULL,
	 HAS("C anomaly 38\n", " {Transfer-Encoding:xchunked}", "56"), 0},
	{HEAD("Transfer-Encoding: chunked , identity\r\n") "0\r\n\r\n", NULL,
	 HAS("C anomaly 38\n", " {Transfer-Encoding:chunked , identity} chunked", "71"), 0},
	{HEAD("Transfer-Encoding: \x0b"
	      "chunked\r\n") "0\r\n\r\n",
	 NULL,
	 HAS("C anomaly 31\nC anomaly 38\n", " {Transfer-Encoding:\\x0bchunked} chunked", "61"), 0},
	{HEAD("Transfer-Encoding:\r\n chunked\r\n") "0\r\n\r\n", NULL,
	 HAS("C anomaly 18\n", " {Transfer-Encoding:chunked} chunked", "62"), 0},
	{HEAD("Transfer-Encoding : Chunked\r\n") "0\r\n\r\n", NULL,
	 HAS("C anomaly 27\n", " {Transfer-Encoding:Chunked} chunked", "61"), 0},
	{"GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", NULL,
	 "C anomaly 38\nC request GET method=GET target=/ 1.0 {Transfer-Encoding:chunked}"
	 " chunked last @0\nC end@51\n",
	 0},
	/* A request hidden in the body of another (section 11.2) is a body. */
	{HEAD("Content-Length: 27\r\n") GET GET, NULL,
	 "C request GET method=GET target=/ 1.1 {Host:a} {Content-Length:27} length=27 @0\n"
	 "C body@0 GET / HTTP/1.1\\x0d\\x0aHost: a\\x0d\\x0a\\x0d\\x0a\nC end@74\n"
	 "C request GET method=GET target=/ 1.1 {Host:a} @74\nC end@101\n",
	 0},
	/* Section 9.6 */
	{HEAD("Connection: close\r\n") GET, NULL,
	 HAS("", " {Connection:close} last",
	     "46") "C anomaly 40\n"
		   "C request GET method=GET target=/ 1.1 {Host:a} @46\nC end@73\n",
	 0},
};

START_TEST(test_odd_framing_headers)
{
	CHECK(framing_headers);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("http");

	tcase_add_test(tcase, test_odd_first_lines);
	tcase_add_test(tcase, test_odd_header_lines);
	tcase_add_test(tcase, test_odd_framing_headers);
	return unit_main("l7_http_odd", tcase);
}
