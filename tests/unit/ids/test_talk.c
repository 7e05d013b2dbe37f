/* SPDX-License-Identifier: BSD-3-Clause */
/* services/ids/out/talk.c: messages become transactions, and each is told once, with all that
 * belongs to it. */

#include <string.h>

#include "out/field.h"
#include "out/talk.h"
#include "stream/l7/ftp.h"
#include "stream/l7/http.h"
#include "stream/l7/smb.h"
#include "stream/l7/smtp.h"
#include "stream/l7/ssh.h"
#include "stream/l7/tls.h"
#include "unit.h"

enum { ROUNDS = 200000 };

static struct talk talk;
static struct talk_due due;
static struct wp_flow flow;

static void
set_up(void)
{
	memset(&talk, 0, sizeof(talk));
	memset(&flow, 0, sizeof(flow));
}

static struct wp_span
span(const char *text)
{
	return (struct wp_span){(const uint8_t *)text, (uint32_t)strlen(text)};
}

static unsigned int
count_fields(enum field_kind kind)
{
	struct wp_span rest = due.kept;
	struct field field;
	unsigned int n = 0;

	while (field_next(&rest, &field))
		n += field.kind == kind;
	return n;
}

/** Checks that what is due has a field of this text. */
static void
check_field(enum field_kind kind, const char *text)
{
	struct field field = field_find(due.kept, kind);

	ck_assert_ptr_nonnull(field.bytes);
	ck_assert_uint_eq(field.size, strlen(text));
	ck_assert_mem_eq(field.bytes, text, field.size);
}

static bool
take_http(struct wp_http_head *head, uint64_t offset)
{
	static const uint8_t bytes[100];
	struct wp_stream_event event = {
		.flow = &flow,
		.type = WP_HTTP_HEAD,
		.side = head->is_request ? WP_CLIENT : WP_SERVER,
		.http = head,
		.offset = offset,
	};

	head->raw = (struct wp_span){bytes, sizeof(bytes)};
	flow.l7 = WP_L7_HTTP;
	return talk_event(&talk, &event, &due);
}

static bool
request(uint32_t transaction, const char *url)
{
	struct wp_http_head head = {
		.target = span(url), .transaction = transaction, .is_request = true};

	return take_http(&head, 0);
}

static bool
response(uint32_t transaction, uint16_t status, uint64_t offset)
{
	struct wp_http_head head = {.status = status, .transaction = transaction};

	return take_http(&head, offset);
}

static bool
end_http(uint8_t side, uint64_t offset)
{
	struct wp_stream_event event = {
		.flow = &flow, .type = WP_HTTP_END, .side = side, .offset = offset};

	return talk_event(&talk, &event, &due);
}

static void
check_http(int64_t tx, const char *url, uint64_t expected)
{
	struct field field = field_find(due.kept, FIELD_HTTP_LENGTH);
	uint64_t length = 0;

	ck_assert_int_eq(due.kind, RECORD_HTTP);
	ck_assert_int_eq(due.tx, tx);
	ck_assert_ptr_null(due.event);
	check_field(FIELD_HTTP_URL, url);
	field_get(&field, &length, sizeof(length));
	ck_assert_uint_eq(length, expected);
}

START_TEST(test_requests_get_their_responses)
{
	struct wp_stream_event event = {.type = WP_HTTP_HEAD};
	struct wp_http_head head = {.transaction = 2};
	int64_t tx;

	ck_assert(!request(1, "/a"));
	ck_assert(!end_http(WP_CLIENT, 100));
	ck_assert(!request(2, "/b"));
	ck_assert(!response(1, 100, 0));
	ck_assert(!response(1, 200, 100));
	event.http = &head;
	due.kept = talk_kept(&talk, &event, &tx);
	ck_assert_int_eq(tx, 1);
	check_field(FIELD_HTTP_URL, "/b");
	ck_assert(end_http(WP_SERVER, 205));
	check_http(0, "/a", 5);
	ck_assert(!response(2, 204, 205));
	ck_assert(end_http(WP_SERVER, 305));
	check_http(1, "/b", 0);
	ck_assert(!end_http(WP_SERVER, 305));
	ck_assert(!request(3, "/c"));
	ck_assert_uint_eq(talk.n_open, 1);
	ck_assert(!response(3, 200, 305));
	flow.sides[WP_SERVER].offset = 415;
	ck_assert_uint_eq(talk_length(&talk, &flow, 2), 10);
	ck_assert_uint_eq(talk_length(&talk, &flow, 1), 0);
	ck_assert_ptr_nonnull(talk_of(&talk, 2).data);
	ck_assert_ptr_null(talk_of(&talk, 3).data);
	ck_assert(talk_end(&talk, &flow, &due));
	check_http(2, "/c", 10);
	ck_assert(!talk_end(&talk, &flow, &due));
	ck_assert_uint_eq(talk.used, 0);
	ck_assert_uint_eq(talk.lost, 0);
}
END_TEST

