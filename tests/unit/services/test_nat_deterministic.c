/* SPDX-License-Identifier: BSD-3-Clause */
/* Deterministic pools of services/nat: who has which ports, by the configuration alone. */

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "nat_bed.h"

enum { FIRST = 1024, RED = 0, GREEN = 1 };

#define INSIDE 0x0a000000u /* 10.0.0.0 */
#define OUTSIDE POOL_FIRST /* 203.0.113.0 */
#define REMOTE 0xc6336401u

static const void *steps[2];

static void
open_pools(const char *config)
{
	bed_open(config);
	steps[RED] = step;
	steps[GREEN] = svc_step(svc, GREEN, "{}");
}

/** Sends a UDP packet from inside. @return the verdict; @p address and @p port are its source then
 */
static enum wp_verdict
send_udp(uint16_t tenant, uint32_t host, uint16_t sport, uint32_t *address, uint16_t *port)
{
	uint8_t *ip = svc_ipv4(&packet, WP_PROTO_UDP, 16);

	wp_put32(ip + 12, host);
	wp_put32(ip + 16, REMOTE);
	wp_put16(ip + 20, sport);
	wp_put16(ip + 22, 53);
	wp_put16(ip + 24, 16);
	svc_parse(&packet);
	packet.view.tenant = tenant;
	step = steps[tenant];
	bed_pass(WP_INSIDE_SOURCE);
	*address = wp_get32(ip + 12);
	*port = wp_get16(ip + 20);
	return packet.view.verdict;
}

/** Sends; the packet must get through, from this address and a port of these. @return the port */
static uint16_t
expect(uint16_t tenant, uint32_t host, uint16_t sport, uint32_t outside, uint32_t first,
       uint32_t last)
{
	uint32_t address;
	uint16_t port;

	ck_assert_int_eq(send_udp(tenant, host, sport, &address, &port), WP_NEXT);
	ck_assert_uint_eq(address, outside);
	ck_assert_msg(port >= first && port <= last, "%u is not of %u to %u", port, first, last);
	return port;
}

static void
expect_refused(uint16_t tenant, uint32_t host, uint16_t sport, enum nat_reason reason)
{
	uint32_t address;
	uint16_t port;

	ck_assert_int_eq(send_udp(tenant, host, sport, &address, &port), WP_DROP);
	ck_assert_uint_eq(packet.view.reason, reason);
}

#define POOL_OF(MORE, HOSTS)                                                                       \
	"{\"icmp_rate\": 0, \"log\": [{\"to\": \"json\", \"path\": \"/dev/null\"}], "              \
	"\"pools\": [{\"name\": \"p\", \"addresses\": [\"203.0.113.0/30\"], " MORE                 \
	"\"deterministic\": {" HOSTS "}}]}"
#define HOSTS_256 "\"hosts\": [{\"tenant\": \"red\", \"inside\": [\"10.0.0.0/24\"]}]"

/** 256 hosts on 4 addresses: 64 each; of 1008 blocks each has 15. */
START_TEST(test_shares_follow_from_the_configuration)
{
	open_pools(POOL_OF("", HOSTS_256));
	for (uint32_t host = 0; host < 256; host++) {
		uint32_t first = FIRST + host % 64 * 960;

		for (uint16_t i = 0; i < 20; i++)
			expect(RED, INSIDE + host, (uint16_t)(1000 + i), OUTSIDE + host / 64, first,
			       first + 959);
	}
}
END_TEST

/** Each port of a share is given, to each protocol's flows once. */
START_TEST(test_a_share_is_used_up)
{
	static uint8_t used[65536];

	memset(used, 0, sizeof(used));
	open_pools(POOL_OF("", HOSTS_256 ", \"ports_per_host\": 128"));
	for (uint16_t i = 0; i < 128; i++) {
		uint16_t port = expect(RED, INSIDE + 65, (uint16_t)(1000 + i), OUTSIDE + 1,
				       FIRST + 128, FIRST + 255);

		ck_assert_uint_eq(used[port]++, 0);
	}
	expect_refused(RED, INSIDE + 65, 2000, NAT_DROP_QUOTA);
	expect(RED, INSIDE + 66, 2000, OUTSIDE + 1, FIRST + 256, FIRST + 383);
}
END_TEST

/** max_blocks is not for shares. */
START_TEST(test_shares_are_as_large_as_they_are)
{
	open_pools("{\"max_blocks\": 1, \"pools\": [{\"name\": \"p\", \"addresses\": "
		   "[\"203.0.113.0\"], \"deterministic\": {\"hosts\": [{\"tenant\": \"red\", "
		   "\"inside\": [\"10.0.0.0/31\"]}]}}]}");
	for (uint32_t i = 0; i < 504 * 64; i++)
		expect(RED, INSIDE + 1, (uint16_t)(1 + i), OUTSIDE, FIRST + 504 * 64, 65535);
	expect_refused(RED, INSIDE + 1, 40000, NAT_DROP_QUOTA);
}
END_TEST

