/* SPDX-License-Identifier: BSD-3-Clause */
/* services/ids/out: what is known of packets, flows and messages comes out as lines of EVE,
 * whatever bytes there are in it. */

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "out/field.h"
#include "out/json.h"
#include "out/record.h"
#include "parse/parse.h"
#include "state/state.h"
#include "stream/l7/dns.h"
#include "stream/l7/ftp.h"
#include "stream/l7/http.h"
#include "stream/l7/smb.h"
#include "stream/l7/smtp.h"
#include "stream/l7/ssh.h"
#include "stream/l7/tls.h"
#include "unit.h"

enum { NOW_NS = 2000000000, QUERIES = 3, ROUNDS = 100000 };
#define FLAGS (JSON_ALLOW_NUL | JSON_DISABLE_EOF_CHECK | JSON_DECODE_INT_AS_REAL)
#define TIME_NS 1700000000123456789u /* 2023-11-14T22:13:20.123456789 */

static struct record record;
static char line[JSON_LINE_MAX];
static uint8_t kept[RECORD_KEPT_MAX];

/** A flow with its key, as tables have it. */
static struct {
	struct wp_entry entry;
	uint64_t prefix;
	uint8_t key[WP_KEY_SIZE_MAX];
} entry;
static struct wp_flow flow;
static struct rule rule;
static struct rule_match target = {.kind = MATCH_TARGET, .side = 1};
static const struct rule_metadata metadata[] = {{"a", "b"}, {"c", "d"}, {"a", "\"e\""}};

static const struct rule *
find_rule(const void *of, uint32_t number)
{
	return of == &rule && number == rule.number ? &rule : NULL;
}

static const char *
find_tenant(const void *of, uint16_t tenant)
{
	return tenant == 3 ? "red" : NULL;
}

static struct json_names names;

static struct wp_span
span(const char *text)
{
	return (struct wp_span){(const uint8_t *)text, (uint32_t)strlen(text)};
}

/** A flow from 10.0.0.1:1025 to 10.0.0.2:80. */
static void
set_up(void)
{
	memset(&entry, 0, sizeof(entry));
	memcpy(entry.key, "\x0a\0\0\1\x0a\0\0\2\x04\x01\0\x50\x06", 13);
	entry.entry.tenant = 3;
	flow = (struct wp_flow){
		.entry = &entry.entry,
		.sides = {{.packets = 3, .bytes = 300, .state = WP_TCP_FIN_WAIT_2},
			  {.packets = 2, .bytes = 200, .state = WP_TCP_CLOSE_WAIT}},
		.start_ns = NOW_NS - 1500000000,
		.last_ns = NOW_NS - 1000,
		.path = 291,
		.step = 2,
		.proto = WP_PROTO_TCP,
		.state = WP_FLOW_ESTABLISHED,
		.version = 4,
		.tcp_flags = {0x1b, 0x12},
		.l7 = WP_L7_HTTP,
	};
	rule = (struct rule){
		.sid = 4,
		.gid = 1,
		.rev = 2,
		.number = 7,
		.msg = "a \"b\" \\ \xff",
		.text = "alert ip",
		.priority = 3,
		.class_text = "Misc",
		.metadata = metadata,
		.n_metadata = 3,
		.after = &target,
		.n_after = 1,
	};
	names = (struct json_names){
		.of = &rule, .rule = find_rule, .tenant = find_tenant, .metadata = true};
}

static struct record_context
context_of(const struct wp_stream_event *event)
{
	return (struct record_context){
		.flow = &flow, .event = event, .now_ns = NOW_NS, .tx = -1, .side = WP_CLIENT};
}

/** @return the line of the record, read back. */
static json_t *
parse(void)
{
	size_t size = json_line(line, sizeof(line), record.bytes, record.size, TIME_NS, &names);
	json_error_t error;
	json_t *root;

	ck_assert_uint_ne(size, 0);
	ck_assert_int_eq(line[size - 1], '\n');
	root = json_loadb(line, size, JSON_ALLOW_NUL, &error);
	ck_assert_msg(root != NULL, "%s: %.*s", error.text, (int)size, line);
	return root;
}

