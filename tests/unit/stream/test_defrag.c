/* SPDX-License-Identifier: BSD-3-Clause */
/* Datagrams from fragments: in any order, overlapping, too many, too late. */

#include "stream/defrag.h"

#include <string.h>

#include "bytes.h"
#include "parse/checksum.h"
#include "parse/parse.h"
#include "state/state.h"
#include "unit.h"

enum { ROOM = 4096, START = 64, TENANT_ROOM = 1 << 22 };

static const struct wp_hash_key hash_key = {1, 2};
static struct stream_pool *pool;
static struct stream_defrag *defrag;
static struct wp_packet whole;
static unsigned int first_id; /* of the first fragment that was given last */
static uint64_t now_ns = 1000000000;
static size_t most = SIZE_MAX; /* bytes that fragments may hold */
static size_t tenant_most = SIZE_MAX;
static bool remembers;
static uint16_t whose;       /* fragments: a tenant */
static unsigned int surplus; /* bytes more that a fragment has */

static void
open_defrag(void)
{
	const struct stream_pool_limits limits = {
		.all = (size_t)2 * TENANT_ROOM, .tenant = TENANT_ROOM, .n_tenants = 4};

	most = tenant_most = SIZE_MAX;
	remembers = false;
	whose = 0;
	ck_assert_int_eq(stream_pool_create(&limits, &pool), 0);
	ck_assert_int_eq(stream_defrag_create(&hash_key, &defrag), 0);
}

static void
close_defrag(void)
{
	stream_defrag_destroy(defrag, pool);
	ck_assert_uint_eq(stream_pool_used(pool), 0);
	stream_pool_destroy(pool);
}

static struct stream_chunk *
take(void *arg, uint16_t tenant, size_t want)
{
	enum wp_cap cap;

	return stream_pool_take(arg, tenant, want, &cap);
}

/** Gives a fragment of a UDP datagram: units of 8 bytes from @p start to @p end, filled with a
 * letter; the first unit of all is its UDP header. */
static enum stream_defrag_outcome
give(unsigned int version, uint16_t id, unsigned int start, unsigned int end, bool more, char byte,
     enum stream_policy policy)
{
	uint8_t buf[ROOM] = {0}, *ip = buf + START;
	unsigned int size = (end - start) * 8 + surplus, header = version == 4 ? 20 : 48;
	struct wp_packet pkt = {.buf = buf,
				.room = ROOM,
				.start = START,
				.len = (uint16_t)(header + size),
				.tenant = whose};

	if (version == 4) {
		ip[0] = 0x45;
		wp_put16(ip + 2, header + size);
		wp_put16(ip + 4, id);
		wp_put16(ip + 6, (more ? 0x2000 : 0) | start);
		first_id = start == 0 ? id : first_id;
		ip[1] = start == 0 ? 0x28 : 0;
		ip[8] = start == 0 ? 33 : 99;
		ip[9] = WP_PROTO_UDP;
		memcpy(ip + 12, "\x0a\0\0\1\x0a\0\0\2", 8);
	} else {
		ip[0] = 0x60;
		wp_put16(ip + 4, 8 + size);
		ip[1] = start == 0 ? 0x28 : 0;
		ip[6] = WP_PROTO_FRAGMENT;
		ip[7] = start == 0 ? 33 : 99;
		ip[8] = ip[24] = 0xfd;
		ip[40] = WP_PROTO_UDP;
		wp_put16(ip + 42, start * 8 | more);
		wp_put32(ip + 44, id);
	}
	memset(ip + header, byte, size);
	if (start == 0)
		memcpy(ip + header, "\x12\x34\x56\x78\0\0\0\0", 8);
	wp_parse(&pkt);
	return stream_defrag(
		defrag, &(struct stream_source){pool, take, pool, most, tenant_most, remembers},
		&pkt, policy, now_ns, &whole);
}

/** Checks one byte of each unit, and that the header is the first fragment's. */
static void
check_units(unsigned int version, const char *units)
{
	size_t n = strlen(units);
	const uint8_t *ip = whole.buf + whole.l3;

	ck_assert_uint_eq(whole.l4_sport, 0x1234);
	ck_assert_uint_eq(whole.l4_dport, 0x5678);
	ck_assert_uint_eq(whole.end - whole.l4, (n + 1) * 8);
	ck_assert_uint_eq(whole.ip_version, version);
	ck_assert_uint_eq(ip[0], version == 4 ? 0x45 : 0x60);
	ck_assert_uint_eq(ip[1], 0x28);
	ck_assert_uint_eq(ip[version == 4 ? 8 : 7], 33);
	ck_assert_uint_eq(wp_get16(ip + 4), version == 4 ? first_id : (n + 1) * 8);
	ck_assert_uint_eq(whole.flags & WP_PKT_FRAGMENT, 0);
	for (size_t i = 0; i < n; i++)
		ck_assert_int_eq(wp_l4(&whole)[8 + 8 * i + 7], units[i]);
}

