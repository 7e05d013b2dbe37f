/* SPDX-License-Identifier: BSD-3-Clause */
/* What a NAT does to packets, through a whole PE: dynamic, static and identity mappings, hairpins,
 * other protocols, padding. */

#include "nat_bed.h"

#include <string.h>

static const struct forge udp = {
	.proto = UDP, .src = HOST_A, .sport = 5000, .dst = REMOTE, .dport = 53, .payload = 33};
static const struct forge syn = {.proto = TCP,
				 .src = HOST_A,
				 .sport = 5000,
				 .dst = REMOTE,
				 .dport = 80,
				 .flags = FORGE_SYN,
				 .mss = 1460};
static const struct forge ping = {.proto = ICMP,
				  .src = HOST_A,
				  .dst = REMOTE,
				  .type = 8,
				  .sport = 77,
				  .sequence = 3,
				  .payload = 56};
static const struct endpoint host_a = {HOST_A, 5000}, host_b = {HOST_B, 6000};

/** Out, back, out again by the same mapping, and back from somebody else. */
static void
check_dynamic(struct bed *bed, const struct forge *forge, const struct endpoint host)
{
	struct endpoint external = nat_out(bed, OUT, forge), same;
	struct forge answer = nat_answer(forge, external), elsewhere = *forge;

	if (forge->proto == TCP)
		answer.flags = FORGE_SYN | FORGE_ACK;
	nat_in(bed, IN, &answer, IN, host);
	elsewhere.dst = REMOTE_2;
	same = nat_out(bed, OUT, &elsewhere);
	ck_assert_uint_eq(same.address, external.address);
	ck_assert_uint_eq(same.port, external.port);
	answer.src = REMOTE_2;
	nat_in(bed, IN, &answer, IN, host);
	ck_assert_uint_eq(nat_count(bed, "mappings-created"), 1);
}

START_TEST(test_dynamic_udp)
{
	struct bed *bed = nat_open(NAT_WORKERS, POOL_16);

	check_dynamic(bed, &udp, host_a);
	bed_close(bed);
}
END_TEST

START_TEST(test_dynamic_tcp)
{
	struct bed *bed = nat_open(NAT_WORKERS, POOL_16);

	check_dynamic(bed, &syn, host_a);
	bed_close(bed);
}
END_TEST

START_TEST(test_dynamic_icmp)
{
	struct bed *bed = nat_open(NAT_WORKERS, POOL_16);

	check_dynamic(bed, &ping, (struct endpoint){HOST_A, 77});
	bed_close(bed);
}
END_TEST

START_TEST(test_dynamic_icmp_timestamp)
{
	struct bed *bed = nat_open(NAT_WORKERS, POOL_16);
	struct forge timestamp = ping;

	timestamp.type = 13;
	timestamp.payload = 12;
	check_dynamic(bed, &timestamp, (struct endpoint){HOST_A, 77});
	bed_close(bed);
}
END_TEST

/* Each of the three has a mapping of its own, though endpoints are the same. */
START_TEST(test_dynamic_protocols_are_apart)
{
	struct bed *bed = nat_open(NAT_WORKERS, POOL_1("1024-65535"));
	struct endpoint external = nat_out(bed, OUT, &udp);
	struct forge to_tcp = {.proto = TCP,
			       .src = REMOTE,
			       .sport = 80,
			       .dst = external.address,
			       .dport = external.port,
			       .flags = FORGE_SYN};

	nat_drop(bed, IN, &to_tcp, "no-mapping");
	nat_out(bed, OUT, &syn);
	nat_out(bed, OUT, &ping);
	ck_assert_uint_eq(nat_count(bed, "mappings-created"), 3);
	bed_close(bed);
}
END_TEST

/* A UDP packet may go without a checksum, and does so still. */
START_TEST(test_dynamic_udp_without_checksum)
{
	struct bed *bed = nat_open(NAT_WORKERS, POOL_16);
	struct endpoint external = nat_out(bed, OUT, &udp);
	struct forge want = nat_from(udp, external);
	uint8_t bytes[FORGE_MAX], want_bytes[FORGE_MAX];
	size_t size = forge_packet(bytes, &udp);

	ck_assert_uint_eq(forge_packet(want_bytes, &want), size);
	memset(bytes + 26, 0, 2);
	memset(want_bytes + 26, 0, 2);
	nat_pass_bytes(bed, OUT, bytes, size, OUT, want_bytes, size);
	bed_close(bed);
}
END_TEST

#define ONE_TO_ONE                                                                                 \
	"\"static\": [{\"tenant\": \"red\", \"inside\": \"10.0.0.1\", \"outside\": "               \
	"\"192.0.2.1\"}]"

