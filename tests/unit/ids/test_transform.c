/* SPDX-License-Identifier: BSD-3-Clause */
/* services/ids/match/transform.c and those behind it: what rules ask for becomes of a buffer, one
 * transform after another, within the room there is. */

#include <stdio.h>
#include <string.h>

#include "match/transform.h"
#include "unit.h"

enum { HALF = 256 };

/** Takes "word:value; word" apart, and reads them. @return how many, or a negative errno */
static int
parse(struct wp_arena *arena, const char *text, struct transform *transforms, char *why,
      size_t size)
{
	char copy[512];
	char *rest = copy, *part, *save = NULL;
	int n = 0;

	snprintf(copy, sizeof(copy), "%s", text);
	while ((part = strtok_r(rest, ";", &save)) != NULL) {
		char *value = strchr(part, ':');
		int error;

		rest = NULL;
		part += strspn(part, " ");
		if (value != NULL)
			*value++ = '\0';
		ck_assert_int_lt(n, TRANSFORMS_MAX);
		error = transform_parse(arena, part, value, &transforms[n], why, size);
		if (error != 0) {
			while (n > 0)
				transform_close(&transforms[--n]);
			return error;
		}
		n++;
	}
	return n;
}

static const struct {
	const char *transforms, *in;
	int in_size;
	const char *out;
	int size;
} rows[] = {
	{"strip_whitespace", " a b\t\n\v\f\rc\xa0 ", 12, "abc\xa0", 4},
	{"strip_whitespace", "  ", 2, "", 0},
	{"strip_whitespace", "", 0, "", 0},
	{"compress_whitespace", "  a \t b\n\n", 9, " a b\n", 5},
	{"compress_whitespace", "ab", 2, "ab", 2},
	{"to_lowercase", "aZ@[\xc4", 5, "az@[\xc4", 5},
	{"to_uppercase", "aZ`{\xe4", 5, "AZ`{\xe4", 5},
	{"dotprefix", "a.b", 3, ".a.b", 4},
	{"dotprefix", ".a", 2, "..a", 3},
	{"dotprefix", "", 0, "", 0},
	{"header_lowercase", "Ab: Cd: Ef\r\nGH:I\r\nJ", 20, "ab: Cd: Ef\r\ngh:I\r\nj", 20},
	{"strip_pseudo_headers", ":m: A\r\nB: c\r\n:D\r\nE:f", 20, "B: c\r\nE:f", 9},
	{"strip_pseudo_headers", "\r\na\r\n", 5, "\r\na\r\n", 5},
	{"strip_pseudo_headers", ":a", 2, "", 0},
	{"url_decode", "a%20b+c%61%2", 12, "a b ca%2", 8},
	{"url_decode", "%%30%zz%4%", 10, "%0%zz%4%", 8},
	{"url_decode", "%00%Ff%25%2541", 14, "\0\xff%%41", 6},
	/* RFC 1321 A.5, FIPS 180-4; of nothing there is no hash. */
	{"to_md5", "abc", 3, "\x90\x01\x50\x98\x3c\xd2\x4f\xb0\xd6\x96\x3f\x7d\x28\xe1\x7f\x72",
	 16},
	{"to_sha1", "abc", 3,
	 "\xa9\x99\x3e\x36\x47\x06\x81\x6a\xba\x3e\x25\x71\x78\x50\xc2\x6c\x9c\xd0\xd8\x9d", 20},
	{"to_sha256", "abc", 3,
	 "\xba\x78\x16\xbf\x8f\x01\xcf\xea\x41\x41\x40\xde\x5d\xae\x22\x23\xb0\x03\x61\xa3\x96\x17"
	 "\x7a\x9c\xb4\x10\xff\x61\xf2\x00\x15\xad",
	 32},
	{"to_md5", "", 0, "", 0},
	{"to_sha1", "", 0, "", 0},
	{"to_sha256", "", 0, "", 0},
	/* A key in the rule, or in the buffer; one that is not there changes nothing. */
	{"xor:\"0d0ac8ff\"", "example.com", 11, "hr\xa9\x92}f\xad\xd1n\x65\xa5", 11},
	{"xor:0D0AC8FF", "example.com", 11, "hr\xa9\x92}f\xad\xd1n\x65\xa5", 11},
	{"xor:\"20\"", "", 0, "", 0},
	{"xor:offset 1,extract 1 0",
	 "\x20"
	 "abc",
	 4,
	 "\x20"
	 "ABC",
	 4},
	{"xor:offset   2,  extract 2 0",
	 "\x20\x01"
	 "aac",
	 5,
	 "\x20\x01"
	 "A`C",
	 5},
	{"xor:offset 1, 20", "abc", 3, "aBC", 3},
	{"xor:extract 1 0", "ab", 2, "\0\3", 2},
	{"xor:extract 1 2", "ab", 2, "ab", 2},
	{"xor:offset 3,20", "ab", 2, "ab", 2},
	{"xor:offset 2,20", "ab", 2, "ab", 2},
	{"xor:\"00\"; xor:extract 1 0",
	 "\x20"
	 "abc",
	 4, "\0ABC", 4},
	/* The group, wherever it is; where it takes nothing, the buffer stays. */
	{"pcrexform:\"[a-zA-Z]+\\s+(.*)\\s+HTTP\"", "GET /z4d HTTP/1.1", 17, "/z4d", 4},
	{"pcrexform:\"(b)|c\"", "abc", 3, "b", 1},
	{"pcrexform:\"(b)|c\"", "c", 1, "c", 1},
	{"pcrexform:\"x(.)\"", "abc", 3, "abc", 3},
	{"pcrexform:\"b(x?)\"", "abc", 3, "abc", 3},
	{"pcrexform:\"^(.?)\"", "", 0, "", 0},
	{"pcrexform:\"(a\\x00b)\"", "-a\0b-", 5, "a\0b", 3},
	{"pcrexform:\"a\\\\(.)\"", "a\\b", 3, "b", 1},
	{"pcrexform:\"b(.*)\"; pcrexform:\"(.)$\"; dotprefix", "abcd", 4, ".d", 2},
	/* Base64. */
	{"from_base64", "Zm9vYmFy", 8, "foobar", 6},
	{"from_base64:offset 6 ", "/?arg=dGhpc2lzYXRlc3QK", 22, "thisisatest\n", 12},
	{"from_base64: offset 10", "/?arg=dGhpc2lzYXRlc3QK", 22, "sisatest\n", 9},
	{"from_base64: bytes 6, offset 6", "/?arg=dGhpc2lzYXRlc3QK", 22, "this", 4},
	{"from_base64: offset 6, mode rfc2045", "/?arg=Zm 9v Ym Fy", 17, "foobar", 6},
	{"from_base64: offset 6, mode rfc4648", "/?arg=Zm 9v Ym Fy", 17, "f", 1},
	{"from_base64: mode strict , offset 6", "/?arg=Zm 9v Ym Fy", 17, "/?arg=Zm 9v Ym Fy", 17},
	{"from_base64", "!", 1, "!", 1},
	{"from_base64: offset 8", "Zm9vYmFy", 8, "Zm9vYmFy", 8},
	{"from_base64: bytes 9", "Zm9vYmFy", 8, "Zm9vYmFy", 8},
	{"from_base64: bytes 8", "Zm9vYmFy", 8, "foobar", 6},
	{"from_base64", "", 0, "", 0},
	/* Slices: out of bounds they are empty, or cut. */
	{"subslice:2", "curl/7.64.1", 11, "rl/7.64.1", 9},
	{"subslice: -6", "curl/7.64.1", 11, "7.64.1", 6},
	{"subslice: -10,3", "curl/7.64.1", 11, "url", 3},
	{"subslice: 1,-3", "curl/7.64.1", 11, "url/7.6", 7},
	{"subslice: 0, 13 ", "curl/7.64.1", 11, "", 0},
	{"subslice: 12", "curl/7.64.1", 11, "", 0},
	{"subslice: 11", "curl/7.64.1", 11, "", 0},
	{"subslice: -20", "curl/7.64.1", 11, "", 0},
	{"subslice: 0, -30", "curl/7.64.1", 11, "", 0},
	{"subslice: 1,30, truncate", "curl/7.64.1", 11, "url/7.64.1", 10},
	{"subslice: -6,30, truncate", "curl/7.64.1", 11, "7.64.1", 6},
	{"subslice: 0, -8, truncate", "curl/7.64.1", 11, "cur", 3},
	{"subslice: 0, -30, TRUNCATE", "curl/7.64.1", 11, "", 0},
	{"subslice: -20, -30, truncate", "curl/7.64.1", 11, "", 0},
	{"subslice: -20, truncate", "curl/7.64.1", 11, "curl/7.64.1", 11},
	{"subslice: -20, 5, truncate", "curl/7.64.1", 11, "curl/", 5},
	{"subslice: -100, 3, truncate", "curl/7.64.1", 11, "cur", 3},
	{"subslice: 13,-12", "this is suricata", 16, " is suric", 9},
	{"subslice: 2147483647, 2147483647, truncate", "abc", 3, "", 0},
	{"subslice: -2147483648, -2147483648, truncate", "abc", 3, "", 0},
	{"subslice: 1", "", 0, "", 0},
	/* Several. */
	{"url_decode; strip_whitespace; to_uppercase; dotprefix", "a+b%63", 6, ".ABC", 4},
	{"strip_whitespace; to_sha256; subslice:0,1; xor:\"ff\"", " a b c", 6, "\x45", 1},
	{"dotprefix; dotprefix; dotprefix; dotprefix; dotprefix; dotprefix; dotprefix; dotprefix",
	 "a", 1, "........a", 9},
};

