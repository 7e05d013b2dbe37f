/* SPDX-License-Identifier: BSD-3-Clause */
/* RFC 5382: NAT behavioural requirements for TCP. */

#include <string.h>

#include "requirements.h"

enum { SYN = FORGE_SYN, ACK = FORGE_ACK, FIN = FORGE_FIN, RST = FORGE_RST };

static void
by_address(struct model_config *config)
{
	config->filter = MODEL_SAME_ADDRESS;
}

static void
by_address_and_port(struct model_config *config)
{
	config->filter = MODEL_SAME_ADDRESS_AND_PORT;
}

static void
with_server(struct model_config *config)
{
	config->forwards[0] = (struct model_forward){
		.tenant = 1, .proto = TCP, .in = {HOST_A, 80}, .ext = {POOL_2, 80}};
	config->n_forwards = 1;
}

static void
answering(struct model_config *config)
{
	config->answer_syn = true;
}

/* A connection of HOST_A:5000 to REMOTE:80, established. */
static struct bench_out
connect_out(struct bench *bench)
{
	struct bench_out syn = tcp_out(bench, HOST_A, 5000, REMOTE, 80, SYN), out;

	expect_passed(&syn);
	out = tcp_in(bench, REMOTE, 80, syn.src, syn.sport, SYN | ACK);
	expect_passed(&out);
	ck_assert(out.dst == HOST_A && out.dport == 5000);
	out = tcp_out(bench, HOST_A, 5000, REMOTE, 80, ACK);
	ck_assert(out.src == syn.src && out.sport == syn.sport);
	return syn;
}

static void
req1(struct bench *bench)
{
	struct bench_out first = tcp_out(bench, HOST_A, 5000, REMOTE, 80, SYN);
	struct bench_out second = tcp_out(bench, HOST_A, 5000, REMOTE_2, 81, SYN);

	ck_assert(first.src == second.src && first.sport == second.sport);
}

static void
req2(struct bench *bench)
{
	struct bench_out syn = connect_out(bench), out;

	out = tcp_out(bench, HOST_A, 5000, REMOTE, 80, FIN | ACK);
	expect_passed(&out);
	out = tcp_in(bench, REMOTE, 80, syn.src, syn.sport, FIN | ACK);
	expect_passed(&out);
	out = tcp_out(bench, HOST_A, 5000, REMOTE, 80, ACK);
	expect_passed(&out);
	/* The same again, right after: RFC 9293 lets a SYN reopen what is in TIME-WAIT. */
	connect_out(bench);
	bench_wait(bench, 7000 * SECONDS);
	ck_assert(is_alive(bench, TCP, syn.src, syn.sport));
}

static void
req2_external(struct bench *bench)
{
	struct bench_out out = tcp_in(bench, REMOTE, 999, POOL_2, 80, SYN);

	expect_passed(&out);
	ck_assert(out.dst == HOST_A && out.dport == 80 && out.tenant == 1);
	out = tcp_out(bench, HOST_A, 80, REMOTE, 999, SYN | ACK);
	expect_passed(&out);
	ck_assert(out.src == POOL_2 && out.sport == 80);
	out = tcp_in(bench, REMOTE, 999, POOL_2, 80, ACK);
	expect_passed(&out);
}

static void
req2a(struct bench *bench)
{
	struct bench_out syn = tcp_out(bench, HOST_A, 5000, REMOTE, 80, SYN), out;

	out = tcp_in(bench, REMOTE, 80, syn.src, syn.sport, SYN);
	expect_passed(&out);
	out = tcp_out(bench, HOST_A, 5000, REMOTE, 80, SYN | ACK);
	expect_passed(&out);
	out = tcp_in(bench, REMOTE, 80, syn.src, syn.sport, SYN | ACK);
	expect_passed(&out);
	/* Established: it outlives the transitory time-out. */
	bench_wait(bench, 7400 * SECONDS);
	out = tcp_in(bench, REMOTE, 80, syn.src, syn.sport, ACK);
	expect_passed(&out);
}

/* An inbound SYN to an existing mapping passes under endpoint-independent filtering, and is a
 * session. */
static void
req2a_inbound_first(struct bench *bench)
{
	struct bench_out syn = tcp_out(bench, HOST_A, 5000, REMOTE, 80, SYN), out;

	bench_wait(bench, 100 * SECONDS);
	out = tcp_in(bench, REMOTE_2, 81, syn.src, syn.sport, SYN);
	expect_passed(&out);
	/* The first session is over, the second keeps the mapping. */
	bench_wait(bench, 200 * SECONDS);
	out = tcp_out(bench, HOST_A, 5000, REMOTE_2, 81, SYN | ACK);
	expect_passed(&out);
	ck_assert(out.src == syn.src && out.sport == syn.sport);
	bench_wait(bench, 7400 * SECONDS);
	out = tcp_in(bench, REMOTE_2, 81, syn.src, syn.sport, ACK);
	expect_passed(&out);
}

