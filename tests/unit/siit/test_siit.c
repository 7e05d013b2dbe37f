/* SPDX-License-Identifier: BSD-3-Clause */
/* lib/siit: packets of one family become those of the other, byte by byte (RFC 7915). */

#include "siit/siit.h"

#include <errno.h>
#include <string.h>

#include "parse/checksum.h"
#include "parse/parse.h"
#include "unit.h"

enum {
	ROOM = 70000,
	START = 200,
	ETHER = 14,
	UDP_SUM = 6,
	TCP_SUM = 16,
	ICMP_SUM = 2,
	ID = 0x4711
};

/* 192.0.2.1 to 198.51.100.2; 2001:db8::1 to 64:ff9b::c633:6402 */
static const uint8_t from4[4] = {192, 0, 2, 1}, to4[4] = {198, 51, 100, 2};
static const uint8_t from6[16] = {0x20, 1, 0xd, 0xb8, [15] = 1};
static const uint8_t to6[16] = {0, 0x64, 0xff, 0x9b, [12] = 198, 51, 100, 2};

static uint8_t bytes[ROOM], before[ROOM];
static struct wp_packet pkt, pkt_before;
static struct wp_siit how4, how6; /* to IPv4, to IPv6 */

static void
put16(uint8_t *at, unsigned int value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static unsigned int
get16(const uint8_t *at)
{
	return (unsigned int)(at[0] << 8 | at[1]);
}

static unsigned int
get32(const uint8_t *at)
{
	return get16(at) << 16 | get16(at + 2);
}

/** Quoted packets go the other way. */
static void
setup(void)
{
	memset(bytes, 0xee, sizeof(bytes));
	how4 = (struct wp_siit){.id = ID};
	how6 = how4;
	memcpy(how4.packet.source, from4, 4);
	memcpy(how4.packet.dest, to4, 4);
	memcpy(how4.quoted.source, to4, 4);
	memcpy(how4.quoted.dest, from4, 4);
	memcpy(how6.packet.source, from6, 16);
	memcpy(how6.packet.dest, to6, 16);
	memcpy(how6.quoted.source, to6, 16);
	memcpy(how6.quoted.dest, from6, 16);
}

/** Writes an IP header. @return where it ends */
static uint8_t *
write_ip(uint8_t *ip, uint8_t version, uint8_t protocol, unsigned int payload, bool back)
{
	uint16_t sum;

	memset(ip, 0, version == 4 ? 20 : 40);
	if (version == 4) {
		ip[0] = 0x45;
		ip[1] = 0xb8;
		put16(ip + 2, 20 + payload);
		put16(ip + 4, 0x1234);
		ip[8] = 61;
		ip[9] = protocol;
		memcpy(ip + 12, back ? to4 : from4, 4);
		memcpy(ip + 16, back ? from4 : to4, 4);
		sum = wp_checksum_ipv4(ip, 20);
		memcpy(ip + 10, &sum, 2);
		return ip + 20;
	}
	put16(ip, 0x6b80);
	put16(ip + 2, 0x1234);
	put16(ip + 4, payload);
	ip[6] = protocol;
	ip[7] = 61;
	memcpy(ip + 8, back ? to6 : from6, 16);
	memcpy(ip + 24, back ? from6 : to6, 16);
	return ip + 40;
}

/** Starts a packet; its payload counts up. @return the payload */
static uint8_t *
start(uint8_t version, uint8_t protocol, unsigned int payload)
{
	uint8_t *ip = bytes + START + ETHER, *l4;

	memcpy(ip - 14, "\2\0\0\0\0\2\2\0\0\0\0\1", 12);
	put16(ip - 2, version == 4 ? WP_ETHERTYPE_IPV4 : WP_ETHERTYPE_IPV6);
	l4 = write_ip(ip, version, protocol, payload, false);
	for (unsigned int i = 0; i < payload; i++)
		l4[i] = (uint8_t)(i * 7 + 1);
	pkt = (struct wp_packet){.buf = bytes,
				 .room = (uint16_t)(START + ETHER + (l4 - ip) + payload),
				 .start = START,
				 .len = (uint16_t)(ETHER + (l4 - ip) + payload),
				 .flags = WP_PKT_ETHERNET};
	return l4;
}

static uint8_t *
ip_header(void)
{
	return bytes + START + ETHER;
}

static void
ip_sum(void)
{
	uint8_t *ip = ip_header();
	uint16_t sum = wp_checksum_ipv4(ip, (ip[0] & 15) * 4u);

	if (ip[0] >> 4 == 4)
		memcpy(ip + 10, &sum, 2);
}

/** Completes checksums and parses. @param at  of the L4 checksum in its header; -1: none */
static void
done(int at)
{
	uint16_t sum;

	ip_sum();
	wp_parse(&pkt);
	if (at < 0)
		return;
	ck_assert_uint_ne(pkt.l4, 0);
	memset(wp_l4(&pkt) + at, 0, 2);
	sum = wp_checksum_l4(&pkt);
	memcpy(wp_l4(&pkt) + at, &sum, 2);
}

static int
turn(uint8_t version)
{
	memcpy(before, bytes, sizeof(bytes));
	pkt_before = pkt;
	return version == 4 ? wp_siit_4to6(&pkt, &how6) : wp_siit_6to4(&pkt, &how4);
}

/** Translates, and checks that the packet's frame is right. @return the new IP header */
static uint8_t *
turned(uint8_t version)
{
	static const uint8_t stations[] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};
	uint8_t *ip;

	ck_assert_int_eq(turn(version), 0);
	ip = wp_l3(&pkt);
	ck_assert_uint_eq(pkt.ip_version, version == 4 ? 6 : 4);
	ck_assert_uint_eq(pkt.flags & (WP_PKT_TRUNCATED | WP_PKT_BAD_HEADER), 0);
	ck_assert_uint_ne(pkt.flags & WP_PKT_STEER, 0);
	ck_assert_uint_eq(pkt.start + pkt.len, pkt.end);
	ck_assert_mem_eq(wp_start(&pkt), stations, sizeof(stations));
	ck_assert_uint_eq(get16(ip - 2), version == 4 ? 0x86dd : 0x0800);
	if (version == 6) {
		ck_assert_uint_eq(wp_checksum(ip, 20), 0);
		ck_assert_uint_eq(ip[0], 0x45);
		ck_assert_uint_eq(get16(ip + 2), pkt.end - pkt.l3);
		ck_assert_mem_eq(ip + 12, from4, 4);
		ck_assert_mem_eq(ip + 16, to4, 4);
	} else {
		ck_assert_uint_eq(get16(ip + 4), pkt.end - pkt.l3 - 40);
		ck_assert_mem_eq(ip + 8, from6, 16);
		ck_assert_mem_eq(ip + 24, to6, 16);
	}
	return ip;
}

