/* SPDX-License-Identifier: BSD-3-Clause */
/* What the product promises beyond the RFCs. */

#include <string.h>

#include "requirements.h"

enum { SYN = FORGE_SYN, ACK = FORGE_ACK, FIN = FORGE_FIN, RST = FORGE_RST };

#define ONE_A 0xc6336414
#define HOST_C 0x0a000063

static void
with_statics(struct model_config *config)
{
	config->filter = MODEL_SAME_ADDRESS_AND_PORT;
	config->ones[0] = (struct model_one_to_one){.tenant = 2, .in = HOST_C, .ext = ONE_A};
	config->ones[1] =
		(struct model_one_to_one){.tenant = 2, .in = 0xc6336416, .ext = 0xc6336416};
	config->n_ones = 2;
	config->forwards[0] = (struct model_forward){
		.tenant = 1, .proto = UDP, .in = {HOST_A, 53}, .ext = {POOL_2, 53}};
	config->n_forwards = 1;
}

static void
clamping(struct model_config *config)
{
	config->mss = 1360;
}

static void
loose(struct model_config *config)
{
	config->tcp_loose = true;
}

static void
counting_hops(struct model_config *config)
{
	config->decrement_ttl = true;
}

static void
with_ping(struct model_config *config)
{
	config->answer_ping = true;
}

static void
passing(struct model_config *config)
{
	config->pass_unmatched = true;
}

static struct bench_out
udp_of(struct bench *bench, uint16_t tenant, uint32_t host, uint16_t port)
{
	return bench_send(bench, MODEL_OUTBOUND, tenant,
			  &(struct forge){.proto = UDP,
					  .src = host,
					  .sport = port,
					  .dst = REMOTE,
					  .dport = 53,
					  .payload = 9});
}

static void
tenants(struct bench *bench)
{
	struct bench_out one = udp_of(bench, 1, HOST_A, 5000), two = udp_of(bench, 2, HOST_A, 5000),
			 in;

	ck_assert(one.src != two.src || one.sport != two.sport);
	in = udp_in(bench, REMOTE, 53, two.src, two.sport);
	ck_assert(in.tenant == 2 && in.dst == HOST_A && in.dport == 5000);
	in = udp_in(bench, REMOTE, 53, one.src, one.sport);
	ck_assert(in.tenant == 1 && in.dst == HOST_A);
	/* A hairpin between the two. */
	in = bench_send(bench, MODEL_OUTBOUND, 1,
			&(struct forge){.proto = UDP,
					.src = HOST_A,
					.sport = 5000,
					.dst = two.src,
					.dport = two.sport});
	ck_assert(in.tenant == 2 && in.dst == HOST_A && in.src == one.src && in.sport == one.sport);
}

static void
forwards(struct bench *bench)
{
	struct bench_out in = udp_in(bench, REMOTE, 777, POOL_2, 53), out;

	/* Reached by anybody, whatever the filter; from inside, the same endpoint is used. */
	expect_passed(&in);
	ck_assert(in.tenant == 1 && in.dst == HOST_A && in.dport == 53);
	out = udp_of(bench, 1, HOST_A, 53);
	ck_assert(out.src == POOL_2 && out.sport == 53);
	bench_wait(bench, 24 * 3600 * SECONDS);
	in = udp_in(bench, REMOTE_2, 777, POOL_2, 53);
	expect_passed(&in);
	in = tcp_in(bench, REMOTE, 777, POOL_2, 53, SYN);
	expect_dropped(&in, MODEL_NO_MAPPING);
}

static void
one_to_one(struct bench *bench)
{
	struct bench_out out = udp_of(bench, 2, HOST_C, 1), in;

	ck_assert(out.src == ONE_A && out.sport == 1);
	in = tcp_in(bench, REMOTE, 7, ONE_A, 65535, ACK);
	expect_passed(&in);
	ck_assert(in.tenant == 2 && in.dst == HOST_C && in.dport == 65535);
	in = error_back(bench, &out, REMOTE, 3, 3);
	expect_passed(&in);
	ck_assert(in.dst == HOST_C && in.inner_src == HOST_C && in.inner_sport == 1);
	/* Another tenant's host of that number has no part in it. */
	out = udp_of(bench, 1, HOST_C, 1);
	ck_assert_uint_ne(out.src, ONE_A);
	/* Identity map. */
	out = udp_of(bench, 2, 0xc6336416, 9);
	expect_passed(&out);
	ck_assert(out.src == 0xc6336416 && out.sport == 9);
}

