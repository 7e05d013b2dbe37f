/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMP at a NAT, through a whole PE: errors with the packets that they quote, pings of the NAT's
 * own and of inside addresses, TTLs that run out. */

#include "nat_bed.h"

#include <string.h>

#define ROUTER_OUTSIDE 0xc6336463 /* 198.51.100.99 */
#define ROUTER_INSIDE 0x0a0000fe  /* 10.0.0.254 */
#define STATIC                                                                                     \
	"\"static\": [{\"tenant\": \"red\", \"inside\": \"10.0.0.3\", \"outside\": "               \
	"\"192.0.2.1\"}], " POOL_16

enum { QUOTED_LEAST = 20 + 8 };

static const struct forge all[] = {
	{.proto = UDP, .src = HOST_A, .sport = 5000, .dst = REMOTE, .dport = 53, .payload = 200},
	{.proto = TCP,
	 .src = HOST_A,
	 .sport = 5000,
	 .dst = REMOTE,
	 .dport = 80,
	 .flags = FORGE_SYN,
	 .payload = 9},
	{.proto = ICMP, .src = HOST_A, .dst = REMOTE, .type = 8, .sport = 77, .payload = 56},
};

/** Destination unreachable (net, host, port, too big), time exceeded, parameter problem. */
static const struct {
	uint8_t type, code;
} errors[] = {{3, 0}, {3, 1}, {3, 3}, {3, 4}, {11, 0}, {11, 1}, {12, 0}};

enum { ERRORS = sizeof(errors) / sizeof(errors[0]) };

/** An error about a packet. */
static size_t
make_error(uint8_t *bytes, unsigned int kind, uint32_t from, uint32_t to, const struct forge *about,
	   size_t quoted)
{
	uint8_t inner[FORGE_MAX];
	size_t size = forge_packet(inner, about);

	return forge_packet(bytes, &(struct forge){.proto = ICMP,
						   .src = from,
						   .dst = to,
						   .type = errors[kind].type,
						   .code = errors[kind].code,
						   .inner = inner,
						   .inner_size = quoted < size ? quoted : size});
}

/** A router outside tells about a packet as it was there; the host gets it about the packet as it
 * had sent it. */
static void
check_error_in(struct bed *bed, unsigned int kind, const struct forge *sent,
	       const struct forge *seen, size_t quoted)
{
	uint8_t bytes[FORGE_MAX], want[FORGE_MAX];
	size_t size = make_error(bytes, kind, ROUTER_OUTSIDE, seen->src, seen, quoted),
	       want_size = make_error(want, kind, ROUTER_OUTSIDE, sent->src, sent, quoted);

	nat_pass_bytes(bed, IN, bytes, size, IN, want, want_size);
}

START_TEST(test_errors_from_outside)
{
	struct bed *bed = nat_open(NAT_WORKERS, STATIC);

	for (unsigned int i = 0; i < 3; i++) {
		struct forge seen = nat_from(all[i], nat_out(bed, OUT, &all[i]));
		struct forge one_to_one = all[i], one_to_one_seen;

		one_to_one.src = HOST_C;
		one_to_one_seen = one_to_one;
		one_to_one_seen.src = STATIC_1;
		for (unsigned int kind = 0; kind < ERRORS; kind++) {
			check_error_in(bed, kind, &all[i], &seen, QUOTED_LEAST);
			check_error_in(bed, kind, &all[i], &seen, FORGE_MAX);
			check_error_in(bed, kind, &one_to_one, &one_to_one_seen, QUOTED_LEAST);
			check_error_in(bed, kind, &one_to_one, &one_to_one_seen, FORGE_MAX);
		}
	}
	ck_assert_uint_eq(nat_count(bed, "icmp-errors"), 3 * 4 * ERRORS);
	bed_close(bed);
}
END_TEST

/** The host, or a router before it, tells about a packet as it came in; outside it is about the
 * packet as it was there, and from the host's address. */
static void
check_error_out(struct bed *bed, unsigned int kind, uint32_t from, const struct forge *inside,
		const struct forge *outside, size_t quoted)
{
	uint8_t bytes[FORGE_MAX], want[FORGE_MAX];
	size_t size = make_error(bytes, kind, from, inside->src, inside, quoted),
	       want_size = make_error(want, kind, outside->dst, inside->src, outside, quoted);

	nat_pass_bytes(bed, OUT, bytes, size, OUT, want, want_size);
}

