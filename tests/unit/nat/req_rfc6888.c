/* SPDX-License-Identifier: BSD-3-Clause */
/* RFC 6888: common requirements for carrier-grade NATs. */

#include "requirements.h"

static void
small_blocks(struct model_config *config)
{
	config->block_size = 64;
	config->max_blocks = 2;
}

static void
few_sessions(struct model_config *config)
{
	config->max_sessions = 5;
}

static void
few_of_a_mapping(struct model_config *config)
{
	config->max_mapping_sessions = 3;
}

static void
few_of_a_mapping_filtered(struct model_config *config)
{
	few_of_a_mapping(config);
	config->filter = MODEL_SAME_ADDRESS;
}

static void
exempting(struct model_config *config)
{
	config->exempts[0] =
		(struct model_exempt){.addr = 0xcb007200, .bits = 24, .first = 0, .last = 65535};
	config->exempts[1] =
		(struct model_exempt){.addr = REMOTE, .bits = 32, .first = 8000, .last = 8010};
	config->n_exempts = 2;
}

static void
four_ports(struct model_config *config)
{
	config->n_pool = 1;
	config->last_port = (uint16_t)(config->first_port + 3);
}

static void
four_ports_short_quarantine(struct model_config *config)
{
	four_ports(config);
	config->quarantine = 5 * SECONDS;
}

static bool
is_refused(const struct bench_out *out)
{
	return out->outcome == MODEL_ANSWERED ||
	       (out->outcome == MODEL_DROPPED &&
		(out->reasons & (MODEL_EXHAUSTED | MODEL_QUOTA)) != 0);
}

static void
req2(struct bench *bench)
{
	struct bench_out first, next;

	for (uint32_t host = 0; host < 10; host++) {
		first = udp_out(bench, HOST_A + host, 5000, REMOTE, 53);
		for (uint16_t port = 5001; port < 5010; port++) {
			next = udp_out(bench, HOST_A + host, port, REMOTE_2, 53);
			ck_assert_uint_eq(next.src, first.src);
		}
	}
}

static void
req3(struct bench *bench)
{
	unsigned int used[3] = {0};

	/* 40 hosts on three addresses that are not neighbours. */
	for (uint32_t host = 0; host < 40; host++) {
		struct bench_out out = udp_out(bench, HOST_A + host, 5000, REMOTE, 53);

		ck_assert(out.src == POOL_1 || out.src == POOL_2 || out.src == POOL_3);
		used[out.src == POOL_1 ? 0 : out.src == POOL_2 ? 1 : 2]++;
	}
	ck_assert(used[0] > 0 && used[1] > 0 && used[2] > 0);
}

static void
req4(struct bench *bench)
{
	struct bench_out out, b;

	for (uint16_t port = 1; port <= 2 * 64; port++) {
		out = udp_out(bench, HOST_A, port, REMOTE, 53);
		expect_passed(&out);
	}
	out = udp_out(bench, HOST_A, 129, REMOTE, 53);
	ck_assert(is_refused(&out));
	/* The blocks are the subscriber's for other protocols as well. */
	out = tcp_out(bench, HOST_A, 129, REMOTE, 53, FORGE_SYN);
	expect_passed(&out);
	/* Others have their own. */
	b = udp_out(bench, HOST_B, 129, REMOTE, 53);
	expect_passed(&b);
}

