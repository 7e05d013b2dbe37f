/* SPDX-License-Identifier: BSD-3-Clause */
/* Missing bytes that hide where messages of HTTP/1 end: a side goes on with the next that it finds.
 */

#include "l7_http_rows.h"
#include "l7_http_text.h"
#include "stream/l7/http_view.h"

#include <string.h>

#include "unit.h"

/** What a side says, or does not. */
struct part {
	unsigned int side; /* enum wp_side */
	const char *bytes; /* NULL: they are missing */
	uint64_t size;     /* of those that are missing; 0: the side ends */
};

/** What both sides say, up to DONE, and what comes of it. */
struct row {
	struct part parts[10];
	const char *told;
};

#define PART(...)                                                                                  \
	{                                                                                          \
		__VA_ARGS__                                                                        \
	}
#define C(BYTES) PART(WP_CLIENT, BYTES, 0)
#define S(BYTES) PART(WP_SERVER, BYTES, 0)
#define C_GAP(SIZE) PART(WP_CLIENT, NULL, SIZE)
#define S_GAP(SIZE) PART(WP_SERVER, NULL, SIZE)
#define C_ENDS PART(WP_CLIENT, NULL, 0)
#define S_ENDS PART(WP_SERVER, NULL, 0)
#define DONE PART(WP_SERVER + 1, NULL, 0)

#define REQUEST "C request GET method=GET target=/ 1.1 {Host:a} @"
#define NEXT "HTTP/1.1 204 N\r\n\r\n"
#define NEXT_TOLD "S response to ? 204 reason=N 1.1 @"

static void
feed(struct l7_bed *bed, const struct part *part, size_t step)
{
	if (part->bytes != NULL)
		l7_bed_feed(bed, part->side, part->bytes, strlen(part->bytes), step);
	else if (part->size != 0)
		l7_bed_gap(bed, part->side, part->size);
	else
		l7_bed_finish(bed, part->side);
}

static void
check_row(const struct row *row, size_t i, size_t step)
{
	struct l7_bed bed = {.view = &l7_http_view, .write = l7_http_write};
	const char *told;

	l7_bed_open(&bed);
	for (const struct part *part = row->parts; part->side <= WP_SERVER; part++)
		feed(&bed, part, step);
	told = l7_bed_close(&bed);
	ck_assert_msg(strcmp(told, row->told) == 0, "row %zu, step %zu\nwant:\n%s\ngot:\n%s", i,
		      step, row->told, told);
	l7_bed_free(&bed);
}

static void
check_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		check_row(&rows[i], i, 0);
		check_row(&rows[i], i, 1);
		check_row(&rows[i], i, 3);
	}
}

#undef CHECK
#define CHECK(TABLE) check_rows(TABLE, sizeof(TABLE) / sizeof((TABLE)[0]))

START_TEST(test_the_next_message_is_found)
{
	static const struct row rows[] = {
		/* Behind what is left of a head; bytes of it are no head of their own. */
		{{C("GET /x HT"), C_GAP(20), C("ost: a\r\n\r\n" GET), DONE},
		 "C anomaly 3\n" REQUEST "39\nC end@66\n"},
		{{S("HTTP/1.1 20"), S_GAP(7), S("th: 3\r\n\r\nxyz\n" NEXT), DONE},
		 "S anomaly 3\n" NEXT_TOLD "31\nS end@49\n"},
		/* Right behind the gap, between messages and in front of the first. */
		{{C(GET), C_GAP(100), C(GET), DONE},
		 GOT "C anomaly 3\n" REQUEST "127\nC end@154\n"},
		{{S(NEXT), S_GAP(1), S(NEXT), DONE},
		 NEXT_TOLD "0\nS end@18\nS anomaly 3\n" NEXT_TOLD "19\nS end@37\n"},
		{{C_GAP(5), C(GET GET), S_GAP(9), S(NEXT NEXT), DONE},
		 "C anomaly 3\n" REQUEST "5\nC end@32\n" REQUEST "32\nC end@59\n"
		 "S anomaly 3\n" NEXT_TOLD "9\nS end@27\n" NEXT_TOLD "27\nS end@45\n"},
		/* Behind empty lines; a line ends with LF, and with nothing else. */
		{{C_GAP(1), C("\r\n\n" GET), DONE}, "C anomaly 3\n" REQUEST "4\nC end@31\n"},
		{{C_GAP(1), C("x\r" GET GET), DONE}, "C anomaly 3\n" REQUEST "30\nC end@57\n"},
		/* A gap may be longer than 32 bits can say. */
		{{C_GAP(5000000000), C("x\n" GET), DONE},
		 "C anomaly 3\n" REQUEST "5000000002\nC end@5000000029\n"},
		/* The body is framed as the head that was found says. */
		{{S_GAP(3), S("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nxy"), DONE},
		 "S anomaly 3\nS response to ? 200 reason=OK 1.0 {Content-Length:2} length=2 last "
		 "@3"
		 "\nS body@0 xy\nS end@43\n"},
	};

	CHECK(rows);
}
END_TEST

