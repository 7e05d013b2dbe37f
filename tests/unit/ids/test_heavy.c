/* SPDX-License-Identifier: BSD-3-Clause */
/* services/ids/detect.c: flows and packets that cost too much are put off, and come back. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>
#include <pcap/dlt.h>

#include "bytes.h"
#include "parse/parse.h"
#include "tool/host.h"
#include "unit.h"

enum {
	HEADERS = 28,
	KILLERS = 40, /* rules, each of which takes all that it may over bytes that it waits for */
	SIZE = 1000,
	ATTACKER = 40000, /* ports */
	NEIGHBOUR = 50000,
};

static const uint64_t begin_ns = (uint64_t)1700000000 * 1000000000;

static char folder[64], rules_file[80], eve_file[80];
static struct host *host;

static void
set_up(void)
{
	strcpy(folder, "/tmp/test_heavy.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(rules_file, sizeof(rules_file), "%s/rules", folder);
	snprintf(eve_file, sizeof(eve_file), "%s/eve", folder);
}

static void
tear_down(void)
{
	host_close(host);
	host = NULL;
	unlink(rules_file);
	unlink(eve_file);
	rmdir(folder);
}

/** Writes rules that are dear, and one that is not. */
static void
write_rules(void)
{
	FILE *file = fopen(rules_file, "w");

	ck_assert_ptr_nonnull(file);
	for (unsigned int i = 1; i <= KILLERS; i++)
		fprintf(file,
			"alert udp any any -> any any (content:\"aaaa\"; content:\"a\"; "
			"distance:0; "
			"content:\"a\"; distance:0; content:\"z\"; within:1; sid:%u;)\n",
			i);
	fprintf(file, "alert udp any any -> any any (content:\"intrusion\"; sid:1000;)\n");
	ck_assert_int_eq(fclose(file), 0);
}

/** Opens the service. @param members  of its configuration, behind those that all have */
static void
open_host(const char *members)
{
	json_t *config = json_loads(members, 0, NULL), *tracker = json_object();
	struct host_conf conf = {.service = &wp_service,
				 .config = config,
				 .tracker = tracker,
				 .is_repeatable = true};
	char why[256];

	write_rules();
	ck_assert(config != NULL && tracker != NULL);
	json_object_set_new(tracker, "verify_checksums", json_false());
	json_object_set_new(config, "rules", json_pack("[s]", rules_file));
	json_object_set_new(config, "eve", json_string(eve_file));
	json_object_set_new(config, "events", json_pack("[ss]", "alert", "anomaly"));
	ck_assert_msg(host_open(&conf, &host, why, sizeof(why)) == 0, "%s", why);
	json_decref(config);
	json_decref(tracker);
}

/** Sends a datagram. @param us  since the beginning */
static void
send_datagram(unsigned int port, const char *data, unsigned int size, uint64_t us)
{
	static const uint8_t ends[8] = {10, 0, 0, 1, 10, 0, 0, 2};
	uint8_t bytes[HEADERS + SIZE] = {0x45};
	const struct capture_packet packet = {.bytes = bytes,
					      .size = HEADERS + size,
					      .wire_size = HEADERS + size,
					      .time_ns = begin_ns + us * 1000,
					      .link = DLT_RAW};

	wp_put16(bytes + 2, HEADERS + size);
	bytes[8] = 64;
	bytes[9] = WP_PROTO_UDP;
	memcpy(bytes + 12, ends, sizeof(ends));
	wp_put16(bytes + 20, port);
	wp_put16(bytes + 22, 9999);
	wp_put16(bytes + 24, 8 + size);
	memcpy(bytes + HEADERS, data, size);
	host_packet(host, &packet);
}

static void
send_killer(uint64_t us)
{
	char data[SIZE];

	memset(data, 'a', sizeof(data));
	send_datagram(ATTACKER, data, sizeof(data), us);
}

static void
send_text(unsigned int port, const char *text, uint64_t us)
{
	send_datagram(port, text, (unsigned int)strlen(text), us);
}

/** @return how many lines have a text. */
static unsigned int
count_lines(const char *text)
{
	FILE *file;
	char line[65536];
	unsigned int n = 0;

	host_end(host);
	file = fopen(eve_file, "r");
	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof(line), file) != NULL)
		n += strstr(line, text) != NULL;
	fclose(file);
	return n;
}

