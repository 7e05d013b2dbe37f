/* SPDX-License-Identifier: BSD-3-Clause */
/* services/ids/oddity/: what is odd about connections, by what their sides send. What is expected
 * is what Suricata 7.0.10 says of the same. */

#include <stdio.h>
#include <string.h>

#include "oddity/first_bytes.h"
#include "oddity/smtp_watch.h"
#include "oddity/ssh_watch.h"
#include "oddity/tcp_watch.h"
#include "oddity/tls_watch.h"
#include "unit.h"

enum { ROOM = 1024 };

/** @return the names of what is odd, with blanks between them; valid until the next call */
static const char *
names_of(const struct oddities *odd)
{
	static char names[ROOM];
	size_t n = 0;

	names[0] = '\0';
	for (unsigned int i = 0; i < odd->n; i++)
		n += (size_t)snprintf(names + n, sizeof(names) - n, "%s%s", i == 0 ? "" : " ",
				      event_name((enum rule_event)odd->events[i]));
	return names;
}

static void
expect(const char *name, const struct oddities *odd, const char *events)
{
	ck_assert_msg(strcmp(names_of(odd), events) == 0, "%s: %s, expected %s", name,
		      names_of(odd), events);
}

/** @return bytes that are written as hex; valid until the next call */
static struct wp_span
bytes_of(const char *hex)
{
	static uint8_t bytes[ROOM];
	uint32_t n = 0;
	unsigned int byte;

	for (; *hex != '\0'; hex += 2) {
		ck_assert_int_eq(sscanf(hex, "%2x", &byte), 1);
		bytes[n++] = (uint8_t)byte;
	}
	return (struct wp_span){bytes, n};
}

static struct wp_span
text_of(const char *text)
{
	return (struct wp_span){(const uint8_t *)text, (uint32_t)strlen(text)};
}

/* TCP. */

#define OPEN "c S 0 0; s SA 0 1; c A 1 1; "
#define SPOKEN OPEN "c PA 1 1 100; s A 1 101; s PA 1 101 50; c A 101 51; "

