/* SPDX-License-Identifier: BSD-3-Clause */
/* services/ids/match/places.c: just those literals are found that stand where they should. */

#include "match/places.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

enum { RULES_MAX = 512 };

struct literal {
	const char *bytes;
	uint16_t size, at;
	bool nocase;
};

static uint32_t rules[RULES_MAX], seen[RULES_MAX];
static struct candidates candidates = {.rules = rules, .seen = seen};

/** Makes places of literals, which are the rules of their numbers. */
static struct places *
make(const struct literal *literals, uint32_t n)
{
	struct places_plan *plan = places_plan_create();
	struct places *places = NULL;

	for (uint32_t i = 0; i < n; i++)
		ck_assert_int_eq(places_add(plan, (const uint8_t *)literals[i].bytes,
					    literals[i].size, literals[i].nocase, literals[i].at,
					    i),
				 0);
	ck_assert_int_eq(places_create(plan, &places), 0);
	places_plan_destroy(plan);
	return places;
}

/** @return bits: rules that are found in bytes, which are copied to where their end is known. */
static uint32_t
look(const struct places *places, const char *bytes, uint32_t size, uint64_t offset)
{
	uint8_t *copy = malloc(size + 1u);
	uint32_t found = 0;

	memcpy(copy + 1, bytes, size);
	candidates_clear(&candidates);
	places_look(places, copy + 1, size, offset, &candidates);
	for (uint32_t i = 0; i < candidates.n; i++)
		found |= 1u << candidates.rules[i];
	free(copy);
	return found;
}

START_TEST(test_where_they_stand)
{
	static const struct literal literals[] = {
		{"\x16\x03", 2, 0, false}, {"GET /a", 6, 0, false}, {"GET /b", 6, 0, false},
		{"get", 3, 0, true},       {"z", 1, 5, false},      {"GET ", 4, 2, false},
		{"host: x", 7, 1, true},
	};
	struct places *places = make(literals, 7);

	ck_assert_uint_eq(look(places, "\x16\x03\x01", 3, 0), 1 << 0);
	ck_assert_uint_eq(look(places, "\x16", 1, 0), 0);
	ck_assert_uint_eq(look(places, "", 0, 0), 0);
	ck_assert_uint_eq(look(places, "GET /a", 6, 0), 1 << 1 | 1 << 3);
	ck_assert_uint_eq(look(places, "GET /b/", 7, 0), 1 << 2 | 1 << 3);
	ck_assert_uint_eq(look(places, "GET /", 5, 0), 1 << 3);
	ck_assert_uint_eq(look(places, "gEt /z", 6, 0), 1 << 3 | 1 << 4);
	ck_assert_uint_eq(look(places, "xxGET ", 6, 0), 1 << 5);
	ck_assert_uint_eq(look(places, " HoSt: X", 8, 0), 1 << 6);
	ck_assert_uint_eq(look(places, " HoSt:_X", 8, 0), 0);
	places_destroy(places);
}
END_TEST

/** Of a stream some may have gone. */
START_TEST(test_what_is_gone)
{
	static const struct literal literals[] = {
		{"abcd", 4, 0, false}, {"efgh", 4, 4, false}, {"ij", 2, 8, false}};
	struct places *places = make(literals, 3);

	ck_assert_uint_eq(look(places, "abcdefghij", 10, 0), 7);
	ck_assert_uint_eq(look(places, "efghij", 6, 4), 6);
	ck_assert_uint_eq(look(places, "fghij", 5, 5), 4);
	ck_assert_uint_eq(look(places, "abcdefghij", 10, 9), 0);
	ck_assert_uint_eq(look(places, "abcdefghij", 10, UINT64_MAX), 0);
	places_destroy(places);
}
END_TEST

/* Compared with what is meant. */

static uint32_t
random_of(uint32_t *state, uint32_t n)
{
	*state = *state * 1664525 + 1013904223;
	return (*state >> 8) % n;
}

static bool
stands(const struct literal *literal, const uint8_t *bytes, uint32_t size)
{
	if (literal->at + literal->size > size)
		return false;
	for (uint32_t i = 0; i < literal->size; i++) {
		uint8_t byte = bytes[literal->at + i];

		if (literal->nocase && byte >= 'A' && byte <= 'Z')
			byte |= 0x20;
		if (byte != (uint8_t)literal->bytes[i])
			return false;
	}
	return true;
}

/** Few letters, so that many are found, and keys are shared. */
START_TEST(test_like_a_search)
{
	static const char letters[] = "abABa\xff";
	struct literal literals[RULES_MAX];
	static char text[RULES_MAX][8];
	uint32_t state = (uint32_t)_i + 1, n = 1 + random_of(&state, RULES_MAX), found = 0;
	struct places *places;
	uint8_t bytes[24];

	for (uint32_t i = 0; i < n; i++) {
		bool nocase = random_of(&state, 2) != 0;

		literals[i] = (struct literal){text[i], (uint16_t)(1 + random_of(&state, 8)),
					       (uint16_t)random_of(&state, 12), nocase};
		for (unsigned int k = 0; k < literals[i].size; k++)
			text[i][k] = letters[nocase ? random_of(&state, 2) : random_of(&state, 6)];
	}
	places = make(literals, n);
	for (unsigned int round = 0; round < 200; round++) {
		uint32_t size = random_of(&state, sizeof(bytes) + 1);

		for (uint32_t k = 0; k < size; k++)
			bytes[k] = (uint8_t)letters[random_of(&state, 6)];
		candidates_clear(&candidates);
		places_look(places, bytes, size, 0, &candidates);
		found += candidates.n;
		for (uint32_t i = 0; i < n; i++)
			ck_assert_msg((seen[i] == candidates.round) ==
					      stands(&literals[i], bytes, size),
				      "rule %u of %u, round %u", i, n, round);
	}
	ck_assert(n < 20 || found != 0);
	places_destroy(places);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("places");

	tcase_add_test(tcase, test_where_they_stand);
	tcase_add_test(tcase, test_what_is_gone);
	tcase_add_loop_test(tcase, test_like_a_search, 0, 50);
	return unit_main("ids places", tcase);
}
