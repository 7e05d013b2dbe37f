/* SPDX-License-Identifier: BSD-3-Clause */
/* lib/siit: ICMP of one family becomes that of the other, and what errors quote with it (RFC 7915
 * 4.2, 4.3, 5.2 and 5.3). */

#include "harness.h"

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
	wp_put16(l4 + 4, size - (version == 4 ? 20 : 40));
	done(UDP_SUM);
	memcpy(copy, ip_header(), quoted);
	l4 = start(version, version == 4 ? WP_PROTO_ICMP : WP_PROTO_ICMPV6, 8 + quoted);
	l4[0] = type;
	l4[1] = code;
	wp_put16(l4 + 4, word >> 16);
	wp_put16(l4 + 6, word);
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
	ck_assert_uint_eq(wp_get16(ip + (version == 4 ? 2 : 4)), version == 4 ? size : size - 40);
	ck_assert_uint_eq(ip[version == 4 ? 8 : 7], 61);
	if (version == 4)
		ck_assert_uint_eq(wp_checksum(ip, 20), 0);
	/* Made whole again, its checksum is right. */
	l4 = start(version, WP_PROTO_UDP, size - header);
	memcpy(ip_header(), copy, quoted);
	wp_put16(l4 + 4, size - header);
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
	ck_assert_uint_eq(wp_get32(icmp + 4), row->word_after);
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
	ck_assert_uint_eq(wp_get32(turned(4) + 44), 1470);
	make_error(4, 3, 4, 1500, 500, 100);
	how6.mtu6 = 1400;
	ck_assert_uint_eq(wp_get32(turned(4) + 44), 1400);
	make_error(6, 2, 0, 1500, 500, 100);
	how4.mtu6 = 1460;
	ck_assert_uint_eq(wp_get32(turned(6) + 24), 1440);
	make_error(6, 2, 0, 1500, 500, 100);
	how4.mtu4 = 1430;
	ck_assert_uint_eq(wp_get32(turned(6) + 24), 1430);
}
END_TEST

/* RFC 1191 7: of a router that tells no MTU. */
START_TEST(test_plateaus)
{
	static const struct {
		unsigned int size, mtu;
	} rows[] = {{2002, 1492}, {2003, 2002}, {3000, 2002}, {1493, 1492}};

	make_error(4, 3, 4, 0, rows[_i].size, 100);
	ck_assert_uint_eq(wp_get32(turned(4) + 44), rows[_i].mtu + 20);
}
END_TEST

/* RFC 7915 5.2: a fragment header that IPv4 does not have makes up for 8 more. */
START_TEST(test_too_big_about_a_fragment)
{
	uint8_t *l4 = start(6, WP_PROTO_ICMPV6, 8 + 40 + 8 + 20), *quoted = l4 + 8;
	const uint8_t *ip;

	memset(l4, 0, 8);
	l4[0] = 2;
	wp_put16(l4 + 6, 1400);
	write_ip(quoted, 6, WP_PROTO_FRAGMENT, 1000, true);
	memcpy(quoted + 40, "\x11\0\x00\x09\1\2\3\4", 8);
	done(ICMP_SUM);
	ip = turned(6);
	ck_assert_uint_eq(wp_get32(ip + 24), 1372);
	ck_assert_uint_eq(wp_checksum_l4(&pkt), 0);
	ip += 28;
	ck_assert_uint_eq(wp_checksum(ip, 20), 0);
	ck_assert_uint_eq(wp_get16(ip + 2), 20 + 992);
	ck_assert_uint_eq(wp_get16(ip + 4), 0x0304);
	ck_assert_uint_eq(wp_get16(ip + 6), 0x2001);
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
	ck_assert_uint_eq(wp_get16(ip + 4), 1240);
	ck_assert_uint_eq(wp_checksum_l4(&pkt), 0);
	make_error(6, 1, 4, 0, 1500, 1232);
	ip = turned(6);
	ck_assert_uint_eq(wp_get16(ip + 2), 1240);
	ck_assert_uint_eq(wp_checksum_l4(&pkt), 0);
}
END_TEST

/* RFC 4884: extensions go, as no length says any more where they begin. */
START_TEST(test_extensions_of_errors_go)
{
	const uint8_t *ip;

	make_error(4, 11, 0, 32u << 16, 500, 128 + 20); /* 128 bytes, then 20 of extensions */
	ip = turned(4);
	ck_assert_uint_eq(wp_get16(ip + 4), 8 + 128 + 20);
	ck_assert_uint_eq(wp_get32(ip + 44), 0);
	ck_assert_uint_eq(wp_checksum_l4(&pkt), 0);
	make_error(6, 3, 0, 16u << 24, 500, 128 + 20);
	ip = turned(6);
	ck_assert_uint_eq(wp_get16(ip + 2), 20 + 8 + 128 - 20);
	ck_assert_uint_eq(wp_get32(ip + 24), 0);
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

		wp_put16(l4 + 8 + 4, size);
		done(ICMP_SUM);
		if (size == 65515)
			ck_assert_uint_eq(wp_get16(turned(6) + 28 + 2), 65535);
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

int
main(void)
{
	TCase *tcase = tcase_create("siit icmp");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, test_what_is_too_long_for_ipv4_is_refused);
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
	return unit_main("siit icmp", tcase);
}