static void
req5(struct bench *bench)
{
	struct bench_out out;

	for (uint16_t port = 1; port <= 4; port++) {
		out = tcp_out(bench, HOST_A, 5000, REMOTE, port, FORGE_SYN);
		expect_passed(&out);
	}
	out = udp_out(bench, HOST_A, 5001, REMOTE, 53);
	expect_passed(&out);
	/* Whatever the protocol, old mapping or new. */
	out = tcp_out(bench, HOST_A, 5000, REMOTE, 5, FORGE_SYN);
	ck_assert(is_refused(&out));
	out = udp_out(bench, HOST_A, 5002, REMOTE, 53);
	ck_assert(is_refused(&out));
	out = ping_out(bench, HOST_A, 7, REMOTE);
	ck_assert(is_refused(&out));
	ck_assert_uint_eq(model_mappings(bench_judge(bench)), 2);
	/* What there is goes on, other hosts are free. */
	out = tcp_out(bench, HOST_A, 5000, REMOTE, 4, FORGE_SYN);
	expect_passed(&out);
	out = udp_out(bench, HOST_A, 5001, REMOTE, 53);
	expect_passed(&out);
	out = udp_out(bench, HOST_B, 5001, REMOTE, 53);
	expect_passed(&out);
	/* What has ended makes room. */
	bench_wait(bench, 301 * SECONDS);
	out = udp_out(bench, HOST_A, 5002, REMOTE, 53);
	expect_passed(&out);
}

static void
req5_mapping(struct bench *bench)
{
	struct bench_out first = {0}, out;

	for (uint16_t port = 1; port <= 3; port++) {
		first = tcp_out(bench, HOST_A, 5000, REMOTE, port, FORGE_SYN);
		expect_passed(&first);
	}
	out = tcp_out(bench, HOST_A, 5000, REMOTE, 4, FORGE_SYN);
	ck_assert(is_refused(&out));
	/* From outside it passes, and leaves nothing: a flood uses up nobody's sessions. */
	out = tcp_in(bench, REMOTE_2, 4, first.src, first.sport, FORGE_SYN);
	expect_passed(&out);
	ck_assert_uint_eq(model_sessions(bench_judge(bench)), 3);
	out = tcp_in(bench, REMOTE, 2, first.src, first.sport, FORGE_SYN | FORGE_ACK);
	expect_passed(&out);
	/* Another mapping has its own. */
	out = tcp_out(bench, HOST_A, 5001, REMOTE, 4, FORGE_SYN);
	expect_passed(&out);
	/* UDP needs to know no remotes. */
	for (uint16_t port = 1; port <= 10; port++) {
		out = udp_out(bench, HOST_A, 5000, REMOTE, port);
		expect_passed(&out);
	}
}

/* Under a filter the remotes of UDP and ICMP are state, too. */
static void
req5_filtered(struct bench *bench)
{
	struct bench_out out;

	for (uint32_t i = 0; i < 3; i++) {
		out = udp_out(bench, HOST_A, 5000, REMOTE + i, 53);
		expect_passed(&out);
		out = ping_out(bench, HOST_A, 7, REMOTE + i);
		expect_passed(&out);
	}
	out = udp_out(bench, HOST_A, 5000, REMOTE + 3, 53);
	ck_assert(is_refused(&out));
	out = ping_out(bench, HOST_A, 7, REMOTE + 3);
	ck_assert(is_refused(&out));
	out = udp_out(bench, HOST_A, 5000, REMOTE, 53);
	expect_passed(&out);
}

static void
req6(struct bench *bench)
{
	struct bench_out out = udp_out(bench, HOST_A, 5000, 0xcb007205, 53);

	expect_passed(&out);
	ck_assert(out.src == HOST_A && out.sport == 5000);
	out = udp_in(bench, 0xcb007205, 53, HOST_A, 5000);
	expect_passed(&out);
	ck_assert(out.dst == HOST_A && out.direction == MODEL_INBOUND);
	out = udp_out(bench, HOST_A, 5000, REMOTE, 8005);
	ck_assert_uint_eq(out.src, HOST_A);
	out = udp_out(bench, HOST_A, 5000, REMOTE, 8011);
	ck_assert_uint_ne(out.src, HOST_A);
}

static void
req7(struct bench *bench)
{
	struct bench_out out = udp_out(bench, HOST_A, 5000, REMOTE, 53);
	struct bench_out in = udp_in(bench, REMOTE_2, 1, out.src, out.sport);

	expect_passed(&in);
}

