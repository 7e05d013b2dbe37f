/* SPDX-License-Identifier: BSD-3-Clause */
/* services/ids/match/asked.c, holds.c and data.c: what rules are asked about, and how often they
 * alert in one connection: what all its packets have alike, once each way; the rest, and bytes
 * without a stream, with each packet. As Suricata 7.0.10 has it. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host_bed.h"
#include "parse/parse.h"

enum { EACH_WAY = 2, EACH_PACKET = 7 };

static const struct {
	const char *header, *options;
	unsigned int alerts;
} rows[] = {
	{"ip any any -> any any", "", EACH_WAY},
	{"tcp any any -> any 80", "", 1},
	{"ip any any -> any any", "ip_proto:6;", EACH_WAY},
	{"ip any any -> any any", "ip_proto:!17; ip_proto:>5; ip_proto:<7;", EACH_WAY},
	{"ip any any -> any 80", "ip_proto:6;", 1},
	{"ip any any -> any any", "ip_proto:!6;", 0},
	{"ip any any -> any any", "ip_proto:6; ttl:64;", EACH_PACKET},
	{"ip any any -> any any", "ip_proto:6; flowbits:set,x;", EACH_WAY},
	{"ip any any -> any any", "ip_proto:6; flowbits:isnotset,x;", EACH_PACKET},
	{"ip any any -> any any", "flowbits:isset,late;", 2}, /* may be set at any time */
	/* What counts, or takes back, does so with each packet. */
	{"ip any any -> any any", "flowint:packets,+,1;", EACH_PACKET},
	{"ip any any -> any any", "flowbits:toggle,x;", EACH_PACKET},
	{"ip any any -> any any", "xbits:unset,x,track ip_src;", EACH_PACKET},
	{"ip any any -> any any", "hostbits:toggle,x,src;", EACH_PACKET},
	{"tcp any any -> any 80", "flowbits:unset,x;", 4},
	{"ip any any -> any any", "xbits:set,x,track ip_src;", EACH_WAY},
	{"tcp any any -> any any", "flow:established,no_stream; content:\"early\";", 2},
	{"ip any any -> any any", "flow:to_server,no_stream; content:\"a\"; content:!\"e\";", 0},
	{"tcp any any -> any any", "flow:no_stream; content:\"earlylate\";", 0},
	{"tcp any any -> any any", "content:\"early\"; tcp.hdr; content:\"P\"; offset:12;", 2},
	{"tcp any any -> any any", "flow.age:<60; content:\"l\";", 3},
	/* The packet itself counts, as does its SYN. */
	{"tcp any any -> any any", "dsize:5; stream_size:client,=,6; stream_size:server,=,6;", 1},
	{"tcp any any -> any any", "dsize:4; stream_size:client,<,10;", 0},
	{"tcp any any -> any any", "dsize:!4;", 2}, /* what brings nothing has no other size */
	{"tcp any any -> any any", "dsize:<5;", 5},
	{"pkthdr any any -> any any", "ip_proto:6;", EACH_PACKET},
	{"pkthdr any any -> any any", "ip_proto:!6;", 0},
};

START_TEST(test_how_often)
{
	char rules[512];

	snprintf(rules, sizeof(rules),
		 "alert tcp any any -> any any (content:\"late\"; dsize:4; flowbits:set,late; "
		 "flowbits:noalert; sid:1;)\n"
		 "alert %s (%s sid:2;)\n",
		 rows[_i].header, rows[_i].options);
	ck_assert_msg(bed_open(rules, json_object()) == 0, "%s", bed_why);
	bed_shake_hands();
	bed_segment(0, ACK, "early");
	bed_segment(1, ACK, "early");
	bed_segment(0, ACK, "late");
	bed_segment(1, ACK, "");
	ck_assert_uint_eq(bed_count("\"signature_id\":2,"), rows[_i].alerts);
}
END_TEST

