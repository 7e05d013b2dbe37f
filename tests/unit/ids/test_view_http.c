/* SPDX-License-Identifier: BSD-3-Clause */
/* services/ids/match/view_http.c and what it stands on: HTTP as rules see it. What is expected here
 * is what Suricata 7.0.10 shows its rules of the same bytes. */

#include <stdio.h>
#include <string.h>

#include "match/view_parts.h"
#include "stream/l7/http.h"
#include "unit.h"

static struct view view;

/** A head as lib/stream tells it, as far as views look at it. */
struct told {
	struct wp_http_head head;
	struct wp_stream_event event;
};

static struct wp_span
span_of(const char *text, size_t size)
{
	return (struct wp_span){(const uint8_t *)text, (uint32_t)size};
}

/** @param size  of text, which may have zeros in it */
static void
tell(struct told *told, const char *text, size_t size)
{
	struct wp_http_head *head = &told->head;

	*told = (struct told){.event = {.type = WP_HTTP_HEAD, .http = head}};
	head->raw = span_of(text, size);
	head->first_line = span_of(text, strcspn(text, "\r\n"));
	head->is_request = strncmp(text, "HTTP/", 5) != 0;
	head->status = head->is_request ? 0 : (uint16_t)atoi(text + 9);
	for (size_t i = 0; i + 1 < size; i++)
		if (text[i] == '\r' && text[i + 1] != '\n')
			head->anomalies |= WP_HTTP_BIT(WP_HTTP_BARE_CR);
	view_open(&view, &told->event);
}

/** @param expected  NULL: there is none */
static void
check(enum buffer_id buffer, unsigned int index, const char *expected, size_t size)
{
	struct wp_span span;
	bool is_there = view_get(&view, buffer, index, &span);

	if (expected == NULL) {
		ck_assert_msg(!is_there, "buffer %d is there", buffer);
		return;
	}
	ck_assert_msg(is_there, "buffer %d is not there: '%s'", buffer, expected);
	ck_assert_msg(span.size == size && memcmp(span.data, expected, size) == 0,
		      "buffer %d: '%.*s', not '%s'", buffer, (int)span.size,
		      (const char *)span.data, expected);
}

#define CHECK(BUFFER, TEXT) check(BUFFER, 0, TEXT, sizeof(TEXT) - 1)
#define CHECK_NONE(BUFFER) check(BUFFER, 0, NULL, 0)
#define TELL(TOLD, TEXT) tell(TOLD, TEXT, sizeof(TEXT) - 1)

static const struct {
	const char *target, *uri;
	size_t size; /* of what is expected, if it has a zero; 0: as it ends */
} targets[] = {
	{"/", "/", 0},
	{"/Index.PHP?Q=%41%2f+x#Fr%41g", "/Index.PHP?Q=A/+x#FrAg", 0},
	/* Dot segments, before and after decoding. */
	{"//a///b/./c/../d/../../e", "/a/e", 0},
	{"../../x", "x", 0},
	{"a/../b", "/b", 0},
	{"/a/../../../b/c", "/b/c", 0},
	{"/..a/.b/..", "/..a", 0},
	{"/.../a", "/.../a", 0},
	{"/a/..", "", 0},
	{"/a/./", "/a", 0},
	{"/a/..?x", "?x", 0},
	{".", "", 0},
	{"/%2e%2e%2fx/..%5cy", "/y", 0},
	{"/%2541%25%2e/%2e%2e/q", "/q", 0},
	/* Query and fragment have other rules. */
	{"/?x/../y", "/?x/../y", 0},
	{"/a?b=%u0041%zz%2&c=+%20+", "/a?b=%u0041%zz%2&c=+ +", 0},
	{"/?a#%u0041%41", "/?a#AA", 0},
	{"/x#a?b", "/x#a?b", 0},
	{"?", "?", 0},
	{"/a#", "/a#", 0},
	/* Codes, and what is none. */
	{"/%41%2F%5cz%00%zz%u0041%u2215%uff0f%u12", "/A/z\0%zzA/%u12", 14},
	{"/a%", "/a%", 0},
	{"/a%4%41", "/a%4A", 0},
	{"/a%u12345", "/a?5", 0},
	{"/%U0041", "/A", 0},
	{"/a\\b\\..\\c", "/a/c", 0},
	{"%2fa", "/a", 0},
	/* UTF-8, too long forms, what is none, and what does not end. */
	{"/\xc3\xa9", "/\xe9", 0},
	{"/%c0%af", "//", 0},
	{"/\xf0\x80\x80\xafx", "//x", 0},
	{"/\xe2\x88\x95x", "//x", 0},
	{"/\xc4\x80", "/A", 0},
	{"/\xf0\x9f\x98\x80", "/?", 0},
	{"/\xff\xfe", "/??", 0},
	{"/\xe2\x82"
	 "A",
	 "/?A", 0},
	{"/\xed\xa0\x80x", "/???x", 0},
	{"/\xf5\x80\x80\x80x", "/????x", 0},
	{"/\xc3", "/", 0},
	/* Scheme and authority. */
	{"http://User:pw@Www.Example.COM.:8080/a/B?x=1", "/a/B?x=1", 0},
	{"http://a", "", 0},
	{"http://a?x", "?x", 0},
	{"http:////x", "/x", 0},
	{"http:x", "x", 0},
	{"a:b:c", "b:c", 0},
	{"//host/x", "/host/x", 0},
};

