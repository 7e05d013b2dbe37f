/* SPDX-License-Identifier: BSD-3-Clause */
/* services/nat, packet by packet. */

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "nat.h"
#include "parse/checksum.h"
#include "parse/parse.h"
#include "svc.h"
#include "unit.h"

enum { SYN = 0x02, RST = 0x04, ACK = 0x10, FIN = 0x01, S = 1000000000 };

/** Endpoints, host order. */
struct end {
	uint32_t address;
	uint16_t port;
};

static const struct end a = {0x0a000001, 1000}, b = {0x0a000002, 1000};
static const struct end r = {0xc6336401, 80}, r_port = {0xc6336401, 81}, s = {0xc6336402, 80};
static const uint32_t pool_first = 0xcb007100;

#define POOL "\"pools\": [{\"name\": \"p\", \"addresses\": [\"203.0.113.0/28\"]}]"

static struct svc *svc;
static const void *step;
static uint64_t now_s;
static struct svc_packet packet; /* the last one */

static void
open_nat(const char *config)
{
	svc = svc_open(config);
	step = svc_step(svc, 0, "{}");
	now_s = 1000;
	svc_set_time(svc, now_s * S);
}

static void
teardown(void)
{
	if (svc != NULL)
		svc_close(svc);
	svc = NULL;
	memset(svc_max_entries, 0, sizeof(svc_max_entries));
}

static void
sleep_s(uint64_t seconds)
{
	now_s += seconds;
	svc_set_time(svc, now_s * S);
}

static void
put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static uint16_t
get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static void
put32(uint8_t *at, uint32_t value)
{
	put16(at, (uint16_t)(value >> 16));
	put16(at + 2, (uint16_t)value);
}

static uint32_t
get32(const uint8_t *at)
{
	return (uint32_t)get16(at) << 16 | get16(at + 2);
}

/** Sets both checksums of the packet. */
static void
finish(uint8_t *ip, uint16_t l4_size, unsigned int sum_at)
{
	uint16_t sum = wp_checksum_ipv4(ip, 20);

	memcpy(ip + 10, &sum, 2);
	svc_parse(&packet);
	memset(ip + 20 + sum_at, 0, 2);
	sum = wp_checksum_l4(&packet.view);
	memcpy(ip + 20 + sum_at, &sum, 2);
	(void)l4_size;
}

/** Makes a packet between two endpoints. */
static uint8_t *
make(uint8_t proto, struct end from, struct end to, uint8_t flags)
{
	uint16_t size = proto == WP_PROTO_TCP ? 24 : 16;
	uint8_t *ip = svc_ipv4(&packet, proto, size);

	put32(ip + 12, from.address);
	put32(ip + 16, to.address);
	put16(ip + 20, from.port);
	put16(ip + 22, to.port);
	if (proto == WP_PROTO_UDP)
		put16(ip + 24, size);
	if (proto == WP_PROTO_TCP)
		ip[33] = flags;
	finish(ip, size, proto == WP_PROTO_TCP ? 16 : 6);
	return ip;
}

static uint8_t *
make_echo(struct end from, struct end to, uint8_t type)
{
	uint8_t *ip = svc_ipv4(&packet, WP_PROTO_ICMP, 16);

	put32(ip + 12, from.address);
	put32(ip + 16, to.address);
	ip[20] = type;
	put16(ip + 24, type == 8 ? from.port : to.port);
	finish(ip, 16, 2);
	return ip;
}

static enum wp_verdict
pass(enum wp_inside inside)
{
	packet.view.inside = (uint8_t)inside;
	packet.view.args = step;
	svc_burst(svc, &packet, 1);
	return packet.view.verdict;
}

static enum wp_verdict
out(void)
{
	return pass(WP_INSIDE_SOURCE);
}

static enum wp_verdict
in(void)
{
	return pass(WP_INSIDE_DESTINATION);
}

static struct end
source(void)
{
	const uint8_t *ip = wp_l3(&packet.view);

	return (struct end){get32(ip + 12),
			    get16(ip + (packet.view.l4_proto == WP_PROTO_ICMP ? 24 : 20))};
}

static struct end
dest(void)
{
	const uint8_t *ip = wp_l3(&packet.view);

	return (struct end){get32(ip + 16),
			    get16(ip + (packet.view.l4_proto == WP_PROTO_ICMP ? 24 : 22))};
}

static bool
same(struct end x, struct end y)
{
	return x.address == y.address && x.port == y.port;
}

static void
sums_are_right(void)
{
	const uint8_t *ip = wp_l3(&packet.view);
	uint16_t sum;

	memcpy(&sum, ip + 10, 2);
	ck_assert_uint_eq(wp_checksum_ipv4(ip, 20), sum);
	svc_parse(&packet);
	ck_assert_uint_eq(wp_checksum_l4(&packet.view), 0);
}

