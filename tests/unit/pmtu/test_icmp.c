/* SPDX-License-Identifier: BSD-3-Clause */
/* lib/pmtu/icmp.c: answers byte by byte, what gets none, and how many there are. */

#include "pmtu/icmp.h"

#include <errno.h>

#include "sample.h"
#include "unit.h"

enum { SECOND_NS = 1000000000 };

static struct sample sample, before;
static struct wp_icmp_limit limit;
static struct wp_icmp_rate rate;

static void
setup(void)
{
	memset(&limit, 0, sizeof(limit));
	rate = wp_icmp_rate(1000);
}

/** Makes a packet, answers it, and keeps it as it was in 'before'. @return what it says */
static int
answer(struct wp_packet *pkt, enum wp_icmp_error error, uint32_t mtu)
{
	const struct wp_icmp icmp = {.error = error, .mtu = mtu};

	before = sample;
	before.pkt.buf = before.bytes;
	return wp_icmp_answer(pkt, &icmp, &rate, &limit, SECOND_NS);
}

/** The packet has been left as it was. */
static void
assert_untouched(void)
{
	before.pkt.buf = sample.bytes;
	ck_assert_mem_eq(&sample.pkt, &before.pkt, sizeof(sample.pkt));
	ck_assert_mem_eq(sample.bytes, before.bytes, SAMPLE_ROOM);
}

/** The first @p n bytes of the packet are quoted at @p at; Ethernet addresses have changed places.
 */
static void
assert_quoted(const uint8_t *at, unsigned int n)
{
	const uint8_t *ether = wp_start(&sample.pkt), *was = wp_start(&before.pkt);

	ck_assert_mem_eq(at, wp_l3(&before.pkt), n);
	ck_assert_ptr_eq(at + n, wp_start(&sample.pkt) + sample.pkt.len);
	ck_assert_mem_eq(ether, was + 6, 6);
	ck_assert_mem_eq(ether + 6, was, 6);
	ck_assert_mem_eq(ether + 12, was + 12, 2);
	ck_assert_int_eq(sample.pkt.verdict, WP_REPLY);
	ck_assert_uint_eq(wp_checksum_l4(&sample.pkt), 0);
}

static const struct size {
	uint16_t size, quoted;
} sizes4[] = {{28, 28}, {547, 547}, {548, 548}, {549, 548}, {1500, 548}, {9000, 548}},
  sizes6[] = {{48, 48}, {1231, 1231}, {1232, 1232}, {1233, 1232}, {1500, 1232}, {9000, 1232}};

/* RFC 1191 4, RFC 1812 4.3.2: 576 bytes. */
START_TEST(test_fragmentation_needed)
{
	const struct size *row = &sizes4[_i];
	uint8_t *ip = sample_start(&sample, 4, WP_PROTO_UDP, row->size);

	ip[6] = 0x40;
	ck_assert_int_eq(answer(sample_done(&sample), WP_ICMP_TOO_BIG, 1446), 0);
	ip = wp_l3(&sample.pkt);
	ck_assert_uint_eq(wp_checksum(ip, 20), 0);
	ck_assert_uint_eq(get16(ip + 2), 28 + row->quoted);
	ck_assert_uint_eq(ip[8], 64);
	ck_assert_uint_eq(ip[9], WP_PROTO_ICMP);
	ck_assert_mem_eq(ip + 12, ((const uint8_t[]){10, 0, 0, 2, 10, 0, 0, 1}), 8);
	ck_assert_mem_eq(ip + 20, ((const uint8_t[]){3, 4}), 2);
	ck_assert_mem_eq(ip + 24, ((const uint8_t[]){0, 0, 1446 >> 8, 1446 & 255}), 4);
	ck_assert_uint_eq(wp_checksum(ip + 20, 8u + row->quoted), 0);
	assert_quoted(ip + 28, row->quoted);
}
END_TEST

