/* SPDX-License-Identifier: BSD-3-Clause */
/* services/ids/out: sessions of TLS, SSH, SMTP, FTP and SMB as records. */

#include "record_bed.h"
#include "stream/l7/ftp.h"
#include "stream/l7/smb.h"
#include "stream/l7/smtp.h"
#include "stream/l7/ssh.h"
#include "stream/l7/tls.h"
#include "unit.h"

START_TEST(test_tls_is_hellos_and_certificates)
{
	struct wp_tls_hello hellos[] = {
		{.is_client = true,
		 .version = 0x0304,
		 .server_name = bed_span("example.org"),
		 .ja3 = bed_span("771,1,2"),
		 .ja3_hash = "0123456789abcdef0123456789abcdef"},
		{.version = 0x0303, .ja3 = bed_span("771,3"), .ja3_hash = "f"}};
	struct wp_tls_certificate first = {.not_before = 1424184331,
					   .serial = "0A:FF",
					   .fingerprint = "aa:bb",
					   .subject = "CN=\"x\"",
					   .issuer = "CN=y"};
	struct wp_tls_certificates certificates = {.first = &first, .n = 1}, none = {.n = 0};
	struct wp_stream_event events[] = {
		{.type = WP_TLS_HELLO, .tls = &hellos[0]},
		{.type = WP_TLS_HELLO, .tls = &hellos[1], .side = WP_SERVER},
		{.type = WP_TLS_CERTIFICATES, .certificates = &certificates, .side = WP_SERVER},
		{.type = WP_TLS_CERTIFICATES, .certificates = &none, .side = WP_CLIENT},
	};
	struct record_context context = bed_context(&events[0]);
	size_t used = 0;

	record_message(&record, &context, RECORD_TLS);
	CHECK({"tls.sni", "\"example.org\""}, {"tls.version", "\"UNDETERMINED\""},
	      {"tls.ja3", "{\"hash\":\"0123456789abcdef0123456789abcdef\",\"string\":\"771,1,2\"}"},
	      {"tls.ja3s", NULL}, {"tls.subject", NULL}, {"tx_id", NULL});
	for (int i = 0; i < ROWS(events); i++)
		used = record_keep(kept, sizeof(kept), used, &events[i]);
	context.event = NULL;
	context.kept = (struct wp_span){kept, (uint32_t)used};
	record_message(&record, &context, RECORD_TLS);
	CHECK({"tls.sni", "\"example.org\""}, {"tls.version", "\"TLS 1.2\""},
	      {"tls.ja3s.string", "\"771,3\""}, {"tls.subject", "\"CN=\\\"x\\\"\""},
	      {"tls.issuerdn", "\"CN=y\""}, {"tls.serial", "\"0A:FF\""},
	      {"tls.fingerprint", "\"aa:bb\""}, {"tls.notbefore", "\"2015-02-17T14:45:31\""},
	      {"tls.notafter", NULL}, {"tls.client", NULL});
	events[2].side = WP_CLIENT;
	used = record_keep(kept, sizeof(kept), used, &events[2]);
	context.kept.size = (uint32_t)used;
	record_message(&record, &context, RECORD_TLS);
	CHECK({"tls.client.subject", "\"CN=\\\"x\\\"\""},
	      {"tls.client.notbefore", "\"2015-02-17T14:45:31\""});
}
END_TEST

START_TEST(test_ssh_is_both_sides)
{
	struct wp_ssh_banner banner = {.proto = bed_span("2.0"),
				       .software = bed_span("OpenSSH_9.2p1"),
				       .kex = bed_span("k1,k2"),
				       .ciphers = {bed_span("c"), bed_span("C")},
				       .macs = {bed_span("m"), bed_span("M")},
				       .compressions = {bed_span("z"), bed_span("Z")},
				       .hassh = bed_span("0123456789abcdef0123456789abcdef")};
	struct wp_stream_event events[] = {
		{.type = WP_SSH_BANNER, .ssh = &banner, .detail = WP_SSH_LINE},
		{.type = WP_SSH_BANNER, .ssh = &banner, .detail = WP_SSH_KEXINIT},
		{.type = WP_SSH_BANNER,
		 .ssh = &banner,
		 .detail = WP_SSH_KEXINIT,
		 .side = WP_SERVER}};
	struct record_context context = bed_context(NULL);
	size_t used = 0;

	for (int i = 0; i < ROWS(events); i++)
		used = record_keep(kept, sizeof(kept), used, &events[i]);
	context.kept = (struct wp_span){kept, (uint32_t)used};
	context.tx = 0;
	record_message(&record, &context, RECORD_SSH);
	CHECK({"tx_id", "0"}, {"ssh.client.proto_version", "\"2.0\""},
	      {"ssh.client.software_version", "\"OpenSSH_9.2p1\""},
	      {"ssh.client.hassh.hash", "\"0123456789abcdef0123456789abcdef\""},
	      {"ssh.client.hassh.string", "\"k1,k2;c;m;z\""},
	      {"ssh.server.proto_version", "\"2.0\""},
	      {"ssh.server.hassh.string", "\"k1,k2;C;M;Z\""});
}
END_TEST