START_TEST(test_errors_from_inside)
{
	struct bed *bed = nat_open(NAT_WORKERS, STATIC);

	for (unsigned int i = 0; i < 3; i++) {
		struct endpoint external = nat_out(bed, OUT, &all[i]);
		struct forge in = nat_answer(&all[i], external);
		struct forge inside = nat_to(in, (struct endpoint){HOST_A, all[i].sport});
		struct forge to_static = in, from_static = in;

		to_static.dst = STATIC_1;
		from_static.dst = HOST_C;
		for (unsigned int kind = 0; kind < ERRORS; kind++) {
			check_error_out(bed, kind, HOST_A, &inside, &in, QUOTED_LEAST);
			check_error_out(bed, kind, HOST_A, &inside, &in, FORGE_MAX);
			check_error_out(bed, kind, ROUTER_INSIDE, &inside, &in, QUOTED_LEAST);
			check_error_out(bed, kind, HOST_C, &from_static, &to_static, FORGE_MAX);
		}
	}
	bed_close(bed);
}
END_TEST

/* A sends to B's external endpoint; B says that nobody is there. */
START_TEST(test_errors_hairpin)
{
	struct bed *bed = nat_open(NAT_WORKERS, POOL_16);

	for (unsigned int i = 0; i < 2; i++) {
		struct forge b = all[i], at_b, sent;
		struct endpoint a_external, b_external;
		uint8_t bytes[FORGE_MAX], want[FORGE_MAX];
		size_t size, want_size;

		b.src = HOST_B;
		b_external = nat_out(bed, OUT, &b);
		a_external = nat_out(bed, OUT, &all[i]);
		sent = nat_to(all[i], b_external);
		at_b = nat_from(nat_to(all[i], (struct endpoint){HOST_B, b.sport}), a_external);
		nat_pass(bed, OUT, &sent, IN, &at_b);
		size = make_error(bytes, 2, HOST_B, at_b.src, &at_b, FORGE_MAX);
		want_size = make_error(want, 2, b_external.address, HOST_A, &sent, FORGE_MAX);
		nat_pass_bytes(bed, OUT, bytes, size, IN, want, want_size);
	}
	bed_close(bed);
}
END_TEST

static void
drop_error(struct bed *bed, const uint8_t *bytes, size_t size, const char *reason)
{
	struct frame frame = nat_frame(IN, bytes, size, 0);
	uint64_t before = nat_drops(bed, IN, reason);

	bed_send(bed, "p1", &frame);
	bed_run(bed);
	ck_assert_uint_eq(bed_receive_all(bed, "p0") + bed_receive_all(bed, "p1"), 0);
	ck_assert_uint_eq(nat_drops(bed, IN, reason), before + 1);
}

/* And none of them ends the mapping. */
START_TEST(test_errors_that_are_not_what_they_claim)
{
	struct bed *bed = nat_open(NAT_WORKERS, POOL_16);
	struct endpoint external = nat_out(bed, OUT, &all[0]);
	struct forge seen = nat_from(all[0], external), other = seen, answer;
	uint8_t bytes[FORGE_MAX];
	size_t size;

	other.sport ^= 1;
	size = make_error(bytes, 2, ROUTER_OUTSIDE, external.address, &other, FORGE_MAX);
	drop_error(bed, bytes, size, "no-mapping");
	size = make_error(bytes, 2, ROUTER_OUTSIDE, external.address ^ 1, &seen, FORGE_MAX);
	drop_error(bed, bytes, size, "icmp");
	size = make_error(bytes, 2, ROUTER_OUTSIDE, external.address, &seen, 20);
	drop_error(bed, bytes, size, "icmp");
	size = make_error(bytes, 2, ROUTER_OUTSIDE, external.address, &seen, FORGE_MAX);
	forge_spoil(bytes, 1);
	drop_error(bed, bytes, size, "checksum");
	check_error_in(bed, 2, &all[0], &seen, FORGE_MAX);
	answer = nat_answer(&all[0], external);
	nat_in(bed, IN, &answer, IN, (struct endpoint){HOST_A, 5000});
	bed_close(bed);
}
END_TEST

static const struct forge ping = {
	.proto = ICMP, .src = HOST_A, .dst = POOL + 1, .type = 8, .sport = 77, .payload = 56};

/** What answers a ping of the NAT's own address. */
static struct forge
answer_of(const struct forge *request)
{
	struct forge answer = *request;

	answer.src = request->dst;
	answer.dst = request->src;
	answer.type = 0;
	return answer;
}