static bool
in_pool(struct end end)
{
	return end.address - pool_first < 16 && end.port >= 1024;
}

/** Sends from inside; it must get through. @return the outside endpoint */
static struct end
send_out(uint8_t proto, struct end from, struct end to, uint8_t flags)
{
	make(proto, from, to, flags);
	ck_assert_int_eq(out(), WP_NEXT);
	ck_assert(in_pool(source()));
	ck_assert(same(dest(), to));
	sums_are_right();
	return source();
}

/** Sends from outside; it must reach @p host. */
static void
send_in(uint8_t proto, struct end from, struct end to, uint8_t flags, struct end host)
{
	make(proto, from, to, flags);
	ck_assert_int_eq(in(), WP_NEXT);
	ck_assert(same(dest(), host));
	ck_assert(same(source(), from));
	sums_are_right();
}

static void
dropped_in(uint8_t proto, struct end from, struct end to, uint8_t flags, enum nat_reason reason)
{
	make(proto, from, to, flags);
	ck_assert_int_eq(in(), WP_DROP);
	ck_assert_uint_eq(packet.view.reason, reason);
}

static void
dropped_out(uint8_t proto, struct end from, struct end to, uint8_t flags, enum nat_reason reason)
{
	make(proto, from, to, flags);
	ck_assert_int_eq(out(), WP_DROP);
	ck_assert_uint_eq(packet.view.reason, reason);
}

/* Mappings. */

START_TEST(test_udp_there_and_back)
{
	struct end x;

	open_nat("{" POOL "}");
	x = send_out(WP_PROTO_UDP, a, r, 0);
	ck_assert(same(send_out(WP_PROTO_UDP, a, s, 0), x)); /* RFC 4787 REQ-1 */
	send_in(WP_PROTO_UDP, r, x, 0, a);
	send_in(WP_PROTO_UDP, r_port, x, 0, a);
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_CREATED), 1);
}
END_TEST

START_TEST(test_ports_1_and_65535)
{
	struct end low = {a.address, 1}, high = {a.address, 65535}, x, y;

	open_nat("{\"pools\": [{\"name\": \"p\", \"addresses\": [\"203.0.113.0\"], \"ports\": "
		 "\"1-65535\"}]}");
	make(WP_PROTO_UDP, low, (struct end){r.address, 65535}, 0);
	ck_assert_int_eq(out(), WP_NEXT);
	x = source();
	make(WP_PROTO_UDP, high, (struct end){r.address, 1}, 0);
	ck_assert_int_eq(out(), WP_NEXT);
	y = source();
	send_in(WP_PROTO_UDP, (struct end){r.address, 1}, x, 0, low);
	send_in(WP_PROTO_UDP, (struct end){r.address, 65535}, y, 0, high);
}
END_TEST

START_TEST(test_udp_without_checksum)
{
	uint8_t *ip;

	open_nat("{" POOL "}");
	ip = make(WP_PROTO_UDP, a, r, 0);
	memset(ip + 26, 0, 2);
	ck_assert_int_eq(out(), WP_NEXT);
	ck_assert_uint_eq(get16(ip + 26), 0);
}
END_TEST

START_TEST(test_paired_pooling)
{
	struct end first, host = a;

	open_nat("{" POOL "}");
	first = send_out(WP_PROTO_UDP, a, r, 0);
	for (uint16_t i = 1; i < 300; i++) {
		host.port = (uint16_t)(1000 + i);
		ck_assert_uint_eq(send_out(WP_PROTO_UDP, host, r, 0).address, first.address);
	}
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_BLOCKS_TAKEN), 5);
}
END_TEST

START_TEST(test_timeouts_and_refresh)
{
	struct end x;

	open_nat("{" POOL ", \"inbound_refresh\": false}");
	x = send_out(WP_PROTO_UDP, a, r, 0);
	sleep_s(299);
	send_in(WP_PROTO_UDP, r, x, 0, a);
	sleep_s(2);
	dropped_in(WP_PROTO_UDP, r, x, 0, NAT_DROP_NO_MAPPING);
	x = send_out(WP_PROTO_UDP, a, r, 0);
	for (unsigned int i = 0; i < 5; i++) {
		sleep_s(299);
		send_out(WP_PROTO_UDP, a, r, 0);
	}
	send_in(WP_PROTO_UDP, r, x, 0, a);
	sleep_s(400);
	sleep_s(400);
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_BLOCKS_GIVEN),
			  svc_count(svc, NAT_COUNT_BLOCKS_TAKEN));
}
END_TEST