START_TEST(test_uri_is_what_servers_make_of_it)
{
	const char *target = targets[_i].target, *uri = targets[_i].uri;
	char text[256];
	struct told told;
	size_t size = (size_t)snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\n\r\n", target);

	tell(&told, text, size);
	check(BUFFER_HTTP_URI, 0, uri, targets[_i].size != 0 ? targets[_i].size : strlen(uri));
	check(BUFFER_HTTP_URI_RAW, 0, target, strlen(target));
}
END_TEST

START_TEST(test_uri_that_needs_nothing_is_not_copied)
{
	static const char text[] = "GET /a.b/c?d=e+f#g HTTP/1.1\r\n\r\n";
	struct wp_span span;
	struct told told;

	TELL(&told, text);
	ck_assert(view_get(&view, BUFFER_HTTP_URI, 0, &span));
	ck_assert_ptr_eq(span.data, text + 4);
	ck_assert_uint_eq(view.used, 0);
}
END_TEST

static const struct {
	const char *target, *headers, *host, *raw;
} hosts[] = {
	{"/", "Host: Ex.Com.\r\n", "ex.com.", "Ex.Com."},
	{"/", "Host: WWW.Ex.Com:8080\r\n", "WWW.Ex.Com", "WWW.Ex.Com:8080"},
	{"/", "Host: [::F]:80\r\n", "[::F]", "[::F]:80"},
	{"/", "Host: [::F\r\n", NULL, "[::F"},
	{"/", "Host: ex .com : 90\r\n", "ex .com", "ex .com : 90"},
	{"/", "Host: :80\r\n", "", ":80"},
	{"/", "Host:\r\n", NULL, ""},
	{"/", "", NULL, NULL},
	{"/", "Host: a\r\nhost: b\r\n", "a, b", "a, b"},
	{"http://U:p@Www.%41b.Com..:80/x", "Host: o\r\n", "www.ab.com", "www.ab.com"},
	{"http://[::A]:90/x", "Host: o\r\n", "[::a]", "[::a]"},
	{"http://u@/x", "Host: o\r\n", "", ""},
	{"http:///x", "Host: O\r\n", "o", "O"},
};

START_TEST(test_host)
{
	const char *host = hosts[_i].host, *raw = hosts[_i].raw;
	char text[256];
	struct told told;

	tell(&told, text,
	     (size_t)snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\n%s\r\n", hosts[_i].target,
			      hosts[_i].headers));
	check(BUFFER_HTTP_HOST, 0, host, host == NULL ? 0 : strlen(host));
	check(BUFFER_HTTP_HOST_RAW, 0, raw, raw == NULL ? 0 : strlen(raw));
}
END_TEST

START_TEST(test_connect_has_a_host_and_no_uri)
{
	struct told told;

	TELL(&told, "CONNECT Www.Ex.com:443 HTTP/1.1\r\nHost: o\r\n\r\n");
	CHECK(BUFFER_HTTP_URI, "");
	CHECK(BUFFER_HTTP_URI_RAW, "Www.Ex.com:443");
	CHECK(BUFFER_HTTP_HOST, "www.ex.com");
	TELL(&told, "CONNECT [A HTTP/1.1\r\nHost: O\r\n\r\n");
	CHECK(BUFFER_HTTP_HOST, "o");
}
END_TEST

