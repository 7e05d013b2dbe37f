/* SPDX-License-Identifier: BSD-3-Clause */
/* Limits of the HTTP/1 view: of heads, of requests, of memory. */

#include "l7_http_rows.h"
#include "l7_http_text.h"
#include "stream/l7/http_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

/** Tells a side so many requests, and as many responses. */
START_TEST(test_more_requests_than_are_kept_track_of)
{
	struct l7_bed bed = {.view = &l7_http_view, .write = l7_http_write};
	const char *told, *at;
	unsigned int n_get = 0, n_events = 2 * HTTP_REQUESTS_MAX;

	l7_bed_open(&bed);
	for (unsigned int i = 0; i < HTTP_REQUESTS_MAX; i++)
		l7_bed_say(&bed, WP_CLIENT, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", 0);
	ck_assert_uint_eq(bed.n, n_events);
	l7_bed_say(&bed, WP_CLIENT, GET, 0);
	/* The anomaly, too. */
	ck_assert_uint_eq(bed.n, n_events + 3);
	for (unsigned int i = 0; i <= HTTP_REQUESTS_MAX; i++)
		l7_bed_say(&bed, WP_SERVER, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 0);
	told = l7_bed_close(&bed);
	ck_assert_ptr_nonnull(strstr(told, "anomaly 41\n"));
	for (at = told; (at = strstr(at, "response to GET")) != NULL; at++)
		n_get++;
	/* The forgotten one, and the last. */
	ck_assert_uint_eq(n_get, 2);
	ck_assert_ptr_null(strstr(told, "response to ?"));
	l7_bed_free(&bed);
}
END_TEST

/** Of a request that is forgotten nobody knows whether its answer has a body: the bytes say it. */
START_TEST(test_answers_to_forgotten_requests)
{
	static const char *const bodies[] = {"HTTP/1.1 404 N\r\n\r\n", "12345"};
	static const char *const ends[] = {
		"reason=OK 1.1 {Content-Length:5} length=5 @0\nS end@38\n",
		"@0\nS body@0 12345\nS end@43\n"};
	struct l7_bed bed = {.view = &l7_http_view, .write = l7_http_write};

	l7_bed_open(&bed);
	for (unsigned int i = 0; i <= HTTP_REQUESTS_MAX; i++)
		l7_bed_say(&bed, WP_CLIENT, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", 0);
	l7_bed_say(&bed, WP_SERVER, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 0);
	l7_bed_feed(&bed, WP_SERVER, bodies[_i], strlen(bodies[_i]), 0);
	ck_assert_ptr_nonnull(strstr(l7_bed_close(&bed), ends[_i]));
	l7_bed_free(&bed);
}
END_TEST

START_TEST(test_headers_behind_the_last_that_is_told_count)
{
	struct l7_bed bed = {.view = &l7_http_view, .write = l7_http_write};
	const char *told;

	l7_bed_open(&bed);
	l7_bed_say(&bed, WP_CLIENT, "POST / HTTP/1.1\r\nHost: a\r\n", 0);
	for (unsigned int i = 1; i < WP_HTTP_HEADERS_MAX; i++)
		l7_bed_say(&bed, WP_CLIENT, "A: b\r\n", 0);
	l7_bed_say(&bed, WP_CLIENT, "Content-Length: 2\r\n\r\nxy", 0);
	told = l7_bed_close(&bed);
	ck_assert_ptr_nonnull(strstr(told, "C anomaly 32\n"));
	ck_assert_ptr_nonnull(strstr(told, "{A:b} length=2 @0\nC body@0 xy\nC end@"));
	ck_assert_ptr_null(strstr(told, "{Content-Length"));
	l7_bed_free(&bed);
}
END_TEST

/** Feeds a head with a value of so many bytes. */
static char *
read_long_head(size_t size, size_t step, size_t limit)
{
	static const char end[4] = {'\r', '\n', '\r', '\n'};
	static char value[2 * WP_HTTP_HEAD_MAX];
	struct l7_bed bed = {.view = &l7_http_view, .write = l7_http_write, .limit = limit};
	int n = sprintf(value, "GET / HTTP/1.1\r\nHost: ");
	char *told;

	memset(value + n, 'a', size - (size_t)n - 4);
	memcpy(value + size - 4, end, sizeof(end));
	l7_bed_open(&bed);
	l7_bed_feed(&bed, WP_CLIENT, value, size, step);
	l7_bed_say(&bed, WP_CLIENT, GET, step);
	l7_bed_say(&bed, WP_SERVER, "HTTP/1.1 204 N\r\n\r\n", 0);
	told = strdup(l7_bed_close(&bed));
	l7_bed_free(&bed);
	return told;
}

START_TEST(test_heads_have_a_limit)
{
	static const size_t steps[] = {0, 1, 1000};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		char *told = read_long_head(WP_HTTP_HEAD_MAX, steps[i], 0);

		ck_assert_ptr_nonnull(strstr(told, "C end@65536\nC request GET"));
		ck_assert_ptr_null(strstr(told, "anomaly"));
		free(told);
		told = read_long_head(WP_HTTP_HEAD_MAX + 1, steps[i], 0);
		ck_assert_ptr_eq(strstr(told, "C anomaly 1\nC request GET"), told);
		ck_assert_ptr_nonnull(strstr(told, "C end@65537\nC request GET"));
		free(told);
	}
}
END_TEST

START_TEST(test_heads_without_memory)
{
	char *told = read_long_head(5000, 1000, 4096);

	ck_assert_str_eq(told, "C anomaly 2\nS response to ? 204 reason=N 1.1 @0\nS end@18\n");
	free(told);
	/* What comes whole needs none. */
	told = read_long_head(5000, 0, 1);
	ck_assert_ptr_nonnull(strstr(told, "C end@5000\nC request GET"));
	free(told);
}
END_TEST

#define REQUEST "C request GET method=GET target=/ 1.1 {Host:a} @"

/** @return what is told of a head that is found and has a value of so many bytes. */
static char *
find_long_head(size_t size, size_t step, size_t limit)
{
	struct l7_bed bed = {.view = &l7_http_view, .write = l7_http_write, .limit = limit};
	char *value = malloc(size), *told;

	memset(value, 'a', size);
	l7_bed_open(&bed);
	l7_bed_gap(&bed, WP_CLIENT, 1);
	l7_bed_say(&bed, WP_CLIENT, "x\nGET / HTTP/1.1\r\nHost: ", step);
	l7_bed_feed(&bed, WP_CLIENT, value, size, step);
	l7_bed_say(&bed, WP_CLIENT, "\r\n\r\n" GET, step);
	/* Nothing brings back a side that is given up. */
	l7_bed_gap(&bed, WP_CLIENT, 1);
	l7_bed_say(&bed, WP_CLIENT, GET, step);
	ck_assert(!bed.is_over);
	told = strdup(l7_bed_close(&bed));
	l7_bed_free(&bed);
	free(value);
	return told;
}

START_TEST(test_heads_that_are_found_have_limits)
{
	static const size_t steps[] = {0, 1, 3};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		/* 26 bytes around the value */
		char *told = find_long_head(WP_HTTP_HEAD_MAX - 26, steps[i], 0);

		ck_assert_ptr_nonnull(strstr(told, "C end@65539\n" REQUEST "65539\nC end@65566\n"));
		free(told);
		told = find_long_head(WP_HTTP_HEAD_MAX - 25, steps[i], 0);
		ck_assert_ptr_eq(strstr(told, "C anomaly 3\nC anomaly 1\nC request"), told);
		ck_assert_ptr_nonnull(strstr(told, "C end@65540\n" REQUEST "65540\nC end@65567\n"));
		free(told);
		told = find_long_head(1, steps[i], 1);
		ck_assert_str_eq(told, "C anomaly 3\nC anomaly 2\n");
		free(told);
	}
}
END_TEST