/** All ports of a small pool: each is used once, then not again before it has rested. */
START_TEST(test_exhaustion_and_quarantine)
{
	uint8_t used[65536] = {0};
	struct end host = a;

	open_nat("{\"pools\": [{\"name\": \"p\", \"addresses\": [\"203.0.113.5\"], \"ports\": "
		 "\"5000-5199\"}], \"timeouts\": {\"udp\": 30}}");
	for (uint16_t i = 0; i < 200; i++) {
		host.port = (uint16_t)(1000 + i);
		make(WP_PROTO_UDP, host, r, 0);
		ck_assert_int_eq(out(), WP_NEXT);
		ck_assert_uint_ge(source().port, 5000);
		ck_assert_uint_le(source().port, 5199);
		ck_assert_uint_eq(used[source().port]++, 0);
	}
	host.port = 1200;
	dropped_out(WP_PROTO_UDP, host, r, 0, NAT_DROP_PORTS);
	dropped_out(WP_PROTO_UDP, b, r, 0, NAT_DROP_PORTS);
	make(WP_PROTO_TCP, host, r, SYN); /* other protocol, other ports */
	ck_assert_int_eq(out(), WP_NEXT);
	sleep_s(31);
	dropped_out(WP_PROTO_UDP, host, r, 0, NAT_DROP_PORTS);
	sleep_s(118);
	dropped_out(WP_PROTO_UDP, host, r, 0, NAT_DROP_PORTS);
	sleep_s(150);
	make(WP_PROTO_UDP, host, r, 0);
	ck_assert_int_eq(out(), WP_NEXT);
}
END_TEST

START_TEST(test_quotas)
{
	struct end host = a;

	open_nat("{" POOL ", \"max_blocks\": 1, \"max_mappings\": 70}");
	for (uint16_t i = 0; i < 64; i++) {
		host.port = (uint16_t)(1000 + i);
		send_out(WP_PROTO_UDP, host, r, 0);
	}
	host.port = 2000;
	dropped_out(WP_PROTO_UDP, host, r, 0, NAT_DROP_QUOTA);
	send_out(WP_PROTO_UDP, b, r, 0);
	teardown();
	open_nat("{" POOL ", \"max_mappings\": 2}");
	send_out(WP_PROTO_UDP, a, r, 0);
	host.port = 1;
	send_out(WP_PROTO_UDP, host, r, 0);
	host.port = 2;
	dropped_out(WP_PROTO_UDP, host, r, 0, NAT_DROP_QUOTA);
	send_out(WP_PROTO_TCP, host, r, SYN);
}
END_TEST

#define LOG "\"log\": [{\"to\": \"json\", \"path\": \"/dev/null\"}]"

/** A quota that is exceeded is told with its limit; behind it others do not grow. */
static void
quota_told(uint32_t limit)
{
	struct nat_event event = {0};

	while (event.kind != NAT_QUOTA_EXCEEDED)
		ck_assert(svc_event(svc, &event, sizeof(event)));
	ck_assert_uint_eq(event.quota, NAT_QUOTA_USER);
	ck_assert_uint_eq(event.limit, limit);
	ck_assert_uint_eq(get32(event.inside), a.address);
}

START_TEST(test_session_quotas)
{
	struct end x, host = {a.address, 2000};

	open_nat("{" POOL ", " LOG ", \"max_sessions\": 4, \"max_mapping_sessions\": 2, "
		 "\"icmp_rate\": 0}");
	x = send_out(WP_PROTO_TCP, a, r, SYN);
	send_out(WP_PROTO_TCP, a, s, SYN);
	dropped_out(WP_PROTO_TCP, a, r_port, SYN, NAT_DROP_QUOTA);
	quota_told(2);
	send_in(WP_PROTO_TCP, r_port, x, SYN, a); /* and leaves nothing */
	dropped_out(WP_PROTO_TCP, a, r_port, SYN, NAT_DROP_QUOTA);
	send_out(WP_PROTO_UDP, a, r, 0);
	send_out(WP_PROTO_TCP, host, r, SYN);
	sleep_s(2); /* of the same host one record a second */
	dropped_out(WP_PROTO_TCP, host, s, SYN, NAT_DROP_QUOTA);
	quota_told(4);
	make_echo(a, r, 8);
	ck_assert_int_eq(out(), WP_DROP);
	ck_assert_uint_eq(packet.view.reason, NAT_DROP_QUOTA);
	send_out(WP_PROTO_TCP, b, r, SYN);
	sleep_s(241);
	send_out(WP_PROTO_TCP, a, r_port, SYN); /* what has ended makes room */
}
END_TEST

/** A burst with one new flow several times makes one mapping. */
START_TEST(test_one_mapping_for_a_burst)
{
	struct svc_packet packets[32];

	open_nat("{" POOL "}");
	make(WP_PROTO_UDP, a, r, 0);
	packet.view.inside = WP_INSIDE_SOURCE;
	packet.view.args = step;
	for (unsigned int i = 0; i < 32; i++) {
		packets[i] = packet;
		svc_parse(&packets[i]);
	}
	svc_burst(svc, packets, 32);
	for (unsigned int i = 0; i < 32; i++) {
		ck_assert_int_eq(packets[i].view.verdict, WP_NEXT);
		ck_assert_int_eq(memcmp(wp_l3(&packets[i].view), wp_l3(&packets[0].view), 28), 0);
	}
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_CREATED), 1);
}
END_TEST

