/* SPDX-License-Identifier: BSD-3-Clause */
/* services/nat, packet by packet: mappings, who may have them, the configuration. */

#include <string.h>

#include "nat44_bed.h"

/* Mappings. */

START_TEST(test_udp_there_and_back)
{
	struct end x;

	bed_open("{" POOL "}");
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

	bed_open("{\"pools\": [{\"name\": \"p\", \"addresses\": [\"203.0.113.0\"], \"ports\": "
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

	bed_open("{" POOL "}");
	ip = make(WP_PROTO_UDP, a, r, 0);
	memset(ip + 26, 0, 2);
	ck_assert_int_eq(out(), WP_NEXT);
	ck_assert_uint_eq(wp_get16(ip + 26), 0);
}
END_TEST

START_TEST(test_paired_pooling)
{
	struct end first, host = a;

	bed_open("{" POOL "}");
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

	bed_open("{" POOL ", \"inbound_refresh\": false}");
	x = send_out(WP_PROTO_UDP, a, r, 0);
	bed_sleep(299);
	send_in(WP_PROTO_UDP, r, x, 0, a);
	bed_sleep(2);
	dropped_in(WP_PROTO_UDP, r, x, 0, NAT_DROP_NO_MAPPING);
	x = send_out(WP_PROTO_UDP, a, r, 0);
	for (unsigned int i = 0; i < 5; i++) {
		bed_sleep(299);
		send_out(WP_PROTO_UDP, a, r, 0);
	}
	send_in(WP_PROTO_UDP, r, x, 0, a);
	bed_sleep(400);
	bed_sleep(400);
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_BLOCKS_GIVEN),
			  svc_count(svc, NAT_COUNT_BLOCKS_TAKEN));
}
END_TEST

/** All ports of a small pool: each is used once, then not again before it has rested. */
START_TEST(test_exhaustion_and_quarantine)
{
	uint8_t used[65536] = {0};
	struct end host = a;

	bed_open("{\"pools\": [{\"name\": \"p\", \"addresses\": [\"203.0.113.5\"], \"ports\": "
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
	bed_sleep(31);
	dropped_out(WP_PROTO_UDP, host, r, 0, NAT_DROP_PORTS);
	bed_sleep(118);
	dropped_out(WP_PROTO_UDP, host, r, 0, NAT_DROP_PORTS);
	bed_sleep(150);
	make(WP_PROTO_UDP, host, r, 0);
	ck_assert_int_eq(out(), WP_NEXT);
}
END_TEST

START_TEST(test_quotas)
{
	struct end host = a;

	bed_open("{" POOL ", \"max_blocks\": 1, \"max_mappings\": 70}");
	for (uint16_t i = 0; i < 64; i++) {
		host.port = (uint16_t)(1000 + i);
		send_out(WP_PROTO_UDP, host, r, 0);
	}
	host.port = 2000;
	dropped_out(WP_PROTO_UDP, host, r, 0, NAT_DROP_QUOTA);
	send_out(WP_PROTO_UDP, b, r, 0);
	bed_close();
	bed_open("{" POOL ", \"max_mappings\": 2}");
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
	ck_assert_uint_eq(wp_get32(event.inside), a.address);
}

START_TEST(test_session_quotas)
{
	struct end x, host = {a.address, 2000};

	bed_open("{" POOL ", " LOG ", \"max_sessions\": 4, \"max_mapping_sessions\": 2, "
		 "\"icmp_rate\": 0}");
	x = send_out(WP_PROTO_TCP, a, r, SYN);
	send_out(WP_PROTO_TCP, a, s, SYN);
	dropped_out(WP_PROTO_TCP, a, r_port, SYN, NAT_DROP_QUOTA);
	quota_told(2);
	send_in(WP_PROTO_TCP, r_port, x, SYN, a); /* and leaves nothing */
	dropped_out(WP_PROTO_TCP, a, r_port, SYN, NAT_DROP_QUOTA);
	send_out(WP_PROTO_UDP, a, r, 0);
	send_out(WP_PROTO_TCP, host, r, SYN);
	bed_sleep(2); /* of the same host one record a second */
	dropped_out(WP_PROTO_TCP, host, s, SYN, NAT_DROP_QUOTA);
	quota_told(4);
	make_echo(a, r, 8);
	ck_assert_int_eq(out(), WP_DROP);
	ck_assert_uint_eq(packet.view.reason, NAT_DROP_QUOTA);
	send_out(WP_PROTO_TCP, b, r, SYN);
	bed_sleep(241);
	send_out(WP_PROTO_TCP, a, r_port, SYN); /* what has ended makes room */
}
END_TEST

/** Eight for each port that a host may have. */
START_TEST(test_session_quota_by_default)
{
	struct end to = r;

	bed_open("{" POOL ", \"max_blocks\": 1, \"icmp_rate\": 0}");
	for (; to.port < r.port + 8 * 64; to.port++)
		send_out(WP_PROTO_TCP, a, to, SYN);
	dropped_out(WP_PROTO_TCP, a, to, SYN, NAT_DROP_QUOTA);
	send_out(WP_PROTO_TCP, b, to, SYN);
}
END_TEST

/** A burst with one new flow several times makes one mapping. */
START_TEST(test_one_mapping_for_a_burst)
{
	struct svc_packet packets[32];

	bed_open("{" POOL "}");
	make(WP_PROTO_UDP, a, r, 0);
	for (unsigned int i = 0; i < 32; i++)
		bed_copy(&packets[i], WP_INSIDE_SOURCE);
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

	bed_open("{" POOL "}");
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

	bed_open(_i == 0 ? "{" POOL ", \"max_mappings\": 1}"
			 : "{\"pools\": [{\"name\": \"p\", \"addresses\": [\"203.0.113.1\"],"
			   " \"ports\": \"1024-1024\"}]}");
	make(WP_PROTO_UDP, a, r, 0);
	for (unsigned int i = 0; i < 2; i++)
		bed_copy(&packets[i], WP_INSIDE_SOURCE);
	svc_burst(svc, packets, 2);
	ck_assert_int_eq(packets[0].view.verdict, WP_NEXT);
	ck_assert_int_eq(packets[1].view.verdict, WP_NEXT);
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_CREATED), 1);
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

	bed_open("{" POOL ", " STATIC "}");
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
	wp_put32(ip + 12, host.address);
	wp_put32(ip + 16, r.address);
	svc_parse(&packet);
	ck_assert_int_eq(out(), WP_NEXT);
	ck_assert_uint_eq(wp_get32(ip + 12), outside.address);
	ip = svc_ipv4(&packet, 47, 16); /* but for nobody else */
	wp_put32(ip + 12, a.address);
	wp_put32(ip + 16, r.address);
	svc_parse(&packet);
	ck_assert_int_eq(out(), WP_DROP);
	ck_assert_uint_eq(packet.view.reason, NAT_DROP_PROTOCOL);
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_CREATED), 0);
}
END_TEST