static void
req3(struct bench *bench)
{
	struct bench_out syn = tcp_out(bench, HOST_A, 5000, REMOTE, 80, SYN);
	struct bench_out out = tcp_in(bench, REMOTE_2, 7, syn.src, syn.sport, SYN);

	expect_passed(&out);
}

static void
req3_address(struct bench *bench)
{
	struct bench_out syn = tcp_out(bench, HOST_A, 5000, REMOTE, 80, SYN);
	struct bench_out out = tcp_in(bench, REMOTE_2, 80, syn.src, syn.sport, SYN);

	expect_dropped(&out, MODEL_FILTERED);
	out = tcp_in(bench, REMOTE, 7, syn.src, syn.sport, SYN);
	expect_passed(&out);
}

static void
req3_address_and_port(struct bench *bench)
{
	struct bench_out syn = tcp_out(bench, HOST_A, 5000, REMOTE, 80, SYN);
	struct bench_out out = tcp_in(bench, REMOTE, 7, syn.src, syn.sport, SYN);

	expect_dropped(&out, MODEL_FILTERED);
	out = tcp_in(bench, REMOTE, 80, syn.src, syn.sport, SYN | ACK);
	expect_passed(&out);
}

static void
req4(struct bench *bench)
{
	struct bench_out out = tcp_in(bench, REMOTE, 80, POOL_1, 1500, SYN);

	expect_dropped(&out, MODEL_NO_MAPPING);
}

/* The error that a NAT sends for an unsolicited SYN to POOL_1:1500. */
static size_t
port_unreachable(uint8_t *bytes)
{
	uint8_t syn[FORGE_MAX];
	size_t size = forge_packet(syn, &(struct forge){.proto = TCP,
							.src = REMOTE,
							.sport = 80,
							.dst = POOL_1,
							.dport = 1500,
							.flags = SYN});

	return forge_packet(bytes, &(struct forge){.proto = ICMP,
						   .type = 3,
						   .code = 3,
						   .src = POOL_1,
						   .dst = REMOTE,
						   .inner = syn,
						   .inner_size = size});
}

/* Waits for the one answer to a SYN, which is due in @p ms. */
static struct bench_out
one_answer(struct bench *bench, uint64_t ms)
{
	struct bench_out out = {0};

	bench_wait(bench, ms - 1);
	ck_assert_uint_eq(bench_emitted(bench, &out), 0);
	bench_wait(bench, 1 + bench_slack(bench));
	ck_assert_uint_eq(bench_emitted(bench, &out), 1);
	ck_assert(out.proto == ICMP && out.type == 3 && out.code == 3);
	ck_assert(forge_is_right(out.bytes));
	bench_wait(bench, 60 * SECONDS);
	ck_assert_uint_eq(bench_emitted(bench, &out), 0);
	return out;
}

static void
req4_emitted(struct bench *bench)
{
	uint64_t start = bench_time(bench);
	struct bench_out out;

	tcp_in(bench, REMOTE, 80, POOL_1, 1500, SYN);
	out = one_answer(bench, start + 6000 - bench_time(bench));
	ck_assert(out.src == POOL_1 && out.dst == REMOTE);
	ck_assert(out.inner_proto == TCP && out.inner_src == REMOTE && out.inner_sport == 80 &&
		  out.inner_dst == POOL_1 && out.inner_dport == 1500);
}

static void
req4_answered(struct bench *bench)
{
	struct model *judge = bench_judge(bench);
	uint8_t bytes[FORGE_MAX];
	size_t size = port_unreachable(bytes);
	char why[1024];
	uint64_t start = bench_time(bench);

	if (bench_emits(bench)) {
		req4_emitted(bench);
		return;
	}
	ck_assert(!model_emitted(judge, start, bytes, size, why, sizeof(why)));
	tcp_in(bench, REMOTE, 80, POOL_1, 1500, SYN);
	ck_assert(!model_emitted(judge, start + 5999, bytes, size, why, sizeof(why)));
	ck_assert(model_emitted(judge, start + 6000, bytes, size, why, sizeof(why)));
	/* Once. */
	ck_assert(!model_emitted(judge, start + 6001, bytes, size, why, sizeof(why)));
}