START_TEST(test_what_comes_out)
{
	struct wp_arena *arena = wp_arena_create();
	struct transform transforms[TRANSFORMS_MAX];
	struct transform_room room;
	uint8_t *in = malloc((size_t)rows[_i].in_size + 1);
	struct wp_span span = {in, (uint32_t)rows[_i].in_size};
	char why[128] = "";
	int n = parse(arena, rows[_i].transforms, transforms, why, sizeof(why));

	memcpy(in, rows[_i].in, (size_t)rows[_i].in_size);
	in = realloc(in, (size_t)rows[_i].in_size + (rows[_i].in_size == 0));
	span.data = in;
	ck_assert_msg(n > 0, "%s: %s", rows[_i].transforms, why);
	ck_assert_int_eq(transform_room_open(&room, HALF), 0);
	ck_assert(transform_run(transforms, (unsigned int)n, &room, &span));
	ck_assert_int_eq((int)span.size, rows[_i].size);
	ck_assert_mem_eq(span.data, rows[_i].out, span.size);
	while (n > 0)
		transform_close(&transforms[--n]);
	transform_room_close(&room);
	wp_arena_destroy(arena);
	free(in);
}
END_TEST

static const struct {
	const char *transforms, *why;
} faults[] = {
	{"nothing", "'nothing' is not a transform"},
	{"luaxform:x.lua", "keyword 'luaxform' is not supported: scripts are not run"},
	{"domain", "keyword 'domain' is not supported: it needs the public suffix list"},
	{"to_md5:1", "to_md5 has no value"},
	{"xor", "xor needs a value"},
	{"xor:\"\"", NULL},
	{"xor:\"abc\"", NULL},
	{"xor:\"zz\"", "xor: 'zz' is not hexadecimal"},
	{"xor:\"1\xff\"", NULL},
	{"xor:offset 1", NULL},
	{"xor:offset 1,", NULL},
	{"xor:offset x,00", NULL},
	{"xor:offset 4294967296,00", NULL},
	{"xor:extract 0 0", NULL},
	{"xor:extract 256 0", NULL},
	{"xor:extract 1 65536", NULL},
	{"xor:extract 1", NULL},
	{"xor:extract 1 0 0", NULL},
	{"xor:00,00", NULL},
	{"pcrexform", "pcrexform needs a value"},
	{"pcrexform:\"a\"", NULL},
	{"pcrexform:\"(a)(b)\"", NULL},
	{"pcrexform:\"(a\"", "expression: missing closing parenthesis at byte 3"},
	{"from_base64:mode unknown", NULL},
	{"from_base64:offset 70000", NULL},
	{"from_base64:offset -1", NULL},
	{"from_base64:offset 1, offset 2", NULL},
	{"from_base64:offset 1, bytes 1, mode strict, mode strict", NULL},
	{"from_base64:nothing 1", NULL},
	{"from_base64:offset", NULL},
	{"subslice:", NULL},
	{"subslice:truncate", NULL},
	{"subslice:1,0", NULL},
	{"subslice:1 1", NULL},
	{"subslice:1,2,3", NULL},
	{"subslice:1,2,cut", NULL},
	{"subslice:1,2,truncate,3", NULL},
	{"subslice:99999999999", NULL},
};