START_TEST(test_response_without_request)
{
	ck_assert(!response(0, 200, 0));
	ck_assert(end_http(WP_SERVER, 107));
	ck_assert_int_eq(due.tx, 0);
	ck_assert_ptr_null(field_find(due.kept, FIELD_HTTP_URL).bytes);
	ck_assert_ptr_nonnull(field_find(due.kept, FIELD_HTTP_RESPONSE).bytes);
	ck_assert_ptr_nonnull(field_find(due.kept, FIELD_HTTP_LENGTH).bytes);
}
END_TEST

START_TEST(test_oldest_make_room)
{
	static char url[6000];
	struct wp_http_head head;

	for (uint32_t i = 0; i < TALK_OPEN + 3; i++)
		ck_assert(!request(i + 1, "/a"));
	ck_assert_uint_eq(talk.n_open, TALK_OPEN);
	ck_assert_uint_eq(talk.lost, 3);
	memset(url, 'u', sizeof(url) - 1);
	ck_assert(!request(100, url));
	ck_assert(!request(101, url));
	ck_assert_uint_eq(talk.n_open, 1);
	head = (struct wp_http_head){.status = 200, .transaction = 101};
	ck_assert(!take_http(&head, 0));
	ck_assert(end_http(WP_SERVER, 101));
	ck_assert_int_eq(due.tx, 100);
	ck_assert_ptr_nonnull(field_find(due.kept, FIELD_HTTP_RESPONSE).bytes);
	ck_assert_uint_eq(field_find(due.kept, FIELD_HTTP_URL).size, 4096);
}
END_TEST

static bool
hello(uint8_t side, uint16_t version, const char *name)
{
	struct wp_tls_hello tls = {
		.version = version, .is_client = side == WP_CLIENT, .server_name = span(name)};
	struct wp_stream_event event = {
		.flow = &flow, .type = WP_TLS_HELLO, .side = side, .tls = &tls};

	flow.l7 = WP_L7_TLS;
	return talk_event(&talk, &event, &due);
}

static bool
certificates(uint8_t side)
{
	static const struct wp_tls_certificate first = {.subject = "CN=x"};
	struct wp_tls_certificates tls = {.first = &first, .n = 1};
	struct wp_stream_event event = {
		.flow = &flow, .type = WP_TLS_CERTIFICATES, .side = side, .certificates = &tls};

	return talk_event(&talk, &event, &due);
}

START_TEST(test_tls_is_told_once)
{
	ck_assert(!hello(WP_CLIENT, 0x0304, "a"));
	ck_assert(!hello(WP_SERVER, 0x0303, ""));
	ck_assert(certificates(WP_SERVER));
	ck_assert_int_eq(due.kind, RECORD_TLS);
	ck_assert_int_eq(due.tx, -1);
	check_field(FIELD_TLS_SNI, "a");
	check_field(FIELD_TLS_SUBJECT, "CN=x");
	ck_assert(!certificates(WP_CLIENT));
	ck_assert(!talk_end(&talk, &flow, &due));
	set_up();
	ck_assert(!hello(WP_CLIENT, 0x0304, "a"));
	ck_assert(hello(WP_SERVER, 0x0304, ""));
	ck_assert(!hello(WP_CLIENT, 0x0304, "a"));
	set_up();
	ck_assert(!hello(WP_CLIENT, 0x0303, "a")); /* resumed: there are none */
	ck_assert(!hello(WP_SERVER, 0x0303, ""));
	ck_assert(!talk_end(&talk, &flow, &due));
}
END_TEST

static bool
banner(uint8_t side, uint8_t detail)
{
	struct wp_ssh_banner ssh = {.proto = span("2.0"), .hassh = span("h")};
	struct wp_stream_event event = {
		.flow = &flow, .type = WP_SSH_BANNER, .side = side, .detail = detail, .ssh = &ssh};

	flow.l7 = WP_L7_SSH;
	return talk_event(&talk, &event, &due);
}

