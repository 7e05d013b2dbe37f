/* SPDX-License-Identifier: BSD-3-Clause */
/* services/ids/match/view.c, and what rules see of protocols other than HTTP. */

#include <string.h>

#include "match/view.h"
#include "stream/l7/dns.h"
#include "stream/l7/smb.h"
#include "stream/l7/smtp.h"
#include "stream/l7/ssh.h"
#include "stream/l7/tls.h"
#include "unit.h"

static struct view view;

static struct wp_span
span(const char *text)
{
	return (struct wp_span){(const uint8_t *)text, (uint32_t)strlen(text)};
}

/** @param expected  NULL: there is none */
static void
check_bytes(enum buffer_id buffer, unsigned int index, const char *expected, size_t size)
{
	struct wp_span found;
	bool is_there = view_get(&view, buffer, index, &found);

	if (expected == NULL) {
		ck_assert_msg(!is_there, "buffer %d is there", buffer);
		return;
	}
	ck_assert_msg(is_there, "buffer %d is not there", buffer);
	ck_assert_msg(found.size == size && memcmp(found.data, expected, size) == 0,
		      "buffer %d: '%.*s', not '%s'", buffer, (int)found.size,
		      (const char *)found.data, expected);
}

static void
check(enum buffer_id buffer, unsigned int index, const char *expected)
{
	check_bytes(buffer, index, expected, expected == NULL ? 0 : strlen(expected));
}

START_TEST(test_names_of_questions_are_bytes)
{
	const struct wp_dns_question questions[] = {
		{.name = {.text = span("WwW.Example.com"), .n_labels = 3}},
		{.name = {.text = span("."), .n_labels = 0}},
		{.name = {.text = span("a\\.b.c\\\\d.\\000\\255\\ "), .n_labels = 3}},
		{.name = {.n_labels = 1}},
		{.name = {.text = span("x"), .n_labels = 1}},
	};
	const struct wp_dns_message dns = {.questions = questions, .n_questions_told = 5};
	const struct wp_stream_event event = {.type = WP_DNS_MESSAGE, .dns = &dns};

	view_open(&view, &event);
	check(BUFFER_DNS_QUERY, 0, "WwW.Example.com");
	check_bytes(BUFFER_DNS_QUERY, 1, "a.b.c\\d.\0\xff ", 11);
	check(BUFFER_DNS_QUERY, 2, "x");
	check(BUFFER_DNS_QUESTION, 0, "WwW.Example.com");
	check(BUFFER_DNS_QUERY, 3, NULL);
	check(BUFFER_DNS_ANSWER, 0, NULL);
	check(BUFFER_HTTP_URI, 0, NULL);
}
END_TEST

START_TEST(test_responses_have_names_of_answers)
{
	const struct wp_dns_question question = {.name = {.text = span("q"), .n_labels = 1}};
	const struct wp_dns_record records[] = {
		{.name = {.text = span("a.b"), .n_labels = 2}, .section = WP_DNS_ANSWER},
		{.name = {.text = span("n"), .n_labels = 1}, .section = WP_DNS_AUTHORITY},
	};
	const struct wp_dns_message dns = {.questions = &question,
					   .n_questions_told = 1,
					   .records = records,
					   .n_records_told = 2,
					   .is_response = true};
	const struct wp_stream_event event = {.type = WP_DNS_MESSAGE, .dns = &dns};

	view_open(&view, &event);
	check(BUFFER_DNS_QUERY, 0, NULL);
	check(BUFFER_DNS_QUESTION, 0, "q");
	check(BUFFER_DNS_ANSWER, 0, "a.b");
	check(BUFFER_DNS_ANSWER, 1, NULL);
}
END_TEST

