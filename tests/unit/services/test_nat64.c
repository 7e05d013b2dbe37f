/* SPDX-License-Identifier: BSD-3-Clause */
/* services/nat as a NAT64 (RFC 6146), packet by packet. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "nat64_bed.h"
#include "parse/checksum.h"

enum { UDP = WP_PROTO_UDP, TCP = WP_PROTO_TCP, ICMP4 = WP_PROTO_ICMP, ICMP6 = WP_PROTO_ICMPV6 };

/* A host inside, another of its /64, one of another; a remote as both sides know it. */
static const struct end a = {"2001:db8:1::1", 1000}, a2 = {"2001:db8:1::1", 1001};
static const struct end b = {"2001:db8:1::b", 1000}, c = {"2001:db8:2::1", 1000};
static const struct end r = {"198.51.100.1", 80}, r6 = {"2001:db8:64::c633:6401", 80};
static const struct end s = {"198.51.100.2", 80}, r_port = {"198.51.100.1", 81};
static const struct end host4 = {"10.0.0.1", 1000}; /* of NAT44 */

/** @return whether an endpoint is one of the pool. */
static bool
in_pool(struct end end)
{
	return strncmp(end.address, "203.0.113.", 10) == 0 && end.port >= 1024;
}

static bool
is_end(const char *address, uint16_t port, struct end end)
{
	return strcmp(address, end.address) == 0 && port == end.port;
}

/** @return how hosts inside write the address of an outside endpoint. */
static struct end
in_prefix(struct end x)
{
	static char text[8][46];
	static unsigned int next;
	unsigned long b4;
	char *to = text[next++ % 8];

	ck_assert(in_pool(x));
	b4 = strtoul(x.address + strlen("203.0.113."), NULL, 10);
	snprintf(to, sizeof(text[0]),
		 b4 == 0 ? "2001:db8:64::cb00:7100" : "2001:db8:64::cb00:71%02lx", b4);
	return (struct end){to, x.port};
}

/** Sends from inside to r; it must get through. @return the outside endpoint */
static struct end
send_out(uint8_t proto, struct end from, uint8_t flags)
{
	const struct spec spec = {
		.from = from, .to = r6, .proto = proto, .flags = flags, .data = 12, .hops = 9};
	struct seen seen;

	ck_assert_int_eq(bed_out(&spec), WP_NEXT);
	seen = bed_seen();
	ck_assert_uint_eq(seen.version, 4);
	ck_assert_uint_eq(seen.proto, proto);
	ck_assert_uint_eq(seen.hops, 9);
	ck_assert(is_end(seen.dest, seen.dport, r));
	ck_assert(in_pool(bed_source(&seen)));
	ck_assert(seen.right);
	return bed_source(&seen);
}

/** Sends from r to an outside endpoint; it must reach @p host. */
static void
send_in(uint8_t proto, struct end to, uint8_t flags, struct end host)
{
	const struct spec spec = {
		.from = r, .to = to, .proto = proto, .flags = flags, .data = 12, .hops = 7};
	struct seen seen;

	ck_assert_int_eq(bed_in(&spec), WP_NEXT);
	seen = bed_seen();
	ck_assert_uint_eq(seen.version, 6);
	ck_assert_uint_eq(seen.hops, 7);
	ck_assert(is_end(seen.source, seen.sport, r6));
	ck_assert(is_end(seen.dest, seen.dport, host));
	ck_assert(seen.right);
}

/* Mappings. */

START_TEST(test_there_and_back)
{
	const uint8_t proto = _i == 0 ? UDP : TCP;
	struct end x, y;

	bed_open("{" POOL ", " PREFIX "}");
	x = send_out(proto, a, SYN);
	send_in(proto, x, SYN | ACK, a);
	y = send_out(proto, a, ACK);
	ck_assert(is_end(x.address, x.port, y)); /* the same mapping */
	y = send_out(proto, a2, SYN);
	ck_assert_str_eq(x.address, y.address); /* paired */
	ck_assert_uint_ne(x.port, y.port);
	send_in(proto, y, SYN | ACK, a2);
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_CREATED), 2);
}
END_TEST

/** Hosts of one /64 are one subscriber: its address, its limits. */
START_TEST(test_subscribers_are_prefixes)
{
	struct end host = b;
	struct end x, y;

	bed_open("{" POOL ", " PREFIX ", \"max_mappings\": 3, \"icmp_rate\": 0}");
	x = send_out(UDP, a, 0);
	y = send_out(UDP, b, 0);
	ck_assert_str_eq(x.address, y.address);
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_BLOCKS_TAKEN), 1);
	send_out(UDP, a2, 0);
	host.port = 7;
	bed_refused_out(&(struct spec){.from = host, .to = r6, .proto = UDP}, NAT_DROP_QUOTA);
	send_in(UDP, y, 0, b);
	send_out(UDP, c, 0); /* another's limit */
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_BLOCKS_TAKEN), 2);
}
END_TEST

/** The same, host by host. */
START_TEST(test_subscribers_of_one_address)
{
	bed_open("{" POOL ", " PREFIX ", \"max_mappings\": 1, \"prefix64_hosts\": 128}");
	send_out(UDP, a, 0);
	send_out(UDP, b, 0);
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_BLOCKS_TAKEN), 2);
}
END_TEST

/** Hosts of both families in one instance: the same pool, each its own mapping. */
START_TEST(test_beside_nat44)
{
	const struct spec four = {.from = host4, .to = r, .proto = UDP, .data = 5};
	struct seen seen;
	struct end x, y;

	bed_open("{" POOL ", " PREFIX "}");
	x = send_out(UDP, a, 0);
	ck_assert_int_eq(bed_out(&four), WP_NEXT);
	seen = bed_seen();
	y = bed_source(&seen);
	ck_assert(in_pool(y) && !is_end(x.address, x.port, y));
	send_in(UDP, x, 0, a);
	ck_assert_int_eq(bed_in(&(struct spec){.from = r, .to = y, .proto = UDP}), WP_NEXT);
	seen = bed_seen();
	ck_assert_uint_eq(seen.version, 4);
	ck_assert(is_end(seen.dest, seen.dport, host4));
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_CREATED), 2);
}
END_TEST