/** What a rule passes is bounded by its limit; what it passed before it had reached one goes on. */
START_TEST(test_a_limit_bounds_what_passes)
{
	static const struct {
		const char *limit;
		unsigned int alerts;
	} passing[] = {
		{"", 0},
		{"threshold:type limit, track by_src, count 2, seconds 60;", 3},
		{"threshold:type both, track by_src, count 2, seconds 60;", 4},
		{"threshold:type threshold, track by_src, count 2, seconds 60;", 3},
		{"detection_filter:track by_src, count 2, seconds 60;", 2},
		{"noalert;", 0},
	};
	static const uint8_t udp[] = "\x03\xe8\x07\xd0\x00\x0a\x00\x00" /* 1000 to 2000 */
				     "ab";
	char rules[256];

	for (unsigned int i = 0; i < ROWS(passing); i++) {
		snprintf(rules, sizeof(rules),
			 "pass udp any any -> any any (content:\"b\"; %s sid:1;)\n"
			 "alert udp any any -> any any (content:\"a\"; sid:2;)\n",
			 passing[i].limit);
		ck_assert_msg(bed_open(rules, json_object()) == 0, "%s", bed_why);
		for (unsigned int n = 0; n < 5; n++)
			bed_send(0, WP_PROTO_UDP, udp, sizeof(udp) - 1);
		ck_assert_msg(bed_count("\"signature_id\":2,") == passing[i].alerts, "%s",
			      passing[i].limit);
		bed_close();
	}
}
END_TEST

/** What a file of limits says of a rule that passes, or is to pass: it does. */
START_TEST(test_what_a_file_of_limits_lets_pass)
{
	static const struct {
		const char *action, *entry;
		unsigned int alerts;
	} files[] = {
		{"pass", "suppress gen_id 1, sig_id 1\n", 0},
		{"pass", "suppress gen_id 1, sig_id 1, track by_src, ip 0.0.0.0/0\n", 0},
		{"pass",
		 "threshold gen_id 1, sig_id 1, type limit, track by_src, count 2, seconds 60\n",
		 3},
		{"alert",
		 "rate_filter gen_id 1, sig_id 1, track by_src, count 2, seconds 60, new_action "
		 "pass, timeout 60\n",
		 2},
	};
	static const uint8_t udp[] = "\x03\xe8\x07\xd0\x00\x0a\x00\x00" /* 1000 to 2000 */
				     "ab";
	char rules[256], name[] = "/tmp/waypoint-limits-XXXXXX";
	int fd = mkstemp(name);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pwrite(fd, files[_i].entry, strlen(files[_i].entry), 0),
			 strlen(files[_i].entry));
	snprintf(rules, sizeof(rules),
		 "%s udp any any -> any any (content:\"b\"; sid:1;)\n"
		 "alert udp any any -> any any (content:\"a\"; sid:2;)\n",
		 files[_i].action);
	ck_assert_msg(bed_open(rules, json_pack("{ss}", "thresholds", name)) == 0, "%s", bed_why);
	for (unsigned int n = 0; n < 5; n++)
		bed_send(0, WP_PROTO_UDP, udp, sizeof(udp) - 1);
	ck_assert_uint_eq(bed_count("\"signature_id\":2,"), files[_i].alerts);
	bed_close();
	close(fd);
	unlink(name);
}
END_TEST

/** Who looks for open ports speaks to servers, though there is no connection. */
START_TEST(test_who_speaks_first_is_the_client)
{
	static const char rules[] =
		"alert tcp any any -> any 80 (flags:FP; flow:to_server; sid:1;)\n"
		"alert tcp any any -> any 80 (flags:0; flow:to_server,not_established; sid:2;)\n"
		"alert tcp any any -> any any (flow:to_client; sid:3;)\n"
		"alert tcp any any -> any any (flow:established; sid:4;)\n";

	ck_assert_msg(bed_open(rules, json_object()) == 0, "%s", bed_why);
	bed_segment(0, FIN | PSH, "");
	bed_segment(0, 0, "");
	for (unsigned int sid = 1; sid <= 4; sid++) {
		char text[32];

		snprintf(text, sizeof(text), "\"signature_id\":%u,", sid);
		ck_assert_uint_eq(bed_count(text), sid <= 2);
	}
}
END_TEST

