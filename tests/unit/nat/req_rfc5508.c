/* SPDX-License-Identifier: BSD-3-Clause */
/* RFC 5508: NAT behavioural requirements for ICMP. */

#include <string.h>

#include "requirements.h"

#define ONE_A 0xc6336414 /* 198.51.100.20 and .21: 1:1 */
#define ONE_B 0xc6336415
#define HOST_C 0x0a000063
#define HOST_D 0x0a000064

static void
with_ones(struct model_config *config)
{
	config->ones[0] = (struct model_one_to_one){.tenant = 1, .in = HOST_C, .ext = ONE_A};
	config->ones[1] = (struct model_one_to_one){.tenant = 1, .in = HOST_D, .ext = ONE_B};
	config->n_ones = 2;
}

static void
by_address_and_port(struct model_config *config)
{
	config->filter = MODEL_SAME_ADDRESS_AND_PORT;
}

static void
one_port(struct model_config *config)
{
	config->n_pool = 1;
	config->last_port = config->first_port;
}

static void
req1(struct bench *bench)
{
	struct bench_out out = ping_out(bench, HOST_A, 77, REMOTE), in;

	expect_passed(&out);
	ck_assert(out.dst == REMOTE && out.type == 8 && out.src != HOST_A);
	in = ping_in(bench, REMOTE, out.src, out.sport, 0);
	expect_passed(&in);
	ck_assert(in.dst == HOST_A && in.sport == 77 && in.type == 0);
	/* Timestamp (type 13), which has an identifier too. */
	out = bench_send(bench, MODEL_OUTBOUND, 1,
			 &(struct forge){.proto = ICMP,
					 .type = 13,
					 .src = HOST_B,
					 .dst = REMOTE,
					 .sport = 5,
					 .payload = 12});
	in = ping_in(bench, REMOTE, out.src, out.sport, 14);
	expect_passed(&in);
	ck_assert(in.dst == HOST_B && in.sport == 5);
}

static void
req1a(struct bench *bench)
{
	struct bench_out first = ping_out(bench, HOST_A, 77, REMOTE);
	struct bench_out second = ping_out(bench, HOST_A, 77, REMOTE_2);

	ck_assert(first.src == second.src && first.sport == second.sport);
}

static void
req1_filtered(struct bench *bench)
{
	struct bench_out out = ping_out(bench, HOST_A, 77, REMOTE), in;

	in = ping_in(bench, REMOTE, out.src, out.sport, 0);
	expect_passed(&in);
	in = ping_in(bench, REMOTE_2, out.src, out.sport, 0);
	expect_dropped(&in, MODEL_FILTERED);
}

static void
req2(struct bench *bench)
{
	struct bench_out out = ping_out(bench, HOST_A, 77, REMOTE);

	wait_nearly(bench, 60 * SECONDS);
	ck_assert(is_alive(bench, ICMP, out.src, out.sport));
	bench_wait(bench, 60 * SECONDS - 1);
	ck_assert(!is_alive(bench, ICMP, out.src, out.sport));
}

/* An inbound error about a packet that left, to be changed before it is sent. */
static size_t
error_bytes(uint8_t *bytes, const struct bench_out *about, const uint8_t *inner, size_t inner_size)
{
	return forge_packet(bytes, &(struct forge){.proto = ICMP,
						   .type = 3,
						   .code = 1,
						   .src = REMOTE,
						   .dst = about->src,
						   .inner = inner,
						   .inner_size = inner_size});
}

static struct bench_out
send_error(struct bench *bench, const struct bench_out *about, const uint8_t *inner,
	   size_t inner_size)
{
	uint8_t bytes[FORGE_MAX];
	size_t size = error_bytes(bytes, about, inner, inner_size);

	return bench_send_bytes(bench, MODEL_INBOUND, 0, bytes, size);
}

static void
req3(struct bench *bench)
{
	struct bench_out out = udp_out(bench, HOST_A, 5000, REMOTE, 53), error;
	uint8_t bytes[FORGE_MAX];
	size_t size = error_bytes(bytes, &out, out.bytes, out.size);

	forge_spoil(bytes, 1);
	error = bench_send_bytes(bench, MODEL_INBOUND, 0, bytes, size);
	expect_dropped(&error, MODEL_CHECKSUM);
}

static void
req3a(struct bench *bench)
{
	struct bench_out out = udp_out(bench, HOST_A, 5000, REMOTE, 53), error;
	uint8_t inner[FORGE_MAX];

	memcpy(inner, out.bytes, out.size);
	inner[10] ^= 1;
	error = send_error(bench, &out, inner, out.size);
	expect_dropped(&error, MODEL_CHECKSUM);
}

