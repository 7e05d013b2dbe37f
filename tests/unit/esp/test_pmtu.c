/* SPDX-License-Identifier: BSD-3-Clause */
/* What tunnels do about packets that are too long for them: MSS, answers, fragments. */

#include <stdio.h>
#include <string.h>

#include "harness.h"
#include "parse/checksum.h"
#include "unit.h"

#define V4 "\"local\": \"192.0.2.1\", \"remote\": \"192.0.2.2\""
#define V4_BACK "\"local\": \"192.0.2.2\", \"remote\": \"192.0.2.1\""
#define V6 "\"local\": \"2001:db8::1\", \"remote\": \"2001:db8::2\""
#define V6_BACK "\"local\": \"2001:db8::2\", \"remote\": \"2001:db8::1\""
#define OUT ", \"spi\": 4096, \"key\": \"128k@1\""
#define IN ", \"sas\": [{\"spi\": 4096, \"key\": \"128k@1\"}]"

enum { INNER_MAX = 1446, INNER_MAX_V6 = 1426 }; /* of 1500: 20 or 40 + 8 + 8 + 2 + 16 */

static struct service *out, *in;
static struct step to, from;
static struct frame frame, before;

static void
open_both(const char *to_json, const char *from_json)
{
	out = service_open("encrypt");
	in = service_open("decrypt");
	ck_assert_msg(step_open(out, &to, to_json) == 0, "%s", out->message);
	ck_assert_msg(step_open(in, &from, from_json) == 0, "%s", in->message);
}

static void
close_both(void)
{
	step_close(&to);
	step_close(&from);
	service_close(out);
	service_close(in);
}

static void
make(uint8_t version, uint16_t size, uint8_t df)
{
	const struct inner inner = {.version = version, .size = size, .df = df, .ethernet = true};

	frame_inner(&frame, &inner, size);
	frame_copy(&before, &frame);
}

static unsigned int
get16(const uint8_t *at)
{
	return (unsigned int)(at[0] << 8 | at[1]);
}

/* Answers. */

static const struct row {
	const char *json;
	uint8_t version, df;
	uint16_t size;
	const char *want;
	uint16_t mtu; /* that the sender is told */
} rows[] = {
	{"{" V4 OUT "}", 4, 0x40, INNER_MAX, "next", 0},
	{"{" V4 OUT "}", 4, 0x40, INNER_MAX + 1, "reply", INNER_MAX},
	{"{" V6 OUT "}", 4, 0x40, 1500, "reply", INNER_MAX_V6},
	{"{" V4 OUT "}", 6, 0, INNER_MAX, "next", 0},
	{"{" V4 OUT "}", 6, 0, INNER_MAX + 1, "reply", INNER_MAX},
	{"{" V6 OUT "}", 6, 0, 1500, "reply", INNER_MAX_V6},
	{"{" V4 OUT ", \"fragment\": false}", 4, 0x40, 1500, "reply", INNER_MAX},
	{"{" V4 OUT ", \"fragment\": false}", 4, 0, 1500, "too-long", 0},
	{"{" V4 OUT ", \"icmp_rate\": 0}", 4, 0x40, 1500, "too-long", 0},
	/* An IPv6 sender goes not below 1280, whatever it is told. */
	{"{" V4 OUT ", \"mtu\": 1332}", 6, 0, 1300, "too-long", 0},
	{"{" V4 OUT ", \"mtu\": 1336}", 6, 0, 1300, "reply", 1282},
	{"{" V4 OUT ", \"mtu\": 100}", 4, 0x40, 1300, "too-long", 0},
};

START_TEST(test_sender_of_what_is_too_long_is_told_what_fits)
{
	const struct row *row = &rows[_i];
	const uint8_t *ip;

	open_both(row->json, "{" V4_BACK IN "}");
	make(row->version, row->size, row->df);
	ck_assert_str_eq(step_one(&to, &frame), row->want);
	ck_assert_uint_eq(counter(out, "too-big-answered"), row->mtu != 0);
	if (row->mtu != 0) {
		ip = wp_l3(&frame.pkt);
		ck_assert_uint_eq(get16(ip + (row->version == 4 ? 26 : 46)), row->mtu);
		ck_assert_mem_eq(wp_dest(&frame.pkt), wp_source(&before.pkt),
				 wp_address_size(&frame.pkt));
		ck_assert_mem_eq(wp_start(&frame.pkt), wp_start(&before.pkt) + 6, 6);
		ck_assert_uint_eq(wp_checksum_l4(&frame.pkt), 0);
	}
	close_both();
}
END_TEST