/** Eight bytes are header, of whichever version: RFC 792, RFC 4443 section 4.1. */
START_TEST(test_headers_of_icmp)
{
	static const uint8_t echo[] = {128, 0, 0, 0, 0, 1, 0, 2, 'a', 'b', 'c'};
	static const uint8_t protos[] = {WP_PROTO_ICMP, WP_PROTO_ICMPV6};
	static const char rules[] =
		"alert ip any any -> any any (icmpv4.hdr; content:\"|00 02|\"; bsize:8; sid:1;)\n"
		"alert ip any any -> any any (icmpv6.hdr; content:\"|00 02|\"; bsize:8; sid:2;)\n";

	ck_assert_msg(bed_open(rules, json_object()) == 0, "%s", bed_why);
	bed_send(0, protos[_i], echo, sizeof(echo));
	ck_assert_uint_eq(bed_count("\"signature_id\":1,"), _i == 0);
	ck_assert_uint_eq(bed_count("\"signature_id\":2,"), _i == 1);
}
END_TEST

/** How much of ICMP is header hangs on what it says. */
static const struct {
	uint8_t proto, type;
	const char *options;
} messages[] = {
	{WP_PROTO_ICMP, 8, "content:\"eeee\"; startswith; dsize:20; icmpv4.hdr; bsize:8;"},
	{WP_PROTO_ICMP, 13, "content:\"qqqq\"; startswith; dsize:8; icmpv4.hdr; bsize:20;"},
	{WP_PROTO_ICMP, 14, "content:\"qqqqrrrr\"; dsize:8;"},
	{WP_PROTO_ICMPV6, 1, "content:\"eeee\"; startswith; dsize:20;"},
	{WP_PROTO_ICMPV6, 128, "content:\"eeee\"; startswith; dsize:20;"},
	{WP_PROTO_ICMPV6, 134, "content:\"aaaaeeee\"; startswith; dsize:24; icmpv6.hdr; bsize:8;"},
};

START_TEST(test_payload_of_icmp)
{
	uint8_t message[] = "....aaaaeeeeiiiiooooqqqqrrrr";
	char rules[256];

	message[0] = messages[_i].type;
	message[1] = 0;
	snprintf(rules, sizeof(rules), "alert ip any any -> any any (%s sid:1;)\n",
		 messages[_i].options);
	ck_assert_msg(bed_open(rules, json_object()) == 0, "%s", bed_why);
	bed_send(0, messages[_i].proto, message, sizeof(message) - 1);
	ck_assert_uint_eq(bed_count("\"signature_id\":1,"), 1);
}
END_TEST

/** Parts of a datagram are asked about as it is whole, and not for themselves. */
START_TEST(test_fragments_are_looked_at_whole)
{
	static const struct {
		const char *options;
		unsigned int alerts;
	} rules[] = {
		{"content:\"begin\";", 1},
		{"content:\"begin\"; content:!\"end\";", 0},
		{"content:\"begin\"; content:\"end\"; distance:8;", 1},
		{"dsize:16;", 1},
		{"dsize:<16;", 0},
		{"fragbits:M;", 1},
	};
	static const uint8_t udp[] = "\x03\xe8\x07\xd0\x00\x18\x00\x00" /* 1000 to 2000 */
				     "begin---"
				     "-----end";
	char text[1024] = "";

	for (unsigned int i = 0, n = 0; i < ROWS(rules); i++)
		n += (unsigned int)snprintf(text + n, sizeof(text) - n,
					    "alert udp any any -> any any (%s sid:%u;)\n",
					    rules[i].options, i + 1);
	ck_assert_msg(bed_open(text, json_pack("{s: b}", "capture", 1)) == 0, "%s", bed_why);
	bed_send_in_two(0, WP_PROTO_UDP, udp, sizeof(udp) - 1, 16);
	for (unsigned int i = 0; i < ROWS(rules); i++) {
		snprintf(text, sizeof(text), "\"signature_id\":%u,", i + 1);
		ck_assert_msg(bed_count(text) == rules[i].alerts, "%s", rules[i].options);
	}
}
END_TEST