/* RFC 4443 3.2: 1280 bytes. */
START_TEST(test_packet_too_big)
{
	const struct size *row = &sizes6[_i];
	uint8_t *ip;

	sample_start(&sample, 6, WP_PROTO_UDP, row->size);
	ck_assert_int_eq(answer(sample_done(&sample), WP_ICMP_TOO_BIG, 1446), 0);
	ip = wp_l3(&sample.pkt);
	ck_assert_uint_eq(ip[0], 0x60);
	ck_assert_uint_eq(get16(ip + 4), 8u + row->quoted);
	ck_assert_uint_eq(ip[6], WP_PROTO_ICMPV6);
	ck_assert_mem_eq(ip + 8, wp_dest(&before.pkt), 16);
	ck_assert_mem_eq(ip + 24, wp_source(&before.pkt), 16);
	ck_assert_mem_eq(ip + 40, ((const uint8_t[]){2, 0}), 2);
	ck_assert_mem_eq(ip + 44, ((const uint8_t[]){0, 0, 1446 >> 8, 1446 & 255}), 4);
	assert_quoted(ip + 48, row->quoted);
}
END_TEST

static const struct kind {
	enum wp_icmp_error error;
	uint8_t version, type, code;
} kinds[] = {
	{WP_ICMP_NO_ROUTE, 4, 3, 0},         {WP_ICMP_NO_ROUTE, 6, 1, 0},
	{WP_ICMP_HOST_UNREACHABLE, 4, 3, 1}, {WP_ICMP_HOST_UNREACHABLE, 6, 1, 3},
	{WP_ICMP_PORT_UNREACHABLE, 4, 3, 3}, {WP_ICMP_PORT_UNREACHABLE, 6, 1, 4},
	{WP_ICMP_PROHIBITED, 4, 3, 13},      {WP_ICMP_PROHIBITED, 6, 1, 1},
	{WP_ICMP_TIME_EXCEEDED, 4, 11, 0},   {WP_ICMP_TIME_EXCEEDED, 6, 3, 0},
	{WP_ICMP_PARAMETER, 4, 12, 0},       {WP_ICMP_PARAMETER, 6, 4, 0},
};

START_TEST(test_other_errors_have_their_types_and_codes)
{
	const struct kind *row = &kinds[_i];
	unsigned int header = row->version == 4 ? 20 : 40;
	const uint8_t *icmp;

	sample_start(&sample, row->version, WP_PROTO_UDP, 100);
	ck_assert_int_eq(answer(sample_done(&sample), row->error, 1446), 0);
	icmp = wp_l4(&sample.pkt);
	ck_assert_uint_eq(icmp[0], row->type);
	ck_assert_uint_eq(icmp[1], row->code);
	ck_assert_mem_eq(icmp + 4, ((const uint8_t[]){0, 0, 0, 0}), 4); /* unused: no MTU there */
	assert_quoted(wp_l3(&sample.pkt) + header + 8, 100);
}
END_TEST

/* RFC 792: a byte; RFC 4443 3.4: a word. */
START_TEST(test_errors_have_the_ds_field_of_what_they_are_about)
{
	uint8_t *ip = sample_start(&sample, 4, WP_PROTO_UDP, 100);

	ip[1] = 0xb9; /* EF, ECT(1) */
	ck_assert_int_eq(answer(sample_done(&sample), WP_ICMP_NO_ROUTE, 0), 0);
	ck_assert_uint_eq(((const uint8_t *)wp_l3(&sample.pkt))[1], 0xb8);
	ip = sample_start(&sample, 6, WP_PROTO_UDP, 100);
	memcpy(ip, "\x6b\x9f", 2);
	ck_assert_int_eq(answer(sample_done(&sample), WP_ICMP_NO_ROUTE, 0), 0);
	ck_assert_mem_eq(wp_l3(&sample.pkt), "\x6b\x80", 2);
}
END_TEST