/** Segments: side, flags, numbers behind those of the SYNs, and bytes; ts=sent,echoed. */
static const struct {
	const char *name, *segments, *events;
} connections[] = {
	{"as it should be", SPOKEN "c FA 101 51; s A 51 102; s FA 51 102; c A 102 52", ""},
	{"the server ends it", SPOKEN "s FA 51 101; c A 101 52; c FA 101 52; s A 52 102", ""},
	{"a RST of nothing", "c R 0 0", "rst_but_no_session"},
	{"a FIN of nothing", "c FA 0 0", "fin_but_no_session"},
	{"SYN/ACK of something else", "c S 0 0; s SA 0 7", "3whs_synack_with_wrong_ack"},
	{"SYN/ACK once more", "c S 0 0; s SA 0 1; s SA 0 1", ""},
	{"SYN/ACK with another number", "c S 0 0; s SA 0 1; s SA 0 9",
	 "3whs_synack_resend_with_diff_ack"},
	{"SYN/ACK of the client", "c S 0 0; c SA 0 1", "3whs_synack_in_wrong_direction"},
	{"SYN/ACK of the client, later", "c S 0 0; s SA 0 1; c SA 1 1",
	 "3whs_synack_toserver_on_syn_recv"},
	{"many SYN/ACKs",
	 "c S 0 0; s SA 0 1; s SA 7 1; s SA 14 1; s SA 21 1; s SA 28 1; s SA 35 1; s SA 42 1; s SA "
	 "49 1",
	 "3whs_synack_flood"},
	{"SYN of the server, later", "c S 0 0; s SA 0 1; s S 5 0", "3whs_syn_toclient_on_syn_recv"},
	{"another SYN, later", "c S 0 0; s SA 0 1; c S 9 0",
	 "3whs_syn_resend_diff_seq_on_syn_recv"},
	{"the answer is of something else", "c S 0 0; s SA 0 1; c A 1 9",
	 "3whs_right_seq_wrong_ack_evasion"},
	{"nothing fits", "c S 0 0; s SA 0 1; c A 5 9", "3whs_wrong_seq_wrong_ack"},
	{"both open", "c S 0 0; s S 0 0; s SA 0 1; c SA 0 1; c A 1 1",
	 "3whs_synack_toserver_on_syn_recv"},
	{"both open, wrongly", "c S 0 0; s S 0 0; c SA 0 9", "4whs_synack_with_wrong_ack"},
	{"both open, other SYN", "c S 0 0; s S 0 0; c SA 5 1", "4whs_synack_with_wrong_syn"},
	{"ACK of what was not sent", SPOKEN "c A 101 90000", "est_invalid_ack pkt_invalid_ack"},
	{"out of window", SPOKEN "c PA 90000 51 10", "est_packet_out_of_window"},
	{"SYN again", SPOKEN "c S 0 0", "est_syn_resend"},
	{"SYN of another", SPOKEN "c S 9 0", "est_syn_resend_diff_seq"},
	{"SYN of the server", SPOKEN "s S 9 0", "est_syn_toclient"},
	{"SYN/ACK again", SPOKEN "s SA 0 1", "est_synack_resend_with_diff_ack"},
	{"SYN/ACK with another ACK", SPOKEN "s SA 0 9", "est_synack_resend_with_diff_ack"},
	{"SYN/ACK with another SEQ", SPOKEN "s SA 9 1", "est_synack_resend_with_diff_ack"},
	{"SYN/ACK of the client at last", SPOKEN "c SA 0 1", "est_synack_toserver"},
	{"sent again", SPOKEN "c PA 1 51 100", "pkt_spurious_retransmission"},
	{"ACK of the future", SPOKEN "s A 51 5000", ""},
	{"time runs back",
	 "c S 0 0 ts=100,0; s SA 0 1 ts=200,100; c A 1 1 ts=101,200; c PA 1 1 10 ts=50,200",
	 "pkt_invalid_timestamp"},
	{"RST of no use", SPOKEN "c R 90000 0", ""},
	{"RST", SPOKEN "c R 101 0", ""},
	{"beside a RST", SPOKEN "c R 101 0; s PA 51 101 20", ""},
	{"FIN out of window", SPOKEN "c FA 90000 51", "fin_out_of_window"},
	{"FIN with a wrong ACK", SPOKEN "c FA 101 90000", "fin_invalid_ack pkt_invalid_ack"},
	{"FIN before it is open", "c S 0 0; s SA 0 1; c FA 1 1", ""},
	{"FIN of the other", "c S 0 0; c FA 1 0", ""},
	{"FINs, again", SPOKEN "c FA 101 51; s A 51 102; c FA 101 51",
	 "closewait_fin_out_of_window"},
	{"a gap before the end", SPOKEN "c FA 101 51; s PA 60 102 5", ""},
	{"ACK behind the FIN is of the future", SPOKEN "c FA 101 51; s A 51 90000",
	 "closewait_invalid_ack pkt_invalid_ack"},
	{"ACK behind both is wrong", SPOKEN "c FA 101 51; s FA 51 102; c A 102 9000",
	 "lastack_invalid_ack pkt_invalid_ack"},
	{"FIN at a wrong place", SPOKEN "c FA 101 51; s FA 90000 102",
	 "closewait_fin_out_of_window"},
	{"bytes after the FIN", SPOKEN "c FA 101 51; c PA 102 51 10", ""},
	{"SYN while it ends", SPOKEN "s FA 51 101; c S 9 0", "shutdown_syn_resend"},
	{"all FINs and a wrong number", SPOKEN "s FA 51 101; c A 101 52; c FA 101 52; s A 9000 102",
	 "timewait_ack_wrong_seq"},
	{"all FINs and a wrong ACK", SPOKEN "s FA 51 101; c A 101 52; c FA 101 52; s A 52 90000",
	 "timewait_invalid_ack pkt_invalid_ack"},
	{"closing", SPOKEN "s FA 51 101; c FA 101 51; s A 52 90000",
	 "timewait_invalid_ack pkt_invalid_ack"},
	{"closing, wrong number", SPOKEN "s FA 51 101; c FA 101 51; s A 9000 102",
	 "timewait_ack_wrong_seq"},
	{"closed, and then",
	 SPOKEN "c FA 101 51; s A 51 102; s FA 51 102; c A 102 52; c PA 102 52 10", ""},
	{"a probe of no window", SPOKEN "s A 51 101 w=0; c PA 101 51 1", ""},
	{"keep alive", SPOKEN "c A 100 51; s A 51 101", ""},
	{"urgent and nothing else", SPOKEN "c U 101 51", ""},
};

