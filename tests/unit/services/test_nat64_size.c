/* SPDX-License-Identifier: BSD-3-Clause */
/* Fragments through a NAT64, packets that grow too long, and maximum segment sizes. */

#include <stdio.h>
#include <string.h>

#include "nat64_bed.h"
#include "parse/checksum.h"

/* Fragments and sizes. */

/** What the runtime says of a fragment whose first one has come. */
static void
tell(struct end from, struct end to, uint8_t proto)
{
	packet.view.flags |= WP_PKT_FIRST_SEEN;
	packet.view.l4_sport = from.port;
	packet.view.l4_dport = to.port;
	packet.view.l4_proto = proto;
}

START_TEST(test_fragments_from_inside)
{
	struct spec first = {
		.from = a, .to = r6, .proto = UDP, .data = 1000, .more = true, .id = 0x12345678};
	struct spec later = first;
	struct seen seen;
	struct end x;

	bed_open("{" POOL ", " PREFIX "}");
	later.offset = 1008;
	later.more = false;
	bed_refused_out(&later, NAT_DROP_FRAGMENT); /* nobody knows its ports */
	bed_make(&first);
	tell(a, r, UDP);
	ck_assert_int_eq(bed_pass(WP_INSIDE_SOURCE), WP_NEXT);
	seen = bed_seen();
	x = bed_source(&seen);
	ck_assert(in_pool(x));
	ck_assert_uint_eq(wp_get16(wp_l3(&packet.view) + 4), 0x5678);
	ck_assert_uint_eq(wp_get16(wp_l3(&packet.view) + 6), 0x2000);
	bed_make(&later);
	tell(a, r, UDP);
	ck_assert_int_eq(bed_pass(WP_INSIDE_SOURCE), WP_NEXT);
	seen = bed_seen();
	ck_assert_str_eq(seen.source, x.address);
	ck_assert_str_eq(seen.dest, r.address);
	ck_assert_uint_eq(wp_get16(wp_l3(&packet.view) + 4), 0x5678);
	ck_assert_uint_eq(wp_get16(wp_l3(&packet.view) + 6), 1008 / 8);
	ck_assert(seen.right);
	/* And back, from there. */
	first = (struct spec){
		.from = r, .to = x, .proto = UDP, .data = 1000, .more = true, .id = 77};
	bed_make(&first);
	wp_put16(wp_l4(&packet.view) + 6, 0x1234); /* a checksum, of the whole */
	tell(r, x, UDP);
	ck_assert_int_eq(bed_pass(WP_INSIDE_DESTINATION), WP_NEXT);
	seen = bed_seen();
	ck_assert(is_end(seen.dest, seen.dport, a));
	ck_assert_uint_eq(wp_l3(&packet.view)[6], WP_PROTO_FRAGMENT);
	ck_assert_uint_eq(wp_get32(wp_l3(&packet.view) + 44), 77);
	first.offset = 1008;
	bed_make(&first);
	tell(r, x, UDP);
	ck_assert_int_eq(bed_pass(WP_INSIDE_DESTINATION), WP_NEXT);
	seen = bed_seen();
	ck_assert_str_eq(seen.dest, a.address);
	ck_assert_uint_eq(wp_get16(wp_l3(&packet.view) + 42), 1008 | 1);
}
END_TEST

/** RFC 7915 4.5: UDP without a checksum gets one; a fragment cannot. */
START_TEST(test_udp_without_checksum)
{
	struct spec spec = {.from = r, .proto = UDP, .data = 33};
	struct seen seen;

	bed_open("{" POOL ", " PREFIX "}");
	spec.to = send_out(UDP, a, 0);
	bed_make(&spec);
	wp_put16(wp_l4(&packet.view) + 6, 0);
	ck_assert_int_eq(bed_pass(WP_INSIDE_DESTINATION), WP_NEXT);
	seen = bed_seen();
	ck_assert_uint_ne(wp_get16(wp_l4(&packet.view) + 6), 0);
	ck_assert(seen.right);
	spec.more = true;
	bed_make(&spec);
	wp_put16(wp_l4(&packet.view) + 6, 0);
	ck_assert_int_eq(bed_pass(WP_INSIDE_DESTINATION), WP_DROP);
}
END_TEST