START_TEST(test_pointer_says_which_byte_is_wrong)
{
	static const struct wp_icmp icmp = {.error = WP_ICMP_PARAMETER, .pointer = 24, .mtu = 1400};
	uint8_t version = _i == 0 ? 4 : 6;

	sample_start(&sample, version, WP_PROTO_UDP, 100);
	ck_assert_int_eq(wp_icmp_answer(sample_done(&sample), &icmp, &rate, &limit, 0), 0);
	ck_assert_uint_eq(wp_checksum_l4(&sample.pkt), 0);
	if (version == 4)
		ck_assert_mem_eq(wp_l4(&sample.pkt) + 4, ((const uint8_t[]){24, 0, 0, 0}), 4);
	else
		ck_assert_mem_eq(wp_l4(&sample.pkt) + 4, ((const uint8_t[]){0, 0, 0, 24}), 4);
}
END_TEST

START_TEST(test_source_is_as_given_if_it_is_of_the_family)
{
	struct wp_icmp icmp = {.error = WP_ICMP_PROHIBITED, .source = {4, {192, 0, 2, 9}}};

	sample_start(&sample, 4, WP_PROTO_UDP, 100);
	ck_assert_int_eq(wp_icmp_answer(sample_done(&sample), &icmp, &rate, &limit, 0), 0);
	ck_assert_mem_eq(wp_source(&sample.pkt), icmp.source.bytes, 4);
	ck_assert_mem_eq(wp_dest(&sample.pkt), ((const uint8_t[]){10, 0, 0, 1}), 4);
	sample_start(&sample, 6, WP_PROTO_UDP, 100);
	before = sample;
	ck_assert_int_eq(wp_icmp_answer(sample_done(&sample), &icmp, &rate, &limit, 0), 0);
	ck_assert_mem_eq(wp_source(&sample.pkt), before.bytes + SAMPLE_START + LINK + 24, 16);
	icmp.source = (struct wp_addr){4, {0}}; /* nobody answers from there */
	sample_start(&sample, 4, WP_PROTO_UDP, 100);
	ck_assert_int_eq(wp_icmp_answer(sample_done(&sample), &icmp, &rate, &limit, 0), -EPERM);
}
END_TEST

START_TEST(test_ethernet_padding_is_not_quoted)
{
	sample_start(&sample, 4, WP_PROTO_UDP, 30);
	sample.pkt.len += 16;
	ck_assert_int_eq(answer(sample_done(&sample), WP_ICMP_PORT_UNREACHABLE, 0), 0);
	assert_quoted(wp_l3(&sample.pkt) + 28, 30);
}
END_TEST

START_TEST(test_packet_without_ethernet_is_answered)
{
	sample_start(&sample, 6, WP_PROTO_UDP, 100);
	sample.pkt.flags = 0;
	sample.pkt.start += LINK;
	sample.pkt.len -= LINK;
	ck_assert_int_eq(answer(sample_done(&sample), WP_ICMP_PORT_UNREACHABLE, 0), 0);
	ck_assert_uint_eq(sample.pkt.l3, sample.pkt.start);
	ck_assert_uint_eq(sample.pkt.len, 148);
	ck_assert_uint_eq(wp_checksum_l4(&sample.pkt), 0);
}
END_TEST

