/* SPDX-License-Identifier: BSD-3-Clause */
/* What rules ask of handshakes: of TLS behind what is in the clear, of SSH. */

#include <string.h>

#include "host_bed.h"
#include "service.h"

/* A ClientHello for evil.test. */
static const uint8_t hello[] =
	"\x16\x03\x01\x00\x41\x01\x00\x00\x3d\x03\x03"
	"RRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRR"
	"\x00\x00\x02\xc0\x2f\x01\x00\x00\x12\x00\x00\x00\x0e\x00\x0c\x00\x00\x09"
	"evil.test";

enum { HELLO = sizeof(hello) - 1 };

/** What goes before. */
struct line {
	unsigned int from;
	const char *text;
};

static const struct row {
	uint16_t port;
	struct line lines[7];
} rows[] = {
	{443, {{0}}},
	{21, {{1, "220 a FTP\r\n"}, {0, "AUTH TLS\r\n"}, {1, "234 go\r\n"}}},
	{25,
	 {{1, "220 a ESMTP\r\n"},
	  {0, "EHLO b\r\n"},
	  {1, "250 STARTTLS\r\n"},
	  {0, "STARTTLS\r\n"},
	  {1, "220 go\r\n"}}},
	{3128, {{0, "CONNECT a:443 HTTP/1.1\r\n\r\n"}, {1, "HTTP/1.1 200 OK\r\n\r\n"}}},
	{3128,
	 {{0, "CONNECT a:443 HTTP/1.1\r\n\r\n"},
	  {1, "HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n"},
	  {0, "CONNECT a:443 HTTP/1.1\r\n\r\n"},
	  {1, "HTTP/1.1 200 OK\r\n\r\n"}}},
};

static void
open_rules(const char *rules)
{
	ck_assert_msg(bed_open(rules, json_object()) == 0, "%s", bed_why);
}

static void
begin(const struct row *row)
{
	bed_server_port = row->port;
	bed_shake_hands();
	for (const struct line *line = row->lines; line->text != NULL; line++)
		bed_segment(line->from, ACK | PSH, line->text);
}

/** Messages of what was spoken before are none of its own. */
START_TEST(test_a_hello_is_looked_at_behind_other_protocols)
{
	open_rules("alert tls any any -> any any (tls.sni; content:\"evil.test\"; sid:1;)\n");
	begin(&rows[_i]);
	bed_bytes(0, ACK | PSH, hello, HELLO);
	bed_segment(1, ACK, "");
	ck_assert_uint_eq(bed_count("\"signature_id\":1,"), 1);
}
END_TEST

/** RFC 8446 section 4.1.4: the answer to a HelloRetryRequest. */
START_TEST(test_a_hello_said_again_is_looked_at_once)
{
	open_rules("alert tls any any -> any any (tls.sni; content:\"evil.test\"; sid:1;)\n");
	begin(&rows[0]);
	bed_bytes(0, ACK | PSH, hello, HELLO);
	bed_bytes(0, ACK | PSH, hello, HELLO);
	ck_assert_uint_eq(bed_count("\"signature_id\":1,"), 1);
}
END_TEST

/** The name that a client says then is the one that servers go by. */
START_TEST(test_a_hello_said_again_may_say_otherwise)
{
	uint8_t other[HELLO];

	open_rules("alert tls any any -> any any (tls.sni; content:\"evil.test\"; sid:1;)\n");
	begin(&rows[0]);
	memcpy(other, hello, HELLO);
	memcpy(other + HELLO - 9, "good", 4);
	bed_bytes(0, ACK | PSH, other, HELLO);
	bed_bytes(0, ACK | PSH, hello, HELLO);
	ck_assert_uint_eq(bed_count("\"signature_id\":1,"), 1);
}
END_TEST

START_TEST(test_rules_about_a_protocol_hear_of_the_next)
{
	open_rules("alert tcp any any -> any any (app-layer-protocol:!tls; sid:1;)\n"
		   "alert tcp any any -> any any (app-layer-protocol:tls; sid:2;)\n");
	begin(&rows[_i]);
	bed_bytes(0, ACK | PSH, hello, HELLO);
	bed_segment(0, ACK, "");
	bed_segment(1, ACK, "");
	ck_assert_uint_eq(bed_count("\"signature_id\":1,") != 0, rows[_i].lines[0].text != NULL);
	ck_assert_uint_ne(bed_count("\"signature_id\":2,"), 0);
}
END_TEST