START_TEST(test_mappings_end)
{
	struct end x;

	bed_open("{" POOL ", " PREFIX "}");
	x = send_out(UDP, a, 0);
	bed_sleep(299);
	send_in(UDP, x, 0, a);
	bed_sleep(302);
	bed_refused_in(&(struct spec){.from = r, .to = x, .proto = UDP}, NAT_DROP_NO_MAPPING);
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_REMOVED), 1);
	bed_sleep(400);
	bed_sleep(400);
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_BLOCKS_GIVEN), 1);
	send_out(UDP, a, 0); /* its subscriber begins anew */
}
END_TEST

START_TEST(test_tcp_states)
{
	const struct spec data = {.from = a, .to = r6, .proto = TCP, .flags = ACK};
	struct end x;

	bed_open("{" POOL ", " PREFIX "}");
	bed_refused_out(&data, NAT_DROP_NO_SESSION);
	x = send_out(TCP, a, SYN);
	send_in(TCP, x, SYN | ACK, a);
	bed_sleep(7000);
	send_out(TCP, a, ACK);
	bed_sleep(7000);
	send_in(TCP, x, FIN | ACK, a);
	send_out(TCP, a, FIN | ACK);
	bed_sleep(238);
	send_in(TCP, x, ACK, a);
	bed_sleep(4);
	bed_refused_in(&(struct spec){.from = r, .to = x, .proto = TCP, .flags = ACK},
		       NAT_DROP_NO_MAPPING);
}
END_TEST

/** Further connections of a mapping are peers of it. */
START_TEST(test_tcp_connections_of_a_mapping)
{
	struct spec to = {.from = a, .to = r6, .proto = TCP, .flags = SYN};
	struct end x;

	bed_open("{" POOL ", " PREFIX "}");
	x = send_out(TCP, a, SYN);
	send_in(TCP, x, SYN | ACK, a);
	for (uint16_t port = 81; port < 90; port++) {
		to.to.port = port;
		ck_assert_int_eq(bed_out(&to), WP_NEXT);
		ck_assert_int_eq(bed_in(&(struct spec){.from = {r.address, port},
						       .to = x,
						       .proto = TCP,
						       .flags = SYN | ACK}),
				 WP_NEXT);
	}
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_CREATED), 1);
	send_in(TCP, x, RST, a); /* the first; the others go on */
	bed_sleep(1000);
	send_in(TCP, x, ACK, a);
	bed_sleep(7400);
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_REMOVED), 1);
}
END_TEST

static const struct {
	const char *filtering;
	bool port, address; /* whether packets from another one may come in */
} filters[] = {
	{"endpoint-independent", true, true},
	{"address-dependent", true, false},
	{"address-and-port-dependent", false, false},
};

static void
try_from(struct end from, struct end to, uint8_t proto, bool may)
{
	const struct spec spec = {.from = from, .to = to, .proto = proto, .flags = SYN};

	if (may)
		ck_assert_int_eq(bed_in(&spec), WP_NEXT);
	else
		bed_refused_in(&spec, NAT_DROP_FILTERED);
}

START_TEST(test_filters)
{
	const uint8_t protos[] = {UDP, TCP};
	char config[256];
	struct end x;

	snprintf(config, sizeof(config), "{" POOL ", " PREFIX ", \"filtering\": \"%s\"}",
		 filters[_i].filtering);
	bed_open(config);
	for (unsigned int i = 0; i < 2; i++) {
		x = send_out(protos[i], a, SYN);
		send_in(protos[i], x, SYN | ACK, a);
		try_from(r_port, x, protos[i], filters[_i].port);
		try_from(s, x, protos[i], filters[_i].address);
		/* A second remote: what the first may, it may. */
		ck_assert_int_eq(bed_out(&(struct spec){.from = a,
							.to = {"2001:db8:64::198.51.100.2", 80},
							.proto = protos[i],
							.flags = SYN}),
				 WP_NEXT);
		try_from(s, x, protos[i], true);
	}
	bed_sleep(8000);
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_REMOVED), 2);
}
END_TEST

/** RFC 6052 2.4 and beyond: prefixes of all lengths, and the address that stands for r. */
static const struct {
	const char *prefix, *remote;
} prefixes[] = {
	{"2001:db8::/32", "2001:db8:c633:6401::"},
	{"2001:db8:100::/40", "2001:db8:1c6:3364:1::"},
	{"2001:db8:122::/48", "2001:db8:122:c633:64:100::"},
	{"2001:db8:122:300::/56", "2001:db8:122:3c6:33:6401::"},
	{"2001:db8:122:344::/64", "2001:db8:122:344:c6:3364:100:0"},
	{"2001:db8:122:344::/96", "2001:db8:122:344::c633:6401"},
};

START_TEST(test_prefixes)
{
	const struct end from = {"2001:db9::1", 1000}, to = {prefixes[_i].remote, 80};
	char config[256];
	struct seen seen;

	snprintf(config, sizeof(config), "{" POOL ", \"prefix64\": \"%s\"}", prefixes[_i].prefix);
	bed_open(config);
	ck_assert_int_eq(bed_out(&(struct spec){.from = from, .to = to, .proto = UDP}), WP_NEXT);
	seen = bed_seen();
	ck_assert(is_end(seen.dest, seen.dport, r));
	ck_assert(seen.right);
	ck_assert_int_eq(bed_in(&(struct spec){.from = r, .to = bed_source(&seen), .proto = UDP}),
			 WP_NEXT);
	seen = bed_seen();
	ck_assert(is_end(seen.source, seen.sport, to));
	ck_assert(is_end(seen.dest, seen.dport, from));
	ck_assert(seen.right);
}
END_TEST

/* ICMP. */

