/* SPDX-License-Identifier: BSD-3-Clause */
/* The header parser: what it finds, and that it reads nothing outside the packet. */

#include "parse/parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "parse/checksum.h"
#include "unit.h"

#define ETHER "\2\0\0\0\0\2\2\0\0\0\0\1"
#define V4(PROTO, TOTAL, FRAGMENT)                                                                 \
	"\x45\0\0" TOTAL "\0\0" FRAGMENT "\x40" PROTO "\0\0\x0a\0\0\1\x0a\0\0\2"
#define V6(NEXT, LENGTH)                                                                           \
	"\x60\0\0\0\0" LENGTH NEXT "\x40"                                                          \
	"\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\2"
#define UDP8 "\3\xe8\7\xd0\0\x8\0\0"
#define TCP20 "\3\xe8\7\xd0\0\0\0\1\0\0\0\2\x50\x10\1\0\0\0\0\0"

static const struct row {
	const char *what;
	uint16_t size;
	const char *bytes;
	bool bare; /* no Ethernet header */
	uint16_t flags;
	uint16_t l3, l4, payload, end, sport, dport;
	uint8_t version, proto;
} rows[] = {
#define ROW(BYTES) .size = sizeof(BYTES) - 1, .bytes = BYTES
	{"udp", ROW(ETHER "\x08\0" V4("\x11", "\x1c", "\0\0") UDP8), false, 0, 14, 34, 42, 42, 1000,
	 2000, 4, 17},
	{"udp with padding", ROW(ETHER "\x08\0" V4("\x11", "\x1c", "\0\0") UDP8 "PADDINGPADDING"),
	 false, 0, 14, 34, 42, 42, 1000, 2000, 4, 17},
	{"tcp", ROW(ETHER "\x08\0" V4("\x06", "\x28", "\0\0") TCP20), false, 0, 14, 34, 54, 54,
	 1000, 2000, 4, 6},
	{"bare", ROW(V4("\x11", "\x1c", "\0\0") UDP8), true, 0, 0, 20, 28, 28, 1000, 2000, 4, 17},
	{"vlan", ROW(ETHER "\x81\0\0\5\x08\0" V4("\x11", "\x1c", "\0\0") UDP8), false, 0, 18, 38,
	 46, 46, 1000, 2000, 4, 17},
	{"two tags", ROW(ETHER "\x88\xa8\0\5\x81\0\0\6\x08\0" V4("\x11", "\x1c", "\0\0") UDP8),
	 false, 0, 22, 42, 50, 50, 1000, 2000, 4, 17},
	{"arp", ROW(ETHER "\x08\6\0\1\x08\0\6\4\0\1"), false, 0, 0, 0, 0, 22, 0, 0, 0, 0},
	{"first fragment", ROW(ETHER "\x08\0" V4("\x11", "\x1c", "\x20\0") UDP8), false,
	 WP_PKT_FRAGMENT, 14, 34, 42, 42, 1000, 2000, 4, 17},
	{"later fragment", ROW(ETHER "\x08\0" V4("\x11", "\x1c", "\0\5") UDP8), false,
	 WP_PKT_FRAGMENT | WP_PKT_LATER_FRAGMENT, 14, 0, 0, 42, 0, 0, 4, 17},
	{"truncated", ROW(ETHER "\x08\0" V4("\x11", "\x50", "\0\0") UDP8), false, WP_PKT_TRUNCATED,
	 14, 34, 42, 42, 1000, 2000, 4, 17},
	{"header alone", ROW(ETHER "\x08\0" V4("\x11", "\x14", "\0\0")), false, 0, 14, 0, 0, 34, 0,
	 0, 4, 17},
	{"total below header", ROW(ETHER "\x08\0" V4("\x11", "\x10", "\0\0") UDP8), false,
	 WP_PKT_BAD_HEADER, 0, 0, 0, 42, 0, 0, 0, 0},
	{"tcp offset beyond",
	 ROW(ETHER "\x08\0" V4("\x06", "\x28",
			       "\0\0") "\3\xe8\7\xd0\0\0\0\1\0\0\0\2\xf0\x10\1\0\0\0\0\0"),
	 false, WP_PKT_BAD_HEADER, 14, 0, 0, 54, 0, 0, 4, 6},
	{"esp", ROW(ETHER "\x08\0" V4("\x32", "\x1c", "\0\0") "\0\1\2\3\0\0\0\1"), false, 0, 14, 34,
	 42, 42, 1, 0x203, 4, 50},
	{"ping", ROW(ETHER "\x08\0" V4("\x01", "\x1c", "\0\0") "\x08\0\0\0\x12\x34\0\1"), false, 0,
	 14, 34, 42, 42, 0, 0x1234, 4, 1},
	{"icmp error", ROW(ETHER "\x08\0" V4("\x01", "\x1c", "\0\0") "\x03\4\0\0\x12\x34\0\1"),
	 false, 0, 14, 34, 42, 42, 0, 0, 4, 1},
	{"sctp", ROW(ETHER "\x08\0" V4("\x84", "\x20", "\0\0") "\3\xe8\7\xd0\0\0\0\0\0\0\0\0"),
	 false, 0, 14, 34, 46, 46, 1000, 2000, 4, 132},
	{"unknown protocol", ROW(ETHER "\x08\0" V4("\x99", "\x18", "\0\0") "\1\2\3\4"), false, 0,
	 14, 34, 34, 38, 0, 0, 4, 0x99},
	{"udp6", ROW(ETHER "\x86\xdd" V6("\x11", "\x8") UDP8), false, 0, 14, 54, 62, 62, 1000, 2000,
	 6, 17},
	{"hop-by-hop", ROW(ETHER "\x86\xdd" V6("\0", "\x10") "\x11\0\1\4\0\0\0\0" UDP8), false, 0,
	 14, 62, 70, 70, 1000, 2000, 6, 17},
	{"fragment6, first", ROW(ETHER "\x86\xdd" V6("\x2c", "\x10") "\x11\0\0\1\0\0\0\7" UDP8),
	 false, WP_PKT_FRAGMENT, 14, 62, 70, 70, 1000, 2000, 6, 17},
	{"fragment6, later", ROW(ETHER "\x86\xdd" V6("\x2c", "\x10") "\x11\0\0\x11\0\0\0\7" UDP8),
	 false, WP_PKT_FRAGMENT | WP_PKT_LATER_FRAGMENT, 14, 0, 0, 70, 0, 0, 6, 17},
	{"atomic fragment", ROW(ETHER "\x86\xdd" V6("\x2c", "\x10") "\x11\0\0\0\0\0\0\7" UDP8),
	 false, 0, 14, 62, 70, 70, 1000, 2000, 6, 17},
	{"extension beyond", ROW(ETHER "\x86\xdd" V6("\0", "\x10") "\x11\x09\1\4\0\0\0\0" UDP8),
	 false, WP_PKT_BAD_HEADER, 14, 0, 0, 70, 0, 0, 6, 17},
	{"no next header", ROW(ETHER "\x86\xdd" V6("\x3b", "\x8") UDP8), false, 0, 14, 0, 0, 62, 0,
	 0, 6, 59},
	{"version does not fit",
	 ROW(ETHER "\x86\xdd" V4("\x11", "\x1c", "\0\0") UDP8 "xxxxxxxxxxxx"), false,
	 WP_PKT_BAD_HEADER, 0, 0, 0, 54, 0, 0, 0, 0},
};