/** Both ways between a host and a remote, which begins. */
static void
check_static(struct bed *bed, struct forge forge, struct endpoint inside, struct endpoint outside)
{
	struct forge in = nat_answer(&forge, outside), out = nat_from(forge, inside),
		     want = nat_from(forge, outside);

	if (forge.proto == ICMP)
		in.type = forge.type;
	nat_in(bed, IN, &in, IN, inside);
	nat_pass(bed, OUT, &out, OUT, &want);
	ck_assert_uint_eq(nat_count(bed, "mappings-created"), 0);
}

/* Ports and identifiers stay, whoever begins, and nothing is kept. */
START_TEST(test_static_address_both_ways)
{
	struct bed *bed = nat_open(NAT_WORKERS, ONE_TO_ONE ", " POOL_16);

	check_static(bed, udp, host_a, (struct endpoint){STATIC_1, 5000});
	check_static(bed, syn, host_a, (struct endpoint){STATIC_1, 5000});
	check_static(bed, ping, (struct endpoint){HOST_A, 77}, (struct endpoint){STATIC_1, 77});
	bed_close(bed);
}
END_TEST

#define FORWARDS                                                                                   \
	"\"static\": [{\"tenant\": \"red\", \"inside\": \"10.0.0.1\", \"outside\": "               \
	"\"203.0.113.1\","                                                                         \
	" \"protocol\": \"tcp\", \"inside_port\": 5000, \"outside_port\": 443},"                   \
	" {\"tenant\": \"red\", \"inside\": \"10.0.0.1\", \"outside\": \"203.0.113.1\","           \
	" \"protocol\": \"udp\", \"inside_port\": 5000, \"outside_port\": 65535}]"

START_TEST(test_static_ports_both_ways)
{
	struct bed *bed = nat_open(NAT_WORKERS, FORWARDS ", " POOL_1("1024-65535"));
	struct forge other = udp;

	check_static(bed, syn, host_a, (struct endpoint){POOL + 1, 443});
	check_static(bed, udp, host_a, (struct endpoint){POOL + 1, 65535});
	other.sport = 5001; /* what is not forwarded gets a mapping */
	ck_assert_uint_ne(nat_out(bed, OUT, &other).port, 65535);
	ck_assert_uint_eq(nat_count(bed, "mappings-created"), 1);
	other = nat_answer(&syn, (struct endpoint){POOL + 1, 444});
	nat_drop(bed, IN, &other, "no-mapping");
	bed_close(bed);
}
END_TEST

/* Of a range of two ports one is forwarded: nobody else gets it. */
START_TEST(test_static_port_is_nobody_elses)
{
	struct bed *bed =
		nat_open(NAT_WORKERS, FORWARDS ", \"icmp_rate\": 0, " POOL_1("65534-65535"));
	struct forge other = udp;

	other.src = HOST_B;
	ck_assert_uint_eq(nat_out(bed, OUT, &other).port, 65534);
	other.sport = 5001;
	nat_drop(bed, OUT, &other, "ports-exhausted");
	other = nat_answer(&udp, (struct endpoint){POOL + 1, 65535});
	nat_in(bed, IN, &other, IN, host_a);
	bed_close(bed);
}
END_TEST

/* The same address inside and outside: byte for byte, both ways, with any protocol. */
START_TEST(test_identity)
{
	struct bed *bed = nat_open(NAT_WORKERS,
				   "\"static\": [{\"tenant\": \"red\", \"inside\": \"192.0.2.1\", "
				   "\"outside\": \"192.0.2.1\"}], " POOL_16);
	const struct endpoint self = {STATIC_1, 5000}, self_ping = {STATIC_1, 77};
	struct forge gre = {.proto = GRE, .src = STATIC_1, .dst = REMOTE, .payload = 44};

	check_static(bed, udp, self, self);
	check_static(bed, syn, self, self);
	check_static(bed, ping, self_ping, self_ping);
	nat_pass(bed, OUT, &gre, OUT, &gre);
	bed_close(bed);
}
END_TEST

static struct endpoint
open_b(struct bed *bed, uint8_t proto)
{
	struct forge forge = proto == TCP ? syn : udp;

	return nat_out(bed, OUT,
		       &(struct forge){.proto = proto,
				       .src = HOST_B,
				       .sport = host_b.port,
				       .dst = forge.dst,
				       .dport = forge.dport,
				       .flags = forge.flags});
}

