/* SPDX-License-Identifier: BSD-3-Clause */
/* lib/pmtu/fragment.c: fragments put together again give the packet back; what is not cut. */

#include "pmtu/fragment.h"

#include "sample.h"
#include "unit.h"

static struct sample sample, before, made[WP_BURST_MAX];
static struct wp_packet *list[WP_BURST_MAX];
static unsigned int n_made, buffers;

/* As the runtime does it. */
struct wp_packet *
wp_create(struct wp_core *core, const struct wp_packet *like, uint16_t len)
{
	struct sample *to = &made[n_made];

	if (n_made == buffers)
		return NULL;
	n_made++;
	memset(to->bytes, 0xee, sizeof(to->bytes));
	memcpy(to->bytes + SAMPLE_START, wp_start(like), LINK);
	to->pkt = *like;
	to->pkt.buf = to->bytes;
	to->pkt.start = SAMPLE_START;
	to->pkt.l3 = SAMPLE_START + LINK;
	to->pkt.len = (uint16_t)(LINK + len);
	to->pkt.end = (uint16_t)(to->pkt.l3 + len);
	to->pkt.verdict = WP_NEXT;
	return &to->pkt;
}

static int
cut(uint32_t mtu)
{
	n_made = 0;
	before = sample;
	before.pkt.buf = before.bytes;
	return wp_fragment(NULL, &sample.pkt, mtu, list, WP_BURST_MAX);
}

static void
setup(void)
{
	buffers = WP_BURST_MAX;
}

/** The packet has been left as it was. */
static void
assert_untouched(void)
{
	before.pkt.buf = sample.bytes;
	ck_assert_mem_eq(&sample.pkt, &before.pkt, sizeof(sample.pkt));
	ck_assert_mem_eq(sample.bytes, before.bytes, SAMPLE_ROOM);
}

/** One fragment is sound, and its data is that of the packet from @p at on. @return bytes of data
 */
static unsigned int
assert_fragment(const struct wp_packet *pkt, uint32_t mtu, unsigned int at)
{
	const uint8_t *ip = wp_l3(pkt), *whole = wp_l3(&before.pkt);
	unsigned int header = (ip[0] & 15) * 4u, size = get16(ip + 2);

	ck_assert_mem_eq(wp_start(pkt), wp_start(&before.pkt), LINK);
	ck_assert_uint_eq(pkt->l3, pkt->start + LINK);
	ck_assert_uint_eq(pkt->len, LINK + size);
	ck_assert_uint_eq(pkt->end, pkt->l3 + size);
	ck_assert_uint_le(size, mtu);
	ck_assert_uint_eq(wp_checksum(ip, header), 0);
	ck_assert_uint_eq((get16(ip + 6) & 0x1fff) * 8, (get16(whole + 6) & 0x1fff) * 8 + at);
	ck_assert_mem_eq(ip + 4, whole + 4, 2);
	ck_assert_mem_eq(ip + 8, whole + 8, 2);
	ck_assert_mem_eq(ip + 12, whole + 12, 8);
	ck_assert_mem_eq(ip + header, whole + (whole[0] & 15) * 4 + at, size - header);
	return size - header;
}

/** The fragments are the whole packet, each as long as it can be. */
static void
assert_whole(int n, uint32_t mtu)
{
	unsigned int size = get16(wp_l3(&before.pkt) + 2) - (wp_l3(&before.pkt)[0] & 15) * 4u,
		     at = 0;

	for (int i = 0; i < n; i++) {
		unsigned int got = assert_fragment(list[i], mtu, at);

		ck_assert_uint_eq(get16(wp_l3(list[i]) + 6) & 0xe000, 0x2000);
		ck_assert_uint_eq(got % 8, 0);
		ck_assert_uint_gt(get16(wp_l3(list[i]) + 2) + 8, mtu);
		ck_assert_uint_eq(list[i]->flags & WP_PKT_FRAGMENT, WP_PKT_FRAGMENT);
		ck_assert_int_eq((list[i]->flags & WP_PKT_LATER_FRAGMENT) != 0,
				 i != 0 || (before.pkt.flags & WP_PKT_LATER_FRAGMENT) != 0);
		at += got;
	}
	ck_assert_uint_eq(get16(wp_l3(&sample.pkt) + 6) & 0xe000,
			  get16(wp_l3(&before.pkt) + 6) & 0xe000);
	ck_assert_uint_eq(at + assert_fragment(&sample.pkt, mtu, at), size);
}