START_TEST(test_a_killer_flow_is_diverted_and_comes_back)
{
	open_host("{}");
	for (unsigned int i = 0; i < 50; i++)
		send_killer(100 * i);
	ck_assert_uint_eq(host_counter(host, "diverted"), 1);
	ck_assert_uint_gt(host_counter(host, "unseen"), 30);
	ck_assert_uint_eq(host_counter(host, "returned"), 0);
	for (unsigned int i = 0; i < 100; i++)
		send_text(ATTACKER, "hello", 1000000 + 100000 * i);
	ck_assert_uint_eq(host_counter(host, "diverted"), 1);
	ck_assert_uint_eq(host_counter(host, "returned"), 1);
	send_killer(12000000);
	send_killer(12000100);
	ck_assert_uint_eq(host_counter(host, "diverted"), 2);
	ck_assert_uint_eq(count_lines("\"ids.flow_diverted\""), 2);
	ck_assert_uint_eq(count_lines("\"ids.flow_returned\""), 1);
}
END_TEST

START_TEST(test_other_flows_do_not_wait)
{
	open_host("{}");
	for (unsigned int i = 0; i < 200; i++) {
		send_killer(1000 * i);
		send_text(NEIGHBOUR + i, "an intrusion", 1000 * i + 1);
	}
	ck_assert_uint_eq(host_counter(host, "alerts"), 200);
	ck_assert_uint_gt(host_counter(host, "over-budget"), 50);
}
END_TEST

START_TEST(test_a_heavy_flow_is_looked_at_as_its_share_allows)
{
	unsigned int seen = 0;

	open_host("{}");
	for (unsigned int i = 0; i < 10; i++)
		send_killer(i);
	for (unsigned int i = 0; i < 100; i++)
		send_text(ATTACKER, "an intrusion", 10000 + 1000 * i);
	seen = (unsigned int)host_counter(host, "alerts");
	ck_assert_uint_eq(seen, 100);
}
END_TEST

START_TEST(test_one_packet_has_a_budget)
{
	static const char *const confs[] = {
		"{\"overload\": \"pass\", \"budget\": 500000}",
		"{\"overload\": \"drop\", \"mode\": \"prevent\", \"budget\": 500000}",
	};

	open_host(confs[_i]);
	send_killer(0);
	ck_assert_uint_eq(host_counter(host, "over-budget"), 1);
	ck_assert_uint_eq(host_counts(host)->blocked, (unsigned int)_i);
	send_text(NEIGHBOUR, "an intrusion", 10);
	ck_assert_uint_eq(host_counter(host, "over-budget"), 1);
	ck_assert_uint_eq(host_counter(host, "diverted"), 0);
	ck_assert_uint_eq(host_counter(host, "alerts"), 1);
	ck_assert_uint_eq(count_lines("\"ids.over_budget\""), 1);
}
END_TEST

START_TEST(test_no_flow_is_diverted_where_none_waits)
{
	static const char *const confs[] = {
		"{\"overload\": \"pass\", \"budget\": 500000}",
		"{\"overload\": \"drop\", \"budget\": 500000}",
	};

	open_host(confs[_i]);
	for (unsigned int i = 0; i < 10; i++)
		send_killer(i);
	ck_assert_uint_eq(host_counter(host, "over-budget"), 10);
	ck_assert_uint_eq(host_counter(host, "diverted"), 0);
}
END_TEST

START_TEST(test_what_is_not_looked_at_does_not_go_on_where_it_prevents)
{
	const struct host_counts *counts;

	open_host("{\"mode\": \"prevent\"}");
	for (unsigned int i = 0; i < 50; i++)
		send_killer(i);
	counts = host_counts(host);
	ck_assert_uint_gt(counts->blocked, 40);
	ck_assert_uint_eq(counts->blocked, host_counter(host, "over-budget"));
	ck_assert_uint_le(host_counter(host, "unseen"), counts->blocked);
}
END_TEST

START_TEST(test_each_rule_is_ended_where_its_bound_is)
{
	open_host("{\"overload\": \"pass\"}");
	send_killer(0);
	ck_assert_uint_eq(host_counter(host, "rules-ended"), KILLERS);
	send_text(NEIGHBOUR, "aaaa", 10);
	ck_assert_uint_eq(host_counter(host, "rules-ended"), KILLERS);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("heavy");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, test_a_killer_flow_is_diverted_and_comes_back);
	tcase_add_test(tcase, test_other_flows_do_not_wait);
	tcase_add_test(tcase, test_a_heavy_flow_is_looked_at_as_its_share_allows);
	tcase_add_loop_test(tcase, test_one_packet_has_a_budget, 0, 2);
	tcase_add_loop_test(tcase, test_no_flow_is_diverted_where_none_waits, 0, 2);
	tcase_add_test(tcase, test_what_is_not_looked_at_does_not_go_on_where_it_prevents);
	tcase_add_test(tcase, test_each_rule_is_ended_where_its_bound_is);
	return unit_main("ids heavy", tcase);
}