enum { FRONT = 16 }; /* room in front, as there always is */

/** @return an offset as it stands in the rows: from the packet's start. */
static uint16_t
from_start(uint16_t offset)
{
	return offset == 0 ? 0 : offset - FRONT;
}

/** A packet whose buffer ends where the packet does, so that a sanitizer sees each byte too many.
 */
static struct wp_packet
view(const void *bytes, uint16_t size, bool bare)
{
	struct wp_packet pkt = {.room = FRONT + size,
				.start = FRONT,
				.len = size,
				.flags = bare ? 0 : WP_PKT_ETHERNET};

	pkt.buf = malloc(FRONT + size);
	memcpy(pkt.buf + FRONT, bytes, size);
	return pkt;
}

START_TEST(test_headers_are_found)
{
	const struct row *row = &rows[_i];
	struct wp_packet pkt = view(row->bytes, row->size, row->bare);

	wp_parse(&pkt);
	ck_assert_msg(
		(row->bare || from_start(pkt.l3) == row->l3) && from_start(pkt.l4) == row->l4 &&
			from_start(pkt.payload) == row->payload && from_start(pkt.end) == row->end,
		"%s: l3 %u l4 %u payload %u end %u", row->what, pkt.l3, pkt.l4, pkt.payload,
		pkt.end);
	ck_assert_msg((pkt.flags & ~WP_PKT_ETHERNET) == row->flags, "%s: flags %x", row->what,
		      pkt.flags);
	ck_assert_msg(pkt.l4_sport == row->sport && pkt.l4_dport == row->dport, "%s: ports %u %u",
		      row->what, pkt.l4_sport, pkt.l4_dport);
	ck_assert_msg(pkt.ip_version == row->version && pkt.l4_proto == row->proto, "%s: %u %u",
		      row->what, pkt.ip_version, pkt.l4_proto);
	free(pkt.buf);
}
END_TEST

