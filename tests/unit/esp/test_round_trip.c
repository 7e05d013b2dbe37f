/* SPDX-License-Identifier: BSD-3-Clause */
/* encrypt and decrypt against each other: every mix of families, every padding, every broken byte.
 */

#include <stdio.h>
#include <string.h>

#include "harness.h"
#include "parse/checksum.h"
#include "unit.h"

static const char *const ends[] = {"\"192.0.2.1\"", "\"192.0.2.2\"", "\"2001:db8::1\"",
				   "\"2001:db8::2\""};

/** What a tunnel is like; a row is one bit of each. */
struct mix {
	uint8_t outer, inner;
	bool ethernet, esn, large_key;
};

enum { MIXES = 32 };

static struct mix
mix_of(int row)
{
	return (struct mix){.outer = row & 1 ? 6 : 4,
			    .inner = row & 2 ? 6 : 4,
			    .ethernet = (row & 4) != 0,
			    .esn = (row & 8) != 0,
			    .large_key = (row & 16) != 0};
}

static struct service *out, *in;
static struct step to, from;

static void
open_tunnel(const struct mix *mix)
{
	const char *const *at = &ends[mix->outer == 6 ? 2 : 0];
	const char *key = mix->large_key ? "256k@1" : "128k@1", *esn = mix->esn ? "true" : "false";
	char json[512];

	out = service_open("encrypt");
	in = service_open("decrypt");
	snprintf(json, sizeof(json),
		 "{\"spi\": 4096, \"local\": %s, \"remote\": %s, \"key\": \"%s\", \"esn\": %s,"
		 " \"mtu\": 9000}",
		 at[0], at[1], key, esn);
	ck_assert_msg(step_open(out, &to, json) == 0, "%s", out->message);
	snprintf(json, sizeof(json),
		 "{\"local\": %s, \"remote\": %s,"
		 " \"sas\": [{\"spi\": 4096, \"key\": \"%s\", \"esn\": %s}]}",
		 at[1], at[0], key, esn);
	ck_assert_msg(step_open(in, &from, json) == 0, "%s", in->message);
}

static void
close_tunnel(void)
{
	step_close(&to);
	step_close(&from);
	service_close(out);
	service_close(in);
}

/** The view is what the parser would say of these bytes. */
static void
assert_view(const struct frame *frame)
{
	static struct frame parsed;
	const struct wp_packet *is = &frame->pkt, *want = &parsed.pkt;

	frame_copy(&parsed, frame);
	wp_parse(&parsed.pkt);
	ck_assert_uint_eq(is->l3, want->l3);
	ck_assert_uint_eq(is->l4, want->l4);
	ck_assert_uint_eq(is->payload, want->payload);
	ck_assert_uint_eq(is->end, want->end);
	ck_assert_uint_eq(is->ethertype, want->ethertype);
	ck_assert_uint_eq(is->l4_sport, want->l4_sport);
	ck_assert_uint_eq(is->l4_dport, want->l4_dport);
	ck_assert_uint_eq(is->ip_version, want->ip_version);
	ck_assert_uint_eq(is->l4_proto, want->l4_proto);
	ck_assert_uint_eq(is->flags, want->flags);
	ck_assert_uint_eq(is->flags & (WP_PKT_TRUNCATED | WP_PKT_BAD_HEADER), 0);
	ck_assert_uint_eq(is->flags & WP_PKT_STEER, WP_PKT_STEER);
	ck_assert_uint_eq(is->end, is->start + is->len);
}

/** @return bytes of the outer packet that @p size bytes become, by RFC 4303 2. */
static unsigned int
outer_size(const struct mix *mix, unsigned int size)
{
	unsigned int text = size + 2;

	while (text % 4 != 0)
		text++;
	return (mix->outer == 4 ? 20u : 40u) + 8 + 8 + text + 16;
}

static void
round_trip(const struct mix *mix, uint16_t size)
{
	const struct inner inner = {.version = mix->inner,
				    .size = size,
				    .df = 0x40,
				    .class = 0xb8,
				    .ethernet = mix->ethernet,
				    .behind = mix->ethernet ? 6 : 0};
	static struct frame frame, before;
	uint16_t link = mix->ethernet ? 14 : 0;

	frame_inner(&frame, &inner, size);
	frame_copy(&before, &frame);
	ck_assert_str_eq(step_one(&to, &frame), "next");
	assert_view(&frame);
	ck_assert_uint_eq(frame.pkt.ip_version, mix->outer);
	ck_assert_uint_eq(frame.pkt.end - frame.pkt.l3, outer_size(mix, size));
	if (mix->outer == 4)
		ck_assert_uint_eq(wp_checksum(wp_l3(&frame.pkt), 20), 0);
	ck_assert_str_eq(step_one(&from, &frame), "next");
	assert_view(&frame);
	ck_assert_uint_eq(frame.pkt.len, link + size); /* the Ethernet padding is gone */
	ck_assert_mem_eq(wp_start(&frame.pkt), wp_start(&before.pkt), link + size);
}