/** What B gets of A's packet to B's external endpoint comes from A's external one. */
static void
check_hairpin(struct bed *bed, const struct forge *from_a, struct endpoint a, struct endpoint b,
	      struct endpoint b_inside)
{
	struct forge sent = nat_to(*from_a, b), want = nat_from(nat_to(*from_a, b_inside), a);

	nat_pass(bed, OUT, &sent, IN, &want);
}

START_TEST(test_hairpin_dynamic)
{
	static const struct forge both[] = {udp, syn};
	struct bed *bed = nat_open(NAT_WORKERS, POOL_16);

	for (unsigned int i = 0; i < 2; i++) {
		struct endpoint b = open_b(bed, both[i].proto), a = nat_out(bed, OUT, &both[i]);
		struct forge back = both[i];

		check_hairpin(bed, &both[i], a, b, host_b);
		back = nat_from(back, host_b); /* the answer: B to A's external endpoint */
		back.flags = back.proto == TCP ? FORGE_SYN | FORGE_ACK : 0;
		check_hairpin(bed, &back, b, a, host_a);
	}
	ck_assert_uint_eq(nat_count(bed, "hairpins"), 4);
	bed_close(bed);
}
END_TEST

/* A 1:1 host and a dynamic one, both ways; and two 1:1 hosts, pings and all. */
START_TEST(test_hairpin_static)
{
	struct bed *bed = nat_open(NAT_WORKERS,
				   "\"static\": [{\"tenant\": \"red\", \"inside\": \"10.0.0.1\", "
				   "\"outside\": \"192.0.2.1\"},"
				   " {\"tenant\": \"red\", \"inside\": \"10.0.0.3\", \"outside\": "
				   "\"192.0.2.3\"}], " POOL_16);
	struct endpoint b = open_b(bed, UDP), a = {STATIC_1, 5000};
	struct forge from_b = nat_from(udp, host_b),
		     echo = nat_to(ping, (struct endpoint){STATIC_1 + 2, 77});
	struct forge want = echo;

	check_hairpin(bed, &udp, a, b, host_b);
	check_hairpin(bed, &from_b, b, a, host_a);
	want.src = STATIC_1;
	want.dst = HOST_C;
	nat_pass(bed, OUT, &echo, IN, &want);
	bed_close(bed);
}
END_TEST

START_TEST(test_hairpin_to_a_forwarded_port)
{
	struct bed *bed = nat_open(NAT_WORKERS, FORWARDS ", " POOL_1("1024-65535"));
	struct forge from_b = nat_from(syn, host_b);
	struct endpoint b = open_b(bed, TCP);

	check_hairpin(bed, &from_b, b, (struct endpoint){POOL + 1, 443}, host_a);
	bed_close(bed);
}
END_TEST

/* To one's own external endpoint, to one that nobody has, to an identity map: once round, no more.
 */
START_TEST(test_hairpin_does_not_loop)
{
	struct bed *bed = nat_open(NAT_WORKERS,
				   "\"static\": [{\"tenant\": \"red\", \"inside\": \"192.0.2.1\", "
				   "\"outside\": \"192.0.2.1\"}], " POOL_1("1024-65535"));
	struct endpoint a = nat_out(bed, OUT, &udp), nobody = {a.address, a.port ^ 1};
	struct forge to_nobody = nat_to(udp, nobody), to_itself, want;

	check_hairpin(bed, &udp, a, a, host_a);
	nat_drop(bed, OUT, &to_nobody, "no-mapping");
	check_hairpin(bed, &udp, a, (struct endpoint){STATIC_1, 9}, (struct endpoint){STATIC_1, 9});
	to_itself = nat_from(nat_to(udp, (struct endpoint){STATIC_1, 9}),
			     (struct endpoint){STATIC_1, 8});
	want = to_itself;
	nat_pass(bed, OUT, &to_itself, IN, &want);
	ck_assert_uint_eq(nat_count(bed, "hairpins"), 4);
	bed_close(bed);
}
END_TEST

/* Ports 1 and 65535, of the host, of the remote and outside. */
START_TEST(test_ports_1_and_65535)
{
	static const char *const pools[] = {POOL_1("1-1"), POOL_1("65535-65535")};
	static const uint16_t ends[] = {1, 65535};
	static const struct forge all[] = {udp, syn, ping};

	for (unsigned int end = 0; end < 2; end++) {
		struct bed *bed = nat_open(NAT_WORKERS, pools[end]);

		for (unsigned int i = 0; i < 3; i++) {
			struct forge forge = all[i], answer;
			struct endpoint external;

			forge.sport = ends[end];
			forge.dport = ends[1 - end];
			external = nat_out(bed, OUT, &forge);
			ck_assert_uint_eq(external.port, ends[end]);
			answer = nat_answer(&forge, external);
			if (forge.proto == TCP)
				answer.flags = FORGE_SYN | FORGE_ACK;
			nat_in(bed, IN, &answer, IN, (struct endpoint){HOST_A, ends[end]});
		}
		bed_close(bed);
	}
}
END_TEST