static const struct {
	const char *line, *method, *target, *protocol;
} lines[] = {
	{"GET /a HTTP/1.1", "GET", "/a", "HTTP/1.1"},
	{"GET /a b  c  HTTP/1.1", "GET", "/a b  c", "HTTP/1.1"},
	{"GET /a b c HTTP/", "GET", "/a", "b c HTTP/"},
	{"GET  HTTP/1.1", "GET", "HTTP/1.1", NULL},
	{"GET  /a  HTTP/1.1 ", "GET", "/a", "HTTP/1.1 "},
	{"GET\t/a\tHTTP/1.1", "GET", "/a", "HTTP/1.1"},
	{"GET /a\tb HTTP/1.1", "GET", "/a\tb", "HTTP/1.1"},
	{" get /a", "get", "/a", NULL},
	{"GET", "GET", NULL, NULL},
};

START_TEST(test_request_line)
{
	const char *target = lines[_i].target, *protocol = lines[_i].protocol;
	char text[256];
	struct told told;

	tell(&told, text, (size_t)snprintf(text, sizeof(text), "%s\r\n\r\n", lines[_i].line));
	check(BUFFER_HTTP_REQUEST_LINE, 0, lines[_i].line, strlen(lines[_i].line));
	check(BUFFER_HTTP_METHOD, 0, lines[_i].method, strlen(lines[_i].method));
	check(BUFFER_HTTP_URI_RAW, 0, target, target == NULL ? 0 : strlen(target));
	check(BUFFER_HTTP_PROTOCOL, 0, protocol, protocol == NULL ? 0 : strlen(protocol));
	CHECK_NONE(BUFFER_HTTP_RESPONSE_LINE);
}
END_TEST

START_TEST(test_response_line)
{
	struct told told;

	TELL(&told, "HTTP/1.1  302   Found it  \r\n\r\n");
	CHECK(BUFFER_HTTP_RESPONSE_LINE, "HTTP/1.1  302   Found it  ");
	CHECK(BUFFER_HTTP_PROTOCOL, "HTTP/1.1");
	CHECK(BUFFER_HTTP_STATUS_CODE, "302");
	CHECK(BUFFER_HTTP_STATUS_MESSAGE, "Found it  ");
	CHECK_NONE(BUFFER_HTTP_METHOD);
	TELL(&told, "HTTP/1.0 404\r\n\r\n");
	CHECK(BUFFER_HTTP_STATUS_CODE, "404");
	CHECK_NONE(BUFFER_HTTP_STATUS_MESSAGE);
	TELL(&told, "HTTP/1.1 100 Continue\r\nA: b\r\n\r\n");
	CHECK_NONE(BUFFER_HTTP_STATUS_CODE);
	CHECK_NONE(BUFFER_HTTP_HEADER);
}
END_TEST

START_TEST(test_headers_of_a_request)
{
	struct told told;

	TELL(&told, "GET / HTTP/1.1\r\nHost: h\r\nUser-Agent:  Mo zilla \r\nX-A: 1\r\n"
		    "X-A: 2\r\nx-a:\r\nCookie: a=b; c\r\nReferer:\r\nSet-Cookie: q\r\n\r\n");
	CHECK(BUFFER_HTTP_HEADER, "Host: h\r\nUser-Agent: Mo zilla\r\nX-A: 1, 2, \r\n"
				  "Referer: \r\nSet-Cookie: q\r\n");
	CHECK(BUFFER_HTTP_HEADER_RAW,
	      "Host: h\r\nUser-Agent:  Mo zilla \r\nX-A: 1\r\n"
	      "X-A: 2\r\nx-a:\r\nCookie: a=b; c\r\nReferer:\r\nSet-Cookie: q\r\n\r\n");
	CHECK(BUFFER_HTTP_HEADER_NAMES,
	      "\r\nHost\r\nUser-Agent\r\nX-A\r\nCookie\r\nReferer\r\nSet-Cookie\r\n\r\n");
	CHECK(BUFFER_HTTP_START,
	      "GET / HTTP/1.1\r\nHost: h\r\nUser-Agent: Mo zilla\r\nX-A: 1, 2, \r\n"
	      "Cookie: a=b; c\r\nReferer: \r\nSet-Cookie: q\r\n\r\n");
	CHECK(BUFFER_HTTP_COOKIE, "a=b; c");
	CHECK(BUFFER_HTTP_USER_AGENT, "Mo zilla");
	CHECK(BUFFER_HTTP_REFERER, "");
	CHECK_NONE(BUFFER_HTTP_ACCEPT);
	CHECK_NONE(BUFFER_HTTP_SERVER);
	check(BUFFER_HTTP_REQUEST_HEADER, 2, "X-A: 1, 2, ", 11);
	check(BUFFER_HTTP_REQUEST_HEADER, 5, "Set-Cookie: q", 13);
	check(BUFFER_HTTP_REQUEST_HEADER, 6, NULL, 0);
	check(BUFFER_HTTP_RESPONSE_HEADER, 0, NULL, 0);
}
END_TEST