START_TEST(test_hellos)
{
	struct wp_tls_hello hello = {.random = (const uint8_t *)"0123456789abcdef0123456789ABCDEF",
				     .server_name = {(const uint8_t *)"a.b\0c", 5},
				     .alpn = {(const uint8_t *)"\2h2\x8http/1.1", 12},
				     .ja3 = span("771,1-2,,,"),
				     .ja3_hash = "0cc175b9c0f1b6a831c399e269772661",
				     .is_client = true};
	const struct wp_stream_event event = {.type = WP_TLS_HELLO, .tls = &hello};

	view_open(&view, &event);
	check(BUFFER_TLS_SNI, 0, "a.b");
	check(BUFFER_TLS_ALPN, 0, "h2");
	check(BUFFER_TLS_ALPN, 1, "http/1.1");
	check(BUFFER_TLS_ALPN, 2, NULL);
	check(BUFFER_TLS_RANDOM, 0, "0123456789abcdef0123456789ABCDEF");
	check(BUFFER_TLS_RANDOM_TIME, 0, "0123");
	check(BUFFER_TLS_RANDOM_BYTES, 0, "456789abcdef0123456789ABCDEF");
	check(BUFFER_JA3_STRING, 0, "771,1-2,,,");
	check(BUFFER_JA3_HASH, 0, "0cc175b9c0f1b6a831c399e269772661");
	check(BUFFER_JA3S_HASH, 0, NULL);
	hello = (struct wp_tls_hello){.ja3 = span("771,1,")};
	view_open(&view, &event);
	check(BUFFER_JA3S_STRING, 0, "771,1,");
	check(BUFFER_JA3S_HASH, 0, NULL);
	check(BUFFER_JA3_STRING, 0, NULL);
	check(BUFFER_TLS_SNI, 0, NULL);
	check(BUFFER_TLS_RANDOM, 0, NULL);
	check(BUFFER_TLS_ALPN, 0, NULL);
}
END_TEST

START_TEST(test_certificates)
{
	struct wp_tls_certificate first = {.names = {span("a.b"), span("c.d")},
					   .n_names = 2,
					   .is_sound = true,
					   .serial = "00:FF",
					   .fingerprint = "0a:ff",
					   .subject = "CN=a\\\\b\\x09c",
					   .issuer = ""};
	const struct wp_tls_certificates certificates = {
		.ders = {span("one"), span("two")}, .first = &first, .n = 2};
	const struct wp_stream_event event = {.type = WP_TLS_CERTIFICATES,
					      .certificates = &certificates};

	view_open(&view, &event);
	check(BUFFER_TLS_CERTIFICATES, 0, "one");
	check(BUFFER_TLS_CERTIFICATES, 1, "two");
	check(BUFFER_TLS_CERTIFICATES, 2, NULL);
	check(BUFFER_TLS_ALT_NAME, 1, "c.d");
	check(BUFFER_TLS_SUBJECT, 0, "CN=a\\b\tc");
	check(BUFFER_TLS_ISSUER, 0, "");
	check(BUFFER_TLS_SERIAL, 0, "00:FF");
	check(BUFFER_TLS_FINGERPRINT, 0, "0a:ff");
	strcpy(first.subject, "CN=a\\x00b");
	view_open(&view, &event);
	check_bytes(BUFFER_TLS_SUBJECT, 0, "CN=a\0b", 6);
	/* What could be read of it is there: clients that verify nothing do not mind the rest. */
	first.is_sound = false;
	view_open(&view, &event);
	check(BUFFER_TLS_CERTIFICATES, 0, "one");
	check_bytes(BUFFER_TLS_SUBJECT, 0, "CN=a\0b", 6);
	check(BUFFER_TLS_SERIAL, 0, "00:FF");
	check(BUFFER_TLS_FINGERPRINT, 0, "0a:ff");
	check(BUFFER_TLS_ISSUER, 0, NULL);
}
END_TEST

/** What stands in front of a part of a name does not hide it. */
START_TEST(test_long_names_are_whole)
{
	static const char front[] = "\x30\x82\x08\x0f\x30\x82\x08\x0b\x02\x01\x01\x30\x00\x30\x00"
				    "\x30\x00\x30\x82\x07\xfe\x31\x82\x07\xed\x30\x82\x07\xe9\x06"
				    "\x03\x55\x04\x0b\x0c\x82\x07\xe0";
	static const char behind[] = "\x31\x0b\x30\x09\x06\x03\x55\x04\x03\x0c\x02\xffz";
	enum { PADDING = 2016, FRONT = sizeof(front) - 1, SIZE = FRONT + PADDING + 13 };
	uint8_t der[SIZE];
	struct wp_tls_certificate first;
	struct wp_tls_certificates certificates = {.ders = {{der, SIZE}}, .first = &first, .n = 1};
	const struct wp_stream_event event = {.type = WP_TLS_CERTIFICATES,
					      .certificates = &certificates};
	struct wp_span subject;

	memcpy(der, front, FRONT);
	memset(der + FRONT, 1, PADDING);
	memcpy(der + FRONT + PADDING, behind, sizeof(behind) - 1);
	wp_tls_certificate_read(certificates.ders[0], &first);
	ck_assert_ptr_null(strstr(first.subject, "CN="));
	view_open(&view, &event);
	check(BUFFER_TLS_SERIAL, 0, "01");
	ck_assert(view_get(&view, BUFFER_TLS_SUBJECT, 0, &subject));
	ck_assert_uint_eq(subject.size, PADDING + 10);
	ck_assert_int_eq(memcmp(subject.data, "OU=\1\1", 5), 0);
	ck_assert_int_eq(memcmp(subject.data + 3 + PADDING, ", CN=\xffz", 7), 0);
}
END_TEST