START_TEST(test_tenants_with_the_same_addresses)
{
	struct end x, y;
	const void *mine, *theirs;

	open_nat("{" POOL "}");
	mine = step;
	theirs = svc_step(svc, 1, "{}");
	x = send_out(WP_PROTO_UDP, a, r, 0);
	make(WP_PROTO_UDP, a, r, 0);
	packet.view.tenant = 1;
	step = theirs;
	ck_assert_int_eq(out(), WP_NEXT);
	y = source();
	ck_assert(!same(x, y));
	step = mine;
	send_in(WP_PROTO_UDP, r, x, 0, a);
}
END_TEST

/** A burst whose first packet makes the last mapping that its host may have, or gets the last port.
 */
START_TEST(test_last_mapping_for_a_burst)
{
	static struct svc_packet packets[2];

	open_nat(_i == 0 ? "{" POOL ", \"max_mappings\": 1}"
			 : "{\"pools\": [{\"name\": \"p\", \"addresses\": [\"203.0.113.1\"],"
			   " \"ports\": \"1024-1024\"}]}");
	for (unsigned int i = 0; i < 2; i++) {
		make(WP_PROTO_UDP, a, r, 0);
		packets[i] = packet;
		packets[i].view.buf = packets[i].bytes;
		packets[i].view.args = step;
		packets[i].view.inside = WP_INSIDE_SOURCE;
	}
	svc_burst(svc, packets, 2);
	ck_assert_int_eq(packets[0].view.verdict, WP_NEXT);
	ck_assert_int_eq(packets[1].view.verdict, WP_NEXT);
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_CREATED), 1);
}
END_TEST

/* Filtering. */

static const struct {
	const char *filtering;
	bool other_port, other_address;
} filters[] = {
	{"endpoint-independent", true, true},
	{"address-dependent", true, false},
	{"address-and-port-dependent", false, false},
};

/** @return the verdict on a later fragment of TCP from outside, whose ports are known. */
static enum wp_verdict
later_in(struct end from, struct end to)
{
	uint8_t *ip = make(WP_PROTO_TCP, from, to, SYN);
	uint16_t sum;

	put16(ip + 6, 5);
	sum = wp_checksum_ipv4(ip, 20);
	memcpy(ip + 10, &sum, 2);
	svc_parse(&packet);
	packet.view.flags |= WP_PKT_FIRST_SEEN;
	packet.view.l4_sport = from.port;
	packet.view.l4_dport = to.port;
	return in();
}

START_TEST(test_filtering)
{
	char config[256];
	struct end x;

	snprintf(config, sizeof(config), "{" POOL ", \"filtering\": \"%s\"}",
		 filters[_i].filtering);
	open_nat(config);
	for (unsigned int tcp = 0; tcp < 2; tcp++) {
		uint8_t proto = tcp ? WP_PROTO_TCP : WP_PROTO_UDP, flags = tcp ? SYN : 0;

		x = send_out(proto, a, r, flags);
		send_in(proto, r, x, flags, a);
		if (filters[_i].other_port)
			send_in(proto, r_port, x, flags, a);
		else
			dropped_in(proto, r_port, x, flags, NAT_DROP_FILTERED);
		if (filters[_i].other_address)
			send_in(proto, s, x, flags, a);
		else
			dropped_in(proto, s, x, flags, NAT_DROP_FILTERED);
		if (tcp) {
			ck_assert_int_eq(later_in(r, x), WP_NEXT);
			ck_assert_int_eq(later_in(r_port, x),
					 filters[_i].other_port ? WP_NEXT : WP_DROP);
			ck_assert_int_eq(later_in(s, x),
					 filters[_i].other_address ? WP_NEXT : WP_DROP);
		}
		send_out(proto, a, s, flags); /* opens it */
		send_in(proto, s, x, flags, a);
		if (filters[_i].other_port)
			send_in(proto, (struct end){s.address, 99}, x, flags, a);
		else
			dropped_in(proto, (struct end){s.address, 99}, x, flags, NAT_DROP_FILTERED);
	}
	sleep_s(10000);
	sleep_s(10000);
	sleep_s(10000);
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_CREATED), 2);
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_REMOVED), 2);
}
END_TEST

/* TCP. */

/** Opens a connection. @return its outside endpoint */
static struct end
connect_tcp(void)
{
	struct end x = send_out(WP_PROTO_TCP, a, r, SYN);

	send_in(WP_PROTO_TCP, r, x, SYN | ACK, a);
	send_out(WP_PROTO_TCP, a, r, ACK);
	return x;
}