START_TEST(test_ssh_is_told_when_both_have_said_what_they_can_do)
{
	ck_assert(!banner(WP_SERVER, WP_SSH_LINE));
	ck_assert(!banner(WP_CLIENT, WP_SSH_LINE));
	ck_assert(!banner(WP_CLIENT, WP_SSH_KEXINIT));
	ck_assert(banner(WP_SERVER, WP_SSH_KEXINIT));
	ck_assert_int_eq(due.kind, RECORD_SSH);
	ck_assert_int_eq(due.tx, 0);
	ck_assert_uint_eq(count_fields(FIELD_SSH_CLIENT), 3); /* version, HASSH, its text */
	ck_assert_uint_eq(count_fields(FIELD_SSH_SERVER), 3);
	ck_assert(!banner(WP_SERVER, WP_SSH_KEXINIT));
	ck_assert(!talk_end(&talk, &flow, &due));
	set_up();
	ck_assert(!banner(WP_SERVER, WP_SSH_LINE));
	ck_assert(!banner(WP_CLIENT, WP_SSH_LINE));
	ck_assert(talk_end(&talk, &flow, &due));
	ck_assert_int_eq(due.kind, RECORD_SSH);
	ck_assert(!talk_end(&talk, &flow, &due));
	set_up();
	ck_assert(!banner(WP_SERVER, WP_SSH_LINE));
	ck_assert(!talk_end(&talk, &flow, &due));
}
END_TEST

static bool
text(uint8_t type, struct wp_text_line line)
{
	struct wp_stream_event event = {.flow = &flow,
					.type = type,
					.side = type == WP_FTP_REPLY ? WP_SERVER : WP_CLIENT,
					.line = &line};

	flow.l7 = type == WP_SMTP_COMMAND ? WP_L7_SMTP : WP_L7_FTP;
	return talk_event(&talk, &event, &due);
}

static bool
smtp(uint8_t command, const char *argument)
{
	return text(WP_SMTP_COMMAND, (struct wp_text_line){.command = command,
							   .argument = span(argument),
							   .path = span(argument)});
}

START_TEST(test_each_mail_is_told)
{
	ck_assert(!smtp(WP_SMTP_EHLO, "me"));
	ck_assert(!smtp(WP_SMTP_MAIL, "a@b"));
	ck_assert(!smtp(WP_SMTP_RCPT, "c@d"));
	ck_assert(smtp(WP_SMTP_END_OF_DATA, ""));
	ck_assert_int_eq(due.tx, 0);
	check_field(FIELD_SMTP_HELO, "me");
	check_field(FIELD_SMTP_FROM, "<a@b>");
	check_field(FIELD_SMTP_TO, "<c@d>");
	ck_assert(!smtp(WP_SMTP_MAIL, "e@f"));
	ck_assert(smtp(WP_SMTP_END_OF_DATA, ""));
	ck_assert_int_eq(due.tx, 1);
	check_field(FIELD_SMTP_HELO, "me");
	check_field(FIELD_SMTP_FROM, "<e@f>");
	ck_assert_ptr_null(field_find(due.kept, FIELD_SMTP_TO).bytes);
	ck_assert(!smtp(WP_SMTP_QUIT, ""));
	ck_assert(!talk_end(&talk, &flow, &due));
	set_up();
	ck_assert(!smtp(WP_SMTP_EHLO, "me"));
	ck_assert(talk_end(&talk, &flow, &due));
	check_field(FIELD_SMTP_HELO, "me");
	ck_assert(!talk_end(&talk, &flow, &due));
}
END_TEST

START_TEST(test_mail_is_forgotten_when_tls_begins)
{
	ck_assert(!smtp(WP_SMTP_EHLO, "me"));
	ck_assert(!hello(WP_CLIENT, 0x0304, "a"));
	ck_assert(hello(WP_SERVER, 0x0304, ""));
	ck_assert_ptr_null(field_find(due.kept, FIELD_SMTP_HELO).bytes);
	check_field(FIELD_TLS_SNI, "a");
	check_field(FIELD_TLS_FROM, "smtp");
}
END_TEST

static bool
reply(uint16_t code, bool is_last)
{
	return text(WP_FTP_REPLY,
		    (struct wp_text_line){.code = code, .text = span("x"), .is_last = is_last});
}

START_TEST(test_replies_answer_commands_in_order)
{
	struct wp_text_line user = {.verb = span("USER")}, retr = {.verb = span("RETR")};

	ck_assert(!reply(220, false));
	ck_assert(reply(220, true));
	ck_assert_int_eq(due.tx, 0);
	ck_assert(!text(WP_FTP_COMMAND, user));
	ck_assert(!text(WP_FTP_COMMAND, retr));
	ck_assert(reply(331, true));
	ck_assert_int_eq(due.tx, 1);
	ck_assert_str_eq((const char *)field_find(due.kept, FIELD_FTP_COMMAND).bytes, "USER");
	ck_assert(!reply(150, true));
	ck_assert(reply(226, true));
	ck_assert_int_eq(due.tx, 2);
	ck_assert_uint_eq(field_find(due.kept, FIELD_FTP_COMMAND).size, 5); /* its NUL, too */
	ck_assert(!text(WP_FTP_COMMAND, user));
	ck_assert(talk_end(&talk, &flow, &due));
	ck_assert(!talk_end(&talk, &flow, &due));
}
END_TEST

