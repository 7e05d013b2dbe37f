/* SPDX-License-Identifier: BSD-3-Clause */
/* Fragments at a NAT, through a whole PE: in order and out of order, both ways, hairpinned. */

#include "nat_bed.h"

#include <string.h>

enum { FIRST = 64, MORE = 0x2000, OFFSET = 0x1fff, PIECES = 3 };

/** 200 bytes and more behind the IP header: three fragments of 64, 64 and the rest. */
static const struct forge all[] = {
	{.proto = UDP, .src = HOST_A, .sport = 5000, .dst = REMOTE, .dport = 53, .payload = 201},
	{.proto = TCP,
	 .src = HOST_A,
	 .sport = 5000,
	 .dst = REMOTE,
	 .dport = 80,
	 .flags = FORGE_SYN,
	 .payload = 201},
	{.proto = ICMP, .src = HOST_A, .dst = REMOTE, .type = 8, .sport = 77, .payload = 201},
};

/** Fragment @p i of a datagram. @return its size */
static size_t
cut(uint8_t *piece, const struct forge *forge, uint16_t id, unsigned int i)
{
	uint8_t whole[FORGE_MAX];
	size_t size = forge_packet(whole, forge), from = 20 + i * FIRST,
	       end = i == PIECES - 1 ? size : from + FIRST;

	memcpy(piece, whole, 20);
	memcpy(piece + 20, whole + from, end - from);
	wire_put16(piece + 2, (uint16_t)(20 + end - from));
	wire_put16(piece + 4, id);
	wire_put16(piece + 6, (uint16_t)((i == PIECES - 1 ? 0 : MORE) | (i * FIRST / 8)));
	wire_put16(piece + 10, 0);
	for (uint32_t sum = 0, at = 0; at <= 20; at += 2) {
		if (at == 20) {
			sum = (sum & 0xffff) + (sum >> 16);
			wire_put16(piece + 10, (uint16_t) ~(sum + (sum >> 16)));
		} else {
			sum += wire_get16(piece + at);
		}
	}
	return 20 + end - from;
}