/** An echo from @p from, to r. @return the outside endpoint */
static struct end
ping(struct end from)
{
	const struct spec spec = {
		.from = from, .to = {r6.address, 0}, .proto = ICMP6, .type = ECHO6, .data = 20};
	struct seen seen;

	ck_assert_int_eq(bed_out(&spec), WP_NEXT);
	seen = bed_seen();
	ck_assert_uint_eq(seen.proto, ICMP4);
	ck_assert_uint_eq(seen.type, ECHO4);
	ck_assert_str_eq(seen.dest, r.address);
	ck_assert(seen.right);
	return bed_source(&seen);
}

START_TEST(test_echo)
{
	struct seen seen;
	struct end x;

	bed_open("{" POOL ", " PREFIX "}");
	bed_refused_out(&(struct spec){.from = a, .to = r6, .proto = ICMP6, .type = REPLY6},
			NAT_DROP_NO_MAPPING);
	x = ping(a);
	ck_assert(in_pool(x));
	ck_assert_int_eq(bed_in(&(struct spec){.from = {r.address, 0},
					       .to = x,
					       .proto = ICMP4,
					       .type = REPLY4,
					       .data = 20}),
			 WP_NEXT);
	seen = bed_seen();
	ck_assert_uint_eq(seen.proto, ICMP6);
	ck_assert_uint_eq(seen.type, REPLY6);
	ck_assert_str_eq(seen.source, r6.address);
	ck_assert(is_end(seen.dest, seen.sport, a));
	ck_assert(seen.right);
	bed_sleep(62);
	bed_refused_in(
		&(struct spec){.from = {r.address, 0}, .to = x, .proto = ICMP4, .type = REPLY4},
		NAT_DROP_NO_MAPPING);
}
END_TEST

/** What has no counterpart: of IPv6, and of IPv4 to a mapping. */
START_TEST(test_icmp_of_one_family_only)
{
	struct end x;

	bed_open("{" POOL ", " PREFIX "}");
	x = ping(a);
	bed_refused_in(&(struct spec){.from = {r.address, 0}, .to = x, .proto = ICMP4, .type = 14},
		       NAT_DROP_PROTOCOL);
	bed_refused_out(&(struct spec){.from = a, .to = r6, .proto = ICMP6, .type = 135},
			NAT_DROP_PROTOCOL);
	bed_refused_out(&(struct spec){.from = a,
				       .to = r6,
				       .proto = ICMP6,
				       .type = ECHO6,
				       .data = 8,
				       .more = true,
				       .id = 5},
			NAT_DROP_PROTOCOL);
}
END_TEST

/** An ICMP error of IPv4 about what went out, and what comes of it (RFC 7915 4.2). */
static const struct {
	uint8_t proto, type, code;
	uint32_t word;
	uint8_t type6, code6;
	uint32_t word6;
	const char *config;
} errors_in[] = {
	{UDP, 3, 3, 0, 1, 4, 0, ""},
	{TCP, 3, 1, 0, 1, 0, 0, ""},
	{ICMP4, 3, 13, 0, 1, 1, 0, ""},
	{UDP, 3, 4, 1400, 2, 0, 1420, ""},
	{TCP, 3, 4, 1500, 2, 0, 1500, ", \"mtu\": 1500"},
	{TCP, 3, 4, 600, 2, 0, 1280, ""}, /* IPv6 has no smaller one */
	{TCP, 11, 0, 0, 3, 0, 0, ""},
	{ICMP4, 11, 0, 0, 3, 0, 0, ""},
	{UDP, 12, 0, 8u << 24, 4, 0, 7, ""},
	{UDP, 3, 2, 0, 4, 1, 6, ""},
};

START_TEST(test_errors_from_outside)
{
	const uint8_t proto = errors_in[_i].proto;
	struct spec error = {.from = {"192.0.2.77", 0},
			     .proto = ICMP4,
			     .type = errors_in[_i].type,
			     .code = errors_in[_i].code,
			     .word = errors_in[_i].word};
	uint8_t quote[600];
	char config[256];
	struct seen seen;

	snprintf(config, sizeof(config), "{" POOL ", " PREFIX "%s}", errors_in[_i].config);
	bed_open(config);
	error.to = proto == ICMP4 ? ping(a) : send_out(proto, a, SYN);
	error.quote = quote;
	error.quote_size = (uint16_t)(packet.view.end - packet.view.l3);
	memcpy(quote, wp_l3(&packet.view), error.quote_size);
	ck_assert_int_eq(bed_in(&error), WP_NEXT);
	seen = bed_seen();
	ck_assert_uint_eq(seen.proto, ICMP6);
	ck_assert_uint_eq(seen.type, errors_in[_i].type6);
	ck_assert_uint_eq(seen.code, errors_in[_i].code6);
	ck_assert_uint_eq(seen.word, errors_in[_i].word6);
	ck_assert_str_eq(seen.source, "2001:db8:64::c000:24d");
	ck_assert_str_eq(seen.dest, a.address);
	ck_assert(seen.right);
	seen = bed_quoted();
	ck_assert_uint_eq(seen.version, 6);
	ck_assert(is_end(seen.source, seen.sport, a));
	ck_assert_str_eq(seen.dest, r6.address);
	ck_assert(seen.right); /* the quoted packet is as its host has sent it */
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_ERRORS), 1);
}
END_TEST

/** Likewise the other way (RFC 7915 5.2). */
static const struct {
	uint8_t proto, type, code;
	uint32_t word;
	uint8_t type4, code4;
	uint32_t word4;
} errors_out[] = {
	{UDP, 1, 4, 0, 3, 3, 0},       {TCP, 1, 0, 0, 3, 1, 0},    {UDP, 2, 0, 1400, 3, 4, 1380},
	{TCP, 2, 0, 1280, 3, 4, 1260}, {ICMP4, 3, 0, 0, 11, 0, 0}, {UDP, 4, 0, 7, 12, 0, 8u << 24},
};

