/* SPDX-License-Identifier: BSD-3-Clause */
/* lib/siit: packets of one family become those of the other, byte by byte (RFC 7915). ICMP is in
 * test_icmp.c. */

#include "harness.h"

/* Headers. */

static const struct {
	uint8_t protocol;
	int sum_at;
} protocols[] = {{WP_PROTO_TCP, TCP_SUM}, {WP_PROTO_UDP, UDP_SUM}, {47, -1}, {WP_PROTO_ESP, -1},
		 {WP_PROTO_SCTP, -1},     {WP_PROTO_AH, -1},       {59, -1}, {WP_PROTO_DCCP, -1}};

static void
fill(unsigned int row, uint8_t *l4, unsigned int size)
{
	if (protocols[row].protocol == WP_PROTO_TCP)
		l4[12] = 0x50;
	if (protocols[row].protocol == WP_PROTO_UDP)
		wp_put16(l4 + 4, size);
	if (protocols[row].protocol == WP_PROTO_AH)
		l4[1] = 1;
	done(protocols[row].sum_at);
}

START_TEST(test_ipv4_header_becomes_ipv6)
{
	const uint8_t *ip;
	uint8_t payload[101];

	fill((unsigned int)_i, start(4, protocols[_i].protocol, 101), 101);
	memcpy(payload, ip_header() + 20, 101);
	ip = turned(4);
	ck_assert_uint_eq(wp_get32(ip), 0x6b800000); /* traffic class b8, no flow label */
	ck_assert_uint_eq(wp_get16(ip + 4), 101);
	ck_assert_uint_eq(ip[6], protocols[_i].protocol);
	ck_assert_uint_eq(ip[7], 61);
	if (protocols[_i].sum_at >= 0) {
		ck_assert_uint_eq(wp_checksum_l4(&pkt), 0);
		memcpy(payload + protocols[_i].sum_at, ip + 40 + protocols[_i].sum_at, 2);
	}
	if (protocols[_i].protocol != WP_PROTO_DCCP)
		ck_assert_mem_eq(ip + 40, payload, 101);
}
END_TEST

START_TEST(test_ipv6_header_becomes_ipv4)
{
	const uint8_t *ip;

	fill((unsigned int)_i, start(6, protocols[_i].protocol, 101), 101);
	ip = turned(6);
	ck_assert_uint_eq(ip[1], 0xb8);
	ck_assert_uint_eq(wp_get16(ip + 4), ID);
	ck_assert_uint_eq(wp_get16(ip + 6), 0);
	ck_assert_uint_eq(ip[8], 61);
	ck_assert_uint_eq(ip[9], protocols[_i].protocol);
	if (protocols[_i].sum_at >= 0)
		ck_assert_uint_eq(wp_checksum_l4(&pkt), 0);
	ck_assert_mem_eq(ip + 20 + 18, before + START + ETHER + 40 + 18, 101 - 18);
}
END_TEST

/* RFC 7915 5.1: DF above 1260 bytes. */
START_TEST(test_large_ipv4_packets_are_not_to_be_fragmented)
{
	static const struct {
		unsigned int size, fragment;
	} sizes[] = {{1259, 0}, {1260, 0}, {1261, 0x4000}, {1480, 0x4000}, {60000, 0x4000}};
	const uint8_t *ip;

	wp_put16(start(6, WP_PROTO_UDP, sizes[_i].size - 20) + 4, sizes[_i].size - 20);
	done(UDP_SUM);
	ip = turned(6);
	ck_assert_uint_eq(wp_get16(ip + 2), sizes[_i].size);
	ck_assert_uint_eq(wp_get16(ip + 6), sizes[_i].fragment);
	ck_assert_uint_eq(wp_checksum_l4(&pkt), 0);
}
END_TEST