/** What is found lies inside the packet, in order. */
static void
check_sane(const struct wp_packet *pkt)
{
	ck_assert_uint_le(pkt->end, pkt->start + pkt->len);
	if (pkt->l4 != 0) {
		ck_assert_uint_gt(pkt->l4, pkt->l3);
		ck_assert_uint_le(pkt->payload, pkt->end);
		ck_assert_uint_le(pkt->l4, pkt->payload);
	}
}

START_TEST(test_every_byte_may_be_anything)
{
	const struct row *row = &rows[_i];

	for (uint16_t at = 0; at < row->size; at++) {
		for (unsigned int value = 0; value < 256; value++) {
			struct wp_packet pkt = view(row->bytes, row->size, row->bare);
			uint8_t key[WP_STEER_KEY_SIZE];

			pkt.buf[FRONT + at] = (uint8_t)value;
			wp_parse(&pkt);
			check_sane(&pkt);
			wp_steer_key(&pkt, WP_STEER_FLOW, key);
			free(pkt.buf);
		}
	}
}
END_TEST

START_TEST(test_every_length_may_be_cut)
{
	const struct row *row = &rows[_i];

	for (uint16_t size = 0; size < row->size; size++) {
		struct wp_packet pkt = view(row->bytes, size, row->bare);

		wp_parse(&pkt);
		check_sane(&pkt);
		free(pkt.buf);
	}
}
END_TEST

/* Steering. */

static void
steer(const char *bytes, uint16_t size, uint8_t inside, enum wp_steering how,
      uint8_t key[WP_STEER_KEY_SIZE])
{
	struct wp_packet pkt = view(bytes, size, true);

	pkt.inside = inside;
	wp_parse(&pkt);
	wp_steer_key(&pkt, how, key);
	free(pkt.buf);
}

START_TEST(test_both_directions_of_a_flow_steer_alike)
{
	static const char out[] = V4("\x11", "\x1c", "\0\0") UDP8;
	static const char back[] = "\x45\0\0\x1c\0\0\0\0\x40\x11\0\0\x0a\0\0\2\x0a\0\0\1"
				   "\7\xd0\3\xe8\0\x8\0\0";
	uint8_t a[WP_STEER_KEY_SIZE], b[WP_STEER_KEY_SIZE];

	for (enum wp_steering how = WP_STEER_HOST; how <= WP_STEER_FLOW; how++) {
		steer(out, sizeof(out) - 1, WP_INSIDE_SOURCE, how, a);
		steer(back, sizeof(back) - 1, WP_INSIDE_DESTINATION, how, b);
		ck_assert_mem_eq(a, b, sizeof(a));
		steer(back, sizeof(back) - 1, WP_INSIDE_SOURCE, how, b);
		ck_assert_mem_ne(a, b, sizeof(a));
	}
}
END_TEST

START_TEST(test_all_fragments_of_a_datagram_steer_alike)
{
	static const char first[] = V4("\x11", "\x1c", "\x20\0") UDP8,
			  later[] = V4("\x11", "\x1c", "\0\5") "whatever";
	uint8_t a[WP_STEER_KEY_SIZE], b[WP_STEER_KEY_SIZE];

	steer(first, sizeof(first) - 1, WP_INSIDE_SOURCE, WP_STEER_FLOW, a);
	steer(later, sizeof(later) - 1, WP_INSIDE_SOURCE, WP_STEER_FLOW, b);
	ck_assert_mem_eq(a, b, sizeof(a));
}
END_TEST