static const struct row {
	uint16_t size;
	uint32_t mtu;
	unsigned int word; /* flags and offset of the packet itself */
	int n;             /* fragments before the last */
} rows[] = {
	{1447, 1446, 0, 1},
	{1500, 1446, 0, 1},
	{9000, 1446, 0, 6},
	{60, 59, 0, 1},
	{29, 28, 0, 1},
	{37, 28, 0, 2},
	{36, 28, 0, 1},
	{276, 28, 0, 31},
	{1500, 1446, 0x2000, 1},
	{1500, 1446, 185, 1},
	{2004, 68, 0x2003, -EMSGSIZE},
	{1500, 68, 0x20b9, 30},
};

START_TEST(test_fragments_are_the_whole_packet)
{
	const struct row *row = &rows[_i];
	uint8_t *ip = sample_start(&sample, 4, WP_PROTO_UDP, row->size);

	put16(ip + 6, row->word);
	sample_done(&sample);
	ck_assert_int_eq(cut(row->mtu), row->n);
	if (row->n < 0)
		assert_untouched();
	else
		assert_whole(row->n, row->mtu);
}
END_TEST

START_TEST(test_every_size_and_mtu_is_cut_right)
{
	for (uint16_t size = 120; size < 1600; size += 37) {
		for (uint32_t mtu = size > 900 ? 128 : 68; mtu < size; mtu += 11) {
			int n;

			sample_start(&sample, 4, WP_PROTO_UDP, size);
			sample_done(&sample);
			n = cut(mtu);
			ck_assert_int_gt(n, 0);
			assert_whole(n, mtu);
		}
	}
}
END_TEST

/** Options, and what of them is in the first fragment's header and in the others'. */
static const struct options {
	uint8_t n, before[40];
	uint8_t n_after, after[40];
} options[] = {
	/* Loose source route (copied), record route (not copied). */
	{16, {131, 7, 4, 1, 2, 3, 4, 7, 7, 4, 0, 0, 0, 0, 0, 0}, 8, {131, 7, 4, 1, 2, 3, 4, 0}},
	{4, {1, 1, 1, 0}, 0, {0}},
	{8, {7, 7, 4, 0, 0, 0, 0, 0}, 0, {0}},
	{4, {148, 4, 0, 0}, 4, {148, 4, 0, 0}}, /* router alert, RFC 2113 */
	{8, {68, 4, 5, 0, 148, 4, 0, 0}, 4, {148, 4, 0, 0}},
	/* Up to the end, or to what contradicts itself. */
	{8, {0, 0, 0, 0, 148, 4, 0, 0}, 0, {0}},
	{8, {7, 0, 0, 0, 148, 4, 0, 0}, 0, {0}},
	{8, {148, 9, 0, 0, 148, 4, 0, 0}, 0, {0}},
	{4, {1, 1, 1, 148}, 0, {0}},
};

START_TEST(test_options_are_copied_by_their_copied_bit)
{
	const struct options *row = &options[_i];
	uint8_t *ip = sample_start(&sample, 4, WP_PROTO_UDP, 3000);
	int n;

	ip[0] = (uint8_t)(0x45 + row->n / 4);
	memcpy(ip + 20, row->before, row->n);
	sample_done(&sample);
	n = cut(1446);
	ck_assert_int_eq(n, 2);
	assert_whole(n, 1446);
	ck_assert_uint_eq(wp_l3(list[0])[0], 0x45 + row->n / 4);
	ck_assert_mem_eq(wp_l3(list[0]) + 20, row->before, row->n);
	ck_assert_uint_eq(wp_l3(list[1])[0], 0x45 + row->n_after / 4);
	ck_assert_mem_eq(wp_l3(list[1]) + 20, row->after, row->n_after);
	ck_assert_uint_eq(wp_l3(&sample.pkt)[0], 0x45 + row->n_after / 4);
	ck_assert_mem_eq(wp_l3(&sample.pkt) + 20, row->after, row->n_after);
}
END_TEST