/* A packet without Ethernet, and with little room in front. */
START_TEST(test_room_in_front_is_asked_for)
{
	uint8_t *l4 = start(4, WP_PROTO_UDP, 20);

	wp_put16(l4 + 4, 20);
	done(UDP_SUM);
	memmove(bytes + 19, bytes + START + ETHER, 40);
	pkt = (struct wp_packet){.buf = bytes, .room = 59, .start = 19, .len = 40};
	wp_parse(&pkt);
	refused(4, -ENOBUFS);
	memmove(bytes + 20, bytes + 19, 40);
	pkt = (struct wp_packet){.buf = bytes, .room = 60, .start = 20, .len = 40};
	wp_parse(&pkt);
	ck_assert_int_eq(turn(4), 0);
	ck_assert_uint_eq(pkt.start, 0);
	ck_assert_uint_eq(wp_checksum_l4(&pkt), 0);
}
END_TEST

/* RFC 7915 4.1: options go. */
START_TEST(test_ipv4_options_are_ignored)
{
	static const uint8_t options[][8] = {
		{1, 1, 1, 1, 1, 1, 1, 0},     /* nothing */
		{7, 7, 4, 0, 0, 0, 0, 0},     /* record route */
		{131, 7, 8, 1, 2, 3, 4, 0},   /* loose route at its end */
		{137, 7, 255, 1, 2, 3, 4, 0}, /* strict route at its end */
		{0, 131, 7, 4, 1, 2, 3, 4},   /* behind the end */
		{131, 2, 1, 1, 1, 1, 1, 1},   /* no pointer */
		{7, 0, 131, 7, 4, 1, 2, 3},   /* cannot be walked */
		{131, 9, 4, 1, 2, 3, 4, 5},   /* does not end */
	};
	uint8_t *l4 = start(4, WP_PROTO_UDP, 28);

	ip_header()[0] = 0x47;
	memcpy(l4, options[_i], 8);
	wp_put16(l4 + 8 + 4, 20);
	done(UDP_SUM);
	ck_assert_uint_eq(wp_get16(turned(4) + 4), 20);
	ck_assert_uint_eq(wp_checksum_l4(&pkt), 0);
}
END_TEST

START_TEST(test_source_routes_are_refused)
{
	static const uint8_t options[][8] = {{131, 7, 4, 1, 2, 3, 4, 0},
					     {1, 137, 7, 7, 2, 3, 4, 0}};
	uint8_t *l4 = start(4, WP_PROTO_UDP, 28);

	ip_header()[0] = 0x47;
	memcpy(l4, options[_i], 8);
	done(UDP_SUM);
	refused(4, -EHOSTUNREACH);
}
END_TEST

/* RFC 7915 5.1.1: hop-by-hop, destination options, and routing without segments left. */
START_TEST(test_extension_headers_go)
{
	uint8_t *l4 = start(6, WP_PROTO_HOPOPTS, 8 + 16 + 8 + 20);
	const uint8_t *ip;

	memset(l4, 0, 32);
	l4[0] = WP_PROTO_DSTOPTS;
	l4[8] = WP_PROTO_ROUTING;
	l4[9] = 1;
	l4[24] = WP_PROTO_UDP;
	wp_put16(l4 + 32 + 4, 20);
	done(UDP_SUM);
	ip = turned(6);
	ck_assert_uint_eq(ip[9], WP_PROTO_UDP);
	ck_assert_uint_eq(wp_get16(ip + 2), 40);
	ck_assert_uint_eq(wp_checksum_l4(&pkt), 0);
}
END_TEST