static void
req4_cancelled(struct bench *bench)
{
	struct model *judge = bench_judge(bench);
	struct bench_out syn = tcp_out(bench, HOST_A, 5000, REMOTE_2, 80, SYN), out;
	uint8_t inner[FORGE_MAX], bytes[FORGE_MAX];
	uint64_t start = bench_time(bench);
	char why[1024];
	size_t size;

	out = tcp_in(bench, REMOTE, 80, syn.src, syn.sport, SYN);
	expect_dropped(&out, MODEL_FILTERED);
	size = forge_packet(inner, &(struct forge){.proto = TCP,
						   .src = REMOTE,
						   .sport = 80,
						   .dst = syn.src,
						   .dport = syn.sport,
						   .flags = SYN});
	size = forge_packet(bytes, &(struct forge){.proto = ICMP,
						   .type = 3,
						   .code = 3,
						   .src = POOL_1,
						   .dst = REMOTE,
						   .inner = inner,
						   .inner_size = size});
	bench_wait(bench, 3 * SECONDS);
	tcp_out(bench, HOST_A, 5000, REMOTE, 80, SYN);
	if (bench_emits(bench)) {
		bench_wait(bench, 60 * SECONDS);
		ck_assert_uint_eq(bench_emitted(bench, &out), 0);
		return;
	}
	ck_assert(!model_emitted(judge, start + 7000, bytes, size, why, sizeof(why)));
}

static void
req4_filtered(struct bench *bench)
{
	struct bench_out syn = tcp_out(bench, HOST_A, 5000, REMOTE_2, 80, SYN), out;
	uint64_t start = bench_time(bench);

	out = tcp_in(bench, REMOTE, 80, syn.src, syn.sport, SYN);
	expect_dropped(&out, MODEL_FILTERED);
	if (!bench_emits(bench))
		return;
	out = one_answer(bench, start + 6000 - bench_time(bench));
	ck_assert(out.src == syn.src && out.dst == REMOTE && out.inner_dport == syn.sport);
}

static void
answering_filtered(struct model_config *config)
{
	config->answer_syn = true;
	config->filter = MODEL_SAME_ADDRESS_AND_PORT;
}

static void
req3_inbound(struct bench *bench)
{
	struct bench_out syn = tcp_out(bench, HOST_A, 5000, REMOTE, 80, SYN), in;

	bench_wait(bench, 200 * SECONDS);
	in = tcp_in(bench, REMOTE, 81, syn.src, syn.sport, SYN);
	expect_passed(&in);
	/* What permitted it is over; it is not. */
	bench_wait(bench, 41 * SECONDS);
	in = tcp_in(bench, REMOTE, 82, syn.src, syn.sport, SYN);
	expect_dropped(&in, MODEL_FILTERED);
	in = tcp_in(bench, REMOTE, 81, syn.src, syn.sport, SYN);
	expect_dropped(&in, MODEL_FILTERED);
	in = tcp_out(bench, HOST_A, 5000, REMOTE, 81, SYN | ACK);
	expect_passed(&in);
	in = tcp_in(bench, REMOTE, 82, syn.src, syn.sport, SYN);
	expect_passed(&in);
}

static void
req5_established(struct bench *bench)
{
	struct bench_out syn = connect_out(bench), out;

	wait_nearly(bench, 7440 * SECONDS);
	out = tcp_in(bench, REMOTE, 80, syn.src, syn.sport, ACK);
	expect_passed(&out);
	bench_wait(bench, 7440 * SECONDS - 1);
	out = tcp_in(bench, REMOTE, 80, syn.src, syn.sport, ACK);
	expect_dropped(&out, MODEL_NO_SESSION | MODEL_NO_MAPPING);
}

static void
req5_transitory(struct bench *bench)
{
	struct bench_out syn = tcp_out(bench, HOST_A, 5000, REMOTE, 80, SYN), out;

	wait_nearly(bench, 240 * SECONDS);
	ck_assert(is_alive(bench, TCP, syn.src, syn.sport));
	wait_rest(bench);
	ck_assert(!is_alive(bench, TCP, syn.src, syn.sport));
	/* Closed by both. */
	bench_wait(bench, 1000 * SECONDS);
	syn = connect_out(bench);
	tcp_in(bench, REMOTE, 80, syn.src, syn.sport, FIN | ACK);
	out = tcp_out(bench, HOST_A, 5000, REMOTE, 80, FIN | ACK);
	expect_passed(&out);
	wait_nearly(bench, 240 * SECONDS);
	ck_assert(is_alive(bench, TCP, syn.src, syn.sport));
	wait_rest(bench);
	ck_assert(!is_alive(bench, TCP, syn.src, syn.sport));
}