START_TEST(test_headers_of_a_response)
{
	struct told told;

	TELL(&told, "HTTP/1.1 200 OK\r\nServer: s\r\nSet-Cookie: a=1\r\nSet-cookie: b=2\r\n"
		    "Content-Type: Text/Html;q\r\nContent-Length: 3\r\nContent-Length: 3\r\n"
		    "Location: /l\r\nConnection: close\r\nCookie: c\r\n\r\n");
	CHECK(BUFFER_HTTP_HEADER, "Server: s\r\nContent-Type: Text/Html;q\r\nContent-Length: 3\r\n"
				  "Location: /l\r\nConnection: close\r\nCookie: c\r\n");
	CHECK(BUFFER_HTTP_COOKIE, "a=1, b=2");
	CHECK(BUFFER_HTTP_SERVER, "s");
	CHECK(BUFFER_HTTP_LOCATION, "/l");
	CHECK(BUFFER_HTTP_CONNECTION, "close");
	CHECK(BUFFER_HTTP_CONTENT_TYPE, "Text/Html;q");
	CHECK(BUFFER_HTTP_CONTENT_LENGTH, "3");
	CHECK_NONE(BUFFER_HTTP_USER_AGENT);
	check(BUFFER_HTTP_RESPONSE_HEADER, 1, "Set-Cookie: a=1, b=2", 20);
}
END_TEST

START_TEST(test_head_without_headers)
{
	struct told told;

	TELL(&told, "GET / HTTP/1.1\r\n\r\n");
	CHECK(BUFFER_HTTP_START, "GET / HTTP/1.1\r\n");
	CHECK(BUFFER_HTTP_HEADER_RAW, "\r\n");
	CHECK_NONE(BUFFER_HTTP_HEADER);
	CHECK_NONE(BUFFER_HTTP_HEADER_NAMES);
	check(BUFFER_HTTP_REQUEST_HEADER, 0, NULL, 0);
	TELL(&told, "GET /\r\n");
	CHECK_NONE(BUFFER_HTTP_HEADER_RAW);
}
END_TEST

#define REQUEST "GET / HTTP/1.1\r\n"
#define RESPONSE "HTTP/1.1 200 OK\r\n"

static const struct {
	const char *text;
	size_t size;
	const char *headers;
	size_t headers_size;
} odd[] = {
#define ODD(TEXT, HEADERS)                                                                         \
	{                                                                                          \
		TEXT "\r\n", sizeof(TEXT "\r\n") - 1, HEADERS, sizeof(HEADERS) - 1                 \
	}
	/* Folds keep their white space; the lines' own ends go. */
	ODD(REQUEST "X:a \r\n b\r\n\t c  \r\n", "X: a  b\t c\r\n"),
	ODD(REQUEST "A:\r\n  1\r\n \r\nB: 2\r\n", "A: 1\r\nB: 2\r\n"),
	ODD(REQUEST "A: 1\r\r\n b\r\n", "A: 1 b\r\n"),
	ODD(REQUEST "A: 1\r\n : x\r\n", "A: 1 : x\r\n"),
	ODD(REQUEST "\t x : 1\r\n  y: 2\r\n", "x: 1  y: 2\r\n"),
	ODD(REQUEST "B: y\r\n\0C: d\r\n", "B: y\0C: d\r\n"),
	/* In responses of HTTP/1.1, what looks like a header is one. */
	ODD(RESPONSE "A: 1\r\n : x\r\n  y: 2\r\n z\r\n", "A: 1\r\n: x\r\n y: 2 z\r\n"),
	ODD(RESPONSE "No\r\n b: c\r\n", "No b: c\r\n"),
	ODD("HTTP/1.0 200 OK\r\nA: 1\r\n b: c\r\n", "A: 1 b: c\r\n"),
	/* Without colon or name. */
	ODD(REQUEST "No\r\nX: 1\r\n: q\r\n", ": No, q\r\nX: 1\r\n"),
	ODD(REQUEST "A\0B: c\r\n", ": A\0B: c\r\n"),
	ODD(RESPONSE "A\0B: c\r\n", "A\0B: c\r\n"),
	/* White space around. */
	ODD(REQUEST "E : \t\r\nF\t \v: 1\v\r\n", "E: \r\nF\t \v: 1\v\r\n"),
	ODD(RESPONSE "F\t \v: 1\v\r\n", "F: 1\v\r\n"),
	/* Line ends: CR alone is one in responses. */
	ODD(REQUEST "A: 1\nB: 2\n", "A: 1\r\nB: 2\r\n"),
	ODD(REQUEST "A: 1\rB: 2\r\n", "A: 1\rB: 2\r\n"),
	ODD(RESPONSE "A: 1\rB: 2\r\n", "A: 1\r\nB: 2\r\n"),
	ODD(RESPONSE "A: 1\r\r\nB: 2\n\rC: 3\r\n", "A: 1\r\nB: 2\r\nC: 3\r\n"),
	ODD(RESPONSE "\rA: 1\r\n", "\rA: 1\r\n"),
	ODD("HTTP/1.1 200 OK\rA: 1\rB: 2\r\n", "A: 1\r\nB: 2\r\n"),
	ODD(RESPONSE "A: 1\r\n \nB: 2\r\n", "A: 1\r\n"),
	ODD(REQUEST "A: 1\r\n \nB: 2\r\n", "A: 1\r\nB: 2\r\n"),
#undef ODD
};