START_TEST(test_a_head_that_is_found_whole_needs_no_memory)
{
	struct l7_bed bed = {.view = &l7_http_view, .write = l7_http_write, .limit = 1};

	l7_bed_open(&bed);
	l7_bed_gap(&bed, WP_CLIENT, 1);
	l7_bed_say(&bed, WP_CLIENT, "x\n" GET, 0);
	ck_assert_str_eq(l7_bed_close(&bed), "C anomaly 3\n" REQUEST "3\nC end@30\n");
	l7_bed_free(&bed);
}
END_TEST

START_TEST(test_folds_without_memory)
{
	struct l7_bed bed = {.view = &l7_http_view, .write = l7_http_write, .limit = 1};

	l7_bed_open(&bed);
	l7_bed_say(&bed, WP_CLIENT, "GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n c\r\n d\r\n\r\n", 0);
	ck_assert_str_eq(l7_bed_close(&bed), "C anomaly 2\nC anomaly 18\nC request GET method=GET "
					     "target=/ 1.1 {Host:a} {A:b} @0\nC end@41\n");
	l7_bed_free(&bed);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("http");

	tcase_add_test(tcase, test_more_requests_than_are_kept_track_of);
	tcase_add_loop_test(tcase, test_answers_to_forgotten_requests, 0, 2);
	tcase_add_test(tcase, test_headers_behind_the_last_that_is_told_count);
	tcase_add_test(tcase, test_heads_have_a_limit);
	tcase_add_test(tcase, test_heads_without_memory);
	tcase_add_test(tcase, test_heads_that_are_found_have_limits);
	tcase_add_test(tcase, test_a_head_that_is_found_whole_needs_no_memory);
	tcase_add_test(tcase, test_folds_without_memory);
	return unit_main("l7_http_limits", tcase);
}