static uint8_t
flags_of(const char *letters)
{
	static const char all[] = "FSRPAU";
	uint8_t flags = 0;

	for (; *letters != '\0'; letters++)
		flags |= (uint8_t)(1u << (strchr(all, *letters) - all));
	return flags;
}

/** Takes one segment of a script. */
static void
take_segment(struct tcp_watch *watch, const char *script, struct oddities *odd)
{
	static const uint32_t isn[2] = {100000, 500000};
	struct stream_segment tcp = {.window = 8000};
	char side, flags[8], rest[64] = "";
	const char *at;

	ck_assert_int_ge(
		sscanf(script, " %c %7s %u %u %u", &side, flags, &tcp.seq, &tcp.ack, &tcp.len), 4);
	sscanf(script, " %*c %*s %*u %*u %63[^;]", rest);
	at = strstr(rest, "ts=");
	tcp.has_ts = at != NULL && sscanf(at, "ts=%u,%u", &tcp.tsval, &tcp.tsecr) == 2;
	at = strstr(rest, "w=");
	if (at != NULL)
		sscanf(at, "w=%hu", &tcp.window);
	tcp.flags = flags_of(flags);
	tcp.seq += isn[side == 's'];
	tcp.ack = (tcp.flags & TCP_ACK) != 0 ? tcp.ack + isn[side == 'c'] : 0;
	tcp_watch_take(watch, &(struct watch_segment){.tcp = &tcp, .side = side == 's'}, odd);
}

START_TEST(test_segment_is_odd_as_expected)
{
	struct tcp_watch watch = {.state = WATCH_NONE};
	struct oddities odd = {.n = 0};

	for (const char *at = connections[_i].segments; at != NULL; at = strchr(at, ';')) {
		at += *at == ';';
		take_segment(&watch, at, &odd);
	}
	expect(connections[_i].name, &odd, connections[_i].events);
}
END_TEST

START_TEST(test_more_syns_than_can_be_remembered_are_a_flood)
{
	struct tcp_watch watch = {.state = WATCH_NONE};
	struct oddities odd = {.n = 0};
	char script[32];

	for (unsigned int i = 0; i <= WATCH_SYNS; i++) {
		snprintf(script, sizeof(script), "c S %u 0", 1000 * i);
		take_segment(&watch, script, &odd);
		ck_assert_uint_eq(odd.n, 0);
	}
	take_segment(&watch, "c S 999999 0", &odd);
	expect("flood", &odd, "3whs_syn_flood");
}
END_TEST

/* TLS. */

#define RANDOM "5252525252525252525252525252525252525252525252525252525252525252"
#define HELLO "160301003f0100003b0303" RANDOM "000004002fc02f0100000e0000000a0008000005612e636f6d"

/** Records of a client. */
static const struct {
	const char *name, *records, *events;
} records[] = {
	{"hello", HELLO, ""},
	{"name is longer than what is there",
	 "160303003f0100003b0303" RANDOM "000004002fc02f0100000e0000000a0008000032612e636f6d",
	 "tls.invalid_sni_length"},
	{"name of another type",
	 "160303003f0100003b0303" RANDOM "000004002fc02f0100000e0000000a0008030005612e636f6d",
	 "tls.invalid_sni_type"},
	{"two names",
	 "160303004d010000490303" RANDOM
	 "000004002fc02f0100001c0000000a0008000005612e636f6d0000000a0008000005612e636f6d",
	 "tls.multiple_sni_extensions"},
	{"extensions are longer than the hello",
	 "160303003f0100003b0303" RANDOM "000004002fc02f010001f40000000a0008000005612e636f6d",
	 "tls.handshake_invalid_length"},
	{"version of a record", HELLO "1605050001ff", "tls.invalid_record_version"},
	{"type of a record", HELLO "0003030003616263", "tls.invalid_record_type"},
	{"too long a record", HELLO "1703034e2078787878", "tls.invalid_record_length"},
	{"empty record", HELLO "1703030000", "tls.invalid_record_length"},
	{"heartbeat that bleeds", HELLO "18030300060140006162630000",
	 "tls.overflow_heartbeat_message"},
};