/** Checks that a member has a value, "name[1].name": its text as JSON; NULL: there is none. */
static void
check(const json_t *root, const char *path, const char *expected)
{
	const json_t *at = root;
	char name[64], *text;

	for (const char *rest = path; at != NULL && *rest != '\0';) {
		size_t n = strcspn(rest, ".[");

		if (*rest == '[') {
			char *end;

			at = json_array_get(at, strtoul(rest + 1, &end, 10));
			rest = end + 1;
			rest += *rest == '.';
			continue;
		}
		ck_assert_uint_lt(n, sizeof(name));
		memcpy(name, rest, n);
		name[n] = '\0';
		at = json_object_get(at, name);
		rest += n;
		rest += *rest == '.';
	}
	if (expected == NULL) {
		ck_assert_msg(at == NULL, "%s is there", path);
		return;
	}
	ck_assert_msg(at != NULL, "no %s in %s", path, line);
	text = json_dumps(at, JSON_ENCODE_ANY | JSON_COMPACT);
	ck_assert_ptr_nonnull(text);
	ck_assert_msg(strcmp(text, expected) == 0, "%s: %s, not %s", path, text, expected);
	free(text);
}

/** A member and what it should be. */
struct row {
	const char *path, *value;
};

static void
check_rows(const struct row *rows, int n)
{
	json_t *root = parse();

	for (int i = 0; i < n; i++)
		check(root, rows[i].path, rows[i].value);
	json_decref(root);
}

#define CHECK(...)                                                                                 \
	do {                                                                                       \
		const struct row rows_[] = {__VA_ARGS__};                                          \
                                                                                                   \
		check_rows(rows_, ROWS(rows_));                                                    \
	} while (0)

/* Messages. */

static struct wp_http_header request_headers[] = {
	{{(const uint8_t *)"HOST", 4}, {(const uint8_t *)"Example.org:8080", 16}},
	{{(const uint8_t *)"User-Agent", 10}, {(const uint8_t *)"a", 1}},
	{{(const uint8_t *)"user-agent", 10}, {(const uint8_t *)"b\x01\xff", 3}},
	{{(const uint8_t *)"Referer", 7}, {(const uint8_t *)"r\xc3\xa9", 3}},
	{{(const uint8_t *)"NoColon", 7}, {NULL, 0}},
};

static struct wp_http_head
request(const char *first_line, const char *method, const char *target_)
{
	struct wp_http_head head = {
		.first_line = span(first_line),
		.method = {(const uint8_t *)first_line, (uint32_t)strlen(method)},
		.target = {(const uint8_t *)strstr(first_line, target_), (uint32_t)strlen(target_)},
		.headers = request_headers,
		.n_headers = ROWS(request_headers),
		.is_request = true,
	};

	return head;
}

static struct wp_http_header response_headers[] = {
	{{(const uint8_t *)"content-type", 12}, {(const uint8_t *)"text/html; charset=x", 20}},
	{{(const uint8_t *)"Location", 8}, {(const uint8_t *)"/there", 6}},
	{{(const uint8_t *)"Content-Range", 13}, {(const uint8_t *)"bytes 1-22/333", 14}},
};

static struct wp_http_head
response(uint16_t status)
{
	return (struct wp_http_head){
		.headers = response_headers, .n_headers = ROWS(response_headers), .status = status};
}

