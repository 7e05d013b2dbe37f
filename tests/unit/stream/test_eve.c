/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines of JSON: whole, readable, and counted when the disk does not take them. */

#include "eve/eve.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "parse/parse.h"
#include "stream/flow.h"
#include "unit.h"

static char name[] = "/tmp/waypoint-eve-XXXXXX";
static uint64_t counters[2];

static const struct eve_flow tcp = {
	.ends = {{.address = {10, 0, 0, 1}, .port = 40000},
		 {.address = {192, 0, 2, 1}, .port = 443}},
	.packets = {7, 5},
	.bytes = {700, 5000000000},
	.age_ns = 3500000000,
	.quiet_ns = 1000000000,
	.id = 1234567890123,
	.path = 291,
	.tenant = 2,
	.tcp_flags = {0x1b, 0x13},
	.tcp_state = {WP_TCP_TIME_WAIT, WP_TCP_CLOSED},
	.version = 4,
	.proto = WP_PROTO_TCP,
	.state = WP_FLOW_CLOSED,
	.end = WP_FLOW_BY_FIN,
	.l7 = WP_L7_TLS,
	.has_gaps = {true, false},
};

static void
make_file(void)
{
	strcpy(name, "/tmp/waypoint-eve-XXXXXX");
	close(mkstemp(name));
	memset(counters, 0, sizeof(counters));
}

static void
remove_file(void)
{
	unlink(name);
}

/** @return the @p n th line of the file, read as JSON */
static json_t *
read_line(unsigned int n)
{
	FILE *file = fopen(name, "r");
	char line[4096] = "";

	ck_assert_ptr_nonnull(file);
	for (unsigned int i = 0; i <= n; i++)
		ck_assert_ptr_nonnull(fgets(line, sizeof(line), file));
	fclose(file);
	return json_loads(line, JSON_REJECT_DUPLICATES, NULL);
}

static const char *
text_of(const json_t *json, const char *member)
{
	return json_string_value(json_object_get(json, member));
}

START_TEST(test_flow_is_one_line_of_json)
{
	struct eve_flow v6 = tcp;
	json_t *json, *flow;
	void *log;

	ck_assert_int_eq(eve_open(name, NULL, &log), 0);
	eve_write_flow(log, counters, &tcp, 1700000000123456789);
	v6.version = 6;
	v6.proto = 132;
	v6.l7 = WP_L7_UNKNOWN;
	eve_write_flow(log, counters, &v6, 1700000000000000000);
	eve_close(log, counters);
	ck_assert_uint_eq(counters[EVE_WRITTEN], 2);
	ck_assert_uint_eq(counters[EVE_LOST], 0);
	json = read_line(0);
	ck_assert_str_eq(text_of(json, "timestamp"), "2023-11-14T22:13:20.123456+0000");
	ck_assert_str_eq(text_of(json, "event_type"), "flow");
	ck_assert_str_eq(text_of(json, "src_ip"), "10.0.0.1");
	ck_assert_str_eq(text_of(json, "proto"), "TCP");
	ck_assert_str_eq(text_of(json, "app_proto"), "tls");
	ck_assert_int_eq(json_integer_value(json_object_get(json, "dest_port")), 443);
	ck_assert_int_eq(json_integer_value(json_object_get(json, "flow_id")), 1234567890123);
	flow = json_object_get(json, "flow");
	ck_assert_str_eq(text_of(flow, "start"), "2023-11-14T22:13:16.623456+0000");
	ck_assert_str_eq(text_of(flow, "end"), "2023-11-14T22:13:19.123456+0000");
	ck_assert_int_eq(json_integer_value(json_object_get(flow, "age")), 2);
	ck_assert_int_eq(json_integer_value(json_object_get(flow, "bytes_toclient")), 5000000000);
	ck_assert_str_eq(text_of(flow, "reason"), "fin");
	ck_assert_str_eq(text_of(json_object_get(json, "tcp"), "tcp_flags"), "1b");
	json_decref(json);
	json = read_line(1);
	ck_assert_str_eq(text_of(json, "proto"), "132");
	ck_assert_str_eq(text_of(json, "src_ip"), "a00:1::");
	ck_assert_int_eq(json_integer_value(json_object_get(json, "dest_port")), 443);
	ck_assert_ptr_null(json_object_get(json, "tcp"));
	ck_assert_ptr_null(json_object_get(json, "app_proto"));
	json_decref(json);
}
END_TEST