/** RFC 6056: the first port of a host is any of its share, not of the first block only. */
START_TEST(test_ports_are_drawn_from_all_of_the_share)
{
	unsigned int seen[15] = {0};

	open_pools(POOL_OF("", HOSTS_256));
	for (uint32_t host = 0; host < 256; host++) {
		uint32_t first = FIRST + host % 64 * 960;
		uint16_t port =
			expect(RED, INSIDE + host, 1000, OUTSIDE + host / 64, first, first + 959);

		seen[(port - first) / 64]++;
	}
	/* 17 each on average: below 3, or above 45, once in many thousand seeds. */
	for (unsigned int i = 0; i < 15; i++)
		ck_assert_msg(seen[i] >= 3 && seen[i] <= 45, "block %u: %u of 256", i, seen[i]);
}
END_TEST

/** Excluded ports take their blocks out of all shares; those behind them move up. */
START_TEST(test_excluded_ports)
{
	open_pools(POOL_OF("\"excluded\": [1100, 1216], ", HOSTS_256 ", \"ports_per_host\": 128"));
	/* Without 1088-1151 and 1216-1279: the first has 1024-1087 and 1152-1215. */
	for (uint16_t i = 0; i < 128; i++) {
		uint16_t port =
			expect(RED, INSIDE, (uint16_t)(1000 + i), OUTSIDE, FIRST, FIRST + 191);

		ck_assert(port < 1088 || port >= 1152);
	}
	expect_refused(RED, INSIDE, 2000, NAT_DROP_QUOTA);
	expect(RED, INSIDE + 1, 1000, OUTSIDE, 1280, 1407);
}
END_TEST

START_TEST(test_tenants_have_shares_of_their_own)
{
	open_pools(POOL_OF("", "\"hosts\": [{\"tenant\": \"red\", \"inside\": [\"10.0.0.0/25\"]}, "
			       "{\"tenant\": \"green\", \"inside\": [\"10.0.0.64/26\", "
			       "\"10.0.0.0/26\"]}], \"hosts_per_address\": 128"));
	expect(RED, INSIDE + 5, 1000, OUTSIDE, FIRST + 5 * 448, FIRST + 6 * 448 - 1);
	/* Numbers 128 to 255 are green's, in the order of its list. */
	expect(GREEN, INSIDE + 69, 1000, OUTSIDE + 1, FIRST + 5 * 448, FIRST + 6 * 448 - 1);
	expect(GREEN, INSIDE + 5, 1000, OUTSIDE + 1, FIRST + 69 * 448, FIRST + 70 * 448 - 1);
}
END_TEST

/** Hosts without a share get nothing where nothing is to be had on demand. */
START_TEST(test_strangers_are_refused)
{
	open_pools(POOL_OF("", HOSTS_256));
	expect_refused(RED, INSIDE + 256, 1000, NAT_DROP_QUOTA);
	expect_refused(GREEN, INSIDE + 5, 1000, NAT_DROP_QUOTA);
}
END_TEST

/* With 960 ports each, 64 hosts have 960 blocks; 48 of 64 ports are left, from 62464 on. */
#define OVERFLOW HOSTS_256 ", \"ports_per_host\": 960, \"overflow_blocks\": 2"
enum { SPARE = FIRST + 64 * 960 };

START_TEST(test_strangers_share_what_is_left)
{
	uint32_t address;
	uint16_t port;

	open_pools(POOL_OF("", OVERFLOW));
	ck_assert_int_eq(send_udp(GREEN, INSIDE + 5, 1, &address, &port), WP_NEXT);
	ck_assert_uint_ge(port, SPARE);
	for (uint16_t i = 2; i <= 128; i++)
		expect(GREEN, INSIDE + 5, i, address, SPARE, 65535);
	expect_refused(GREEN, INSIDE + 5, 129, NAT_DROP_QUOTA);
}
END_TEST

static void
event_is(enum nat_event_kind kind, uint32_t first_port)
{
	struct nat_event event;

	ck_assert(svc_event(svc, &event, sizeof(event)));
	ck_assert_msg(event.kind == kind, "event %u, not %u", event.kind, kind);
	if (first_port != 0)
		ck_assert_uint_ge(event.first_port, first_port);
}

static void
no_event(void)
{
	struct nat_event event;

	ck_assert(!svc_event(svc, &event, sizeof(event)));
}