/** It is refused, and as it was. */
static void
refused(uint8_t version, int err)
{
	ck_assert_int_eq(turn(version), err);
	ck_assert_mem_eq(bytes, before, sizeof(bytes));
	ck_assert_mem_eq(&pkt, &pkt_before, sizeof(pkt));
}

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
		put16(l4 + 4, size);
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
	ck_assert_uint_eq(get32(ip), 0x6b800000); /* traffic class b8, no flow label */
	ck_assert_uint_eq(get16(ip + 4), 101);
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
	ck_assert_uint_eq(get16(ip + 4), ID);
	ck_assert_uint_eq(get16(ip + 6), 0);
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

	put16(start(6, WP_PROTO_UDP, sizes[_i].size - 20) + 4, sizes[_i].size - 20);
	done(UDP_SUM);
	ip = turned(6);
	ck_assert_uint_eq(get16(ip + 2), sizes[_i].size);
	ck_assert_uint_eq(get16(ip + 6), sizes[_i].fragment);
	ck_assert_uint_eq(wp_checksum_l4(&pkt), 0);
}
END_TEST

/* A packet without Ethernet, and with little room in front. */
START_TEST(test_room_in_front_is_asked_for)
{
	uint8_t *l4 = start(4, WP_PROTO_UDP, 20);

	put16(l4 + 4, 20);
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
	put16(l4 + 8 + 4, 20);
	done(UDP_SUM);
	ck_assert_uint_eq(get16(turned(4) + 4), 20);
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
	put16(l4 + 32 + 4, 20);
	done(UDP_SUM);
	ip = turned(6);
	ck_assert_uint_eq(ip[9], WP_PROTO_UDP);
	ck_assert_uint_eq(get16(ip + 2), 40);
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

	put16(ip_header() + 6, rows[_i].field);
	l4[12] = 0x50;
	done(-1);
	ip = turned(4);
	ck_assert_uint_eq(get16(ip + 4), 72);
	ck_assert_uint_eq(ip[6], WP_PROTO_FRAGMENT);
	ck_assert_uint_eq(ip[40], WP_PROTO_TCP);
	ck_assert_uint_eq(ip[41], 0);
	ck_assert_uint_eq(get16(ip + 42), rows[_i].ipv6);
	ck_assert_uint_eq(get32(ip + 44), 0x1234);
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
	put16(l4 + 2, rows[_i].field);
	memcpy(l4 + 4, "\xaa\xbb\xcc\xdd", 4);
	l4[8 + 12] = 0x50;
	done(-1);
	ip = turned(6);
	ck_assert_uint_eq(get16(ip + 2), 1420);
	ck_assert_uint_eq(get16(ip + 4), 0xccdd);
	ck_assert_uint_eq(get16(ip + 6), rows[_i].ipv4);
	ck_assert_uint_eq(ip[9], WP_PROTO_TCP);
}
END_TEST