START_TEST(test_errors_from_inside)
{
	const uint8_t proto = errors_out[_i].proto;
	const struct end x = (bed_open("{" POOL ", " PREFIX "}"),
			      proto == ICMP4 ? ping(a) : send_out(proto, a, SYN));
	struct spec error = {.from = a,
			     .to = r6,
			     .proto = ICMP6,
			     .type = errors_out[_i].type,
			     .code = errors_out[_i].code,
			     .word = errors_out[_i].word};
	uint8_t quote[600];
	struct seen seen;

	ck_assert_int_eq(bed_in(&(struct spec){.from = {r.address, proto == ICMP4 ? 0 : r.port},
					       .to = x,
					       .proto = proto,
					       .flags = ACK,
					       .type = REPLY4,
					       .data = 12}),
			 WP_NEXT);
	error.quote = quote;
	error.quote_size = (uint16_t)(packet.view.end - packet.view.l3);
	memcpy(quote, wp_l3(&packet.view), error.quote_size);
	error.from.address = _i == 0 ? "2001:db8:ffff::99" : a.address; /* a router inside */
	ck_assert_int_eq(bed_out(&error), WP_NEXT);
	seen = bed_seen();
	ck_assert_uint_eq(seen.proto, ICMP4);
	ck_assert_uint_eq(seen.type, errors_out[_i].type4);
	ck_assert_uint_eq(seen.code, errors_out[_i].code4);
	ck_assert_uint_eq(seen.word, errors_out[_i].word4);
	ck_assert_str_eq(seen.source, x.address);
	ck_assert_str_eq(seen.dest, r.address);
	ck_assert(seen.right);
	seen = bed_quoted();
	ck_assert_uint_eq(seen.version, 4);
	ck_assert_str_eq(seen.source, r.address);
	ck_assert_str_eq(seen.dest, x.address);
	ck_assert_uint_eq(proto == ICMP4 ? seen.sport : seen.dport, x.port);
	ck_assert(seen.right);
	/* A wrong checksum; about a packet that did not come from where the error goes. */
	bed_make(&error);
	wp_l4(&packet.view)[9] ^= 1;
	ck_assert_int_eq(bed_pass(WP_INSIDE_SOURCE), WP_DROP);
	ck_assert_uint_eq(packet.view.reason, NAT_DROP_CHECKSUM);
	error.to.address = "2001:db8:64::c633:6402";
	bed_refused_out(&error, NAT_DROP_ICMP);
	error.to.address = r6.address;
	quote[39] ^= 1; /* of no mapping */
	bed_refused_out(&error, NAT_DROP_NO_MAPPING);
	error.quote_size = 44; /* shows no port */
	bed_refused_out(&error, NAT_DROP_ICMP);
}
END_TEST

START_TEST(test_pings_of_external_addresses)
{
	struct seen seen;

	bed_open("{" POOL ", " PREFIX "}");
	ck_assert_int_eq(bed_out(&(struct spec){.from = a,
						.to = {"2001:db8:64::203.0.113.5", 0},
						.proto = ICMP6,
						.type = ECHO6,
						.data = 9}),
			 WP_REPLY);
	seen = bed_seen();
	ck_assert_uint_eq(seen.type, REPLY6);
	ck_assert_str_eq(seen.source, "2001:db8:64::cb00:7105");
	ck_assert(is_end(seen.dest, seen.sport, a));
	ck_assert(seen.right);
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_PINGS), 1);
}
END_TEST

/** Hosts that get no port are told, in their family. */
START_TEST(test_refusals_are_answered)
{
	struct seen seen;

	bed_open("{" POOL ", " PREFIX ", \"max_mappings\": 1}");
	send_out(UDP, a, 0);
	ck_assert_int_eq(bed_out(&(struct spec){.from = a2, .to = r6, .proto = UDP}), WP_REPLY);
	seen = bed_seen();
	ck_assert_uint_eq(seen.version, 6);
	ck_assert_uint_eq(seen.type, 1);
	ck_assert_uint_eq(seen.code, 1);
	ck_assert_str_eq(seen.dest, a.address);
	ck_assert(seen.right);
}
END_TEST

/* What is not translated. */

static const struct {
	const char *from, *to, *prefix;
	enum nat_reason reason;
} addresses[] = {
	{"2001:db8:1::1", "64:ff9b::10.0.0.1", "64:ff9b::/96", NAT_DROP_ADDRESS},
	{"2001:db8:1::1", "64:ff9b::192.168.1.1", "64:ff9b::/96", NAT_DROP_ADDRESS},
	{"2001:db8:1::1", "64:ff9b::198.51.100.1", "64:ff9b::/96", NAT_DROP_ADDRESS},
	{"2001:db8:1::1", "64:ff9b::8.8.8.8", "64:ff9b::/96", 0},
	{"2001:db8:1::1", "2001:db8:64::10.0.0.1", "2001:db8:64::/96", 0},
	{"2001:db8:1::1", "2001:db8:64::127.0.0.1", "2001:db8:64::/96", NAT_DROP_ADDRESS},
	{"2001:db8:1::1", "2001:db8:64::224.0.0.1", "2001:db8:64::/96", NAT_DROP_ADDRESS},
	{"2001:db8:1::1", "2001:db8:64::255.255.255.255", "2001:db8:64::/96", NAT_DROP_ADDRESS},
	{"2001:db8:64::1.2.3.4", "2001:db8:64::9.9.9.9", "2001:db8:64::/96", NAT_DROP_ADDRESS},
	{"fe80::1", "2001:db8:64::9.9.9.9", "2001:db8:64::/96", NAT_DROP_ADDRESS},
	{"::1", "2001:db8:64::9.9.9.9", "2001:db8:64::/96", NAT_DROP_ADDRESS},
	{"::", "2001:db8:64::9.9.9.9", "2001:db8:64::/96", NAT_DROP_ADDRESS},
	{"ff02::1", "2001:db8:64::9.9.9.9", "2001:db8:64::/96", NAT_DROP_ADDRESS},
	/* Bits 64 to 71, and those behind the address, are 0 (RFC 6052 2.2). */
	{"2001:db9::1", "2001:db8:908:808:100::", "2001:db8::/32", NAT_DROP_ADDRESS},
	{"2001:db9::1", "2001:db8:908:808::1", "2001:db8::/32", NAT_DROP_ADDRESS},
};