START_TEST(test_ethernet_padding_is_cut_off)
{
	sample_start(&sample, 4, WP_PROTO_UDP, 1500);
	sample.pkt.len += 9;
	sample_done(&sample);
	ck_assert_int_eq(cut(1446), 1);
	assert_whole(1, 1446);
}
END_TEST

static const struct odd {
	uint8_t version;
	struct {
		uint8_t at, value;
	} set;
	uint32_t mtu;
	int want;
} odds[] = {
	{4, {6, 0x40}, 1400, -EMSGSIZE}, /* DF */
	{4, {8, 64}, 1500, -EMSGSIZE},   /* fits */
	{4, {8, 64}, 27, -EMSGSIZE},     /* no room for 8 bytes */
	{4, {8, 64}, 0, -EMSGSIZE},      /* nor for anything */
	{4, {8, 64}, 60, -EMSGSIZE},     /* 37 fragments */
	{4, {6, 0x1f}, 1400, -EINVAL},   /* ends behind 65535 */
	{4, {2, 9}, 1400, -EINVAL},      /* claims more than there is */
	{6, {7, 64}, 1400, -EINVAL},     /* nobody but the sender does */
	{4, {0, 0x44}, 1400, -EINVAL},   /* no IPv4 header */
};

START_TEST(test_what_may_not_be_cut_is_left_alone)
{
	const struct odd *odd = &odds[_i];

	sample_start(&sample, odd->version, WP_PROTO_UDP, 1500)[odd->set.at] = odd->set.value;
	if (odd->set.value == 0x1f)
		sample.bytes[SAMPLE_START + LINK + 7] = 0x80;
	sample_done(&sample);
	ck_assert_int_eq(cut(odd->mtu), odd->want);
	assert_untouched();
	ck_assert_uint_eq(n_made, 0);
}
END_TEST

/* Else the fragments would have a right one. */
START_TEST(test_wrong_header_checksum_is_not_made_good)
{
	sample_start(&sample, 4, WP_PROTO_UDP, 1500);
	sample_done(&sample);
	wp_l3(&sample.pkt)[11] ^= 1;
	ck_assert_int_eq(cut(1400), -EINVAL);
	assert_untouched();
}
END_TEST

START_TEST(test_without_buffers_all_that_was_made_is_absorbed)
{
	buffers = 3;
	sample_start(&sample, 4, WP_PROTO_UDP, 9000);
	sample_done(&sample);
	ck_assert_int_eq(cut(1446), -ENOBUFS);
	assert_untouched();
	ck_assert_uint_eq(n_made, 3);
	for (unsigned int i = 0; i < 3; i++)
		ck_assert_int_eq(made[i].pkt.verdict, WP_ABSORB);
}
END_TEST

START_TEST(test_without_room_in_the_list_nothing_is_made)
{
	sample_start(&sample, 4, WP_PROTO_UDP, 9000);
	sample_done(&sample);
	before = sample;
	before.pkt.buf = before.bytes;
	n_made = 0;
	ck_assert_int_eq(wp_fragment(NULL, &sample.pkt, 1446, list, 5), -ENOBUFS);
	assert_untouched();
	ck_assert_uint_eq(n_made, 0);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("fragment");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_loop_test(tcase, test_fragments_are_the_whole_packet, 0, ROWS(rows));
	tcase_add_test(tcase, test_every_size_and_mtu_is_cut_right);
	tcase_add_loop_test(tcase, test_options_are_copied_by_their_copied_bit, 0, ROWS(options));
	tcase_add_test(tcase, test_ethernet_padding_is_cut_off);
	tcase_add_loop_test(tcase, test_what_may_not_be_cut_is_left_alone, 0, ROWS(odds));
	tcase_add_test(tcase, test_wrong_header_checksum_is_not_made_good);
	tcase_add_test(tcase, test_without_buffers_all_that_was_made_is_absorbed);
	tcase_add_test(tcase, test_without_room_in_the_list_nothing_is_made);
	return unit_main("pmtu fragment", tcase);
}
