/* SPDX-License-Identifier: BSD-3-Clause */
/* services/ids/out: whatever bytes there are in records, and whatever is broken in them, lines of
 * EVE stay what they are. */

#include <string.h>

#include "record_bed.h"
#include "record_messages.h"
#include "stream/l7/smb.h"
#include "stream/l7/smtp.h"
#include "stream/l7/tls.h"
#include "unit.h"

enum { ROUNDS = 100000 };
#define FLAGS (JSON_ALLOW_NUL | JSON_DISABLE_EOF_CHECK | JSON_DECODE_INT_AS_REAL)

START_TEST(test_all_bytes_can_be_told)
{
	struct wp_http_head head;
	char url[2 + 4096];
	struct wp_stream_event event = {.type = WP_HTTP_HEAD, .http = &head};
	struct record_context context = bed_context(&event);
	json_t *root;

	for (unsigned int first = 0; first < 256; first++)
		for (unsigned int second = 0; second < 256; second++) {
			head = message_request("GET / HTTP/1.1", "GET", "/");
			url[0] = (char)first;
			url[1] = (char)second;
			head.target = (struct wp_span){(uint8_t *)url, 2};
			record_message(&record, &context, RECORD_HTTP);
			root = bed_parse();
			json_decref(root);
		}
}
END_TEST