/** Who has a server of FTP send to somebody else (RFC 2577 section 3). */
static const struct {
	const char *command;
	unsigned int alerts;
} commands[] = {
	{"PORT 10,0,0,1,4,1\r\n", 0},
	{"PORT 10,0,0,9,4,1\r\n", 1},
	{"port 10,0,0,9,4,1\r\nLIST\r\nPORT 10,0,0,1,4,1\r\n", 1},
	{"EPRT |1|10.0.0.9|1025|\r\n", 1},
	{"EPRT |1|10.0.0.1|1025|\r\n", 0},
	{"EPRT |2|2001:db8::9|1025|\r\n", 1},
	{"PORT 10,0,0\r\n", 0},
};

START_TEST(test_whom_a_server_of_ftp_is_to_connect_to)
{
	static const char rules[] =
		"alert tcp any any -> any 21 (flow:to_server,established; content:\"P\"; nocase; "
		"ftpbounce; pcre:\"/^(PO|EP)RT/mi\"; sid:1;)\n"
		"alert ftp any any -> any any (ftpbounce; sid:2;)\n";

	ck_assert_msg(bed_open(rules, json_object()) == 0, "%s", bed_why);
	bed_server_port = 21;
	bed_shake_hands();
	bed_segment(1, ACK | PSH, "220 hello FTP\r\n");
	bed_segment(0, ACK | PSH, "USER a\r\n");
	bed_segment(1, ACK | PSH, "230 come in\r\n");
	bed_segment(0, ACK | PSH, commands[_i].command);
	ck_assert_uint_eq(bed_count("\"signature_id\":1,"), commands[_i].alerts);
	ck_assert_uint_eq(bed_count("\"signature_id\":2,"), commands[_i].alerts);
}
END_TEST

/** What a rule has stopped does not get anywhere: nobody is told that it was "allowed". */
START_TEST(test_what_comes_behind_a_drop_is_not_told)
{
	static const char rules[] = "drop tcp any any -> any any (content:\"stop\"; sid:1;)\n"
				    "alert tcp any any -> any any (content:\"more\"; sid:2;)\n"
				    "alert tcp any any -> any any (flow:to_client; sid:3;)\n";

	ck_assert_msg(bed_open(rules, json_pack("{s: s}", "mode", "prevent")) == 0, "%s", bed_why);
	bed_shake_hands();
	bed_segment(0, ACK, "stop, and more");
	bed_segment(1, ACK, "more");
	bed_segment(0, ACK, "and more");
	ck_assert_uint_eq(bed_count("\"signature_id\":2,"), 1);
	ck_assert_uint_eq(bed_count("\"signature_id\":3,"), 1); /* of the handshake */
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("ways");

	tcase_add_checked_fixture(tcase, bed_set_up, bed_tear_down);
	tcase_add_loop_test(tcase, test_how_often, 0, ROWS(rows));
	tcase_add_test(tcase, test_who_speaks_first_is_the_client);
	tcase_add_test(tcase, test_a_limit_bounds_what_passes);
	tcase_add_loop_test(tcase, test_what_a_file_of_limits_lets_pass, 0, 4);
	tcase_add_loop_test(tcase, test_payload_of_icmp, 0, ROWS(messages));
	tcase_add_loop_test(tcase, test_headers_of_icmp, 0, 2);
	tcase_add_test(tcase, test_fragments_are_looked_at_whole);
	tcase_add_loop_test(tcase, test_whom_a_server_of_ftp_is_to_connect_to, 0, ROWS(commands));
	tcase_add_test(tcase, test_what_comes_behind_a_drop_is_not_told);
	return unit_main("ids ways", tcase);
}