static void
req8(struct bench *bench)
{
	struct bench_out mine[4], out;

	for (uint16_t i = 0; i < 4; i++)
		mine[i] = udp_out(bench, HOST_A, (uint16_t)(5000 + i), REMOTE, 53);
	bench_wait(bench, 301 * SECONDS);
	/* All four have just ended. */
	out = udp_out(bench, HOST_B, 7000, REMOTE, 53);
	ck_assert(is_refused(&out));
	/* Another protocol has its own ports, if they are not a host's in blocks. */
	out = tcp_out(bench, HOST_B, 7000, REMOTE, 53, FORGE_SYN);
	ck_assert(is_refused(&out) == (bench_block_size(bench) != 0));
	bench_wait(bench, 120 * SECONDS);
	out = udp_out(bench, HOST_B, 7000, REMOTE, 53);
	expect_passed(&out);
	ck_assert(mine[0].outcome == MODEL_PASSED);
}

static void
req8_short(struct bench *bench)
{
	struct bench_out out;

	for (uint16_t i = 0; i < 4; i++)
		udp_out(bench, HOST_A, (uint16_t)(5000 + i), REMOTE, 53);
	bench_wait(bench, 301 * SECONDS);
	out = udp_out(bench, HOST_B, 7000, REMOTE, 53);
	ck_assert(is_refused(&out));
	bench_wait(bench, 5 * SECONDS);
	out = udp_out(bench, HOST_B, 7000, REMOTE, 53);
	expect_passed(&out);
}

static void
req11(struct bench *bench)
{
	struct bench_out mine[4], out;

	for (uint16_t i = 0; i < 4; i++)
		mine[i] = udp_out(bench, HOST_A, (uint16_t)(5000 + i), REMOTE, 53);
	/* a) dropped, b) the sender may be told, d) nobody's mapping makes room. */
	for (uint16_t i = 0; i < 20; i++) {
		out = udp_out(bench, HOST_B, (uint16_t)(5000 + i), REMOTE, 53);
		ck_assert(is_refused(&out));
	}
	for (uint16_t i = 0; i < 4; i++) {
		out = udp_in(bench, REMOTE, 53, mine[i].src, mine[i].sport);
		ck_assert(out.dst == HOST_A && out.dport == 5000 + i);
	}
}

const struct requirement requirements_rfc6888[] = {
	{"rfc6888_req2", "all mappings of a subscriber use one external address", NULL, req2},
	{"rfc6888_req3", "the pool need not be contiguous", NULL, req3},
	{"rfc6888_req4", "ports for each subscriber are limited: by blocks", small_blocks, req4},
	{"rfc6888_req5", "sessions of each subscriber are limited", few_sessions, req5},
	{"rfc6888_req5_mapping", "and those of each mapping", few_of_a_mapping, req5_mapping},
	{"rfc6888_req5_filtered", "remotes that a filter looks at, too", few_of_a_mapping_filtered,
	 req5_filtered},
	{"rfc6888_req6", "translation can be turned off for destinations", exempting, req6},
	{"rfc6888_req7", "filtering is endpoint independent", NULL, req7},
	{"rfc6888_req8", "a port rests for 120 s before others may have it", four_ports, req8},
	{"rfc6888_req8_configurable", "or as long as configured", four_ports_short_quarantine,
	 req8_short},
	{"rfc6888_req11",
	 "no port left: the packet is dropped, its sender may be told, no mapping makes room",
	 four_ports, req11},
	{"rfc6888_req1", "the transport protocols' own requirements hold: all of the others", NULL,
	 NULL},
	{"rfc6888_req9", "subscribers control their mappings by a protocol (PCP)", NULL, NULL},
	{"rfc6888_req10", "the NAT can be managed", NULL, NULL},
	{"rfc6888_req12", "destinations are not logged", NULL, NULL},
	{"rfc6888_req13", "ports are used well: test_judge, no refusal while there is a port", NULL,
	 NULL},
	{"rfc6888_req14", "logs are small", NULL, NULL},
	{"rfc6888_req15", "ports are hard to guess: rfc7857_s9", NULL, NULL},
	{NULL, NULL, NULL, NULL},
};