START_TEST(test_answers_keep_to_their_rate)
{
	open_both("{" V4 OUT ", \"icmp_rate\": 10}", "{" V4_BACK IN "}");
	for (unsigned int i = 0; i < 30; i++) {
		out->core.now_ns = i < 20 ? 5000000000 : 5000000000 + 100000000 * (i - 19);
		make(4, 1500, 0x40);
		ck_assert_str_eq(step_one(&to, &frame), i < 10 || i >= 20 ? "reply" : "too-long");
	}
	ck_assert_uint_eq(counter(out, "too-big-answered"), 20);
	ck_assert_uint_eq(counter(out, "too-big-limited"), 10);
	ck_assert_uint_eq(counter(out, "packets"), 0);
	close_both();
}
END_TEST

/* Fragments. */

/** Opens what was sealed. @return bytes of data in the fragment, which are those of the packet from
 * @p at on */
static unsigned int
opened(struct frame *sealed, unsigned int at)
{
	const uint8_t *ip;

	ck_assert_uint_le(sealed->pkt.end - sealed->pkt.l3, 1500);
	ck_assert_str_eq(step_one(&from, sealed), "next");
	ip = wp_l3(&sealed->pkt);
	ck_assert_uint_eq(wp_checksum(ip, 20), 0);
	ck_assert_uint_eq((get16(ip + 6) & 0x1fff) * 8, at);
	ck_assert_mem_eq(ip + 20, wp_l3(&before.pkt) + 20 + at, get16(ip + 2) - 20);
	return get16(ip + 2) - 20;
}

START_TEST(test_fragments_come_out_of_the_tunnel_and_are_the_packet)
{
	static const uint16_t sizes[] = {1447, 1500, 2868, 9000};
	uint16_t size = sizes[_i], n;
	unsigned int at = 0;

	open_both("{" V4 OUT "}", "{" V4_BACK IN "}");
	make(4, size, 0);
	ck_assert_str_eq(step_one(&to, &frame), "next");
	n = out->n_made;
	ck_assert_uint_eq(n, size / INNER_MAX);
	ck_assert_uint_eq(counter(out, "fragmented"), 1);
	ck_assert_uint_eq(counter(out, "packets"), n + 1u);
	for (uint16_t i = 0; i < n; i++) {
		ck_assert_int_eq(out->made[i].pkt.verdict, WP_NEXT);
		ck_assert_uint_eq(wp_l4(&out->made[i].pkt)[7], i + 1u); /* numbers in order */
		at += opened(&out->made[i], at);
	}
	ck_assert_uint_eq(at + opened(&frame, at), size - 20u);
	close_both();
}
END_TEST

START_TEST(test_burst_of_packets_to_be_cut_goes_whole)
{
	static struct frame frames[WP_BURST_MAX];
	struct wp_packet *pkts[WP_BURST_MAX];

	open_both("{" V4 OUT "}", "{" V4_BACK IN "}");
	for (unsigned int i = 0; i < WP_BURST_MAX; i++) {
		make(4, 1500, 0);
		frame_copy(&frames[i], &frame);
		pkts[i] = &frames[i].pkt;
		pkts[i]->args = to.args;
	}
	service_burst(out, pkts, WP_BURST_MAX);
	ck_assert_uint_eq(counter(out, "packets"), 2 * WP_BURST_MAX);
	for (unsigned int i = 0; i < WP_BURST_MAX; i++)
		ck_assert_uint_eq(opened(&frames[i], opened(&out->made[i], 0)), 1480 - 1424);
	close_both();
}
END_TEST

START_TEST(test_without_buffers_the_packet_is_dropped_and_no_part_of_it_goes)
{
	open_both("{" V4 OUT "}", "{" V4_BACK IN "}");
	out->made_max = 3;
	make(4, 9000, 0);
	ck_assert_str_eq(step_one(&to, &frame), "too-long");
	for (unsigned int i = 0; i < 3; i++)
		ck_assert_int_eq(out->made[i].pkt.verdict, WP_ABSORB);
	ck_assert_uint_eq(counter(out, "packets"), 0);
	ck_assert_uint_eq(counter(out, "fragmented"), 0);
	close_both();
}
END_TEST

