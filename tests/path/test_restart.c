/* SPDX-License-Identifier: BSD-3-Clause */
/* State of a PE that ends, in another one: other hash keys, another number of workers. What comes
 * back of a part of it, and under another document, is in test_import.c. */

#include "nat_hosts.h"
#include "saved.h"

#include <stdlib.h>

enum { MAPPING_SHOWN = 20, PEER_SHOWN = 5 }; /* bytes of values that are the same for good */

/** Checks that a mapping is in the bucket of its host's packets. */
static int
check_bucket(void *arg, const struct wp_record *record)
{
	const struct instance *nat = arg;

	ck_assert_uint_eq(record->bucket,
			  wp_bucket_of_host(&nat->cores[0].core, record->tenant, 4, record->key));
	return 0;
}

static void
check_buckets(struct bed *bed)
{
	struct instance *nat = &bed->pe->current->instances[0];

	for (unsigned int table = 0; table < 3; table++) /* mappings, peers, hosts */
		ck_assert_int_eq(wp_table_export(nat->tables[table], -1, check_bucket, nat), 0);
}

/** Checks that nat has no entries left. */
static void
check_empty(struct bed *bed)
{
	char *left;

	export_to(bed, other_file, "");
	left = describe(other_file, "nat", 0);
	ck_assert_str_eq(left, "");
	free(left);
}

/** @param _i  bit 0: another number of workers; bit 1: through the workers */
START_TEST(test_every_flow_goes_on)
{
	struct bed *bed = bed_open(BEFORE);
	struct import_report report;

	open_all(bed);
	check_buckets(bed); /* as packets have made them */
	pass(bed, 100);
	export_to(bed, file, "");
	bed = restart(bed, afterwards[_i & 1]);
	import(bed, (_i & 2) != 0, &report);
	check_buckets(bed);
	check_report(&report, "mappings", 2 * HOSTS, 0);
	check_report(&report, "subscribers", HOSTS, 0);
	check_report(&report, "blocks", HOSTS, 0);
	check_report(&report, "peers", HOSTS / 4, 0);
	import_report_free(&report);
	export_to(bed, other_file, "");
	check_same("nat/mappings", MAPPING_SHOWN, 2 * HOSTS);
	check_same("nat/peers", PEER_SHOWN, HOSTS / 4);
	check_all(bed);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/mappings-created"), 0);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/mappings-restored"), 2 * HOSTS);
	bed_close(bed);
}
END_TEST

#define FILTERED(WHOM) DOCUMENT("0, 1", POOL, "}], \"filtering\": \"" WHOM "\"")

static const char *const filtered[] = {FILTERED("address-dependent"),
				       FILTERED("address-and-port-dependent")};

/** Sends to a host's mappings from somewhere else. @return how many packets got through */
static unsigned int
send_from(struct bed *bed, uint32_t from, uint16_t port, unsigned int host)
{
	bed_send_udp(bed, "p0", IN, from, port, hosts[host].udp.address, hosts[host].udp.port);
	send_tcp(bed, IN, from, port, hosts[host].tcp.address, hosts[host].tcp.port, ACK);
	bed_run(bed);
	return bed_receive_all(bed, "p0");
}

/* All begin from outside: nobody inside has to send first. */
START_TEST(test_who_may_come_in_still_may)
{
	struct bed *bed = bed_open(filtered[_i]);
	struct import_report report;

	open_all(bed);
	bed = carry_over(bed, "", filtered[_i], &report);
	check_report(&report, "mappings", 2 * HOSTS, 0);
	import_report_free(&report);
	ck_assert_uint_eq(send_from(bed, remote + 1, 443, 6), 1); /* its second connection */
	ck_assert_uint_eq(send_from(bed, remote + 1, 444, 6), _i == 0);
	ck_assert_uint_eq(send_from(bed, remote + 1, 443, 1), 0);
	check_all(bed);
	pass(bed, 8000);
	check_empty(bed);
	bed_close(bed);
}
END_TEST

/** Under a filter that is new, an address that came in without being asked does not hold the door.
 */
START_TEST(test_a_new_filter_asks_who_was_sent_to)
{
	struct bed *bed = bed_open(BEFORE);
	struct import_report report;

	open_all(bed); /* hosts 7, 15, ...: a connection from remote + 2 */
	bed = carry_over(bed, "", filtered[0], &report);
	check_report(&report, "peers", HOSTS / 4, 0);
	import_report_free(&report);
	ck_assert_uint_eq(send_from(bed, remote + 2, 999, 7), 0);
	ck_assert_uint_eq(send_from(bed, remote + 2, 1000, 7), 0);
	ck_assert_uint_eq(send_from(bed, remote + 1, 444, 6), 1);
	bed_close(bed);
}
END_TEST

