/* SPDX-License-Identifier: BSD-3-Clause */
/* services/nat as a NAT64 (RFC 6146), packet by packet: mappings, hairpins, the log, the
 * configuration. */

#include <stdio.h>
#include <string.h>

#include "nat64_bed.h"

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
	tcase_add_test(tcase, test_hairpin);
	tcase_add_test(tcase, test_hairpin_between_families);
	tcase_add_test(tcase, test_events);
	tcase_add_loop_test(tcase, test_refusals, 0, ROWS(refusals));
	return unit_main("nat64", tcase);
}