START_TEST(test_tcp_lives_while_established)
{
	struct end x;

	open_nat("{" POOL "}");
	dropped_out(WP_PROTO_TCP, a, r, ACK, NAT_DROP_NO_SESSION);
	x = connect_tcp();
	sleep_s(7439);
	send_in(WP_PROTO_TCP, r, x, ACK, a);
	sleep_s(7439);
	send_out(WP_PROTO_TCP, a, r, ACK);
	sleep_s(7441);
	dropped_in(WP_PROTO_TCP, r, x, ACK, NAT_DROP_NO_MAPPING);
}
END_TEST

/** FIN from both sides, in either order, then 240 s. */
START_TEST(test_tcp_closes)
{
	struct end x;

	open_nat("{" POOL "}");
	x = connect_tcp();
	for (int half = 0; half < 2; half++) {
		if (half == _i)
			send_out(WP_PROTO_TCP, a, r, FIN | ACK);
		else
			send_in(WP_PROTO_TCP, r, x, FIN | ACK, a);
		if (half == 0)
			sleep_s(239); /* half closed is open */
	}
	send_in(WP_PROTO_TCP, r, x, ACK, a);
	sleep_s(239);
	send_in(WP_PROTO_TCP, r, x, ACK, a);
	sleep_s(2);
	dropped_in(WP_PROTO_TCP, r, x, ACK, NAT_DROP_NO_MAPPING);
}
END_TEST

START_TEST(test_tcp_is_not_reopened_by_one_side)
{
	struct end x;

	open_nat("{" POOL "}");
	x = connect_tcp();
	send_out(WP_PROTO_TCP, a, r, FIN | ACK);
	send_in(WP_PROTO_TCP, r, x, FIN | ACK, a);
	send_in(WP_PROTO_TCP, r, x, SYN, a);
	sleep_s(241);
	dropped_in(WP_PROTO_TCP, r, x, ACK, NAT_DROP_NO_MAPPING);
}
END_TEST

START_TEST(test_tcp_reset)
{
	struct end x;

	open_nat("{" POOL "}");
	x = connect_tcp();
	send_in(WP_PROTO_TCP, r, x, RST, a);
	sleep_s(239);
	send_in(WP_PROTO_TCP, r, x, ACK, a); /* so the reset was a guess */
	sleep_s(7000);
	send_in(WP_PROTO_TCP, r, x, RST, a);
	sleep_s(241);
	dropped_in(WP_PROTO_TCP, r, x, ACK, NAT_DROP_NO_MAPPING);
}
END_TEST

START_TEST(test_tcp_several_connections_of_a_mapping)
{
	struct end x;

	open_nat("{" POOL "}");
	x = connect_tcp();
	ck_assert(same(send_out(WP_PROTO_TCP, a, s, SYN), x));
	send_in(WP_PROTO_TCP, s, x, SYN | ACK, a);
	send_out(WP_PROTO_TCP, a, r, RST);
	sleep_s(300);
	send_in(WP_PROTO_TCP, r, x, ACK, a); /* changes nothing */
	for (unsigned int i = 0; i < 5; i++) {
		sleep_s(7000);
		send_in(WP_PROTO_TCP, s, x, ACK, a);
	}
	sleep_s(7700);
	sleep_s(1);
	dropped_in(WP_PROTO_TCP, s, x, ACK, NAT_DROP_NO_MAPPING);
}
END_TEST

/* ICMP. */

START_TEST(test_echo)
{
	struct end x;

	open_nat("{" POOL "}");
	make_echo(a, r, 8);
	ck_assert_int_eq(out(), WP_NEXT);
	sums_are_right();
	x = source();
	make_echo(r, x, 0);
	ck_assert_int_eq(in(), WP_NEXT);
	ck_assert(same(dest(), a));
	sums_are_right();
	sleep_s(61);
	make_echo(r, x, 0);
	ck_assert_int_eq(in(), WP_DROP);
	ck_assert_uint_eq(packet.view.reason, NAT_DROP_NO_MAPPING);
}
END_TEST

START_TEST(test_pings_of_external_addresses)
{
	struct end outside = {pool_first + 3, 7};

	open_nat("{" POOL "}");
	make_echo(r, outside, 8);
	ck_assert_int_eq(in(), WP_REPLY);
	ck_assert_uint_eq(dest().address, r.address);
	sums_are_right();
	make_echo(a, outside, 8);
	ck_assert_int_eq(out(), WP_REPLY);
	ck_assert_uint_eq(dest().address, a.address);
	sums_are_right();
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_CREATED), 0);
	teardown();
	open_nat("{" POOL ", \"ping\": false}");
	make_echo(r, outside, 8);
	ck_assert_int_eq(in(), WP_DROP);
}
END_TEST

/** Makes an ICMP error from @p router about the packet in 'packet'. @return the error's IP header
 */
