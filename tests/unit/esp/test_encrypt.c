/* SPDX-License-Identifier: BSD-3-Clause */
/* The encrypt module: outer headers, numbers and their end, lifetimes, and what it refuses. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "harness.h"
#include "parse/checksum.h"
#include "unit.h"

#define V4 "\"local\": \"192.0.2.1\", \"remote\": \"192.0.2.2\", "
#define V6 "\"local\": \"2001:db8::1\", \"remote\": \"2001:db8::2\", "
#define TUNNEL "{" V4 "\"spi\": 4096, \"key\": \"128k@1\""

static const struct inner usual = {.version = 4, .size = 61, .ethernet = true};
static struct service *out;
static struct step step;
static struct frame frames[WP_BURST_MAX];
static struct wp_packet *pkts[WP_BURST_MAX];

static void
open_with(const char *json)
{
	out = service_open("encrypt");
	ck_assert_msg(step_open(out, &step, json) == 0, "%s: %s", out->member, out->message);
}

static void
close_all(void)
{
	step_close(&step);
	service_close(out);
}

/** Runs n usual packets as one burst. */
static void
burst(uint16_t n)
{
	for (uint16_t i = 0; i < n; i++) {
		frame_inner(&frames[i], &usual, i);
		frames[i].pkt.args = step.args;
		pkts[i] = &frames[i].pkt;
	}
	service_burst(out, pkts, n);
}

/** @return the number of a sealed packet: its IV, which is the whole of it (RFC 4106 3.1). */
static uint64_t
number_of(const struct wp_packet *pkt)
{
	uint64_t iv;

	memcpy(&iv, wp_l4(pkt) + ESP_HEADER, sizeof(iv));
	return __builtin_bswap64(iv);
}

static uint32_t
get32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return __builtin_bswap32(value);
}

/** Packets [from, to) carry consecutive numbers, in SPI, sequence number and IV. */
static void
assert_numbers(unsigned int from, unsigned int to, uint64_t first)
{
	for (unsigned int i = from; i < to; i++) {
		ck_assert_str_eq(outcome(out, pkts[i]), "next");
		ck_assert_uint_eq(get32(wp_l4(pkts[i])), 4096);
		ck_assert_uint_eq(get32(wp_l4(pkts[i]) + 4), (uint32_t)(first + i - from));
		ck_assert_uint_eq(number_of(pkts[i]), first + i - from);
	}
}

/** A packet has this outcome, and view and bytes are those of its inner packet: untouched. */
static void
assert_untouched(const struct frame *frame, const struct inner *inner, uint32_t seed,
		 const char *want)
{
	static struct frame before;

	frame_inner(&before, inner, seed);
	ck_assert_str_eq(outcome(out, &frame->pkt), want);
	ck_assert_uint_eq(frame->pkt.start, before.pkt.start);
	ck_assert_uint_eq(frame->pkt.len, before.pkt.len);
	ck_assert_mem_eq(frame->bytes, before.bytes, sizeof(before.bytes));
}

START_TEST(test_numbers_begin_with_1_and_follow_each_other)
{
	open_with(TUNNEL "}");
	burst(32);
	assert_numbers(0, 32, 1);
	burst(5);
	assert_numbers(0, 5, 33);
	ck_assert_uint_eq(counter(out, "packets"), 37);
	ck_assert_uint_eq(counter(out, "bytes"), 37 * usual.size);
	close_all();
}
END_TEST

START_TEST(test_numbers_belong_to_the_key_not_to_the_tunnel)
{
	struct step other;

	open_with(TUNNEL "}");
	ck_assert_int_eq(step_open(out, &other, "{" V6 "\"spi\": 4097, \"key\": \"128k@1\"}"), 0);
	ck_assert_ptr_eq(out->entries[0], out->entries[1]);
	burst(3);
	frame_inner(&frames[0], &usual, 1);
	ck_assert_str_eq(step_one(&other, &frames[0]), "next");
	ck_assert_uint_eq(number_of(&frames[0].pkt), 4);
	step_close(&other);
	ck_assert_int_eq(step_open(out, &other, "{" V4 "\"spi\": 4096, \"key\": \"128k@2\"}"), 0);
	frame_inner(&frames[0], &usual, 1);
	ck_assert_str_eq(step_one(&other, &frames[0]), "next");
	ck_assert_uint_eq(number_of(&frames[0].pkt), 1);
	step_close(&other);
	close_all();
}
END_TEST