static void
unknown_protocols(struct bench *bench)
{
	struct forge gre = {.proto = 47, .src = HOST_C, .dst = REMOTE, .payload = 40};
	struct bench_out out = bench_send(bench, MODEL_OUTBOUND, 2, &gre);

	expect_passed(&out);
	ck_assert_uint_eq(out.src, ONE_A);
	gre = (struct forge){.proto = 47, .src = REMOTE, .dst = ONE_A, .payload = 40};
	out = bench_send(bench, MODEL_INBOUND, 0, &gre);
	ck_assert(out.dst == HOST_C && out.tenant == 2);
	gre = (struct forge){.proto = 47, .src = HOST_A, .dst = REMOTE, .payload = 40};
	out = bench_send(bench, MODEL_OUTBOUND, 1, &gre);
	expect_dropped(&out, MODEL_UNSUPPORTED);
	gre = (struct forge){.proto = 47, .src = REMOTE, .dst = POOL_1, .payload = 40};
	out = bench_send(bench, MODEL_INBOUND, 0, &gre);
	expect_dropped(&out, MODEL_UNSUPPORTED);
}

static void
clamp(struct bench *bench)
{
	struct forge syn = {.proto = TCP,
			    .src = HOST_A,
			    .sport = 5000,
			    .dst = REMOTE,
			    .dport = 80,
			    .flags = SYN,
			    .mss = 1460};
	struct bench_out out = bench_send(bench, MODEL_OUTBOUND, 1, &syn);

	expect_passed(&out);
	ck_assert_uint_eq(out.bytes[42] * 256 + out.bytes[43], 1360);
	syn.mss = 1200;
	out = bench_send(bench, MODEL_OUTBOUND, 1, &syn);
	ck_assert_uint_eq(out.bytes[42] * 256 + out.bytes[43], 1200);
	/* Not in a packet without SYN. */
	syn.mss = 1460;
	syn.flags = ACK;
	out = bench_send(bench, MODEL_OUTBOUND, 1, &syn);
	ck_assert_uint_eq(out.bytes[42] * 256 + out.bytes[43], 1460);
	syn = (struct forge){.proto = TCP,
			     .src = REMOTE,
			     .sport = 80,
			     .dst = out.src,
			     .dport = out.sport,
			     .flags = SYN | ACK,
			     .mss = 9000};
	out = bench_send(bench, MODEL_INBOUND, 0, &syn);
	ck_assert_uint_eq(out.bytes[42] * 256 + out.bytes[43], 1360);
}

/** Writes a packet to a name server; of TCP a SYN. @return its size */
static size_t
write_query(uint8_t *bytes, uint8_t proto, uint16_t payload)
{
	return forge_packet(bytes, &(struct forge){.proto = proto,
						   .src = HOST_A,
						   .sport = 5000,
						   .dst = REMOTE,
						   .dport = 53,
						   .flags = proto == TCP ? SYN : 0,
						   .payload = payload});
}

static void
zero_checksum(struct bench *bench)
{
	uint8_t bytes[FORGE_MAX];
	struct bench_out out;
	size_t size = write_query(bytes, UDP, 7);

	memset(bytes + 26, 0, 2);
	out = bench_send_bytes(bench, MODEL_OUTBOUND, 1, bytes, size);
	expect_passed(&out);
	ck_assert_uint_eq(out.l4_checksum, 0);
	ck_assert_uint_ne(out.src, HOST_A);
}