/** The port that a client names counts when the server has answered. */
START_TEST(test_ftp_of_clients_that_listen)
{
	struct wp_text_line lines[] = {
		{.command = WP_FTP_EPRT,
		 .verb = bed_span("EPRT"),
		 .argument = bed_span("|1|192.0.2.1|1026|"),
		 .has_endpoint = true,
		 .endpoint = {.port = 1026}},
		{.code = 200, .text = bed_span("ok")},
	};
	struct wp_stream_event event = {.type = WP_FTP_COMMAND, .line = &lines[0]};
	struct record_context context = bed_context(NULL);
	size_t used = record_keep(kept, sizeof(kept), 0, &event);

	context.kept = (struct wp_span){kept, (uint32_t)used};
	record_message(&record, &context, RECORD_FTP);
	CHECK({"ftp.command", "\"EPRT\""}, {"ftp.dynamic_port", NULL}, {"ftp.mode", NULL});
	event = (struct wp_stream_event){.type = WP_FTP_REPLY, .line = &lines[1]};
	context.kept.size = (uint32_t)record_keep(kept, sizeof(kept), used, &event);
	record_message(&record, &context, RECORD_FTP);
	CHECK({"ftp.completion_code", "[\"200\"]"}, {"ftp.dynamic_port", "1026"},
	      {"ftp.mode", "\"active\""});
}
END_TEST

/** What is not whole says so. */
START_TEST(test_ftp_of_long_lines)
{
	static const uint8_t text[2000] = {'x'};
	struct wp_text_line lines[] = {
		{.command = WP_FTP_STOR, .verb = bed_span("STOR"), .argument = {text, 1019}},
		{.code = 550, .text = {text, sizeof(text)}},
	};

	for (int i = 0; i < 2; i++) {
		struct wp_stream_event event = {.type = WP_FTP_COMMAND, .line = &lines[0]};
		struct record_context context = bed_context(NULL);
		size_t used = record_keep(kept, sizeof(kept), 0, &event);

		event = (struct wp_stream_event){.type = WP_FTP_REPLY, .line = &lines[1]};
		used = record_keep(kept, sizeof(kept), used, &event);
		context.kept = (struct wp_span){kept, (uint32_t)used};
		record_message(&record, &context, RECORD_FTP);
		CHECK({"ftp.command_truncated", i == 0 ? "true" : "false"},
		      {"ftp.reply_truncated", i == 0 ? "true" : "false"});
		lines[0].argument.size--;
		lines[1].text.size = 1;
	}
}
END_TEST

START_TEST(test_smtp_and_ftp_and_smb)
{
	struct wp_text_line lines[] = {
		{.command = WP_SMTP_EHLO, .argument = bed_span("me")},
		{.command = WP_SMTP_MAIL, .path = bed_span("a@b")},
		{.command = WP_SMTP_RCPT, .path = bed_span("c@d")},
		{.command = WP_SMTP_RCPT, .path = bed_span("e@f")},
		{.command = WP_SMTP_QUIT},
	};
	struct wp_text_line ftp[] = {
		{.command = WP_FTP_PASV, .verb = bed_span("PASV"), .argument = bed_span("x")},
		{.code = 227,
		 .text = bed_span("Entering"),
		 .has_endpoint = true,
		 .endpoint = {.port = 4000}},
		{.text = bed_span("more")},
	};
	struct wp_smb_message smb = {.id = 1,
				     .session = INT64_MAX,
				     .status = 0xc0000016,
				     .command = 1,
				     .version = WP_SMB_2,
				     .is_response = true,
				     .user = bed_span("u"),
				     .share = bed_span("\\\\x\\IPC$")};
	struct wp_stream_event event = {.type = WP_SMTP_COMMAND};
	struct record_context context = bed_context(NULL);
	size_t used = 0;

	for (int i = 0; i < ROWS(lines); i++) {
		event.line = &lines[i];
		used = record_keep(kept, sizeof(kept), used, &event);
	}
	context.kept = (struct wp_span){kept, (uint32_t)used};
	record_message(&record, &context, RECORD_SMTP);
	CHECK({"smtp.helo", "\"me\""}, {"smtp.mail_from", "\"<a@b>\""},
	      {"smtp.rcpt_to", "[\"<c@d>\",\"<e@f>\"]"});
	used = 0;
	for (int i = 0; i < ROWS(ftp); i++) {
		event = (struct wp_stream_event){.type = i == 0 ? WP_FTP_COMMAND : WP_FTP_REPLY,
						 .line = &ftp[i]};
		used = record_keep(kept, sizeof(kept), used, &event);
	}
	context.kept.size = (uint32_t)used;
	record_message(&record, &context, RECORD_FTP);
	CHECK({"ftp.command", "\"PASV\""}, {"ftp.command_data", "\"x\""},
	      {"ftp.completion_code", "[\"227\"]"}, {"ftp.reply", "[\"Entering\",\"more\"]"},
	      {"ftp.dynamic_port", "4000"}, {"ftp.reply_received", "\"yes\""});
	event = (struct wp_stream_event){.type = WP_SMB_MESSAGE, .smb = &smb};
	context.kept.size = 0;
	context.event = &event;
	record_message(&record, &context, RECORD_SMB);
	CHECK({"smb.command", "\"SMB2_COMMAND_SESSION_SETUP\""},
	      {"smb.status", "\"STATUS_MORE_PROCESSING_REQUIRED\""},
	      {"smb.status_code", "\"0xc0000016\""}, {"smb.session_id", "9223372036854775807"},
	      {"smb.named_pipe", "\"\\\\\\\\x\\\\IPC$\""}, {"smb.share", NULL}, {"smb.id", "1"},
	      {"smb.ntlmssp.user", "\"u\""});
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("record session");

	tcase_add_checked_fixture(tcase, bed_set_up, NULL);
	tcase_add_test(tcase, test_tls_is_hellos_and_certificates);
	tcase_add_test(tcase, test_ssh_is_both_sides);
	tcase_add_test(tcase, test_ftp_of_clients_that_listen);
	tcase_add_test(tcase, test_ftp_of_long_lines);
	tcase_add_test(tcase, test_smtp_and_ftp_and_smb);
	return unit_main("ids record session", tcase);
}