static void
req3b(struct bench *bench)
{
	struct bench_out out, error;

	out = bench_send(bench, MODEL_OUTBOUND, 1,
			 &(struct forge){.proto = UDP,
					 .src = HOST_A,
					 .sport = 5000,
					 .dst = REMOTE,
					 .dport = 53,
					 .ip_options = 5,
					 .payload = 3});
	expect_passed(&out);
	error = send_error(bench, &out, out.bytes, out.size);
	expect_passed(&error);
	ck_assert(error.inner_src == HOST_A && error.inner_sport == 5000);
	ck_assert(forge_is_right(error.bytes + error.inner));
}

static void
req3c(struct bench *bench)
{
	struct bench_out out = udp_out(bench, HOST_A, 5000, REMOTE, 53), error;
	uint8_t inner[FORGE_MAX];

	memcpy(inner, out.bytes, out.size);
	forge_spoil(inner, 0x55);
	error = send_error(bench, &out, inner, out.size);
	expect_passed(&error);
	ck_assert_uint_eq(error.inner_src, HOST_A);
	/* Off by as much as before. */
	ck_assert(!forge_is_right(error.bytes + error.inner));
	forge_spoil(error.bytes + error.inner, (uint16_t)-0x55);
	if (!forge_is_right(error.bytes + error.inner))
		forge_spoil(error.bytes + error.inner, (uint16_t)-1);
	ck_assert(forge_is_right(error.bytes + error.inner));
}

/* Extensions behind the quoted packet (RFC 4884): 128 bytes of it with zeros at its end, then a
 * header and one object. They are no part of it, and stay as they are. */
static void
req3d(struct bench *bench)
{
	static const uint8_t extension[] = {0x20, 0, 0, 0, 0, 8, 1, 1, 0xde, 0xad, 0xbe, 0xef};
	struct bench_out out = udp_out(bench, HOST_A, 5000, REMOTE, 53), error;
	uint8_t inner[128 + sizeof(extension)] = {0}, bytes[FORGE_MAX];
	size_t size;

	memcpy(inner, out.bytes, out.size);
	memcpy(inner + 128, extension, sizeof(extension));
	size = error_bytes(bytes, &out, inner, sizeof(inner));
	bytes[20 + 5] = 128 / 4; /* the length of what is quoted, in words */
	forge_checksums(bytes);
	error = bench_send_bytes(bench, MODEL_INBOUND, 0, bytes, size);
	expect_passed(&error);
	ck_assert_uint_eq(error.size, size);
	ck_assert_uint_eq(error.bytes[20 + 5], 128 / 4);
	ck_assert(error.inner_src == HOST_A && error.inner_sport == 5000);
	ck_assert(forge_is_right(error.bytes + error.inner));
	ck_assert(memcmp(error.bytes + error.inner + out.size, inner + out.size,
			 sizeof(inner) - out.size) == 0);
}

static void
req4(struct bench *bench)
{
	struct bench_out out = udp_out(bench, HOST_A, 5000, REMOTE, 53), error;
	uint8_t inner[FORGE_MAX];

	memcpy(inner, out.bytes, out.size);
	/* About another port: no mapping. */
	inner[20] ^= 4;
	error = send_error(bench, &out, inner, out.size);
	expect_dropped(&error, MODEL_NO_MAPPING);
	/* To another address than the packet came from. */
	error = out;
	error.src = out.src == POOL_1 ? POOL_2 : POOL_1;
	error = send_error(bench, &error, out.bytes, out.size);
	expect_dropped(&error, MODEL_MALFORMED);
	/* The IP header and 8 bytes are enough. */
	error = send_error(bench, &out, out.bytes, 28);
	expect_passed(&error);
	/* a) what is inside is what the host sent, b) type and code stay, c) it goes to that host.
	 */
	ck_assert(error.inner_src == HOST_A && error.inner_sport == 5000 &&
		  error.inner_dst == REMOTE);
	ck_assert(error.type == 3 && error.code == 1);
	ck_assert(error.dst == HOST_A && error.src == REMOTE && error.direction == MODEL_INBOUND);
}

