/* SPDX-License-Identifier: BSD-3-Clause */
/* SMTP's view. Numbers in what is expected: enum wp_smtp_command, wp_text_anomaly (16 ...) and
 * wp_smtp_anomaly (24 ...). */

#include "stream/l7/smtp_view.h"

#include <string.h>

#include "l7_smtp_messages.h"
#include "l7_smtp_sessions.h"
#include "l7_smtp_text.h"
#include "unit.h"

/** Plays a session as a whole and cut in several ways: the same is told. */
static void
check_session(const struct text_session *session)
{
	for (size_t step = 0; step <= 3; step++) {
		struct l7_bed bed = {.view = &l7_smtp_view, .write = l7_smtp_write};

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

START_TEST(test_messages_however_they_are_cut)
{
	check_session(&messages[_i]);
}
END_TEST

/** Says a line of @p size bytes 'x' and its end. */
static void
say_long(struct l7_bed *bed, size_t size, const char *end, size_t step)
{
	char text[WP_TEXT_LINE_MAX + 8];

	memset(text, 'x', size);
	memcpy(text + size, end, strlen(end));
	l7_bed_feed(bed, WP_CLIENT, text, size + strlen(end), step);
}

static const struct {
	size_t size;       /* bytes of a line */
	const char *end;   /* of the line */
	const char *first; /* what is told in front of it */
	size_t told;       /* bytes of it that are told */
} lengths[] = {
	{WP_TEXT_LINE_MAX - 1, "\r\n", "", WP_TEXT_LINE_MAX - 1},
	{WP_TEXT_LINE_MAX, "\n", "C anomaly 16\n", WP_TEXT_LINE_MAX},
	{WP_TEXT_LINE_MAX, "\r\n", "C anomaly 1\n", WP_TEXT_LINE_MAX},
	{WP_TEXT_LINE_MAX + 1, "\n", "C anomaly 1\n", WP_TEXT_LINE_MAX},
	{WP_TEXT_LINE_MAX + 5, "\r\n", "C anomaly 1\n", WP_TEXT_LINE_MAX},
};

START_TEST(test_long_lines_are_cut)
{
	static char expected[3 * WP_TEXT_LINE_MAX], line[WP_TEXT_LINE_MAX + 1];

	memset(line, 'x', lengths[_i].told);
	line[lengths[_i].told] = '\0';
	snprintf(expected, sizeof(expected),
		 "%sC command 0 line=%s verb=%s\nC command 12 line=NOOP verb=NOOP\n",
		 lengths[_i].first, line, line);
	for (size_t step = 0; step <= 3; step++) {
		struct l7_bed bed = {.view = &l7_smtp_view, .write = l7_smtp_write};

		l7_bed_open(&bed);
		say_long(&bed, lengths[_i].size, lengths[_i].end, step);
		l7_bed_say(&bed, WP_CLIENT, "NOOP\r\n", step);
		ck_assert(strcmp(l7_bed_close(&bed), expected) == 0);
		ck_assert_uint_le(bed.peak, WP_TEXT_LINE_MAX + WP_TEXT_LINE_MAX / 2);
		l7_bed_free(&bed);
	}
}
END_TEST

START_TEST(test_a_line_for_which_there_is_no_memory_is_skipped)
{
	struct l7_bed bed = {.view = &l7_smtp_view, .write = l7_smtp_write, .limit = 700};

	l7_bed_open(&bed);
	say_long(&bed, 600, "\r\n", 1);
	l7_bed_say(&bed, WP_CLIENT, "NOOP\r\n", 1);
	ck_assert_str_eq(l7_bed_close(&bed), "C anomaly 2\nC command 12 line=NOOP verb=NOOP\n");
	ck_assert_uint_le(bed.peak, 700);
	l7_bed_free(&bed);
}
END_TEST

START_TEST(test_whole_lines_and_messages_take_no_memory)
{
	struct l7_bed bed = {.view = &l7_smtp_view, .write = l7_smtp_write, .limit = 1};

	l7_bed_open(&bed);
	l7_bed_say(&bed, WP_SERVER, "220 a\r\n", 0);
	l7_bed_say(&bed, WP_CLIENT, "DATA\r\n", 0);
	l7_bed_say(&bed, WP_SERVER, "354 b\r\n", 0);
	l7_bed_say(&bed, WP_CLIENT, "a\r\n.\r\n", 1);
	ck_assert_str_eq(l7_bed_close(&bed),
			 "S reply 220 line=220 a text=a\nC command 6 line=DATA verb=DATA\n"
			 "S reply 354 line=354 b text=b\nC body@0 a\\x0d\\x0a\n"
			 "C command 25 line=. verb=.\n");
	ck_assert_uint_eq(bed.peak, 0);
	l7_bed_free(&bed);
}
END_TEST

static unsigned int
count(const char *text, const char *what)
{
	unsigned int n = 0;

	while ((text = strstr(text, what)) != NULL) {
		text += strlen(what);
		n++;
	}
	return n;
}

static const struct {
	unsigned int commands, told;
} waiting[] = {{SMTP_QUEUE_MAX, 0}, {SMTP_QUEUE_MAX + 1, 1}, {3 * SMTP_QUEUE_MAX, 1}};

START_TEST(test_too_many_commands_that_wait_are_told_once)
{
	struct l7_bed bed = {.view = &l7_smtp_view, .write = l7_smtp_write};

	l7_bed_open(&bed);
	l7_bed_say(&bed, WP_SERVER, "220 a\r\n", 0);
	for (unsigned int i = 0; i < waiting[_i].commands; i++)
		l7_bed_say(&bed, WP_CLIENT, "NOOP\r\n", 0);
	l7_bed_close(&bed);
	ck_assert_uint_eq(count(bed.text, "anomaly 29\n"), waiting[_i].told);
	ck_assert_uint_eq(count(bed.text, "anomaly"), waiting[_i].told);
	ck_assert_uint_eq(count(bed.text, "C command 12 "), waiting[_i].commands);
	l7_bed_free(&bed);
}
END_TEST

START_TEST(test_answered_commands_do_not_wait)
{
	struct l7_bed bed = {.view = &l7_smtp_view, .write = l7_smtp_write};

	l7_bed_open(&bed);
	l7_bed_say(&bed, WP_SERVER, "220 a\r\n", 0);
	for (unsigned int i = 0; i < 3 * SMTP_QUEUE_MAX; i++) {
		l7_bed_say(&bed, WP_CLIENT, "NOOP\r\nNOOP\r\n", 0);
		l7_bed_say(&bed, WP_SERVER, "250 a\r\n250 b\r\n", 0);
	}
	l7_bed_close(&bed);
	ck_assert_uint_eq(count(bed.text, "anomaly"), 0);
	ck_assert_uint_eq(bed.n, 1 + 12 * SMTP_QUEUE_MAX);
	l7_bed_free(&bed);
}
END_TEST

static void
write_offset(FILE *out, const struct wp_stream_event *event)
{
	fprintf(out, "%llu", (unsigned long long)event->offset);
}

START_TEST(test_offsets_are_of_the_first_byte)
{
	for (size_t step = 0; step <= 3; step++) {
		struct l7_bed bed = {.view = &l7_smtp_view, .write = write_offset};

		l7_bed_open(&bed);
		l7_bed_say(&bed, WP_CLIENT, "NOOP\r\nDATA\r\nab\r\n.\r\nNOOP\r\n", step);
		l7_bed_gap(&bed, WP_CLIENT, 100);
		l7_bed_say(&bed, WP_CLIENT, "\r\nNOOP\r\n", step);
		ck_assert_str_eq(l7_bed_close(&bed),
				 "C 0\nC 6\nC body@0 ab\\x0d\\x0a\nC 16\nC 19\nC 127\n");
		l7_bed_free(&bed);
	}
}
END_TEST

START_TEST(test_a_server_that_is_there_and_silent_was_not_waited_for)
{
	struct l7_bed bed = {.view = &l7_smtp_view, .write = l7_smtp_write};

	l7_bed_open(&bed);
	bed.flow.sides[WP_SERVER].flags = WP_SIDE_SPOKEN;
	l7_bed_say(&bed, WP_CLIENT, "STARTTLS\r\nNOOP\r\n", 1);
	ck_assert_str_eq(l7_bed_close(&bed),
			 "C command 14 line=STARTTLS verb=STARTTLS\nC anomaly 26\n"
			 "C command 12 line=NOOP verb=NOOP\n");
	l7_bed_free(&bed);
}
END_TEST

static const struct {
	const char *data;
	unsigned int side;
	uint16_t port;
	enum l7_match match;
} matches[] = {
	{"2", WP_SERVER, 25, L7_MAYBE},
	{"220", WP_SERVER, 25, L7_MAYBE},
	{"220 ", WP_SERVER, 25, L7_YES},
	{"220-", WP_SERVER, 587, L7_YES},
	{"220x", WP_SERVER, 25, L7_NO},
	{"250 ", WP_SERVER, 25, L7_NO},
	{"220 ESMTP\r\n", WP_SERVER, 21, L7_NO},
	{"220 a esmtp\r\n", WP_SERVER, 1000, L7_YES},
	{"220 a ESMTP", WP_SERVER, 1000, L7_MAYBE},
	{"220 mail.a\r\n", WP_SERVER, 1000, L7_YES},
	{"220 ftp.a\r\n", WP_SERVER, 1000, L7_NO},
	{"220 ftp.mail\r\n", WP_SERVER, 1000, L7_MAYBE},
	{"220 a\r\n", WP_SERVER, 1000, L7_MAYBE},
	{"220 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa SMTP", WP_SERVER, 1000,
	 L7_YES},
	{"EHL", WP_CLIENT, 1000, L7_MAYBE},
	{"EHLO", WP_CLIENT, 1000, L7_MAYBE},
	{"ehlo ", WP_CLIENT, 1000, L7_YES},
	{"HELO a\r\n", WP_CLIENT, 25, L7_YES},
	{"HELO a\r\n", WP_CLIENT, 80, L7_YES},
	{"HELO ", WP_CLIENT, 80, L7_MAYBE},
	{"HELO /a HTTP/1.1\r\n", WP_CLIENT, 25, L7_NO},
	{"EHLO\r\n", WP_CLIENT, 25, L7_NO},
	{"MAIL FROM:<a>", WP_CLIENT, 25, L7_YES},
	{"USER a\r\n", WP_CLIENT, 25, L7_NO},
	{"G", WP_CLIENT, 25, L7_NO},
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
	ck_assert_int_eq(l7_smtp_view.match(&hint), matches[_i].match);
	free(copy);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("l7_smtp");

	tcase_add_loop_test(tcase, test_sessions_however_they_are_cut, 0, ROWS(sessions));
	tcase_add_loop_test(tcase, test_messages_however_they_are_cut, 0, ROWS(messages));
	tcase_add_loop_test(tcase, test_long_lines_are_cut, 0, ROWS(lengths));
	tcase_add_test(tcase, test_a_line_for_which_there_is_no_memory_is_skipped);
	tcase_add_test(tcase, test_whole_lines_and_messages_take_no_memory);
	tcase_add_loop_test(tcase, test_too_many_commands_that_wait_are_told_once, 0,
			    ROWS(waiting));
	tcase_add_test(tcase, test_answered_commands_do_not_wait);
	tcase_add_test(tcase, test_offsets_are_of_the_first_byte);
	tcase_add_test(tcase, test_a_server_that_is_there_and_silent_was_not_waited_for);
	tcase_add_loop_test(tcase, test_match, 0, ROWS(matches));
	return unit_main("l7_smtp", tcase);
}
