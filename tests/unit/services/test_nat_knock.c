/* SPDX-License-Identifier: BSD-3-Clause */
/* services/nat and the SYNs from outside that nobody has asked for (RFC 5382 REQ-4). */

#include <string.h>

#include "bytes.h"
#include "nat.h"
#include "parse/checksum.h"
#include "parse/parse.h"
#include "svc.h"
#include "unit.h"

enum { SYN = 0x02, ACK = 0x10, S = 1000000000 };

/** Endpoints, host order. */
struct end {
	uint32_t address;
	uint16_t port;
};

static const struct end client = {0x0a000001, 50000};
static const struct end knocker = {0xc6336477, 5555}, closed = {0xcb007101, 2000};

#define POOL "\"pools\": [{\"name\": \"p\", \"addresses\": [\"203.0.113.0/30\"]}]"

static struct svc *svc;
static const void *step;
static uint64_t now_s;
static struct svc_packet packet, answer; /* the last ones */

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
}

static void
sleep_s(uint64_t seconds)
{
	now_s += seconds;
	svc_set_time(svc, now_s * S);
}

static const uint8_t *
ip(void)
{
	return wp_l3(&packet.view);
}

/** Sends a segment without data. */
static enum wp_verdict
pass(enum wp_inside inside, struct end from, struct end to, uint8_t flags)
{
	uint8_t *at = svc_ipv4(&packet, WP_PROTO_TCP, 20);
	uint16_t sum;

	wp_put32(at + 12, from.address);
	wp_put32(at + 16, to.address);
	wp_put16(at + 20, from.port);
	wp_put16(at + 22, to.port);
	at[33] = flags;
	sum = wp_checksum_ipv4(at, 20);
	memcpy(at + 10, &sum, 2);
	svc_parse(&packet);
	packet.view.inside = (uint8_t)inside;
	packet.view.args = step;
	svc_burst(svc, &packet, 1);
	return packet.view.verdict;
}

/** Sends a SYN from inside. @return its outside endpoint */
static struct end
send_out(struct end from, struct end to)
{
	ck_assert_int_eq(pass(WP_INSIDE_SOURCE, from, to, SYN), WP_NEXT);
	return (struct end){wp_get32(ip() + 12), wp_get16(ip() + 20)};
}

static void
dropped_in(struct end from, struct end to, uint8_t flags, enum nat_reason reason)
{
	ck_assert_int_eq(pass(WP_INSIDE_DESTINATION, from, to, flags), WP_DROP);
	ck_assert_uint_eq(packet.view.reason, reason);
}

/** @return whether an answer goes out now; it is in 'answer'. */
static bool
answered(void)
{
	if (svc_created(svc, &answer))
		return answer.view.verdict != WP_ABSORB || answered();
	svc_tick(svc);
	return svc_created(svc, &answer) && (answer.view.verdict != WP_ABSORB || answered());
}

START_TEST(test_unsolicited_syn_is_answered_late)
{
	uint8_t quoted[40];

	open_nat("{" POOL "}");
	dropped_in(knocker, closed, SYN, NAT_DROP_NO_MAPPING);
	memcpy(quoted, ip(), 40);
	dropped_in(knocker, closed, SYN, NAT_DROP_NO_MAPPING); /* again: one answer */
	sleep_s(5);
	ck_assert(!answered());
	svc_set_time(svc, (now_s + 1) * S - 1);
	ck_assert(!answered());
	sleep_s(1);
	ck_assert(answered());
	ck_assert_int_eq(answer.view.verdict, WP_REPLY);
	svc_parse(&answer);
	ck_assert_uint_eq(answer.view.l4_proto, WP_PROTO_ICMP);
	ck_assert_uint_eq(wp_checksum_l4(&answer.view), 0);
	ck_assert_uint_eq(wp_l4(&answer.view)[0], 3);
	ck_assert_uint_eq(wp_l4(&answer.view)[1], 3);
	ck_assert_uint_eq(wp_get32(wp_source(&answer.view)), closed.address);
	ck_assert_uint_eq(wp_get32(wp_dest(&answer.view)), knocker.address);
	ck_assert_int_eq(memcmp(wp_l4(&answer.view) + 8, quoted, 40), 0);
	ck_assert(!answered());
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_SYNS), 1);
}
END_TEST

START_TEST(test_filtered_syn_is_answered_unless_asked_for)
{
	const struct end asked = {0xc6336478, 6666};
	struct end outside;

	open_nat("{" POOL ", \"filtering\": \"address-and-port-dependent\"}");
	outside = send_out(client, (struct end){0xc6336479, 80});
	dropped_in(knocker, outside, SYN, NAT_DROP_FILTERED);
	dropped_in(asked, outside, SYN, NAT_DROP_FILTERED);
	sleep_s(3);
	ck_assert_uint_eq(send_out(client, asked).port, outside.port);
	sleep_s(3);
	ck_assert(answered());
	ck_assert_uint_eq(wp_get32(wp_dest(&answer.view)), knocker.address);
	ck_assert(!answered());
}
END_TEST

START_TEST(test_what_gets_no_late_answer)
{
	static const char *const configs[] = {"{" POOL ", \"syn_answer\": 0}",
					      "{" POOL ", \"icmp_rate\": 0}"};

	for (int i = 0; i < ROWS(configs); i++) {
		open_nat(configs[i]);
		dropped_in(knocker, closed, SYN, NAT_DROP_NO_MAPPING);
		sleep_s(60);
		ck_assert(!answered());
		teardown();
	}
	open_nat("{" POOL "}");
	dropped_in(knocker, closed, SYN | ACK, NAT_DROP_NO_MAPPING);
	dropped_in(knocker, closed, ACK, NAT_DROP_NO_MAPPING);
	dropped_in(knocker, (struct end){0xcb007001, 2000}, SYN,
		   NAT_DROP_NO_MAPPING); /* no NAT's */
	sleep_s(60);
	ck_assert(!answered());
}
END_TEST

START_TEST(test_a_flood_of_syns_costs_a_fixed_amount)
{
	unsigned int n = 0;

	open_nat("{" POOL ", \"icmp_rate\": 10}");
	for (unsigned int i = 0; i < 10000; i++)
		dropped_in((struct end){knocker.address, (uint16_t)(i + 1)}, closed, SYN,
			   NAT_DROP_NO_MAPPING);
	for (unsigned int i = 0; i < 700; i++) {
		svc_set_time(svc, now_s * S + i * 10000000ull);
		for (; answered(); n++)
			;
	}
	/* A burst of ten, and ten a second from then on; 128 were remembered. */
	ck_assert_uint_ge(n, 10);
	ck_assert_uint_le(n, 20);
	/* There is room again. */
	now_s += 7;
	dropped_in(knocker, closed, SYN, NAT_DROP_NO_MAPPING);
	sleep_s(6);
	ck_assert(answered());
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("nat knock");

	tcase_add_checked_fixture(tcase, NULL, teardown);
	tcase_add_test(tcase, test_unsolicited_syn_is_answered_late);
	tcase_add_test(tcase, test_filtered_syn_is_answered_unless_asked_for);
	tcase_add_test(tcase, test_what_gets_no_late_answer);
	tcase_add_test(tcase, test_a_flood_of_syns_costs_a_fixed_amount);
	return unit_main("nat knock", tcase);
}