#define CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
#define CHUNKED_TOLD "S response to ? 200 reason=OK 1.1 {Transfer-Encoding:chunked} chunked @0\n"
#define POST "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n"
#define POSTED "C request POST method=POST target=/ 1.1 {Host:a} {Content-Length:10} length=10 @0\n"

START_TEST(test_gaps_in_bodies)
{
	static const struct row rows[] = {
		/* In the line of a chunk, behind a chunk, from one into another, in trailers */
		{{S(CHUNKED "5"), S_GAP(3), S("abcde\r\n0\r\n\r\n" NEXT), DONE},
		 CHUNKED_TOLD "S anomaly 3\n" NEXT_TOLD "63\nS end@81\n"},
		{{S(CHUNKED "1\r\nx"), S_GAP(1), S("\n0\r\n\r\n" NEXT), DONE},
		 CHUNKED_TOLD "S body@0 x\nS anomaly 3\n" NEXT_TOLD "58\nS end@76\n"},
		{{S(CHUNKED "4\r\nx"), S_GAP(9), S("bc\r\n0\r\n\r\n" NEXT), DONE},
		 CHUNKED_TOLD "S body@0 x\nS anomaly 3\n" NEXT_TOLD "69\nS end@87\n"},
		{{S(CHUNKED "0\r\nA: "), S_GAP(1), S("\r\n\r\n" NEXT), DONE},
		 CHUNKED_TOLD "S anomaly 3\n" NEXT_TOLD "58\nS end@76\n"},
		/* Beyond a length, up to one: the latter is none that hides anything. */
		{{C(POST "01"), C_GAP(9), C("ET / HTTP/1.0\r\n\r\n" GET), DONE},
		 POSTED "C body@0 01\nC anomaly 3\n" REQUEST "76\nC end@103\n"},
		{{C(POST "01"), C_GAP(8), C(GET), DONE},
		 POSTED "C body@0 01\nC end@58\n" REQUEST "58\nC end@85\n"},
	};

	CHECK(rows);
}
END_TEST

START_TEST(test_more_gaps)
{
	static const struct row rows[] = {
		/* In the search nothing is told of them, and a line may begin behind each. */
		{{C_GAP(1), C("x"), C_GAP(2), C(GET), DONE},
		 "C anomaly 3\n" REQUEST "4\nC end@31\n"},
		{{C_GAP(1), C_GAP(2), C("\n"), C_GAP(3), C("y\n" GET), DONE},
		 "C anomaly 3\n" REQUEST "9\nC end@36\n"},
		/* What begins a message is in one piece. */
		{{C_GAP(1), C("GET"), C_GAP(1), C("/ HTTP/1.1\r\n\r\n" GET), DONE},
		 "C anomaly 3\n" REQUEST "19\nC end@46\n"},
		{{S_GAP(1), S("HTTP/"), S_GAP(1), S("1.1 204 N\r\n\r\n" NEXT), DONE},
		 "S anomaly 3\n" NEXT_TOLD "20\nS end@38\n"},
		{{S_GAP(1), S("HTTP"), S_GAP(1), S(NEXT), DONE},
		 "S anomaly 3\n" NEXT_TOLD "6\nS end@24\n"},
		/* Another loss is told again. */
		{{C_GAP(1), C("GET / H"), C_GAP(1), C("\n" GET), C_GAP(1), C(GET), DONE},
		 "C anomaly 3\nC anomaly 3\n" REQUEST "10\nC end@37\n"
		 "C anomaly 3\n" REQUEST "38\nC end@65\n"},
	};

	CHECK(rows);
}
END_TEST

