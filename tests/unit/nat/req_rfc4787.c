/* SPDX-License-Identifier: BSD-3-Clause */
/* RFC 4787: NAT behavioural requirements for unicast UDP. */

#include "requirements.h"

static void
same_filter_by_address(struct model_config *config)
{
	config->filter = MODEL_SAME_ADDRESS;
}

static void
same_filter_by_address_and_port(struct model_config *config)
{
	config->filter = MODEL_SAME_ADDRESS_AND_PORT;
}

static void
no_inbound_refresh(struct model_config *config)
{
	config->inbound_refresh = false;
}

static void
req1(struct bench *bench)
{
	struct bench_out first = udp_out(bench, HOST_A, 5000, REMOTE, 53);
	struct bench_out second = udp_out(bench, HOST_A, 5000, REMOTE, 54);
	struct bench_out third = udp_out(bench, HOST_A, 5000, REMOTE_2, 53);

	expect_passed(&first);
	ck_assert(first.direction == MODEL_OUTBOUND && first.dst == REMOTE && first.dport == 53);
	ck_assert(first.src == second.src && first.sport == second.sport);
	ck_assert(first.src == third.src && first.sport == third.sport);
}

static void
req2(struct bench *bench)
{
	struct bench_out first = udp_out(bench, HOST_A, 5000, REMOTE, 53), next;

	for (uint16_t port = 5001; port < 5020; port++) {
		next = udp_out(bench, HOST_A, port, REMOTE, 53);
		ck_assert_uint_eq(next.src, first.src);
		next = tcp_out(bench, HOST_A, port, REMOTE, 80, FORGE_SYN);
		ck_assert_uint_eq(next.src, first.src);
		next = ping_out(bench, HOST_A, port, REMOTE);
		ck_assert_uint_eq(next.src, first.src);
	}
}

static void
req3(struct bench *bench)
{
	struct bench_out a = udp_out(bench, HOST_A, 5000, REMOTE, 53);
	struct bench_out b = udp_out(bench, HOST_B, 5000, REMOTE_2, 54);
	struct bench_out in;

	ck_assert(a.src != b.src || a.sport != b.sport);
	in = udp_in(bench, REMOTE, 53, a.src, a.sport);
	ck_assert_uint_eq(in.dst, HOST_A);
	in = udp_in(bench, REMOTE_2, 54, b.src, b.sport);
	ck_assert_uint_eq(in.dst, HOST_B);
	ck_assert_uint_eq(in.dport, 5000);
}

static void
req5(struct bench *bench)
{
	struct bench_out out = udp_out(bench, HOST_A, 5000, REMOTE, 53);

	wait_nearly(bench, 300 * SECONDS);
	ck_assert(is_alive(bench, UDP, out.src, out.sport));
	/* That was the last packet. */
	bench_wait(bench, 300 * SECONDS - 1);
	ck_assert(!is_alive(bench, UDP, out.src, out.sport));
}

static void
req6(struct bench *bench)
{
	struct bench_out out = udp_out(bench, HOST_A, 5000, REMOTE, 53), again;

	for (int i = 0; i < 5; i++) {
		bench_wait(bench, 299 * SECONDS);
		again = udp_out(bench, HOST_A, 5000, REMOTE, 53);
		ck_assert(again.src == out.src && again.sport == out.sport);
	}
	ck_assert(is_alive(bench, UDP, out.src, out.sport));
}

static void
req6a(struct bench *bench)
{
	struct bench_out out = udp_out(bench, HOST_A, 5000, REMOTE, 53);

	bench_wait(bench, 200 * SECONDS);
	udp_in(bench, REMOTE, 53, out.src, out.sport);
	bench_wait(bench, 200 * SECONDS);
	ck_assert(is_alive(bench, UDP, out.src, out.sport));
}

static void
req6b(struct bench *bench)
{
	struct bench_out out = udp_out(bench, HOST_A, 5000, REMOTE, 53);

	bench_wait(bench, 200 * SECONDS);
	udp_in(bench, REMOTE, 53, out.src, out.sport);
	bench_wait(bench, 200 * SECONDS);
	ck_assert(!is_alive(bench, UDP, out.src, out.sport));
}