/* Else they would go on in clear. */
START_TEST(test_fragments_for_which_there_is_no_number_fail)
{
	open_both("{" V4 OUT ", \"max_packets\": 2}", "{" V4_BACK IN "}");
	make(4, 9000, 0);
	ck_assert_str_eq(step_one(&to, &frame), "fail no-key");
	ck_assert_uint_eq(out->n_made, 6);
	for (unsigned int i = 0; i < 6; i++)
		ck_assert_str_eq(outcome(out, &out->made[i].pkt), i < 2 ? "next" : "fail no-key");
	close_both();
}
END_TEST

/* MSS. */

static const struct mss {
	const char *to, *from;
	uint8_t version;
	uint16_t sealed, opened; /* MSS 1460 after each */
} msses[] = {
	{"{" V4 OUT "}", "{" V4_BACK IN "}", 4, INNER_MAX - 40, INNER_MAX - 40},
	{"{" V4 OUT "}", "{" V4_BACK IN "}", 6, INNER_MAX - 60, INNER_MAX - 60},
	{"{" V6 OUT "}", "{" V6_BACK IN "}", 4, INNER_MAX_V6 - 40, INNER_MAX_V6 - 40},
	{"{" V4 OUT ", \"clamp_mss\": false}", "{" V4_BACK IN "}", 4, 1460, INNER_MAX - 40},
	{"{" V4 OUT ", \"clamp_mss\": false}", "{" V4_BACK IN ", \"mtu\": 1400}", 6, 1460, 1286},
	{"{" V4 OUT "}", "{" V4_BACK IN ", \"mtu\": 1300}", 4, INNER_MAX - 40, 1206},
	{"{" V4 OUT "}", "{" V4_BACK IN ", \"mtu\": 9000}", 4, INNER_MAX - 40, INNER_MAX - 40},
	{"{" V4 OUT ", \"clamp_mss\": false}", "{" V4_BACK IN ", \"clamp_mss\": false}", 4, 1460,
	 1460},
};

/** Makes a SYN with MSS 1460 and a right checksum. */
static void
make_syn(uint8_t version)
{
	uint16_t header = version == 4 ? 20 : 40, sum;
	uint8_t *tcp;

	make(version, header + 24, 0x40);
	wp_l3(&frame.pkt)[version == 4 ? 9 : 6] = WP_PROTO_TCP;
	sum = wp_checksum_ipv4(wp_l3(&frame.pkt), 20);
	if (version == 4)
		memcpy(wp_l3(&frame.pkt) + 10, &sum, 2);
	tcp = wp_l3(&frame.pkt) + header;
	memcpy(tcp + 12, (const uint8_t[]){0x60, 2, 0, 0, 0, 0, 0, 0, 2, 4, 1460 >> 8, 1460 & 255},
	       12);
	wp_parse(&frame.pkt);
	sum = wp_checksum_l4(&frame.pkt);
	memcpy(tcp + 16, &sum, 2);
}

static unsigned int
mss_of(const struct wp_packet *pkt)
{
	ck_assert_uint_eq(wp_checksum_l4(pkt), 0);
	return get16(wp_l4(pkt) + 22);
}

START_TEST(test_mss_is_lowered_to_what_fits_there_and_back)
{
	const struct mss *row = &msses[_i];

	open_both(row->to, row->from);
	make_syn(row->version);
	ck_assert_uint_eq(mss_of(&frame.pkt), 1460);
	ck_assert_str_eq(step_one(&to, &frame), "next");
	ck_assert_uint_eq(counter(out, "mss-clamped"), row->sealed != 1460);
	ck_assert_str_eq(step_one(&from, &frame), "next");
	ck_assert_uint_eq(mss_of(&frame.pkt), row->opened);
	ck_assert_uint_eq(counter(in, "mss-clamped"), row->opened != row->sealed);
	close_both();
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("pmtu");

	tcase_add_loop_test(tcase, test_sender_of_what_is_too_long_is_told_what_fits, 0,
			    ROWS(rows));
	tcase_add_test(tcase, test_answers_keep_to_their_rate);
	tcase_add_loop_test(tcase, test_fragments_come_out_of_the_tunnel_and_are_the_packet, 0, 4);
	tcase_add_test(tcase, test_burst_of_packets_to_be_cut_goes_whole);
	tcase_add_test(tcase, test_without_buffers_the_packet_is_dropped_and_no_part_of_it_goes);
	tcase_add_test(tcase, test_fragments_for_which_there_is_no_number_fail);
	tcase_add_loop_test(tcase, test_mss_is_lowered_to_what_fits_there_and_back, 0, ROWS(msses));
	return unit_main("esp pmtu", tcase);
}