/** One byte, or two, that make a packet one that gets no answer, or still gets one. */
static const struct odd {
	uint8_t version, proto;
	struct {
		uint8_t at, value; /* at: from the Ethernet header on; 0: nothing */
	} set[2];
	enum wp_icmp_error error;
	int want;
} odds[] = {
	/* Sources that are no single host (RFC 1122 3.2.2). */
	{4, 17, {{LINK + 12, 0}}, WP_ICMP_TOO_BIG, -EPERM},
	{4, 17, {{LINK + 12, 127}}, WP_ICMP_TOO_BIG, -EPERM},
	{4, 17, {{LINK + 12, 224}}, WP_ICMP_TOO_BIG, -EPERM},
	{4, 17, {{LINK + 12, 255}}, WP_ICMP_TOO_BIG, -EPERM},
	{4, 17, {{LINK + 12, 240}}, WP_ICMP_TOO_BIG, -EPERM},
	{4, 17, {{LINK + 12, 223}}, WP_ICMP_TOO_BIG, 0},
	{6, 17, {{LINK + 8, 0xff}}, WP_ICMP_TOO_BIG, -EPERM},
	/* Destinations that are several: none in their name. */
	{4, 17, {{LINK + 16, 224}}, WP_ICMP_TOO_BIG, -EPERM},
	{4, 17, {{LINK + 16, 255}}, WP_ICMP_PORT_UNREACHABLE, -EPERM},
	{6, 17, {{LINK + 24, 0xff}}, WP_ICMP_TOO_BIG, -EPERM},
	/* Frames to several stations (RFC 4443 2.4 e.4 has the exception). */
	{4, 17, {{0, 1}}, WP_ICMP_TOO_BIG, -EPERM},
	{6, 17, {{0, 1}}, WP_ICMP_PORT_UNREACHABLE, -EPERM},
	{6, 17, {{0, 1}}, WP_ICMP_TOO_BIG, 0},
	/* ICMP errors, and what may be one. */
	{4, 1, {{LINK + 20, 3}}, WP_ICMP_TOO_BIG, -EPERM},
	{4, 1, {{LINK + 20, 4}}, WP_ICMP_TOO_BIG, -EPERM},
	{4, 1, {{LINK + 20, 5}}, WP_ICMP_TOO_BIG, -EPERM},
	{4, 1, {{LINK + 20, 11}}, WP_ICMP_TOO_BIG, -EPERM},
	{4, 1, {{LINK + 20, 12}}, WP_ICMP_TOO_BIG, -EPERM},
	{4, 1, {{LINK + 20, 40}}, WP_ICMP_TOO_BIG, -EPERM},
	{4, 1, {{LINK + 20, 8}}, WP_ICMP_TOO_BIG, 0},
	{4, 1, {{LINK + 20, 0}}, WP_ICMP_TOO_BIG, 0},
	{6, 58, {{LINK + 40, 1}}, WP_ICMP_TOO_BIG, -EPERM},
	{6, 58, {{LINK + 40, 2}}, WP_ICMP_TOO_BIG, -EPERM},
	{6, 58, {{LINK + 40, 127}}, WP_ICMP_TOO_BIG, -EPERM},
	{6, 58, {{LINK + 40, 137}}, WP_ICMP_TOO_BIG, -EPERM},
	{6, 58, {{LINK + 40, 128}}, WP_ICMP_TOO_BIG, 0},
	/* Fragments: the first alone. */
	{4, 17, {{LINK + 7, 1}}, WP_ICMP_TOO_BIG, -EPERM},
	{4, 17, {{LINK + 6, 0x20}}, WP_ICMP_TOO_BIG, 0},
	{6, 44, {{LINK + 40, 17}, {LINK + 43, 9}}, WP_ICMP_TOO_BIG, -EPERM},
	{6, 44, {{LINK + 40, 58}, {LINK + 43, 9}}, WP_ICMP_TOO_BIG, -EPERM},
	/* Damaged. */
	{4, 17, {{LINK + 2, 9}}, WP_ICMP_TOO_BIG, -EPERM},
	{4, 17, {{LINK + 0, 0x44}}, WP_ICMP_TOO_BIG, -EPERM},
	{6, 17, {{LINK + 4, 9}}, WP_ICMP_TOO_BIG, -EPERM},
	{4, 17, {{13, 6}}, WP_ICMP_TOO_BIG, -EPERM}, /* ARP */
};

START_TEST(test_only_what_may_be_answered_is)
{
	const struct odd *odd = &odds[_i];

	sample_start(&sample, odd->version, odd->proto, 1447);
	for (unsigned int i = 0; i < 2; i++)
		if (i == 0 || odd->set[i].at != 0)
			sample.bytes[SAMPLE_START + odd->set[i].at] = odd->set[i].value;
	if (odd->proto == WP_PROTO_FRAGMENT)
		sample.bytes[SAMPLE_START + LINK + 42] = 0;
	ck_assert_int_eq(answer(sample_done(&sample), odd->error, 1446), odd->want);
	if (odd->want != 0)
		assert_untouched();
	else
		ck_assert_uint_eq(wp_start(&sample.pkt)[6] & 1, 0); /* no group sends */
}
END_TEST