static void
req7(struct bench *bench)
{
	struct bench_out inside, out;

	inside = udp_out(bench, HOST_B, 5000, REMOTE, 53);
	expect_passed(&inside);
	/* A host outside has the same number as HOST_B inside. */
	out = udp_out(bench, HOST_A, 5000, HOST_B, 5000);
	expect_passed(&out);
	ck_assert(out.direction == MODEL_OUTBOUND && out.dst == HOST_B && out.src != HOST_A);
	out = udp_in(bench, HOST_B, 5000, out.src, out.sport);
	ck_assert(out.direction == MODEL_INBOUND && out.src == HOST_B && out.dst == HOST_A);
}

static void
req8(struct bench *bench)
{
	struct bench_out out = udp_out(bench, HOST_A, 5000, REMOTE, 53);
	struct bench_out in = udp_in(bench, REMOTE_2, 1234, out.src, out.sport);

	expect_passed(&in);
	ck_assert(in.dst == HOST_A && in.dport == 5000 && in.src == REMOTE_2 && in.sport == 1234);
}

static void
req8_address(struct bench *bench)
{
	struct bench_out out = udp_out(bench, HOST_A, 5000, REMOTE, 53);
	struct bench_out in = udp_in(bench, REMOTE, 1234, out.src, out.sport);

	expect_passed(&in);
	in = udp_in(bench, REMOTE_2, 53, out.src, out.sport);
	expect_dropped(&in, MODEL_FILTERED);
	udp_out(bench, HOST_A, 5000, REMOTE_2, 99);
	in = udp_in(bench, REMOTE_2, 53, out.src, out.sport);
	expect_passed(&in);
	/* The permission is the address's. Its packets refresh it; those of others do not. */
	for (int i = 0; i < 2; i++) {
		bench_wait(bench, 200 * SECONDS);
		udp_out(bench, HOST_A, 5000, REMOTE, 53);
		in = udp_in(bench, REMOTE_2, 53, out.src, out.sport);
		expect_passed(&in);
	}
	bench_wait(bench, 200 * SECONDS);
	udp_out(bench, HOST_A, 5000, REMOTE, 53);
	bench_wait(bench, 101 * SECONDS);
	in = udp_in(bench, REMOTE_2, 53, out.src, out.sport);
	expect_dropped(&in, MODEL_FILTERED);
}

static void
req8_address_and_port(struct bench *bench)
{
	struct bench_out out = udp_out(bench, HOST_A, 5000, REMOTE, 53);
	struct bench_out in = udp_in(bench, REMOTE, 53, out.src, out.sport);

	expect_passed(&in);
	in = udp_in(bench, REMOTE, 54, out.src, out.sport);
	expect_dropped(&in, MODEL_FILTERED);
	/* The permission goes with its session, the mapping stays for the other. */
	bench_wait(bench, 200 * SECONDS);
	udp_out(bench, HOST_A, 5000, REMOTE_2, 53);
	bench_wait(bench, 200 * SECONDS);
	in = udp_in(bench, REMOTE, 53, out.src, out.sport);
	expect_dropped(&in, MODEL_FILTERED);
	in = udp_in(bench, REMOTE_2, 53, out.src, out.sport);
	expect_passed(&in);
}

static void
req9(struct bench *bench)
{
	struct bench_out b = udp_out(bench, HOST_B, 6000, REMOTE, 53);
	struct bench_out a = udp_out(bench, HOST_A, 5000, REMOTE, 53);
	struct bench_out pin = udp_out(bench, HOST_A, 5000, b.src, b.sport);

	expect_passed(&pin);
	ck_assert(pin.direction == MODEL_INBOUND && pin.tenant == 1 && pin.dst == HOST_B &&
		  pin.dport == 6000);
	/* REQ-9a: external source address and port. */
	ck_assert(pin.src == a.src && pin.sport == a.sport);
	pin = udp_out(bench, HOST_B, 6000, a.src, a.sport);
	ck_assert(pin.dst == HOST_A && pin.dport == 5000 && pin.src == b.src &&
		  pin.sport == b.sport);
	/* To a port that is nobody's. */
	pin = udp_out(bench, HOST_A, 5000, b.src, (uint16_t)(b.sport ^ 1));
	if (b.src != a.src || a.sport != (b.sport ^ 1))
		expect_dropped(&pin, MODEL_NO_MAPPING);
}

