/* SPDX-License-Identifier: BSD-3-Clause */
/* services/ids/out: alerts and drops as records, and the packets that they are about. */

#include "parse/parse.h"
#include "record_bed.h"
#include "stream/l7/http.h"
#include "unit.h"

static uint8_t frame[256] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0x81, 0, 0x10, 5, 8, 0,
			     /* IPv4: 60 bytes, id 7, DF, TTL 64, TCP */
			     0x45, 2, 0, 60, 0, 7, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
			     /* from 1025 to 80, 100, 200, SYN and PSH, window 300 */
			     4, 1, 0, 80, 0, 0, 0, 100, 0, 0, 0, 200, 0x51, 0x0a, 1, 44, 0, 0, 0,
			     9};

static struct wp_packet
packet(void)
{
	return (struct wp_packet){
		.buf = frame,
		.room = sizeof(frame),
		.len = 80,
		.flags = WP_PKT_ETHERNET,
		.l3 = 18,
		.l4 = 38,
		.payload = 58,
		.end = 78,
		.l4_sport = 1025,
		.l4_dport = 80,
		.ip_version = 4,
		.l4_proto = WP_PROTO_TCP,
		.tenant = 9,
		.step = 1,
		.tag = {.path = 77},
	};
}

START_TEST(test_alert_tells_packet_rule_and_flow)
{
	struct wp_packet pkt = packet();
	struct record_context context = bed_context(NULL);
	static const char *const bits[] = {"one", "t\"wo"};
	const struct record_int ints[] = {{"n", 5}};
	struct record_marks marks = {bits, ints, 2, 1};
	struct record_alert alert = {.rule = &rule,
				     .action = RULE_ALERT,
				     .of_stream = true,
				     .payload = {(const uint8_t *)"a\r\n\t\"\\\xff\0", 8},
				     .packet = {(const uint8_t *)"ab", 2}};

	context.pkt = &pkt;
	context.pcap_cnt = 12;
	context.side = WP_SERVER;
	context.link = RECORD_MACS | RECORD_VLANS;
	context.marks = &marks;
	names.verdict = names.has_paths = names.rule_text = true;
	names.payload = names.printable = true;
	names.link = 12;
	names.link_size = 14;
	record_alert(&record, &context, &alert);
	CHECK({"event_type", "\"alert\""}, {"pcap_cnt", "12"}, {"vlan", "[5]"},
	      {"src_ip", "\"10.0.0.2\""}, {"src_port", "80"}, {"dest_ip", "\"10.0.0.1\""},
	      {"dest_port", "1025"}, {"pkt_src", "\"wire/pcap\""}, {"tenant", "\"red\""},
	      {"ether.src_mac", "\"06:07:08:09:0a:0b\""}, {"tx_id", NULL},
	      {"metadata.flowbits", "[\"one\",\"t\\\"wo\"]"}, {"metadata.flowints", "{\"n\":5}"},
	      {"alert.action", "\"allowed\""}, {"alert.gid", "1"}, {"alert.signature_id", "4"},
	      {"alert.rev", "2"}, {"alert.signature", "\"a \\\"b\\\" \\\\ \\\\xff\""},
	      {"alert.category", "\"Misc\""}, {"alert.severity", "3"},
	      {"alert.source.ip", "\"10.0.0.2\""}, {"alert.target.ip", "\"10.0.0.1\""},
	      {"alert.target.port", "1025"},
	      {"alert.metadata", "{\"a\":[\"\\\"e\\\"\",\"b\"],\"c\":[\"d\"]}"},
	      {"alert.rule", "\"alert ip\""}, {"app_proto", "\"http\""}, {"http", NULL},
	      {"direction", "\"to_client\""}, {"flow.pkts_toserver", "3"},
	      {"flow.bytes_toclient", "228"}, {"flow.start", "\"2023-11-14T22:13:18.623456+0000\""},
	      {"flow.src_ip", "\"10.0.0.1\""}, {"flow.dest_port", "80"},
	      {"payload", "\"YQ0KCSJc/wA=\""}, {"payload_printable", "\"a\\r\\n.\\\"\\\\..\""},
	      {"stream", "1"}, {"packet", "\"YWI=\""}, {"packet_info.linktype", "1"},
	      {"verdict", "{\"action\":\"alert\"}"});
	alert.verdict = RECORD_BLOCKED;
	alert.dropped = true;
	alert.action = RULE_REJECT;
	rule.reject = RULE_REJECT_SOURCE;
	names.rule = NULL;
	record_alert(&record, &context, &alert);
	CHECK({"alert.action", "\"blocked\""}, {"alert.signature_id", "4"},
	      {"alert.signature", NULL},
	      {"verdict", "{\"action\":\"drop\",\"reject-target\":\"to_server\",\"reject\":["
			  "\"tcp-reset\"]}"});
}
END_TEST