/* Checksums. */

START_TEST(test_checksum_of_rfc_1071)
{
	static const uint8_t bytes[] = {0x00, 0x01, 0xf2, 0x03,
					0xf4, 0xf5, 0xf6, 0xf7}; /* section 3 */
	static const uint8_t want[] = {0x22, 0x0d};              /* of ddf2 */
	uint16_t sum = wp_checksum(bytes, sizeof(bytes));

	ck_assert_mem_eq(&sum, want, 2);
}
END_TEST

START_TEST(test_adjusted_checksum_is_that_of_the_changed_bytes)
{
	uint16_t words[10];

	srand(1);
	for (unsigned int i = 0; i < 20000; i++) {
		uint16_t sum, old;
		uint32_t old32, new32;

		for (unsigned int w = 0; w < 10; w++)
			words[w] = (uint16_t)rand();
		sum = wp_checksum(words, sizeof(words));
		old = words[3];
		words[3] = i % 7 == 0 ? 0xffff : (uint16_t)rand();
		sum = wp_checksum_adjust16(sum, old, words[3]);
		memcpy(&old32, &words[4], 4);
		new32 = i % 5 == 0 ? 0 : (uint32_t)rand();
		memcpy(&words[4], &new32, 4);
		sum = wp_checksum_adjust32(sum, old32, new32);
		/* 0 and ffff are the same number (RFC 1624). */
		ck_assert_uint_eq(sum == 0xffff ? 0 : sum,
				  wp_checksum(words, sizeof(words)) % 0xffff);
	}
}
END_TEST

/* Making room. */

START_TEST(test_push_and_pull_keep_what_is_in_front)
{
	uint8_t buf[256];
	struct wp_packet pkt = {.buf = buf,
				.room = 256,
				.start = 100,
				.len = 42,
				.flags = WP_PKT_ETHERNET,
				.tag = {.encap = 62, .encap_size = 38}};

	for (unsigned int i = 0; i < 256; i++)
		buf[i] = (uint8_t)i;
	memcpy(buf + 100, ETHER "\x08\0" V4("\x11", "\x1c", "\0\0") UDP8, 42);
	wp_parse(&pkt);
	ck_assert_int_eq(wp_packet_push_l3(&pkt, 40), 0);
	ck_assert_uint_eq(pkt.start, 60);
	ck_assert_uint_eq(pkt.len, 82);
	ck_assert_mem_eq(buf + pkt.start, ETHER "\x08\0", 14);
	ck_assert_uint_le(pkt.tag.encap + pkt.tag.encap_size, pkt.start);
	for (unsigned int i = 0; i < 38; i++)
		ck_assert_uint_eq(buf[pkt.tag.encap + i], 62 + i);
	ck_assert_int_eq(wp_packet_push_l3(&pkt, 23), -ENOBUFS);
	ck_assert_int_eq(wp_packet_pull_l3(&pkt, 40), 0);
	ck_assert_mem_eq(buf + pkt.start, ETHER "\x08\0" V4("\x11", "\x1c", "\0\0"), 34);
	ck_assert_int_eq(wp_packet_pull_l3(&pkt, 29), -EINVAL);
	ck_assert_int_eq(wp_packet_resize_l3(&pkt, 300), -ENOBUFS);
	ck_assert_int_eq(wp_packet_resize_l3(&pkt, 20), 0);
	ck_assert_uint_eq(pkt.len, 34);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("parse");
	int n_rows = ROWS(rows);

	tcase_add_loop_test(tcase, test_headers_are_found, 0, n_rows);
	tcase_add_loop_test(tcase, test_every_byte_may_be_anything, 0, n_rows);
	tcase_add_loop_test(tcase, test_every_length_may_be_cut, 0, n_rows);
	tcase_add_test(tcase, test_both_directions_of_a_flow_steer_alike);
	tcase_add_test(tcase, test_all_fragments_of_a_datagram_steer_alike);
	tcase_add_test(tcase, test_checksum_of_rfc_1071);
	tcase_add_test(tcase, test_adjusted_checksum_is_that_of_the_changed_bytes);
	tcase_add_test(tcase, test_push_and_pull_keep_what_is_in_front);
	return unit_main("parse", tcase);
}