START_TEST(test_unspecified_and_loopback_ipv6_sources_get_no_answer)
{
	uint8_t *ip = sample_start(&sample, 6, WP_PROTO_UDP, 1447);

	memset(ip + 8, 0, 16);
	ip[23] = (uint8_t)_i;
	ck_assert_int_eq(answer(sample_done(&sample), WP_ICMP_TOO_BIG, 1446), _i < 2 ? -EPERM : 0);
}
END_TEST

START_TEST(test_wrong_header_checksum_gets_no_answer)
{
	sample_start(&sample, 4, WP_PROTO_UDP, 1447);
	sample_done(&sample);
	wp_l3(&sample.pkt)[10] ^= 1;
	ck_assert_int_eq(answer(&sample.pkt, WP_ICMP_TOO_BIG, 1446), -EPERM);
	assert_untouched();
}
END_TEST

START_TEST(test_icmp_whose_type_cannot_be_read_gets_no_answer)
{
	sample_start(&sample, _i ? 6 : 4, _i ? WP_PROTO_ICMPV6 : WP_PROTO_ICMP, _i ? 47 : 27);
	ck_assert_int_eq(answer(sample_done(&sample), WP_ICMP_PROHIBITED, 0), -EPERM);
	assert_untouched();
}
END_TEST

START_TEST(test_answers_are_not_answered)
{
	sample_start(&sample, _i ? 6 : 4, WP_PROTO_UDP, 1447);
	ck_assert_int_eq(answer(sample_done(&sample), WP_ICMP_TOO_BIG, 1446), 0);
	ck_assert_int_eq(answer(&sample.pkt, WP_ICMP_TOO_BIG, 1446), -EPERM);
}
END_TEST

/* RFC 8200 5, RFC 791 3.2: no sender goes below. */
START_TEST(test_mtu_below_the_least_is_not_told)
{
	sample_start(&sample, 6, WP_PROTO_UDP, 1447);
	ck_assert_int_eq(answer(sample_done(&sample), WP_ICMP_TOO_BIG, 1279), -EPERM);
	ck_assert_int_eq(answer(&sample.pkt, WP_ICMP_TOO_BIG, 1280), 0);
	sample_start(&sample, 4, WP_PROTO_UDP, 1447);
	ck_assert_int_eq(answer(sample_done(&sample), WP_ICMP_TOO_BIG, 67), -EPERM);
	ck_assert_int_eq(answer(&sample.pkt, WP_ICMP_TOO_BIG, 68), 0);
}
END_TEST

START_TEST(test_without_headroom_there_is_no_answer)
{
	const unsigned int wanted = _i ? 48 : 28, tag = 38;

	for (unsigned int front = tag; front < tag + 60; front++) {
		sample_start(&sample, _i ? 6 : 4, WP_PROTO_UDP, 1447);
		sample.pkt.buf += SAMPLE_START - front;
		sample.pkt.room -= SAMPLE_START - front;
		sample.pkt.start = (uint16_t)front;
		sample.pkt.tag.encap_size = tag;
		sample.pkt.tag.encap = (uint16_t)(front - tag);
		sample_done(&sample);
		ck_assert_int_eq(answer(&sample.pkt, WP_ICMP_TOO_BIG, 1446),
				 front - tag < wanted ? -ENOBUFS : 0);
	}
}
END_TEST

/* How many. */

/** @return how many of @p n packets of a tenant are answered at one time. */
static unsigned int
answered(unsigned int n, uint16_t tenant, uint64_t now_ns)
{
	const struct wp_icmp icmp = {.error = WP_ICMP_PROHIBITED};
	unsigned int got = 0;

	while (n-- > 0) {
		sample_start(&sample, 4, WP_PROTO_UDP, 28);
		sample.pkt.tenant = tenant;
		got += wp_icmp_answer(sample_done(&sample), &icmp, &rate, &limit, now_ns) == 0;
	}
	return got;
}