START_TEST(test_odd_headers)
{
	struct told told;

	tell(&told, odd[_i].text, odd[_i].size);
	check(BUFFER_HTTP_HEADER, 0, odd[_i].headers, odd[_i].headers_size);
}
END_TEST

START_TEST(test_repeated_headers_are_joined_up_to_a_limit)
{
	static char text[4096], expected[4096];
	struct told told;
	int size = snprintf(text, sizeof(text), "%s", REQUEST), n = 0;

	for (int i = 0; i < 80; i++)
		size += snprintf(text + size, sizeof(text) - (size_t)size, "A: %d\r\n", i);
	size += snprintf(text + size, sizeof(text) - (size_t)size, "B: 1\r\nB: 2\r\nB: 3\r\n\r\n");
	for (int i = 0; i < 66; i++)
		n += snprintf(expected + n, sizeof(expected) - (size_t)n, "%s%d",
			      i == 0 ? "A: " : ", ", i);
	n += snprintf(expected + n, sizeof(expected) - (size_t)n, "\r\nB: 1, 2\r\n");
	tell(&told, text, (size_t)size);
	check(BUFFER_HTTP_HEADER, 0, expected, (size_t)n);
}
END_TEST

enum { NAMES = 1000 };

/** A head of many names, each of them twice. */
static void
tell_names(struct told *told, uint64_t key)
{
	static char text[2 * NAMES * 16 + 32];
	size_t size = (size_t)snprintf(text, sizeof(text), "%s", REQUEST);

	for (unsigned int i = 0; i < 2 * NAMES; i++)
		size += (size_t)snprintf(text + size, sizeof(text) - size, "Name%03u: a\r\n",
					 i % NAMES);
	view.key = (struct wp_hash_key){key, key};
	tell(told, text, size);
}

/** Who does not know the key cannot choose names that fall together. */
START_TEST(test_where_names_fall_depends_on_the_key)
{
	uint16_t slots[4 * NAMES];
	size_t size = 0;
	struct told told;
	struct wp_span span;

	for (uint64_t key = 1; key <= 2; key++) {
		tell_names(&told, key);
		ck_assert(view_get(&view, BUFFER_HTTP_HEADER, 0, &span));
		ck_assert_uint_eq(span.size, NAMES * strlen("Name000: a, a\r\n"));
		size = (view.names.mask + 1) * sizeof(slots[0]);
		ck_assert_uint_le(size, sizeof(slots));
		if (key == 1)
			memcpy(slots, view.names.slots, size);
	}
	ck_assert_int_ne(memcmp(slots, view.names.slots, size), 0);
	view.key = (struct wp_hash_key){0};
}
END_TEST