START_TEST(test_what_begins_no_message)
{
	static const struct row rows[] = {
		/* Within a line */
		{{S_GAP(1), S("x HTTP/1.1 200 OK\r\n HTTP/1.1 200 OK\r\n\r\n" NEXT), DONE},
		 "S anomaly 3\n" NEXT_TOLD "40\nS end@58\n"},
		{{C_GAP(1), C("x GET / HTTP/1.1\r\n GET / HTTP/1.1\r\n\r\n" GET), DONE},
		 "C anomaly 3\n" REQUEST "38\nC end@65\n"},
		/* Not as a server writes it */
		{{S_GAP(1), S("http/1.1 200\nHTTP/2.0 200\nHTTP/\nHTTP/1\nHTT\nHTTP\r\n" NEXT),
		  DONE},
		 "S anomaly 3\n" NEXT_TOLD "50\nS end@68\n"},
		{{S_GAP(1), S("HHTTP/1.1 200\nHTTHTTP/1.1 200\n" NEXT), DONE},
		 "S anomaly 3\n" NEXT_TOLD "31\nS end@49\n"},
		/* No method; none in capitals; nothing behind it that begins a target */
		{{C_GAP(1), C("FROB / H\nPRI * HTTP/2.0\nget / H\nGet / H\nGETT / H\nGE / H\n" GET),
		  DONE},
		 "C anomaly 3\n" REQUEST "57\nC end@84\n"},
		{{C_GAP(1), C("GET  / H\nGET\t/ H\nGET (\nGET \r\nGET \nGET\nGET [\nGET\r\n" GET),
		  DONE},
		 "C anomaly 3\n" REQUEST "50\nC end@77\n"},
		{{C_GAP(1), C(" /\n  /\n- /\nA-B_C /\nABCDEFGHIJKLMNOPQRST /\n" GET), DONE},
		 "C anomaly 3\n" REQUEST "43\nC end@70\n"},
		{{C_GAP(1), C("ABCDEFGHIJKLMNOPQRSTU /\n------------------------------\n" GET),
		  DONE},
		 "C anomaly 3\n" REQUEST "56\nC end@83\n"},
		/* Of the other side */
		{{C_GAP(1), C(NEXT GET), S_GAP(1), S(GET NEXT), DONE},
		 "C anomaly 3\n" REQUEST "19\nC end@46\n"
		 "S anomaly 3\n" NEXT_TOLD "28\nS end@46\n"},
	};

	CHECK(rows);
}
END_TEST

#define ANY(METHOD, TARGET) METHOD " " TARGET " HTTP/1.0\r\n\r\n"
#define TOLD(KNOWN, METHOD, TARGET)                                                                \
	"C anomaly 3\nC request " KNOWN " method=" METHOD " target=" TARGET " 1.0 last @1\n"

START_TEST(test_what_begins_a_request)
{
	static const struct row rows[] = {
		{{C_GAP(1), C(ANY("PUT", "/")), DONE}, TOLD("PUT", "PUT", "/") "C end@19\n"},
		{{C_GAP(1), C(ANY("OPTIONS", "*")), DONE},
		 TOLD("OPTIONS", "OPTIONS", "*") "C end@23\n"},
		{{C_GAP(1), C(ANY("GET", "http://a/")), DONE},
		 TOLD("GET", "GET", "http://a/") "C end@27\n"},
		{{C_GAP(1), C(ANY("CONNECT", "1.2.3.4:5")), DONE},
		 TOLD("CONNECT", "CONNECT", "1.2.3.4:5") "C end@31\n"},
		/* RFC 9110 section 9.3.6, RFC 3986 section 3.2.2 */
		{{C_GAP(1), C(ANY("CONNECT", "[::1]:5")), DONE},
		 TOLD("CONNECT", "CONNECT", "[::1]:5") "C end@29\n"},
		{{C_GAP(1), C(ANY("M-SEARCH", "*")), DONE},
		 TOLD("other", "M-SEARCH", "*") "C end@24\n"},
		/* The longest */
		{{C_GAP(1), C(ANY("UPDATEREDIRECTREF", "/")), DONE},
		 TOLD("other", "UPDATEREDIRECTREF", "/") "C end@33\n"},
		/* It is known by its first byte of a target: then a head is there, be it odd. */
		{{C_GAP(1), C("GET /"), C_ENDS, DONE}, "C anomaly 3\nC anomaly 49\n"},
		{{C_GAP(1), C("GET "), C_ENDS, DONE}, "C anomaly 3\n"},
		{{S_GAP(1), S("HTTP/1."), S_ENDS, DONE}, "S anomaly 3\nS anomaly 49\n"},
		{{S_GAP(1), S("HTTP/1"), S_ENDS, DONE}, "S anomaly 3\n"},
	};

	CHECK(rows);
}
END_TEST