START_TEST(test_extension_headers_that_are_refused)
{
	static const struct {
		uint8_t first, header[16];
		unsigned int payload;
		int err;
	} rows[] = {
		/* segments left */
		{WP_PROTO_ROUTING, {WP_PROTO_UDP, 0, 0, 1}, 60, -EHOSTUNREACH},
		/* behind the fragment header of what is a fragment */
		{WP_PROTO_FRAGMENT,
		 {WP_PROTO_DSTOPTS, 0, 0, 1, 0, 0, 0, 9, WP_PROTO_UDP},
		 60,
		 -EPROTONOSUPPORT},
		{WP_PROTO_FRAGMENT, {WP_PROTO_DSTOPTS, 0, 1, 0}, 60, -EPROTONOSUPPORT},
		/* two fragment headers */
		{WP_PROTO_FRAGMENT,
		 {WP_PROTO_FRAGMENT, 0, 0, 0, 0, 0, 0, 0, WP_PROTO_UDP},
		 60,
		 -EBADMSG},
		/* ICMP of the other family, with and without */
		{WP_PROTO_DSTOPTS, {WP_PROTO_ICMP}, 60, -EPROTONOSUPPORT},
		{WP_PROTO_ICMP, {8}, 60, -EPROTONOSUPPORT},
		/* longer than the packet */
		{WP_PROTO_DSTOPTS, {WP_PROTO_UDP, 9}, 60, -EBADMSG},
		{WP_PROTO_HOPOPTS, {WP_PROTO_UDP}, 7, -EBADMSG},
	};

	memcpy(start(6, rows[_i].first, rows[_i].payload), rows[_i].header, 16);
	done(-1);
	refused(6, rows[_i].err);
}
END_TEST

START_TEST(test_ipv4_protocols_that_mean_other_things_are_refused)
{
	static const uint8_t numbers[] = {WP_PROTO_HOPOPTS, WP_PROTO_ROUTING, WP_PROTO_FRAGMENT,
					  WP_PROTO_DSTOPTS, WP_PROTO_ICMPV6};

	start(4, numbers[_i], 40);
	done(-1);
	refused(4, -EPROTONOSUPPORT);
}
END_TEST

/* Fragments. */

START_TEST(test_ipv4_fragments_get_a_fragment_header)
{
	static const struct {
		unsigned int field, ipv6;
	} rows[] = {{0x2000, 0x0001}, {0x0003, 0x0018}, {0x2100, 0x0801}, {0x6000, 0x0001}};
	uint8_t *l4 = start(4, WP_PROTO_TCP, 64);
	const uint8_t *ip;

	wp_put16(ip_header() + 6, rows[_i].field);
	l4[12] = 0x50;
	done(-1);
	ip = turned(4);
	ck_assert_uint_eq(wp_get16(ip + 4), 72);
	ck_assert_uint_eq(ip[6], WP_PROTO_FRAGMENT);
	ck_assert_uint_eq(ip[40], WP_PROTO_TCP);
	ck_assert_uint_eq(ip[41], 0);
	ck_assert_uint_eq(wp_get16(ip + 42), rows[_i].ipv6);
	ck_assert_uint_eq(wp_get32(ip + 44), 0x1234);
	/* Of a later one nothing changes, of a first one only its checksum. */
	ck_assert_mem_eq(ip + 48, before + START + ETHER + 20, 16);
	ck_assert_int_eq(memcmp(ip + 64, before + START + ETHER + 36, 2) == 0,
			 (rows[_i].field & 0x1fff) != 0);
	ck_assert_mem_eq(ip + 66, before + START + ETHER + 38, 46);
}
END_TEST

START_TEST(test_ipv6_fragments_keep_their_identification)
{
	static const struct {
		unsigned int field, ipv4;
	} rows[] = {{0x0001, 0x2000}, {0x0018, 0x0003}, {0x0801, 0x2100}, {0x0000, 0x0000}};
	uint8_t *l4 = start(6, WP_PROTO_FRAGMENT, 8 + 1400);
	const uint8_t *ip;

	memset(l4, 0, 8);
	l4[0] = WP_PROTO_TCP;
	wp_put16(l4 + 2, rows[_i].field);
	memcpy(l4 + 4, "\xaa\xbb\xcc\xdd", 4);
	l4[8 + 12] = 0x50;
	done(-1);
	ip = turned(6);
	ck_assert_uint_eq(wp_get16(ip + 2), 1420);
	ck_assert_uint_eq(wp_get16(ip + 4), 0xccdd);
	ck_assert_uint_eq(wp_get16(ip + 6), rows[_i].ipv4);
	ck_assert_uint_eq(ip[9], WP_PROTO_TCP);
}
END_TEST