/** Certificates of large sites have a hundred. */
START_TEST(test_all_names_of_a_certificate_are_there)
{
	static const char front[] = "\x30\x81\xd7\x30\x81\xd4\x02\x01\x01\x30\x00\x30\x00\x30\x00"
				    "\x30\x00\x30\x00\xa3\x81\xc4\x30\x81\xc1\x30\x81\xbe\x06\x03"
				    "\x55\x1d\x11\x04\x81\xb6\x30\x81\xb3";
	enum { NAMES = 179 / 3, FRONT = sizeof(front) - 1, SIZE = FRONT + 179 };
	uint8_t der[SIZE];
	struct wp_tls_certificate first;
	struct wp_tls_certificates certificates = {.ders = {{der, SIZE}}, .first = &first, .n = 1};
	const struct wp_stream_event event = {.type = WP_TLS_CERTIFICATES,
					      .certificates = &certificates};

	memcpy(der, front, FRONT);
	for (unsigned int i = 0; i < NAMES; i++)
		memcpy(der + FRONT + 3 * i, i + 1 == NAMES ? "\x82\x01z" : "\x82\x01y", 3);
	memcpy(der + FRONT + 3 * NAMES, "\x81\0", 2);
	wp_tls_certificate_read(certificates.ders[0], &first);
	ck_assert_uint_eq(first.n_names, WP_TLS_NAMES_MAX);
	view_open(&view, &event);
	check(BUFFER_TLS_ALT_NAME, 0, "y");
	check(BUFFER_TLS_ALT_NAME, NAMES - 1, "z");
	check(BUFFER_TLS_ALT_NAME, NAMES, NULL);
}
END_TEST

START_TEST(test_ssh)
{
	struct wp_ssh_banner ssh = {.proto = span("2.0"), .software = span("OpenSSH_9.2p1")};
	struct wp_stream_event event = {.type = WP_SSH_BANNER, .ssh = &ssh, .side = WP_SERVER};

	view_open(&view, &event);
	check(BUFFER_SSH_PROTOCOL, 0, "2.0");
	check(BUFFER_SSH_SOFTWARE, 0, "OpenSSH_9.2p1");
	check(BUFFER_SSH_HASSH_SERVER_STRING, 0, NULL);
	ssh.kex = span("k,l");
	ssh.ciphers[WP_CLIENT] = span("c");
	ssh.ciphers[WP_SERVER] = span("s");
	ssh.macs[WP_SERVER] = span("m");
	ssh.hassh = span("00");
	view_open(&view, &event);
	check(BUFFER_SSH_HASSH_SERVER, 0, "00");
	check(BUFFER_SSH_HASSH_SERVER_STRING, 0, "k,l;s;m;");
	check(BUFFER_SSH_HASSH, 0, NULL);
	event.side = WP_CLIENT;
	view_open(&view, &event);
	check(BUFFER_SSH_HASSH, 0, "00");
	check(BUFFER_SSH_HASSH_STRING, 0, "k,l;c;;");
	check(BUFFER_SSH_HASSH_SERVER_STRING, 0, NULL);
}
END_TEST