static void
req7(struct bench *bench)
{
	struct bench_out a = tcp_out(bench, HOST_A, 5000, REMOTE, 80, SYN);
	struct bench_out b = tcp_out(bench, HOST_B, 5000, REMOTE_2, 81, SYN);

	ck_assert(a.src != b.src || a.sport != b.sport);
}

static void
req8(struct bench *bench)
{
	struct bench_out b = tcp_out(bench, HOST_B, 6000, REMOTE, 80, SYN);
	struct bench_out a = tcp_out(bench, HOST_A, 5000, REMOTE, 80, SYN);
	struct bench_out out = tcp_out(bench, HOST_A, 5000, b.src, b.sport, SYN);

	expect_passed(&out);
	ck_assert(out.direction == MODEL_INBOUND && out.dst == HOST_B && out.dport == 6000);
	ck_assert(out.src == a.src && out.sport == a.sport);
	out = tcp_out(bench, HOST_B, 6000, a.src, a.sport, SYN | ACK);
	expect_passed(&out);
	ck_assert(out.dst == HOST_A && out.dport == 5000 && out.src == b.src &&
		  out.sport == b.sport);
	/* Established on both sides. */
	bench_wait(bench, 7400 * SECONDS);
	out = tcp_out(bench, HOST_A, 5000, b.src, b.sport, ACK);
	expect_passed(&out);
}

static void
req9(struct bench *bench)
{
	struct bench_out syn = tcp_out(bench, HOST_A, 5000, REMOTE, 80, SYN);
	struct bench_out error = error_back(bench, &syn, REMOTE_2, 3, 1);

	expect_passed(&error);
	ck_assert(error.dst == HOST_A && error.inner_src == HOST_A && error.inner_sport == 5000);
	ck_assert(error.inner_dst == REMOTE && error.inner_dport == 80);
	ck_assert(forge_is_right(error.bytes + error.inner));
}

static void
req10(struct bench *bench)
{
	static const uint8_t types[] = {3, 4, 5, 11, 12};
	struct bench_out syn = connect_out(bench);

	for (size_t i = 0; i < sizeof(types); i++)
		error_back(bench, &syn, REMOTE, types[i], 1);
	bench_wait(bench, 7400 * SECONDS);
	ck_assert(is_alive(bench, TCP, syn.src, syn.sport));
}

const struct requirement requirements_rfc5382[] = {
	{"rfc5382_req1", "mappings are endpoint independent", NULL, req1},
	{"rfc5382_req2", "all valid sequences of a connection from inside, its reopening included",
	 NULL, req2},
	{"rfc5382_req2_external", "and from outside, where permitted", with_server, req2_external},
	{"rfc5382_req2a", "simultaneous open", NULL, req2a},
	{"rfc5382_req2a_inbound_first", "simultaneous open, the outside's SYN first", NULL,
	 req2a_inbound_first},
	{"rfc5382_req3", "filtering is endpoint independent", NULL, req3},
	{"rfc5382_req3_address", "or address-dependent", by_address, req3_address},
	{"rfc5382_req3_address_inbound",
	 "a connection from outside permits nothing while nobody inside has answered it",
	 by_address, req3_inbound},
	{"rfc5382_req3a", "or address and port-dependent, as the administrator likes",
	 by_address_and_port, req3_address_and_port},
	{"rfc5382_req4", "an unsolicited SYN gets no answer", NULL, req4},
	{"rfc5382_req4_answered", "or port unreachable, 6 s later and not before", answering,
	 req4_answered},
	{"rfc5382_req4_cancelled", "unless a SYN of the same connection has left meanwhile",
	 answering_filtered, req4_cancelled},
	{"rfc5382_req4_filtered", "filtered ones too", answering_filtered, req4_filtered},
	{"rfc5382_req5_established", "an idle established connection is kept 2 h 4 min", NULL,
	 req5_established},
	{"rfc5382_req5_transitory", "one that is opening or closing, 4 min", NULL, req5_transitory},
	{"rfc5382_req7", "no two hosts share an external port", NULL, req7},
	{"rfc5382_req8", "hairpinning, with the sender's external address and port", NULL, req8},
	{"rfc5382_req9", "destination unreachable is translated", NULL, req9},
	{"rfc5382_req10", "no ICMP message ends a mapping or connection", NULL, req10},
	{"rfc5382_req6", "ALGs for TCP but FTP are off: a matter of configuration", NULL, NULL},
	{NULL, NULL, NULL, NULL},
};