START_TEST(test_record_is_odd_as_expected)
{
	struct wp_span bytes = bytes_of(records[_i].records);
	struct tls_watch whole = {.n_head = 0}, parts = {.n_head = 0};
	struct oddities odd = {.n = 0}, odd_parts = {.n = 0};

	tls_watch_take(&whole, bytes, true, &odd);
	expect(records[_i].name, &odd, records[_i].events);
	/* Nothing is read behind what there is, wherever that ends. */
	for (uint32_t i = 0; i < bytes.size; i++)
		tls_watch_take(&parts, (struct wp_span){bytes.data + i, 1}, true, &odd_parts);
	ck_assert_uint_le(odd_parts.n, 1);
}
END_TEST

/* SSH. */

#define BANNER "5353482d322e302d780d0a" /* SSH-2.0-x */
#define KEXINIT "0000000c0a1400000000000000000000"

static const struct {
	const char *name, *bytes, *events;
} banners[] = {
	{"as it should be", BANNER KEXINIT KEXINIT, ""},
	{"no version of the software", "5353482d322e300d0a" KEXINIT, "ssh.invalid_banner"},
	{"no version", "5353482d2d780d0a" KEXINIT, "ssh.invalid_banner"},
	{"another protocol", "53495020322e300d0a00000000", ""},
	{"empty packet", BANNER "00000000" KEXINIT, "ssh.invalid_record"},
	{"packet too small", BANNER KEXINIT "0000000100", "ssh.invalid_record"},
	{"behind new keys", BANNER KEXINIT "0000000c0a150000000000000000000000000000000000", ""},
};

START_TEST(test_banner_and_packets_are_odd_as_expected)
{
	struct wp_span bytes = bytes_of(banners[_i].bytes);
	struct ssh_watch whole = {.phase = 0}, parts = {.phase = 0};
	struct oddities odd = {.n = 0}, odd_parts = {.n = 0};

	ssh_watch_take(&whole, bytes, &odd);
	expect(banners[_i].name, &odd, banners[_i].events);
	for (uint32_t i = 0; i < bytes.size; i++)
		ssh_watch_take(&parts, (struct wp_span){bytes.data + i, 1}, &odd_parts);
	expect(banners[_i].name, &odd_parts, banners[_i].events);
}
END_TEST

START_TEST(test_banner_may_have_255_bytes)
{
	for (unsigned int size = 253; size < 260; size++) {
		struct ssh_watch watch = {.phase = 0};
		struct oddities odd = {.n = 0};
		char banner[512];

		memset(banner, 'x', sizeof(banner));
		memcpy(banner, "SSH-2.0-", 8);
		snprintf(banner + size, sizeof(banner) - size, "\r\n");
		ssh_watch_take(&watch, text_of(banner), &odd);
		expect("size", &odd, size > 255 ? "ssh.long_banner" : "");
	}
}
END_TEST

/* SMTP. */

/** A session: a command as 'c' and enum wp_smtp_command, or a reply as 's' and its code, or '-' and
 * the code when more lines follow, or 'a' and an anomaly. */