START_TEST(test_tunnels_mixed_in_a_burst_each_count_for_themselves)
{
	struct step other;

	open_with(TUNNEL "}");
	ck_assert_int_eq(step_open(out, &other, "{" V6 "\"spi\": 4097, \"key\": \"256k@2\"}"), 0);
	for (unsigned int i = 0; i < 32; i++) {
		frame_inner(&frames[i], &usual, i);
		frames[i].pkt.args = i % 3 == 0 ? other.args : step.args;
		pkts[i] = &frames[i].pkt;
	}
	service_burst(out, pkts, 32);
	for (unsigned int i = 0, n[2] = {0}; i < 32; i++) {
		unsigned int which = i % 3 == 0;

		ck_assert_str_eq(outcome(out, pkts[i]), "next");
		ck_assert_uint_eq(get32(wp_l4(pkts[i])), 4096 + which);
		ck_assert_uint_eq(number_of(pkts[i]), ++n[which]);
		ck_assert_uint_eq(pkts[i]->ip_version, which ? 6 : 4);
	}
	step_close(&other);
	close_all();
}
END_TEST

/* The end of numbers. */

static const struct end {
	const char *json;
	uint64_t next, reserved;
	unsigned int want;
	const char *counter;
} ends[] = {
	{TUNNEL "}", 100, 102, 2, "not-reserved"},
	{TUNNEL "}", 102, 102, 0, "not-reserved"},
	{TUNNEL "}", 0xfffffffe, UINT64_MAX, 5, "sequence-exhausted"},
	{TUNNEL ", \"esn\": false}", 0xfffffffe, UINT64_MAX, 2, "sequence-exhausted"},
	{TUNNEL ", \"esn\": false}", 0x100000000, UINT64_MAX, 0, "sequence-exhausted"},
	{TUNNEL ", \"esn\": false}", 0x7000000000, UINT64_MAX, 0, "sequence-exhausted"},
	{TUNNEL ", \"esn\": false}", 0xfffffffe, 0xffffffff, 1, "not-reserved"},
};

START_TEST(test_no_number_beyond_the_end_is_used)
{
	const struct end *end = &ends[_i];

	open_with(end->json);
	counter_set(out->entries[0], end->next, end->reserved);
	burst(5);
	assert_numbers(0, end->want, end->next);
	for (unsigned int i = end->want; i < 5; i++)
		assert_untouched(&frames[i], &usual, i, "fail no-key");
	ck_assert_uint_eq(counter(out, end->counter), 5 - end->want);
	ck_assert_uint_eq(counter(out, "not-reserved") + counter(out, "sequence-exhausted"),
			  5 - end->want);
	ck_assert_uint_eq(counter(out, "packets"), end->want);
	close_all();
}
END_TEST

static const struct life {
	const char *json;
	unsigned int bursts, n, want; /* of bursts of n packets in all that go */
} lives[] = {
	{TUNNEL ", \"max_packets\": 10}", 3, 4, 10},
	{TUNNEL ", \"max_packets\": 10}", 1, 32, 10},
	{TUNNEL ", \"max_packets\": 64}", 3, 32, 64},
	{TUNNEL ", \"max_bytes\": 640}", 3, 4, 10},
	{TUNNEL ", \"max_bytes\": 639}", 3, 4, 9},
	{TUNNEL ", \"max_bytes\": 63}", 1, 4, 0},
	{TUNNEL ", \"max_packets\": 7, \"max_bytes\": 639}", 3, 4, 7},
	{TUNNEL ", \"max_packets\": 70, \"max_bytes\": 639}", 1, 32, 9},
};

START_TEST(test_lifetime_ends_with_the_packet_that_it_names)
{
	const struct life *life = &lives[_i];
	unsigned int went = 0;

	open_with(life->json);
	for (unsigned int i = 0; i < life->bursts; i++) {
		burst((uint16_t)life->n);
		for (unsigned int at = 0; at < life->n; at++) {
			if (went < life->want)
				ck_assert_str_eq(outcome(out, pkts[at]), "next");
			else
				assert_untouched(&frames[at], &usual, at, "fail no-key");
			went += pkts[at]->verdict == WP_NEXT;
		}
	}
	ck_assert_uint_eq(went, life->want);
	ck_assert_uint_eq(counter(out, "lifetime-over"), life->bursts * life->n - life->want);
	close_all();
}
END_TEST