static void
req9_filtered(struct bench *bench)
{
	struct bench_out b = udp_out(bench, HOST_B, 6000, REMOTE, 53);
	struct bench_out a = udp_out(bench, HOST_A, 5000, REMOTE, 53);
	struct bench_out pin = udp_out(bench, HOST_A, 5000, b.src, b.sport);

	expect_dropped(&pin, MODEL_FILTERED);
	/* By that, A has sent to B: B may send to A. */
	pin = udp_out(bench, HOST_B, 6000, a.src, a.sport);
	expect_passed(&pin);
	pin = udp_out(bench, HOST_A, 5000, b.src, b.sport);
	expect_passed(&pin);
}

static void
req11(struct bench *bench)
{
	struct bench_out first, again;

	/* Many hosts with one port: none of them gets another kind of mapping. */
	for (uint32_t host = 0; host < 20; host++) {
		first = udp_out(bench, HOST_A + host, 5000, REMOTE, 53);
		again = udp_out(bench, HOST_A + host, 5000, REMOTE_2, 53);
		ck_assert(first.src == again.src && first.sport == again.sport);
		again = udp_in(bench, REMOTE_2, 7, first.src, first.sport);
		ck_assert_uint_eq(again.dst, HOST_A + host);
	}
}

static void
req12(struct bench *bench)
{
	struct bench_out out = udp_out(bench, HOST_A, 5000, REMOTE, 53);

	for (uint8_t code = 0; code < 16; code++)
		error_back(bench, &out, REMOTE, 3, code);
	ck_assert(is_alive(bench, UDP, out.src, out.sport));
}

static void
req12a(struct bench *bench)
{
	struct bench_out out = udp_out(bench, HOST_A, 5000, REMOTE, 53);
	struct bench_out error = error_back(bench, &out, 0x08080808, 11, 0);

	expect_passed(&error);
	ck_assert(error.dst == HOST_A && error.src == 0x08080808);
}

static void
req12b(struct bench *bench)
{
	struct bench_out out = udp_out(bench, HOST_A, 5000, REMOTE, 53);
	struct bench_out error = error_back(bench, &out, REMOTE, 3, 3);

	expect_passed(&error);
	ck_assert(error.type == 3 && error.code == 3 && error.dst == HOST_A);
	ck_assert(error.inner_src == HOST_A && error.inner_sport == 5000);
	ck_assert(forge_is_right(error.bytes + error.inner));
}

const struct requirement requirements_rfc4787[] = {
	{"rfc4787_req1", "mappings are endpoint independent", NULL, req1},
	{"rfc4787_req2", "all mappings of a host use one external address", NULL, req2},
	{"rfc4787_req3", "no two hosts share an external port, whatever their remotes", NULL, req3},
	{"rfc4787_req5", "an UDP mapping lives two minutes at least; here five, and no longer",
	 NULL, req5},
	{"rfc4787_req6", "outbound packets refresh a mapping", NULL, req6},
	{"rfc4787_req6a", "inbound packets may refresh a mapping", NULL, req6a},
	{"rfc4787_req6a_off", "inbound packets do not refresh a mapping if they are not to",
	 no_inbound_refresh, req6b},
	{"rfc4787_req7", "hosts outside may have the same numbers as hosts inside", NULL, req7},
	{"rfc4787_req8", "filtering is endpoint independent", NULL, req8},
	{"rfc4787_req8_address", "or address-dependent", same_filter_by_address, req8_address},
	{"rfc4787_req8a", "or address and port-dependent, as the administrator likes",
	 same_filter_by_address_and_port, req8_address_and_port},
	{"rfc4787_req9a", "hairpinning, with the sender's external address and port", NULL, req9},
	{"rfc4787_req9_filtered", "hairpinned packets are subject to filtering",
	 same_filter_by_address_and_port, req9_filtered},
	{"rfc4787_req11", "the same behaviour in all circumstances, collisions of ports included",
	 NULL, req11},
	{"rfc4787_req12", "no ICMP message ends a mapping", NULL, req12},
	{"rfc4787_req12a", "ICMP messages are not filtered by their source", NULL, req12a},
	{"rfc4787_req12b", "destination unreachable is supported", NULL, req12b},
	{"rfc4787_req4", "port parity is preserved: RFC 7857 section 8 has taken it back", NULL,
	 NULL},
	{"rfc4787_req10", "ALGs for UDP are off: there are none", NULL, NULL},
	{"rfc4787_req13",
	 "too big with DF is answered, without it fragmented: where packets are sent", NULL, NULL},
	{"rfc4787_req14", "fragments in and out of order: reassembly is in front of the NAT", NULL,
	 NULL},
	{NULL, NULL, NULL, NULL},
};
