/* SPDX-License-Identifier: BSD-3-Clause */
/* JSON texts: what is refused, where, and in words that can be shown. */

#include "conf/conf.h"

#include <string.h>

#include "unit.h"

/* Where the parser itself refuses, the column is that of the last byte it took. */
static const struct {
	const char *text, *message;
	int line, column;
} bad[] = {
	{"", "'[' or '{' expected", 1, 0},
	{"{\"a\": 1,\n \"b\" 2}", "':' expected", 2, 6},
	{"{\"a\": 1} x", "end of file expected", 1, 10},
	{"{\"a\": 1, \"a\": 2}", "duplicate object key", 1, 12},
	{"[[[[[1]]]]]", "nested deeper than 4 levels", 1, 5},
	{"{\n\"a\": [\"]\\\"]\", [[[1]]]]}", "nested deeper than 4 levels", 2, 17},
	{"[123456789012345678901234567890]", "too big integer", 1, 31},
	{"[-99999999999999999999]", "too big negative integer", 1, 22},
	{"[1e999]", "real number overflow", 1, 6},
	{"[01]", "invalid token", 1, 2},
	{"[\"\xff\"]", "unable to decode byte", 1, 2},
	{"[\"\xc0\x80\"]", "unable to decode byte", 1, 2},
	{"[\"\xed\xa0\x80\"]", "unable to decode byte", 1, 2},
	{"[\"a\\u0000\"]", "\\u0000 is not allowed", 1, 10},
	{"{\"a\\u0000\": 1}", "NUL byte in object key", 1, 10},
	{"[\"\\ud800\"]", "invalid Unicode", 1, 9},
	{"[NaN]", "invalid token", 1, 4},
	{"[1,]", "unexpected token", 1, 4},
};

START_TEST(test_bad_text_is_refused_with_its_line)
{
	char message[256] = "";
	int line = 0, column = 0;

	ck_assert_ptr_null(wp_conf_load(bad[_i].text, strlen(bad[_i].text), 4, message,
					sizeof(message), &line, &column));
	ck_assert_msg(strstr(message, bad[_i].message) != NULL, "'%s' does not say '%s'", message,
		      bad[_i].message);
	ck_assert_int_eq(line, bad[_i].line);
	ck_assert_int_eq(column, bad[_i].column);
}
END_TEST

START_TEST(test_brackets_in_strings_do_not_nest)
{
	static const char text[] = "[[[[\"[[[[{{{{\\\\\", \"\\\"[[[[\"]]]]";
	char message[256];
	int line, column;
	json_t *root =
		wp_conf_load(text, strlen(text), 4, message, sizeof(message), &line, &column);

	ck_assert_ptr_nonnull(root);
	json_decref(root);
}
END_TEST

START_TEST(test_message_never_carries_control_bytes)
{
	static const char text[] = "{\"a\": \x1b[31m\xc3\xa4}";
	char message[256];
	int line, column;

	ck_assert_ptr_null(
		wp_conf_load(text, strlen(text), 4, message, sizeof(message), &line, &column));
	ck_assert_uint_ne(strlen(message), 0);
	for (const char *c = message; *c != '\0'; c++)
		ck_assert_msg(*c >= 0x20 && *c <= 0x7e, "byte %d", *c);
}
END_TEST

START_TEST(test_bytes_behind_the_size_are_not_read)
{
	char *text = malloc(3); /* not terminated: a byte too far is seen by the sanitizer */
	char message[256];
	int line, column;
	json_t *root;

	memcpy(text, "[1]", 3);
	root = wp_conf_load(text, 3, 4, message, sizeof(message), &line, &column);
	ck_assert_ptr_nonnull(root);
	json_decref(root);
	memcpy(text, "[\"\\", 3);
	ck_assert_ptr_null(wp_conf_load(text, 3, 4, message, sizeof(message), &line, &column));
	free(text);
}
END_TEST

/** Millions of small values take more memory than anybody may ask for. */
START_TEST(test_too_many_values)
{
	size_t n = WP_CONF_VALUES_MAX + 10;
	char *text = malloc(2 * n + 2), message[256];
	int line, column;
	json_t *root;

	ck_assert_ptr_nonnull(text);
	text[0] = '[';
	for (size_t i = 0; i < n; i++)
		memcpy(text + 1 + 2 * i, "1,", 2);
	ck_assert_ptr_null(
		wp_conf_load(text, 2 * n + 1, 4, message, sizeof(message), &line, &column));
	ck_assert_str_eq(message, "has more than 1048576 values");
	n = WP_CONF_VALUES_MAX - 1;
	text[2 * n] = ']';
	root = wp_conf_load(text, 2 * n + 1, 4, message, sizeof(message), &line, &column);
	ck_assert_uint_eq(json_array_size(root), n);
	json_decref(root);
	free(text);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("load");

	tcase_add_loop_test(tcase, test_bad_text_is_refused_with_its_line, 0, ROWS(bad));
	tcase_add_test(tcase, test_brackets_in_strings_do_not_nest);
	tcase_add_test(tcase, test_message_never_carries_control_bytes);
	tcase_add_test(tcase, test_bytes_behind_the_size_are_not_read);
	tcase_add_test(tcase, test_too_many_values);
	return unit_main("conf_load", tcase);
}