#define HEAD "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"
#define HEADED "C request HEAD method=HEAD target=/ 1.1 {Host:a} @"
#define EMPTY "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
#define EMPTY_TOLD(REQUEST)                                                                        \
	"S response to " REQUEST " 200 reason=OK 1.1 {Content-Length:0} length=0 @"

START_TEST(test_requests_are_forgotten)
{
	static const struct row rows[] = {
		/* Three are asked, one answer is seen: nobody knows to which. What is asked behind
		 * it is known again. */
		{{C(HEAD HEAD HEAD), S("HTTP/1.1 2"), S_GAP(40), S(EMPTY EMPTY), C(GET), S(EMPTY),
		  DONE},
		 HEADED "0\nC end@28\n" HEADED "28\nC end@56\n" HEADED "56\nC end@84\n"
			"S anomaly 3\n" EMPTY_TOLD("?") "50\nS end@88\n" EMPTY_TOLD(
				"?") "88\n"
				     "S end@126\n" REQUEST
				     "84\nC end@111\n" EMPTY_TOLD("GET") "126\nS end@164\n"},
		/* A response's own headers say what its body is. */
		{{C(HEAD), S_GAP(40), S("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nxy"), DONE},
		 HEADED "0\nC end@28\nS anomaly 3\nS response to ? 200 reason=OK 1.1"
			" {Content-Length:2} length=2 @40\nS body@0 xy\nS end@80\n"},
		/* Only what begins a message forgets them. */
		{{C(GET), S_GAP(40), S("x\r\n"), C(HEAD), C_GAP(1), C("x\r\n"), S(EMPTY), DONE},
		 GOT "S anomaly 3\n" HEADED
		     "27\nC end@55\nC anomaly 3\n" EMPTY_TOLD("?") "43\n"
								   "S end@81\n"},
		{{C(GET GET), C_GAP(1), C("x\r\n"), S(EMPTY EMPTY), DONE},
		 GOT REQUEST "27\nC end@54\nC anomaly 3\n" EMPTY_TOLD(
			 "GET") "0\nS end@38\n" EMPTY_TOLD("GET") "38\nS end@76\n"},
		/* None waits: the request that is found is answered next. */
		{{C(GET), S(EMPTY), C_GAP(20), C(HEAD),
		  S("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"), S(NEXT), DONE},
		 GOT EMPTY_TOLD("GET") "0\nS end@38\nC anomaly 3\n" HEADED "47\nC end@75\n"
				       "S response to HEAD 200 reason=OK 1.1 {Content-Length:2} "
				       "length=2 @38\nS end@76\n" NEXT_TOLD "76\nS end@94\n"},
		/* One waits: its response is not taken for that to the request that is found. */
		{{C(GET), C_GAP(20), C(HEAD), S("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nxy"),
		  C(GET), S(EMPTY), DONE},
		 GOT "C anomaly 3\n" HEADED "47\nC end@75\nS response to ? 200 reason=OK 1.1"
		     " {Content-Length:2} length=2 @0\nS body@0 xy\nS end@40\n" REQUEST "75\n"
		     "C end@102\n" EMPTY_TOLD("GET") "40\nS end@78\n"},
		/* Nor when that is lost again. */
		{{C(GET), C_GAP(20), C("HEAD /"), C_GAP(1), C(HEAD), S(EMPTY), DONE},
		 GOT "C anomaly 3\nC anomaly 3\n" HEADED
		     "54\nC end@82\n" EMPTY_TOLD("?") "0\n"
						      "S end@38\n"},
	};

	CHECK(rows);
}
END_TEST