/* Outer headers. */

static const struct header {
	const char *json;
	uint8_t version, class, df; /* of the inner packet */
	uint8_t want_class, want_df, want_ttl;
} headers[] = {
	/* DSCP, and ECN as in RFC 6040 figure 3, normal mode */
	{TUNNEL "}", 4, 0xb8, 0, 0xb8, 0, 64},
	{TUNNEL "}", 4, 0xb9, 0, 0xb9, 0, 64},
	{TUNNEL "}", 4, 0xba, 0, 0xba, 0, 64},
	{TUNNEL "}", 4, 0xbb, 0, 0xbb, 0, 64},
	{TUNNEL "}", 6, 0xbb, 0, 0xbb, 0x40, 64},
	{TUNNEL ", \"copy_dscp\": false, \"dscp\": 10}", 4, 0xbb, 0, 0x2b, 0, 64},
	{TUNNEL ", \"copy_dscp\": false}", 6, 0xb9, 0, 0x01, 0x40, 64},
	/* DF (RFC 4301 8.1); IPv6 is never fragmented on the way */
	{TUNNEL "}", 4, 0, 0x40, 0, 0x40, 64},
	{TUNNEL ", \"df\": \"set\"}", 4, 0, 0, 0, 0x40, 64},
	{TUNNEL ", \"df\": \"set\"}", 4, 0, 0x40, 0, 0x40, 64},
	{TUNNEL ", \"df\": \"clear\"}", 4, 0, 0x40, 0, 0, 64},
	{TUNNEL ", \"df\": \"clear\"}", 6, 0, 0, 0, 0, 64},
	{TUNNEL ", \"ttl\": 1}", 4, 0, 0, 0, 0, 1},
	{TUNNEL ", \"ttl\": 255}", 6, 0, 0, 0, 0x40, 255},
};

START_TEST(test_outer_ipv4_header)
{
	const struct header *row = &headers[_i];
	const struct inner inner = {
		.version = row->version, .size = 100, .class = row->class, .df = row->df};
	const uint8_t *ip;

	open_with(row->json);
	frame_inner(&frames[0], &inner, 1);
	ck_assert_str_eq(step_one(&step, &frames[0]), "next");
	ip = wp_l3(&frames[0].pkt);
	ck_assert_uint_eq(ip[0], 0x45);
	ck_assert_uint_eq(ip[1], row->want_class);
	ck_assert_uint_eq(ip[2] << 8 | ip[3], 20 + 16 + 104 + 16);
	ck_assert_uint_eq(ip[4] << 8 | ip[5], row->want_df != 0 ? 0 : 1); /* RFC 6864 */
	ck_assert_uint_eq(ip[6], row->want_df);
	ck_assert_uint_eq(ip[7], 0);
	ck_assert_uint_eq(ip[8], row->want_ttl);
	ck_assert_uint_eq(ip[9], WP_PROTO_ESP);
	ck_assert_uint_eq(wp_checksum(ip, 20), 0);
	ck_assert_mem_eq(ip + 12, "\300\0\2\1\300\0\2\2", 8);
	close_all();
}
END_TEST

START_TEST(test_outer_ipv6_header)
{
	const struct inner inner = {.version = _i ? 6 : 4, .size = 100, .class = 0xbb};
	static const uint8_t source[16] = {0x20, 1, 0x0d, 0xb8, [15] = 1};
	const uint8_t *ip;

	open_with("{" V6 "\"spi\": 4096, \"key\": \"128k@1\", \"ttl\": 9}");
	frame_inner(&frames[0], &inner, 1);
	ck_assert_str_eq(step_one(&step, &frames[0]), "next");
	ip = wp_l3(&frames[0].pkt);
	ck_assert_uint_eq(get32(ip), 0x6bb00000);
	ck_assert_uint_eq(ip[4] << 8 | ip[5], 16 + 104 + 16);
	ck_assert_uint_eq(ip[6], WP_PROTO_ESP);
	ck_assert_uint_eq(ip[7], 9);
	ck_assert_mem_eq(ip + 8, source, 16);
	ck_assert_uint_eq(ip[39], 2);
	close_all();
}
END_TEST

