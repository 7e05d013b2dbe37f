/* SPDX-License-Identifier: BSD-3-Clause */
/* See oddity_http.h: what requests and responses have alike. */

#include "oddity/oddity_http.h"

#include <string.h>

#include "ascii.h"
#include "oddity/oddity_http_own.h"

/** Adds one of two events. */
static void
add(const struct wp_http_head *head, enum rule_event of_request, enum rule_event of_response,
    struct oddities *odd)
{
	oddities_add(odd, head->is_request ? of_request : of_response);
}

/** @return whether a byte may be in a header's name (RFC 9110 section 5.6.2). */
static bool
is_of_token(uint8_t byte)
{
	static const char others[] = "!#$%&'*+-.^_`|~";

	return wp_is_letter(byte) || wp_is_digit(byte) ||
	       (byte != '\0' && strchr(others, byte) != NULL);
}

/* Header lines. */

/** @return whether bytes stand in others, and something behind them. */
static bool
is_within(struct wp_span all, struct wp_span part)
{
	return part.data >= all.data && part.data + part.size < all.data + all.size;
}

static void
look_at_name(const struct wp_http_head *head, struct wp_span name, struct oddities *odd)
{
	bool is_token = name.size != 0;

	/* A NUL ends a line of a request. */
	if (head->is_request && name.size != 0 && memchr(name.data, '\0', name.size) != NULL) {
		oddities_add(odd, EVENT_HTTP_REQUEST_FIELD_MISSING_COLON);
		return;
	}
	for (uint32_t i = 0; i < name.size; i++)
		is_token &= is_of_token(name.data[i]);
	is_token &= !is_within(head->raw, name) || name.data[name.size] == ':';
	if (!is_token)
		add(head, EVENT_HTTP_REQUEST_HEADER_INVALID, EVENT_HTTP_RESPONSE_HEADER_INVALID,
		    odd);
}

static void
look_at_header(const struct wp_http_head *head, const struct wp_http_header *header,
	       struct oddities *odd)
{
	enum { FIELD_MAX = 18000 };

	if (header->name.size + header->value.size > FIELD_MAX)
		add(head, EVENT_HTTP_REQUEST_FIELD_TOO_LONG, EVENT_HTTP_RESPONSE_FIELD_TOO_LONG,
		    odd);
	if (header->value.data == NULL)
		add(head, EVENT_HTTP_REQUEST_FIELD_MISSING_COLON,
		    EVENT_HTTP_RESPONSE_FIELD_MISSING_COLON, odd);
	else
		look_at_name(head, header->name, odd);
}

/** @return where the line behind ends, of those that @p at is in; NULL: there is none. */
static const uint8_t *
next_line(const uint8_t *at, const uint8_t *end)
{
	const uint8_t *line = memchr(at, '\n', (size_t)(end - at));

	return line == NULL || line + 1 == end ? NULL : line + 1;
}

/** @return whether a line that begins with white space looks like a header of its own. */
static bool
is_like_header(const uint8_t *at, const uint8_t *end)
{
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	return at < end && *at != ':' && memchr(at, ':', (size_t)(end - at)) != NULL;
}

/** @return whether a line begins with white space that goes on from none: the first one does; of a
 * response, so does one that looks like a header of its own. */
static bool
has_odd_fold(const struct wp_http_head *head)
{
	const uint8_t *end, *at = head->first_line.data, *behind;
	bool is_first = true;

	if (at == NULL || head->raw.data == NULL)
		return false;
	end = head->raw.data + head->raw.size;
	if (at < head->raw.data || at >= end)
		return false;
	for (at = next_line(at, end); at != NULL; at = behind, is_first = false) {
		behind = next_line(at, end);
		if ((*at == ' ' || *at == '\t') &&
		    (is_first ||
		     (!head->is_request && is_like_header(at, behind == NULL ? end : behind))))
			return true;
	}
	return false;
}

/** @return whether a length has a number: what stands around it does not matter. */
static bool
has_number(struct wp_span value)
{
	enum { DIGITS_MAX = 19 };
	uint32_t n = 0, at = 0;

	while (at < value.size && (value.data[at] < '0' || value.data[at] > '9'))
		at++;
	while (at + n < value.size && wp_is_digit(value.data[at + n]))
		n++;
	return n != 0 && n <= DIGITS_MAX;
}

static void
look_at_length(const struct wp_http_head *head, struct oddities *odd)
{
	const struct wp_http_header *length = wp_http_header(head, "content-length");

	if (length != NULL && (length->value.data == NULL || !has_number(length->value)))
		add(head, EVENT_HTTP_INVALID_CONTENT_LENGTH_FIELD_IN_REQUEST,
		    EVENT_HTTP_INVALID_CONTENT_LENGTH_FIELD_IN_RESPONSE, odd);
	if ((head->anomalies & WP_HTTP_BIT(WP_HTTP_LENGTHS_DIFFER)) != 0)
		add(head, EVENT_HTTP_DUPLICATE_CONTENT_LENGTH_FIELD_IN_REQUEST,
		    EVENT_HTTP_DUPLICATE_CONTENT_LENGTH_FIELD_IN_RESPONSE, odd);
}

void
oddity_http_head(const struct wp_http_head *head, struct oddities *odd)
{
	for (unsigned int i = 0; i < head->n_headers; i++)
		look_at_header(head, &head->headers[i], odd);
	if (has_odd_fold(head))
		add(head, EVENT_HTTP_INVALID_REQUEST_FIELD_FOLDING,
		    EVENT_HTTP_INVALID_RESPONSE_FIELD_FOLDING, odd);
	look_at_length(head, odd);
	if (head->is_request)
		oddity_http_request(head, odd);
	else
		oddity_http_response(head, odd);
}

/* Bodies. */

void
oddity_http_body(unsigned int anomaly, bool is_request, struct oddities *odd)
{
	switch (anomaly) {
	case WP_HTTP_BAD_CHUNK:
		oddities_add(odd, is_request ? EVENT_HTTP_INVALID_REQUEST_CHUNK_LEN
					     : EVENT_HTTP_INVALID_RESPONSE_CHUNK_LEN);
		break;
	case WP_HTTP_BROKEN_CODING:
		oddities_add(odd, EVENT_HTTP_GZIP_DECOMPRESSION_FAILED);
		break;
	case WP_HTTP_BOMB:
		oddities_add(odd, EVENT_HTTP_COMPRESSION_BOMB);
		break;
	default:
		break;
	}
}

bool
oddity_http_is_fatal(const struct wp_http_head *head, enum rule_event event)
{
	switch (event) {
	case EVENT_HTTP_INVALID_CONTENT_LENGTH_FIELD_IN_REQUEST:
	case EVENT_HTTP_INVALID_REQUEST_CHUNK_LEN:
	case EVENT_HTTP_REQUEST_FIELD_TOO_LONG:
		return true;
	case EVENT_HTTP_INVALID_TRANSFER_ENCODING_VALUE_IN_REQUEST:
		return head == NULL || head->minor != 0; /* else it is merely too new */
	default:
		return false;
	}
}
