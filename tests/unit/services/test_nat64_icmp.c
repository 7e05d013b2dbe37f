/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMP of both families through a NAT64, and what is not translated. */

#include <stdio.h>
#include <string.h>

#include "nat64_bed.h"

/* ICMP. */

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

/** What is behind an authentication header cannot be changed (RFC 4302): neither a packet, nor an
 * error about one. */
START_TEST(test_authenticated_packets_are_refused)
{
	const bool is_error = _i == 1;
	struct spec spec = {.from = a, .to = r6, .proto = UDP, .data = 30};
	uint8_t *ip, authentication[24] = {is_error ? ICMP6 : UDP, 4}, quote[100];
	uint16_t size;

	bed_open("{" POOL ", " PREFIX "}");
	if (is_error) {
		ck_assert_int_eq(
			bed_in(&(struct spec){.from = r, .to = send_out(UDP, a, 0), .proto = UDP}),
			WP_NEXT);
		spec = (struct spec){
			.from = a, .to = r6, .proto = ICMP6, .type = 1, .code = 4, .quote = quote};
		spec.quote_size = (uint16_t)(packet.view.end - packet.view.l3);
		memcpy(quote, wp_l3(&packet.view), spec.quote_size);
	}
	ip = bed_make(&spec);
	size = wp_get16(ip + 4);
	memmove(ip + 40 + 24, ip + 40, size);
	memcpy(ip + 40, authentication, 24);
	ip[6] = WP_PROTO_AH;
	wp_put16(ip + 4, size + 24u);
	packet.view.len = (uint16_t)(packet.view.len + 24);
	bed_parse();
	ck_assert_uint_eq(packet.view.l4_proto, authentication[0]);
	ck_assert_int_eq(bed_pass(WP_INSIDE_SOURCE), WP_DROP);
	ck_assert_uint_eq(packet.view.reason, NAT_DROP_PROTOCOL);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("nat64 icmp");

	tcase_add_checked_fixture(tcase, NULL, bed_close);
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
	tcase_add_loop_test(tcase, test_authenticated_packets_are_refused, 0, 2);
	return unit_main("nat64 icmp", tcase);
}