START_TEST(test_both_sides_search)
{
	static const struct row rows[] = {
		{{C_GAP(1), S_GAP(1), C("x\nGE"), S("y\nHTT"), C("T /"), S("P/1.1"),
		  C(" HTTP/1.1\r\nHost: a\r\n\r\n"), S(" 204 N\r\n\r\n"), C(GET), DONE},
		 "C anomaly 3\nS anomaly 3\n" REQUEST "3\nC end@30\n"
		 "S response to GET 204 reason=N 1.1 @3\nS end@21\n" REQUEST "30\nC end@57\n"},
		/* Known in pieces, whole from there on */
		{{C_GAP(1), C("x\nGE"), C("T / HTTP/1.1\r\nHost: a\r\n\r\n" GET), DONE},
		 "C anomaly 3\n" REQUEST "3\nC end@30\n" REQUEST "30\nC end@57\n"},
		/* None finds anything: both go on, and their ends tell nothing. */
		{{C_GAP(1), S_GAP(1), C("x\nGE"), S("y\nHTT"), C_ENDS, S_ENDS, DONE},
		 "C anomaly 3\nS anomaly 3\n"},
	};

	CHECK(rows);
}
END_TEST

START_TEST(test_a_search_that_finds_nothing_goes_on)
{
	static char lines[13 * 7000];
	struct l7_bed bed = {.view = &l7_http_view, .write = l7_http_write};

	for (size_t i = 0; i < sizeof(lines); i++)
		lines[i] = "GET \nHTTP/1\r\n"[i % 13];
	l7_bed_open(&bed);
	l7_bed_say(&bed, WP_SERVER, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n", 0);
	l7_bed_say(&bed, WP_SERVER, "Content-Length: 90\r\n\r\n\x1f\x8b\x08", 0);
	ck_assert_uint_ne(bed.used, 0);
	l7_bed_gap(&bed, WP_SERVER, 100);
	l7_bed_gap(&bed, WP_CLIENT, 100);
	for (unsigned int side = 0; side < 2; side++) {
		l7_bed_feed(&bed, side, lines, sizeof(lines), 7);
		l7_bed_feed(&bed, side, lines, sizeof(lines), 0);
		l7_bed_finish(&bed, side);
	}
	ck_assert(!bed.is_over);
	/* It needs no memory, nor does it hold any back. */
	ck_assert_uint_eq(bed.used, 0);
	ck_assert_str_eq(l7_bed_close(&bed),
			 "S response to ? 200 reason=OK 1.1 {Content-Encoding:gzip}"
			 " {Content-Length:90} length=90 gzip @0\nS anomaly 3\nC anomaly 3\n");
	l7_bed_free(&bed);
}
END_TEST

START_TEST(test_another_protocol_begins_behind_what_is_found)
{
	static const size_t steps[] = {0, 1, 3};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct l7_bed bed = {.view = &l7_http_view, .write = l7_http_write};

		l7_bed_open(&bed);
		l7_bed_gap(&bed, WP_CLIENT, 1);
		l7_bed_gap(&bed, WP_SERVER, 1);
		l7_bed_say(&bed, WP_SERVER, "x\nHTTP/1.1 101 S\r\n\r\n\x81", steps[i]);
		ck_assert_int_eq(bed.then, L7_BEGINS_ANEW);
		ck_assert_uint_eq(bed.left, 1);
		ck_assert_str_eq(l7_bed_close(&bed),
				 "C anomaly 3\nS anomaly 3\n"
				 "S response to ? 101 reason=S 1.1 upgrade @3\nS end@21\n");
		l7_bed_free(&bed);
	}
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("http");

	tcase_add_test(tcase, test_the_next_message_is_found);
	tcase_add_test(tcase, test_gaps_in_bodies);
	tcase_add_test(tcase, test_more_gaps);
	tcase_add_test(tcase, test_what_begins_no_message);
	tcase_add_test(tcase, test_what_begins_a_request);
	tcase_add_test(tcase, test_requests_are_forgotten);
	tcase_add_test(tcase, test_both_sides_search);
	tcase_add_test(tcase, test_a_search_that_finds_nothing_goes_on);
	tcase_add_test(tcase, test_another_protocol_begins_behind_what_is_found);
	return unit_main("l7_http_gaps", tcase);
}