static const struct flow {
	uint32_t per_second;
	unsigned int at_once, after_100_ms, after_10_s;
} flows[] = {{0, 0, 0, 0},
	     {1, 10, 0, 10},
	     {50, 10, 5, 10},
	     {1000, 100, 100, 100},
	     {3000, 300, 300, 300}};

START_TEST(test_answers_keep_to_their_rate)
{
	const struct flow *row = &flows[_i];
	uint64_t now = 7 * (uint64_t)SECOND_NS;

	rate = wp_icmp_rate(row->per_second);
	ck_assert_uint_eq(answered(500, 0, now), row->at_once);
	ck_assert_uint_eq(answered(500, 0, now), 0);
	ck_assert_uint_eq(answered(500, 0, now += SECOND_NS / 10), row->after_100_ms);
	ck_assert_uint_eq(answered(500, 0, now + 10 * (uint64_t)SECOND_NS), row->after_10_s);
}
END_TEST

START_TEST(test_one_tenants_flood_leaves_the_others_answers)
{
	ck_assert_uint_eq(answered(1000, 1, SECOND_NS), 100);
	ck_assert_uint_eq(answered(1000, 2, SECOND_NS), 100);
	ck_assert_uint_eq(answered(1000, 1 + 256, SECOND_NS), 0); /* shares its bucket */
}
END_TEST

START_TEST(test_what_may_not_be_answered_takes_no_token)
{
	for (unsigned int i = 0; i < 1000; i++) {
		sample_start(&sample, 4, WP_PROTO_UDP, 28)[12] = 0;
		ck_assert_int_eq(answer(sample_done(&sample), WP_ICMP_PROHIBITED, 0), -EPERM);
	}
	ck_assert_uint_eq(answered(1000, 0, SECOND_NS), 100);
	sample_start(&sample, 4, WP_PROTO_UDP, 28);
	ck_assert_int_eq(answer(sample_done(&sample), WP_ICMP_PROHIBITED, 0), -EBUSY);
	assert_untouched();
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("icmp");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_loop_test(tcase, test_fragmentation_needed, 0, ROWS(sizes4));
	tcase_add_loop_test(tcase, test_packet_too_big, 0, ROWS(sizes6));
	tcase_add_loop_test(tcase, test_other_errors_have_their_types_and_codes, 0, ROWS(kinds));
	tcase_add_test(tcase, test_errors_have_the_ds_field_of_what_they_are_about);
	tcase_add_loop_test(tcase, test_pointer_says_which_byte_is_wrong, 0, 2);
	tcase_add_test(tcase, test_source_is_as_given_if_it_is_of_the_family);
	tcase_add_test(tcase, test_ethernet_padding_is_not_quoted);
	tcase_add_test(tcase, test_packet_without_ethernet_is_answered);
	tcase_add_loop_test(tcase, test_only_what_may_be_answered_is, 0, ROWS(odds));
	tcase_add_loop_test(tcase, test_unspecified_and_loopback_ipv6_sources_get_no_answer, 0, 3);
	tcase_add_test(tcase, test_wrong_header_checksum_gets_no_answer);
	tcase_add_loop_test(tcase, test_icmp_whose_type_cannot_be_read_gets_no_answer, 0, 2);
	tcase_add_loop_test(tcase, test_answers_are_not_answered, 0, 2);
	tcase_add_test(tcase, test_mtu_below_the_least_is_not_told);
	tcase_add_loop_test(tcase, test_without_headroom_there_is_no_answer, 0, 2);
	tcase_add_loop_test(tcase, test_answers_keep_to_their_rate, 0, ROWS(flows));
	tcase_add_test(tcase, test_one_tenants_flood_leaves_the_others_answers);
	tcase_add_test(tcase, test_what_may_not_be_answered_takes_no_token);
	return unit_main("pmtu icmp", tcase);
}