/* The checksum of the first tells of addresses for all: a datagram in two, there and back. */
START_TEST(test_fragments_make_a_sound_datagram)
{
	uint8_t *l4 = start(4, WP_PROTO_UDP, 80), first[64], ipv4[80];
	uint16_t sum;

	put16(l4 + 4, 80);
	done(UDP_SUM);
	memcpy(ipv4, l4, 80);
	l4 = start(4, WP_PROTO_UDP, 64);
	memcpy(l4, ipv4, 64);
	put16(ip_header() + 6, 0x2000);
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
	put16(ip_header() + 6, _i == 0 ? 0x2000 : 0x0001);
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
	put16(ip_header() + 6, 0x2000);
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

	put16(l4 + 4, 31);
	put16(l4 + UDP_SUM, 0);
	done(-1);
	turned(4);
	ck_assert_uint_eq(wp_checksum_l4(&pkt), 0);
	ck_assert_uint_ne(get16(wp_l4(&pkt) + UDP_SUM), 0);
}
END_TEST

START_TEST(test_fragments_of_udp_without_checksum_are_refused)
{
	uint8_t *l4 = start(4, WP_PROTO_UDP, 32);

	put16(ip_header() + 6, 0x2000);
	put16(l4 + 4, 64);
	put16(l4 + UDP_SUM, 0);
	done(-1);
	refused(4, -EPROTONOSUPPORT);
}
END_TEST

START_TEST(test_udp_of_another_length_and_no_checksum_is_refused)
{
	uint8_t *l4 = start(4, WP_PROTO_UDP, 32);

	put16(l4 + 4, 31);
	put16(l4 + UDP_SUM, 0);
	done(-1);
	refused(4, -EBADMSG);
}
END_TEST