/** With DF a packet that would be too long is answered, as by a router with that MTU. */
START_TEST(test_too_big_is_answered)
{
	struct spec spec = {.from = r, .proto = UDP, .data = 1352, .df = true};
	struct seen seen;

	bed_open("{" POOL ", " PREFIX ", \"mtu\": 1400}");
	spec.to = send_out(UDP, a, 0);
	ck_assert_int_eq(bed_in(&spec), WP_NEXT); /* 1380 bytes: just fits */
	ck_assert_uint_eq(bed_seen().size, 1400);
	spec.data = 1353;
	ck_assert_int_eq(bed_in(&spec), WP_REPLY);
	seen = bed_seen();
	ck_assert_uint_eq(seen.version, 4);
	ck_assert_uint_eq(seen.type, 3);
	ck_assert_uint_eq(seen.code, 4);
	ck_assert_uint_eq(seen.word, 1380);
	ck_assert_str_eq(seen.dest, r.address);
	ck_assert(seen.right);
	seen = bed_quoted();
	ck_assert(is_end(seen.source, seen.sport, r));
	ck_assert(is_end(seen.dest, seen.dport, spec.to));
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_TOO_BIG), 1);
}
END_TEST

/** Where nobody knows the MTU, the router behind will tell. */
START_TEST(test_df_passes_where_no_mtu_is_known)
{
	struct spec spec = {.from = r, .proto = UDP, .data = 1472, .df = true};

	bed_open("{" POOL ", " PREFIX "}");
	spec.to = send_out(UDP, a, 0);
	ck_assert_int_eq(bed_in(&spec), WP_NEXT);
	ck_assert_uint_eq(bed_seen().size, 1520);
}
END_TEST

/** Without DF it is cut, such that the pieces make the datagram again. */
static const struct {
	const char *config;
	uint16_t data, offset;
	bool more, no_sum;
	uint16_t limit, pieces;
} cuts[] = {
	{"", 1232, 0, false, false, 1280, 0}, /* just fits */
	{"", 1233, 0, false, false, 1280, 1},
	{"", 1472, 0, false, false, 1280, 1},
	{"", 1472, 0, false, true, 1280, 1},
	{", \"mtu\": 1500", 1472, 0, false, false, 1500, 1},
	{", \"mtu\": 9000", 1472, 0, false, false, 9000, 0},
	{", \"mtu\": 1000", 1472, 0, false, false, 1280, 1}, /* no IPv6 link is smaller */
	{"", 1480, 1480, true, false, 1280, 1},
	{"", 1300, 2960, false, false, 1280, 1},
};

/** Checks a piece, and copies its data to where it belongs. @return bytes of it */
static uint16_t
gather(struct svc_packet *piece, uint16_t limit, uint8_t *whole, uint16_t offset)
{
	struct seen seen = bed_look(piece);
	const uint8_t *ip = wp_l3(&piece->view);
	uint16_t at, size = (uint16_t)(seen.size - 48);

	ck_assert_uint_eq(seen.version, 6);
	ck_assert_uint_le(seen.size, limit);
	ck_assert_str_eq(seen.source, r6.address);
	ck_assert_str_eq(seen.dest, a.address);
	ck_assert_uint_eq(ip[6], WP_PROTO_FRAGMENT);
	at = (uint16_t)((wp_get16(ip + 42) & ~7u) - offset);
	memcpy(whole + 40 + at, ip + 48, size);
	return size;
}