static void
req5(struct bench *bench)
{
	struct bench_out out = udp_out(bench, HOST_A, 5000, REMOTE, 53), in, error;

	in = udp_in(bench, REMOTE_2, 99, out.src, out.sport);
	error = error_back(bench, &in, HOST_A, 3, 3);
	expect_passed(&error);
	ck_assert(error.direction == MODEL_OUTBOUND && error.type == 3 && error.code == 3);
	ck_assert(error.inner_dst == out.src && error.inner_dport == out.sport &&
		  error.inner_src == REMOTE_2);
	ck_assert(error.src == out.src && error.dst == REMOTE_2);
	ck_assert(forge_is_right(error.bytes + error.inner));
	/* From a router inside: it has no mapping, the error is from the NAT's address. */
	in = udp_in(bench, REMOTE_2, 99, out.src, out.sport);
	error = error_back(bench, &in, 0x0a0000fe, 11, 0);
	expect_passed(&error);
	ck_assert_uint_eq(error.src, out.src);
	/* About a packet that never came. */
	in.bytes[23] ^= 1;
	forge_checksums(in.bytes);
	error = error_back(bench, &in, HOST_A, 3, 3);
	expect_dropped(&error, MODEL_NO_MAPPING);
}

/* From a host with an address of its own, about a packet to another. */
static void
req5c(struct bench *bench)
{
	struct bench_out out = udp_out(bench, HOST_A, 5000, REMOTE, 53), in, error;

	in = udp_in(bench, REMOTE, 53, out.src, out.sport);
	error = error_back(bench, &in, HOST_C, 11, 0);
	expect_passed(&error);
	ck_assert(error.src == ONE_A && error.inner_dst == out.src);
	/* About an error there is none, and nobody is told to slow down. */
	out = udp_out(bench, HOST_C, 5000, REMOTE, 53);
	in = error_back(bench, &out, REMOTE, 3, 3);
	expect_passed(&in);
	error = error_back(bench, &in, HOST_C, 3, 3);
	expect_dropped(&error, MODEL_MALFORMED | MODEL_NO_MAPPING);
	error = error_back(bench, &out, REMOTE, 4, 0);
	expect_dropped(&error, MODEL_UNSUPPORTED);
	error = error_back(bench, &in, HOST_C, 5, 1);
	expect_dropped(&error, MODEL_UNSUPPORTED);
}

static void
req6(struct bench *bench)
{
	struct bench_out out = ping_out(bench, HOST_A, 77, REMOTE);

	bench_wait(bench, 40 * SECONDS);
	error_back(bench, &out, REMOTE, 3, 1);
	bench_wait(bench, 10 * SECONDS);
	/* Not deleted (asked by an error, which refreshes nothing), */
	out = error_back(bench, &out, REMOTE, 11, 0);
	expect_passed(&out);
	ck_assert(out.inner_src == HOST_A && out.inner_sport == 77);
	/* and not refreshed. */
	bench_wait(bench, 11 * SECONDS);
	ck_assert_uint_eq(model_mappings(bench_judge(bench)), 1);
	out = ping_out(bench, HOST_B, 1, REMOTE);
	ck_assert_uint_eq(model_mappings(bench_judge(bench)), 1);
}

static void
req7(struct bench *bench)
{
	struct bench_out out = ping_out(bench, HOST_C, 77, ONE_B);

	/* Queries between hosts with addresses of their own. */
	expect_passed(&out);
	ck_assert(out.direction == MODEL_INBOUND && out.src == ONE_A && out.dst == HOST_D &&
		  out.sport == 77);
	out = bench_send(
		bench, MODEL_OUTBOUND, 1,
		&(struct forge){
			.proto = ICMP, .type = 0, .src = HOST_D, .dst = ONE_A, .sport = 77});
	expect_passed(&out);
	ck_assert(out.src == ONE_B && out.dst == HOST_C);
	/* And from one that shares its address to one that does not, and back. */
	out = ping_out(bench, HOST_A, 5, ONE_B);
	expect_passed(&out);
	ck_assert_uint_eq(out.dst, HOST_D);
	out = bench_send(bench, MODEL_OUTBOUND, 1,
			 &(struct forge){.proto = ICMP,
					 .type = 0,
					 .src = HOST_D,
					 .dst = out.src,
					 .sport = out.sport});
	expect_passed(&out);
	ck_assert(out.dst == HOST_A && out.sport == 5);
}

static void
req7a(struct bench *bench)
{
	struct bench_out a = udp_out(bench, HOST_A, 5000, REMOTE, 53);
	struct bench_out b = udp_out(bench, HOST_B, 6000, REMOTE, 53);
	struct bench_out pin = udp_out(bench, HOST_A, 5000, b.src, b.sport), error;

	expect_passed(&pin);
	error = error_back(bench, &pin, HOST_B, 3, 3);
	expect_passed(&error);
	ck_assert(error.direction == MODEL_INBOUND && error.dst == HOST_A && error.src == b.src);
	ck_assert(error.inner_src == HOST_A && error.inner_sport == 5000);
	ck_assert(error.inner_dst == b.src && error.inner_dport == b.sport);
	ck_assert(forge_is_right(error.bytes + error.inner));
	ck_assert(a.src != 0);
}