START_TEST(test_http_is_one_event_of_request_and_response)
{
	struct wp_http_head heads[] = {request("GET  /a?b HTTP/1.1", "GET", "/a?b"), response(100),
				       response(302)};
	struct wp_stream_event events[] = {
		{.flow = &flow, .type = WP_HTTP_HEAD, .http = &heads[0]},
		{.flow = &flow, .type = WP_HTTP_HEAD, .http = &heads[1]},
		{.flow = &flow, .type = WP_HTTP_HEAD, .http = &heads[2]}};
	struct record_context context = context_of(NULL);
	size_t used = record_keep(kept, sizeof(kept), 0, &events[0]);

	ck_assert_uint_eq(record_keep(kept, sizeof(kept), used, &events[1]), used);
	used = record_keep_length(kept, sizeof(kept), used, 5000000000);
	context.kept = (struct wp_span){kept, (uint32_t)used};
	context.event = &events[2];
	context.tx = 4;
	context.side = WP_SERVER;
	names.has_paths = true;
	record_message(&record, &context, RECORD_HTTP);
	CHECK({"timestamp", "\"2023-11-14T22:13:20.123456+0000\""}, {"event_type", "\"http\""},
	      {"src_ip", "\"10.0.0.1\""}, {"src_port", "1025"}, {"dest_ip", "\"10.0.0.2\""},
	      {"dest_port", "80"}, {"proto", "\"TCP\""}, {"tenant", "\"red\""}, {"path", "291"},
	      {"step", "2"}, {"tx_id", "4"}, {"pcap_cnt", NULL}, {"app_proto", NULL},
	      {"http.hostname", "\"Example.org\""}, {"http.http_port", "8080"},
	      {"http.url", "\"/a?b\""}, {"http.http_user_agent", "\"a, b\\u0001\\\\xff\""},
	      {"http.http_refer", "\"r\xc3\xa9\""}, {"http.http_method", "\"GET\""},
	      {"http.protocol", "\"HTTP/1.1\""}, {"http.status", "302"},
	      {"http.redirect", "\"/there\""}, {"http.http_content_type", "\"text/html\""},
	      {"http.content_range.raw", "\"bytes 1-22/333\""}, {"http.content_range.start", "1"},
	      {"http.content_range.end", "22"}, {"http.content_range.size", "333"},
	      {"http.length", "5000000000"});
}
END_TEST

static const struct {
	const char *first_line, *method, *target, *host;
	const char *hostname, *port, *protocol;
} hosts[] = {
	{"GET / HTTP/1.1", "GET", "/", "a.B.", "\"a.B.\"", NULL, "\"HTTP/1.1\""},
	{"GET / HTTP/1.1", "GET", "/", "a:0", "\"a\"", NULL, "\"HTTP/1.1\""},
	{"GET / HTTP/1.1", "GET", "/", "a:99999", "\"a\"", NULL, "\"HTTP/1.1\""},
	{"GET / HTTP/1.1", "GET", "/", "a:8x", "\"a\"", NULL, "\"HTTP/1.1\""},
	{"GET / HTTP/1.1", "GET", "/", "[::1]:81", "\"[::1]\"", "81", "\"HTTP/1.1\""},
	{"GET / HTTP/1.1", "GET", "/", "[::1", "\"[::1\"", NULL, "\"HTTP/1.1\""},
	{"GET / HTTP/1.1", "GET", "/", "", NULL, NULL, "\"HTTP/1.1\""},
	{"GET / HTTP/1.1", "GET", "/", NULL, NULL, NULL, "\"HTTP/1.1\""},
	{"GET http://u:p@H.x:99/a HTTP/1.0", "GET", "http://u:p@H.x:99/a", "other", "\"h.x\"", "99",
	 "\"HTTP/1.0\""},
	{"GET http://H?a", "GET", "http://H?a", "other", "\"h\"", NULL, NULL},
	{"GET http:///a", "GET", "http:///a", "other", "\"other\"", NULL, NULL},
	{"GET /http://x/ ", "GET", "/http://x/", "other", "\"other\"", NULL, NULL},
	{"CONNECT x:443 HTTP/1.1", "CONNECT", "x:443", NULL, "\"x\"", "443", "\"HTTP/1.1\""},
};