START_TEST(test_faults_are_explained)
{
	struct wp_arena *arena = wp_arena_create();
	struct transform transforms[TRANSFORMS_MAX];
	char why[128] = "";

	ck_assert_int_eq(parse(arena, faults[_i].transforms, transforms, why, sizeof(why)), -22);
	ck_assert_str_ne(why, "");
	if (faults[_i].why != NULL)
		ck_assert_str_eq(why, faults[_i].why);
	wp_arena_destroy(arena);
}
END_TEST

START_TEST(test_long_keys_and_values)
{
	static char key[516], value[9000];
	struct wp_arena *arena = wp_arena_create();
	struct transform transform;
	char why[128];

	memset(key, 'a', 510);
	ck_assert_int_eq(transform_parse(arena, "xor", key, &transform, why, sizeof(why)), 0);
	memset(key, 'a', 512);
	ck_assert_int_eq(transform_parse(arena, "xor", key, &transform, why, sizeof(why)), -22);
	memset(value, 'a', sizeof(value) - 1);
	ck_assert_int_eq(transform_parse(arena, "pcrexform", value, &transform, why, sizeof(why)),
			 -22);
	ck_assert_str_eq(why, "pcrexform: its value is too long");
	wp_arena_destroy(arena);
}
END_TEST

START_TEST(test_equal_ones)
{
	static const char *const all[] = {
		"to_md5",
		"to_sha1",
		"xor:\"0011\"",
		"xor:0012",
		"xor:offset 1,0011",
		"xor:extract 1 0",
		"xor:extract 1 1",
		"xor:extract 2 1",
		"xor:offset 1,extract 1 0",
		"pcrexform:\"(a)\"",
		"pcrexform:\"(b)\"",
		"from_base64",
		"from_base64:offset 1",
		"from_base64:bytes 1",
		"from_base64:mode strict",
		"subslice:1",
		"subslice:-1",
		"subslice:1,1",
		"subslice:1,1,truncate",
	};
	struct wp_arena *arena = wp_arena_create();
	struct transform a[TRANSFORMS_MAX], b[TRANSFORMS_MAX];
	char why[128];

	for (int i = 0; i < ROWS(all); i++)
		for (int k = 0; k < ROWS(all); k++) {
			ck_assert_int_eq(parse(arena, all[i], a, why, sizeof(why)), 1);
			ck_assert_int_eq(parse(arena, all[k], b, why, sizeof(why)), 1);
			ck_assert_int_eq(transform_equal(a, b), i == k);
			transform_close(a);
			transform_close(b);
		}
	ck_assert(transform_known("subslice") && transform_known("luaxform"));
	ck_assert(!transform_known("http.uri") && !transform_known(""));
	wp_arena_destroy(arena);
}
END_TEST