/* Every header checksum is right, whatever the length, the class and the identification. */
START_TEST(test_outer_checksum_is_right_for_all_lengths)
{
	open_with(TUNNEL ", \"mtu\": 9000}");
	counter_set(out->entries[0], 0xff80, UINT64_MAX);
	for (uint16_t size = 20; size < 2000; size += 3) {
		const struct inner inner = {.version = 4, .size = size, .class = (uint8_t)size};

		frame_inner(&frames[0], &inner, size);
		ck_assert_str_eq(step_one(&step, &frames[0]), "next");
		ck_assert_uint_eq(wp_checksum(wp_l3(&frames[0].pkt), 20), 0);
	}
	close_all();
}
END_TEST

/* What is refused. */

static const struct length {
	const char *json;
	uint16_t size;
	const char *want;
} lengths[] = {
	{TUNNEL "}", 1446, "next"}, /* 20 + 8 + 8 + 1446 + 2 + 16 = 1500 */
	{TUNNEL ", \"fragment\": false}", 1447, "too-long"},
	{TUNNEL "}", 1445, "next"},
	{TUNNEL ", \"mtu\": 9000}", 1447, "next"},
	{TUNNEL ", \"mtu\": 1499}", 1442, "next"},
	{TUNNEL ", \"mtu\": 1499, \"fragment\": false}", 1443, "too-long"},
	{"{" V6 "\"spi\": 256, \"key\": \"128k@1\"}", 1426, "next"},
	{"{" V6 "\"spi\": 256, \"key\": \"128k@1\", \"fragment\": false}", 1427, "too-long"},
};

START_TEST(test_packet_above_the_mtu_is_dropped)
{
	const struct length *row = &lengths[_i];
	const struct inner inner = {.version = 4, .size = row->size, .ethernet = true};

	open_with(row->json);
	frame_inner(&frames[0], &inner, 1);
	if (strcmp(row->want, "next") == 0) {
		ck_assert_str_eq(step_one(&step, &frames[0]), "next");
	} else {
		step_one(&step, &frames[0]);
		assert_untouched(&frames[0], &inner, 1, row->want);
	}
	close_all();
}
END_TEST

static const struct odd {
	const char *what;
	uint8_t bytes[64];
	uint16_t size;
	const char *want;
} odds[] = {
	{"ARP", {[12] = 0x08, 0x06}, 42, "not-ip"},
	{"LLC", {[12] = 0x00, 0x20}, 60, "not-ip"},
	{"cut Ethernet", {1}, 13, "malformed"},
	{"IPv4 header cut", {[12] = 0x08, 0x00, 0x45, 0, 0, 28}, 30, "malformed"},
	{"IPv4 header of 16 bytes", {[12] = 0x08, 0x00, 0x44, 0, 0, 28}, 42, "malformed"},
	{"IPv4 longer than the frame", {[12] = 0x08, 0x00, 0x45, 0, 0, 60}, 42, "malformed"},
	{"version 5", {[12] = 0x08, 0x00, 0x55, 0, 0, 28}, 42, "malformed"},
	{"IPv6 longer than the frame", {[12] = 0x86, 0xdd, 0x60, [18] = 0, 20}, 60, "malformed"},
};

START_TEST(test_what_is_not_whole_ip_never_goes_on)
{
	const struct odd *odd = &odds[_i];
	static struct frame before;

	open_with(TUNNEL "}");
	frame_bytes(&frames[0], odd->bytes, odd->size, true);
	frame_copy(&before, &frames[0]);
	ck_assert_msg(strcmp(step_one(&step, &frames[0]), odd->want) == 0, "%s: %s", odd->what,
		      outcome(out, &frames[0].pkt));
	ck_assert_mem_eq(frames[0].bytes, before.bytes, FRAME_ROOM);
	close_all();
}
END_TEST

START_TEST(test_packet_without_room_is_dropped)
{
	open_with(TUNNEL "}");
	for (unsigned int front = 0; front < 80; front++) {
		frame_inner(&frames[0], &usual, 1);
		frames[0].pkt.buf += FRAME_START - front; /* so much headroom, of it a tag of 38 */
		frames[0].pkt.room = (uint16_t)(front + 14 + usual.size + 3 + 18);
		frames[0].pkt.start = (uint16_t)front;
		frames[0].pkt.tag.encap_size = front < 38 ? 0 : 38;
		frames[0].pkt.tag.encap = (uint16_t)(front - frames[0].pkt.tag.encap_size);
		wp_parse(&frames[0].pkt);
		ck_assert_str_eq(step_one(&step, &frames[0]),
				 front - frames[0].pkt.tag.encap_size < 36 ? "no-room" : "next");
	}
	frame_inner(&frames[0], &usual, 1);
	frames[0].pkt.room = (uint16_t)(frames[0].pkt.end + 17);
	ck_assert_str_eq(step_one(&step, &frames[0]), "no-room");
	close_all();
}
END_TEST

