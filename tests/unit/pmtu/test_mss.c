/* SPDX-License-Identifier: BSD-3-Clause */
/* lib/pmtu/mss.c: what is lowered, what is left alone, and options that nobody sane writes. */

#include "pmtu/mss.h"

#include "sample.h"
#include "unit.h"

enum { FIN = 1, SYN = 2, RST = 4, ACK = 16, MTU = 1446 };

static struct sample sample;

/** Makes a TCP packet of 5 bytes of data with a right checksum. @return its first option */
static uint8_t *
tcp(uint8_t version, uint8_t flags, const uint8_t *options, uint8_t n)
{
	uint16_t header = version == 4 ? 20 : 40, sum;
	uint8_t *l4 =
		sample_start(&sample, version, WP_PROTO_TCP, (uint16_t)(header + 20 + n + 5)) +
		header;

	l4[12] = (uint8_t)((20 + n) / 4 << 4);
	l4[13] = flags;
	put16(l4 + 16, 0);
	memcpy(l4 + 20, options, n);
	sample_done(&sample);
	sum = wp_checksum_l4(&sample.pkt);
	memcpy(l4 + 16, &sum, 2);
	return l4 + 20;
}

static const struct row {
	uint8_t version, flags;
	bool lowered;
	uint8_t n;
	uint8_t before[40], after[40];
} rows[] = {
	/* 1446 - 40 = 1406 = 0x57e; 1446 - 60 = 1386 = 0x56a */
	{4, SYN, true, 4, {2, 4, 5, 0xb4}, {2, 4, 5, 0x7e}},
	{6, SYN, true, 4, {2, 4, 5, 0xa0}, {2, 4, 5, 0x6a}},
	{4, SYN | ACK, true, 4, {2, 4, 0xff, 0xff}, {2, 4, 5, 0x7e}},
	{6, SYN | ACK, true, 4, {2, 4, 5, 0x6b}, {2, 4, 5, 0x6a}},
	/* Never raised. */
	{4, SYN, false, 4, {2, 4, 5, 0x7e}, {2, 4, 5, 0x7e}},
	{4, SYN, false, 4, {2, 4, 2, 0x18}, {2, 4, 2, 0x18}},
	{6, SYN, false, 4, {2, 4, 0, 0}, {2, 4, 0, 0}},
	/* None is added, and without SYN it means nothing. */
	{4, SYN, false, 0, {0}, {0}},
	{4, SYN, false, 4, {1, 1, 1, 1}, {1, 1, 1, 1}},
	{4, ACK, false, 4, {2, 4, 5, 0xb4}, {2, 4, 5, 0xb4}},
	{4, RST | FIN, false, 4, {2, 4, 5, 0xb4}, {2, 4, 5, 0xb4}},
	/* At an odd offset, behind other options, and twice. */
	{4, SYN, true, 8, {1, 2, 4, 5, 0xb4, 1, 1, 0}, {1, 2, 4, 5, 0x7e, 1, 1, 0}},
	{6, SYN, true, 8, {3, 3, 7, 2, 4, 0xff, 1, 0}, {3, 3, 7, 2, 4, 5, 0x6a, 0}},
	{4, SYN, true, 8, {4, 2, 1, 1, 2, 4, 9, 9}, {4, 2, 1, 1, 2, 4, 5, 0x7e}},
	{4, SYN, true, 8, {2, 4, 9, 9, 2, 4, 8, 8}, {2, 4, 5, 0x7e, 2, 4, 5, 0x7e}},
	{4, SYN, true, 12, {2, 4, 1, 1, 1, 2, 4, 8, 8}, {2, 4, 1, 1, 1, 2, 4, 5, 0x7e}},
	/* Nobody reads what is behind the end, or behind an option that contradicts itself. */
	{4, SYN, false, 8, {0, 1, 1, 1, 2, 4, 9, 9}, {0, 1, 1, 1, 2, 4, 9, 9}},
	{4, SYN, false, 8, {3, 0, 1, 1, 2, 4, 9, 9}, {3, 0, 1, 1, 2, 4, 9, 9}},
	{4, SYN, false, 8, {3, 1, 1, 1, 2, 4, 9, 9}, {3, 1, 1, 1, 2, 4, 9, 9}},
	{4, SYN, false, 8, {3, 9, 1, 1, 2, 4, 9, 9}, {3, 9, 1, 1, 2, 4, 9, 9}},
	/* MSS options of the wrong length, and without room. */
	{4, SYN, false, 4, {2, 3, 9, 0}, {2, 3, 9, 0}},
	{4, SYN, false, 4, {2, 2, 1, 1}, {2, 2, 1, 1}},
	{4, SYN, false, 8, {2, 5, 9, 9, 9, 1, 1, 1}, {2, 5, 9, 9, 9, 1, 1, 1}},
	{4, SYN, false, 4, {1, 2, 4, 9}, {1, 2, 4, 9}},
	{4, SYN, false, 4, {1, 1, 2, 4}, {1, 1, 2, 4}},
	{4, SYN, false, 4, {1, 1, 1, 2}, {1, 1, 1, 2}},
};