static bool
smb(uint64_t id, bool is_response)
{
	struct wp_smb_message message = {.version = WP_SMB_2,
					 .id = id,
					 .is_response = is_response,
					 .share = is_response ? span("") : span("share")};
	struct wp_stream_event event = {.flow = &flow, .type = WP_SMB_MESSAGE, .smb = &message};

	flow.l7 = WP_L7_SMB;
	return talk_event(&talk, &event, &due);
}

START_TEST(test_responses_of_smb_are_found_by_number)
{
	ck_assert(!smb(7, false));
	ck_assert(!smb(8, false));
	ck_assert(smb(8, true));
	ck_assert_int_eq(due.tx, 1);
	check_field(FIELD_SMB_SHARE, "share");
	ck_assert(smb(7, true));
	ck_assert_int_eq(due.tx, 0);
	ck_assert(smb(9, true)); /* a request that was missed */
	ck_assert_int_eq(due.tx, 2);
	ck_assert(!talk_end(&talk, &flow, &due));
}
END_TEST

START_TEST(test_each_message_of_dns_is_told)
{
	struct wp_stream_event event = {.flow = &flow, .type = WP_DNS_MESSAGE};

	for (int64_t i = 0; i < 3; i++) {
		ck_assert(talk_event(&talk, &event, &due));
		ck_assert_int_eq(due.kind, RECORD_DNS);
		ck_assert_int_eq(due.tx, i);
		ck_assert_ptr_eq(due.event, &event);
	}
}
END_TEST

/** Checks that the parts lie one behind the other. */
static void
check_sound(void)
{
	uint32_t at = 0;

	ck_assert_uint_le(talk.n_open, TALK_OPEN);
	ck_assert_uint_le(talk.used, TALK_ROOM);
	for (uint32_t i = 0; i < talk.n_open; i++) {
		struct wp_span rest = {talk.bytes + talk.parts[i].at, talk.parts[i].size};
		struct field field;

		ck_assert_uint_eq(talk.parts[i].at, at);
		ck_assert_uint_le(talk.parts[i].size, RECORD_KEPT_MAX);
		while (field_next(&rest, &field))
			;
		ck_assert_uint_eq(rest.size, 0);
		at += talk.parts[i].size;
	}
	ck_assert_uint_eq(talk.used, at);
}

static uint32_t
random_next(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

START_TEST(test_talk_stays_sound_whatever_is_said)
{
	static char url[5000];
	uint32_t state = 5;

	memset(url, 'u', sizeof(url));
	for (unsigned int i = 0; i < ROUNDS; i++) {
		uint32_t random = random_next(&state), tx = random >> 8 & 31;
		struct wp_text_line line = {.verb = span("RETR"), .argument = span("a")};

		url[sizeof(url) - 1] = '\0';
		switch (random % 16) {
		case 0:
		case 1:
		case 2:
			request(tx, url + random_next(&state) % sizeof(url));
			break;
		case 3:
			response(tx, (uint16_t)(random >> 16 & 511), random >> 16);
			break;
		case 4:
			end_http(random >> 8 & 1, random >> 9);
			break;
		case 5:
			hello(random >> 8 & 1, 0x0303, url + random_next(&state) % sizeof(url));
			break;
		case 6:
			smtp((uint8_t)(random >> 8 & 31), url + random_next(&state) % sizeof(url));
			break;
		case 7:
			text(WP_FTP_COMMAND, line);
			break;
		case 8:
			reply((uint16_t)(random >> 16 & 511), (random & 256) != 0);
			break;
		case 9:
		case 10:
		case 11:
		case 12:
			smb(tx, (random & 256) != 0);
			break;
		case 13:
			if (random >> 28 == 0)
				talk_end(&talk, &flow, &due);
			break;
		default:
			banner(random >> 8 & 1, random >> 9 & 1);
		}
		check_sound();
	}
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("talk");

	tcase_add_checked_fixture(tcase, set_up, NULL);
	tcase_add_test(tcase, test_requests_get_their_responses);
	tcase_add_test(tcase, test_response_without_request);
	tcase_add_test(tcase, test_oldest_make_room);
	tcase_add_test(tcase, test_tls_is_told_once);
	tcase_add_test(tcase, test_ssh_is_told_when_both_have_said_what_they_can_do);
	tcase_add_test(tcase, test_each_mail_is_told);
	tcase_add_test(tcase, test_mail_is_forgotten_when_tls_begins);
	tcase_add_test(tcase, test_replies_answer_commands_in_order);
	tcase_add_test(tcase, test_responses_of_smb_are_found_by_number);
	tcase_add_test(tcase, test_each_message_of_dns_is_told);
	tcase_add_test(tcase, test_talk_stays_sound_whatever_is_said);
	return unit_main("ids talk", tcase);
}