/* As other writers of EVE have it. */
START_TEST(test_tcp_has_its_own_words)
{
	struct eve_flow closing = tcp;
	const json_t *part;
	json_t *json;
	void *log;

	closing.state = WP_FLOW_CLOSING;
	closing.tcp_flags[WP_CLIENT] = closing.tcp_flags[WP_SERVER] = 0x51;
	closing.tcp_state[WP_CLIENT] = WP_TCP_FIN_WAIT_2;
	closing.tcp_state[WP_SERVER] = WP_TCP_CLOSE_WAIT;
	ck_assert_int_eq(eve_open(name, NULL, &log), 0);
	eve_write_flow(log, counters, &closing, 1);
	eve_close(log, counters);
	json = read_line(0);
	ck_assert_str_eq(text_of(json_object_get(json, "flow"), "state"), "established");
	part = json_object_get(json, "tcp");
	ck_assert_str_eq(text_of(part, "state"), "close_wait");
	ck_assert(json_is_true(json_object_get(part, "fin")));
	ck_assert(json_is_true(json_object_get(part, "ack")));
	ck_assert(json_is_true(json_object_get(part, "ecn")));
	ck_assert_ptr_null(json_object_get(part, "syn"));
	ck_assert(json_is_true(json_object_get(part, "ts_gap")));
	ck_assert(json_is_false(json_object_get(part, "tc_gap")));
	json_decref(json);
}
END_TEST

START_TEST(test_identifier_is_no_port)
{
	struct eve_flow ping = tcp;
	json_t *json;
	void *log;

	ping.proto = WP_PROTO_ICMP;
	ck_assert_int_eq(eve_open(name, NULL, &log), 0);
	eve_write_flow(log, counters, &ping, 1);
	eve_close(log, counters);
	json = read_line(0);
	ck_assert_str_eq(text_of(json, "dest_ip"), "192.0.2.1");
	ck_assert_ptr_null(json_object_get(json, "src_port"));
	ck_assert_ptr_null(json_object_get(json, "dest_port"));
	json_decref(json);
}
END_TEST

START_TEST(test_lines_that_the_disk_does_not_take_are_counted)
{
	const struct rlimit none = {.rlim_cur = 0, .rlim_max = RLIM_INFINITY};
	void *log;

	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(eve_open(name, NULL, &log), 0);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
	for (unsigned int i = 0; i < 1000; i++) /* more than gathers */
		eve_write_flow(log, counters, &tcp, 1);
	eve_tick(log, counters, 0);
	ck_assert_uint_ge(counters[EVE_LOST], 100);
	eve_close(log, counters);
	ck_assert_uint_eq(counters[EVE_LOST], 1000);
	ck_assert_uint_eq(counters[EVE_WRITTEN], 0);
	ck_assert_int_eq(eve_open("/nowhere/at/all", NULL, &log), -ENOENT);
	ck_assert_int_eq(eve_open("/dev/null", NULL, &log), -EINVAL);
}
END_TEST

START_TEST(test_same_name_is_used_further_and_found_again_when_rotated)
{
	void *log, *again;
	char old[64];

	snprintf(old, sizeof(old), "%s.1", name);
	ck_assert_int_eq(eve_open(name, NULL, &log), 0);
	ck_assert_int_eq(eve_open(name, log, &again), 0);
	ck_assert_ptr_eq(log, again);
	eve_write_flow(log, counters, &tcp, 1);
	eve_tick(log, counters, 1);
	ck_assert_int_eq(rename(name, old), 0);
	eve_tick(log, counters, 5000000000);
	eve_write_flow(log, counters, &tcp, 1);
	eve_close(log, counters);
	json_decref(read_line(0)); /* one line in each */
	ck_assert_uint_eq(counters[EVE_WRITTEN], 2);
	unlink(old);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("eve");

	tcase_add_checked_fixture(tcase, make_file, remove_file);
	tcase_add_test(tcase, test_flow_is_one_line_of_json);
	tcase_add_test(tcase, test_tcp_has_its_own_words);
	tcase_add_test(tcase, test_identifier_is_no_port);
	tcase_add_test(tcase, test_lines_that_the_disk_does_not_take_are_counted);
	tcase_add_test(tcase, test_same_name_is_used_further_and_found_again_when_rotated);
	return unit_main("eve", tcase);
}
