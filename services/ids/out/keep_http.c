/* SPDX-License-Identifier: BSD-3-Clause */
/* What is told of HTTP: the request line and the host, and a few headers of both sides. */

#include <string.h>
#include <strings.h>

#include "ascii.h"
#include "out/keep.h"
#include "stream/l7/http.h"

enum {
	URL_MAX = 4096,
	WORD_MAX = 64,   /* bytes of a method, a version */
	RANGE_MAX = 128, /* of a range */
	TYPE_MAX = 256,  /* of other fields: */
	HOST_MAX = 512,
	HEADER_MAX = 1024,
	PARTS_MAX = 7, /* of a header that comes again: values and what is between them */
};

static bool
is_named(const struct wp_http_header *header, const char *name)
{
	size_t size = strlen(name);

	return header->value.data != NULL && header->name.size == size &&
	       strncasecmp((const char *)header->name.data, name, size) == 0;
}

/** Adds a header; one that comes several times as one, with commas between. */
static void
add_header(struct fields *fields, enum field_kind kind, size_t most,
	   const struct wp_http_head *head, const char *name)
{
	struct wp_span parts[PARTS_MAX];
	unsigned int n = 0;

	for (unsigned int i = 0; i < head->n_headers && n < PARTS_MAX; i++) {
		if (!is_named(&head->headers[i], name))
			continue;
		if (n != 0)
			parts[n++] = (struct wp_span){(const uint8_t *)", ", 2};
		parts[n++] = head->headers[i].value;
	}
	if (n != 0)
		field_add_parts(fields, kind, most, parts, n);
}

static struct wp_span
part_of(struct wp_span span, uint32_t from, uint32_t to)
{
	return (struct wp_span){.data = span.data + from, .size = to - from};
}

/** @return the place of a byte; the span's size when it is not there. */
static uint32_t
find_byte(struct wp_span span, uint8_t byte)
{
	const uint8_t *at = span.size == 0 ? NULL : memchr(span.data, byte, span.size);

	return at == NULL ? span.size : (uint32_t)(at - span.data);
}

/** @return the number that digits are; 0: it is no port. */
static uint32_t
read_port(struct wp_span digits)
{
	uint32_t port = 0;

	for (uint32_t i = 0; i < digits.size; i++) {
		if (digits.data[i] < '0' || digits.data[i] > '9' || port > 65535)
			return 0;
		port = port * 10 + digits.data[i] - '0';
	}
	return port > 65535 ? 0 : port;
}

/** Parts a host from its port: "host", "host:80", "[::1]:80". @return the port; 0: none */
static uint32_t
cut_port(struct wp_span *host)
{
	uint32_t from = 0, colon;
	struct wp_span digits;

	if (host->size != 0 && host->data[0] == '[')
		from = find_byte(*host, ']');
	colon = from + find_byte(part_of(*host, from, host->size), ':');
	if (colon == host->size)
		return 0;
	digits = part_of(*host, colon + 1, host->size);
	*host = part_of(*host, 0, colon);
	return read_port(digits);
}

/** @return the part of an absolute URI that names the host; no data: there is none. */
static struct wp_span
authority(struct wp_span target)
{
	uint32_t colon = find_byte(target, ':'), end, at;
	struct wp_span rest;

	if (colon == target.size || target.size - colon < 3 ||
	    memcmp(target.data + colon, "://", 3) != 0 || find_byte(target, '/') < colon)
		return (struct wp_span){.data = NULL};
	rest = part_of(target, colon + 3, target.size);
	end = find_byte(rest, '/');
	if (find_byte(rest, '?') < end)
		end = find_byte(rest, '?');
	rest = part_of(rest, 0, end);
	at = find_byte(rest, '@');
	return at == rest.size ? rest : part_of(rest, at + 1, rest.size);
}

/** Adds the host of a URI, in lower case. */
static void
add_lower_host(struct fields *fields, struct wp_span host)
{
	uint8_t lower[HOST_MAX];
	uint32_t size = host.size < HOST_MAX ? host.size : HOST_MAX;

	for (uint32_t i = 0; i < size; i++)
		lower[i] = wp_lower(host.data[i]);
	field_add(fields, FIELD_HTTP_HOST, HOST_MAX, (struct wp_span){lower, size});
}

/** Adds who is asked: as the URI says, else the header Host. @return the port named, or 0 */
static uint32_t
add_host(struct fields *fields, const struct wp_http_head *head)
{
	bool is_connect = head->known_method == WP_HTTP_METHOD_CONNECT;
	struct wp_span host = is_connect ? head->target : authority(head->target);
	const struct wp_http_header *header = wp_http_header(head, "host");
	uint32_t port;

	if (host.data != NULL && host.size != 0) {
		port = cut_port(&host);
		add_lower_host(fields, host);
		return port;
	}
	if (header == NULL || header->value.data == NULL)
		return 0;
	host = header->value;
	port = cut_port(&host);
	if (host.size != 0)
		field_add(fields, FIELD_HTTP_HOST, HOST_MAX, host);
	return port;
}

/** Adds the word behind the target. */
static void
add_protocol(struct fields *fields, const struct wp_http_head *head)
{
	const uint8_t *end = head->first_line.data + head->first_line.size;
	const uint8_t *at = head->target.data + head->target.size;

	if (head->target.data < head->first_line.data || at > end)
		return;
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	while (end > at && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	if (at < end)
		field_add(fields, FIELD_HTTP_PROTOCOL, WORD_MAX,
			  (struct wp_span){at, (uint32_t)(end - at)});
}

static void
keep_request(struct fields *fields, const struct wp_http_head *head)
{
	struct field_http_request request = {.port = add_host(fields, head)};

	field_add_struct(fields, FIELD_HTTP_REQUEST, &request, sizeof(request));
	field_add(fields, FIELD_HTTP_METHOD, WORD_MAX, head->method);
	if (head->target.size != 0)
		field_add(fields, FIELD_HTTP_URL, URL_MAX, head->target);
	if (head->target.data != NULL)
		add_protocol(fields, head);
	add_header(fields, FIELD_HTTP_USER_AGENT, HEADER_MAX, head, "user-agent");
	add_header(fields, FIELD_HTTP_REFERER, HEADER_MAX, head, "referer");
	add_header(fields, FIELD_HTTP_XFF, WORD_MAX, head, "x-forwarded-for");
}

static void
keep_response(struct fields *fields, const struct wp_http_head *head)
{
	struct field_http_response response = {.status = head->status};

	if (head->status / 100 == 1 && head->status != 101)
		return; /* another response follows */
	if ((head->anomalies & WP_HTTP_BIT(WP_HTTP_NO_STATUS_LINE)) == 0)
		field_add_struct(fields, FIELD_HTTP_RESPONSE, &response, sizeof(response));
	add_header(fields, FIELD_HTTP_CONTENT_TYPE, TYPE_MAX, head, "content-type");
	add_header(fields, FIELD_HTTP_CONTENT_RANGE, RANGE_MAX, head, "content-range");
	add_header(fields, FIELD_HTTP_LOCATION, HEADER_MAX, head, "location");
}

void
keep_http(struct fields *fields, const struct wp_stream_event *event)
{
	if (event->http->is_request)
		keep_request(fields, event->http);
	else
		keep_response(fields, event->http);
}