START_TEST(test_nothing_is_left_when_all_has_ended)
{
	struct bed *bed = bed_open(BEFORE);
	struct import_report report;

	open_all(bed);
	bed = carry_over(bed, "", afterwards[1], &report);
	import_report_free(&report);
	pass(bed, 8000);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/mappings-removed"), 2 * HOSTS);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/blocks-given-back"), HOSTS);
	check_empty(bed);
	bed_close(bed);
}
END_TEST

static bool
is_taken(const struct seen *seen, unsigned int *host)
{
	for (*host = 0; *host < HOSTS; ++*host)
		if (hosts[*host].udp.address == seen->source &&
		    hosts[*host].udp.port / 64 == seen->sport / 64)
			return true;
	return false;
}

START_TEST(test_ports_in_use_are_nobody_elses)
{
	struct bed *bed = bed_open(BEFORE);
	struct import_report report;
	unsigned int n = 0, host;
	struct seen seen;

	open_all(bed);
	bed = carry_over(bed, "", afterwards[1], &report);
	import_report_free(&report);
	for (unsigned int i = 0; i < 4000; i++) {
		bed_send_udp(bed, "p0", OUT, 0x0b000000 + i, 7, remote, 9);
		if (i % AT_ONCE != AT_ONCE - 1)
			continue;
		bed_run(bed);
		for (; receive(bed, &seen); n++)
			ck_assert_msg(!is_taken(&seen, &host), "the block of host %u", host);
	}
	ck_assert_uint_eq(n, 4000);
	check_all(bed);
	bed_close(bed);
}
END_TEST

/** Takes what came out; those who get no port are answered by ICMP. @return how many of UDP */
static unsigned int
receive_udp(struct bed *bed)
{
	struct seen seen;
	unsigned int n = 0;

	while (receive(bed, &seen))
		n += seen.proto == PROTO_UDP;
	return n;
}

/** Sends from @p n ports of one host. @return how many went through */
static unsigned int
send_from_ports(struct bed *bed, uint16_t first, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		bed_send_udp(bed, "p0", OUT, address_of(0), (uint16_t)(first + i), remote, 53);
	bed_run(bed);
	return receive_udp(bed);
}

#define ONE_BLOCK DOCUMENT("0, 1", "203.0.113.1", "}], \"max_blocks\": 1")

START_TEST(test_resting_ports_still_rest)
{
	struct bed *bed = bed_open(ONE_BLOCK);
	struct import_report report;

	ck_assert_uint_eq(send_from_ports(bed, 1000, 64), 64);
	pass(bed, 200);
	ck_assert_uint_eq(send_from_ports(bed, 1000, 32), 32);
	pass(bed, 110); /* the others are over, and rest */
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/mappings-removed"), 32);
	ck_assert_uint_eq(send_from_ports(bed, 2000, 32), 0);
	bed = carry_over(bed, "", ONE_BLOCK, &report);
	check_report(&report, "mappings", 32, 0);
	import_report_free(&report);
	ck_assert_uint_eq(send_from_ports(bed, 1000, 32), 32); /* the same */
	ck_assert_uint_eq(send_from_ports(bed, 2000, 32), 0);
	pass(bed, 100);
	ck_assert_uint_eq(send_from_ports(bed, 2000, 32), 0);
	pass(bed, 145);
	ck_assert_uint_eq(send_from_ports(bed, 2000, 32), 32);
	ck_assert_uint_eq(send_from_ports(bed, 1000, 32), 32);
	bed_close(bed);
}
END_TEST

START_TEST(test_timers_go_on_with_what_they_had_left)
{
	struct bed *bed = bed_open(BEFORE);
	struct import_report report;

	for (unsigned int host = 0; host < AT_ONCE; host++)
		udp_of(bed, host, true);
	bed_run(bed);
	take_outbound(bed, false);
	pass(bed, 200);
	bed = carry_over(bed, "", afterwards[1], &report);
	import_report_free(&report);
	pass(bed, 99);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/mappings-removed"), 0);
	udp_of(bed, 0, true); /* whole again */
	bed_run(bed);
	ck_assert_uint_eq(take_outbound(bed, true), 1);
	pass(bed, 2);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/mappings-removed"), AT_ONCE - 1);
	pass(bed, 296);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/mappings-removed"), AT_ONCE - 1);
	pass(bed, 3);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/mappings-removed"), AT_ONCE);
	bed_close(bed);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("restart");
	TCase *tcase = tcase_create("restart");

	bed_folder();
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, test_every_flow_goes_on, 0, 4);
	tcase_add_loop_test(tcase, test_who_may_come_in_still_may, 0, 2);
	tcase_add_test(tcase, test_a_new_filter_asks_who_was_sent_to);
	tcase_add_test(tcase, test_nothing_is_left_when_all_has_ended);
	tcase_add_test(tcase, test_ports_in_use_are_nobody_elses);
	tcase_add_test(tcase, test_resting_ports_still_rest);
	tcase_add_test(tcase, test_timers_go_on_with_what_they_had_left);
	suite_add_tcase(suite, tcase);
	return bed_main(suite);
}