START_TEST(test_mss_is_lowered_only_where_there_is_one_above)
{
	const struct row *row = &rows[_i];
	uint8_t *options = tcp(row->version, row->flags, row->before, row->n);

	ck_assert_uint_eq(wp_checksum_l4(&sample.pkt), 0);
	ck_assert_int_eq(wp_mss_clamp(&sample.pkt, MTU), row->lowered);
	ck_assert_mem_eq(options, row->after, row->n);
	ck_assert_uint_eq(wp_checksum_l4(&sample.pkt), 0);
	ck_assert_int_eq(wp_mss_clamp(&sample.pkt, MTU), false); /* once is enough */
}
END_TEST

/* Nothing but the option and the checksum changes, whatever the values, at even and odd offsets. */
START_TEST(test_checksum_stays_right_for_all_values)
{
	static struct sample before;

	for (unsigned int mss = 1300; mss < 65536; mss += 251) {
		const uint8_t options[8] = {1, 2, 4, (uint8_t)(mss >> 8), (uint8_t)mss};
		unsigned int odd = mss & 1;

		tcp(_i ? 6 : 4, SYN, options + odd, 4 + 4 * (1 - odd));
		before = sample;
		ck_assert_int_eq(wp_mss_clamp(&sample.pkt, 1400 - mss % 97),
				 mss > 1400 - mss % 97 - (_i ? 60 : 40));
		ck_assert_uint_eq(wp_checksum_l4(&sample.pkt), 0);
		memcpy(wp_l4(&sample.pkt) + 16, before.bytes + before.pkt.l4 + 16, 2);
		memcpy(wp_l4(&sample.pkt) + 24 - odd - 1,
		       before.bytes + before.pkt.l4 + 24 - odd - 1, 2);
		ck_assert_mem_eq(sample.bytes, before.bytes, SAMPLE_ROOM);
	}
}
END_TEST

START_TEST(test_wrong_checksum_stays_wrong)
{
	const uint8_t options[] = {2, 4, 5, 0xb4};

	tcp(4, SYN, options, 4);
	wp_l4(&sample.pkt)[17] ^= 1;
	ck_assert(wp_mss_clamp(&sample.pkt, MTU));
	ck_assert_uint_ne(wp_checksum_l4(&sample.pkt), 0);
}
END_TEST

START_TEST(test_mtu_without_room_for_data_changes_nothing)
{
	static const uint32_t mtus[] = {0, 39, 40, UINT32_MAX, UINT16_MAX + 41};
	const uint8_t options[] = {2, 4, 5, 0xb4};

	tcp(4, SYN, options, 4);
	ck_assert(!wp_mss_clamp(&sample.pkt, mtus[_i]));
	ck_assert_uint_eq(wp_checksum_l4(&sample.pkt), 0);
	ck_assert(wp_mss_clamp(&sample.pkt, 41));
	ck_assert_uint_eq(get16(wp_l4(&sample.pkt) + 22), 1);
}
END_TEST

/** Makes the sample an IPv4 fragment with this word of flags and offset. */
static void
make_fragment(unsigned int word)
{
	put16(wp_l3(&sample.pkt) + 6, word);
	sample_done(&sample);
}

START_TEST(test_only_fragments_with_the_tcp_header_are_looked_at)
{
	const uint8_t options[] = {2, 4, 5, 0xb4};

	tcp(4, SYN, options, 4);
	make_fragment(0x0001); /* the bytes are the same, but not what they mean */
	ck_assert(!wp_mss_clamp(&sample.pkt, MTU));
	make_fragment(0x2001);
	ck_assert(!wp_mss_clamp(&sample.pkt, MTU));
	make_fragment(0x2000);
	ck_assert(wp_mss_clamp(&sample.pkt, MTU));
	tcp(4, SYN, options, 4);
	put16(wp_l3(&sample.pkt) + 2, 20 + 20); /* ends before the options */
	make_fragment(0x2000);
	ck_assert(!wp_mss_clamp(&sample.pkt, MTU));
}
END_TEST

START_TEST(test_other_protocols_are_left_alone)
{
	const uint8_t options[] = {2, 4, 5, 0xb4};

	tcp(4, SYN, options, 4);
	wp_l3(&sample.pkt)[9] = WP_PROTO_UDP;
	sample_done(&sample);
	ck_assert(!wp_mss_clamp(&sample.pkt, MTU));
	tcp(4, SYN, options, 4);
	sample.bytes[SAMPLE_START + 13] = 6; /* ARP */
	sample_done(&sample);
	ck_assert(!wp_mss_clamp(&sample.pkt, MTU));
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("mss");

	tcase_add_loop_test(tcase, test_mss_is_lowered_only_where_there_is_one_above, 0,
			    ROWS(rows));
	tcase_add_loop_test(tcase, test_checksum_stays_right_for_all_values, 0, 2);
	tcase_add_test(tcase, test_wrong_checksum_stays_wrong);
	tcase_add_loop_test(tcase, test_mtu_without_room_for_data_changes_nothing, 0, 5);
	tcase_add_test(tcase, test_only_fragments_with_the_tcp_header_are_looked_at);
	tcase_add_test(tcase, test_other_protocols_are_left_alone);
	return unit_main("pmtu mss", tcase);
}
