/* SPDX-License-Identifier: BSD-3-Clause */
/* Filters of services/nat, and its states of TCP, packet by packet. */

#include <stdio.h>
#include <string.h>

#include "nat44_bed.h"
#include "parse/checksum.h"

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

	wp_put16(ip + 6, 5);
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
	bed_open(config);
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
	bed_sleep(10000);
	bed_sleep(10000);
	bed_sleep(10000);
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_CREATED), 2);
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_REMOVED), 2);
}
END_TEST

/* TCP. */

START_TEST(test_tcp_lives_while_established)
{
	struct end x;

	bed_open("{" POOL "}");
	dropped_out(WP_PROTO_TCP, a, r, ACK, NAT_DROP_NO_SESSION);
	x = connect_tcp();
	bed_sleep(7439);
	send_in(WP_PROTO_TCP, r, x, ACK, a);
	bed_sleep(7439);
	send_out(WP_PROTO_TCP, a, r, ACK);
	bed_sleep(7441);
	dropped_in(WP_PROTO_TCP, r, x, ACK, NAT_DROP_NO_MAPPING);
}
END_TEST

/** FIN from both sides, in either order, then 240 s. */
START_TEST(test_tcp_closes)
{
	struct end x;

	bed_open("{" POOL "}");
	x = connect_tcp();
	for (int half = 0; half < 2; half++) {
		if (half == _i)
			send_out(WP_PROTO_TCP, a, r, FIN | ACK);
		else
			send_in(WP_PROTO_TCP, r, x, FIN | ACK, a);
		if (half == 0)
			bed_sleep(239); /* half closed is open */
	}
	send_in(WP_PROTO_TCP, r, x, ACK, a);
	bed_sleep(239);
	send_in(WP_PROTO_TCP, r, x, ACK, a);
	bed_sleep(2);
	dropped_in(WP_PROTO_TCP, r, x, ACK, NAT_DROP_NO_MAPPING);
}
END_TEST

START_TEST(test_tcp_is_not_reopened_by_one_side)
{
	struct end x;

	bed_open("{" POOL "}");
	x = connect_tcp();
	send_out(WP_PROTO_TCP, a, r, FIN | ACK);
	send_in(WP_PROTO_TCP, r, x, FIN | ACK, a);
	send_in(WP_PROTO_TCP, r, x, SYN, a);
	bed_sleep(241);
	dropped_in(WP_PROTO_TCP, r, x, ACK, NAT_DROP_NO_MAPPING);
}
END_TEST

START_TEST(test_tcp_reset)
{
	struct end x;

	bed_open("{" POOL "}");
	x = connect_tcp();
	send_in(WP_PROTO_TCP, r, x, RST, a);
	bed_sleep(239);
	send_in(WP_PROTO_TCP, r, x, ACK, a); /* so the reset was a guess */
	bed_sleep(7000);
	send_in(WP_PROTO_TCP, r, x, RST, a);
	bed_sleep(241);
	dropped_in(WP_PROTO_TCP, r, x, ACK, NAT_DROP_NO_MAPPING);
}
END_TEST

START_TEST(test_tcp_several_connections_of_a_mapping)
{
	struct end x;

	bed_open("{" POOL "}");
	x = connect_tcp();
	ck_assert(same(send_out(WP_PROTO_TCP, a, s, SYN), x));
	send_in(WP_PROTO_TCP, s, x, SYN | ACK, a);
	send_out(WP_PROTO_TCP, a, r, RST);
	bed_sleep(300);
	send_in(WP_PROTO_TCP, r, x, ACK, a); /* changes nothing */
	for (unsigned int i = 0; i < 5; i++) {
		bed_sleep(7000);
		send_in(WP_PROTO_TCP, s, x, ACK, a);
	}
	bed_sleep(7700);
	bed_sleep(1);
	dropped_in(WP_PROTO_TCP, s, x, ACK, NAT_DROP_NO_MAPPING);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("nat tcp");

	tcase_add_checked_fixture(tcase, NULL, bed_close);
	tcase_add_loop_test(tcase, test_filtering, 0, ROWS(filters));
	tcase_add_test(tcase, test_tcp_lives_while_established);
	tcase_add_loop_test(tcase, test_tcp_closes, 0, 2);
	tcase_add_test(tcase, test_tcp_is_not_reopened_by_one_side);
	tcase_add_test(tcase, test_tcp_reset);
	tcase_add_test(tcase, test_tcp_several_connections_of_a_mapping);
	return unit_main("nat tcp", tcase);
}
