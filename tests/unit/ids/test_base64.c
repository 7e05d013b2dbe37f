/* SPDX-License-Identifier: BSD-3-Clause */
/* services/ids/match/base64.c: what is right gives what RFC 4648 says, what is broken what rules
 * expect of it. */

#include <string.h>

#include "match/base64.h"
#include "unit.h"

static const struct {
	enum base64_mode mode;
	const char *in, *out;
	size_t size; /* of the result */
} rows[] = {
	/* RFC 4648 section 10. */
	{BASE64_RFC4648, "", "", 0},
	{BASE64_RFC4648, "Zg==", "f", 1},
	{BASE64_RFC4648, "Zm8=", "f\x6f", 2},
	{BASE64_RFC4648, "Zm9v", "foo", 3},
	{BASE64_RFC4648, "Zm9vYg==", "foob", 4},
	{BASE64_RFC4648, "Zm9vYmE=", "fooba", 5},
	{BASE64_RFC4648, "Zm9vYmFy", "foobar", 6},
	{BASE64_RFC2045, "Zm9vYmE=", "fooba", 5},
	{BASE64_STRICT, "Zm9vYmE=", "fooba", 5},
	{BASE64_RFC4648, "+/+/", "\xfb\xff\xbf", 3},
	/* Padding may be missing. */
	{BASE64_RFC4648, "Zm9vYg", "foob", 4},
	{BASE64_RFC4648, "Zm9vYmE", "fooba", 5},
	{BASE64_RFC4648, "Zm9vY", "foo", 3},
	{BASE64_RFC4648, "Z", "", 0},
	{BASE64_STRICT, "Zm9vYg", "foob", 4},
	{BASE64_RFC2045, "Zm9vYg", "foo", 3},
	{BASE64_RFC2045, "Zm9vYmE", "foo", 3},
	/* It may stand anywhere, and what is behind it counts. */
	{BASE64_RFC4648, "Zg==Zm8=", "ffo", 3},
	{BASE64_RFC4648, "Zg=", "f\0", 2},
	{BASE64_RFC4648, "====", "", 0},
	{BASE64_RFC4648, "Z===", "", 0},
	{BASE64_RFC4648, "====Zm9v", "foo", 3},
	{BASE64_RFC4648, "=m9v", "\2o", 2},
	{BASE64_RFC4648, "=", "", 0},
	/* Bytes of no alphabet, also of that of section 5. */
	{BASE64_RFC4648, "Zm 9v", "f", 1},
	{BASE64_RFC4648, "Zm9vYm Fy", "foob", 4},
	{BASE64_RFC4648, "Zm9v Ym Fy", "foo", 3},
	{BASE64_RFC4648, " Zm9v", "", 0},
	{BASE64_RFC4648, "Zm9v-_", "foo", 3},
	{BASE64_RFC2045, "Zm 9v Ym Fy", "foobar", 6},
	{BASE64_RFC2045, "Zm$9vYm.Fy", "foobar", 6},
	{BASE64_RFC2045, "SGVs bG8 gV29y bGQ=", "Hello World", 11},
	{BASE64_RFC2045, "SGVs bG8 gV29y bGQ", "Hello Wor", 9},
	{BASE64_RFC2045, "\xff\x80Zm9v\r\n", "foo", 3},
	{BASE64_RFC2045, "This is not base64-encoded",
	 "\x4e\x18\xac\x8a\xc9\xe8\xb5\xb6\xac\x7b\xae\x1e\x9d\xca\x1d", 15},
	{BASE64_STRICT, "Zm 9v", "", 0},
	{BASE64_STRICT, "Zm9v\n", "", 0},
	{BASE64_STRICT, "====", "", 0},
};

START_TEST(test_what_is_decoded)
{
	size_t size = strlen(rows[_i].in);
	uint8_t *in = malloc(size + 1), *out = malloc(base64_room(size));

	memcpy(in, rows[_i].in, size);
	ck_assert_uint_eq(base64_decode(rows[_i].mode, in, size, out, base64_room(size)),
			  rows[_i].size);
	ck_assert_mem_eq(out, rows[_i].out, rows[_i].size);
	/* In place. */
	ck_assert_uint_eq(base64_decode(rows[_i].mode, in, size, in, size), rows[_i].size);
	ck_assert_mem_eq(in, rows[_i].out, rows[_i].size);
	free(in);
	free(out);
}
END_TEST

/** Whatever comes in, nothing is written outside, and more room changes nothing of the begin. */
START_TEST(test_room_is_kept)
{
	static const char alphabet[] = "AZaz09+/== \n-";
	unsigned int seed = (unsigned int)_i;

	for (unsigned int n = 0; n < 2000; n++) {
		size_t size = (size_t)rand_r(&seed) % 40, room = (size_t)rand_r(&seed) % 40;
		uint8_t *in = malloc(size + 1), *out = malloc(room + 1);
		enum base64_mode mode = (enum base64_mode)(rand_r(&seed) % 3);
		uint8_t whole[64];
		size_t all, part;

		for (size_t i = 0; i < size; i++)
			in[i] = (uint8_t)
				alphabet[(unsigned int)rand_r(&seed) % (sizeof(alphabet) - 1)];
		out[room] = 0xa5;
		all = base64_decode(mode, in, size, whole, sizeof(whole));
		part = base64_decode(mode, in, size, out, room);
		ck_assert_uint_le(all, base64_room(size));
		ck_assert_uint_le(part, room);
		ck_assert(part == all || (part < all && part + 3 > room));
		ck_assert_mem_eq(out, whole, part);
		ck_assert_uint_eq(out[room], 0xa5);
		free(in);
		free(out);
	}
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("base64");

	tcase_add_loop_test(tcase, test_what_is_decoded, 0, ROWS(rows));
	tcase_add_loop_test(tcase, test_room_is_kept, 0, 8);
	return unit_main("ids base64", tcase);
}