/** A result never leaves its half: neither of what has no room, nor in the half of the input. */
START_TEST(test_results_are_cut)
{
	static const char *const all[] = {
		"strip_whitespace",
		"compress_whitespace",
		"to_lowercase",
		"to_uppercase",
		"dotprefix",
		"header_lowercase",
		"strip_pseudo_headers",
		"url_decode",
		"to_md5",
		"to_sha1",
		"to_sha256",
		"xor:0102",
		"from_base64",
	};
	static const char text[] = "Zm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFy";
	struct wp_arena *arena = wp_arena_create();
	struct transform transforms[TRANSFORMS_MAX];
	char why[128];

	ck_assert_int_eq(parse(arena, all[_i], transforms, why, sizeof(why)), 1);
	for (uint32_t half = 0; half < sizeof(text); half++) {
		uint8_t *bytes = malloc(half * 2 + 1);
		struct transform_room room = {.bytes = bytes, .size = half};
		struct wp_span span = {(const uint8_t *)text, sizeof(text) - 1};

		for (unsigned int turn = 0; turn < 4; turn++) {
			ck_assert(transform_run(transforms, 1, &room, &span));
			if (span.data == (const uint8_t *)text)
				break; /* as it was */
			ck_assert_uint_le(span.size, half);
			ck_assert(span.data == bytes || span.data == bytes + half);
		}
		free(bytes);
	}
	wp_arena_destroy(arena);
}
END_TEST