START_TEST(test_host_is_who_is_asked)
{
	struct wp_http_head head =
		request(hosts[_i].first_line, hosts[_i].method, hosts[_i].target);
	struct wp_http_header header = {span("Host"), {NULL, 0}};
	struct wp_stream_event event = {.flow = &flow, .type = WP_HTTP_HEAD, .http = &head};
	struct record_context context = context_of(&event);

	head.headers = &header;
	head.n_headers = 0;
	head.known_method = strcmp(hosts[_i].method, "CONNECT") == 0 ? WP_HTTP_METHOD_CONNECT
								     : WP_HTTP_METHOD_GET;
	if (hosts[_i].host != NULL) {
		header.value = span(hosts[_i].host);
		head.n_headers = 1;
	}
	record_message(&record, &context, RECORD_HTTP);
	CHECK({"http.hostname", hosts[_i].hostname}, {"http.http_port", hosts[_i].port},
	      {"http.protocol", hosts[_i].protocol}, {"http.status", NULL}, {"http.length", "0"});
}
END_TEST

static const struct {
	const char *raw, *start, *end, *size;
} ranges[] = {
	{"bytes 1-22/333", "1", "22", "333"},
	{"bytes=1-22/333", NULL, NULL, NULL},
	{"bytes */100", NULL, NULL, "100"},
	{"bytes 1-2/*", "1", "2", NULL},
	{"bytes 1-", NULL, NULL, NULL},
	{"bytes", NULL, NULL, NULL},
	{"", NULL, NULL, NULL},
	{"bytes 99999999999999999999999-1/2", NULL, NULL, NULL},
};

START_TEST(test_content_range)
{
	struct wp_http_head head = response(206);
	struct wp_http_header header = {span("content-range"), span(ranges[_i].raw)};
	struct wp_stream_event event = {.flow = &flow, .type = WP_HTTP_HEAD, .http = &head};
	struct record_context context = context_of(&event);

	head.headers = &header;
	head.n_headers = 1;
	record_message(&record, &context, RECORD_HTTP);
	CHECK({"http.content_range.start", ranges[_i].start},
	      {"http.content_range.end", ranges[_i].end},
	      {"http.content_range.size", ranges[_i].size},
	      {"http.url", "\"/libhtp::request_uri_not_seen\""}, {"http.status", "206"});
}
END_TEST

static struct wp_dns_question questions[] = {
	{.name = {.text = {(const uint8_t *)"we\\.ird.\\001\\255\\\\.Ex", 21}}, .type = 255},
	{.name = {.text = {(const uint8_t *)".", 1}}, .type = 65280},
	{.name = {.text = {NULL, 0}}, .type = 1},
};

static struct wp_dns_message
message(bool is_response)
{
	return (struct wp_dns_message){
		.questions = questions,
		.id = 77,
		.flags = is_response ? 0x8583 : 0x0100,
		.n_questions_told = is_response ? 1 : QUERIES,
		.is_response = is_response,
	};
}

START_TEST(test_dns_query_has_a_line_for_each_question)
{
	struct wp_dns_message dns = message(false);
	struct wp_stream_event event = {.flow = &flow, .type = WP_DNS_MESSAGE, .dns = &dns};
	struct record_context context = context_of(&event);
	static const char *const rrnames[QUERIES] = {"\"we.ird.\\u0001\\\\xff\\\\.Ex\"", "\"\"",
						     "\"\""},
				 *const rrtypes[QUERIES] = {"\"ANY\"", "\"65280\"", "\"A\""};
	char *at = line;
	size_t size;

	context.tx = 2;
	record_message(&record, &context, RECORD_DNS);
	size = json_line(line, sizeof(line), record.bytes, record.size, TIME_NS, &names);
	for (unsigned int i = 0; i < QUERIES; i++) {
		char *end = memchr(at, '\n', (size_t)(line + size - at));
		json_t *root;

		ck_assert_ptr_nonnull(end);
		root = json_loadb(at, (size_t)(end - at), JSON_ALLOW_NUL, NULL);
		ck_assert_ptr_nonnull(root);
		check(root, "dns.rrname", rrnames[i]);
		check(root, "dns.rrtype", rrtypes[i]);
		check(root, "dns.type", "\"query\"");
		check(root, "dns.version", "2");
		check(root, "dns.id", "77");
		check(root, "dns.tx_id", "2");
		check(root, "dns.opcode", "0");
		json_decref(root);
		at = end + 1;
	}
	ck_assert_ptr_eq(at, line + size);
}
END_TEST

