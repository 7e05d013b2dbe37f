/* SPDX-License-Identifier: BSD-3-Clause */
/* services/ids/out: requests and responses of HTTP as records. */

#include <string.h>

#include "record_bed.h"
#include "record_messages.h"
#include "stream/l7/http.h"
#include "unit.h"

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
	struct wp_http_head heads[] = {message_request("GET  /a?b HTTP/1.1", "GET", "/a?b"),
				       response(100), response(302)};
	struct wp_stream_event events[] = {
		{.flow = &flow, .type = WP_HTTP_HEAD, .http = &heads[0]},
		{.flow = &flow, .type = WP_HTTP_HEAD, .http = &heads[1]},
		{.flow = &flow, .type = WP_HTTP_HEAD, .http = &heads[2]}};
	struct record_context context = bed_context(NULL);
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
		message_request(hosts[_i].first_line, hosts[_i].method, hosts[_i].target);
	struct wp_http_header header = {bed_span("Host"), {NULL, 0}};
	struct wp_stream_event event = {.flow = &flow, .type = WP_HTTP_HEAD, .http = &head};
	struct record_context context = bed_context(&event);

	head.headers = &header;
	head.n_headers = 0;
	head.known_method = strcmp(hosts[_i].method, "CONNECT") == 0 ? WP_HTTP_METHOD_CONNECT
								     : WP_HTTP_METHOD_GET;
	if (hosts[_i].host != NULL) {
		header.value = bed_span(hosts[_i].host);
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
	struct wp_http_header header = {bed_span("content-range"), bed_span(ranges[_i].raw)};
	struct wp_stream_event event = {.flow = &flow, .type = WP_HTTP_HEAD, .http = &head};
	struct record_context context = bed_context(&event);

	head.headers = &header;
	head.n_headers = 1;
	record_message(&record, &context, RECORD_HTTP);
	CHECK({"http.content_range.start", ranges[_i].start},
	      {"http.content_range.end", ranges[_i].end},
	      {"http.content_range.size", ranges[_i].size},
	      {"http.url", "\"/libhtp::request_uri_not_seen\""}, {"http.status", "206"});
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("record http");

	tcase_add_checked_fixture(tcase, bed_set_up, NULL);
	tcase_add_test(tcase, test_http_is_one_event_of_request_and_response);
	tcase_add_loop_test(tcase, test_host_is_who_is_asked, 0, ROWS(hosts));
	tcase_add_loop_test(tcase, test_content_range, 0, ROWS(ranges));
	return unit_main("ids record http", tcase);
}
