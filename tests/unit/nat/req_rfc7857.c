/* SPDX-License-Identifier: BSD-3-Clause */
/* RFC 7857: updates to NAT behavioural requirements. */

#include "requirements.h"

enum { SYN = FORGE_SYN, ACK = FORGE_ACK, FIN = FORGE_FIN, RST = FORGE_RST };

#define ONE_A 0xc6336414
#define HOST_C 0x0a000063

static void
by_address_and_port(struct model_config *config)
{
	config->filter = MODEL_SAME_ADDRESS_AND_PORT;
}

static void
other_times(struct model_config *config)
{
	config->tcp_opening = 30 * SECONDS;
	config->tcp_closing = 50 * SECONDS;
}

static void
lingering(struct model_config *config)
{
	config->established_lingers = true;
}

static void
with_one(struct model_config *config)
{
	config->ones[0] = (struct model_one_to_one){.tenant = 1, .in = HOST_C, .ext = ONE_A};
	config->n_ones = 1;
}

/* Three addresses. */
static void
four_ports_each(struct model_config *config)
{
	config->last_port = (uint16_t)(config->first_port + 3);
}

static struct bench_out
open_connection(struct bench *bench)
{
	struct bench_out syn = tcp_out(bench, HOST_A, 5000, REMOTE, 80, SYN), out;

	expect_passed(&syn);
	out = tcp_in(bench, REMOTE, 80, syn.src, syn.sport, SYN | ACK);
	expect_passed(&out);
	return syn;
}

/* Whether the mapping ends 'ms' after the last packet, and not before. */
static void
ends_after(struct bench *bench, const struct bench_out *syn, uint64_t ms)
{
	wait_nearly(bench, ms);
	ck_assert(is_alive(bench, TCP, syn->src, syn->sport));
	wait_rest(bench);
	ck_assert(!is_alive(bench, TCP, syn->src, syn->sport));
	bench_wait(bench, 1000 * SECONDS);
}

static void
s2(struct bench *bench)
{
	struct bench_out syn = tcp_out(bench, HOST_A, 5000, REMOTE, 80, SYN);

	/* INIT */
	ends_after(bench, &syn, 240 * SECONDS);
	tcp_out(bench, HOST_A, 5000, REMOTE, 80, SYN);
	bench_wait(bench, 200 * SECONDS);
	syn = tcp_out(bench, HOST_A, 5000, REMOTE, 80, SYN);
	ends_after(bench, &syn, 240 * SECONDS);
	/* ESTABLISHED */
	syn = open_connection(bench);
	ends_after(bench, &syn, 7440 * SECONDS);
	/* Both FINs, the outside's first. */
	syn = open_connection(bench);
	tcp_in(bench, REMOTE, 80, syn.src, syn.sport, FIN | ACK);
	tcp_out(bench, HOST_A, 5000, REMOTE, 80, ACK);
	tcp_out(bench, HOST_A, 5000, REMOTE, 80, FIN | ACK);
	ends_after(bench, &syn, 240 * SECONDS);
	/* One FIN, twice. */
	syn = open_connection(bench);
	tcp_in(bench, REMOTE, 80, syn.src, syn.sport, FIN | ACK);
	bench_wait(bench, 200 * SECONDS);
	tcp_in(bench, REMOTE, 80, syn.src, syn.sport, FIN | ACK);
	ends_after(bench, &syn, 240 * SECONDS);
	/* Half closed, and data of the other side. */
	syn = open_connection(bench);
	tcp_in(bench, REMOTE, 80, syn.src, syn.sport, FIN | ACK);
	tcp_in(bench, REMOTE, 80, syn.src, syn.sport, FIN | ACK);
	bench_wait(bench, 200 * SECONDS);
	tcp_out(bench, HOST_A, 5000, REMOTE, 80, ACK);
	ends_after(bench, &syn, 240 * SECONDS);
	/* Half closed, RST, data. */
	syn = open_connection(bench);
	tcp_out(bench, HOST_A, 5000, REMOTE, 80, FIN | ACK);
	tcp_in(bench, REMOTE, 80, syn.src, syn.sport, RST);
	tcp_in(bench, REMOTE, 80, syn.src, syn.sport, ACK);
	ends_after(bench, &syn, 7440 * SECONDS);
	/* Data after a RST: it is not over. */
	syn = open_connection(bench);
	tcp_in(bench, REMOTE, 80, syn.src, syn.sport, RST);
	tcp_out(bench, HOST_A, 5000, REMOTE, 80, ACK);
	ends_after(bench, &syn, 7440 * SECONDS);
}

static void
s2_lingering(struct bench *bench)
{
	struct bench_out syn = open_connection(bench), out;

	ends_after(bench, &syn, 7680 * SECONDS);
	syn = open_connection(bench);
	bench_wait(bench, 7500 * SECONDS);
	out = tcp_out(bench, HOST_A, 5000, REMOTE, 80, ACK);
	ck_assert(out.src == syn.src && out.sport == syn.sport);
	ends_after(bench, &syn, 7680 * SECONDS);
}