#define NAME                                                                                       \
	{                                                                                          \
		.text = {(const uint8_t *)"a.example", 9 }                                         \
	}
#define SPAN(TEXT)                                                                                 \
	{                                                                                          \
		(const uint8_t *)(TEXT), sizeof(TEXT) - 1                                          \
	}

static const struct wp_dns_record records[] = {
	{.name = NAME,
	 .type = WP_DNS_A,
	 .ttl = 7,
	 .rdata = SPAN("\1\2\3\4"),
	 .text = SPAN("1.2.3.4")},
	{.name = NAME, .type = WP_DNS_AAAA, .rdata = SPAN("\x20\1\0\0\0\0\0\0\0\0\0\0\0\0\0\x0f")},
	{.name = NAME, .type = WP_DNS_A},
	{.name = NAME, .type = WP_DNS_CNAME, .text = SPAN("c\\.d.e")},
	{.name = NAME,
	 .type = WP_DNS_TXT,
	 .rdata = SPAN("\5h\xff\x01\"\n\0\2x"),
	 .text = SPAN("h")},
	{.name = NAME,
	 .type = WP_DNS_SOA,
	 .text = SPAN("m"),
	 .mailbox = SPAN("r"),
	 .rdata = SPAN("....\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5")},
	{.name = NAME,
	 .type = WP_DNS_SRV,
	 .text = SPAN("s"),
	 .priority = 1,
	 .weight = 2,
	 .port = 3},
	{.name = NAME, .type = 44, .rdata = SPAN("\1\2\x0a\xff")},
	{.name = NAME, .type = 44, .rdata = SPAN("\1")},
	{.name = NAME, .type = WP_DNS_HTTPS, .text = SPAN("h")},
	{.name = NAME, .type = WP_DNS_NS, .section = WP_DNS_AUTHORITY, .text = SPAN("n")},
	{.name = NAME, .type = WP_DNS_A, .section = WP_DNS_ADDITIONAL, .rdata = SPAN("\4\3\2\1")},
};

START_TEST(test_dns_answer_has_its_records_and_groups)
{
	struct wp_dns_message dns = message(true);
	struct wp_stream_event event = {.flow = &flow, .type = WP_DNS_MESSAGE, .dns = &dns};
	struct record_context context = context_of(&event);

	dns.records = records;
	dns.n_records_told = ROWS(records);
	record_message(&record, &context, RECORD_DNS);
	CHECK({"dns.type", "\"answer\""}, {"dns.flags", "\"8583\""}, {"dns.qr", "true"},
	      {"dns.aa", "true"}, {"dns.tc", NULL}, {"dns.rd", "true"}, {"dns.ra", "true"},
	      {"dns.rcode", "\"NXDOMAIN\""}, {"dns.answers[0].rrname", "\"a.example\""},
	      {"dns.answers[0].rrtype", "\"A\""}, {"dns.answers[0].ttl", "7"},
	      {"dns.answers[0].rdata", "\"1.2.3.4\""},
	      {"dns.answers[1].rdata", "\"2001:0000:0000:0000:0000:0000:0000:000f\""},
	      {"dns.answers[2].rdata", "\"\""}, {"dns.answers[3].rdata", "\"c.d.e\""},
	      {"dns.answers[4].rdata", "\"h\\\\xff\\u0001\\\"\\n\""},
	      {"dns.answers[5].rdata", "\"\""},
	      {"dns.answers[6].soa",
	       "{\"mname\":\"m\",\"rname\":\"r\",\"serial\":1,\"refresh\":2,\"retry\":3,"
	       "\"expire\":4,\"minimum\":5}"},
	      {"dns.answers[7].srv", "{\"priority\":1,\"weight\":2,\"port\":3,\"name\":\"s\"}"},
	      {"dns.answers[8].sshfp", "{\"fingerprint\":\"0a:ff\",\"algo\":1,\"type\":2}"},
	      {"dns.answers[9].sshfp", NULL}, {"dns.answers[10].rdata", NULL},
	      {"dns.answers[10].rrtype", "\"HTTPS\""}, {"dns.answers[11]", NULL},
	      {"dns.grouped.A", "[\"1.2.3.4\",\"\"]"}, {"dns.grouped.CNAME", "[\"c.d.e\"]"},
	      {"dns.grouped.HTTPS", NULL}, {"dns.authorities[0].rdata", "\"n\""},
	      {"dns.authorities[1]", NULL});
	record_alert(&record, &context, &(struct record_alert){.rule = &rule});
	CHECK({"dns.version", "2"}, {"dns.answer.version", "2"}, {"dns.answer.answers", NULL},
	      {"dns.answer.authorities[0].rdata", "\"n\""});
}
END_TEST