static uint8_t *
make_error(uint32_t router, uint8_t type)
{
	uint8_t quoted[28 + 16], *ip;
	uint32_t to = source().address;

	memcpy(quoted, wp_l3(&packet.view), sizeof(quoted));
	ip = svc_ipv4(&packet, WP_PROTO_ICMP, 8 + sizeof(quoted));
	put32(ip + 12, router);
	put32(ip + 16, to);
	ip[20] = type;
	ip[21] = 3;
	memcpy(ip + 28, quoted, sizeof(quoted));
	finish(ip, 8 + sizeof(quoted), 2);
	return ip;
}

/** The quoted packet is what its sender knows, checksums included. */
static void
quoted_is(const uint8_t *expected)
{
	const uint8_t *ip = wp_l3(&packet.view);

	sums_are_right();
	ck_assert_mem_eq(ip + 28, expected, 28 + 16);
}

START_TEST(test_icmp_errors)
{
	static const uint8_t protos[] = {WP_PROTO_UDP, WP_PROTO_TCP, WP_PROTO_ICMP};
	uint8_t before[44];
	struct end x;
	uint32_t router = 0xc0000201;

	open_nat("{" POOL "}");
	if (protos[_i] == WP_PROTO_ICMP)
		make_echo(a, r, 8);
	else
		make(protos[_i], a, r, SYN);
	memcpy(before, wp_l3(&packet.view), sizeof(before));
	ck_assert_int_eq(out(), WP_NEXT);
	x = source();
	make_error(router, 3);
	ck_assert_int_eq(in(), WP_NEXT);
	ck_assert_uint_eq(get32(wp_l3(&packet.view) + 16), a.address);
	ck_assert_uint_eq(get32(wp_l3(&packet.view) + 12), router);
	quoted_is(before);
	/* The other way: the inside host cannot use what came back. */
	if (protos[_i] == WP_PROTO_ICMP)
		make_echo(r, x, 0);
	else
		make(protos[_i], r, x, SYN | ACK);
	memcpy(before, wp_l3(&packet.view), sizeof(before));
	ck_assert_int_eq(in(), WP_NEXT);
	make_error(a.address, 3);
	ck_assert_int_eq(out(), WP_NEXT);
	ck_assert_uint_eq(get32(wp_l3(&packet.view) + 12), x.address);
	ck_assert_uint_eq(get32(wp_l3(&packet.view) + 16), r.address);
	quoted_is(before);
}
END_TEST

START_TEST(test_icmp_errors_about_nothing)
{
	open_nat("{" POOL "}");
	make(WP_PROTO_UDP, (struct end){pool_first, 5000}, r, 0);
	make_error(0xc0000201, 3);
	ck_assert_int_eq(in(), WP_DROP);
	ck_assert_uint_eq(packet.view.reason, NAT_DROP_NO_MAPPING);
	make(WP_PROTO_UDP, r, a, 0);
	make_error(a.address, 3);
	ck_assert_int_eq(out(), WP_DROP);
	ck_assert_uint_eq(packet.view.reason, NAT_DROP_NO_MAPPING);
}
END_TEST

/* Hairpins. */

START_TEST(test_hairpin)
{
	struct end x, y;

	open_nat("{" POOL "}");
	x = send_out(WP_PROTO_UDP, a, r, 0);
	y = send_out(WP_PROTO_UDP, b, r, 0);
	make(WP_PROTO_UDP, a, y, 0);
	ck_assert_int_eq(out(), WP_TURN);
	ck_assert(same(source(), x)); /* RFC 4787 REQ-9 */
	ck_assert(same(dest(), b));
	sums_are_right();
	make(WP_PROTO_UDP, a, (struct end){pool_first + 1, 2000}, 0);
	ck_assert_int_eq(out(), WP_DROP);
	ck_assert_uint_eq(packet.view.reason, NAT_DROP_NO_MAPPING);
	make(WP_PROTO_UDP, a, x, 0); /* with itself */
	ck_assert_int_eq(out(), WP_TURN);
	ck_assert(same(dest(), a));
}
END_TEST

/* Fixed mappings. */

#define STATIC                                                                                     \
	"\"static\": [{\"tenant\": \"red\", \"inside\": \"10.0.0.9\", \"outside\": "               \
	"\"198.18.0.9\"}, {\"tenant\": \"red\", \"inside\": \"10.0.0.1\", \"inside_port\": 8080, " \
	"\"outside\": \"203.0.113.1\", \"outside_port\": 80, \"protocol\": \"tcp\"}]"