/** What goes before in small pieces is not taken for records. */
START_TEST(test_nothing_is_odd_about_records_behind_a_line)
{
	open_rules("alert tcp any any -> any any (app-layer-event:tls.invalid_record_type; "
		   "sid:1;)\n"
		   "alert tls any any -> any any (tls.sni; content:\"evil.test\"; sid:2;)\n");
	bed_server_port = rows[_i].port;
	bed_shake_hands();
	for (const struct line *line = rows[_i].lines; line->text != NULL; line++)
		for (const char *at = line->text; *at != '\0'; at++)
			bed_bytes(line->from, ACK | PSH, at, 1);
	bed_bytes(0, ACK | PSH, hello, HELLO);
	bed_segment(1, ACK, "");
	ck_assert_uint_eq(bed_count("\"signature_id\":2,"), 1);
	ck_assert_uint_eq(bed_count("\"signature_id\":1,"), 0);
}
END_TEST

/** However the hello is cut, what is odd about it is told once. @param _i  bytes of a segment */
START_TEST(test_names_are_odd_in_pieces_too)
{
	uint8_t odd[HELLO];

	open_rules("alert tcp any any -> any any (flow:to_server; app-layer-event:"
		   "tls.invalid_sni_type; sid:1;)\n");
	memcpy(odd, hello, HELLO);
	odd[HELLO - 12] = 7;
	bed_server_port = 443;
	bed_shake_hands();
	for (int at = 0; at < HELLO; at += _i)
		bed_bytes(0, ACK | PSH, odd + at, (size_t)(HELLO - at < _i ? HELLO - at : _i));
	bed_segment(1, ACK, "");
	ck_assert_uint_eq(bed_count("\"signature_id\":1,"), 1);
}
END_TEST

/** The lists come with the banner, for rules that ask about both; who asks about it alone has had
 * his answer, also of what is not there. */
/** A ServerHello, and two certificates that say nothing. */
static const uint8_t certificates[] =
	"\x16\x03\x03\x00\x3b\x02\x00\x00\x26\x03\x03"
	"RRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRR"
	"\x00\xc0\x2f\x00\x0b\x00\x00\x0d\x00\x00\x0a\x00\x00\x02\x30\x00\x00\x00\x02\x30\x00";

START_TEST(test_certificates_are_counted)
{
	open_rules("alert tls any any -> any any (tls.cert_chain_len:2; sid:1;)\n"
		   "alert tls any any -> any any (tls.cert_chain_len:>2; sid:2;)\n"
		   "alert tls any any -> any any (tls.cert_chain_len:<2; sid:3;)\n");
	bed_server_port = 443;
	bed_shake_hands();
	bed_bytes(0, ACK | PSH, hello, HELLO);
	bed_bytes(1, ACK | PSH, certificates, sizeof(certificates) - 1);
	ck_assert_uint_eq(bed_count("\"signature_id\":1,"), 1);
	ck_assert_uint_eq(bed_count("\"signature_id\":"), 1);
}
END_TEST

START_TEST(test_a_banner_is_told_once)
{
	uint8_t lists[72] = {0, 0, 0, 68, 4, 20};

	open_rules("alert ssh any any -> any any (ssh.software; content:\"evil\"; sid:1;)\n"
		   "alert ssh any any -> any any (ssh.software; content:\"evil\"; "
		   "ssh.hassh.string; content:\"|3b 3b 3b|\"; sid:2;)\n"
		   "alert ssh any any -> any any (ssh.software; content:\"evil\"; "
		   "pkt_data; content:!\"|00 00 00|\"; sid:3;)\n");
	begin(&(struct row){.port = 22, .lines = {{1, "SSH-2.0-a\r\n"}, {0, "SSH-2.0-evil\r\n"}}});
	bed_bytes(0, ACK | PSH, lists, sizeof(lists));
	bed_segment(1, ACK, "");
	ck_assert_uint_eq(bed_count("\"signature_id\":1,"), 1);
	ck_assert_uint_eq(bed_count("\"signature_id\":2,"), 1);
	ck_assert_uint_eq(bed_count("\"signature_id\":3,"), 1);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("secure");

	tcase_add_checked_fixture(tcase, bed_set_up, bed_tear_down);
	tcase_add_loop_test(tcase, test_a_hello_is_looked_at_behind_other_protocols, 0, ROWS(rows));
	tcase_add_test(tcase, test_a_hello_said_again_is_looked_at_once);
	tcase_add_test(tcase, test_a_hello_said_again_may_say_otherwise);
	tcase_add_loop_test(tcase, test_rules_about_a_protocol_hear_of_the_next, 0, ROWS(rows));
	tcase_add_loop_test(tcase, test_nothing_is_odd_about_records_behind_a_line, 0, ROWS(rows));
	tcase_add_loop_test(tcase, test_names_are_odd_in_pieces_too, 1, 4);
	tcase_add_loop_test(tcase, test_names_are_odd_in_pieces_too, HELLO, HELLO + 1);
	tcase_add_test(tcase, test_certificates_are_counted);
	tcase_add_test(tcase, test_a_banner_is_told_once);
	return unit_main("ids secure", tcase);
}