START_TEST(test_static_port)
{
	struct end host = {0x0a000001, 8080}, outside = {0xcb007101, 80};

	bed_open("{" POOL ", " STATIC "}");
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

	bed_open("{" POOL ", " STATIC "}");
	make(WP_PROTO_TCP, host, r, ACK);
	memcpy(before, wp_l3(&packet.view), sizeof(before));
	ck_assert_int_eq(out(), WP_NEXT);
	make_error(0xc0000201, 11);
	ck_assert_int_eq(in(), WP_NEXT);
	ck_assert_uint_eq(wp_get32(wp_l3(&packet.view) + 16), host.address);
	quoted_is(before);
	make(WP_PROTO_TCP, r, outside, ACK);
	memcpy(before, wp_l3(&packet.view), sizeof(before));
	ck_assert_int_eq(in(), WP_NEXT);
	make_error(host.address, 3);
	ck_assert_int_eq(out(), WP_NEXT);
	ck_assert_uint_eq(wp_get32(wp_l3(&packet.view) + 12), outside.address);
	quoted_is(before);
}
END_TEST

/* What is not translated. */

START_TEST(test_others)
{
	uint8_t *ip;

	bed_open("{" POOL "}");
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
	bed_close();
	bed_open("{" POOL ", \"unmatched\": \"forward\"}");
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
	bed_open("{" POOL ", \"max_blocks\": 100}");
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
	bed_sleep(301);
	bed_sleep(241);
	bed_sleep(241);
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
	 "static: two mappings have the same outside, 10.9.0.1"},
	{"{\"static\": [{\"tenant\": \"red\", \"inside\": \"10.0.0.1\", \"outside\": "
	 "\"10.9.0.1\", \"protocol\": \"tcp\", \"inside_port\": 80}, "
	 "{\"tenant\": \"red\", \"inside\": \"10.0.0.1\", \"outside\": \"10.9.0.2\", "
	 "\"protocol\": \"tcp\", \"inside_port\": 80}]}",
	 "static: two mappings have the same inside, 10.0.0.1 tcp port 80"},
	{"{\"static\": [{\"tenant\": \"red\", \"inside\": \"127.0.0.1\", \"outside\": "
	 "\"10.9.0.1\"}]}",
	 "loopback"},
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

	tcase_add_checked_fixture(tcase, NULL, bed_close);
	tcase_add_test(tcase, test_udp_there_and_back);
	tcase_add_test(tcase, test_ports_1_and_65535);
	tcase_add_test(tcase, test_udp_without_checksum);
	tcase_add_test(tcase, test_paired_pooling);
	tcase_add_test(tcase, test_timeouts_and_refresh);
	tcase_add_test(tcase, test_exhaustion_and_quarantine);
	tcase_add_test(tcase, test_quotas);
	tcase_add_test(tcase, test_session_quotas);
	tcase_add_test(tcase, test_session_quota_by_default);
	tcase_add_test(tcase, test_one_mapping_for_a_burst);
	tcase_add_loop_test(tcase, test_last_mapping_for_a_burst, 0, 2);
	tcase_add_test(tcase, test_tenants_with_the_same_addresses);
	tcase_add_test(tcase, test_static_address);
	tcase_add_test(tcase, test_static_port);
	tcase_add_test(tcase, test_static_errors);
	tcase_add_test(tcase, test_others);
	tcase_add_test(tcase, test_full_tables_harm_nobody);
	tcase_add_loop_test(tcase, test_refusals, 0, ROWS(refusals));
	return unit_main("nat", tcase);
}
