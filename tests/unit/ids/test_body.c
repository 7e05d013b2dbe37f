/* SPDX-License-Identifier: BSD-3-Clause */
/* services/ids/body*.c: rules that ask about a body, and about the head in front of it; and what is
 * looked at before a message is whole. */

#include <stdio.h>
#include <string.h>

#include "host_bed.h"
#include "stream/l7/http.h"

enum { SEGMENT = 1400 };

#define REQUEST "to_server; http.request_body; content:\"login=\"; "
#define RESPONSE "to_client; http.response_body; content:\"hello\"; "

static const struct {
	const char *conditions;
	bool holds;
} rows[] = {
	{REQUEST "http.header_names; content:!\"Referer\"", false},
	{REQUEST "http.header; content:!\"Referer: \"", false},
	{REQUEST "http.referer; content:\"innocent\"", true},
	{REQUEST "http.header_names; content:!\"X-None\"", true},
	{RESPONSE "http.header_names; content:!\"Server\"", false},
	{RESPONSE "http.server; content:\"last\"", true},
};

static void
open_host(void)
{
	char rules[2048];
	size_t size = 0;

	for (unsigned int i = 0; i < ROWS(rows); i++)
		size += (size_t)snprintf(rules + size, sizeof(rules) - size,
					 "alert http any any -> any any (flow:%s; sid:%u;)\n",
					 rows[i].conditions, i + 1);
	ck_assert_msg(bed_open(rules, json_object()) == 0, "%s", bed_why);
}

/** Sends text of any size. */
static void
say(unsigned int from, const char *text)
{
	char part[SEGMENT + 1];

	for (size_t size = strlen(text); size != 0;) {
		size_t n = size < SEGMENT ? size : SEGMENT;

		snprintf(part, sizeof(part), "%.*s", (int)n, text);
		bed_segment(from, ACK | PSH, part);
		bed_segment(!from, ACK, "");
		text += n;
		size -= n;
	}
}

/** Sends a message whose head has a header of a size. */
static void
tell(unsigned int from, const char *first, unsigned int size, const char *last, const char *body)
{
	static char text[WP_HTTP_HEAD_MAX + 64];

	snprintf(text, sizeof(text),
		 "%s\r\nHost: a\r\nX-Large: %0*d\r\n%s\r\nContent-Length: %zu\r\n\r\n%s", first,
		 (int)size, 0, last, strlen(body), body);
	say(from, text);
}

static unsigned int
count(unsigned int sid)
{
	char text[32];

	snprintf(text, sizeof(text), "\"signature_id\":%u,", sid);
	return bed_count(text);
}

/** Of a head that is cut, what is not to be there is not, and what is to be there is not either. */
START_TEST(test_heads_of_any_size_are_asked_about_with_the_body)
{
	static const unsigned int sizes[] = {10, 8000, 8192, 20000, 65000, 10};
	enum { TIMES = sizeof(sizes) / sizeof(sizes[0]) };

	open_host();
	bed_shake_hands();
	for (unsigned int i = 0; i < TIMES; i++) {
		tell(0, "POST /x HTTP/1.1", sizes[i], "Referer: innocent", "login=me");
		tell(1, "HTTP/1.1 200 OK", sizes[i], "Server: last", "hello");
	}
	for (unsigned int i = 0; i < ROWS(rows); i++)
		ck_assert_msg(count(i + 1) == (rows[i].holds ? TIMES : 0), "%u: %u", i + 1,
			      count(i + 1));
}
END_TEST

/** A request is of one piece, though its head is looked at first: what its body sets is set for
 * rules that ask about its head alone; but not for the request before. */
START_TEST(test_what_a_body_sets_holds_for_its_head)
{
	static const char rules[] =
		"alert http any any -> any any (http.request_body; content:\"login=\"; "
		"flowbits:set,form; noalert; sid:1;)\n"
		"alert http any any -> any any (http.uri; content:\"/evil\"; "
		"flowbits:isset,form; sid:2;)\n"
		"alert http any any -> any any (http.uri; content:\"/evil\"; "
		"flowbits:isnotset,form; sid:3;)\n"
		"alert http any any -> any any (http.uri; content:\"/clear\"; "
		"flowbits:unset,form; noalert; sid:4;)\n";

	ck_assert_msg(bed_open(rules, json_object()) == 0, "%s", bed_why);
	bed_shake_hands();
	tell(0, "POST /evil HTTP/1.1", 10, "A: b", "nothing");
	tell(0, "POST /good HTTP/1.1", 10, "A: b", "login=me");
	tell(0, "POST /clear HTTP/1.1", 10, "A: b", "nothing");
	tell(0, "POST /evil HTTP/1.1", 10, "A: b", "login=me");
	tell(0, "POST /evil HTTP/1.1", 10, "A: b", "nothing");
	ck_assert_uint_eq(count(2), 2); /* the last two */
	ck_assert_uint_eq(count(3), 2); /* before their bodies had come */
}
END_TEST

