/* SPDX-License-Identifier: BSD-3-Clause */
/* services/ids/match/number.c: numbers are read as rules' authors know them from elsewhere. */

#include <errno.h>
#include <string.h>

#include "match/number.h"
#include "unit.h"

#define TEXT(BASE) .bytes = {.flags = BYTE_STRING, .base = (BASE)}

static const char bytes[] = "\x01\x02\x03\x04\x05\x06\x07\x08\xff";

static const struct {
	struct rule_bytes bytes;
	const char *text;
	uint32_t size, n;
	bool is_read;
	uint64_t value;
	uint32_t used;
} reads[] = {{{.flags = 0}, bytes, 9, 1, true, 1, 1}, {{.flags = 0}, bytes, 9, 2, true, 0x0102, 2},
	     {{.flags = BYTE_LITTLE}, bytes, 9, 2, true, 0x0201, 2},
	     {{.flags = 0}, bytes, 9, 3, true, 0x010203, 3},
	     {{.flags = BYTE_LITTLE}, bytes, 9, 3, true, 0x030201, 3},
	     {{.flags = 0}, bytes, 9, 5, true, 0x0102030405, 5},
	     {{.flags = 0}, bytes, 9, 8, true, 0x0102030405060708, 8},
	     {{.flags = BYTE_LITTLE}, bytes, 9, 8, true, 0x0807060504030201, 8},
	     {{.flags = 0}, bytes, 9, 9, false, 0, 0}, {{.flags = 0}, bytes, 1, 2, false, 0, 0},
	     {{.flags = 0}, bytes, 0, 1, false, 0, 0}, {{.flags = 0}, bytes, 0, 0, true, 0, 0},
	     {{.flags = 0}, bytes, 9, 0, true, 0, 0},
	     /* Masks are shifted down, also of texts, but kept for the result of byte_math. */
	     {{.mask = 0x0f00}, bytes, 9, 2, true, 1, 2}, {{.mask = 0xf0}, bytes, 9, 1, true, 0, 1},
	     {{.mask = 0xf8f8}, "HTTP", 4, 2, true, 0x090a, 2},
	     {
		     {.mask = 0x0f00, .operator= BYTE_ADD }, bytes, 9, 2, true, 0x0102, 2},
		     {{.flags = BYTE_STRING, .base = 10, .mask = 0xc}, "12", 2, 2, true, 3, 2},
		     {{.flags = BYTE_STRING, .base = 16, .mask = 0xffff},
		      "ffffffffffffffff",
		      16,
		      16,
		      true,
		      0xffff,
		      16},
		     /* Text: what is behind the digits does not matter, nor what is in front of the
			sign. */
		     {TEXT(10), "12ab", 4, 4, true, 12, 2},
		     {TEXT(16), "12ab", 4, 4, true, 0x12ab, 4},
		     {TEXT(16), "12AB", 4, 4, true, 0x12ab, 4},
		     {TEXT(10), "12ab", 4, 1, true, 1, 1},
		     {TEXT(10), "  7", 3, 3, true, 7, 3},
		     {TEXT(10), "\t\n\v\f\r 7", 7, 7, true, 7, 7},
		     {TEXT(10), "+3", 2, 2, true, 3, 2},
		     {TEXT(10), "-5", 2, 2, true, UINT64_MAX - 4, 2},
		     {TEXT(10), "  -1", 4, 4, true, UINT64_MAX, 4},
		     {TEXT(10), "--1", 3, 3, false, 0, 0},
		     {TEXT(10), "- 1", 3, 3, false, 0, 0},
		     {TEXT(10), "xyz", 3, 3, false, 0, 0},
		     {TEXT(10), "", 0, 0, false, 0, 0},
		     {TEXT(10), "   ", 3, 3, false, 0, 0},
		     {TEXT(10), "1\0002", 3, 3, true, 1, 1},
		     /* A base of its own. */
		     {TEXT(16), "0x1f", 4, 4, true, 31, 4},
		     {TEXT(16), "0X1F", 4, 4, true, 31, 4},
		     {TEXT(0), "0x1f", 4, 4, true, 31, 4},
		     {TEXT(10), "0x1f", 4, 4, true, 0, 1},
		     {TEXT(0), "0x", 2, 2, true, 0, 1},
		     {TEXT(16), "0x", 2, 2, true, 0, 1},
		     {TEXT(16), "0xg", 3, 3, true, 0, 1},
		     {TEXT(0), "017", 3, 3, true, 15, 3},
		     {TEXT(8), "017", 3, 3, true, 15, 3},
		     {TEXT(10), "017", 3, 3, true, 17, 3},
		     {TEXT(8), "8", 1, 1, false, 0, 0},
		     {TEXT(0), "089", 3, 3, true, 0, 1},
		     {TEXT(0), "12ab", 4, 4, true, 12, 2},
		     /* 64 bits are the end. */
		     {TEXT(10), "18446744073709551615", 20, 20, true, UINT64_MAX, 20},
		     {TEXT(10), "18446744073709551616", 20, 20, false, 0, 0},
		     {TEXT(8), "01777777777777777777777", 23, 23, true, UINT64_MAX, 23},
		     {TEXT(8), "02000000000000000000000", 23, 23, false, 0, 0},
		     {TEXT(10), "000000000000000000000001", 24, 24, false, 0, 0},
		     /* No size: as many digits as there are. */
		     {TEXT(10), "123;", 4, 0, true, 123, 3},
		     {TEXT(10), ";", 1, 0, false, 0, 0},
};