/* The checksum of the first tells of addresses for all: a datagram in two, there and back. */
START_TEST(test_fragments_make_a_sound_datagram)
{
	uint8_t *l4 = start(4, WP_PROTO_UDP, 80), first[64], ipv4[80];
	uint16_t sum;

	wp_put16(l4 + 4, 80);
	done(UDP_SUM);
	memcpy(ipv4, l4, 80);
	l4 = start(4, WP_PROTO_UDP, 64);
	memcpy(l4, ipv4, 64);
	wp_put16(ip_header() + 6, 0x2000);
	done(-1);
	memcpy(first, turned(4) + 48, 64);
	l4 = start(6, WP_PROTO_UDP, 80);
	memcpy(l4, first, 64);
	memcpy(l4 + 64, ipv4 + 64, 16);
	wp_parse(&pkt);
	sum = wp_checksum_l4(&pkt);
	ck_assert_uint_eq(sum, 0);
}
END_TEST

START_TEST(test_fragments_of_icmp_are_refused)
{
	uint8_t *l4;

	start(4, WP_PROTO_ICMP, 64)[0] = 8;
	wp_put16(ip_header() + 6, _i == 0 ? 0x2000 : 0x0001);
	done(-1);
	refused(4, -EPROTONOSUPPORT);
	l4 = start(6, WP_PROTO_FRAGMENT, 64);
	memset(l4, 0, 8);
	l4[0] = WP_PROTO_ICMPV6;
	l4[3] = _i == 0 ? 1 : 8;
	l4[8] = 128;
	done(-1);
	refused(6, -EPROTONOSUPPORT);
}
END_TEST

START_TEST(test_first_fragments_without_their_checksum_are_refused)
{
	start(4, WP_PROTO_TCP, 16);
	wp_put16(ip_header() + 6, 0x2000);
	done(-1);
	refused(4, -EBADMSG);
	start(6, WP_PROTO_UDP, 7);
	done(-1);
	refused(6, -EBADMSG);
}
END_TEST

/* Checksums. */

/* RFC 7915 4.5 */
START_TEST(test_udp_without_checksum_gets_one)
{
	uint8_t *l4 = start(4, WP_PROTO_UDP, 31);

	wp_put16(l4 + 4, 31);
	wp_put16(l4 + UDP_SUM, 0);
	done(-1);
	turned(4);
	ck_assert_uint_eq(wp_checksum_l4(&pkt), 0);
	ck_assert_uint_ne(wp_get16(wp_l4(&pkt) + UDP_SUM), 0);
}
END_TEST

START_TEST(test_fragments_of_udp_without_checksum_are_refused)
{
	uint8_t *l4 = start(4, WP_PROTO_UDP, 32);

	wp_put16(ip_header() + 6, 0x2000);
	wp_put16(l4 + 4, 64);
	wp_put16(l4 + UDP_SUM, 0);
	done(-1);
	refused(4, -EPROTONOSUPPORT);
}
END_TEST

START_TEST(test_udp_of_another_length_and_no_checksum_is_refused)
{
	uint8_t *l4 = start(4, WP_PROTO_UDP, 32);

	wp_put16(l4 + 4, 31);
	wp_put16(l4 + UDP_SUM, 0);
	done(-1);
	refused(4, -EBADMSG);
}
END_TEST

/* 0 means none: a sum that comes out as 0 is written ffff. */
START_TEST(test_udp_checksum_is_never_zero)
{
	for (unsigned int word = 0; word < 65536; word++) {
		uint8_t *l4 = start(4, WP_PROTO_UDP, 10);

		wp_put16(l4 + 4, 10);
		wp_put16(l4 + 8, word);
		done(UDP_SUM);
		if (wp_get16(l4 + UDP_SUM) == 0)
			wp_put16(l4 + UDP_SUM, 0xffff);
		ck_assert_int_eq(wp_siit_4to6(&pkt, &how6), 0);
		ck_assert_uint_ne(wp_get16(wp_l4(&pkt) + UDP_SUM), 0);
		ck_assert_uint_eq(wp_checksum_l4(&pkt), 0);
	}
}
END_TEST