START_TEST(test_packets_come_out_as_they_went_in)
{
	const struct mix mix = mix_of(_i);
	uint16_t least = mix.inner == 4 ? 20 : 40;
	uint16_t sizes[] = {255, 256, 257, 1023, 1024, 1400, 1499, 1500, 8900};

	open_tunnel(&mix);
	for (uint16_t size = least; size < least + 70; size++)
		round_trip(&mix, size);
	for (int i = 0; i < ROWS(sizes); i++)
		round_trip(&mix, sizes[i]);
	ck_assert_uint_eq(counter(out, "packets"), 70u + ROWS(sizes));
	ck_assert_uint_eq(counter(in, "packets"), 70u + ROWS(sizes));
	close_tunnel();
}
END_TEST

/** Every byte of ESP counts, and so do the outer addresses and the protocol. */
START_TEST(test_no_broken_byte_comes_through)
{
	const struct mix mix = mix_of(_i);
	const struct inner inner = {.version = mix.inner, .size = 61, .ethernet = mix.ethernet};
	static struct frame frame, sealed;
	unsigned int header = mix.outer == 4 ? 20 : 40, addresses = mix.outer == 4 ? 12 : 8, size;

	open_tunnel(&mix);
	frame_inner(&frame, &inner, 1);
	ck_assert_str_eq(step_one(&to, &frame), "next");
	frame_copy(&sealed, &frame);
	size = (unsigned int)(sealed.pkt.end - sealed.pkt.l3);
	for (unsigned int at = addresses; at < size; at++) {
		for (unsigned int bit = 0; bit < 8; bit++) {
			const char *got;

			frame_copy(&frame, &sealed);
			wp_l3(&frame.pkt)[at] ^= (uint8_t)(1 << bit);
			wp_parse(&frame.pkt);
			got = step_one(&from, &frame);
			if (at < header)
				ck_assert_str_eq(got, "wrong-endpoint");
			else if (at < header + 4)
				ck_assert_str_eq(got, "unknown-spi");
			else if (at < header + 8)
				ck_assert(strcmp(got, "bad-icv") == 0 ||
					  strcmp(got, "replay") == 0);
			else
				ck_assert_str_eq(got, "bad-icv");
		}
	}
	ck_assert_str_eq(step_one(&from, &sealed), "next"); /* none of them moved the window */
	close_tunnel();
}
END_TEST

START_TEST(test_no_cut_or_grown_packet_comes_through)
{
	const struct mix mix = mix_of(_i);
	const struct inner inner = {.version = mix.inner, .size = 61, .ethernet = mix.ethernet};
	static struct frame frame, sealed;

	open_tunnel(&mix);
	frame_inner(&frame, &inner, 1);
	ck_assert_str_eq(step_one(&to, &frame), "next");
	frame_copy(&sealed, &frame);
	for (unsigned int size = 0; size <= sealed.pkt.len + 8u; size++) {
		uint8_t *length = sealed.bytes + sealed.pkt.l3 + (mix.outer == 4 ? 2 : 4);
		unsigned int link = (unsigned int)(sealed.pkt.l3 - sealed.pkt.start), claim;

		frame_copy(&frame, &sealed);
		frame.pkt.len = (uint16_t)size; /* cut short, the length field as it was */
		wp_parse(&frame.pkt);
		if (size < sealed.pkt.len)
			ck_assert_str_ne(step_one(&from, &frame), "next");
		if (size == sealed.pkt.len || size < link + (mix.outer == 4 ? 20 : 40))
			continue;
		frame_copy(&frame, &sealed); /* and with a length field that says so */
		claim = size - link - (mix.outer == 4 ? 0 : 40);
		frame.bytes[length - sealed.bytes] = (uint8_t)(claim >> 8);
		frame.bytes[length - sealed.bytes + 1] = (uint8_t)claim;
		frame.pkt.len = (uint16_t)size;
		wp_parse(&frame.pkt);
		ck_assert_str_ne(step_one(&from, &frame), "next");
	}
	ck_assert_str_eq(step_one(&from, &sealed), "next");
	close_tunnel();
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("round trip");

	tcase_add_loop_test(tcase, test_packets_come_out_as_they_went_in, 0, MIXES);
	tcase_add_loop_test(tcase, test_no_broken_byte_comes_through, 0, MIXES);
	tcase_add_loop_test(tcase, test_no_cut_or_grown_packet_comes_through, 0, MIXES);
	return unit_main("esp round trip", tcase);
}