START_TEST(test_numbers_are_read)
{
	uint64_t value = 4711;
	uint32_t used = 4711;
	uint8_t *at = malloc(reads[_i].size + 1);

	memcpy(at, reads[_i].text, reads[_i].size);
	ck_assert_int_eq(
		number_read(&reads[_i].bytes, at, reads[_i].size, reads[_i].n, &value, &used),
		reads[_i].is_read);
	ck_assert_uint_eq(value, reads[_i].is_read ? reads[_i].value : 4711);
	ck_assert_uint_eq(used, reads[_i].is_read ? reads[_i].used : 4711);
	free(at);
}
END_TEST

/** The C library reads texts the same way. */
START_TEST(test_texts_are_read_as_by_strtoull)
{
	static const char alphabet[] = " \t+-0012789afxXgz;";
	static const uint8_t bases[] = {0, 8, 10, 16};
	unsigned int seed = (unsigned int)_i;

	for (unsigned int n = 0; n < 20000; n++) {
		struct rule_bytes how = {.flags = BYTE_STRING, .base = bases[rand_r(&seed) % 4]};
		uint32_t size = 1 + (uint32_t)rand_r(&seed) % NUMBER_DIGITS_MAX, used = 0;
		char text[NUMBER_DIGITS_MAX + 1] = "", *end;
		uint64_t value = 0, expected;
		bool is_read;

		for (uint32_t i = 0; i < size; i++)
			text[i] = alphabet[(unsigned int)rand_r(&seed) % (sizeof(alphabet) - 1)];
		errno = 0;
		expected = strtoull(text, &end, how.base);
		is_read = number_read(&how, (const uint8_t *)text, size, size, &value, &used);
		ck_assert_int_eq(is_read, errno == 0 && end != text);
		ck_assert(!is_read || (value == expected && used == (uint32_t)(end - text)));
	}
}
END_TEST

static const struct {
	struct rule_bytes bytes;
	uint64_t value, expected;
} scales[] = {
	{{.flags = 0, .multiplier = 7, .align = 2}, 5, 5},
	{{.flags = BYTE_MULTIPLY, .multiplier = 7}, 5, 35},
	{{.flags = BYTE_ALIGN}, 5, 8},
	{{.flags = BYTE_ALIGN}, 8, 8},
	{{.flags = BYTE_ALIGN}, 0, 0},
	{{.flags = BYTE_ALIGN, .align = 2}, 5, 6},
	{{.flags = BYTE_ALIGN | BYTE_MULTIPLY, .multiplier = 3}, 3, 12},
	{{.flags = BYTE_ALIGN}, UINT64_MAX, 0},
};

START_TEST(test_numbers_are_scaled)
{
	ck_assert_uint_eq(number_scale(&scales[_i].bytes, scales[_i].value), scales[_i].expected);
}
END_TEST

static const struct {
	struct rule_bytes bytes;
	uint64_t value;
	int64_t post;
	uint32_t next, size;
	bool is_there;
	uint32_t to;
} jumps[] = {
	{{.flags = 0}, 5, 0, 2, 15, true, 7},
	{{.flags = 0}, 0, 14, 1, 15, true, 15},
	{{.flags = 0}, 0, 15, 1, 15, false, 0},
	{{.flags = 0}, 5, -100, 2, 15, true, 0},
	{{.flags = 0}, UINT64_MAX - 3, 0, 12, 15, true, 8}, /* "-4" */
	{{.flags = 0}, INT64_MAX, 0, 1, 15, true, 0},
	{{.flags = 0}, INT64_MAX, 0, 0, 15, false, 0},
	{{.flags = BYTE_FROM_BEGINNING}, 5, 0, 2, 15, true, 5},
	{{.flags = BYTE_FROM_BEGINNING}, 15, 0, 2, 15, true, 15},
	{{.flags = BYTE_FROM_BEGINNING}, 16, 0, 2, 15, false, 0},
	{{.flags = BYTE_FROM_END}, 0, -4, 1, 15, true, 11},
	{{.flags = BYTE_FROM_END}, 0, 0, 1, 15, true, 15},
	{{.flags = BYTE_FROM_END}, 1, 0, 1, 15, false, 0},
};