START_TEST(test_addresses)
{
	const struct spec spec = {
		.from = {addresses[_i].from, 9}, .to = {addresses[_i].to, 9}, .proto = UDP};
	char config[256];

	snprintf(config, sizeof(config), "{" POOL ", \"prefix64\": \"%s\"}", addresses[_i].prefix);
	bed_open(config);
	if (addresses[_i].reason != 0)
		bed_refused_out(&spec, addresses[_i].reason);
	else
		ck_assert_int_eq(bed_out(&spec), WP_NEXT);
	ck_assert_uint_eq(bed_seen().version, addresses[_i].reason != 0 ? 6 : 4);
}
END_TEST

/** With the well-known prefix, what comes from a private address has none to come from; but the
 * errors of such routers come as from the NAT. */
START_TEST(test_private_remotes)
{
	const struct end to = {"64:ff9b::808:808", 53};
	struct spec error = {.from = {"10.9.9.9", 0}, .proto = ICMP4, .type = 11};
	uint8_t quote[100];
	struct seen seen;
	char text[46];

	bed_open("{" POOL ", \"prefix64\": \"64:ff9b::/96\"}");
	ck_assert_int_eq(bed_out(&(struct spec){.from = a, .to = to, .proto = UDP}), WP_NEXT);
	seen = bed_seen();
	error.to = bed_source(&seen);
	error.quote = quote;
	error.quote_size = seen.size;
	memcpy(quote, wp_l3(&packet.view), seen.size);
	bed_refused_in(&(struct spec){.from = {"10.9.9.9", 53}, .to = error.to, .proto = UDP},
		       NAT_DROP_ADDRESS);
	ck_assert_int_eq(bed_in(&error), WP_NEXT);
	seen = bed_seen();
	snprintf(text, sizeof(text), "64:ff9b::%s", in_prefix(error.to).address + 13);
	ck_assert_str_eq(seen.source, text);
	ck_assert_str_eq(seen.dest, a.address);
	ck_assert(seen.right);
}
END_TEST

/** IPv6 that is not for the prefix, and all of it without one. */
START_TEST(test_other_ipv6_passes)
{
	const struct end to = {"2001:db8:65::1", 80};
	const struct spec spec[] = {
		{.from = a, .to = to, .proto = UDP, .data = 9},
		{.from = a, .to = {"ff02::1:ff00:1", 0}, .proto = ICMP6, .type = 135},
		{.from = r6, .to = a, .proto = UDP},
	};
	struct svc_packet before;

	bed_open(_i == 0 ? "{" POOL ", " PREFIX "}" : "{" POOL "}");
	for (int i = 0; i < 3; i++) {
		bed_make(&spec[i]);
		before = packet;
		ck_assert_int_eq(bed_pass(i == 2 ? WP_INSIDE_DESTINATION : WP_INSIDE_SOURCE),
				 WP_NEXT);
		ck_assert_mem_eq(before.bytes, packet.bytes, sizeof(before.bytes));
	}
	if (_i == 1)
		ck_assert_int_eq(bed_out(&(struct spec){.from = a, .to = r6, .proto = UDP}),
				 WP_NEXT);
	ck_assert_uint_eq(bed_seen().version, 6);
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_CREATED), 0);
}
END_TEST

START_TEST(test_malformed)
{
	bed_open("{" POOL ", " PREFIX "}");
	bed_refused_out(&(struct spec){.from = a, .to = r6, .proto = TCP, .flags = SYN | FIN},
			NAT_DROP_MALFORMED);
	bed_refused_out(&(struct spec){.from = {a.address, 0}, .to = r6, .proto = UDP},
			NAT_DROP_MALFORMED);
	bed_refused_out(&(struct spec){.from = a, .to = r6, .proto = WP_PROTO_SCTP, .data = 30},
			NAT_DROP_PROTOCOL);
	bed_make(&(struct spec){.from = a, .to = r6, .proto = UDP, .data = 30});
	wp_put16(wp_l4(&packet.view) + 4, 200);
	ck_assert_int_eq(bed_pass(WP_INSIDE_SOURCE), WP_DROP);
	ck_assert_uint_eq(packet.view.reason, NAT_DROP_MALFORMED);
	bed_make(&(struct spec){.from = a, .to = r6, .proto = UDP, .data = 30});
	packet.view.len = (uint16_t)(packet.view.len - 3);
	bed_parse();
	ck_assert_int_eq(bed_pass(WP_INSIDE_SOURCE), WP_DROP);
	ck_assert_uint_eq(packet.view.reason, NAT_DROP_MALFORMED);
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_CREATED), 0);
}
END_TEST

/** What is behind an authentication header cannot be changed (RFC 4302). */
START_TEST(test_authenticated_packets_are_refused)
{
	uint8_t *ip, authentication[24] = {UDP, 4};

	bed_open("{" POOL ", " PREFIX "}");
	ip = bed_make(&(struct spec){.from = a, .to = r6, .proto = UDP, .data = 30});
	memmove(ip + 40 + 24, ip + 40, 38);
	memcpy(ip + 40, authentication, 24);
	ip[6] = WP_PROTO_AH;
	wp_put16(ip + 4, 38 + 24);
	packet.view.len = (uint16_t)(packet.view.len + 24);
	bed_parse();
	ck_assert_uint_eq(packet.view.l4_proto, UDP);
	ck_assert_int_eq(bed_pass(WP_INSIDE_SOURCE), WP_DROP);
	ck_assert_uint_eq(packet.view.reason, NAT_DROP_PROTOCOL);
}
END_TEST

/* Hairpins. */

/** RFC 6146 3.8: one host inside to another, by its external endpoint. */
START_TEST(test_hairpin)
{
	struct end x, y;
	struct seen seen;

	bed_open("{" POOL ", " PREFIX "}");
	y = send_out(UDP, c, 0);
	x = send_out(UDP, a, 0);
	ck_assert_int_eq(
		bed_out(&(struct spec){.from = a, .to = in_prefix(y), .proto = UDP, .data = 31}),
		WP_TURN);
	seen = bed_seen();
	ck_assert_uint_eq(seen.version, 6);
	ck_assert(is_end(seen.source, seen.sport, in_prefix(x)));
	ck_assert(is_end(seen.dest, seen.dport, c));
	ck_assert(seen.right);
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_HAIRPINS), 1);
}
END_TEST