START_TEST(test_static_address)
{
	struct end host = {0x0a000009, 55}, outside = {0xc6120009, 55};
	uint8_t *ip;

	open_nat("{" POOL ", " STATIC "}");
	make(WP_PROTO_UDP, host, r, 0);
	ck_assert_int_eq(out(), WP_NEXT);
	ck_assert(same(source(), outside));
	sums_are_right();
	send_in(WP_PROTO_TCP, r, outside, ACK, host);
	make_echo(r, outside, 8);
	ck_assert_int_eq(in(), WP_NEXT);
	ck_assert_uint_eq(dest().address, host.address);
	sums_are_right();
	ip = svc_ipv4(&packet, 47, 16); /* GRE: whatever the protocol */
	put32(ip + 12, host.address);
	put32(ip + 16, r.address);
	svc_parse(&packet);
	ck_assert_int_eq(out(), WP_NEXT);
	ck_assert_uint_eq(get32(ip + 12), outside.address);
	ip = svc_ipv4(&packet, 47, 16); /* but for nobody else */
	put32(ip + 12, a.address);
	put32(ip + 16, r.address);
	svc_parse(&packet);
	ck_assert_int_eq(out(), WP_DROP);
	ck_assert_uint_eq(packet.view.reason, NAT_DROP_PROTOCOL);
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_CREATED), 0);
}
END_TEST

START_TEST(test_static_port)
{
	struct end host = {0x0a000001, 8080}, outside = {0xcb007101, 80};

	open_nat("{" POOL ", " STATIC "}");
	send_in(WP_PROTO_TCP, r, outside, SYN, host);
	make(WP_PROTO_TCP, host, r, SYN | ACK);
	ck_assert_int_eq(out(), WP_NEXT);
	ck_assert(same(source(), outside));
	sums_are_right();
	/* From inside, by its outside address. */
	make(WP_PROTO_TCP, b, outside, SYN);
	ck_assert_int_eq(out(), WP_TURN);
	ck_assert(same(dest(), host));
	ck_assert(in_pool(source()));
	sums_are_right();
}
END_TEST

START_TEST(test_static_errors)
{
	struct end host = {0x0a000001, 8080}, outside = {0xcb007101, 80};
	uint8_t before[44];

	open_nat("{" POOL ", " STATIC "}");
	make(WP_PROTO_TCP, host, r, ACK);
	memcpy(before, wp_l3(&packet.view), sizeof(before));
	ck_assert_int_eq(out(), WP_NEXT);
	make_error(0xc0000201, 11);
	ck_assert_int_eq(in(), WP_NEXT);
	ck_assert_uint_eq(get32(wp_l3(&packet.view) + 16), host.address);
	quoted_is(before);
	make(WP_PROTO_TCP, r, outside, ACK);
	memcpy(before, wp_l3(&packet.view), sizeof(before));
	ck_assert_int_eq(in(), WP_NEXT);
	make_error(host.address, 3);
	ck_assert_int_eq(out(), WP_NEXT);
	ck_assert_uint_eq(get32(wp_l3(&packet.view) + 12), outside.address);
	quoted_is(before);
}
END_TEST

/* What is not translated. */

START_TEST(test_others)
{
	uint8_t *ip;

	open_nat("{" POOL "}");
	svc_ipv6(&packet, WP_PROTO_UDP, 8);
	svc_parse(&packet);
	ck_assert_int_eq(out(), WP_NEXT);
	make(WP_PROTO_UDP, r, a, 0);
	ck_assert_int_eq(in(), WP_DROP);
	ip = make(WP_PROTO_UDP, a, r, 0);
	ip[3] = 200; /* claims more than there is */
	svc_parse(&packet);
	ck_assert_int_eq(out(), WP_DROP);
	ck_assert_uint_eq(packet.view.reason, NAT_DROP_MALFORMED);
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_CREATED), 0);
	teardown();
	open_nat("{" POOL ", \"unmatched\": \"forward\"}");
	make(WP_PROTO_UDP, r, a, 0);
	ck_assert_int_eq(in(), WP_NEXT);
	ck_assert(same(dest(), a));
}
END_TEST

START_TEST(test_full_tables_harm_nobody)
{
	struct end x, host = b;
	unsigned int refused = 0;

	svc_max_entries[NAT_MAPPINGS] = 100;
	open_nat("{" POOL ", \"max_blocks\": 100}");
	x = send_out(WP_PROTO_UDP, a, r, 0);
	for (uint16_t i = 0; i < 500; i++) {
		host.port = (uint16_t)(i + 1);
		make(WP_PROTO_UDP, host, r, 0);
		if (out() == WP_FAIL)
			refused++;
		else
			ck_assert_msg(packet.view.verdict == WP_NEXT, "%u: reason %u", i,
				      packet.view.reason);
	}
	ck_assert_uint_eq(refused, 401);
	send_in(WP_PROTO_UDP, r, x, 0, a);
	sleep_s(301);
	sleep_s(241);
	sleep_s(241);
	send_out(WP_PROTO_UDP, a, r, 0);
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_BLOCKS_TAKEN) - 1,
			  svc_count(svc, NAT_COUNT_BLOCKS_GIVEN));
}
END_TEST

