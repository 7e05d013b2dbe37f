/* SPDX-License-Identifier: BSD-3-Clause */
/* services/ids/match/asn1.c: what is found in encodings, and what is not whole. Outcomes are those
 * of Suricata 7.0.10. */

#include <string.h>

#include "match/asn1.h"
#include "unit.h"

/** Objects: an identifier, a length and a fill of that many bytes each; the first of them is
 * 'first'. */
struct piece {
	uint8_t tag;
	unsigned int size; /* bytes that are there */
	uint8_t first;
	unsigned int more; /* that the length says beyond them */
};

static const struct {
	const char *name;
	struct piece piece;
	bool bitstring, is_double, oversize;
} rows[] = {
	{"bits of two bytes, 16 unused", {0x03, 2, 16, 0}, false, false, false},
	{"bits of two bytes, 17 unused", {0x03, 2, 17, 0}, true, false, false},
	{"bits of eleven, 200 unused", {0x03, 11, 200, 0}, true, false, false},
	{"bits of one byte", {0x03, 1, 7, 0}, false, false, false},
	{"no bits", {0x03, 0, 0, 0}, false, false, false},
	{"bits in pieces", {0x23, 2, 17, 0}, false, false, false},
	{"bits of another class", {0x83, 2, 17, 0}, false, false, false},
	{"bits that are cut", {0x03, 2, 17, 3}, false, false, false},
	{"a number as text of 256", {0x09, 256, 3, 0}, false, false, true},
	{"a number as text of 257", {0x09, 257, 3, 0}, false, true, true},
	{"a binary number", {0x09, 301, 0x80, 0}, false, false, true},
	{"a special number", {0x09, 301, 0x40, 0}, false, false, true},
	{"octets, 50", {0x04, 50, 0, 0}, false, false, false},
	{"octets, 51", {0x04, 51, 0, 0}, false, false, true},
	{"octets that are cut", {0x04, 10, 0, 90}, false, false, false},
};

/** @return how many bytes were written */
static size_t
put(uint8_t *to, const struct piece *piece)
{
	unsigned int length = piece->size + piece->more;
	size_t n = 0;

	to[n++] = piece->tag;
	if (length < 128) {
		to[n++] = (uint8_t)length;
	} else {
		to[n++] = 0x82;
		to[n++] = (uint8_t)(length >> 8);
		to[n++] = (uint8_t)length;
	}
	memset(to + n, '1', piece->size);
	if (piece->size > 0)
		to[n] = piece->first;
	return n + piece->size;
}

static bool
ask(unsigned int flag, const uint8_t *data, size_t size)
{
	const struct rule_asn1 want = {.flags = (uint8_t)flag, .oversize = 50};

	return asn1_holds(&want, data, size);
}

START_TEST(test_objects)
{
	uint8_t bytes[512];
	size_t size = put(bytes, &rows[_i].piece);

	ck_assert_msg(ask(ASN1_BITSTRING, bytes, size) == rows[_i].bitstring, "%s", rows[_i].name);
	ck_assert_msg(ask(ASN1_DOUBLE, bytes, size) == rows[_i].is_double, "%s", rows[_i].name);
	ck_assert_msg(ask(ASN1_OVERSIZE, bytes, size) == rows[_i].oversize, "%s", rows[_i].name);
	ck_assert(!ask(0, bytes, size));
}
END_TEST

#define BITS 0x03, 0x02, 0x19, 0xff
static const struct {
	uint8_t bytes[24];
	size_t size;
	bool holds; /* ASN1_BITSTRING */
} shapes[] = {
	{{BITS}, 4, true},
	{{0x02, 1, 1, BITS}, 7, true},
	{{0x00, 0x00, BITS}, 6, true},
	{{0x30, 4, BITS}, 6, true},
	{{0x31, 4, BITS}, 6, true},
	{{0x60, 4, BITS}, 6, false}, /* neither a sequence nor a set */
	{{0xa0, 4, BITS}, 6, false},
	{{0x30, 0, BITS}, 6, true},
	{{0x30, 9, 0x30, 4, BITS, 0x02, 1, 1}, 11, true},
	{{0x30, 0x80, BITS, 0, 0}, 8, true},
	{{0x30, 0x80, 0x30, 0x80, BITS, 0, 0, 0, 0}, 12, true},
	{{0x30, 0x80, BITS, 0}, 7, false},        /* it does not end */
	{{0x30, 10, BITS}, 6, false},             /* it is not whole */
	{{BITS, 0x04, 20, 0}, 7, true},           /* what is behind it is not */
	{{0x30, 7, BITS, 0x04, 20, 0}, 9, false}, /* what is within is not */
	{{0x30, 3, BITS}, 6, false},
	{{0x04, 0xff, BITS}, 6, false},
	{{0x04, 0x89, 0, 0, 0, 0, 0, 0, 0, 0, 0, BITS}, 15, false},
	{{0x04, 0x88, 0, 0, 0, 0, 0, 0, 0, 0, BITS}, 14, true},
	{{0x04, 0x88, 255, 255, 255, 255, 255, 255, 255, 255, BITS}, 14, false},
	{{0x1f, 0x81, 0x01, 0, BITS}, 8, true},
	{{0x1f, 0x81, 0x81}, 3, false},
	{{0x04, 0x80, BITS, 0, 0}, 8, false},
	{{0x03}, 1, false},
	{{0}, 0, false},
};

START_TEST(test_shapes)
{
	ck_assert_int_eq(ask(ASN1_BITSTRING, shapes[_i].bytes, shapes[_i].size), shapes[_i].holds);
}
END_TEST

START_TEST(test_many)
{
	static const uint8_t bits[] = {BITS};
	uint8_t bytes[1024];

	for (unsigned int n = 254; n < 258; n++) {
		for (unsigned int i = 0; i < n; i++)
			memcpy(bytes + 3 * i, "\x02\x01\x01", 3);
		memcpy(bytes + 3 * n, bits, sizeof(bits));
		ck_assert_int_eq(ask(ASN1_BITSTRING, bytes, 3 * n + sizeof(bits)), n < 256);
	}
}
END_TEST

START_TEST(test_deep)
{
	uint8_t bytes[4096];

	/* Lists without end within each other, as many as there is room for. */
	for (unsigned int i = 0; i < sizeof(bytes); i += 2)
		memcpy(bytes + i, "\x30\x80", 2);
	ck_assert(!ask(ASN1_BITSTRING | ASN1_OVERSIZE, bytes, sizeof(bytes)));
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("asn1");

	tcase_add_loop_test(tcase, test_objects, 0, ROWS(rows));
	tcase_add_loop_test(tcase, test_shapes, 0, ROWS(shapes));
	tcase_add_test(tcase, test_many);
	tcase_add_test(tcase, test_deep);
	return unit_main("asn1", tcase);
}