START_TEST(test_refused_packets_leave_no_hole_in_the_numbers)
{
	const struct inner longer = {.version = 4, .size = 1480, .ethernet = true};

	open_with(TUNNEL ", \"fragment\": false}");
	for (unsigned int i = 0; i < 9; i++) {
		frame_inner(&frames[i], i % 2 ? &longer : &usual, i);
		frames[i].pkt.args = step.args;
		pkts[i] = &frames[i].pkt;
	}
	service_burst(out, pkts, 9);
	for (unsigned int i = 0; i < 9; i++) {
		if (i % 2)
			assert_untouched(&frames[i], &longer, i, "too-long");
		else
			ck_assert_uint_eq(number_of(pkts[i]), 1 + i / 2);
	}
	close_all();
}
END_TEST

static const struct refusal {
	const char *json, *member;
} refusals[] = {
	{"{" V4 "\"spi\": 255, \"key\": \"128k@1\"}", "/spi"},
	{"{" V4 "\"spi\": 4294967296, \"key\": \"128k@1\"}", "/spi"},
	{"{" V4 "\"spi\": 256, \"key\": \"none@1\"}", "key"},
	{"{" V4 "\"spi\": 256}", ""},
	{"{\"local\": \"192.0.2.1\", \"remote\": \"2001:db8::1\", \"spi\": 256, \"key\": "
	 "\"128k@1\"}",
	 "remote"},
	{TUNNEL ", \"df\": \"maybe\"}", "/df"},
	{TUNNEL ", \"dscp\": 64}", "/dscp"},
	{TUNNEL ", \"ttl\": 0}", "/ttl"},
	{TUNNEL ", \"mtu\": 67}", "/mtu"},
	{TUNNEL ", \"mtu\": 65536}", "/mtu"},
	{TUNNEL ", \"window\": 64}", "/window"},
};

START_TEST(test_bad_arguments_are_refused_by_name)
{
	out = service_open("encrypt");
	ck_assert_int_lt(step_open(out, &step, refusals[_i].json), 0);
	ck_assert_str_eq(out->member, refusals[_i].member);
	ck_assert_uint_gt(strlen(out->message), 10);
	service_close(out);
}
END_TEST

START_TEST(test_nothing_may_go_around_it)
{
	out = service_open(_i ? "encrypt" : "decrypt");
	ck_assert_uint_eq(out->ops->flags & WP_NEVER_BYPASS, WP_NEVER_BYPASS);
	service_close(out);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("encrypt");

	tcase_add_test(tcase, test_numbers_begin_with_1_and_follow_each_other);
	tcase_add_test(tcase, test_numbers_belong_to_the_key_not_to_the_tunnel);
	tcase_add_test(tcase, test_tunnels_mixed_in_a_burst_each_count_for_themselves);
	tcase_add_loop_test(tcase, test_no_number_beyond_the_end_is_used, 0, ROWS(ends));
	tcase_add_loop_test(tcase, test_lifetime_ends_with_the_packet_that_it_names, 0,
			    ROWS(lives));
	tcase_add_loop_test(tcase, test_outer_ipv4_header, 0, ROWS(headers));
	tcase_add_loop_test(tcase, test_outer_ipv6_header, 0, 2);
	tcase_add_test(tcase, test_outer_checksum_is_right_for_all_lengths);
	tcase_add_loop_test(tcase, test_packet_above_the_mtu_is_dropped, 0, ROWS(lengths));
	tcase_add_loop_test(tcase, test_what_is_not_whole_ip_never_goes_on, 0, ROWS(odds));
	tcase_add_test(tcase, test_packet_without_room_is_dropped);
	tcase_add_test(tcase, test_refused_packets_leave_no_hole_in_the_numbers);
	tcase_add_loop_test(tcase, test_bad_arguments_are_refused_by_name, 0, ROWS(refusals));
	tcase_add_loop_test(tcase, test_nothing_may_go_around_it, 0, 2);
	return unit_main("esp encrypt", tcase);
}