static const struct {
	const char *name;
	struct {
		char side;
		unsigned int what;
	} lines[8];
	const char *events;
} sessions[] = {
	{"as it should be",
	 {{'s', 220}, {'c', WP_SMTP_EHLO}, {'-', 250}, {'s', 250}, {'c', WP_SMTP_QUIT}, {'s', 221}},
	 ""},
	{"no welcome", {{'c', WP_SMTP_EHLO}}, "smtp.no_server_welcome_message"},
	{"welcome that has not ended",
	 {{'-', 220}, {'c', WP_SMTP_EHLO}},
	 "smtp.no_server_welcome_message"},
	{"welcome of no code", {{'s', 999}}, "smtp.no_server_welcome_message"},
	{"reply of no code",
	 {{'s', 220}, {'c', WP_SMTP_NOOP}, {'s', 299}, {'c', WP_SMTP_NOOP}, {'s', 0}},
	 "smtp.invalid_reply"},
	{"two hellos",
	 {{'s', 220}, {'c', WP_SMTP_EHLO}, {'s', 250}, {'c', WP_SMTP_HELO}},
	 "smtp.duplicate_fields"},
	{"two senders",
	 {{'s', 220}, {'c', WP_SMTP_MAIL}, {'s', 250}, {'c', WP_SMTP_MAIL}},
	 "smtp.duplicate_fields"},
	{"two messages",
	 {{'s', 220},
	  {'c', WP_SMTP_MAIL},
	  {'c', WP_SMTP_END_OF_DATA},
	  {'c', WP_SMTP_MAIL},
	  {'c', WP_SMTP_RSET},
	  {'c', WP_SMTP_MAIL}},
	 ""},
	{"no data",
	 {{'s', 220}, {'c', WP_SMTP_DATA_BEGINS}, {'s', 554}},
	 "smtp.data_command_rejected"},
	{"data", {{'s', 220}, {'c', WP_SMTP_DATA_BEGINS}, {'-', 354}, {'s', 354}}, ""},
	{"reply to another command",
	 {{'s', 220}, {'c', WP_SMTP_NOOP}, {'c', WP_SMTP_DATA_BEGINS}, {'s', 250}, {'s', 354}},
	 ""},
	{"no TLS", {{'s', 220}, {'c', WP_SMTP_STARTTLS}, {'s', 502}}, "smtp.tls_rejected"},
	{"line", {{'s', 220}, {'a', WP_L7_TOO_LONG}}, "smtp.truncated_line"},
	{"early data",
	 {{'s', 220}, {'c', WP_SMTP_DATA_BEGINS}, {'a', WP_SMTP_EARLY_DATA}},
	 "smtp.invalid_pipelined_sequence"},
	{"data that was refused",
	 {{'s', 220}, {'c', WP_SMTP_DATA_BEGINS}, {'s', 354}, {'a', WP_SMTP_EARLY_DATA}},
	 ""},
};

/** Takes one line of a session. */
static void
take_line(struct smtp_watch *watch, char side, unsigned int what, struct oddities *odd)
{
	struct wp_text_line line = {.is_last = side == 's'};

	if (side == 'c') {
		line.command = (uint8_t)what;
		smtp_watch_command(watch, &line, odd);
	} else if (side == 'a') {
		smtp_watch_anomaly(watch, what, odd);
	} else {
		line.code = (uint16_t)what;
		smtp_watch_reply(watch, &line, odd);
	}
}

START_TEST(test_session_is_odd_as_expected)
{
	struct smtp_watch watch = {.n_waiting = 0};
	struct oddities odd = {.n = 0};

	for (int i = 0; i < ROWS(sessions[0].lines) && sessions[_i].lines[i].side != '\0'; i++)
		take_line(&watch, sessions[_i].lines[i].side, sessions[_i].lines[i].what, &odd);
	expect(sessions[_i].name, &odd, sessions[_i].events);
}
END_TEST

START_TEST(test_tls_is_awaited_when_it_was_granted)
{
	struct smtp_watch watch = {.n_waiting = 0};
	struct oddities odd = {.n = 0};

	take_line(&watch, 's', 220, &odd);
	take_line(&watch, 'c', WP_SMTP_STARTTLS, &odd);
	ck_assert(!watch.awaits_tls);
	take_line(&watch, '-', 220, &odd);
	ck_assert(!watch.awaits_tls);
	take_line(&watch, 's', 220, &odd);
	ck_assert(watch.awaits_tls);
}
END_TEST

START_TEST(test_more_commands_than_can_be_remembered_are_lost)
{
	struct smtp_watch watch = {.n_waiting = 0};
	struct oddities odd = {.n = 0};

	take_line(&watch, 's', 220, &odd);
	for (unsigned int i = 0; i < 3 * WATCH_COMMANDS; i++)
		take_line(&watch, 'c', WP_SMTP_DATA_BEGINS, &odd);
	for (unsigned int i = 0; i < 3 * WATCH_COMMANDS; i++)
		take_line(&watch, 's', 554, &odd);
	ck_assert_uint_eq(odd.n, 0);
}
END_TEST

/* How connections begin. */

#define GET "GET /a HTTP/1.1\r\n\r\n"
#define OK "HTTP/1.1 200 OK\r\n\r\n"
#define CLIENT_TLS "\x16\x03\x01\x02\x01"
#define JUNK "zzzz junk junk junk junk junk"