START_TEST(test_port_0_is_refused)
{
	struct bed *bed = nat_open(NAT_WORKERS, POOL_16);
	struct forge forge = udp;

	forge.sport = 0;
	nat_drop(bed, OUT, &forge, "malformed");
	forge = udp;
	forge.dport = 0;
	nat_drop(bed, OUT, &forge, "malformed");
	bed_close(bed);
}
END_TEST

START_TEST(test_unknown_protocols_pass_by_static_addresses_only)
{
	static const uint8_t protocols[] = {GRE, SCTP, 50, 253};
	struct bed *bed = nat_open(NAT_WORKERS, ONE_TO_ONE ", " POOL_16);

	for (unsigned int i = 0; i < sizeof(protocols); i++) {
		struct forge out = {.proto = protocols[i],
				    .src = HOST_A,
				    .dst = REMOTE,
				    .payload = 40},
			     dynamic = out, in = out, want = out;

		want.src = STATIC_1;
		nat_pass(bed, OUT, &out, OUT, &want);
		in.src = REMOTE;
		in.dst = STATIC_1;
		want = in;
		want.dst = HOST_A;
		nat_pass(bed, IN, &in, IN, &want);
		dynamic.src = HOST_B;
		nat_drop(bed, OUT, &dynamic, "protocol");
		in.dst = POOL + 1;
		nat_drop(bed, IN, &in, "protocol");
	}
	bed_close(bed);
}
END_TEST

/* A packet in a frame that is longer: its padding comes out as it went in, and in no checksum. */
START_TEST(test_padding)
{
	struct bed *bed = nat_open(NAT_WORKERS, POOL_16);
	struct forge small = udp;
	struct endpoint external;

	small.payload = 1; /* 29 bytes, of 46 that the smallest Ethernet frame has */
	external = nat_out(bed, OUT, &small);
	for (unsigned int pad = 1; pad <= 17; pad++) {
		struct forge out = pad % 2 == 0 ? small : nat_answer(&small, external),
			     want = pad % 2 == 0 ? nat_from(small, external) : nat_to(out, host_a);
		uint32_t spi = pad % 2 == 0 ? OUT : IN;
		uint8_t bytes[FORGE_MAX], want_bytes[FORGE_MAX];
		size_t size = forge_packet(bytes, &out);
		struct frame sent = nat_frame(spi, bytes, size, pad), seen;

		forge_packet(want_bytes, &want);
		bed_send(bed, "p0", &sent);
		bed_run(bed);
		ck_assert(bed_receive(bed, "p0", &seen) || bed_receive(bed, "p1", &seen));
		ck_assert_uint_eq(seen.len, sent.len);
		nat_compare(seen.bytes + NAT_IP, want_bytes, size);
		ck_assert_mem_eq(seen.bytes + NAT_IP + size, sent.bytes + NAT_IP + size, pad);
	}
	bed_close(bed);
}
END_TEST

static Suite *
suite_of_translation(void)
{
	Suite *suite = suite_create("nat translation");
	TCase *tcase = tcase_create("translation");

	nat_add_test(tcase, test_dynamic_udp);
	nat_add_test(tcase, test_dynamic_tcp);
	nat_add_test(tcase, test_dynamic_icmp);
	nat_add_test(tcase, test_dynamic_icmp_timestamp);
	nat_add_test(tcase, test_dynamic_protocols_are_apart);
	nat_add_test(tcase, test_dynamic_udp_without_checksum);
	nat_add_test(tcase, test_static_address_both_ways);
	nat_add_test(tcase, test_static_ports_both_ways);
	nat_add_test(tcase, test_static_port_is_nobody_elses);
	nat_add_test(tcase, test_identity);
	nat_add_test(tcase, test_hairpin_dynamic);
	nat_add_test(tcase, test_hairpin_static);
	nat_add_test(tcase, test_hairpin_to_a_forwarded_port);
	nat_add_test(tcase, test_hairpin_does_not_loop);
	nat_add_test(tcase, test_ports_1_and_65535);
	nat_add_test(tcase, test_port_0_is_refused);
	nat_add_test(tcase, test_unknown_protocols_pass_by_static_addresses_only);
	nat_add_test(tcase, test_padding);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return bed_main(suite_of_translation());
}