START_TEST(test_packet_without_flow_has_its_own_addresses)
{
	struct wp_packet pkt = packet();
	struct record_context context = {.pkt = &pkt, .tx = -1};

	names.has_paths = true;
	record_alert(&record, &context, &(struct record_alert){.rule = &rule});
	CHECK({"src_ip", "\"10.0.0.1\""}, {"dest_port", "80"}, {"flow_id", NULL}, {"flow", NULL},
	      {"direction", NULL}, {"tenant", "9"}, {"path", "77"}, {"step", "1"}, {"vlan", NULL});
	pkt.l4_proto = WP_PROTO_ICMP;
	record_alert(&record, &context, &(struct record_alert){.rule = &rule});
	CHECK({"src_port", NULL}, {"proto", "\"ICMP\""}, {"icmp_type", "4"}, {"icmp_code", "1"});
	pkt.l4_proto = 253;
	record_alert(&record, &context, &(struct record_alert){.rule = &rule});
	CHECK({"src_port", NULL}, {"proto", "\"253\""}, {"icmp_type", NULL});
	pkt.l3 = pkt.l4 = 0;
	record_alert(&record, &context, &(struct record_alert){.rule = &rule});
	CHECK({"src_ip", NULL}, {"proto", NULL});
}
END_TEST

START_TEST(test_packet_within_another_tells_of_it)
{
	static const struct {
		uint8_t from, outer_version;
		const char *text;
	} rows[] = {
		{RECORD_FROM_IP, 4, "\"ipv4 tunnel\""},
		{RECORD_FROM_IP, 6, "\"ipv6 tunnel\""},
		{RECORD_FROM_VXLAN, 4, "\"vxlan encapsulation\""},
		{RECORD_FROM_FRAGMENTS, 4, "\"defrag\""},
		{RECORD_FROMS, 4, "\"wire/pcap\""},
	};
	struct wp_packet pkt = packet(), outer = packet();
	struct record_context context = {
		.pkt = &pkt, .outer = &outer, .depth = 2, .pcap_cnt = 3, .tx = -1};

	outer.l4_proto = WP_PROTO_UDP;
	outer.l4_dport = 4789;
	for (int i = 0; i < ROWS(rows); i++) {
		context.from = rows[i].from;
		outer.ip_version = rows[i].outer_version;
		record_alert(&record, &context, &(struct record_alert){.rule = &rule});
		CHECK({"pkt_src", rows[i].text}, {"tunnel.dest_port", "4789"},
		      {"tunnel.proto", "\"UDP\""}, {"tunnel.depth", "2"}, {"tunnel.pcap_cnt", "3"},
		      {"tunnel.pkt_src", "\"wire/pcap\""});
	}
	context.outer = NULL;
	record_alert(&record, &context, &(struct record_alert){.rule = &rule});
	CHECK({"tunnel", NULL});
}
END_TEST

START_TEST(test_alert_tells_body_and_file)
{
	struct record_context context = bed_context(NULL);
	struct wp_http_header none = {.name = {NULL, 0}};
	struct wp_http_head head = {.is_request = true, .headers = &none};
	struct wp_stream_event event = {.type = WP_HTTP_HEAD, .http = &head};
	const struct record_file file = {
		.name = {(const uint8_t *)"a.bin", 5}, .size = 2, .is_open = true};
	const struct record_alert alert = {
		.rule = &rule, .body = {(const uint8_t *)"\x01z", 2}, .file = &file};

	context.event = &event;
	context.tx = 4;
	context.side = WP_SERVER;
	context.length = 7;
	record_alert(&record, &context, &alert);
	CHECK({"http.length", "7"}, {"http.http_response_body", NULL},
	      {"files", "[{\"filename\":\"a.bin\",\"gaps\":false,\"state\":\"UNKNOWN\","
			"\"stored\":false,\"size\":2,\"tx_id\":4}]"});
	names.body = names.body_printable = true;
	CHECK({"http.http_response_body", "\"AXo=\""},
	      {"http.http_response_body_printable", "\".z\""}, {"http.http_request_body", NULL});
	context.side = WP_CLIENT;
	record_alert(&record, &context, &alert);
	CHECK({"http.http_request_body", "\"AXo=\""});
}
END_TEST

START_TEST(test_drop_tells_the_headers)
{
	struct wp_packet pkt = packet();
	struct record_context context = bed_context(NULL);
	struct record_alert alert = {
		.rule = &rule, .verdict = RECORD_BLOCKED, .dropped = true, .action = RULE_DROP};

	context.pkt = &pkt;
	record_drop(&record, &context, RECORD_DROP_RULES, &alert);
	CHECK({"event_type", "\"drop\""}, {"direction", "\"to_server\""},
	      {"drop", "{\"len\":60,\"tos\":2,\"ttl\":64,\"ipid\":7,\"tcpseq\":100,\"tcpack\":200,"
		       "\"tcpwin\":300,\"syn\":true,\"ack\":false,\"psh\":true,\"rst\":false,"
		       "\"urg\":false,\"fin\":false,\"tcpres\":1,\"tcpurgp\":9,\"reason\":"
		       "\"rules\"}"},
	      {"alert.action", "\"blocked\""}, {"verdict", NULL});
	pkt.payload = 0;
	record_drop(&record, &context, RECORD_DROP_STREAM, NULL);
	CHECK({"drop.reason", "\"stream error\""}, {"drop.tcpseq", NULL}, {"alert", NULL});
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("record alert");

	tcase_add_checked_fixture(tcase, bed_set_up, NULL);
	tcase_add_test(tcase, test_alert_tells_packet_rule_and_flow);
	tcase_add_test(tcase, test_packet_without_flow_has_its_own_addresses);
	tcase_add_test(tcase, test_packet_within_another_tells_of_it);
	tcase_add_test(tcase, test_alert_tells_body_and_file);
	tcase_add_test(tcase, test_drop_tells_the_headers);
	return unit_main("ids record alert", tcase);
}