START_TEST(test_names_of_any_case_and_length_are_the_same)
{
	static char text[16384];
	struct told told;
	int size = snprintf(text, sizeof(text), "%s", REQUEST);

	for (int i = 0; i < 3; i++)
		size += snprintf(text + size, sizeof(text) - (size_t)size, "%s%0*d%s: %d\r\n",
				 i == 1 ? "aZ[@`{z" : "Az[@`{Z", 130, 0, i < 2 ? "X" : "Y", i);
	/* One by one, and in a table. */
	for (int more = 0; more < 2; more++) {
		tell(&told, text, (size_t)size);
		check(BUFFER_HTTP_REQUEST_HEADER, more == 0 ? 2 : 32, NULL, 0);
		ck_assert(view.fields[0].next == 1 && !view.fields[2].is_more);
		for (int i = 0; i < 30; i++)
			size += snprintf(text + size, sizeof(text) - (size_t)size, "%d: 1\r\n", i);
	}
}
END_TEST

START_TEST(test_what_is_made_is_paid_for)
{
	struct wp_span span;
	struct told told;

	TELL(&told, REQUEST "A: 1\r\nB: 2\r\n\r\n");
	CHECK(BUFFER_HTTP_HEADER, "A: 1\r\nB: 2\r\n");
	ck_assert_uint_eq(view_steps(&view), 0);
	tell_names(&told, 0);
	ck_assert(!view_get(&view, BUFFER_HTTP_COOKIE, 0, &span));
	ck_assert_uint_gt(view_steps(&view), 10 * NAMES);
	ck_assert_uint_eq(view_steps(&view), 0);
	ck_assert(view_get(&view, BUFFER_HTTP_HEADER, 0, &span));
	ck_assert_uint_gt(view_steps(&view), span.size / 64);
	ck_assert(view_get(&view, BUFFER_HTTP_HEADER, 0, &span));
	ck_assert_uint_eq(view_steps(&view), 0);
}
END_TEST

static const struct {
	const char *value, *name;
} dispositions[] = {
	{"attachment; filename=\"foo.txt\"", "foo.txt"},
	{"attachment; filename=foo.txt; x=y", "foo.txt"},
	{"filename=a b.txt", "a b.txt"},
	{"attachment;FileName=\"a;b\"", "a;b"},
	{"attachment; filename=\"a\\\"b\"", "a\\\"b"},
	{"attachment; x=\"; filename=k\"; filename=b", "b"},
	{"attachment; filename=\"\"", ""},
	{"attachment; filename=a;", "a;"},
	{";;filename=a;;", "a"},
	{"attachment; filename=", "/p q"},
	{"attachment; filename=\"a", "/p q"},
	{"attachment; filename=\"a\"b\"", "/p q"},
	{"attachment; filename*=UTF-8''foo.txt", "/p q"},
	{"attachment, filename=z", "/p q"},
	{";filename=a", "/p q"},
	{"inline", "/p q"},
};

START_TEST(test_name_of_a_download)
{
	char text[256];
	struct told told;

	tell(&told, text,
	     (size_t)snprintf(text, sizeof(text), RESPONSE "Content-Disposition: %s\r\n\r\n",
			      dispositions[_i].value));
	view.target = span_of("/x/../p%20q?r", 13);
	check(BUFFER_FILE_NAME, 0, dispositions[_i].name, strlen(dispositions[_i].name));
}
END_TEST

START_TEST(test_name_of_an_upload)
{
	struct told told;

	TELL(&told, "POST http://h/a/%2e%2e/%41.txt?x HTTP/1.1\r\n\r\n");
	told.head.has_content_length = true;
	told.head.content_length = 5;
	CHECK(BUFFER_FILE_NAME, "/A.txt");
	CHECK(BUFFER_FILE_EXTENSION, "txt");
	TELL(&told, "POST /a HTTP/1.1\r\nContent-Type: multipart/form-data; b\r\n\r\n");
	told.head.is_chunked = true;
	CHECK_NONE(BUFFER_FILE_NAME);
	TELL(&told, "POST /a HTTP/1.1\r\nContent-Type: Multipart/mixed; b\r\n\r\n");
	told.head.is_chunked = true;
	CHECK_NONE(BUFFER_FILE_NAME);
	TELL(&told, "GET /a HTTP/1.1\r\n\r\n");
	told.head.is_chunked = true;
	CHECK_NONE(BUFFER_FILE_NAME);
	TELL(&told, "PUT /a HTTP/1.1\r\n\r\n");
	CHECK_NONE(BUFFER_FILE_NAME); /* has no body */
}
END_TEST

