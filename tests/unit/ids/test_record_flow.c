/* SPDX-License-Identifier: BSD-3-Clause */
/* services/ids/out: flows that have ended, files, anomalies and counters as records. */

#include "parse/parse.h"
#include "record_bed.h"
#include "stream/l7/http.h"
#include "unit.h"

START_TEST(test_flow_that_has_ended)
{
	struct record_context context = bed_context(NULL);

	flow.state = WP_FLOW_CLOSED;
	flow.end = WP_FLOW_BY_TIME_OUT;
	flow.flags = WP_FLOW_BLOCKED;
	flow.sides[WP_SERVER].flags = WP_SIDE_GAP;
	record_flow(&record, &context, true);
	CHECK({"event_type", "\"flow\""}, {"pkt_src", NULL}, {"app_proto", "\"http\""},
	      {"flow.bytes_toserver", "300"}, {"flow.start", "\"2023-11-14T22:13:18.623456+0000\""},
	      {"flow.end", "\"2023-11-14T22:13:20.123455+0000\""}, {"flow.age", "1"},
	      {"flow.state", "\"closed\""}, {"flow.reason", "\"timeout\""},
	      {"flow.alerted", "true"}, {"flow.action", "\"drop\""},
	      {"tcp", "{\"tcp_flags\":\"1b\",\"tcp_flags_ts\":\"1b\",\"tcp_flags_tc\":\"12\","
		      "\"syn\":true,\"fin\":true,\"psh\":true,\"ack\":true,\"state\":"
		      "\"close_wait\",\"tc_gap\":true}"});
	flow.proto = WP_PROTO_UDP;
	flow.l7 = WP_L7_NONE;
	record_flow(&record, &context, false);
	CHECK({"tcp", NULL}, {"app_proto", "\"failed\""}, {"flow.alerted", "false"});
}
END_TEST

START_TEST(test_file_and_anomaly_and_stats)
{
	struct wp_stream_event event = {
		.flow = &flow, .type = WP_FLOW_ANOMALY, .detail = WP_ANOMALY_BAD_ACK};
	struct record_context context = bed_context(NULL);
	const struct record_file file = {.name = {(const uint8_t *)"/a\xff", 3},
					 .md5 = (const uint8_t *)"0123456789abcdef",
					 .size = 5,
					 .is_whole = true};
	const struct record_counter counters[] = {
		{"decoder.pkts", 5},        {"decoder.event.ipv4.trunc_pkt", 1},
		{"decoder.event.tcp.x", 2}, {"decoder.tcp", 3},
		{"plain", UINT64_MAX / 2},  {"detect.alert", 4}};

	record_file(&record, &context, &file);
	CHECK({"fileinfo",
	       "{\"filename\":\"/a\\\\xff\",\"gaps\":false,\"state\":\"CLOSED\",\"md5\":"
	       "\"30313233343536373839616263646566\",\"stored\":false,"
	       "\"size\":5,\"tx_id\":0}"},
	      {"http", NULL});
	context.event = &event;
	record_anomaly(&record, &context, RECORD_STREAM, NULL);
	CHECK({"anomaly", "{\"type\":\"stream\",\"event\":\"stream.pkt_invalid_ack\"}"});
	event.type = WP_L7_ANOMALY;
	event.detail = WP_HTTP_NO_HOST;
	context.tx = 1;
	record_anomaly(&record, &context, RECORD_L7, NULL);
	CHECK({"tx_id", "1"}, {"anomaly", "{\"app_proto\":\"http\",\"type\":\"applayer\",\"event\":"
					  "\"MISSING_HOST_HEADER\",\"layer\":\"proto_parser\"}"});
	record_anomaly(&record, &context, RECORD_DECODE, "decoder.ipv4.trunc_pkt");
	CHECK({"anomaly.event", "\"decoder.ipv4.trunc_pkt\""});
	record_stats(&record, 9, counters, ROWS(counters));
	CHECK({"event_type", "\"stats\""}, {"flow_id", NULL}, {"src_ip", NULL},
	      {"stats",
	       "{\"uptime\":9,\"decoder\":{\"pkts\":5,\"event\":{\"ipv4\":{\"trunc_pkt\":1}"
	       ",\"tcp\":{\"x\":2}},\"tcp\":3},\"plain\":9223372036854775807,"
	       "\"detect\":{\"alert\":4}}"});
}
END_TEST

START_TEST(test_each_anomaly_has_a_name)
{
	struct record_context context;
	struct wp_stream_event event = {.flow = &flow, .type = WP_L7_ANOMALY};

	for (unsigned int l7 = 0; l7 < WP_L7_PROTOCOLS + 2u; l7++)
		for (unsigned int detail = 0; detail < 512; detail++) {
			flow.l7 = (uint8_t)l7;
			event.detail = (uint8_t)detail;
			event.side = (uint8_t)(detail >> 8);
			context = bed_context(&event);
			record_anomaly(&record, &context, RECORD_L7, NULL);
			CHECK({"anomaly.type", "\"applayer\""});
		}
}
END_TEST

START_TEST(test_counters_are_read_back)
{
	static const struct record_counter counters[] = {{"a.b", 5}, {"a.c", UINT64_MAX}};
	uint64_t values[3] = {1, 1, 1};

	record_stats(&record, 9, counters, ROWS(counters));
	ck_assert(record_read_stats(record.bytes, record.size, values, 3));
	ck_assert(values[0] == 5 && values[1] == UINT64_MAX && values[2] == 1);
	ck_assert(record_read_stats(record.bytes, record.size, values, 0));
	ck_assert(!record_read_stats(record.bytes, 8, values, 3));
	record_alert(&record, &(struct record_context){.tx = -1},
		     &(struct record_alert){.rule = &rule});
	ck_assert(!record_read_stats(record.bytes, record.size, values, 3));
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("record flow");

	tcase_add_checked_fixture(tcase, bed_set_up, NULL);
	tcase_add_test(tcase, test_flow_that_has_ended);
	tcase_add_test(tcase, test_file_and_anomaly_and_stats);
	tcase_add_test(tcase, test_each_anomaly_has_a_name);
	tcase_add_test(tcase, test_counters_are_read_back);
	return unit_main("ids record flow", tcase);
}