/** Between a host of NAT44 and one of NAT64, both ways. */
START_TEST(test_hairpin_between_families)
{
	const struct spec four = {.from = host4, .to = r, .proto = UDP};
	struct end x, y;
	struct seen seen;

	bed_open("{" POOL ", " PREFIX "}");
	x = send_out(UDP, a, 0);
	ck_assert_int_eq(bed_out(&four), WP_NEXT);
	seen = bed_seen();
	y = bed_source(&seen);
	ck_assert_int_eq(bed_out(&(struct spec){.from = a, .to = in_prefix(y), .proto = UDP}),
			 WP_TURN);
	seen = bed_seen();
	ck_assert_uint_eq(seen.version, 4);
	ck_assert(is_end(seen.source, seen.sport, x));
	ck_assert(is_end(seen.dest, seen.dport, host4));
	ck_assert(seen.right);
	ck_assert_int_eq(bed_out(&(struct spec){.from = host4, .to = x, .proto = UDP}), WP_TURN);
	seen = bed_seen();
	ck_assert_uint_eq(seen.version, 6);
	ck_assert(is_end(seen.source, seen.sport, in_prefix(y)));
	ck_assert(is_end(seen.dest, seen.dport, a));
	ck_assert(seen.right);
}
END_TEST

/* Fragments and sizes. */

/** What the runtime says of a fragment whose first one has come. */
static void
tell(struct end from, struct end to, uint8_t proto)
{
	packet.view.flags |= WP_PKT_FIRST_SEEN;
	packet.view.l4_sport = from.port;
	packet.view.l4_dport = to.port;
	packet.view.l4_proto = proto;
}

START_TEST(test_fragments_from_inside)
{
	struct spec first = {
		.from = a, .to = r6, .proto = UDP, .data = 1000, .more = true, .id = 0x12345678};
	struct spec later = first;
	struct seen seen;
	struct end x;

	bed_open("{" POOL ", " PREFIX "}");
	later.offset = 1008;
	later.more = false;
	bed_refused_out(&later, NAT_DROP_FRAGMENT); /* nobody knows its ports */
	bed_make(&first);
	tell(a, r, UDP);
	ck_assert_int_eq(bed_pass(WP_INSIDE_SOURCE), WP_NEXT);
	seen = bed_seen();
	x = bed_source(&seen);
	ck_assert(in_pool(x));
	ck_assert_uint_eq(wp_get16(wp_l3(&packet.view) + 4), 0x5678);
	ck_assert_uint_eq(wp_get16(wp_l3(&packet.view) + 6), 0x2000);
	bed_make(&later);
	tell(a, r, UDP);
	ck_assert_int_eq(bed_pass(WP_INSIDE_SOURCE), WP_NEXT);
	seen = bed_seen();
	ck_assert_str_eq(seen.source, x.address);
	ck_assert_str_eq(seen.dest, r.address);
	ck_assert_uint_eq(wp_get16(wp_l3(&packet.view) + 4), 0x5678);
	ck_assert_uint_eq(wp_get16(wp_l3(&packet.view) + 6), 1008 / 8);
	ck_assert(seen.right);
	/* And back, from there. */
	first = (struct spec){
		.from = r, .to = x, .proto = UDP, .data = 1000, .more = true, .id = 77};
	bed_make(&first);
	wp_put16(wp_l4(&packet.view) + 6, 0x1234); /* a checksum, of the whole */
	tell(r, x, UDP);
	ck_assert_int_eq(bed_pass(WP_INSIDE_DESTINATION), WP_NEXT);
	seen = bed_seen();
	ck_assert(is_end(seen.dest, seen.dport, a));
	ck_assert_uint_eq(wp_l3(&packet.view)[6], WP_PROTO_FRAGMENT);
	ck_assert_uint_eq(wp_get32(wp_l3(&packet.view) + 44), 77);
	first.offset = 1008;
	bed_make(&first);
	tell(r, x, UDP);
	ck_assert_int_eq(bed_pass(WP_INSIDE_DESTINATION), WP_NEXT);
	seen = bed_seen();
	ck_assert_str_eq(seen.dest, a.address);
	ck_assert_uint_eq(wp_get16(wp_l3(&packet.view) + 42), 1008 | 1);
}
END_TEST

/** RFC 7915 4.5: UDP without a checksum gets one; a fragment cannot. */
START_TEST(test_udp_without_checksum)
{
	struct spec spec = {.from = r, .proto = UDP, .data = 33};
	struct seen seen;

	bed_open("{" POOL ", " PREFIX "}");
	spec.to = send_out(UDP, a, 0);
	bed_make(&spec);
	wp_put16(wp_l4(&packet.view) + 6, 0);
	ck_assert_int_eq(bed_pass(WP_INSIDE_DESTINATION), WP_NEXT);
	seen = bed_seen();
	ck_assert_uint_ne(wp_get16(wp_l4(&packet.view) + 6), 0);
	ck_assert(seen.right);
	spec.more = true;
	bed_make(&spec);
	wp_put16(wp_l4(&packet.view) + 6, 0);
	ck_assert_int_eq(bed_pass(WP_INSIDE_DESTINATION), WP_DROP);
}
END_TEST

/** With DF a packet that would be too long is answered, as by a router with that MTU. */
START_TEST(test_too_big_is_answered)
{
	struct spec spec = {.from = r, .proto = UDP, .data = 1352, .df = true};
	struct seen seen;

	bed_open("{" POOL ", " PREFIX ", \"mtu\": 1400}");
	spec.to = send_out(UDP, a, 0);
	ck_assert_int_eq(bed_in(&spec), WP_NEXT); /* 1380 bytes: just fits */
	ck_assert_uint_eq(bed_seen().size, 1400);
	spec.data = 1353;
	ck_assert_int_eq(bed_in(&spec), WP_REPLY);
	seen = bed_seen();
	ck_assert_uint_eq(seen.version, 4);
	ck_assert_uint_eq(seen.type, 3);
	ck_assert_uint_eq(seen.code, 4);
	ck_assert_uint_eq(seen.word, 1380);
	ck_assert_str_eq(seen.dest, r.address);
	ck_assert(seen.right);
	seen = bed_quoted();
	ck_assert(is_end(seen.source, seen.sport, r));
	ck_assert(is_end(seen.dest, seen.dport, spec.to));
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_TOO_BIG), 1);
}
END_TEST