static void
s2_1(struct bench *bench)
{
	struct bench_out syn = tcp_out(bench, HOST_A, 5000, REMOTE, 80, SYN);

	ends_after(bench, &syn, 30 * SECONDS);
	syn = open_connection(bench);
	tcp_out(bench, HOST_A, 5000, REMOTE, 80, FIN | ACK);
	tcp_in(bench, REMOTE, 80, syn.src, syn.sport, FIN | ACK);
	ends_after(bench, &syn, 50 * SECONDS);
}

static void
s2_2(struct bench *bench)
{
	struct bench_out syn = open_connection(bench), out;

	out = tcp_in(bench, REMOTE, 80, syn.src, syn.sport, RST);
	expect_passed(&out);
	ck_assert(out.dst == HOST_A && out.flags == RST);
	ends_after(bench, &syn, 240 * SECONDS);
	syn = open_connection(bench);
	out = tcp_out(bench, HOST_A, 5000, REMOTE, 80, RST);
	expect_passed(&out);
	ends_after(bench, &syn, 240 * SECONDS);
	/* A RST of no session, but a mapping. */
	syn = open_connection(bench);
	out = tcp_in(bench, REMOTE_2, 99, syn.src, syn.sport, RST);
	expect_passed(&out);
	ck_assert_uint_eq(out.dst, HOST_A);
}

/* Its address has no port left; the others of the pool have. */
static void
s4(struct bench *bench)
{
	struct bench_out mine[4], out;

	for (uint16_t i = 0; i < 4; i++) {
		mine[i] = udp_out(bench, HOST_A, (uint16_t)(5000 + i), REMOTE, 53);
		expect_passed(&mine[i]);
		ck_assert_uint_eq(mine[i].src, mine[0].src);
	}
	out = udp_out(bench, HOST_A, 6000, REMOTE, 53);
	ck_assert(out.outcome == MODEL_ANSWERED || (out.reasons & MODEL_EXHAUSTED) != 0);
	for (uint16_t i = 0; i < 4; i++) {
		out = udp_in(bench, REMOTE, 53, mine[i].src, mine[i].sport);
		ck_assert(out.dst == HOST_A && out.dport == 5000 + i);
	}
	out = udp_out(bench, HOST_B, 6000, REMOTE, 53);
	expect_passed(&out);
	ck_assert_uint_ne(out.src, mine[0].src);
}

static void
s4_pairing(struct bench *bench)
{
	struct bench_out first = udp_out(bench, HOST_A, 5000, REMOTE, 53), next;

	for (int i = 0; i < 10; i++) {
		bench_wait(bench, 200 * SECONDS);
		next = tcp_out(bench, HOST_A, (uint16_t)(6000 + i), REMOTE, 80, SYN);
		ck_assert_uint_eq(next.src, first.src);
	}
}

static void
s5(struct bench *bench)
{
	struct bench_out udp = udp_out(bench, HOST_A, 5000, REMOTE, 53), out;

	/* An UDP mapping is none for TCP, in neither direction. */
	out = tcp_out(bench, HOST_A, 5000, REMOTE, 53, ACK);
	expect_dropped(&out, MODEL_NO_SESSION);
	out = tcp_in(bench, REMOTE, 53, udp.src, udp.sport, SYN);
	expect_dropped(&out, MODEL_NO_MAPPING);
	out = tcp_out(bench, HOST_A, 5000, REMOTE, 53, SYN);
	expect_passed(&out);
}

static void
s6(struct bench *bench)
{
	struct bench_out udp, tcp, in;

	udp = udp_out(bench, HOST_A, 5000, REMOTE, 53);
	tcp = tcp_out(bench, HOST_A, 5000, REMOTE_2, 53, SYN);
	/* What UDP permits does not count for TCP. */
	in = tcp_in(bench, REMOTE, 53, tcp.src, tcp.sport, SYN);
	expect_dropped(&in, MODEL_FILTERED);
	in = udp_in(bench, REMOTE_2, 53, udp.src, udp.sport);
	expect_dropped(&in, MODEL_FILTERED);
}

static void
s7(struct bench *bench)
{
	struct bench_out out = udp_out(bench, HOST_A, 5000, REMOTE, 53), in;

	/* Not let in, so nothing refreshed. */
	for (int i = 0; i < 4; i++) {
		bench_wait(bench, 60 * SECONDS);
		in = udp_in(bench, REMOTE_2, 53, out.src, out.sport);
		expect_dropped(&in, MODEL_FILTERED);
	}
	bench_wait(bench, 61 * SECONDS);
	in = udp_in(bench, REMOTE, 53, out.src, out.sport);
	expect_dropped(&in, MODEL_NO_MAPPING);
}

static void
no_session_from_outside(struct model_config *config)
{
	config->inbound_session = false;
}