static const struct {
	const char *config, *why;
} refusals[] = {
	{"{}", "there is no address"},
	{"{\"pools\": [{\"name\": \"p\", \"addresses\": []}]}", ""},
	{"{\"pools\": [{\"name\": \"p\", \"addresses\": [\"10.0.0.1/8\"]}]}", "is no IPv4 address"},
	{"{\"pools\": [{\"name\": \"p\", \"addresses\": [\"10.0.0.0/8\"]}]}", "at most"},
	{"{\"pools\": [{\"name\": \"p\", \"addresses\": [\"10.0.0.0/33\"]}]}",
	 "is no IPv4 address"},
	{"{\"pools\": [{\"name\": \"p\", \"addresses\": [\"10.0.0.1x\"]}]}", "is no IPv4 address"},
	{"{\"pools\": [{\"name\": \"p\", \"addresses\": [\"10.0.0.1\", \"10.0.0.0/30\"]}]}",
	 "in pool 'p' already"},
	{"{\"pools\": [{\"name\": \"p\", \"addresses\": [\"10.0.0.1\"]}, {\"name\": \"p\", "
	 "\"addresses\": [\"10.0.0.2\"]}]}",
	 "pools/0 has the name 'p' already"},
	{"{\"pools\": [{\"name\": \"p\", \"addresses\": [\"224.0.0.0/28\"]}]}", "multicast"},
	{"{\"pools\": [{\"name\": \"p\", \"addresses\": [\"10.0.0.1\"], \"ports\": \"any\"}]}",
	 "port 0"},
	{"{\"pools\": [{\"name\": \"p\", \"addresses\": [\"10.0.0.1\"], \"ports\": "
	 "\"1024-1087\", \"excluded\": [1030]}]}",
	 "no block"},
	{"{" POOL ", \"mtu\": 67}", "below 68"},
	{"{" POOL ", \"static\": [{\"tenant\": \"nobody\", \"inside\": \"10.0.0.1\", \"outside\": "
	 "\"10.0.0.2\"}]}",
	 "no tenant"},
	{"{" POOL ", \"static\": [{\"tenant\": \"red\", \"inside\": \"10.0.0.1\", \"outside\": "
	 "\"203.0.113.1\"}]}",
	 "is in a pool"},
	{"{" POOL ", \"static\": [{\"tenant\": \"red\", \"inside\": \"10.0.0.1\", \"outside\": "
	 "\"2001:db8::1\"}]}",
	 "is no IPv4 address"},
	{"{" POOL ", \"static\": [{\"tenant\": \"red\", \"inside\": \"10.0.0.1\", \"outside\": "
	 "\"10.9.0.1\", \"inside_port\": 5}]}",
	 "needs a protocol"},
	{"{\"static\": [{\"tenant\": \"red\", \"inside\": \"10.0.0.1\", \"outside\": "
	 "\"10.9.0.1\"}, "
	 "{\"tenant\": \"red\", \"inside\": \"10.0.0.2\", \"outside\": \"10.9.0.1\"}]}",
	 "same outside"},
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
	TCase *tcase = tcase_create("nat");

	tcase_add_checked_fixture(tcase, NULL, teardown);
	tcase_add_test(tcase, test_udp_there_and_back);
	tcase_add_test(tcase, test_ports_1_and_65535);
	tcase_add_test(tcase, test_udp_without_checksum);
	tcase_add_test(tcase, test_paired_pooling);
	tcase_add_test(tcase, test_timeouts_and_refresh);
	tcase_add_test(tcase, test_exhaustion_and_quarantine);
	tcase_add_test(tcase, test_quotas);
	tcase_add_test(tcase, test_session_quotas);
	tcase_add_test(tcase, test_one_mapping_for_a_burst);
	tcase_add_loop_test(tcase, test_last_mapping_for_a_burst, 0, 2);
	tcase_add_test(tcase, test_tenants_with_the_same_addresses);
	tcase_add_loop_test(tcase, test_filtering, 0, ROWS(filters));
	tcase_add_test(tcase, test_tcp_lives_while_established);
	tcase_add_loop_test(tcase, test_tcp_closes, 0, 2);
	tcase_add_test(tcase, test_tcp_is_not_reopened_by_one_side);
	tcase_add_test(tcase, test_tcp_reset);
	tcase_add_test(tcase, test_tcp_several_connections_of_a_mapping);
	tcase_add_test(tcase, test_echo);
	tcase_add_test(tcase, test_pings_of_external_addresses);
	tcase_add_loop_test(tcase, test_icmp_errors, 0, 3);
	tcase_add_test(tcase, test_icmp_errors_about_nothing);
	tcase_add_test(tcase, test_hairpin);
	tcase_add_test(tcase, test_static_address);
	tcase_add_test(tcase, test_static_port);
	tcase_add_test(tcase, test_static_errors);
	tcase_add_test(tcase, test_others);
	tcase_add_test(tcase, test_full_tables_harm_nobody);
	tcase_add_loop_test(tcase, test_refusals, 0, ROWS(refusals));
	return unit_main("nat", tcase);
}