/** The orders in which three can come. */
static const uint8_t orders[6][PIECES] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
					  {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

/** Takes all that has come out, and checks that it is the pieces of a datagram. */
static void
expect_pieces(struct bed *bed, uint32_t spi, const struct forge *want, uint16_t id)
{
	bool seen[PIECES] = {false};
	uint8_t piece[FORGE_MAX];
	struct frame frame;

	while (bed_receive(bed, "p0", &frame) || bed_receive(bed, "p1", &frame)) {
		unsigned int i = (wire_get16(frame.bytes + NAT_IP + 6) & OFFSET) * 8 / FIRST;

		ck_assert_uint_lt(i, PIECES);
		ck_assert_uint_eq(frame_spi(&frame), spi);
		ck_assert(!seen[i]);
		seen[i] = true;
		ck_assert_uint_eq(frame.len, NAT_IP + cut(piece, want, id, i));
		nat_compare(frame.bytes + NAT_IP, piece, frame.len - NAT_IP);
	}
	ck_assert(seen[0] && seen[1] && seen[2]);
}

/** Sends a datagram in pieces, in an order, by one port or by both. */
static void
send_pieces(struct bed *bed, uint32_t spi, const struct forge *forge, uint16_t id,
	    const uint8_t *order)
{
	uint8_t piece[FORGE_MAX];

	for (unsigned int i = 0; i < PIECES; i++) {
		size_t size = cut(piece, forge, id, order[i]);
		struct frame frame = nat_frame(spi, piece, size, 0);

		bed_send(bed, (id + i * (id >> 1)) % 2 == 0 ? "p0" : "p1", &frame);
		if (id % 3 != 0)
			bed_run(bed); /* else all in one burst */
	}
	bed_run(bed);
}

/** Both ways, of one protocol. */
static void
check_order(struct bed *bed, const struct forge *forge, const uint8_t *order)
{
	struct endpoint external = nat_out(bed, OUT, forge);
	struct forge out = nat_from(*forge, external), in = nat_answer(forge, external), want;
	static uint16_t id;

	in.flags = in.proto == TCP ? FORGE_SYN | FORGE_ACK : 0;
	want = nat_to(in, (struct endpoint){HOST_A, forge->sport});
	for (unsigned int i = 0; i < 4; i++) {
		send_pieces(bed, OUT, forge, ++id, order);
		expect_pieces(bed, OUT, &out, id);
		send_pieces(bed, IN, &in, ++id, order);
		expect_pieces(bed, IN, &want, id);
	}
}

START_TEST(test_fragments_in_order)
{
	struct bed *bed = nat_open(NAT_WORKERS, POOL_16);

	for (unsigned int i = 0; i < 3; i++)
		check_order(bed, &all[i], orders[0]);
	ck_assert_uint_eq(nat_count(bed, "mappings-created"), 3);
	bed_close(bed);
}
END_TEST

START_TEST(test_fragments_out_of_order)
{
	struct bed *bed = nat_open(NAT_WORKERS, POOL_16);

	for (unsigned int i = 0; i < 3; i++)
		for (unsigned int order = 1; order < 6; order++)
			check_order(bed, &all[i], orders[order]);
	ck_assert_uint_eq(nat_count(bed, "mappings-created"), 3);
	bed_close(bed);
}
END_TEST

/* The first packet of a conversation is in pieces: they make one mapping, whichever comes first. */
START_TEST(test_fragments_make_a_mapping)
{
	struct bed *bed = nat_open(NAT_WORKERS, POOL_1("2000-2000"));

	for (unsigned int order = 0; order < 6; order++) {
		struct forge want = nat_from(all[0], (struct endpoint){POOL + 1, 2000});

		send_pieces(bed, OUT, &all[0], (uint16_t)(100 + order), orders[order]);
		expect_pieces(bed, OUT, &want, (uint16_t)(100 + order));
		ck_assert_uint_eq(nat_count(bed, "mappings-created"), order + 1);
		nat_wait(bed, 700); /* it ends, and its port has rested */
		ck_assert_uint_eq(nat_count(bed, "blocks-given-back"), order + 1);
	}
	bed_close(bed);
}
END_TEST

START_TEST(test_fragments_hairpin)
{
	struct bed *bed = nat_open(NAT_WORKERS, POOL_16);

	for (unsigned int i = 0; i < 2; i++) {
		struct forge b = all[i], sent, want;
		struct endpoint a_external, b_external;

		b.src = HOST_B;
		b_external = nat_out(bed, OUT, &b);
		a_external = nat_out(bed, OUT, &all[i]);
		sent = nat_to(all[i], b_external);
		want = nat_from(nat_to(all[i], (struct endpoint){HOST_B, b.sport}), a_external);
		for (unsigned int order = 0; order < 6; order++) {
			send_pieces(bed, OUT, &sent, (uint16_t)(200 + order), orders[order]);
			expect_pieces(bed, IN, &want, (uint16_t)(200 + order));
		}
	}
	bed_close(bed);
}
END_TEST

#define TWO_STATIC                                                                                 \
	"\"static\": [{\"tenant\": \"red\", \"inside\": \"10.0.0.1\", \"outside\": "               \
	"\"192.0.2.1\"}, {\"tenant\": \"red\", \"inside\": \"10.0.0.2\", \"outside\": "            \
	"\"192.0.2.2\"}]"

/* A 1:1 address: each way, and from one such host to the other; unknown protocols as well. */
START_TEST(test_fragments_by_static_addresses)
{
	static const struct forge gre = {
		.proto = GRE, .src = HOST_A, .dst = REMOTE, .payload = 209};
	struct bed *bed = nat_open(NAT_WORKERS, TWO_STATIC);

	for (unsigned int i = 0; i < 4; i++) {
		struct forge out = i < 3 ? all[i] : gre, in = out, want = out;

		for (unsigned int order = 0; order < 6; order++) {
			uint16_t id = (uint16_t)(300 + 10 * i + order);

			out.dst = REMOTE;
			want = out;
			want.src = STATIC_1;
			send_pieces(bed, OUT, &out, id, orders[order]);
			expect_pieces(bed, OUT, &want, id);
			in.src = REMOTE;
			in.dst = STATIC_1;
			want = in;
			want.dst = HOST_A;
			send_pieces(bed, IN, &in, id, orders[order]);
			expect_pieces(bed, IN, &want, id);
			out.dst = STATIC_1 + 1;
			want = out;
			want.src = STATIC_1;
			want.dst = HOST_B;
			send_pieces(bed, OUT, &out, (uint16_t)(id + 100), orders[order]);
			expect_pieces(bed, IN, &want, (uint16_t)(id + 100));
		}
	}
	bed_close(bed);
}
END_TEST

/* Later ones whose first does not come, or is dropped: nothing goes out, nothing is left. */
START_TEST(test_fragments_without_a_first)
{
	struct bed *bed = nat_open(NAT_WORKERS, POOL_16);
	struct forge unknown = nat_answer(&all[0], (struct endpoint){POOL + 3, 2222});
	uint8_t piece[FORGE_MAX];

	for (unsigned int i = 1; i < PIECES; i++) {
		struct frame frame = nat_frame(OUT, piece, cut(piece, &all[0], 7, i), 0);

		bed_send(bed, "p0", &frame);
	}
	bed_run(bed);
	bed_sleep(bed, 5000);
	send_pieces(bed, IN, &unknown, 8, orders[0]);
	bed_sleep(bed, 5000);
	ck_assert_uint_eq(bed_receive_all(bed, "p0") + bed_receive_all(bed, "p1"), 0);
	ck_assert_uint_eq(nat_count(bed, "mappings-created"), 0);
	ck_assert_uint_gt(nat_drops(bed, IN, "no-mapping"), 0);
	bed_close(bed);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("nat fragments");
	TCase *tcase = tcase_create("fragments");

	nat_add_test(tcase, test_fragments_in_order);
	nat_add_test(tcase, test_fragments_out_of_order);
	nat_add_test(tcase, test_fragments_make_a_mapping);
	nat_add_test(tcase, test_fragments_hairpin);
	nat_add_test(tcase, test_fragments_by_static_addresses);
	nat_add_test(tcase, test_fragments_without_a_first);
	suite_add_tcase(suite, tcase);
	return bed_main(suite);
}