START_TEST(test_jumps)
{
	uint32_t to = 0;

	ck_assert_int_eq(number_jump(&jumps[_i].bytes, jumps[_i].value, jumps[_i].post,
				     jumps[_i].next, jumps[_i].size, &to),
			 jumps[_i].is_there);
	ck_assert_uint_eq(to, jumps[_i].to);
}
END_TEST

static const struct {
	enum byte_operator operator;
	uint64_t left, right;
	bool holds;
} compares[] = {
	{BYTE_EQ, 1, 1, true},   {BYTE_EQ, 1, 2, false}, {BYTE_LT, 1, 2, true},
	{BYTE_LT, 2, 2, false},  {BYTE_GT, 3, 2, true},  {BYTE_GT, 2, 2, false},
	{BYTE_LE, 2, 2, true},   {BYTE_LE, 3, 2, false}, {BYTE_GE, 2, 2, true},
	{BYTE_GE, 1, 2, false},  {BYTE_AND, 6, 3, true}, {BYTE_AND, 6, 1, false},
	{BYTE_XOR, 1, 1, false}, {BYTE_XOR, 1, 2, true}, {BYTE_GT, UINT64_MAX, 1, true},
	{BYTE_ADD, 1, 1, false},
};

START_TEST(test_numbers_are_compared)
{
	ck_assert_int_eq(
		number_compare(compares[_i].operator, compares[_i].left, compares[_i].right),
		compares[_i].holds);
}
END_TEST

static const struct {
	enum byte_operator operator;
	uint64_t left, right;
	bool is_done;
	uint64_t result;
} calculations[] = {
	{BYTE_ADD, 8, 1, true, 9},          {BYTE_ADD, UINT64_MAX, 2, true, 1},
	{BYTE_SUB, 1, 2, true, UINT64_MAX}, {BYTE_MUL, 3, 4, true, 12},
	{BYTE_DIV, 9, 2, true, 4},          {BYTE_DIV, 9, 0, false, 0},
	{BYTE_SHIFT_LEFT, 8, 2, true, 32},  {BYTE_SHIFT_LEFT, 8, 63, true, 0},
	{BYTE_SHIFT_LEFT, 8, 64, true, 0},  {BYTE_SHIFT_LEFT, 8, UINT64_MAX, true, 0},
	{BYTE_SHIFT_RIGHT, 8, 2, true, 2},  {BYTE_SHIFT_RIGHT, 8, 64, true, 8},
	{BYTE_SHIFT_RIGHT, 8, 65, true, 4}, {BYTE_EQ, 1, 1, false, 0},
};

START_TEST(test_numbers_are_calculated)
{
	uint64_t result = 0;

	ck_assert_int_eq(number_calculate(calculations[_i].operator, calculations[_i].left,
					  calculations[_i].right, &result),
			 calculations[_i].is_done);
	ck_assert_uint_eq(result, calculations[_i].result);
}
END_TEST

START_TEST(test_masks_are_shifted_down)
{
	ck_assert_uint_eq(number_mask(0, 0x1234567890), 0x1234567890);
	ck_assert_uint_eq(number_mask(0xf0, 0x1234567890), 9);
	ck_assert_uint_eq(number_mask(0x80000000, UINT64_MAX), 1);
	ck_assert_uint_eq(number_mask(1, 2), 0);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("number");

	tcase_add_loop_test(tcase, test_numbers_are_read, 0, ROWS(reads));
	tcase_add_loop_test(tcase, test_texts_are_read_as_by_strtoull, 0, 4);
	tcase_add_loop_test(tcase, test_numbers_are_scaled, 0, ROWS(scales));
	tcase_add_loop_test(tcase, test_jumps, 0, ROWS(jumps));
	tcase_add_loop_test(tcase, test_numbers_are_compared, 0, ROWS(compares));
	tcase_add_loop_test(tcase, test_numbers_are_calculated, 0, ROWS(calculations));
	tcase_add_test(tcase, test_masks_are_shifted_down);
	return unit_main("ids number", tcase);
}