/* A checksum that comes to zero is sent as 0xffff (RFC 768). */
static void
zero_sum(struct bench *bench)
{
	uint8_t bytes[FORGE_MAX];
	struct bench_out out;
	size_t size = write_query(bytes, UDP, 2);

	memset(bytes + 28, 0, 2);
	forge_checksums(bytes);
	out = bench_send_bytes(bench, MODEL_OUTBOUND, 1, bytes, size);
	/* What is missing to zero, into the payload. */
	bytes[28] = (uint8_t)(out.l4_checksum >> 8);
	bytes[29] = (uint8_t)out.l4_checksum;
	forge_checksums(bytes);
	out = bench_send_bytes(bench, MODEL_OUTBOUND, 1, bytes, size);
	expect_passed(&out);
	ck_assert_uint_eq(out.l4_checksum, 0xffff);
	ck_assert(forge_is_right(out.bytes));
}

/* What is wrong stays wrong: the receiver is to see it. */
static void
wrong_checksums(struct bench *bench)
{
	static const uint8_t protos[] = {TCP, UDP};
	uint8_t bytes[FORGE_MAX];
	struct bench_out right, wrong;
	size_t size;

	for (int i = 0; i < 2; i++) {
		size = write_query(bytes, protos[i], 0);
		right = bench_send_bytes(bench, MODEL_OUTBOUND, 1, bytes, size);
		forge_spoil(bytes, 0x0101);
		wrong = bench_send_bytes(bench, MODEL_OUTBOUND, 1, bytes, size);
		expect_passed(&wrong);
		ck_assert_uint_eq(((uint32_t)wrong.l4_checksum + 0xffff - right.l4_checksum) %
					  0xffff,
				  0x0101);
	}
}

static void
malformed(struct bench *bench)
{
	uint8_t bytes[FORGE_MAX], bad[FORGE_MAX];
	struct bench_out out;
	size_t size = forge_packet(bytes, &(struct forge){.proto = TCP,
							  .src = HOST_A,
							  .sport = 5000,
							  .dst = REMOTE,
							  .dport = 80,
							  .flags = SYN});
	static const struct {
		uint8_t at, value;
	} bads[] = {{0, 0x44}, {0, 0x65}, {0, 0x4f}, {3, 10}, {2, 9}, {32, 0x40}, {32, 0xf0}};

	for (size_t i = 0; i < size; i++) {
		out = bench_send_bytes(bench, MODEL_OUTBOUND, 1, bytes, i);
		expect_dropped(&out, MODEL_MALFORMED);
	}
	for (int i = 0; i < (int)(sizeof(bads) / sizeof(bads[0])); i++) {
		memcpy(bad, bytes, size);
		bad[bads[i].at] = bads[i].value;
		out = bench_send_bytes(bench, MODEL_OUTBOUND, 1, bad, size);
		expect_dropped(&out, MODEL_MALFORMED);
	}
	for (size_t at = 20; at < 24; at += 2) {
		memcpy(bad, bytes, size);
		memset(bad + at, 0, 2);
		out = bench_send_bytes(bench, MODEL_OUTBOUND, 1, bad, size);
		expect_dropped(&out, MODEL_MALFORMED);
	}
	ck_assert_uint_eq(model_mappings(bench_judge(bench)), 0);
}

static void
bad_addresses(struct bench *bench)
{
	struct bench_out good;
	static const uint32_t bad[] = {0, 0x7f000001, 0xe0000001, 0xf0000000, 0xffffffff, POOL_1};

	for (int i = 0; i < (int)(sizeof(bad) / sizeof(bad[0])); i++) {
		struct bench_out out = udp_of(bench, 1, bad[i], 5000);

		expect_dropped(&out, MODEL_ADDRESS);
	}
	ck_assert_uint_eq(model_mappings(bench_judge(bench)), 0);
	/* From outside, even to a mapping. */
	good = udp_of(bench, 1, HOST_A, 5000);
	for (int i = 0; i < (int)(sizeof(bad) / sizeof(bad[0])); i++) {
		struct bench_out out = udp_in(bench, bad[i], 53, good.src, good.sport);

		ck_assert_int_eq(out.outcome, MODEL_DROPPED);
	}
}

static void
no_session(struct bench *bench)
{
	static const uint8_t flags[] = {0, ACK, FIN, FIN | ACK, RST, RST | ACK, SYN | ACK};

	for (size_t i = 0; i < sizeof(flags); i++) {
		struct bench_out out = tcp_out(bench, HOST_A, 5000, REMOTE, 80, flags[i]);

		expect_dropped(&out, MODEL_NO_SESSION);
	}
}