/** The share is not logged; what a host has beside it is. */
START_TEST(test_overflow_is_logged)
{
	open_pools(POOL_OF("", OVERFLOW));
	for (uint16_t i = 1; i <= 960; i++)
		expect(RED, INSIDE + 64, i, OUTSIDE + 1, FIRST, FIRST + 959);
	no_event();
	for (uint16_t i = 961; i <= 960 + 128; i++)
		expect(RED, INSIDE + 64, i, OUTSIDE + 1, SPARE, 65535);
	event_is(NAT_BINDING_CREATED, 0);
	event_is(NAT_BLOCK_ALLOCATED, SPARE);
	event_is(NAT_BLOCK_ALLOCATED, SPARE);
	no_event();
	expect_refused(RED, INSIDE + 64, 2000, NAT_DROP_QUOTA);
	event_is(NAT_QUOTA_EXCEEDED, 0);
	bed_sleep(301);
	bed_sleep(241);
	bed_sleep(241);
	event_is(NAT_BLOCK_RELEASED, SPARE);
	event_is(NAT_BLOCK_RELEASED, SPARE);
	event_is(NAT_BINDING_DELETED, 0);
	no_event();
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_BLOCKS_TAKEN), 15 + 2);
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_BLOCKS_GIVEN), 15 + 2);
}
END_TEST

/** A table without room for blocks of the whole share is no reason to refuse a host. */
START_TEST(test_few_blocks)
{
	svc_max_entries[NAT_BLOCKS] = 3;
	open_pools(POOL_OF("", HOSTS_256));
	for (uint16_t i = 1; i <= 3 * 64; i++)
		expect(RED, INSIDE, i, OUTSIDE, FIRST, FIRST + 959);
}
END_TEST

/* Asking. */

static void
answer_is(const char *question, const char *expected)
{
	char answer[4096] = "";
	int n = svc_ask(svc, question, answer, sizeof(answer));

	ck_assert_msg(strcmp(answer, expected) == 0, "%s: %s, not %s", question, answer, expected);
	ck_assert_int_eq(n, (int)strlen(expected));
}

START_TEST(test_answers)
{
	char answer[16];

	open_pools("{\"pools\": [{\"name\": \"p\", \"addresses\": [\"203.0.113.0/30\"], "
		   "\"excluded\": [1100], \"deterministic\": {" OVERFLOW "}}], "
		   "\"static\": [{\"tenant\": \"red\", \"inside\": \"10.0.0.8\", \"outside\": "
		   "\"203.0.113.1\", \"protocol\": \"tcp\", \"inside_port\": 80}, "
		   "{\"tenant\": \"red\", \"inside\": \"10.0.1.8\", \"outside\": \"203.0.113.1\", "
		   "\"protocol\": \"tcp\", \"inside_port\": 65500}]}");
	answer_is("10.0.0.0",
		  "10.0.0.0 of tenant red: 203.0.113.0 ports 1024-1087,1152-2047, and what the log "
		  "says\n");
	answer_is("203.0.113.1:2048",
		  "10.0.0.65 of tenant red: 203.0.113.1 ports 2048-3007, and what the log says\n");
	answer_is("red/10.0.0.65",
		  "10.0.0.65 of tenant red: 203.0.113.1 ports 2048-3007, and what the log says\n");
	answer_is("203.0.113.1:80", "10.0.0.8 of tenant red: 203.0.113.1 tcp port 80, static\n");
	answer_is("203.0.113.1:65500", /* UDP is not forwarded */
		  "10.0.1.8 of tenant red: 203.0.113.1 tcp port 65500, static\n"
		  "203.0.113.1:65500 of pool p: given on demand, the log says to whom\n");
	answer_is("203.0.113.1", "203.0.113.1 is external: ask for a port of it, ADDRESS:PORT\n");
	answer_is("203.0.113.1:65535",
		  "203.0.113.1:65535 of pool p: given on demand, the log says to whom\n");
	answer_is("203.0.113.1:1100", "203.0.113.1:1100 of pool p: nobody's\n");
	answer_is("203.0.114.1:1100", "");
	answer_is("green/10.0.0.5", "");
	answer_is("10.0.1.0", "");
	ck_assert_int_gt(svc_ask(svc, "help", answer, sizeof(answer)), 0);
	ck_assert_int_eq(svc_ask(svc, "10.0.0", answer, sizeof(answer)), -EINVAL);
	ck_assert_int_eq(svc_ask(svc, "203.0.113.1:65536", answer, sizeof(answer)), -EINVAL);
	ck_assert_int_eq(svc_ask(svc, "203.0.113.1:5x", answer, sizeof(answer)), -EINVAL);
	ck_assert_int_eq(svc_ask(svc, "10.0.0.5", answer, sizeof(answer)), 15); /* cut off */
}
END_TEST