static const struct {
	const char *name, *client, *server;
	bool server_first;
	const char *events;
} beginnings[] = {
	{"HTTP", GET, OK, false, ""},
	{"HTTP, the answer first", GET, OK, true, ""},
	{"any case", "get /a http/1.1\r\n", "http/1.0 200 OK\r\n", false, ""},
	{"method that nobody knows", "BREW /aaaaaaaaaaaaaaaaaaaaaaa HTTP/1.1\r\n", OK, false,
	 "applayer_detect_protocol_only_one_direction"},
	{"junk to HTTP", GET, JUNK, false, "applayer_detect_protocol_only_one_direction"},
	{"junk from the client", JUNK, OK, false, "applayer_detect_protocol_only_one_direction"},
	{"little of it", "zzzz junk", OK, false, ""},
	{"nothing is known", JUNK, JUNK, false, ""},
	{"two protocols", GET, "SSH-2.0-OpenSSH", false,
	 "applayer_mismatch_protocol_both_directions"},
	{"SMTP", "EHLO a\r\n", "220 a ESMTP b\r\n", true,
	 "applayer_detect_protocol_only_one_direction"},
	{"TLS", CLIENT_TLS, "\x16\x03\x03\x02\x02", false, ""},
	{"TLS of the server first", CLIENT_TLS, "\x16\x03\x03\x02\x02", true,
	 "applayer_wrong_direction_first_data"},
	{"TLS behind something", CLIENT_TLS, JUNK, true, ""},
	{"TLS before something", CLIENT_TLS, JUNK, false,
	 "applayer_detect_protocol_only_one_direction"},
	{"old hello", "\x80\x2e\x01\x03\x01", "\x16\x03\x01\x02\x02", false, ""},
	{"SMB", "\x01\x01\x01\x40\xfeSMBaaaa", "\x01\x01\x01\x40\xffSMBaaaa", false, ""},
};

/** Takes what the sides begin with, so many bytes at a time. */
static void
begin(int row, uint32_t step, struct oddities *odd)
{
	struct first_bytes sides[2] = {{.n = 0}, {.n = 0}};

	for (unsigned int i = 0; i < 2; i++) {
		unsigned int side = beginnings[row].server_first ? !i : i;
		struct wp_span all = text_of(side == WP_CLIENT ? beginnings[row].client
							       : beginnings[row].server);

		for (uint32_t at = 0; at < all.size; at += step)
			first_bytes_take(sides, side, at,
					 (struct wp_span){all.data + at, all.size - at < step
										 ? all.size - at
										 : step},
					 odd);
	}
}

START_TEST(test_beginning_is_odd_as_expected)
{
	for (uint32_t step = 1; step < 64; step *= 2) {
		struct oddities odd = {.n = 0};

		begin(_i, step, &odd);
		expect(beginnings[_i].name, &odd, beginnings[_i].events);
	}
}
END_TEST

START_TEST(test_nothing_is_said_behind_missing_bytes)
{
	struct first_bytes sides[2] = {{.n = 0}, {.n = 0}};
	struct oddities odd = {.n = 0};

	first_bytes_take(sides, WP_CLIENT, 7, text_of(GET), &odd);
	first_bytes_take(sides, WP_SERVER, 0, text_of(JUNK), &odd);
	ck_assert_uint_eq(odd.n, 0);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("watch");

	tcase_add_loop_test(tcase, test_segment_is_odd_as_expected, 0, ROWS(connections));
	tcase_add_test(tcase, test_more_syns_than_can_be_remembered_are_a_flood);
	tcase_add_loop_test(tcase, test_record_is_odd_as_expected, 0, ROWS(records));
	tcase_add_loop_test(tcase, test_banner_and_packets_are_odd_as_expected, 0, ROWS(banners));
	tcase_add_test(tcase, test_banner_may_have_255_bytes);
	tcase_add_loop_test(tcase, test_session_is_odd_as_expected, 0, ROWS(sessions));
	tcase_add_test(tcase, test_tls_is_awaited_when_it_was_granted);
	tcase_add_test(tcase, test_more_commands_than_can_be_remembered_are_lost);
	tcase_add_loop_test(tcase, test_beginning_is_odd_as_expected, 0, ROWS(beginnings));
	tcase_add_test(tcase, test_nothing_is_said_behind_missing_bytes);
	return unit_main("ids_watch", tcase);
}