#define PART(DISPOSITION) "\r\n--xY\r\nContent-Disposition: form-data; " DISPOSITION "\r\n\r\n"

/** Bodies of forms, or parts of such, and the names that are in them. */
static const struct {
	const char *boundary, *body;
	const char *names[3];
} forms[] = {
	{"boundary=xY", "--xY\r\ncontent-disposition:form-data; filename=a.b\r\n\r\n1", {"a.b"}},
	{"boundary=\"xY\"; c=d",
	 PART("name=q") "1" PART("filename=\"b\"") "2" PART("filename=c.d"),
	 {"b", "c.d"}},
	{"x=y; BOUNDARY=xY ", PART("filename=\"\""), {""}},
	{"boundary=xY", "--xZ\r\nContent-Disposition: form-data; filename=a\r\n\r\n", {NULL}},
	{"boundary=xY", "--xY\r\n\r\nContent-Disposition: form-data; filename=a\r\n", {NULL}},
	{"boundary=xY", "--xY", {NULL}},
	{"boundary=", PART("filename=a"), {NULL}},
	{"boundary", PART("filename=a"), {NULL}},
	{"b=xY", PART("filename=a"), {NULL}},
};

START_TEST(test_names_of_parts)
{
	char text[256];
	struct told told;

	tell(&told, text,
	     (size_t)snprintf(text, sizeof(text),
			      "POST /a HTTP/1.1\r\nContent-Type: multipart/form-data; %s\r\n\r\n",
			      forms[_i].boundary));
	told.head.is_chunked = true;
	view.body = span_of(forms[_i].body, strlen(forms[_i].body));
	ck_assert(view_has_parts(&view));
	for (unsigned int i = 0; i < 3; i++) {
		const char *name = forms[_i].names[i];

		check(BUFFER_FILE_NAME, i, name, name == NULL ? 0 : strlen(name));
	}
	if (forms[_i].names[1] != NULL)
		CHECK(BUFFER_FILE_EXTENSION, "d"); /* of the one that has any */
}
END_TEST

START_TEST(test_large_heads_are_cut_and_harm_nothing)
{
	static char text[WP_HTTP_HEAD_MAX];
	struct wp_span span;
	struct told told;
	size_t size = (size_t)snprintf(text, sizeof(text), "GET /%%41 HTTP/1.1\r\n");

	for (unsigned int i = 0; size + 16 < sizeof(text); i++)
		size += (size_t)snprintf(text + size, sizeof(text) - size, "A%u:\n b\n", i % 3000);
	tell(&told, text, size);
	for (int round = 0; round < 2; round++)
		for (int buffer = 0; buffer < BUFFERS; buffer++)
			for (unsigned int i = 0; view_get(&view, buffer, i, &span); i++)
				ck_assert_uint_le(span.size, VIEW_ROOM);
	ck_assert_uint_le(view.used, VIEW_ROOM);
	CHECK(BUFFER_HTTP_URI, "/A");
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("view_http");

	tcase_add_loop_test(tcase, test_uri_is_what_servers_make_of_it, 0, ROWS(targets));
	tcase_add_test(tcase, test_uri_that_needs_nothing_is_not_copied);
	tcase_add_loop_test(tcase, test_host, 0, ROWS(hosts));
	tcase_add_test(tcase, test_connect_has_a_host_and_no_uri);
	tcase_add_loop_test(tcase, test_request_line, 0, ROWS(lines));
	tcase_add_test(tcase, test_response_line);
	tcase_add_test(tcase, test_headers_of_a_request);
	tcase_add_test(tcase, test_headers_of_a_response);
	tcase_add_test(tcase, test_head_without_headers);
	tcase_add_loop_test(tcase, test_odd_headers, 0, ROWS(odd));
	tcase_add_test(tcase, test_repeated_headers_are_joined_up_to_a_limit);
	tcase_add_test(tcase, test_where_names_fall_depends_on_the_key);
	tcase_add_test(tcase, test_names_of_any_case_and_length_are_the_same);
	tcase_add_test(tcase, test_what_is_made_is_paid_for);
	tcase_add_loop_test(tcase, test_name_of_a_download, 0, ROWS(dispositions));
	tcase_add_test(tcase, test_name_of_an_upload);
	tcase_add_loop_test(tcase, test_names_of_parts, 0, ROWS(forms));
	tcase_add_test(tcase, test_large_heads_are_cut_and_harm_nothing);
	return unit_main("view_http", tcase);
}