static void
no_session_loose(struct bench *bench)
{
	struct bench_out out = tcp_out(bench, HOST_A, 5000, REMOTE, 80, RST);

	expect_dropped(&out, MODEL_NO_SESSION);
	out = tcp_out(bench, HOST_A, 5000, REMOTE, 80, ACK);
	expect_passed(&out);
	bench_wait(bench, 240 * SECONDS);
	ck_assert(!is_alive(bench, TCP, out.src, out.sport));
	out = tcp_out(bench, HOST_A, 5000, REMOTE, 80, ACK);
	out = tcp_in(bench, REMOTE, 80, out.src, out.sport, ACK);
	expect_passed(&out);
	bench_wait(bench, 7400 * SECONDS);
	out = tcp_out(bench, HOST_A, 5000, REMOTE, 80, FIN | ACK);
	expect_passed(&out);
}

/* A closed connection is not opened again by a SYN of the outside alone. */
static void
one_sided_syn(struct bench *bench)
{
	struct bench_out syn, out;

	for (int reset = 0; reset < 2; reset++) {
		syn = tcp_out(bench, HOST_A, 5000, REMOTE, 80, SYN);
		tcp_in(bench, REMOTE, 80, syn.src, syn.sport, SYN | ACK);
		if (reset) {
			tcp_out(bench, HOST_A, 5000, REMOTE, 80, RST);
		} else {
			tcp_out(bench, HOST_A, 5000, REMOTE, 80, FIN | ACK);
			tcp_in(bench, REMOTE, 80, syn.src, syn.sport, FIN | ACK);
		}
		out = tcp_in(bench, REMOTE, 80, syn.src, syn.sport, SYN);
		expect_passed(&out);
		tcp_in(bench, REMOTE, 80, syn.src, syn.sport, ACK);
		tcp_in(bench, REMOTE, 80, syn.src, syn.sport, SYN);
		bench_wait(bench, 240 * SECONDS);
		ck_assert(!is_alive(bench, TCP, syn.src, syn.sport));
		bench_wait(bench, 1000 * SECONDS);
	}
	/* With the inside's answer it is open. */
	syn = tcp_out(bench, HOST_A, 5000, REMOTE, 80, SYN);
	tcp_in(bench, REMOTE, 80, syn.src, syn.sport, SYN | ACK);
	tcp_out(bench, HOST_A, 5000, REMOTE, 80, RST);
	tcp_in(bench, REMOTE, 80, syn.src, syn.sport, SYN);
	tcp_out(bench, HOST_A, 5000, REMOTE, 80, SYN | ACK);
	bench_wait(bench, 7400 * SECONDS);
	ck_assert(is_alive(bench, TCP, syn.src, syn.sport));
}

static void
odd_ports(struct bench *bench)
{
	static const uint16_t ports[] = {1, 1023, 1024, 65535};

	for (int i = 0; i < 4; i++) {
		struct bench_out out = udp_out(bench, HOST_A, ports[i], REMOTE, ports[3 - i]), in;

		expect_passed(&out);
		in = udp_in(bench, REMOTE, ports[3 - i], out.src, out.sport);
		ck_assert_uint_eq(in.dport, ports[i]);
		out = tcp_out(bench, HOST_A, ports[i], REMOTE, ports[3 - i], SYN);
		expect_passed(&out);
	}
}

static void
trailer(struct bench *bench)
{
	uint8_t bytes[FORGE_MAX];
	size_t size = forge_packet(
		bytes,
		&(struct forge){
			.proto = UDP, .src = HOST_A, .sport = 5000, .dst = REMOTE, .dport = 53});
	struct bench_out out;

	memset(bytes + size, 0xee, 18);
	out = bench_send_bytes(bench, MODEL_OUTBOUND, 1, bytes, size + 18);
	expect_passed(&out);
	ck_assert_uint_ne(out.src, HOST_A);
	ck_assert(forge_is_right(out.bytes));
}