/** Where nobody knows the MTU, the router behind will tell. */
START_TEST(test_df_passes_where_no_mtu_is_known)
{
	struct spec spec = {.from = r, .proto = UDP, .data = 1472, .df = true};

	bed_open("{" POOL ", " PREFIX "}");
	spec.to = send_out(UDP, a, 0);
	ck_assert_int_eq(bed_in(&spec), WP_NEXT);
	ck_assert_uint_eq(bed_seen().size, 1520);
}
END_TEST

/** Without DF it is cut, such that the pieces make the datagram again. */
static const struct {
	const char *config;
	uint16_t data, offset;
	bool more, no_sum;
	uint16_t limit, pieces;
} cuts[] = {
	{"", 1232, 0, false, false, 1280, 0}, /* just fits */
	{"", 1233, 0, false, false, 1280, 1},
	{"", 1472, 0, false, false, 1280, 1},
	{"", 1472, 0, false, true, 1280, 1},
	{", \"mtu\": 1500", 1472, 0, false, false, 1500, 1},
	{", \"mtu\": 9000", 1472, 0, false, false, 9000, 0},
	{", \"mtu\": 1000", 1472, 0, false, false, 1280, 1}, /* no IPv6 link is smaller */
	{"", 1480, 1480, true, false, 1280, 1},
	{"", 1300, 2960, false, false, 1280, 1},
};

/** Checks a piece, and copies its data to where it belongs. @return bytes of it */
static uint16_t
gather(struct svc_packet *piece, uint16_t limit, uint8_t *whole, uint16_t offset)
{
	struct seen seen = bed_look(piece);
	const uint8_t *ip = wp_l3(&piece->view);
	uint16_t at, size = (uint16_t)(seen.size - 48);

	ck_assert_uint_eq(seen.version, 6);
	ck_assert_uint_le(seen.size, limit);
	ck_assert_str_eq(seen.source, r6.address);
	ck_assert_str_eq(seen.dest, a.address);
	ck_assert_uint_eq(ip[6], WP_PROTO_FRAGMENT);
	at = (uint16_t)((wp_get16(ip + 42) & ~7u) - offset);
	memcpy(whole + 40 + at, ip + 48, size);
	return size;
}

START_TEST(test_long_packets_are_cut)
{
	struct spec spec = {.from = r,
			    .proto = UDP,
			    .data = cuts[_i].data,
			    .offset = cuts[_i].offset,
			    .more = cuts[_i].more,
			    .id = 7};
	static uint8_t space[64 + 4096], *const whole = space + 64;
	struct wp_packet datagram;
	struct svc_packet *pieces;
	char config[256];
	uint16_t n, size = 0;

	snprintf(config, sizeof(config), "{" POOL ", " PREFIX "%s}", cuts[_i].config);
	bed_open(config);
	spec.to = send_out(UDP, a, 0);
	bed_make(&spec);
	if (cuts[_i].no_sum)
		wp_put16(wp_l4(&packet.view) + 6, 0);
	if (spec.offset != 0)
		tell(r, spec.to, UDP);
	ck_assert_int_eq(bed_pass(WP_INSIDE_DESTINATION), WP_NEXT);
	pieces = svc_pieces(svc, &n);
	ck_assert_uint_eq(n, cuts[_i].pieces);
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_CUT), n != 0);
	if (n == 0) {
		ck_assert_uint_le(bed_seen().size, cuts[_i].limit);
		return;
	}
	for (uint16_t i = 0; i < n; i++)
		size = (uint16_t)(size + gather(&pieces[i], cuts[_i].limit, whole, spec.offset));
	size = (uint16_t)(size + gather(&packet, cuts[_i].limit, whole, spec.offset));
	ck_assert_uint_eq(wp_get16(wp_l3(&packet.view) + 42) & 1, spec.more);
	ck_assert_uint_eq(size, spec.data + (spec.offset == 0 ? 8 : 0));
	if (spec.offset != 0) {
		for (uint16_t i = 0; i < size; i++)
			ck_assert_uint_eq(whole[40 + i], (uint8_t)(i + spec.offset));
		return;
	}
	/* Put together, it is a UDP packet with a right checksum. */
	memcpy(whole, wp_l3(&packet.view), 40);
	whole[6] = UDP;
	wp_put16(whole + 4, size);
	datagram = (struct wp_packet){
		.buf = space, .room = sizeof(space), .start = 64, .len = (uint16_t)(size + 40)};
	wp_parse(&datagram);
	ck_assert_uint_eq(datagram.l4_dport, a.port);
	ck_assert_uint_eq(wp_checksum_l4(&datagram), 0);
}
END_TEST

/** Both ways to what fits as IPv6: the headers of which take 20 bytes more. */
START_TEST(test_mss)
{
	static const uint8_t option[4] = {2, 4, 0x05, 0xb4}; /* 1460 */
	struct spec spec = {.from = a, .to = r6, .proto = TCP, .flags = SYN, .data = 4};
	struct seen seen;
	uint16_t sum;

	bed_open("{" POOL ", " PREFIX ", \"mtu\": 1400}");
	for (int i = 0; i < 2; i++) {
		bed_make(&spec);
		memcpy(wp_l4(&packet.view) + 20, option, 4);
		wp_l4(&packet.view)[12] = 0x60;
		wp_store16(wp_l4(&packet.view) + 16, 0);
		sum = wp_checksum_l4(&packet.view);
		wp_store16(wp_l4(&packet.view) + 16, sum);
		bed_parse();
		ck_assert_int_eq(bed_pass(i == 0 ? WP_INSIDE_SOURCE : WP_INSIDE_DESTINATION),
				 WP_NEXT);
		seen = bed_seen();
		ck_assert_uint_eq(wp_get16(wp_l4(&packet.view) + 22), 1400 - 60);
		ck_assert(seen.right);
		spec = (struct spec){.from = r,
				     .to = bed_source(&seen),
				     .proto = TCP,
				     .flags = SYN | ACK,
				     .data = 4};
	}
}
END_TEST