START_TEST(test_tls_is_hellos_and_certificates)
{
	struct wp_tls_hello hellos[] = {{.is_client = true,
					 .version = 0x0304,
					 .server_name = span("example.org"),
					 .ja3 = span("771,1,2"),
					 .ja3_hash = "0123456789abcdef0123456789abcdef"},
					{.version = 0x0303, .ja3 = span("771,3"), .ja3_hash = "f"}};
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
	struct record_context context = context_of(&events[0]);
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
	struct wp_ssh_banner banner = {.proto = span("2.0"),
				       .software = span("OpenSSH_9.2p1"),
				       .kex = span("k1,k2"),
				       .ciphers = {span("c"), span("C")},
				       .macs = {span("m"), span("M")},
				       .compressions = {span("z"), span("Z")},
				       .hassh = span("0123456789abcdef0123456789abcdef")};
	struct wp_stream_event events[] = {
		{.type = WP_SSH_BANNER, .ssh = &banner, .detail = WP_SSH_LINE},
		{.type = WP_SSH_BANNER, .ssh = &banner, .detail = WP_SSH_KEXINIT},
		{.type = WP_SSH_BANNER,
		 .ssh = &banner,
		 .detail = WP_SSH_KEXINIT,
		 .side = WP_SERVER}};
	struct record_context context = context_of(NULL);
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

START_TEST(test_smtp_and_ftp_and_smb)
{
	struct wp_text_line lines[] = {
		{.command = WP_SMTP_EHLO, .argument = span("me")},
		{.command = WP_SMTP_MAIL, .path = span("a@b")},
		{.command = WP_SMTP_RCPT, .path = span("c@d")},
		{.command = WP_SMTP_RCPT, .path = span("e@f")},
		{.command = WP_SMTP_QUIT},
	};
	struct wp_text_line ftp[] = {
		{.command = WP_FTP_PASV, .verb = span("PASV"), .argument = span("x")},
		{.code = 227,
		 .text = span("Entering"),
		 .has_endpoint = true,
		 .endpoint = {.port = 4000}},
		{.text = span("more")},
	};
	struct wp_smb_message smb = {.id = 1,
				     .session = INT64_MAX,
				     .status = 0xc0000016,
				     .command = 1,
				     .version = WP_SMB_2,
				     .is_response = true,
				     .user = span("u"),
				     .share = span("\\\\x\\IPC$")};
	struct wp_stream_event event = {.type = WP_SMTP_COMMAND};
	struct record_context context = context_of(NULL);
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

/* Packets and flows. */

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
	struct record_context context = context_of(NULL);
	static const char *const bits[] = {"one", "t\"wo"};
	const struct record_int ints[] = {{"n", 5}};
	const struct record_var vars[] = {{"v", {(const uint8_t *)"\xff\0x", 3}, true},
					  {"w", {(const uint8_t *)"", 0}, false}};
	struct record_marks marks = {bits, ints, vars, 2, 1, 2};
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
	      {"metadata.flowvars", "[{\"v\":\"\\\\xff\\u0000x\"}]"},
	      {"metadata.pktvars", "[{\"w\":\"\"}]"}, {"alert.action", "\"allowed\""},
	      {"alert.gid", "1"}, {"alert.signature_id", "4"}, {"alert.rev", "2"},
	      {"alert.signature", "\"a \\\"b\\\" \\\\ \\\\xff\""}, {"alert.category", "\"Misc\""},
	      {"alert.severity", "3"}, {"alert.source.ip", "\"10.0.0.2\""},
	      {"alert.target.ip", "\"10.0.0.1\""}, {"alert.target.port", "1025"},
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
	struct record_context context = context_of(NULL);
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

START_TEST(test_drop_tells_the_headers)
{
	struct wp_packet pkt = packet();
	struct record_context context = context_of(NULL);
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
	record_drop(&record, &context, RECORD_DROP_FLOW, NULL);
	CHECK({"drop.reason", "\"flow drop\""}, {"drop.tcpseq", NULL}, {"alert", NULL});
}
END_TEST

START_TEST(test_flow_that_has_ended)
{
	struct record_context context = context_of(NULL);

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
	struct record_context context = context_of(NULL);
	const struct record_file file = {.name = {(const uint8_t *)"/a\xff", 3},
					 .md5 = (const uint8_t *)"0123456789abcdef",
					 .size = 5,
					 .id = 3,
					 .is_whole = true,
					 .is_stored = true};
	const struct record_counter counters[] = {
		{"decoder.pkts", 5},        {"decoder.event.ipv4.trunc_pkt", 1},
		{"decoder.event.tcp.x", 2}, {"decoder.tcp", 3},
		{"plain", UINT64_MAX / 2},  {"detect.alert", 4}};

	record_file(&record, &context, &file);
	CHECK({"fileinfo",
	       "{\"filename\":\"/a\\\\xff\",\"gaps\":false,\"state\":\"CLOSED\",\"md5\":"
	       "\"30313233343536373839616263646566\",\"stored\":true,\"file_id\":3,"
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
			context = context_of(&event);
			record_anomaly(&record, &context, RECORD_L7, NULL);
			CHECK({"anomaly.type", "\"applayer\""});
		}
}
END_TEST

/* Hostile. */

START_TEST(test_all_bytes_can_be_told)
{
	struct wp_http_head head;
	char url[2 + 4096];
	struct wp_stream_event event = {.type = WP_HTTP_HEAD, .http = &head};
	struct record_context context = context_of(&event);
	json_t *root;

	for (unsigned int first = 0; first < 256; first++)
		for (unsigned int second = 0; second < 256; second++) {
			head = request("GET / HTTP/1.1", "GET", "/");
			url[0] = (char)first;
			url[1] = (char)second;
			head.target = (struct wp_span){(uint8_t *)url, 2};
			record_message(&record, &context, RECORD_HTTP);
			root = parse();
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
	struct wp_http_head head = request("GET / HTTP/1.1", "GET", "/");
	struct wp_stream_event event = {.type = WP_HTTP_HEAD, .http = &head};
	struct record_context context = context_of(&event);
	json_t *root;

	head.target = span(utf8[_i].bytes);
	record_message(&record, &context, RECORD_HTTP);
	root = parse();
	ck_assert_str_eq(json_string_value(json_object_get(json_object_get(root, "http"), "url")),
			 utf8[_i].text);
	json_decref(root);
}
END_TEST

START_TEST(test_longest_records_have_their_lines)
{
	static const uint8_t bad[65536]; /* NUL becomes six bytes */
	struct wp_dns_record many[WP_DNS_RECORDS_MAX];
	struct wp_http_header header = {span("user-agent"), {bad, sizeof(bad)}};
	struct wp_http_head head = request("GET / HTTP/1.1", "GET", "/");
	struct wp_dns_message dns = message(true);
	struct wp_stream_event event = {.type = WP_DNS_MESSAGE, .dns = &dns};
	struct record_context context = context_of(&event);
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
	struct wp_http_head head = request("GET /\xff\x01 HTTP/1.1", "GET", "/\xff\x01");
	struct wp_stream_event event = {.type = WP_HTTP_HEAD, .http = &head};
	struct record_context context = context_of(&event);
	struct record_alert alert = {
		.rule = &rule, .payload = span("pay\"load\n"), .packet = span("packet")};
	size_t whole;

	record_alert(&record, &context, &alert);
	whole = json_line(line, sizeof(line), record.bytes, record.size, TIME_NS, &names);
	ck_assert_uint_ne(whole, 0);
	for (size_t room = 0; room < whole; room++) {
		char *small = malloc(room + 1);

		small[room] = 'x';
		ck_assert_uint_eq(
			json_line(small, room, record.bytes, record.size, TIME_NS, &names), 0);
		ck_assert_int_eq(small[room], 'x');
		free(small);
	}
}
END_TEST

/** Makes a record of each kind that has fields. */
static void
make_any(unsigned int i)
{
	struct wp_dns_message dns = message(i % 2 == 0);
	struct wp_http_head head = request("GET /a HTTP/1.1", "GET", "/a");
	struct wp_smb_message smb = {.version = WP_SMB_2, .user = span("u")};
	struct wp_tls_hello hello = {.ja3 = span("771"), .server_name = span("n")};
	struct wp_text_line text = {.command = WP_SMTP_EHLO, .argument = span("me")};
	struct wp_stream_event events[] = {{.type = WP_DNS_MESSAGE, .dns = &dns},
					   {.type = WP_HTTP_HEAD, .http = &head},
					   {.type = WP_SMB_MESSAGE, .smb = &smb},
					   {.type = WP_TLS_HELLO, .tls = &hello},
					   {.type = WP_SMTP_COMMAND, .line = &text}};
	struct record_context context = context_of(&events[i % 5]);
	struct record_alert alert = {.rule = &rule, .payload = span("p")};
	const struct record_counter counters[] = {{"a.b", 1}, {"a.c.d", 2}};

	dns.records = records;
	dns.n_records_told = ROWS(records);
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
		record_file(&record, &context, &(struct record_file){.name = span("n")});
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
		size = json_line(line, sizeof(line), copy, record.size, TIME_NS, &names);
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
	TCase *tcase = tcase_create("record");

	tcase_add_checked_fixture(tcase, set_up, NULL);
	tcase_add_test(tcase, test_http_is_one_event_of_request_and_response);
	tcase_add_loop_test(tcase, test_host_is_who_is_asked, 0, ROWS(hosts));
	tcase_add_loop_test(tcase, test_content_range, 0, ROWS(ranges));
	tcase_add_test(tcase, test_dns_query_has_a_line_for_each_question);
	tcase_add_test(tcase, test_dns_answer_has_its_records_and_groups);
	tcase_add_test(tcase, test_tls_is_hellos_and_certificates);
	tcase_add_test(tcase, test_ssh_is_both_sides);
	tcase_add_test(tcase, test_smtp_and_ftp_and_smb);
	tcase_add_test(tcase, test_alert_tells_packet_rule_and_flow);
	tcase_add_test(tcase, test_packet_without_flow_has_its_own_addresses);
	tcase_add_test(tcase, test_packet_within_another_tells_of_it);
	tcase_add_test(tcase, test_alert_tells_body_and_file);
	tcase_add_test(tcase, test_counters_are_read_back);
	tcase_add_test(tcase, test_drop_tells_the_headers);
	tcase_add_test(tcase, test_flow_that_has_ended);
	tcase_add_test(tcase, test_file_and_anomaly_and_stats);
	tcase_add_test(tcase, test_each_anomaly_has_a_name);
	tcase_add_test(tcase, test_all_bytes_can_be_told);
	tcase_add_loop_test(tcase, test_utf8_stands_as_it_is_and_nothing_else_above_ascii, 0,
			    ROWS(utf8));
	tcase_add_test(tcase, test_longest_records_have_their_lines);
	tcase_add_test(tcase, test_short_room_is_not_left);
	tcase_add_test(tcase, test_broken_records_break_nothing);
	return unit_main("ids record", tcase);
}