/** An expression that would take for ever does not, and takes no memory of others. */
START_TEST(test_work_of_expressions_is_bounded)
{
	static const char *const all[] = {
		"pcrexform:\"^(a+)+$\"",
		"pcrexform:\"((?>a|b)|.(?1))*c\"",
		"pcrexform:\"(*NO_JIT)^(a+)+$\"",
		"pcrexform:\"(*NO_JIT)^((?:a|.)*)$\"",
		"pcrexform:\"(*NO_JIT)(a|(?1)b)c\"",
	};
	static uint8_t text[60000];
	struct wp_arena *arena = wp_arena_create();
	struct transform transforms[TRANSFORMS_MAX], simple;
	struct transform_room room;
	char why[128] = "";

	memset(text, 'a', sizeof(text) - 1);
	ck_assert_msg(parse(arena, all[_i], transforms, why, sizeof(why)) == 1, "%s", why);
	ck_assert_int_eq(
		transform_parse(arena, "pcrexform", "(*NO_JIT)(a+)", &simple, why, sizeof(why)), 0);
	ck_assert_int_eq(transform_room_open(&room, HALF), 0);
	for (uint32_t size = 1; size <= sizeof(text); size = size * 3 + 1) {
		struct wp_span span = {text, size};

		transform_run(transforms, 1, &room, &span);
		span = (struct wp_span){text, 64};
		ck_assert(transform_run(&simple, 1, &room, &span)); /* the room is as it was */
		ck_assert_uint_eq(span.size, 64);
	}
	transform_close(transforms);
	transform_close(&simple);
	transform_room_close(&room);
	wp_arena_destroy(arena);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("transform");

	tcase_add_loop_test(tcase, test_what_comes_out, 0, ROWS(rows));
	tcase_add_loop_test(tcase, test_faults_are_explained, 0, ROWS(faults));
	tcase_add_test(tcase, test_long_keys_and_values);
	tcase_add_test(tcase, test_equal_ones);
	tcase_add_loop_test(tcase, test_results_are_cut, 0, 13);
	tcase_add_loop_test(tcase, test_work_of_expressions_is_bounded, 0, 5);
	return unit_main("ids transform", tcase);
}