#define HEAD "HTTP/1.1 200 OK\r\n"
#define EVIL "(flow:to_client; http.stat_code; content:\"200\"; file_data; content:\"evil\"; "

static void
open_mode(const char *mode, const char *rules)
{
	ck_assert_msg(bed_open(rules, json_pack("{ss}", "mode", mode)) == 0, "%s", bed_why);
	bed_shake_hands();
	say(0, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
}

/** What is to be prevented does not go on because its message has no end: a client makes use of
 * what it has. */
START_TEST(test_parts_of_a_body_are_looked_at_before_they_go_on)
{
	open_mode("prevent", "drop http any any -> any any " EVIL "sid:1;)\n");
	say(1, HEAD "Content-Length: 40000\r\n\r\n<html> ev");
	say(1, "il");
	say(1, " and more");
	ck_assert_uint_eq(count(1), 1);
	ck_assert_uint_eq(bed_count("\"action\":\"blocked\""), 1);
	ck_assert_uint_eq(bed_count("\"length\":20"), 0); /* the rest did not go on */
}
END_TEST

/** A request that has no head is answered when its line is there. */
START_TEST(test_a_line_without_version_is_looked_at_before_it_goes_on)
{
	open_mode("prevent", "drop http any any -> any any (http.method; content:\"GET\"; "
			     "http.uri; content:\"/evil\"; sid:1;)\n");
	say(0, "GET /evil\r\n");
	say(0, "\r\n");
	ck_assert_uint_eq(count(1), 1);
	ck_assert_uint_eq(bed_count("\"url\":\"/evil\""), 0); /* the rest did not go on */
}
END_TEST

/** However it comes, a message alerts once, and what may still come says what is missing. */
START_TEST(test_parts_of_a_body_alert_once)
{
	open_mode("prevent",
		  "alert http any any -> any any " EVIL "sid:1;)\n"
		  "alert http any any -> any any " EVIL "content:!\"absent\"; sid:2;)\n"
		  "alert http any any -> any any " EVIL "content:!\"harmless\"; sid:3;)\n"
		  "alert http any any -> any any " EVIL "endswith; sid:4;)\n"
		  "alert http any any -> any any " EVIL "pcre:\"/evil$/\"; sid:5;)\n");
	say(1, HEAD "Content-Length: 21\r\n\r\nevil");
	say(1, " and");
	say(1, " harmless");
	say(1, " end");
	for (unsigned int sid = 1; sid <= 5; sid++)
		ck_assert_uint_eq(count(sid), sid <= 2);
}
END_TEST

/** It is coded, and so short that its coding is known when its side ends. */
START_TEST(test_a_body_that_ends_with_its_side)
{
	open_mode("detect", "alert http any any -> any any " EVIL "sid:1;)\n");
	say(1, HEAD "Content-Encoding: gzip\r\n\r\nevil");
	bed_segment(1, ACK | FIN, "");
	ck_assert_uint_eq(count(1), 1);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("body");

	tcase_add_checked_fixture(tcase, bed_set_up, bed_tear_down);
	tcase_add_test(tcase, test_heads_of_any_size_are_asked_about_with_the_body);
	tcase_add_test(tcase, test_what_a_body_sets_holds_for_its_head);
	tcase_add_test(tcase, test_parts_of_a_body_are_looked_at_before_they_go_on);
	tcase_add_test(tcase, test_a_line_without_version_is_looked_at_before_it_goes_on);
	tcase_add_test(tcase, test_parts_of_a_body_alert_once);
	tcase_add_test(tcase, test_a_body_that_ends_with_its_side);
	return unit_main("ids body", tcase);
}
