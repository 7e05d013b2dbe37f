/* SPDX-License-Identifier: BSD-3-Clause */
/* See harness.h. */

#include "harness.h"

const uint8_t from4[4] = {192, 0, 2, 1}, to4[4] = {198, 51, 100, 2};
const uint8_t from6[16] = {0x20, 1, 0xd, 0xb8, [15] = 1};
const uint8_t to6[16] = {0, 0x64, 0xff, 0x9b, [12] = 198, 51, 100, 2};

uint8_t bytes[ROOM], before[ROOM];
struct wp_packet pkt;
struct wp_siit how4, how6;
static struct wp_packet pkt_before;

void
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

uint8_t *
write_ip(uint8_t *ip, uint8_t version, uint8_t protocol, unsigned int payload, bool back)
{
	uint16_t sum;

	memset(ip, 0, version == 4 ? 20 : 40);
	if (version == 4) {
		ip[0] = 0x45;
		ip[1] = 0xb8;
		wp_put16(ip + 2, 20 + payload);
		wp_put16(ip + 4, 0x1234);
		ip[8] = 61;
		ip[9] = protocol;
		memcpy(ip + 12, back ? to4 : from4, 4);
		memcpy(ip + 16, back ? from4 : to4, 4);
		sum = wp_checksum_ipv4(ip, 20);
		memcpy(ip + 10, &sum, 2);
		return ip + 20;
	}
	wp_put16(ip, 0x6b80);
	wp_put16(ip + 2, 0x1234);
	wp_put16(ip + 4, payload);
	ip[6] = protocol;
	ip[7] = 61;
	memcpy(ip + 8, back ? to6 : from6, 16);
	memcpy(ip + 24, back ? from6 : to6, 16);
	return ip + 40;
}

uint8_t *
start(uint8_t version, uint8_t protocol, unsigned int payload)
{
	uint8_t *ip = bytes + START + ETHER, *l4;

	memcpy(ip - 14, "\2\0\0\0\0\2\2\0\0\0\0\1", 12);
	wp_put16(ip - 2, version == 4 ? WP_ETHERTYPE_IPV4 : WP_ETHERTYPE_IPV6);
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

uint8_t *
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

void
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

int
turn(uint8_t version)
{
	memcpy(before, bytes, sizeof(bytes));
	pkt_before = pkt;
	return version == 4 ? wp_siit_4to6(&pkt, &how6) : wp_siit_6to4(&pkt, &how4);
}

uint8_t *
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
	ck_assert_uint_eq(wp_get16(ip - 2), version == 4 ? 0x86dd : 0x0800);
	if (version == 6) {
		ck_assert_uint_eq(wp_checksum(ip, 20), 0);
		ck_assert_uint_eq(ip[0], 0x45);
		ck_assert_uint_eq(wp_get16(ip + 2), pkt.end - pkt.l3);
		ck_assert_mem_eq(ip + 12, from4, 4);
		ck_assert_mem_eq(ip + 16, to4, 4);
	} else {
		ck_assert_uint_eq(wp_get16(ip + 4), pkt.end - pkt.l3 - 40);
		ck_assert_mem_eq(ip + 8, from6, 16);
		ck_assert_mem_eq(ip + 24, to6, 16);
	}
	return ip;
}

void
refused(uint8_t version, int err)
{
	ck_assert_int_eq(turn(version), err);
	ck_assert_mem_eq(bytes, before, sizeof(bytes));
	ck_assert_mem_eq(&pkt, &pkt_before, sizeof(pkt));
}
