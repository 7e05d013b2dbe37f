/* SPDX-License-Identifier: BSD-3-Clause */
/* lib/frag/read.c: what single packets are as fragments, of both versions. */

#include <string.h>

#include "frag/frag.h"
#include "parse/parse.h"
#include "unit.h"

enum { IP4 = 20, IP6 = 40, FRONT = 16, ROOM = 2048 };

static uint8_t buf[ROOM];

static void
put16(uint8_t *at, unsigned int value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/** Parses @p size bytes from FRONT on. */
static struct wp_packet
parsed(unsigned int size)
{
	struct wp_packet pkt = {
		.buf = buf, .room = ROOM, .start = FRONT, .len = (uint16_t)size, .tenant = 7};

	wp_parse(&pkt);
	return pkt;
}

/** An IPv4 fragment with @p size bytes behind its header; ports 1000 and 80, should it have any. */
static struct wp_packet
ipv4(uint8_t proto, unsigned int offset, bool more, unsigned int size)
{
	uint8_t *ip = buf + FRONT;

	memset(buf, 0, sizeof(buf));
	ip[0] = 0x45;
	put16(ip + 2, IP4 + size);
	put16(ip + 4, 0x1234);
	put16(ip + 6, offset / 8 | (more ? 0x2000 : 0));
	ip[9] = proto;
	memcpy(ip + 12, "\x0a\0\0\1\x0a\0\0\2", 8);
	put16(ip + IP4, 1000);
	put16(ip + IP4 + 2, 80);
	ip[IP4 + 12] = 0x50;
	return parsed(IP4 + size);
}

/** An IPv6 fragment behind @p n_options destination options of 8 bytes each. */
static struct wp_packet
ipv6(uint8_t proto, unsigned int n_options, unsigned int offset, bool more, unsigned int size)
{
	uint8_t *ip = buf + FRONT, *at = ip + IP6;

	memset(buf, 0, sizeof(buf));
	ip[0] = 0x60;
	put16(ip + 4, 8 * n_options + 8 + size);
	ip[6] = n_options != 0 ? WP_PROTO_DSTOPTS : WP_PROTO_FRAGMENT;
	ip[8] = 0x20;
	ip[24] = 0x21;
	for (unsigned int i = 1; i <= n_options; i++, at += 8)
		at[0] = i < n_options ? WP_PROTO_DSTOPTS : WP_PROTO_FRAGMENT;
	at[0] = proto;
	put16(at + 2, offset | more);
	put16(at + 4, 0xabcd);
	put16(at + 6, 0x1234);
	put16(at + 8, 1000);
	put16(at + 10, 80);
	at[8 + 12] = 0x50;
	return parsed(IP6 + 8 * n_options + 8 + size);
}

START_TEST(test_first_and_last_of_both_versions_have_one_key)
{
	struct frag_piece first, last;
	struct wp_packet pkt = ipv4(WP_PROTO_UDP, 0, true, 1480);

	ck_assert_int_eq(frag_read(&pkt, &first), FRAG_FINE);
	ck_assert_uint_eq(first.start, 0);
	ck_assert_uint_eq(first.end, 185);
	ck_assert_uint_eq(first.total, 0);
	ck_assert_uint_eq(first.sport, 1000);
	ck_assert_uint_eq(first.dport, 80);
	ck_assert_uint_eq(first.proto, WP_PROTO_UDP);
	ck_assert_uint_eq(first.key.tenant, 7);
	ck_assert_uint_eq(first.key.id, 0x1234);
	pkt = ipv4(WP_PROTO_UDP, 1480, false, 33);
	ck_assert_int_eq(frag_read(&pkt, &last), FRAG_FINE);
	ck_assert_mem_eq(&first.key, &last.key, sizeof(first.key));
	ck_assert_uint_eq(last.start, 185);
	ck_assert_uint_eq(last.end, 190);
	ck_assert_uint_eq(last.total, 1513);

	pkt = ipv6(WP_PROTO_TCP, 0, 0, true, 1448);
	ck_assert_int_eq(frag_read(&pkt, &first), FRAG_FINE);
	ck_assert_uint_eq(first.key.id, 0xabcd1234);
	ck_assert_uint_eq(first.end, 181);
	/* The next header of a later one may be another: RFC 8200 section 4.5. */
	pkt = ipv6(WP_PROTO_DSTOPTS, 2, 1448, false, 1);
	ck_assert_int_eq(frag_read(&pkt, &last), FRAG_FINE);
	ck_assert_mem_eq(&first.key, &last.key, sizeof(first.key));
	ck_assert_uint_eq(last.start, 181);
	ck_assert_uint_eq(last.total, 1449);
}
END_TEST

/** Each difference makes another datagram. */
START_TEST(test_other_datagrams_have_other_keys)
{
	struct frag_piece one, other;
	struct wp_packet pkt = ipv4(WP_PROTO_UDP, 8, true, 8);

	ck_assert_int_eq(frag_read(&pkt, &one), FRAG_FINE);
	for (unsigned int i = 0; i < 5; i++) {
		pkt = ipv4(WP_PROTO_UDP, 8, true, 8);
		buf[FRONT + (const unsigned int[]){4, 9, 15, 19, 0}[i]] ^= i == 4 ? 0 : 3;
		pkt = parsed(IP4 + 8);
		pkt.tenant = (uint16_t)(pkt.tenant + (i == 4));
		ck_assert_int_eq(frag_read(&pkt, &other), FRAG_FINE);
		ck_assert_mem_ne(&one.key, &other.key, sizeof(one.key));
	}
}
END_TEST

static const struct {
	uint8_t version, proto;
	unsigned int offset;
	bool more;
	unsigned int size;
	enum frag_fault expected;
} rows[] = {
	/* RFC 1858 section 3: the L4 header is not whole in the first one. */
	{4, WP_PROTO_TCP, 0, true, 8, FRAG_TINY},
	{4, WP_PROTO_TCP, 0, true, 16, FRAG_TINY},
	{4, WP_PROTO_TCP, 0, true, 24, FRAG_FINE},
	{4, WP_PROTO_SCTP, 0, true, 8, FRAG_TINY},
	{4, WP_PROTO_UDP, 0, true, 8, FRAG_FINE},
	{4, 47, 0, true, 8, FRAG_FINE},
	{6, WP_PROTO_TCP, 0, true, 16, FRAG_TINY},
	{6, WP_PROTO_DCCP, 0, true, 8, FRAG_TINY},
	{6, WP_PROTO_DSTOPTS, 0, true, 8, FRAG_TINY}, /* RFC 7112: the chain is cut */
	/* RFC 3128: a later one begins inside of the header. */
	{4, WP_PROTO_TCP, 8, true, 64, FRAG_TINY},
	{4, WP_PROTO_TCP, 16, false, 64, FRAG_TINY},
	{4, WP_PROTO_TCP, 24, false, 64, FRAG_FINE},
	{4, WP_PROTO_SCTP, 8, false, 64, FRAG_TINY},
	{4, WP_PROTO_UDP, 8, false, 64, FRAG_FINE},
	{6, WP_PROTO_TCP, 8, false, 64, FRAG_TINY},
	/* RFC 8200 section 4.5: only the last one may have any length. */
	{4, WP_PROTO_UDP, 64, true, 63, FRAG_MALFORMED},
	{6, WP_PROTO_UDP, 64, true, 65, FRAG_MALFORMED},
	{4, WP_PROTO_UDP, 64, false, 63, FRAG_FINE},
	{4, WP_PROTO_UDP, 64, true, 0, FRAG_MALFORMED},
	{4, WP_PROTO_UDP, 64, false, 0, FRAG_MALFORMED},
	{6, WP_PROTO_UDP, 64, false, 0, FRAG_MALFORMED},
	/* No datagram is longer than 65,535 bytes, its header included. */
	{4, WP_PROTO_ICMP, 65528, false, 1000, FRAG_MALFORMED},
	{4, WP_PROTO_ICMP, 65504, false, 11, FRAG_FINE},
	{4, WP_PROTO_ICMP, 65504, false, 12, FRAG_MALFORMED},
	{4, WP_PROTO_ICMP, 65504, true, 16, FRAG_MALFORMED},
	{6, WP_PROTO_ICMPV6, 65528, false, 7, FRAG_FINE},
	{6, WP_PROTO_ICMPV6, 65528, false, 8, FRAG_MALFORMED},
};

START_TEST(test_fragment_is_read_or_refused)
{
	struct wp_packet pkt =
		rows[_i].version == 4
			? ipv4(rows[_i].proto, rows[_i].offset, rows[_i].more, rows[_i].size)
			: ipv6(rows[_i].proto, 0, rows[_i].offset, rows[_i].more, rows[_i].size);
	struct frag_piece piece;

	ck_assert_int_eq(frag_read(&pkt, &piece), rows[_i].expected);
}
END_TEST

/* What Linux takes of a fragment that no other host takes. */
START_TEST(test_uneven_piece_is_cut_for_those_who_take_it)
{
	struct frag_piece piece;
	struct wp_packet pkt = ipv4(WP_PROTO_UDP, 64, true, 63);

	ck_assert_int_eq(frag_read(&pkt, &piece), FRAG_MALFORMED);
	ck_assert_uint_eq(piece.size, 56);
	ck_assert_uint_eq(piece.end, 15);
	pkt = ipv4(WP_PROTO_UDP, 64, true, 7);
	ck_assert_int_eq(frag_read(&pkt, &piece), FRAG_MALFORMED);
	ck_assert_uint_eq(piece.size, 0);
	pkt = ipv6(WP_PROTO_UDP, 0, 64, true, 63);
	ck_assert_int_eq(frag_read(&pkt, &piece), FRAG_MALFORMED);
	ck_assert_uint_eq(piece.size, 0);
}
END_TEST

START_TEST(test_ipv6_headers_in_front_count_to_the_length)
{
	struct wp_packet pkt = ipv6(WP_PROTO_UDP, 1, 65520, false, 7);
	struct frag_piece piece;

	ck_assert_int_eq(frag_read(&pkt, &piece), FRAG_FINE);
	pkt = ipv6(WP_PROTO_UDP, 1, 65520, false, 8);
	ck_assert_int_eq(frag_read(&pkt, &piece), FRAG_MALFORMED);
}
END_TEST

START_TEST(test_fragment_that_is_cut_short_is_refused)
{
	struct frag_piece piece;
	struct wp_packet pkt;

	ipv4(WP_PROTO_UDP, 64, true, 64);
	pkt = parsed(IP4 + 56);
	ck_assert_int_eq(frag_read(&pkt, &piece), FRAG_MALFORMED);
}
END_TEST

START_TEST(test_fragment_of_a_fragment_is_refused)
{
	uint8_t *second = buf + FRONT + IP6 + 8;
	struct frag_piece piece;
	struct wp_packet pkt;

	/* The outer one is a first fragment, the inner one says that it is a later. */
	ipv6(WP_PROTO_FRAGMENT, 0, 0, true, 64);
	memset(second, 0, 8);
	second[0] = WP_PROTO_UDP;
	put16(second + 2, 1480);
	pkt = parsed(IP6 + 8 + 64);
	ck_assert_uint_ne(pkt.flags & WP_PKT_LATER_FRAGMENT, 0);
	ck_assert_int_eq(frag_read(&pkt, &piece), FRAG_MALFORMED);
}
END_TEST

/* Headers that go on in the next fragment: hosts put them together, so it is known what lies where.
 */
START_TEST(test_headers_that_are_cut_are_a_piece)
{
	struct frag_piece piece;
	struct wp_packet pkt = ipv4(WP_PROTO_TCP, 0, true, 24);

	buf[FRONT + IP4 + 12] = 0xf0; /* 60 bytes */
	pkt = parsed(IP4 + 24);
	ck_assert_int_eq(frag_read(&pkt, &piece), FRAG_TINY);
	ck_assert_uint_eq(piece.size, 24);
	pkt = ipv6(WP_PROTO_DSTOPTS, 0, 0, true, 8);
	buf[FRONT + IP6 + 8] = WP_PROTO_DSTOPTS;
	pkt = parsed(IP6 + 16);
	ck_assert_int_eq(frag_read(&pkt, &piece), FRAG_TINY);
	ck_assert_uint_eq(piece.size, 8);
	ck_assert_uint_eq(piece.next, WP_PROTO_DSTOPTS);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("read");

	tcase_add_test(tcase, test_first_and_last_of_both_versions_have_one_key);
	tcase_add_test(tcase, test_other_datagrams_have_other_keys);
	tcase_add_loop_test(tcase, test_fragment_is_read_or_refused, 0, ROWS(rows));
	tcase_add_test(tcase, test_uneven_piece_is_cut_for_those_who_take_it);
	tcase_add_test(tcase, test_ipv6_headers_in_front_count_to_the_length);
	tcase_add_test(tcase, test_fragment_that_is_cut_short_is_refused);
	tcase_add_test(tcase, test_fragment_of_a_fragment_is_refused);
	tcase_add_test(tcase, test_headers_that_are_cut_are_a_piece);
	return unit_main("frag read", tcase);
}
