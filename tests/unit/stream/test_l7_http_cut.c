/* SPDX-License-Identifier: BSD-3-Clause */
/* Heads of HTTP/1 that are longer than what is told of them: where their messages end, and what
 * comes behind, is read as if they were not. */

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "l7_http_rows.h"
#include "l7_http_text.h"
#include "stream/l7/http_view.h"
#include "unit.h"

#define REQUEST "POST /p HTTP/1.1\r\nHost: a\r\n"
#define RESPONSE "HTTP/1.1 200 OK\r\n"
#define OK "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nk"

enum { LINE = 1000 };

static char text[4 * WP_HTTP_HEAD_MAX];

/** Writes a message whose head has lines of so many bytes before the last ones. */
static size_t
write_message(const char *begin, size_t filler, const char *end)
{
	size_t n = strlen(begin);

	memcpy(text, begin, n);
	while (filler != 0) {
		/* None is shorter than its name and end. */
		size_t line = filler < 2 * LINE ? filler : LINE;

		memset(text + n, 'a', line);
		memcpy(text + n, "X: ", 3);
		memcpy(text + n + line - 2, "\r\n", 2);
		n += line;
		filler -= line;
	}
	strcpy(text + n, end);
	return n + strlen(end);
}

/** Takes what depends on a head's length off: header lines, offsets, and that it is too long. */
static void
strip(char *told)
{
	static const char too_long[] = " anomaly 1\n";
	char *to = told;

	while (*told != '\0') {
		if (told[0] == ' ' && told[1] == '{') {
			told = strchr(told, '}') + 1;
		} else if (*told == '@') {
			do
				told++;
			while (isdigit((unsigned char)*told));
		} else if (strncmp(told + 1, too_long, strlen(too_long)) == 0) {
			told += 1 + strlen(too_long);
		} else {
			*to++ = *told++;
		}
	}
	*to = '\0';
}

/** @param step  bytes that the last ones are fed by; 0: all at once */
static char *
read_text(unsigned int side, size_t size, size_t step, bool is_finished)
{
	size_t front = step == 0 || size < 2 * LINE ? 0 : size - LINE;
	struct l7_bed bed = {.view = &l7_http_view, .write = l7_http_write};
	char *told;

	l7_bed_open(&bed);
	if (side == WP_SERVER)
		l7_bed_say(&bed, WP_CLIENT, GET, 0);
	l7_bed_feed(&bed, side, text, front, 1460);
	l7_bed_feed(&bed, side, text + front, size - front, step);
	if (is_finished)
		l7_bed_finish(&bed, side);
	told = strdup(l7_bed_close(&bed));
	l7_bed_free(&bed);
	return told;
}

/** Checks that a message with a long head is read as one with a short head. */
static void
check_message(unsigned int side, const char *begin, size_t filler, const char *end,
	      bool is_finished)
{
	static const size_t steps[] = {0, 1, 9};
	char *like = read_text(side, write_message(begin, LINE, end), 0, is_finished), *told[3];
	size_t size = write_message(begin, filler, end);

	for (int i = 0; i < 3; i++)
		told[i] = read_text(side, size, steps[i], is_finished);
	ck_assert(strcmp(told[0], told[1]) == 0 && strcmp(told[0], told[2]) == 0);
	if (size > WP_HTTP_HEAD_MAX + strlen(end))
		ck_assert_ptr_nonnull(strstr(told[0], " anomaly 1\n"));
	strip(like);
	strip(told[0]);
	ck_assert_str_eq(told[0], like);
	for (int i = 0; i < 3; i++)
		free(told[i]);
	free(like);
}

static const struct {
	unsigned int side;
	const char *begin, *end;
	bool is_finished;
} rows[] = {
	{WP_CLIENT, REQUEST, "\r\n" GET, false},
	{WP_CLIENT, REQUEST, "Content-Length: 3\r\n\r\nabc" GET, false},
	{WP_CLIENT, REQUEST, "content-length:\r\n 3\r\n\t4\r\nA: b\r\n\r\nabc" GET, false},
	{WP_CLIENT, REQUEST "Content-Length: 3\r\n", "Content-Length: 5\r\n\r\nabc" GET, false},
	{WP_CLIENT, REQUEST, "Transfer-Encoding: chunked\n\n1\r\na\r\n0\r\n\r\n" GET, false},
	{WP_CLIENT, REQUEST "Content-Length: 3\r\n",
	 "Host: b\r\nTransfer-Encoding:\r\n gzip,\r\n chunked\r\n\r\n1\r\na\r\n0\r\n\r\n" GET,
	 false},
	{WP_CLIENT, "GET /p HTTP/1.0\r\n", "Connection: keep-alive\r\n\r\n" GET, false},
	{WP_CLIENT, REQUEST, "Content-Length : 3\r\nX\r\n", true},
	{WP_SERVER, RESPONSE, "Content-Length: 3\r\n\r\nabc" OK, false},
	{WP_SERVER, RESPONSE, "A: b\rContent-Length: 3\r\n\r\nabc" OK, false},
	/* Blank lines, which may be the end. */
	{WP_SERVER, RESPONSE "Content-Length: 3\r\n", "A: b\n \nabc" OK, false},
	{WP_SERVER, RESPONSE, "A: b\n \nContent-Length: 3\r\n\r\nabc" OK, false},
	{WP_SERVER, RESPONSE, "A: b\n \nabc", true},
};