/* The log. */

/** Takes the next event of a kind. */
static struct nat_event
next_event(enum nat_event_kind kind)
{
	struct nat_event event;

	do
		ck_assert(svc_event(svc, &event, sizeof(event)));
	while (event.kind != kind);
	return event;
}

START_TEST(test_events)
{
	static const uint8_t host[16] = {0x20, 1, 0xd, 0xb8, 0, 1, 0, 0, [15] = 1};
	static const uint8_t prefix[16] = {0x20, 1, 0xd, 0xb8, 0, 1};
	struct nat_event event;
	struct end x;

	bed_open("{" POOL ", " PREFIX ", \"max_mappings\": 1, \"log\": [{\"to\": \"json\", "
		 "\"path\": \"/dev/null\", \"events\": \"sessions\"}]}");
	x = send_out(UDP, a, 0);
	bed_out(&(struct spec){.from = a2, .to = r6, .proto = UDP});
	event = next_event(NAT_BINDING_CREATED);
	ck_assert_uint_eq(event.version, 6);
	ck_assert_mem_eq(event.inside, prefix, 16);
	event = next_event(NAT_BLOCK_ALLOCATED);
	ck_assert_uint_eq(event.version, 6);
	ck_assert_mem_eq(event.inside, prefix, 16);
	ck_assert_uint_le(event.first_port, x.port);
	ck_assert_uint_ge(event.last_port, x.port);
	event = next_event(NAT_MAPPING_CREATED);
	ck_assert_uint_eq(event.version, 6);
	ck_assert_mem_eq(event.inside, host, 16);
	ck_assert_uint_eq(event.inside_port, a.port);
	ck_assert_uint_eq(event.outside_port, x.port);
	ck_assert_uint_eq(event.protocol, UDP);
	event = next_event(NAT_QUOTA_EXCEEDED);
	ck_assert_uint_eq(event.version, 6);
	ck_assert_mem_eq(event.inside, prefix, 16);
	bed_sleep(302);
	event = next_event(NAT_MAPPING_DELETED);
	ck_assert_uint_eq(event.version, 6);
	ck_assert_mem_eq(event.inside, host, 16);
	ping(a);
	ck_assert_uint_eq(next_event(NAT_MAPPING_CREATED).protocol, ICMP4);
}
END_TEST

/* The configuration. */

static const struct {
	const char *config, *why;
} refusals[] = {
	{"{" POOL ", \"prefix64\": \"2001:db8::/33\"}", "another length"},
	{"{" POOL ", \"prefix64\": \"10.0.0.0/8\"}", "is no IPv6 prefix"},
	{"{" POOL ", \"prefix64\": \"what\"}", "is no IPv6 prefix"},
	{"{" POOL ", \"prefix64\": \"2001:db8:1:1:ff00::/96\"}", "bits 64 to 71"},
	{"{" POOL ", \"prefix64\": \"64:ff9b::1/96\"}", "only zeros behind it"},
	{"{\"static\": [{\"tenant\": \"red\", \"inside\": \"10.0.0.1\", \"outside\": "
	 "\"10.9.0.1\"}], \"prefix64\": \"64:ff9b::/96\"}",
	 "need a pool"},
	{"{" POOL ", \"prefix64_hosts\": 129}", "128"},
};

START_TEST(test_refusals)
{
	const char *why = svc_refusal(refusals[_i].config);

	ck_assert_msg(strstr(why, refusals[_i].why) != NULL, "%s", why);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("nat64");

	tcase_add_checked_fixture(tcase, NULL, bed_close);
	tcase_add_loop_test(tcase, test_there_and_back, 0, 2);
	tcase_add_test(tcase, test_subscribers_are_prefixes);
	tcase_add_test(tcase, test_subscribers_of_one_address);
	tcase_add_test(tcase, test_beside_nat44);
	tcase_add_test(tcase, test_mappings_end);
	tcase_add_test(tcase, test_tcp_states);
	tcase_add_test(tcase, test_tcp_connections_of_a_mapping);
	tcase_add_loop_test(tcase, test_filters, 0, ROWS(filters));
	tcase_add_loop_test(tcase, test_prefixes, 0, ROWS(prefixes));
	tcase_add_test(tcase, test_echo);
	tcase_add_test(tcase, test_icmp_of_one_family_only);
	tcase_add_loop_test(tcase, test_errors_from_outside, 0, ROWS(errors_in));
	tcase_add_loop_test(tcase, test_errors_from_inside, 0, ROWS(errors_out));
	tcase_add_test(tcase, test_pings_of_external_addresses);
	tcase_add_test(tcase, test_refusals_are_answered);
	tcase_add_loop_test(tcase, test_addresses, 0, ROWS(addresses));
	tcase_add_test(tcase, test_private_remotes);
	tcase_add_loop_test(tcase, test_other_ipv6_passes, 0, 2);
	tcase_add_test(tcase, test_malformed);
	tcase_add_test(tcase, test_authenticated_packets_are_refused);
	tcase_add_test(tcase, test_hairpin);
	tcase_add_test(tcase, test_hairpin_between_families);
	tcase_add_test(tcase, test_fragments_from_inside);
	tcase_add_test(tcase, test_udp_without_checksum);
	tcase_add_test(tcase, test_too_big_is_answered);
	tcase_add_test(tcase, test_df_passes_where_no_mtu_is_known);
	tcase_add_loop_test(tcase, test_long_packets_are_cut, 0, ROWS(cuts));
	tcase_add_test(tcase, test_mss);
	tcase_add_test(tcase, test_events);
	tcase_add_loop_test(tcase, test_refusals, 0, ROWS(refusals));
	return unit_main("nat64", tcase);
}