START_TEST(test_long_packets_are_cut)
{
	struct spec spec = {.from = r,
			    .proto = UDP,
			    .data = cuts[_i].data,
			    .offset = cuts[_i].offset,
			    .more = cuts[_i].more,
			    .id = 7};
	static uint8_t space[64 + 4096], *const whole = space + 64;
	struct wp_packet datagram;
	struct svc_packet *pieces;
	char config[256];
	uint16_t n, size = 0;

	snprintf(config, sizeof(config), "{" POOL ", " PREFIX "%s}", cuts[_i].config);
	bed_open(config);
	spec.to = send_out(UDP, a, 0);
	bed_make(&spec);
	if (cuts[_i].no_sum)
		wp_put16(wp_l4(&packet.view) + 6, 0);
	if (spec.offset != 0)
		tell(r, spec.to, UDP);
	ck_assert_int_eq(bed_pass(WP_INSIDE_DESTINATION), WP_NEXT);
	pieces = svc_pieces(svc, &n);
	ck_assert_uint_eq(n, cuts[_i].pieces);
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_CUT), n != 0);
	if (n == 0) {
		ck_assert_uint_le(bed_seen().size, cuts[_i].limit);
		return;
	}
	for (uint16_t i = 0; i < n; i++)
		size = (uint16_t)(size + gather(&pieces[i], cuts[_i].limit, whole, spec.offset));
	size = (uint16_t)(size + gather(&packet, cuts[_i].limit, whole, spec.offset));
	ck_assert_uint_eq(wp_get16(wp_l3(&packet.view) + 42) & 1, spec.more);
	ck_assert_uint_eq(size, spec.data + (spec.offset == 0 ? 8 : 0));
	if (spec.offset != 0) {
		for (uint16_t i = 0; i < size; i++)
			ck_assert_uint_eq(whole[40 + i], (uint8_t)(i + spec.offset));
		return;
	}
	/* Put together, it is a UDP packet with a right checksum. */
	memcpy(whole, wp_l3(&packet.view), 40);
	whole[6] = UDP;
	wp_put16(whole + 4, size);
	datagram = (struct wp_packet){
		.buf = space, .room = sizeof(space), .start = 64, .len = (uint16_t)(size + 40)};
	wp_parse(&datagram);
	ck_assert_uint_eq(datagram.l4_dport, a.port);
	ck_assert_uint_eq(wp_checksum_l4(&datagram), 0);
}
END_TEST

/** Both ways to what fits as IPv6: the headers of which take 20 bytes more. */
START_TEST(test_mss)
{
	static const uint8_t option[4] = {2, 4, 0x05, 0xb4}; /* 1460 */
	struct spec spec = {.from = a, .to = r6, .proto = TCP, .flags = SYN, .data = 4};
	struct seen seen;
	uint16_t sum;

	bed_open("{" POOL ", " PREFIX ", \"mtu\": 1400}");
	for (int i = 0; i < 2; i++) {
		bed_make(&spec);
		memcpy(wp_l4(&packet.view) + 20, option, 4);
		wp_l4(&packet.view)[12] = 0x60;
		wp_store16(wp_l4(&packet.view) + 16, 0);
		sum = wp_checksum_l4(&packet.view);
		wp_store16(wp_l4(&packet.view) + 16, sum);
		bed_parse();
		ck_assert_int_eq(bed_pass(i == 0 ? WP_INSIDE_SOURCE : WP_INSIDE_DESTINATION),
				 WP_NEXT);
		seen = bed_seen();
		ck_assert_uint_eq(wp_get16(wp_l4(&packet.view) + 22), 1400 - 60);
		ck_assert(seen.right);
		spec = (struct spec){.from = r,
				     .to = bed_source(&seen),
				     .proto = TCP,
				     .flags = SYN | ACK,
				     .data = 4};
	}
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("nat64 sizes");

	tcase_add_checked_fixture(tcase, NULL, bed_close);
	tcase_add_test(tcase, test_fragments_from_inside);
	tcase_add_test(tcase, test_udp_without_checksum);
	tcase_add_test(tcase, test_too_big_is_answered);
	tcase_add_test(tcase, test_df_passes_where_no_mtu_is_known);
	tcase_add_loop_test(tcase, test_long_packets_are_cut, 0, ROWS(cuts));
	tcase_add_test(tcase, test_mss);
	return unit_main("nat64 sizes", tcase);
}
