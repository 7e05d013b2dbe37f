/* SPDX-License-Identifier: BSD-3-Clause */
/* The event "http", and its object. */

#include <string.h>

#include "out/line.h"
#include "out/record.h"

/** Writes a content type without what stands behind a semicolon. */
static void
put_content_type(const struct line *line)
{
	struct field field = field_find(line->fields, FIELD_HTTP_CONTENT_TYPE);
	const uint8_t *end;

	if (field.bytes == NULL)
		return;
	end = memchr(field.bytes, ';', field.size);
	text_bytes(line->text, "http_content_type",
		   (struct wp_span){field.bytes,
				    end == NULL ? field.size : (uint32_t)(end - field.bytes)});
}

/** Reads a number in front. @return whether there is one */
static bool
read_number(struct wp_span *rest, uint64_t *number)
{
	uint32_t n = 0;

	for (*number = 0; n < rest->size; n++) {
		uint8_t byte = rest->data[n];

		if (byte < '0' || byte > '9')
			break;
		if (*number > INT64_MAX / 10 - 1)
			return false;
		*number = *number * 10 + byte - '0';
	}
	rest->data += n;
	rest->size -= n;
	return n != 0;
}

static bool
read_byte(struct wp_span *rest, uint8_t byte)
{
	if (rest->size == 0 || rest->data[0] != byte)
		return false;
	rest->data++;
	rest->size--;
	return true;
}

/** What a Content-Range says (RFC 9110 section 14.4). */
struct range {
	uint64_t start, end, size;
	bool has_ends, has_size;
};

/** Reads the numbers of a range and of a size. @return whether it is one */
static bool
read_range(struct wp_span rest, struct range *range)
{
	*range = (struct range){.has_ends = false};
	if (rest.size < 6 || memcmp(rest.data, "bytes", 5) != 0)
		return false;
	rest = (struct wp_span){rest.data + 5, rest.size - 5};
	while (read_byte(&rest, ' '))
		;
	if (!read_byte(&rest, '*')) {
		range->has_ends = true;
		if (!read_number(&rest, &range->start) || !read_byte(&rest, '-') ||
		    !read_number(&rest, &range->end))
			return false;
	}
	if (!read_byte(&rest, '/'))
		return false;
	range->has_size = !read_byte(&rest, '*');
	return !range->has_size || read_number(&rest, &range->size);
}

static void
put_range(struct text *text, struct wp_span raw)
{
	struct range range;

	if (!read_range(raw, &range))
		return;
	if (range.has_ends) {
		text_number(text, "start", range.start);
		text_number(text, "end", range.end);
	}
	if (range.has_size)
		text_number(text, "size", range.size);
}

static void
put_content_range(const struct line *line)
{
	struct field field = field_find(line->fields, FIELD_HTTP_CONTENT_RANGE);
	struct wp_span raw = {field.bytes, field.size};

	if (field.bytes == NULL)
		return;
	text_open(line->text, "content_range");
	text_bytes(line->text, "raw", raw);
	put_range(line->text, raw);
	text_close(line->text);
}

static void
put_request(const struct line *line)
{
	struct field field = field_find(line->fields, FIELD_HTTP_REQUEST);
	struct field_http_request request = {.port = 0};
	bool seen = field_get(&field, &request, sizeof(request));

	line_bytes(line, "hostname", FIELD_HTTP_HOST);
	if (request.port != 0)
		text_number(line->text, "http_port", request.port);
	if (seen)
		line_bytes(line, "url", FIELD_HTTP_URL);
	else
		text_static(line->text, "url", "/libhtp::request_uri_not_seen");
	line_bytes(line, "http_user_agent", FIELD_HTTP_USER_AGENT);
	line_bytes(line, "xff", FIELD_HTTP_XFF);
}

static void
put_body(const struct line *line, enum field_kind kind, const char *name, const char *printable)
{
	struct field field = field_find(line->fields, kind);
	struct wp_span bytes = {field.bytes, field.size};

	if (field.bytes == NULL)
		return;
	if (line->names->body)
		text_base64(line->text, name, bytes);
	if (line->names->body_printable)
		text_printable(line->text, printable, bytes);
}

static void
put_bodies(const struct line *line)
{
	put_body(line, FIELD_HTTP_REQUEST_BODY, "http_request_body", "http_request_body_printable");
	put_body(line, FIELD_HTTP_RESPONSE_BODY, "http_response_body",
		 "http_response_body_printable");
}

/** Writes what is told of more than the request. */
static void
put_more(const struct line *line)
{
	struct field field = field_find(line->fields, FIELD_HTTP_RESPONSE);
	struct field_http_response response;
	uint64_t length = 0;

	line_bytes(line, "http_refer", FIELD_HTTP_REFERER);
	line_bytes(line, "http_method", FIELD_HTTP_METHOD);
	line_bytes(line, "protocol", FIELD_HTTP_PROTOCOL);
	if (field_get(&field, &response, sizeof(response)))
		text_number(line->text, "status", response.status);
	line_bytes(line, "redirect", FIELD_HTTP_LOCATION);
	field = field_find(line->fields, FIELD_HTTP_LENGTH);
	field_get(&field, &length, sizeof(length));
	text_number(line->text, "length", length);
}

void
line_http_object(const struct line *line)
{
	text_open(line->text, "http");
	put_request(line);
	put_content_type(line);
	put_content_range(line);
	if (line->head->kind != RECORD_HTTP || !line->names->brief)
		put_more(line);
	put_bodies(line);
	text_close(line->text);
}

void
line_http(const struct line *line)
{
	line_tx(line);
	line_http_object(line);
}
