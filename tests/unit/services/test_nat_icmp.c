/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMP through services/nat, and packets from inside to inside. */

#include <string.h>

#include "nat44_bed.h"

/* ICMP. */

START_TEST(test_echo)
{
	struct end x;

	bed_open("{" POOL "}");
	make_echo(a, r, 8);
	ck_assert_int_eq(out(), WP_NEXT);
	sums_are_right();
	x = source();
	make_echo(r, x, 0);
	ck_assert_int_eq(in(), WP_NEXT);
	ck_assert(same(dest(), a));
	sums_are_right();
	bed_sleep(61);
	make_echo(r, x, 0);
	ck_assert_int_eq(in(), WP_DROP);
	ck_assert_uint_eq(packet.view.reason, NAT_DROP_NO_MAPPING);
}
END_TEST

START_TEST(test_pings_of_external_addresses)
{
	struct end outside = {POOL_FIRST + 3, 7};

	bed_open("{" POOL "}");
	make_echo(r, outside, 8);
	ck_assert_int_eq(in(), WP_REPLY);
	ck_assert_uint_eq(dest().address, r.address);
	sums_are_right();
	make_echo(a, outside, 8);
	ck_assert_int_eq(out(), WP_REPLY);
	ck_assert_uint_eq(dest().address, a.address);
	sums_are_right();
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_CREATED), 0);
	bed_close();
	bed_open("{" POOL ", \"ping\": false}");
	make_echo(r, outside, 8);
	ck_assert_int_eq(in(), WP_DROP);
}
END_TEST

START_TEST(test_icmp_errors)
{
	static const uint8_t protos[] = {WP_PROTO_UDP, WP_PROTO_TCP, WP_PROTO_ICMP};
	uint8_t before[44];
	struct end x;
	uint32_t router = 0xc0000201;

	bed_open("{" POOL "}");
	if (protos[_i] == WP_PROTO_ICMP)
		make_echo(a, r, 8);
	else
		make(protos[_i], a, r, SYN);
	memcpy(before, wp_l3(&packet.view), sizeof(before));
	ck_assert_int_eq(out(), WP_NEXT);
	x = source();
	make_error(router, 3);
	ck_assert_int_eq(in(), WP_NEXT);
	ck_assert_uint_eq(wp_get32(wp_l3(&packet.view) + 16), a.address);
	ck_assert_uint_eq(wp_get32(wp_l3(&packet.view) + 12), router);
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
	ck_assert_uint_eq(wp_get32(wp_l3(&packet.view) + 12), x.address);
	ck_assert_uint_eq(wp_get32(wp_l3(&packet.view) + 16), r.address);
	quoted_is(before);
}
END_TEST

START_TEST(test_icmp_errors_about_nothing)
{
	bed_open("{" POOL "}");
	make(WP_PROTO_UDP, (struct end){POOL_FIRST, 5000}, r, 0);
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

	bed_open("{" POOL "}");
	x = send_out(WP_PROTO_UDP, a, r, 0);
	y = send_out(WP_PROTO_UDP, b, r, 0);
	make(WP_PROTO_UDP, a, y, 0);
	ck_assert_int_eq(out(), WP_TURN);
	ck_assert(same(source(), x)); /* RFC 4787 REQ-9 */
	ck_assert(same(dest(), b));
	sums_are_right();
	make(WP_PROTO_UDP, a, (struct end){POOL_FIRST + 1, 2000}, 0);
	ck_assert_int_eq(out(), WP_DROP);
	ck_assert_uint_eq(packet.view.reason, NAT_DROP_NO_MAPPING);
	make(WP_PROTO_UDP, a, x, 0); /* with itself */
	ck_assert_int_eq(out(), WP_TURN);
	ck_assert(same(dest(), a));
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("nat icmp");

	tcase_add_checked_fixture(tcase, NULL, bed_close);
	tcase_add_test(tcase, test_echo);
	tcase_add_test(tcase, test_pings_of_external_addresses);
	tcase_add_loop_test(tcase, test_icmp_errors, 0, 3);
	tcase_add_test(tcase, test_icmp_errors_about_nothing);
	tcase_add_test(tcase, test_hairpin);
	return unit_main("nat icmp", tcase);
}