/* 0 means none: a sum that comes out as 0 is written ffff. */
START_TEST(test_udp_checksum_is_never_zero)
{
	for (unsigned int word = 0; word < 65536; word++) {
		uint8_t *l4 = start(4, WP_PROTO_UDP, 10);

		put16(l4 + 4, 10);
		put16(l4 + 8, word);
		done(UDP_SUM);
		if (get16(l4 + UDP_SUM) == 0)
			put16(l4 + UDP_SUM, 0xffff);
		ck_assert_int_eq(wp_siit_4to6(&pkt, &how6), 0);
		ck_assert_uint_ne(get16(wp_l4(&pkt) + UDP_SUM), 0);
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
		put16(l4 + 4, 40);
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

/* ICMP. */

START_TEST(test_echoes)
{
	static const struct {
		uint8_t version, before, after;
	} rows[] = {{4, 8, 128}, {4, 0, 129}, {6, 128, 8}, {6, 129, 0}};
	uint8_t version = rows[_i].version;
	uint8_t *l4 = start(version, version == 4 ? WP_PROTO_ICMP : WP_PROTO_ICMPV6, 57);

	l4[0] = rows[_i].before;
	l4[1] = 0;
	done(ICMP_SUM);
	turned(version);
	ck_assert_uint_eq(pkt.l4_proto, version == 4 ? WP_PROTO_ICMPV6 : WP_PROTO_ICMP);
	ck_assert_uint_eq(wp_l4(&pkt)[0], rows[_i].after);
	ck_assert_uint_eq(wp_l4(&pkt)[1], 0);
	ck_assert_uint_eq(wp_checksum_l4(&pkt), 0);
	for (unsigned int i = 4; i < 57; i++)
		ck_assert_uint_eq(wp_l4(&pkt)[i], (uint8_t)(i * 7 + 1));
}
END_TEST

/** Makes an ICMP error about a UDP packet of @p size bytes, of which @p quoted are quoted. @return
 * the ICMP header */
static uint8_t *
make_error(uint8_t version, uint8_t type, uint8_t code, uint32_t word, unsigned int size,
	   unsigned int quoted)
{
	uint8_t copy[4000], *l4, *udp;
	uint16_t sum;

	/* The quoted packet, made as one of its own, for its checksum. */
	l4 = start(version, WP_PROTO_UDP, size - (version == 4 ? 20 : 40));
	write_ip(ip_header(), version, WP_PROTO_UDP, size - (version == 4 ? 20 : 40), true);
	put16(l4 + 4, size - (version == 4 ? 20 : 40));
	done(UDP_SUM);
	memcpy(copy, ip_header(), quoted);
	l4 = start(version, version == 4 ? WP_PROTO_ICMP : WP_PROTO_ICMPV6, 8 + quoted);
	l4[0] = type;
	l4[1] = code;
	put16(l4 + 4, word >> 16);
	put16(l4 + 6, word);
	memcpy(l4 + 8, copy, quoted);
	udp = l4 + 8 + (version == 4 ? 20 : 40);
	memcpy(&sum, udp + UDP_SUM, 2);
	ck_assert_uint_ne(sum, 0);
	done(ICMP_SUM);
	return l4;
}

/** The quoted packet is what a translation of it the other way would be. @param quoted  bytes there
 * are of it */
static void
assert_quoted(uint8_t version, const uint8_t *ip, unsigned int size, unsigned int quoted)
{
	uint8_t copy[4000], *l4;
	unsigned int header = version == 4 ? 20 : 40;

	memcpy(copy, ip, quoted);
	ck_assert_uint_eq(ip[0] >> 4, version);
	ck_assert_mem_eq(ip + (version == 4 ? 12 : 8), version == 4 ? to4 : to6,
			 version == 4 ? 4 : 16);
	ck_assert_mem_eq(ip + (version == 4 ? 16 : 24), version == 4 ? from4 : from6,
			 version == 4 ? 4 : 16);
	ck_assert_uint_eq(get16(ip + (version == 4 ? 2 : 4)), version == 4 ? size : size - 40);
	ck_assert_uint_eq(ip[version == 4 ? 8 : 7], 61);
	if (version == 4)
		ck_assert_uint_eq(wp_checksum(ip, 20), 0);
	/* Made whole again, its checksum is right. */
	l4 = start(version, WP_PROTO_UDP, size - header);
	memcpy(ip_header(), copy, quoted);
	put16(l4 + 4, size - header);
	wp_parse(&pkt);
	ck_assert_uint_eq(wp_checksum_l4(&pkt), 0);
}

static const struct error {
	uint8_t version, type, code;
	uint32_t word;
	uint8_t type_after, code_after;
	uint32_t word_after;
} errors[] = {
	/* RFC 7915 4.2 */
	{4, 3, 0, 0, 1, 0, 0},
	{4, 3, 1, 0, 1, 0, 0},
	{4, 3, 2, 0, 4, 1, 6},
	{4, 3, 3, 0, 1, 4, 0},
	{4, 3, 4, 1400, 2, 0, 1420},
	{4, 3, 4, 0xffff0000 | 1400, 2, 0, 1420},
	{4, 3, 4, 576, 2, 0, 1280},
	{4, 3, 4, 65535, 2, 0, 65555},
	{4, 3, 4, 0, 2, 0, 1280}, /* 1,028 bytes: 1,006 and 20 */
	{4, 3, 5, 0, 1, 0, 0},
	{4, 3, 6, 0, 1, 0, 0},
	{4, 3, 7, 0, 1, 0, 0},
	{4, 3, 8, 0, 1, 0, 0},
	{4, 3, 9, 0, 1, 1, 0},
	{4, 3, 10, 0, 1, 1, 0},
	{4, 3, 11, 0, 1, 0, 0},
	{4, 3, 12, 0, 1, 0, 0},
	{4, 3, 13, 0, 1, 1, 0},
	{4, 3, 15, 0, 1, 1, 0},
	{4, 11, 0, 0, 3, 0, 0},
	{4, 11, 1, 0, 3, 1, 0},
	{4, 12, 0, 0, 4, 0, 0},
	{4, 12, 0, 1u << 24, 4, 0, 1},
	{4, 12, 0, 2u << 24, 4, 0, 4},
	{4, 12, 2, 3u << 24, 4, 0, 4},
	{4, 12, 0, 8u << 24, 4, 0, 7},
	{4, 12, 0, 9u << 24, 4, 0, 6},
	{4, 12, 0, 12u << 24, 4, 0, 8},
	{4, 12, 0, 15u << 24, 4, 0, 8},
	{4, 12, 0, 16u << 24, 4, 0, 24},
	{4, 12, 0, 19u << 24, 4, 0, 24},
	/* RFC 7915 5.2 */
	{6, 1, 0, 0, 3, 1, 0},
	{6, 1, 1, 0, 3, 10, 0},
	{6, 1, 2, 0, 3, 1, 0},
	{6, 1, 3, 0, 3, 1, 0},
	{6, 1, 4, 0, 3, 3, 0},
	{6, 2, 0, 1400, 3, 4, 1380},
	{6, 2, 0, 1280, 3, 4, 1260},
	{6, 2, 0, 0, 3, 4, 68},
	{6, 2, 0, 0xffffffff, 3, 4, 65535},
	{6, 3, 0, 0, 11, 0, 0},
	{6, 3, 1, 0, 11, 1, 0},
	{6, 4, 0, 0, 12, 0, 0},
	{6, 4, 0, 1, 12, 0, 1u << 24},
	{6, 4, 0, 4, 12, 0, 2u << 24},
	{6, 4, 0, 5, 12, 0, 2u << 24},
	{6, 4, 0, 6, 12, 0, 9u << 24},
	{6, 4, 0, 7, 12, 0, 8u << 24},
	{6, 4, 0, 8, 12, 0, 12u << 24},
	{6, 4, 0, 23, 12, 0, 12u << 24},
	{6, 4, 0, 24, 12, 0, 16u << 24},
	{6, 4, 0, 39, 12, 0, 16u << 24},
	{6, 4, 1, 6, 3, 2, 0},
};

START_TEST(test_errors)
{
	const struct error *row = &errors[_i];
	unsigned int there = row->version == 4 ? 40 : 20, here = 60 - there;
	unsigned int size = here + 1008, quoted = here + 52;
	const uint8_t *ip, *icmp;

	make_error(row->version, row->type, row->code, row->word, size, quoted);
	ip = turned(row->version);
	icmp = ip + there;
	ck_assert_uint_eq(pkt.l4_proto, row->version == 4 ? WP_PROTO_ICMPV6 : WP_PROTO_ICMP);
	ck_assert_uint_eq(icmp[0], row->type_after);
	ck_assert_uint_eq(icmp[1], row->code_after);
	ck_assert_uint_eq(get32(icmp + 4), row->word_after);
	ck_assert_uint_eq(wp_checksum_l4(&pkt), 0);
	ck_assert_uint_eq(pkt.end - pkt.l3, there + 8 + there + 52);
	assert_quoted(row->version == 4 ? 6 : 4, icmp + 8, there + 1008, there + 52);
}
END_TEST

static const struct error no_errors[] = {
	{4, 3, 14, 0, 0, 0, 0},         {4, 3, 16, 0, 0, 0, 0},
	{4, 4, 0, 0, 0, 0, 0},          {4, 5, 0, 0, 0, 0, 0},
	{4, 9, 0, 0, 0, 0, 0},          {4, 10, 0, 0, 0, 0, 0},
	{4, 12, 1, 0, 0, 0, 0},         {4, 12, 0, 4u << 24, 0, 0, 0},
	{4, 12, 0, 10u << 24, 0, 0, 0}, {4, 12, 0, 20u << 24, 0, 0, 0},
	{4, 13, 0, 0, 0, 0, 0},         {4, 17, 0, 0, 0, 0, 0},
	{4, 128, 0, 0, 0, 0, 0},        {6, 1, 5, 0, 0, 0, 0},
	{6, 4, 0, 2, 0, 0, 0},          {6, 4, 0, 40, 0, 0, 0},
	{6, 4, 2, 0, 0, 0, 0},          {6, 4, 0, 1u << 24, 0, 0, 0},
	{6, 8, 0, 0, 0, 0, 0},          {6, 130, 0, 0, 0, 0, 0},
	{6, 133, 0, 0, 0, 0, 0},        {6, 135, 0, 0, 0, 0, 0},
	{6, 137, 0, 0, 0, 0, 0},        {6, 143, 0, 0, 0, 0, 0},
};

START_TEST(test_messages_without_counterpart_are_refused)
{
	const struct error *row = &no_errors[_i];

	make_error(row->version, row->type, row->code, row->word, 500, 100);
	refused(row->version, -EPROTONOSUPPORT);
}
END_TEST

START_TEST(test_mtus_of_the_links_are_minded)
{
	make_error(4, 3, 4, 1500, 500, 100);
	how6.mtu4 = 1450;
	ck_assert_uint_eq(get32(turned(4) + 44), 1470);
	make_error(4, 3, 4, 1500, 500, 100);
	how6.mtu6 = 1400;
	ck_assert_uint_eq(get32(turned(4) + 44), 1400);
	make_error(6, 2, 0, 1500, 500, 100);
	how4.mtu6 = 1460;
	ck_assert_uint_eq(get32(turned(6) + 24), 1440);
	make_error(6, 2, 0, 1500, 500, 100);
	how4.mtu4 = 1430;
	ck_assert_uint_eq(get32(turned(6) + 24), 1430);
}
END_TEST

/* RFC 1191 7: of a router that tells no MTU. */
START_TEST(test_plateaus)
{
	static const struct {
		unsigned int size, mtu;
	} rows[] = {{2002, 1492}, {2003, 2002}, {3000, 2002}, {1493, 1492}};

	make_error(4, 3, 4, 0, rows[_i].size, 100);
	ck_assert_uint_eq(get32(turned(4) + 44), rows[_i].mtu + 20);
}
END_TEST

/* RFC 7915 5.2: a fragment header that IPv4 does not have makes up for 8 more. */
START_TEST(test_too_big_about_a_fragment)
{
	uint8_t *l4 = start(6, WP_PROTO_ICMPV6, 8 + 40 + 8 + 20), *quoted = l4 + 8;
	const uint8_t *ip;

	memset(l4, 0, 8);
	l4[0] = 2;
	put16(l4 + 6, 1400);
	write_ip(quoted, 6, WP_PROTO_FRAGMENT, 1000, true);
	memcpy(quoted + 40, "\x11\0\x00\x09\1\2\3\4", 8);
	done(ICMP_SUM);
	ip = turned(6);
	ck_assert_uint_eq(get32(ip + 24), 1372);
	ck_assert_uint_eq(wp_checksum_l4(&pkt), 0);
	ip += 28;
	ck_assert_uint_eq(wp_checksum(ip, 20), 0);
	ck_assert_uint_eq(get16(ip + 2), 20 + 992);
	ck_assert_uint_eq(get16(ip + 4), 0x0304);
	ck_assert_uint_eq(get16(ip + 6), 0x2001);
	ck_assert_mem_eq(ip + 20, before + START + ETHER + 40 + 8 + 48, 20);
}
END_TEST

START_TEST(test_errors_about_echoes)
{
	uint8_t version = _i == 0 ? 4 : 6, *l4, *quoted;
	unsigned int here = version == 4 ? 20 : 40, there = 60 - here;
	const uint8_t *inner;
	uint8_t copy[200];

	/* The quoted echo, with its checksum. */
	l4 = start(version, version == 4 ? WP_PROTO_ICMP : WP_PROTO_ICMPV6, 64);
	write_ip(ip_header(), version, version == 4 ? WP_PROTO_ICMP : WP_PROTO_ICMPV6, 64, true);
	l4[0] = version == 4 ? 8 : 128;
	l4[1] = 0;
	done(ICMP_SUM);
	memcpy(copy, ip_header(), here + 64);
	l4 = start(version, version == 4 ? WP_PROTO_ICMP : WP_PROTO_ICMPV6, 8 + here + 64);
	quoted = l4 + 8;
	memcpy(l4, "\3\0\0\0\0\0\0\0", 8);
	if (version == 4)
		l4[0] = 11;
	memcpy(quoted, copy, here + 64);
	done(ICMP_SUM);
	inner = turned(version) + there + 8;
	ck_assert_uint_eq(wp_checksum_l4(&pkt), 0);
	ck_assert_uint_eq(inner[there], version == 4 ? 128 : 8);
	/* As a packet of its own it is sound. */
	memcpy(copy, inner, there + 64);
	start(version == 4 ? 6 : 4, 0, 64);
	memcpy(ip_header(), copy, there + 64);
	wp_parse(&pkt);
	ck_assert_uint_ne(pkt.l4, 0);
	ck_assert_uint_eq(wp_checksum_l4(&pkt), 0);
}
END_TEST

START_TEST(test_errors_about_errors_are_refused)
{
	uint8_t *l4 = make_error(4, 3, 1, 0, 100, 60);

	l4[8 + 9] = WP_PROTO_ICMP;
	l4[8 + 20] = 3;
	done(ICMP_SUM);
	refused(4, -EPROTONOSUPPORT);
	l4 = make_error(6, 1, 1, 0, 100, 80);
	l4[8 + 6] = WP_PROTO_ICMPV6;
	l4[8 + 40] = 1;
	done(ICMP_SUM);
	refused(6, -EPROTONOSUPPORT);
}
END_TEST

START_TEST(test_errors_that_quote_no_header_are_refused)
{
	for (unsigned int quoted = 0; quoted < 20; quoted++) {
		start(4, WP_PROTO_ICMP, 8 + quoted);
		memcpy(ip_header() + 20, "\3\1\0\0\0\0\0\0", 8);
		if (quoted != 0)
			ip_header()[28] = 0x45;
		done(ICMP_SUM);
		refused(4, -EBADMSG);
	}
	make_error(4, 3, 1, 0, 100, 60)[8] = 0x65; /* of the other family */
	refused(4, -EBADMSG);
}
END_TEST

/* RFC 4443 2.4 c: at most 1280 bytes; an IPv4 error may be as long as it likes. */
START_TEST(test_long_errors_are_cut)
{
	uint8_t *l4 = make_error(4, 3, 1, 0, 1500, 1472);
	const uint8_t *ip;

	ck_assert_ptr_nonnull(l4);
	ip = turned(4);
	ck_assert_uint_eq(get16(ip + 4), 1240);
	ck_assert_uint_eq(wp_checksum_l4(&pkt), 0);
	make_error(6, 1, 4, 0, 1500, 1232);
	ip = turned(6);
	ck_assert_uint_eq(get16(ip + 2), 1240);
	ck_assert_uint_eq(wp_checksum_l4(&pkt), 0);
}
END_TEST

/* RFC 4884: extensions go, as no length says any more where they begin. */
START_TEST(test_extensions_of_errors_go)
{
	const uint8_t *ip;

	make_error(4, 11, 0, 32u << 16, 500, 128 + 20); /* 128 bytes, then 20 of extensions */
	ip = turned(4);
	ck_assert_uint_eq(get16(ip + 4), 8 + 128 + 20);
	ck_assert_uint_eq(get32(ip + 44), 0);
	ck_assert_uint_eq(wp_checksum_l4(&pkt), 0);
	make_error(6, 3, 0, 16u << 24, 500, 128 + 20);
	ip = turned(6);
	ck_assert_uint_eq(get16(ip + 2), 20 + 8 + 128 - 20);
	ck_assert_uint_eq(get32(ip + 24), 0);
	ck_assert_uint_eq(wp_checksum_l4(&pkt), 0);
	make_error(4, 11, 0, 4u << 16, 500, 148); /* shorter than the header */
	refused(4, -EBADMSG);
}
END_TEST

/* No buffer holds such a packet, but an error may quote the start of one. */
START_TEST(test_what_is_too_long_for_ipv4_is_refused)
{
	for (unsigned int size = 65515; size <= 65516; size++) {
		uint8_t *l4 = make_error(6, 1, 4, 0, 100, 80);

		put16(l4 + 8 + 4, size);
		done(ICMP_SUM);
		if (size == 65515)
			ck_assert_uint_eq(get16(turned(6) + 28 + 2), 65535);
		else
			refused(6, -EMSGSIZE);
	}
}
END_TEST

/* What it quotes is found for the caller. */
START_TEST(test_quoted_header_is_found)
{
	uint8_t *icmp = make_error(4, 3, 1, 0, 100, 28);

	ck_assert_ptr_eq(wp_siit_quoted(&pkt), icmp + 8);
	icmp[0] = 8;
	ck_assert_ptr_null(wp_siit_quoted(&pkt));
	icmp = make_error(6, 2, 0, 1400, 100, 48);
	ck_assert_ptr_eq(wp_siit_quoted(&pkt), icmp + 8);
	icmp[8] = 0x45;
	ck_assert_ptr_null(wp_siit_quoted(&pkt));
	start(6, WP_PROTO_ICMPV6, 8 + 39)[0] = 2;
	ip_header()[40 + 8] = 0x60;
	done(-1);
	ck_assert_ptr_null(wp_siit_quoted(&pkt));
	start(4, WP_PROTO_UDP, 60)[0] = 3;
	done(-1);
	ck_assert_ptr_null(wp_siit_quoted(&pkt));
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
	put16(ip_header() - 2, 0x0806);
	wp_parse(&pkt);
	refused(4, -EBADMSG);
	start(4, 47, 20);
	put16(ip_header() + 2, 41); /* a byte that is not there */
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
	tcase_add_test(tcase, test_what_is_too_long_for_ipv4_is_refused);
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
	tcase_add_loop_test(tcase, test_echoes, 0, 4);
	tcase_add_loop_test(tcase, test_errors, 0, ROWS(errors));
	tcase_add_loop_test(tcase, test_messages_without_counterpart_are_refused, 0,
			    ROWS(no_errors));
	tcase_add_test(tcase, test_mtus_of_the_links_are_minded);
	tcase_add_loop_test(tcase, test_plateaus, 0, 4);
	tcase_add_test(tcase, test_too_big_about_a_fragment);
	tcase_add_loop_test(tcase, test_errors_about_echoes, 0, 2);
	tcase_add_test(tcase, test_errors_about_errors_are_refused);
	tcase_add_test(tcase, test_errors_that_quote_no_header_are_refused);
	tcase_add_test(tcase, test_long_errors_are_cut);
	tcase_add_test(tcase, test_extensions_of_errors_go);
	tcase_add_test(tcase, test_quoted_header_is_found);
	tcase_add_test(tcase, test_packets_of_the_other_family_are_refused);
	return unit_main("siit", tcase);
}