static void
hops(struct bench *bench)
{
	struct forge udp = {
		.proto = UDP, .src = HOST_A, .sport = 5000, .dst = REMOTE, .dport = 53, .ttl = 1};
	struct bench_out out = bench_send(bench, MODEL_OUTBOUND, 1, &udp);

	if (out.outcome == MODEL_ANSWERED)
		ck_assert(out.type == 11 && out.code == 0 && out.dst == HOST_A);
	else
		expect_dropped(&out, MODEL_TTL);
	ck_assert_uint_eq(model_mappings(bench_judge(bench)), 0);
	udp.ttl = 2;
	out = bench_send(bench, MODEL_OUTBOUND, 1, &udp);
	expect_passed(&out);
	ck_assert_uint_eq(out.ttl, 1);
}

static void
ping_the_nat(struct bench *bench)
{
	struct bench_out out = ping_in(bench, REMOTE, POOL_1, 9, 8);

	ck_assert(out.outcome == MODEL_ANSWERED && out.type == 0 && out.sport == 9);
	ck_assert(out.src == POOL_1 && out.dst == REMOTE);
}

static void
unmatched(struct bench *bench)
{
	struct bench_out out = udp_in(bench, REMOTE, 53, 0xc0000201, 53);

	expect_passed(&out);
	ck_assert(out.dst == 0xc0000201 && out.dport == 53);
	out = udp_in(bench, REMOTE, 53, POOL_1, 1500);
	expect_dropped(&out, MODEL_NO_MAPPING);
}

static void
flags(struct bench *bench)
{
	struct bench_out out = tcp_out(bench, HOST_A, 5000, REMOTE, 80, SYN | FIN);

	expect_dropped(&out, MODEL_MALFORMED);
	out = tcp_out(bench, HOST_A, 5000, REMOTE, 80, SYN | RST);
	expect_dropped(&out, MODEL_MALFORMED);
}

static void
replies(struct bench *bench)
{
	struct bench_out out = bench_send(
		bench, MODEL_OUTBOUND, 1,
		&(struct forge){
			.proto = ICMP, .type = 0, .src = HOST_A, .dst = REMOTE, .sport = 5});

	expect_dropped(&out, MODEL_NO_MAPPING);
}

const struct requirement requirements_other[] = {
	{"tenants", "tenants have the same addresses inside, and do not meet but by hairpin", NULL,
	 tenants},
	{"port_forward", "a port forward is reached whatever the filter, and for ever",
	 with_statics, forwards},
	{"one_to_one", "a 1:1 address takes all ports, both ways; identity maps too", with_statics,
	 one_to_one},
	{"unknown_protocol", "unknown protocols pass by 1:1 addresses only", with_statics,
	 unknown_protocols},
	{"mss", "the MSS of SYNs is lowered, never raised", clamping, clamp},
	{"zero_checksum", "an UDP checksum of zero stays zero", NULL, zero_checksum},
	{"zero_sum", "one that comes to zero is sent as 0xffff", NULL, zero_sum},
	{"wrong_checksum", "a checksum that was wrong is wrong by as much", NULL, wrong_checksums},
	{"malformed", "malformed packets are dropped and change nothing", NULL, malformed},
	{"bad_address", "sources that no packet may have are dropped", NULL, bad_addresses},
	{"no_session", "TCP without SYN opens nothing", NULL, no_session},
	{"tcp_loose", "but where it may", loose, no_session_loose},
	{"one_sided_syn", "a closed connection is not reopened by a SYN of the outside alone", NULL,
	 one_sided_syn},
	{"odd_ports", "ports 1 and 65535", NULL, odd_ports},
	{"trailer", "bytes behind the packet do no harm", NULL, trailer},
	{"ttl", "where the NAT is a hop: TTL 1 is dropped, 2 passes as 1", counting_hops, hops},
	{"ping", "the NAT answers echo requests to its addresses", with_ping, ping_the_nat},
	{"unmatched", "inbound packets to others' addresses are passed", passing, unmatched},
	{"bad_flags", "SYN with FIN or RST is dropped", NULL, flags},
	{"icmp_reply", "an ICMP reply makes no mapping", NULL, replies},
	{NULL, NULL, NULL, NULL},
};
