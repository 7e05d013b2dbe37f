/* SPDX-License-Identifier: BSD-3-Clause */
/* services/ttl */

#include <string.h>

#include "parse/parse.h"
#include "svc.h"
#include "unit.h"

enum { TTL_CHECKED, TTL_EXPIRED = 0 };

static const struct {
	uint8_t version, hops;
	enum wp_verdict verdict;
} rows[] = {
	{4, 0, WP_DROP}, {4, 9, WP_DROP}, {4, 10, WP_NEXT}, {4, 255, WP_NEXT},
	{6, 0, WP_DROP}, {6, 9, WP_DROP}, {6, 10, WP_NEXT}, {6, 255, WP_NEXT},
};

START_TEST(test_ttl_below_minimum_is_dropped)
{
	struct svc *svc = svc_open("{\"min_ttl\": 10}");
	struct svc_packet packet;

	if (rows[_i].version == 4)
		svc_ipv4(&packet, WP_PROTO_UDP, 8)[8] = rows[_i].hops;
	else
		svc_ipv6(&packet, WP_PROTO_UDP, 8)[7] = rows[_i].hops;
	svc_parse(&packet);
	svc_burst(svc, &packet, 1);
	ck_assert_int_eq(packet.view.verdict, rows[_i].verdict);
	if (rows[_i].verdict == WP_DROP)
		ck_assert_uint_eq(packet.view.reason, TTL_EXPIRED);
	ck_assert_uint_eq(svc_count(svc, TTL_CHECKED), 1);
	svc_close(svc);
}
END_TEST

START_TEST(test_minimum_is_two_when_left_out)
{
	struct svc *svc = svc_open("{}");
	struct svc_packet packets[3];

	for (uint8_t hops = 0; hops < 3; hops++) {
		svc_ipv4(&packets[hops], WP_PROTO_UDP, 8)[8] = hops;
		svc_parse(&packets[hops]);
	}
	svc_burst(svc, packets, 3);
	ck_assert_int_eq(packets[0].view.verdict, WP_DROP);
	ck_assert_int_eq(packets[1].view.verdict, WP_DROP);
	ck_assert_int_eq(packets[2].view.verdict, WP_NEXT);
	svc_close(svc);
}
END_TEST

START_TEST(test_what_is_not_ip_passes)
{
	struct svc *svc = svc_open("{\"min_ttl\": 255}");
	struct svc_packet packet;

	svc_ipv4(&packet, WP_PROTO_UDP, 8);
	packet.bytes[13] = 6; /* ARP */
	svc_parse(&packet);
	svc_burst(svc, &packet, 1);
	ck_assert_int_eq(packet.view.verdict, WP_NEXT);
	svc_close(svc);
}
END_TEST

START_TEST(test_minimum_out_of_range_is_refused)
{
	ck_assert_ptr_nonnull(strstr(svc_refusal("{\"min_ttl\": 0}"), "/min_ttl: "));
	ck_assert_ptr_nonnull(strstr(svc_refusal("{\"min_ttl\": 256}"), "256 is above 255"));
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("ttl");

	tcase_add_loop_test(tcase, test_ttl_below_minimum_is_dropped, 0, ROWS(rows));
	tcase_add_test(tcase, test_minimum_is_two_when_left_out);
	tcase_add_test(tcase, test_what_is_not_ip_passes);
	tcase_add_test(tcase, test_minimum_out_of_range_is_refused);
	return unit_main("ttl", tcase);
}