/* RFC 1624: what was wrong stays so. */
START_TEST(test_wrong_checksums_stay_wrong)
{
	uint8_t version = _i < 3 ? 4 : 6;
	static const uint8_t numbers[] = {WP_PROTO_TCP, WP_PROTO_UDP, WP_PROTO_ICMP,
					  WP_PROTO_TCP, WP_PROTO_UDP, WP_PROTO_ICMPV6};
	static const uint8_t sums[] = {TCP_SUM, UDP_SUM, ICMP_SUM};
	uint8_t *l4 = start(version, numbers[_i], 40);

	l4[12] = 0x50;
	if (_i % 3 == 1)
		wp_put16(l4 + 4, 40);
	if (_i % 3 == 2)
		l4[0] = version == 4 ? 8 : 128;
	done(sums[_i % 3]);
	l4[39] ^= 0x55;
	turned(version);
	ck_assert_uint_ne(wp_checksum_l4(&pkt), 0);
	wp_l4(&pkt)[39] ^= 0x55;
	ck_assert_uint_eq(wp_checksum_l4(&pkt), 0);
}
END_TEST

START_TEST(test_packets_of_the_other_family_are_refused)
{
	start(4, WP_PROTO_UDP, 20);
	done(-1);
	refused(6, -EBADMSG);
	start(6, WP_PROTO_UDP, 20);
	done(-1);
	refused(4, -EBADMSG);
	wp_put16(ip_header() - 2, 0x0806);
	wp_parse(&pkt);
	refused(4, -EBADMSG);
	start(4, 47, 20);
	wp_put16(ip_header() + 2, 41); /* a byte that is not there */
	done(-1);
	refused(4, -EBADMSG);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("siit");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_loop_test(tcase, test_ipv4_header_becomes_ipv6, 0, ROWS(protocols));
	tcase_add_loop_test(tcase, test_ipv6_header_becomes_ipv4, 0, ROWS(protocols));
	tcase_add_loop_test(tcase, test_large_ipv4_packets_are_not_to_be_fragmented, 0, 5);
	tcase_add_test(tcase, test_room_in_front_is_asked_for);
	tcase_add_loop_test(tcase, test_ipv4_options_are_ignored, 0, 8);
	tcase_add_loop_test(tcase, test_source_routes_are_refused, 0, 2);
	tcase_add_test(tcase, test_extension_headers_go);
	tcase_add_loop_test(tcase, test_extension_headers_that_are_refused, 0, 8);
	tcase_add_loop_test(tcase, test_ipv4_protocols_that_mean_other_things_are_refused, 0, 5);
	tcase_add_loop_test(tcase, test_ipv4_fragments_get_a_fragment_header, 0, 4);
	tcase_add_loop_test(tcase, test_ipv6_fragments_keep_their_identification, 0, 4);
	tcase_add_test(tcase, test_fragments_make_a_sound_datagram);
	tcase_add_loop_test(tcase, test_fragments_of_icmp_are_refused, 0, 2);
	tcase_add_test(tcase, test_first_fragments_without_their_checksum_are_refused);
	tcase_add_test(tcase, test_udp_without_checksum_gets_one);
	tcase_add_test(tcase, test_fragments_of_udp_without_checksum_are_refused);
	tcase_add_test(tcase, test_udp_of_another_length_and_no_checksum_is_refused);
	tcase_add_test(tcase, test_udp_checksum_is_never_zero);
	tcase_add_loop_test(tcase, test_wrong_checksums_stay_wrong, 0, 6);
	tcase_add_test(tcase, test_packets_of_the_other_family_are_refused);
	return unit_main("siit", tcase);
}