START_TEST(test_lines_that_are_not_told_count)
{
	check_message(rows[_i].side, rows[_i].begin, 3 * WP_HTTP_HEAD_MAX, rows[_i].end,
		      rows[_i].is_finished);
}
END_TEST

/** What is told ends anywhere in the last lines. */
START_TEST(test_lines_that_are_told_in_part_count)
{
	size_t begin = strlen(rows[_i].begin), end = strlen(rows[_i].end);

	for (size_t n = 0; n <= end + 1; n++)
		check_message(rows[_i].side, rows[_i].begin, WP_HTTP_HEAD_MAX - begin - n,
			      rows[_i].end, rows[_i].is_finished);
}
END_TEST

/** @return what is told of a request whose parts are as long, and of GET behind it; the letter that
 * they are made of is left out. */
static char *
read_long_parts(size_t target, size_t value, const char *last)
{
	size_t n = 0;
	char *told, *to;

	n += (size_t)sprintf(text, "GET /");
	memset(text + n, 'z', target);
	n += target;
	n += (size_t)sprintf(text + n, " HTTP/1.1\r\nHost: a\r\nC: ");
	memset(text + n, 'z', value);
	n += value;
	n += (size_t)sprintf(text + n, "\r\n%s\r\n", last);
	n += (size_t)sprintf(text + n, GET);
	told = to = read_text(WP_CLIENT, n, 1000, false);
	for (const char *from = told; *from != '\0'; from++)
		if (*from != 'z')
			*to++ = *from;
	*to = '\0';
	return told;
}

/** A line that is longer than all that is told is told in part; so is the first. */
START_TEST(test_long_lines)
{
	char *told = read_long_parts(1, 2 * WP_HTTP_HEAD_MAX, "Content-Length: 0\r\n");

	ck_assert_str_eq(told,
			 "C anomaly 1\nC request GET method=GET target=/ 1.1 {Host:a} {C:} "
			 "length=0 @0\nC end@131124\n"
			 "C request GET method=GET target=/ 1.1 {Host:a} @131124\nC end@131151\n");
	free(told);
	told = read_long_parts(WP_HTTP_HEAD_MAX, 1, "Content-Length: 0\r\n");
	ck_assert_str_eq(told,
			 "C anomaly 1\nC anomaly 23\n"
			 "C request GET method=GET target=/ 0.9 length=0 last @0\n"
			 "C end@65588\nC anomaly 40\n"
			 "C request GET method=GET target=/ 1.1 {Host:a} @65588\nC end@65615\n");
	free(told);
}
END_TEST

START_TEST(test_no_memory_for_the_rest)
{
	struct l7_bed bed = {.view = &l7_http_view, .write = l7_http_write};

	write_message(REQUEST, 2 * WP_HTTP_HEAD_MAX, "\r\n");
	l7_bed_open(&bed);
	l7_bed_feed(&bed, WP_CLIENT, text, WP_HTTP_HEAD_MAX, 0);
	bed.limit = bed.used;
	l7_bed_feed(&bed, WP_CLIENT, text + WP_HTTP_HEAD_MAX, 1, 0);
	ck_assert_uint_eq(bed.used, 0);
	l7_bed_say(&bed, WP_CLIENT, "\r\n\r\n" GET, 0);
	l7_bed_say(&bed, WP_SERVER, OK, 0);
	ck_assert_str_eq(
		l7_bed_close(&bed),
		"C anomaly 2\nS response to ? 200 reason=OK 1.1 {Content-Length:1} length=1 @0\n"
		"S body@0 k\nS end@39\n");
	l7_bed_free(&bed);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("http");
	int n = sizeof(rows) / sizeof(rows[0]);

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, test_lines_that_are_not_told_count, 0, n);
	tcase_add_loop_test(tcase, test_lines_that_are_told_in_part_count, 0, n);
	tcase_add_test(tcase, test_long_lines);
	tcase_add_test(tcase, test_no_memory_for_the_rest);
	return unit_main("l7_http_cut", tcase);
}