START_TEST(test_ping_of_the_nats_own_address)
{
	struct bed *bed = nat_open(NAT_WORKERS, POOL_16);
	struct forge from_outside = ping, answer = answer_of(&ping);

	nat_answers(bed, OUT, &ping, IN, &answer);
	from_outside.src = REMOTE;
	from_outside.ttl = 9;
	answer = answer_of(&from_outside);
	answer.ttl = 64;
	nat_answers(bed, IN, &from_outside, OUT, &answer);
	ck_assert_uint_eq(nat_count(bed, "pings-answered"), 2);
	ck_assert_uint_eq(nat_count(bed, "mappings-created"), 0);
	bed_close(bed);
	bed = nat_open(NAT_WORKERS, "\"ping\": false, " POOL_16);
	nat_drop(bed, IN, &from_outside, "no-mapping");
	bed_close(bed);
}
END_TEST

/* An identifier that a host has is the host's, not the NAT's. */
START_TEST(test_ping_of_a_mapped_identifier)
{
	struct bed *bed = nat_open(NAT_WORKERS, POOL_16);
	struct endpoint external = nat_out(bed, OUT, &all[2]);
	struct forge in = nat_to(ping, external);

	in.src = REMOTE;
	nat_in(bed, IN, &in, IN, (struct endpoint){HOST_A, 77});
	ck_assert_uint_eq(nat_count(bed, "pings-answered"), 0);
	bed_close(bed);
}
END_TEST

/* Nobody outside reaches an inside address by itself; a host that pings one gets a mapping, as for
 * any other. */
START_TEST(test_ping_of_inside_addresses)
{
	struct bed *bed = nat_open(NAT_WORKERS, STATIC);
	struct forge in = ping, out = ping, want;

	in.src = REMOTE;
	in.dst = HOST_A;
	nat_drop(bed, IN, &in, "no-mapping");
	in.dst = STATIC_1; /* a 1:1 host answers itself */
	nat_in(bed, IN, &in, IN, (struct endpoint){HOST_C, 77});
	out.dst = HOST_B;
	nat_out(bed, OUT, &out);
	out.src = HOST_C;
	want = out;
	want.src = STATIC_1;
	nat_pass(bed, OUT, &out, OUT, &want);
	bed_close(bed);
}
END_TEST

/* A waypoint is no hop: what has a TTL of 1 comes out with a TTL of 1, for the router to judge. */
START_TEST(test_ttl_1_and_2)
{
	struct bed *bed = nat_open(NAT_WORKERS, POOL_16);

	for (uint8_t ttl = 1; ttl <= 2; ttl++) {
		for (unsigned int i = 0; i < 3; i++) {
			struct forge out = all[i], in;
			struct endpoint external;

			out.ttl = ttl;
			external = nat_out(bed, OUT, &out);
			in = nat_answer(&out, external);
			in.flags = out.proto == TCP ? FORGE_SYN | FORGE_ACK : 0;
			nat_in(bed, IN, &in, IN, (struct endpoint){HOST_A, out.sport});
			out = nat_to(out, external); /* to itself */
			if (out.proto != ICMP)
				nat_pass(bed, OUT, &out, IN,
					 &(struct forge){.proto = out.proto,
							 .src = external.address,
							 .sport = external.port,
							 .dst = HOST_A,
							 .dport = all[i].sport,
							 .flags = out.flags,
							 .payload = out.payload,
							 .ttl = ttl});
		}
	}
	bed_close(bed);
}
END_TEST

/* The router behind the NAT sees the TTL of 2 run out: traceroute shows it. */
START_TEST(test_ttl_that_runs_out_behind_the_nat)
{
	struct bed *bed = nat_open(NAT_WORKERS, POOL_16);

	for (unsigned int i = 0; i < 3; i++) {
		struct forge sent = all[i], seen;

		sent.ttl = 2;
		seen = nat_from(sent, nat_out(bed, OUT, &sent));
		sent.ttl = seen.ttl = 1; /* as the last router had it */
		check_error_in(bed, 4, &sent, &seen, QUOTED_LEAST);
	}
	bed_close(bed);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("nat errors");
	TCase *tcase = tcase_create("errors");

	nat_add_test(tcase, test_errors_from_outside);
	nat_add_test(tcase, test_errors_from_inside);
	nat_add_test(tcase, test_errors_hairpin);
	nat_add_test(tcase, test_errors_that_are_not_what_they_claim);
	nat_add_test(tcase, test_ping_of_the_nats_own_address);
	nat_add_test(tcase, test_ping_of_a_mapped_identifier);
	nat_add_test(tcase, test_ping_of_inside_addresses);
	nat_add_test(tcase, test_ttl_1_and_2);
	nat_add_test(tcase, test_ttl_that_runs_out_behind_the_nat);
	suite_add_tcase(suite, tcase);
	return bed_main(suite);
}