static const struct {
	const char *bytes, *text;
} utf8[] = {
	{"\xc3\xa9", "\xc3\xa9"},
	{"\xe2\x82\xac", "\xe2\x82\xac"},
	{"\xf0\x9f\x98\x84", "\xf0\x9f\x98\x84"},
	{"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},
	{"a\xc3", "a\\xc3"},
	{"\xc0\x80", "\\xc0\\x80"},
	{"\xe0\x80\x80", "\\xe0\\x80\\x80"},
	{"\xed\xa0\x80", "\\xed\\xa0\\x80"},
	{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
	{"\xf0\x8f\xbf\xbf", "\\xf0\\x8f\\xbf\\xbf"},
	{"\xf8\x88\x80\x80\x80", "\\xf8\\x88\\x80\\x80\\x80"},
	{"\xc3\xa9\x80", "\\xc3\\xa9\\x80"},
	{"\x7f/\b\f\v", "\x7f/\b\f\v"},
};

START_TEST(test_utf8_stands_as_it_is_and_nothing_else_above_ascii)
{
	struct wp_http_head head = message_request("GET / HTTP/1.1", "GET", "/");
	struct wp_stream_event event = {.type = WP_HTTP_HEAD, .http = &head};
	struct record_context context = bed_context(&event);
	json_t *root;

	head.target = bed_span(utf8[_i].bytes);
	record_message(&record, &context, RECORD_HTTP);
	root = bed_parse();
	ck_assert_str_eq(json_string_value(json_object_get(json_object_get(root, "http"), "url")),
			 utf8[_i].text);
	json_decref(root);
}
END_TEST

START_TEST(test_longest_records_have_their_lines)
{
	static const uint8_t bad[65536]; /* NUL becomes six bytes */
	struct wp_dns_record many[WP_DNS_RECORDS_MAX];
	struct wp_http_header header = {bed_span("user-agent"), {bad, sizeof(bad)}};
	struct wp_http_head head = message_request("GET / HTTP/1.1", "GET", "/");
	struct wp_dns_message dns = message_dns(true);
	struct wp_stream_event event = {.type = WP_DNS_MESSAGE, .dns = &dns};
	struct record_context context = bed_context(&event);
	struct record_alert alert = {
		.rule = &rule, .payload = {bad, sizeof(bad)}, .packet = {bad, sizeof(bad)}};

	for (int i = 0; i < WP_DNS_RECORDS_MAX; i++)
		many[i] = (struct wp_dns_record){
			.name.text = {bad, 255}, .type = WP_DNS_TXT, .text = {bad, 255}};
	dns.records = many;
	dns.n_records_told = WP_DNS_RECORDS_MAX;
	record_message(&record, &context, RECORD_DNS);
	ck_assert_uint_gt(record.size, RECORD_MAX - 700);
	CHECK({"dns.type", "\"answer\""});
	head.headers = &header;
	head.n_headers = 1;
	head.target = head.method = (struct wp_span){bad, sizeof(bad)};
	event = (struct wp_stream_event){.type = WP_HTTP_HEAD, .http = &head};
	record_alert(&record, &context, &alert);
	CHECK({"alert.signature_id", "4"}, {"http.status", NULL});
	ck_assert_uint_le(record_keep(kept, 40, 0, &event), 40);
	ck_assert_uint_eq(record_keep(kept, 0, 0, &event), 0);
	ck_assert_uint_le(record_keep(kept, sizeof(kept), sizeof(kept) - 4, &event), sizeof(kept));
	context.kept = (struct wp_span){bad, 65536}; /* more than fits is left away */
	record_alert(&record, &context, &alert);
	CHECK({"alert.signature_id", "4"});
}
END_TEST

START_TEST(test_short_room_is_not_left)
{
	struct wp_http_head head = message_request("GET /\xff\x01 HTTP/1.1", "GET", "/\xff\x01");
	struct wp_stream_event event = {.type = WP_HTTP_HEAD, .http = &head};
	struct record_context context = bed_context(&event);
	struct record_alert alert = {
		.rule = &rule, .payload = bed_span("pay\"load\n"), .packet = bed_span("packet")};
	size_t whole;

	record_alert(&record, &context, &alert);
	whole = json_line(line, sizeof(line), record.bytes, record.size, BED_TIME_NS, &names);
	ck_assert_uint_ne(whole, 0);
	for (size_t room = 0; room < whole; room++) {
		char *small = malloc(room + 1);

		small[room] = 'x';
		ck_assert_uint_eq(
			json_line(small, room, record.bytes, record.size, BED_TIME_NS, &names), 0);
		ck_assert_int_eq(small[room], 'x');
		free(small);
	}
}
END_TEST

/** Makes a record of each kind that has fields. */
static void
make_any(unsigned int i)
{
	struct wp_dns_message dns = message_dns(i % 2 == 0);
	struct wp_http_head head = message_request("GET /a HTTP/1.1", "GET", "/a");
	struct wp_smb_message smb = {.version = WP_SMB_2, .user = bed_span("u")};
	struct wp_tls_hello hello = {.ja3 = bed_span("771"), .server_name = bed_span("n")};
	struct wp_text_line text = {.command = WP_SMTP_EHLO, .argument = bed_span("me")};
	struct wp_stream_event events[] = {{.type = WP_DNS_MESSAGE, .dns = &dns},
					   {.type = WP_HTTP_HEAD, .http = &head},
					   {.type = WP_SMB_MESSAGE, .smb = &smb},
					   {.type = WP_TLS_HELLO, .tls = &hello},
					   {.type = WP_SMTP_COMMAND, .line = &text}};
	struct record_context context = bed_context(&events[i % 5]);
	struct record_alert alert = {.rule = &rule, .payload = bed_span("p")};
	const struct record_counter counters[] = {{"a.b", 1}, {"a.c.d", 2}};

	dns.records = message_records;
	dns.n_records_told = MESSAGE_RECORDS;
	switch (i % 7) {
	case 0:
		record_alert(&record, &context, &alert);
		break;
	case 1:
		record_drop(&record, &context, RECORD_DROP_RULES, &alert);
		break;
	case 2:
		record_flow(&record, &context, false);
		break;
	case 3:
		record_file(&record, &context, &(struct record_file){.name = bed_span("n")});
		break;
	case 4:
		record_anomaly(&record, &context, RECORD_STREAM, NULL);
		break;
	case 5:
		record_stats(&record, 1, counters, 2);
		break;
	default:
		record_message(&record, &context, (enum record_kind)(RECORD_HTTP + i % 7));
	}
}

static uint32_t
random_next(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

START_TEST(test_broken_records_break_nothing)
{
	uint32_t state = 1;

	names.has_paths = names.verdict = names.rule_text = true;
	for (unsigned int i = 0; i < ROUNDS; i++) {
		json_error_t error;
		size_t size;
		json_t *root;
		uint8_t *copy;

		make_any(i);
		for (unsigned int n = random_next(&state) % 8; n != 0; n--)
			record.bytes[random_next(&state) % record.size] =
				(uint8_t)random_next(&state);
		if (i % 3 == 0)
			record.size = random_next(&state) % (record.size + 1);
		copy = malloc(record.size + 1); /* for what looks for reads behind its end */
		memcpy(copy, record.bytes, record.size);
		size = json_line(line, sizeof(line), copy, record.size, BED_TIME_NS, &names);
		free(copy);
		if (size == 0)
			continue;
		line[size] = '\0';
		root = json_loads(line, FLAGS, &error);
		if (root == NULL) /* which lines may have, but not their readers here */
			ck_assert_msg(json_error_code(&error) == json_error_null_byte_in_key, "%s",
				      line);
		json_decref(root);
	}
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("record hostile");

	tcase_add_checked_fixture(tcase, bed_set_up, NULL);
	tcase_add_test(tcase, test_all_bytes_can_be_told);
	tcase_add_loop_test(tcase, test_utf8_stands_as_it_is_and_nothing_else_above_ascii, 0,
			    ROWS(utf8));
	tcase_add_test(tcase, test_longest_records_have_their_lines);
	tcase_add_test(tcase, test_short_room_is_not_left);
	tcase_add_test(tcase, test_broken_records_break_nothing);
	return unit_main("ids record hostile", tcase);
}