/** Those that never get whole make room for each other, and are counted. */
START_TEST(test_fragments_have_no_more_than_their_part)
{
	most = 16384;
	for (unsigned int id = 100; id < 300; id++)
		ck_assert_int_eq(give(4, id, 0, 4, true, 'x', STREAM_FIRST), DEFRAG_WAITS);
	ck_assert_uint_le(stream_pool_used(pool), most);
	ck_assert_uint_gt(stream_defrag_forgotten(defrag), 100);
	ck_assert_uint_eq(stream_defrag_forgotten(defrag), 0);
	ck_assert_int_eq(give(4, 7, 0, 2, true, 'a', STREAM_FIRST), DEFRAG_WAITS);
	ck_assert_int_eq(give(4, 7, 2, 4, false, 'b', STREAM_FIRST), DEFRAG_WHOLE);
	check_units(4, "abb");
}
END_TEST

START_TEST(test_any_order)
{
	static const unsigned int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
						  {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	unsigned int version = _i < 6 ? 4 : 6;

	for (unsigned int i = 0; i < 3; i++) {
		unsigned int part = orders[_i % 6][i];

		ck_assert_int_eq(give(version, 7, part * 2, part * 2 + 2, part != 2,
				      (char)('a' + part), STREAM_FIRST),
				 i == 2 ? DEFRAG_WHOLE : DEFRAG_WAITS);
	}
	check_units(version, "abbcc");
	ck_assert_uint_eq(stream_pool_used(pool), 0);
}
END_TEST

/* In which of the nine cases the new fragment wins: it begins before, with, behind the old one, and
 * ends so. After Novak, table 4. */
static const struct {
	enum stream_policy policy;
	const char *answers;
} policies[] = {{STREAM_FIRST, "........."},   {STREAM_LAST, "nnnnnnnnn"},
		{STREAM_BSD, "nnn......"},     {STREAM_LINUX, "nnnnnn..."},
		{STREAM_WINDOWS, "..n......"}, {STREAM_SOLARIS, ".nn......"}};

START_TEST(test_overlaps)
{
	static const struct {
		unsigned int start, end;
	} cases[] = {{3, 6}, {3, 8}, {3, 9}, {4, 6}, {4, 8}, {4, 9}, {5, 6}, {5, 8}, {5, 9}};

	for (int c = 0; c < ROWS(cases); c++) {
		char want[] = "ffzoooozz"; /* unit 1 is the first */
		unsigned int start = cases[c].start, end = cases[c].end;

		give(4, (uint16_t)c, 0, 3, true, 'f', policies[_i].policy);
		give(4, (uint16_t)c, 4, 8, true, 'o', policies[_i].policy);
		give(4, (uint16_t)c, start, end, true, 'N', policies[_i].policy);
		for (unsigned int i = start; i < end; i++)
			if (i < 4 || i >= 8 || policies[_i].answers[c] == 'n')
				want[i - 1] = 'N';
		if (start > 3)
			give(4, (uint16_t)c, 3, 4, true, 'z', policies[_i].policy);
		ck_assert_int_eq(
			give(4, (uint16_t)c, end > 8 ? 9 : 8, 10, false, 'z', policies[_i].policy),
			DEFRAG_WHOLE);
		check_units(4, want);
	}
}
END_TEST

/* Three that overlap, behind unit 1: hosts trim fragments, and compare with what is left of them.
 */
START_TEST(test_what_is_left_of_a_fragment_counts)
{
	static const struct {
		enum stream_policy policy;
		struct {
			unsigned int start, end;
		} parts[3];
		const char *want; /* from unit 1 on; '.': none of the three */
	} rows[] = {
		{STREAM_BSD, {{1, 5}, {2, 7}, {3, 9}}, "aaaaccccz"},
		{STREAM_LINUX, {{1, 5}, {2, 7}, {3, 9}}, "aaaaccccz"},
		{STREAM_BSD, {{4, 8}, {2, 6}, {5, 9}}, ".bbbbcccz"},
		{STREAM_BSD, {{6, 7}, {3, 8}, {4, 9}}, "..bbbbbcz"},
		{STREAM_BSD, {{6, 8}, {3, 7}, {3, 9}}, "..bbbbccz"},
		{STREAM_LINUX, {{6, 8}, {3, 7}, {3, 5}}, "..ccbbaz"},
		{STREAM_SOLARIS, {{1, 5}, {2, 7}, {4, 8}}, "aaaacccz"},
		{STREAM_LAST, {{1, 8}, {3, 5}, {4, 6}}, "aabccaaz"},
	};
	char want[16];

	for (int i = 0; i < ROWS(rows); i++) {
		unsigned int n = (unsigned int)strlen(rows[i].want);

		strcpy(want, rows[i].want);
		for (unsigned int part = 0; part < 3; part++)
			give(4, (uint16_t)i, rows[i].parts[part].start, rows[i].parts[part].end,
			     true, (char)('a' + part), rows[i].policy);
		for (unsigned int at = 1; at < n; at++)
			if (want[at - 1] == '.')
				give(4, (uint16_t)i, at, at + 1, true, '.', rows[i].policy);
		give(4, (uint16_t)i, 0, 1, true, 'f', rows[i].policy);
		ck_assert_int_eq(give(4, (uint16_t)i, n, n + 1, false, 'z', rows[i].policy),
				 DEFRAG_WHOLE);
		check_units(4, want);
	}
	ck_assert_uint_eq(stream_pool_used(pool), 0);
}
END_TEST

/* Linux takes what is a multiple of 8 bytes, others nothing. */
START_TEST(test_uneven_fragment_is_for_linux_alone)
{
	enum stream_policy policy = _i == 1 ? STREAM_LINUX : STREAM_BSD;

	give(4, 1, 0, 1, true, 'f', policy);
	give(4, 1, 2, 3, false, 'b', policy);
	surplus = 5;
	ck_assert_int_eq(give(4, 1, 1, 2, true, 'a', policy),
			 _i == 1 ? DEFRAG_WHOLE : DEFRAG_MALFORMED);
	surplus = 0;
	if (_i == 0)
		ck_assert_int_eq(give(4, 1, 1, 2, true, 'a', policy), DEFRAG_WHOLE);
	check_units(4, "ab");
}
END_TEST

/* One that takes several chunks is trimmed as a whole. */
START_TEST(test_long_fragment_is_trimmed)
{
	enum { END = 400 };
	char want[END + 1] = {0};

	memset(want, 'a', END - 1);
	memset(want, 'b', 300);
	memset(want + 300, 'c', 20);
	want[END - 1] = 'z';
	give(4, 1, 2, END, true, 'a', STREAM_BSD);
	give(4, 1, 1, 301, true, 'b', STREAM_BSD);
	give(4, 1, 11, 321, true, 'c', STREAM_BSD);
	give(4, 1, 0, 1, true, 'f', STREAM_BSD);
	ck_assert_int_eq(give(4, 1, END, END + 1, false, 'z', STREAM_BSD), DEFRAG_WHOLE);
	check_units(4, want);
	ck_assert_uint_eq(stream_pool_used(pool), 0);
}
END_TEST

START_TEST(test_datagram_that_is_late_is_forgotten)
{
	give(4, 1, 0, 2, true, 'a', STREAM_FIRST);
	now_ns += 61000000000;
	ck_assert_int_eq(give(4, 1, 2, 3, false, 'b', STREAM_FIRST), DEFRAG_WAITS);
}
END_TEST

START_TEST(test_bytes_behind_the_end_are_refused)
{
	give(4, 2, 2, 4, false, 'a', STREAM_FIRST);
	ck_assert_int_eq(give(4, 2, 4, 6, true, 'b', STREAM_FIRST), DEFRAG_MALFORMED);
	give(4, 3, 4, 6, true, 'b', STREAM_FIRST);
	ck_assert_int_eq(give(4, 3, 2, 4, false, 'a', STREAM_FIRST), DEFRAG_MALFORMED);
	ck_assert_uint_eq(stream_pool_used(pool), 0);
}
END_TEST

START_TEST(test_flood_takes_no_more_than_there_is)
{
	for (unsigned int id = 0; id < 20000; id++)
		give(4, (uint16_t)id, 0, 150, true, 'x', STREAM_FIRST);
	ck_assert_uint_le(stream_pool_used(pool), TENANT_ROOM);
	for (unsigned int i = 0; i < 100; i++) /* of one datagram */
		give(4, 1, 200 + 2 * i, 201 + 2 * i, true, 'x', STREAM_FIRST);
	ck_assert_uint_le(stream_pool_used(pool), TENANT_ROOM);
}
END_TEST

/** First fragments of other datagrams. */
static void
give_junk(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		give(4, (uint16_t)(1000 + i), 0, 4, true, 'x', STREAM_FIRST);
}

START_TEST(test_flood_does_not_push_out_what_there_is_room_for)
{
	give(4, 7, 0, 2, true, 'a', STREAM_FIRST);
	give_junk(6000);
	ck_assert_int_eq(give(4, 7, 2, 4, false, 'b', STREAM_FIRST), DEFRAG_WHOLE);
	first_id = 7;
	check_units(4, "abb");
}
END_TEST

START_TEST(test_flood_of_tenants_does_not_push_out_another_ones)
{
	most = 65536;
	tenant_most = 32768;
	give(4, 7, 0, 2, true, 'a', STREAM_FIRST);
	for (unsigned int i = 0; i < 20; i++) {
		whose = (uint16_t)(1 + i % 2);
		give_junk(100);
	}
	ck_assert_uint_le(stream_pool_used(pool), most);
	whose = 0;
	ck_assert_int_eq(give(4, 7, 2, 4, false, 'b', STREAM_FIRST), DEFRAG_WHOLE);
}
END_TEST

/* As many fragments as there can be, in an order that is none. */
START_TEST(test_long_datagram_of_the_shortest_fragments)
{
	enum { UNITS = 8188, STRIDE = 2741 };
	static char units[UNITS];
	unsigned int at = 0;

	for (unsigned int i = 0; i < UNITS; i++, at = (at + STRIDE) % UNITS) {
		char byte = (char)('a' + at % 26);

		if (at != 0)
			units[at - 1] = byte;
		ck_assert_int_eq(give(4, 7, at, at + 1, at != UNITS - 1, byte, STREAM_FIRST),
				 i == UNITS - 1 ? DEFRAG_WHOLE : DEFRAG_WAITS);
	}
	check_units(4, units);
	ck_assert_uint_eq(stream_pool_used(pool), 0);
}
END_TEST

START_TEST(test_datagram_too_long_for_a_view_has_no_room)
{
	for (unsigned int at = 0; at < 8000; at += 400)
		give(4, 7, at, at + 400, true, 'a', STREAM_FIRST);
	ck_assert_int_eq(give(4, 7, 8000, 8189, false, 'a', STREAM_FIRST), DEFRAG_NO_ROOM);
	ck_assert_uint_le(stream_pool_used(pool), STREAM_CHUNK_SMALL);
	ck_assert_int_eq(give(4, 7, 8000, 8189, false, 'a', STREAM_FIRST), DEFRAG_NO_ROOM);
}
END_TEST

START_TEST(test_datagram_that_made_room_is_remembered_where_asked)
{
	most = 16384;
	remembers = _i == 1;
	give(4, 7, 0, 2, true, 'a', STREAM_FIRST);
	give_junk(40);
	ck_assert_int_eq(give(4, 7, 2, 4, false, 'b', STREAM_FIRST),
			 remembers ? DEFRAG_NO_ROOM : DEFRAG_WAITS);
	ck_assert_uint_le(stream_pool_used(pool), most);
	give_junk(400); /* not for ever */
	ck_assert_int_eq(give(4, 7, 0, 2, true, 'a', STREAM_FIRST), DEFRAG_WAITS);
}
END_TEST

START_TEST(test_datagram_that_is_more_than_all_memory_is_lost)
{
	unsigned int at = 0;

	most = 16384;
	while (give(4, 7, 2 * at, 2 * at + 1, true, 'a', STREAM_FIRST) == DEFRAG_WAITS)
		at++;
	ck_assert_uint_gt(at, 40);
	ck_assert_uint_le(stream_pool_used(pool), STREAM_CHUNK_SMALL);
	ck_assert_int_eq(give(4, 7, 0, 1, true, 'a', STREAM_FIRST), DEFRAG_NO_ROOM);
	ck_assert_int_eq(give(4, 8, 0, 1, true, 'a', STREAM_FIRST), DEFRAG_WAITS);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("defrag");

	tcase_add_checked_fixture(tcase, open_defrag, close_defrag);
	tcase_add_loop_test(tcase, test_any_order, 0, 12);
	tcase_add_test(tcase, test_fragments_have_no_more_than_their_part);
	tcase_add_loop_test(tcase, test_overlaps, 0, ROWS(policies));
	tcase_add_test(tcase, test_what_is_left_of_a_fragment_counts);
	tcase_add_test(tcase, test_long_fragment_is_trimmed);
	tcase_add_loop_test(tcase, test_uneven_fragment_is_for_linux_alone, 0, 2);
	tcase_add_test(tcase, test_datagram_that_is_late_is_forgotten);
	tcase_add_test(tcase, test_bytes_behind_the_end_are_refused);
	tcase_add_test(tcase, test_flood_takes_no_more_than_there_is);
	tcase_add_test(tcase, test_flood_does_not_push_out_what_there_is_room_for);
	tcase_add_test(tcase, test_flood_of_tenants_does_not_push_out_another_ones);
	tcase_add_test(tcase, test_long_datagram_of_the_shortest_fragments);
	tcase_add_test(tcase, test_datagram_too_long_for_a_view_has_no_room);
	tcase_add_loop_test(tcase, test_datagram_that_made_room_is_remembered_where_asked, 0, 2);
	tcase_add_test(tcase, test_datagram_that_is_more_than_all_memory_is_lost);
	return unit_main("stream defrag", tcase);
}
