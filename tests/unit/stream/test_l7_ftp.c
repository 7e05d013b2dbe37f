/* SPDX-License-Identifier: BSD-3-Clause */
/* FTP's view. Numbers in what is expected: enum wp_ftp_command, wp_text_anomaly (16 ...) and
 * wp_ftp_anomaly (24 ...). */

#include "stream/l7/ftp_view.h"

#include <string.h>

#include "l7_ftp_sessions.h"
#include "l7_ftp_text.h"
#include "unit.h"

/** Plays a session as a whole and cut in several ways: the same is told. */
static void
check_session(const struct text_session *session)
{
	for (size_t step = 0; step <= 3; step++) {
		struct l7_bed bed = {.view = &l7_ftp_view, .write = l7_ftp_write};

		text_bed_play(&bed, session, step);
		ck_assert_msg(bed.then == session->then, "%s: then %d", session->name, bed.then);
		ck_assert_msg(bed.left == session->left, "%s: left %u", session->name, bed.left);
		ck_assert_msg(strcmp(l7_bed_close(&bed), session->expected) == 0,
			      "%s, step %zu:\n%s", session->name, step, bed.text);
		l7_bed_free(&bed);
	}
}

START_TEST(test_sessions_however_they_are_cut)
{
	check_session(&sessions[_i]);
}
END_TEST

START_TEST(test_long_lines_are_cut)
{
	static char line[WP_TEXT_LINE_MAX + 1], said[sizeof(line) + 8], expected[3 * sizeof(line)];

	memset(line, 'x', WP_TEXT_LINE_MAX);
	snprintf(said, sizeof(said), "%sPORT\r\n", line);
	snprintf(expected, sizeof(expected), "C anomaly 1\nC command 0 line=%s verb=%s\n", line,
		 line);
	for (size_t step = 0; step <= 3; step++) {
		struct l7_bed bed = {.view = &l7_ftp_view, .write = l7_ftp_write};

		l7_bed_open(&bed);
		l7_bed_feed(&bed, WP_CLIENT, said, strlen(said), step);
		ck_assert(strcmp(l7_bed_close(&bed), expected) == 0);
		ck_assert_uint_le(bed.peak, WP_TEXT_LINE_MAX + WP_TEXT_LINE_MAX / 2);
		l7_bed_free(&bed);
	}
}
END_TEST

START_TEST(test_without_memory_telnet_stays_in_lines)
{
	struct l7_bed bed = {.view = &l7_ftp_view, .write = l7_ftp_write, .limit = 1};

	l7_bed_open(&bed);
	l7_bed_say(&bed, WP_CLIENT, "NOOP \xff\xf1\r\nNOOP\r\n", 0);
	ck_assert_str_eq(l7_bed_close(&bed),
			 "C anomaly 2\nC command 33 line=NOOP \\xff\\xf1 verb=NOOP arg=\\xff\\xf1\n"
			 "C command 33 line=NOOP verb=NOOP\n");
	l7_bed_free(&bed);
}
END_TEST

START_TEST(test_a_line_for_which_there_is_no_memory_is_skipped)
{
	struct l7_bed bed = {.view = &l7_ftp_view, .write = l7_ftp_write, .limit = 1};

	l7_bed_open(&bed);
	l7_bed_say(&bed, WP_CLIENT, "NO", 0);
	l7_bed_say(&bed, WP_CLIENT, "OP\r\nSYST\r\n", 0);
	ck_assert_str_eq(l7_bed_close(&bed), "C anomaly 2\nC command 30 line=SYST verb=SYST\n");
	l7_bed_free(&bed);
}
END_TEST

START_TEST(test_a_server_that_is_there_and_silent_was_not_waited_for)
{
	struct l7_bed bed = {.view = &l7_ftp_view, .write = l7_ftp_write};

	l7_bed_open(&bed);
	bed.flow.sides[WP_SERVER].flags = WP_SIDE_SPOKEN;
	l7_bed_say(&bed, WP_CLIENT, "AUTH TLS\r\nNOOP\r\n", 1);
	ck_assert_str_eq(l7_bed_close(&bed),
			 "C command 36 line=AUTH TLS verb=AUTH arg=TLS\nC anomaly 25\n"
			 "C command 33 line=NOOP verb=NOOP\n");
	l7_bed_free(&bed);
}
END_TEST

static const struct {
	const char *data;
	unsigned int side;
	uint16_t port;
	enum l7_match match;
} matches[] = {
	{"22", WP_SERVER, 21, L7_MAYBE},
	{"220 ", WP_SERVER, 21, L7_YES},
	{"220-", WP_SERVER, 21, L7_YES},
	{"230 ", WP_SERVER, 21, L7_NO},
	{"220x", WP_SERVER, 21, L7_NO},
	{"220 FTP\r\n", WP_SERVER, 25, L7_NO},
	{"220 (vsFTPd 3.0.3)\r\n", WP_SERVER, 2121, L7_YES},
	{"220 (vsFTPd 3.0.3)", WP_SERVER, 2121, L7_MAYBE},
	{"220 ftp ESMTP\r\n", WP_SERVER, 2121, L7_NO},
	{"220 ftp.mail\r\n", WP_SERVER, 2121, L7_MAYBE},
	{"220 mail\r\n", WP_SERVER, 2121, L7_NO},
	{"220 a\r\n", WP_SERVER, 2121, L7_MAYBE},
	{"USE", WP_CLIENT, 21, L7_MAYBE},
	{"user ", WP_CLIENT, 21, L7_YES},
	{"USER a", WP_CLIENT, 2121, L7_MAYBE},
	{"USER a\r\n", WP_CLIENT, 2121, L7_YES},
	{"USER a\r\n", WP_CLIENT, 110, L7_NO},
	{"USER guest 0 * :Ronnie Reagan\r\n", WP_CLIENT, 7000, L7_NO},
	{"AUTH TL", WP_CLIENT, 2121, L7_MAYBE},
	{"AUTH TLS\r\n", WP_CLIENT, 2121, L7_YES},
	{"auth ssl\r\n", WP_CLIENT, 2121, L7_YES},
	{"AUTH PLAIN", WP_CLIENT, 2121, L7_NO},
	{"FEAT", WP_CLIENT, 2121, L7_MAYBE},
	{"FEAT\r", WP_CLIENT, 2121, L7_YES},
	{"SYST\n", WP_CLIENT, 2121, L7_YES},
	{"EHLO a\r\n", WP_CLIENT, 21, L7_NO},
};

START_TEST(test_match)
{
	uint32_t size = (uint32_t)strlen(matches[_i].data);
	/* Exactly so many bytes: what lies behind is not to be read. */
	uint8_t *copy = malloc(size);
	struct l7_hint hint = {.data = copy,
			       .size = size,
			       .side = matches[_i].side,
			       .server_port = matches[_i].port};

	memcpy(copy, matches[_i].data, size);
	ck_assert_int_eq(l7_ftp_view.match(&hint), matches[_i].match);
	free(copy);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("l7_ftp");

	tcase_add_loop_test(tcase, test_sessions_however_they_are_cut, 0, ROWS(sessions));
	tcase_add_test(tcase, test_long_lines_are_cut);
	tcase_add_test(tcase, test_without_memory_telnet_stays_in_lines);
	tcase_add_test(tcase, test_a_line_for_which_there_is_no_memory_is_skipped);
	tcase_add_test(tcase, test_a_server_that_is_there_and_silent_was_not_waited_for);
	tcase_add_loop_test(tcase, test_match, 0, ROWS(matches));
	return unit_main("l7_ftp", tcase);
}