/** What is asked and what is done are the same, and each port has one host. */
START_TEST(test_answers_are_true)
{
	open_pools(POOL_OF("\"excluded\": [1100, 5060, 65535], ", HOSTS_256));
	for (uint32_t host = 0; host < 256; host++) {
		char question[64], want[32], answer[256];
		uint32_t address;
		uint16_t port;

		for (uint16_t i = 1; i < 10; i++) {
			ck_assert_int_eq(send_udp(RED, INSIDE + host, i, &address, &port), WP_NEXT);
			snprintf(question, sizeof(question), "203.0.113.%u:%u", address & 255,
				 port);
			snprintf(want, sizeof(want), "10.0.0.%u of tenant red: ", host);
			ck_assert_int_gt(svc_ask(svc, question, answer, sizeof(answer)), 0);
			ck_assert_msg(strncmp(answer, want, strlen(want)) == 0, "%s: %s", question,
				      answer);
		}
	}
}
END_TEST

static const struct {
	const char *config, *why;
} refusals[] = {
	{POOL_OF("", "\"ports_per_host\": 64"), "needs hosts"},
	{POOL_OF("", "\"hosts\": [{\"tenant\": \"red\", \"inside\": []}]"), "needs hosts"},
	{POOL_OF("", "\"hosts\": [{\"tenant\": \"nobody\", \"inside\": [\"10.0.0.0/24\"]}]"),
	 "there is no tenant 'nobody'"},
	{POOL_OF("", "\"hosts\": [{\"tenant\": \"red\", \"inside\": [\"2001:db8::/64\"]}]"),
	 "is no IPv4 address"},
	{POOL_OF("", "\"hosts\": [{\"tenant\": \"red\", \"inside\": [\"10.0.0.0/24\", "
		     "\"10.0.0.128/25\"]}]"),
	 "pools/0/deterministic/hosts/0/inside/1: inside: hosts of '10.0.0.128/25' have shares "
	 "already"},
	{POOL_OF("", HOSTS_256 ", \"hosts_per_address\": 63"),
	 "256 hosts do not fit 4 addresses with 63 each; at least 64"},
	{POOL_OF("", HOSTS_256 ", \"ports_per_host\": 100"), "100 is no multiple of 64"},
	{POOL_OF("", HOSTS_256 ", \"ports_per_host\": 1024"),
	 "64 hosts of an address with 1024 ports each: it has 64512, so 960 at the most"},
	{POOL_OF("", "\"hosts\": [{\"tenant\": \"red\", \"inside\": [\"10.0.0.0/19\"]}]"),
	 "2048 hosts on an address, which has 1008 blocks"},
	{POOL_OF("\"ports\": \"1000-65535\", ", HOSTS_256), "whole blocks of 64 ports"},
	{POOL_OF("\"ports\": \"1024-65534\", ", HOSTS_256), "whole blocks of 64 ports"},
	{"{\"pools\": [{\"name\": \"p\", \"addresses\": [\"203.0.113.0\"], \"deterministic\": "
	 "{" HOSTS_256 "}}, {\"name\": \"q\", \"addresses\": [\"203.0.113.1\"], "
	 "\"deterministic\": {" HOSTS_256 "}}]}",
	 "pools/1/deterministic/hosts/0/inside/0: inside: hosts of '10.0.0.0/24' have shares "
	 "already"},
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
	TCase *tcase = tcase_create("nat deterministic");

	tcase_add_checked_fixture(tcase, NULL, bed_close);
	tcase_add_test(tcase, test_shares_follow_from_the_configuration);
	tcase_add_test(tcase, test_a_share_is_used_up);
	tcase_add_test(tcase, test_shares_are_as_large_as_they_are);
	tcase_add_test(tcase, test_ports_are_drawn_from_all_of_the_share);
	tcase_add_test(tcase, test_excluded_ports);
	tcase_add_test(tcase, test_tenants_have_shares_of_their_own);
	tcase_add_test(tcase, test_strangers_are_refused);
	tcase_add_test(tcase, test_strangers_share_what_is_left);
	tcase_add_test(tcase, test_overflow_is_logged);
	tcase_add_test(tcase, test_few_blocks);
	tcase_add_test(tcase, test_answers);
	tcase_add_test(tcase, test_answers_are_true);
	tcase_add_loop_test(tcase, test_refusals, 0, ROWS(refusals));
	return unit_main("nat deterministic", tcase);
}
