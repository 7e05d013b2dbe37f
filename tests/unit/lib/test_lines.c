/* SPDX-License-Identifier: BSD-3-Clause */
/* lib/lines.c: lines of a file that is rotated, on a disk that is full now and then. */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lines.h"
#include "unit.h"

enum { SECOND = 1000000000 };

static char folder[32], file[48], away[48];
static struct wp_lines *lines;
static uint64_t written, now_ns;

static void
set_up(void)
{
	signal(SIGXFSZ, SIG_IGN);
	snprintf(folder, sizeof(folder), "/tmp/wp-lines-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(file, sizeof(file), "%s/eve", folder);
	snprintf(away, sizeof(away), "%s/eve.1", folder);
	written = 0;
	now_ns = SECOND;
}

/** Files cannot grow beyond so many bytes: to write(), a full disk. */
static void
set_room(rlim_t bytes)
{
	struct rlimit limit;

	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = bytes;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void
tear_down(void)
{
	set_room(RLIM_INFINITY);
	unlink(file);
	unlink(away);
	rmdir(folder);
}

static void
begin(const char *text)
{
	FILE *to = fopen(file, "w");

	ck_assert_ptr_nonnull(to);
	fputs(text, to);
	fclose(to);
	ck_assert_int_eq(wp_lines_open(file, &lines), 0);
}

static void
put(const char *line)
{
	ck_assert(wp_lines_put(lines, line, strlen(line), &written));
}

static void
tick(void)
{
	now_ns += SECOND;
	wp_lines_tick(lines, now_ns, &written);
}

static void
check_file(const char *name, const char *expected)
{
	char text[256] = "";
	FILE *from = fopen(name, "r");

	ck_assert_ptr_nonnull(from);
	text[fread(text, 1, sizeof(text) - 1, from)] = '\0';
	fclose(from);
	ck_assert_str_eq(text, expected);
}

START_TEST(test_a_line_that_was_cut_goes_on_when_there_is_room)
{
	begin("");
	set_room(9);
	put("first\n");
	put("second\n");
	tick();
	check_file(file, "first\nsec");
	put("third\n");
	set_room(RLIM_INFINITY);
	tick();
	ck_assert_uint_eq(wp_lines_close(lines, &written), 0);
	check_file(file, "first\nsecond\nthird\n");
	ck_assert_uint_eq(written, 3);
}
END_TEST

START_TEST(test_a_line_that_was_cut_comes_whole_in_the_next_file)
{
	begin("");
	set_room(9);
	put("first\n");
	put("second\n");
	tick();
	ck_assert_int_eq(rename(file, away), 0);
	tick(); /* what is written meanwhile goes where the file has gone */
	set_room(RLIM_INFINITY);
	put("third\n");
	tick();
	ck_assert_uint_eq(wp_lines_close(lines, &written), 0);
	check_file(away, "first\nsec");
	check_file(file, "second\nthird\n");
	ck_assert_uint_eq(written, 3);
}
END_TEST

START_TEST(test_a_line_that_nobody_ends_any_more_is_ended)
{
	begin("whole\n{\"half");
	put("first\n");
	ck_assert_uint_eq(wp_lines_close(lines, &written), 0);
	check_file(file, "whole\n{\"half\nfirst\n");
	ck_assert_uint_eq(written, 1);
}
END_TEST

START_TEST(test_what_the_disk_never_took_is_lost)
{
	begin("");
	set_room(9);
	put("first\n");
	put("second\n");
	put("third\n");
	ck_assert_uint_eq(wp_lines_close(lines, &written), 2);
	ck_assert_uint_eq(written, 1);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("lines");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, test_a_line_that_was_cut_goes_on_when_there_is_room);
	tcase_add_test(tcase, test_a_line_that_was_cut_comes_whole_in_the_next_file);
	tcase_add_test(tcase, test_a_line_that_nobody_ends_any_more_is_ended);
	tcase_add_test(tcase, test_what_the_disk_never_took_is_lost);
	return unit_main("lib_lines", tcase);
}