static void
req8(struct bench *bench)
{
	struct bench_out out = udp_out(bench, HOST_A, 5000, REMOTE, 53);

	expect_passed(&out);
	out = udp_out(bench, HOST_B, 5000, REMOTE, 53);
	/* Told, with code 13 (or 1, as RFC 6888 has it), or silent where ICMP is limited. */
	if (out.outcome == MODEL_ANSWERED)
		ck_assert(out.type == 3 && (out.code == 13 || out.code == 1) && out.dst == HOST_B);
	else
		expect_dropped(&out, MODEL_EXHAUSTED);
}

static void
req10(struct bench *bench)
{
	struct bench_out out = udp_out(bench, HOST_A, 5000, REMOTE, 53), error;

	for (uint8_t code = 0; code < 16; code++) {
		error = error_back(bench, &out, REMOTE, 3, code);
		expect_passed(&error);
		ck_assert(error.type == 3 && error.code == code);
	}
	for (uint8_t code = 0; code < 2; code++) {
		error = error_back(bench, &out, REMOTE, 11, code);
		expect_passed(&error);
		ck_assert(error.type == 11 && error.code == code);
	}
	error = error_back(bench, &out, REMOTE, 12, 0);
	expect_passed(&error);
	/* Source quench, which nobody should support, and redirect, which is for one link. */
	error = error_back(bench, &out, REMOTE, 4, 0);
	expect_dropped(&error, MODEL_UNSUPPORTED);
	error = error_back(bench, &out, REMOTE, 5, 1);
	expect_dropped(&error, MODEL_UNSUPPORTED);
}

static void
req11(struct bench *bench)
{
	struct bench_out out;

	/* Router advertisement. */
	out = bench_send(bench, MODEL_OUTBOUND, 1,
			 &(struct forge){.proto = ICMP, .type = 9, .src = HOST_A, .dst = REMOTE});
	expect_dropped(&out, MODEL_UNSUPPORTED);
	out = bench_send(bench, MODEL_INBOUND, 0,
			 &(struct forge){.proto = ICMP, .type = 9, .src = REMOTE, .dst = POOL_1});
	expect_dropped(&out, MODEL_UNSUPPORTED);
}

const struct requirement requirements_rfc5508[] = {
	{"rfc5508_req1", "ICMP queries from inside and their responses pass", NULL, req1},
	{"rfc5508_req1_filtered", "whatever the filter, from the host that was asked",
	 by_address_and_port, req1_filtered},
	{"rfc5508_req1a", "mappings of query identifiers are endpoint independent", NULL, req1a},
	{"rfc5508_req2", "a query session lives 60 s", NULL, req2},
	{"rfc5508_req3", "an ICMP error with a wrong checksum is dropped", NULL, req3},
	{"rfc5508_req3a", "and so is one about a packet with a wrong IP checksum", NULL, req3a},
	{"rfc5508_req3b", "the packet inside may have IP options", NULL, req3b},
	{"rfc5508_req3c", "the transport checksum inside is not validated", NULL, req3c},
	{"rfc5508_req3d", "extensions and zeros behind the packet inside are no part of it", NULL,
	 req3d},
	{"rfc5508_req4",
	 "inbound errors: translated inside and outside, or dropped without a mapping", NULL, req4},
	{"rfc5508_req5", "outbound errors: likewise; their source becomes the NAT's address", NULL,
	 req5},
	{"rfc5508_req5c", "a host with an address of its own sends errors from it", with_ones,
	 req5c},
	{"rfc5508_req6", "an error neither refreshes nor ends a query session", NULL, req6},
	{"rfc5508_req7", "hairpinned queries to 1:1 addresses", with_ones, req7},
	{"rfc5508_req7a", "hairpinned errors reach the sender of the packet inside", NULL, req7a},
	{"rfc5508_req8",
	 "no resources: destination unreachable to the sender, and the packet is dropped", one_port,
	 req8},
	{"rfc5508_req10",
	 "destination unreachable, time exceeded, parameter problem yes; source quench no", NULL,
	 req10},
	{"rfc5508_req11", "other ICMP messages may be dropped", NULL, req11},
	{"rfc5508_req9", "a policy may keep ICMP from interfaces: a matter of configuration", NULL,
	 NULL},
	{NULL, NULL, NULL, NULL},
};