/* Let in without a session: nothing refreshed either. */
static void
s7_sessionless(struct bench *bench)
{
	struct bench_out out = udp_out(bench, HOST_A, 5000, REMOTE, 53), in;

	bench_wait(bench, 200 * SECONDS);
	in = udp_in(bench, REMOTE_2, 53, out.src, out.sport);
	expect_passed(&in);
	bench_wait(bench, 101 * SECONDS);
	in = udp_in(bench, REMOTE_2, 53, out.src, out.sport);
	expect_dropped(&in, MODEL_NO_MAPPING);
}

static void
s7_1_error(struct bench *bench)
{
	struct bench_out out = udp_out(bench, HOST_A, 5000, REMOTE, 53), in, error;

	in = udp_in(bench, REMOTE, 53, out.src, out.sport);
	bench_wait(bench, 200 * SECONDS);
	error = error_back(bench, &in, HOST_A, 3, 3);
	expect_passed(&error);
	bench_wait(bench, 101 * SECONDS);
	in = udp_in(bench, REMOTE, 53, out.src, out.sport);
	expect_dropped(&in, MODEL_NO_MAPPING);
}

static void
s7_1_rst(struct bench *bench)
{
	struct bench_out syn = tcp_out(bench, HOST_A, 5000, REMOTE, 80, SYN), out;

	bench_wait(bench, 200 * SECONDS);
	/* Somebody knocks, the host says no. */
	out = tcp_in(bench, REMOTE_2, 99, syn.src, syn.sport, ACK);
	expect_passed(&out);
	out = tcp_out(bench, HOST_A, 5000, REMOTE_2, 99, RST | ACK);
	expect_passed(&out);
	bench_wait(bench, 41 * SECONDS);
	ck_assert(!is_alive(bench, TCP, syn.src, syn.sport));
}

static void
s9(struct bench *bench)
{
	unsigned int next = 0, last = 0;

	/* No host gets ports in a row. */
	for (uint16_t port = 5000; port < 5032; port++) {
		struct bench_out out = udp_out(bench, HOST_A, port, REMOTE, 53);

		next += out.sport == last + 1;
		last = out.sport;
	}
	ck_assert_uint_lt(next, 8);
}

static void
s11(struct bench *bench)
{
	struct bench_out out = ping_out(bench, HOST_A, 77, REMOTE);

	bench_wait(bench, 50 * SECONDS);
	ping_out(bench, HOST_A, 77, REMOTE_2);
	bench_wait(bench, 59 * SECONDS);
	ck_assert(is_alive(bench, ICMP, out.src, out.sport));
	bench_wait(bench, 61 * SECONDS);
	ck_assert(!is_alive(bench, ICMP, out.src, out.sport));
}

static void
s12(struct bench *bench)
{
	struct bench_out in = ping_in(bench, REMOTE, ONE_A, 9, 8), out;

	expect_passed(&in);
	ck_assert(in.dst == HOST_C && in.sport == 9);
	out = bench_send(
		bench, MODEL_OUTBOUND, 1,
		&(struct forge){
			.proto = ICMP, .type = 0, .src = HOST_C, .dst = REMOTE, .sport = 9});
	ck_assert_uint_eq(out.src, ONE_A);
}

const struct requirement requirements_rfc7857[] = {
	{"rfc7857_s2", "TCP sessions follow the state machine of figure 1", NULL, s2},
	{"rfc7857_s2_lingering", "or to the letter: idle established sessions go by TRANS",
	 lingering, s2_lingering},
	{"rfc7857_s2.1", "opening and closing time-outs are configured separately", other_times,
	 s2_1},
	{"rfc7857_s2.2", "a RST is translated and ends a session 4 min later", NULL, s2_2},
	{"rfc7857_s4", "a host whose address has no port left gets none of another",
	 four_ports_each, s4},
	{"rfc7857_s4_pairing", "and is paired as long as any mapping of it lives", NULL,
	 s4_pairing},
	{"rfc7857_s5", "mappings of one protocol are none for another", NULL, s5},
	{"rfc7857_s6", "filters of one protocol are none for another", by_address_and_port, s6},
	{"rfc7857_s7", "inbound packets that are filtered do not refresh", by_address_and_port, s7},
	{"rfc7857_s7_sessionless", "nor do those that make no session", no_session_from_outside,
	 s7_sessionless},
	{"rfc7857_s7.1", "outbound ICMP errors do not refresh", NULL, s7_1_error},
	{"rfc7857_s7.1_rst", "nor do RSTs in answer to inbound packets", NULL, s7_1_rst},
	{"rfc7857_s9", "external ports are chosen at random", NULL, s9},
	{"rfc7857_s11", "a query mapping may end with its last session", NULL, s11},
	{"rfc7857_s12", "queries from outside reach a 1:1 address", with_one, s12},
	{"rfc7857_s3", "ports may be shared by 5-tuple: not with endpoint-independent mappings",
	 NULL, NULL},
	{"rfc7857_s8", "port parity need not be preserved: ports are random", NULL, NULL},
	{"rfc7857_s10", "identification of IP packets (RFC 6864): test_judge, id_free", NULL, NULL},
	{NULL, NULL, NULL, NULL},
};
