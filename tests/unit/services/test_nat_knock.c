/* SPDX-License-Identifier: BSD-3-Clause */
/* services/nat and the SYNs from outside that nobody has asked for (RFC 5382 REQ-4). */

#include <string.h>

#include "nat44_bed.h"
#include "parse/checksum.h"

static const struct end client = {0x0a000001, 50000};
static const struct end knocker = {0xc6336477, 5555}, closed = {0xcb007101, 2000};

static struct svc_packet answer; /* the last one */

static const uint8_t *
ip(void)
{
	return wp_l3(&packet.view);
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

	bed_open("{" POOL "}");
	dropped_in(WP_PROTO_TCP, knocker, closed, SYN, NAT_DROP_NO_MAPPING);
	memcpy(quoted, ip(), 40);
	dropped_in(WP_PROTO_TCP, knocker, closed, SYN, NAT_DROP_NO_MAPPING); /* again: one answer */
	bed_sleep(5);
	ck_assert(!answered());
	svc_set_time(svc, (now_s + 1) * NS_PER_S - 1);
	ck_assert(!answered());
	bed_sleep(1);
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

	bed_open("{" POOL ", \"filtering\": \"address-and-port-dependent\"}");
	outside = send_out(WP_PROTO_TCP, client, (struct end){0xc6336479, 80}, SYN);
	dropped_in(WP_PROTO_TCP, knocker, outside, SYN, NAT_DROP_FILTERED);
	dropped_in(WP_PROTO_TCP, asked, outside, SYN, NAT_DROP_FILTERED);
	bed_sleep(3);
	ck_assert_uint_eq(send_out(WP_PROTO_TCP, client, asked, SYN).port, outside.port);
	bed_sleep(3);
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
		bed_open(configs[i]);
		dropped_in(WP_PROTO_TCP, knocker, closed, SYN, NAT_DROP_NO_MAPPING);
		bed_sleep(60);
		ck_assert(!answered());
		bed_close();
	}
	bed_open("{" POOL "}");
	dropped_in(WP_PROTO_TCP, knocker, closed, SYN | ACK, NAT_DROP_NO_MAPPING);
	dropped_in(WP_PROTO_TCP, knocker, closed, ACK, NAT_DROP_NO_MAPPING);
	dropped_in(WP_PROTO_TCP, knocker, (struct end){0xcb007001, 2000}, SYN,
		   NAT_DROP_NO_MAPPING); /* no NAT's */
	bed_sleep(60);
	ck_assert(!answered());
}
END_TEST

START_TEST(test_a_flood_of_syns_costs_a_fixed_amount)
{
	unsigned int n = 0;

	bed_open("{" POOL ", \"icmp_rate\": 10}");
	for (unsigned int i = 0; i < 10000; i++)
		dropped_in(WP_PROTO_TCP, (struct end){knocker.address, (uint16_t)(i + 1)}, closed,
			   SYN, NAT_DROP_NO_MAPPING);
	for (unsigned int i = 0; i < 700; i++) {
		svc_set_time(svc, now_s * NS_PER_S + i * 10000000ull);
		for (; answered(); n++)
			;
	}
	/* A burst of ten, and ten a second from then on; 128 were remembered. */
	ck_assert_uint_ge(n, 10);
	ck_assert_uint_le(n, 20);
	/* There is room again. */
	now_s += 7;
	dropped_in(WP_PROTO_TCP, knocker, closed, SYN, NAT_DROP_NO_MAPPING);
	bed_sleep(6);
	ck_assert(answered());
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("nat knock");

	tcase_add_checked_fixture(tcase, NULL, bed_close);
	tcase_add_test(tcase, test_unsolicited_syn_is_answered_late);
	tcase_add_test(tcase, test_filtered_syn_is_answered_unless_asked_for);
	tcase_add_test(tcase, test_what_gets_no_late_answer);
	tcase_add_test(tcase, test_a_flood_of_syns_costs_a_fixed_amount);
	return unit_main("nat knock", tcase);
}