static const struct {
	uint8_t command;
	const char *argument;
	enum buffer_id buffer;
	const char *expected;
} commands[] = {
	{WP_SMTP_HELO, "me.x ", BUFFER_SMTP_HELO, "me.x"},
	{WP_SMTP_EHLO, "[1.2.3.4] foo", BUFFER_SMTP_HELO, "[1.2.3.4]"},
	{WP_SMTP_EHLO, "", BUFFER_SMTP_HELO, ""},
	{WP_SMTP_MAIL, "FROM:<a@b> SIZE=3", BUFFER_SMTP_MAIL_FROM, "<a@b>"},
	{WP_SMTP_MAIL, "FROM: a@b", BUFFER_SMTP_MAIL_FROM, "a@b"},
	{WP_SMTP_MAIL, "FROM", BUFFER_SMTP_MAIL_FROM, NULL},
	{WP_SMTP_MAIL, "FROM:<a@b>", BUFFER_SMTP_RCPT_TO, NULL},
	{WP_SMTP_RCPT, "TO:<c@d>", BUFFER_SMTP_RCPT_TO, "<c@d>"},
	{WP_SMTP_QUIT, "x", BUFFER_SMTP_HELO, NULL},
};

START_TEST(test_smtp)
{
	const struct wp_text_line line = {.argument = span(commands[_i].argument),
					  .command = commands[_i].command};
	const struct wp_stream_event event = {.type = WP_SMTP_COMMAND, .line = &line};

	view_open(&view, &event);
	check(commands[_i].buffer, 0, commands[_i].expected);
}
END_TEST

START_TEST(test_smb)
{
	struct wp_smb_message smb = {.version = WP_SMB_2,
				     .share = span("\\\\h\\IPC$"),
				     .is_pipe = true,
				     .user = span("u"),
				     .domain = span("d"),
				     .ntlmssp = 3};
	const struct wp_stream_event event = {.type = WP_SMB_MESSAGE, .smb = &smb};

	view_open(&view, &event);
	check(BUFFER_SMB_NAMED_PIPE, 0, "\\\\h\\IPC$");
	check(BUFFER_SMB_SHARE, 0, NULL);
	check(BUFFER_SMB_NTLMSSP_USER, 0, "u");
	check(BUFFER_SMB_NTLMSSP_DOMAIN, 0, "d");
	smb.version = WP_SMB_1;
	smb.is_pipe = false;
	smb.ntlmssp = 2;
	view_open(&view, &event);
	check(BUFFER_SMB_NAMED_PIPE, 0, NULL);
	check(BUFFER_SMB_SHARE, 0, "\\h\\IPC$");
	check(BUFFER_SMB_NTLMSSP_DOMAIN, 0, NULL);
}
END_TEST

START_TEST(test_what_was_made_is_not_made_again)
{
	const struct wp_dns_question question = {.name = {.text = span("a\\.b"), .n_labels = 1}};
	const struct wp_dns_message dns = {.questions = &question, .n_questions_told = 1};
	const struct wp_stream_event event = {.type = WP_DNS_MESSAGE, .dns = &dns};
	uint32_t used;

	view_open(&view, &event);
	check(BUFFER_DNS_QUERY, 0, "a.b");
	used = view.used;
	ck_assert_uint_ne(used, 0);
	check(BUFFER_DNS_QUERY, 0, "a.b");
	ck_assert_uint_eq(view.used, used);
	view_open(&view, &event);
	ck_assert_uint_eq(view.used, 0);
}
END_TEST

START_TEST(test_other_events_have_no_buffers)
{
	const struct wp_stream_event event = {.type = (uint8_t)_i};

	view_open(&view, &event);
	for (int buffer = 0; buffer < BUFFERS; buffer++)
		check(buffer, 0, NULL);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("view");

	tcase_add_test(tcase, test_names_of_questions_are_bytes);
	tcase_add_test(tcase, test_responses_have_names_of_answers);
	tcase_add_test(tcase, test_hellos);
	tcase_add_test(tcase, test_certificates);
	tcase_add_test(tcase, test_long_names_are_whole);
	tcase_add_test(tcase, test_all_names_of_a_certificate_are_there);
	tcase_add_test(tcase, test_ssh);
	tcase_add_loop_test(tcase, test_smtp, 0, ROWS(commands));
	tcase_add_test(tcase, test_smb);
	tcase_add_test(tcase, test_what_was_made_is_not_made_again);
	tcase_add_loop_test(tcase, test_other_events_have_no_buffers, WP_FLOW_START, WP_HTTP_HEAD);
	return unit_main("view", tcase);
}
