/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests; see oddity_http.h. */

#include <string.h>

#include "ascii.h"
#include "oddity/oddity_http_own.h"

/** Takes bytes from the front. @param spaces  whether such that are white space, or others
 * @return whether some of them are white space other than SP */
static bool
take(struct wp_span *from, bool spaces)
{
	bool is_odd = false;

	for (; from->size != 0 && wp_is_space(from->data[0]) == spaces; from->data++, from->size--)
		is_odd |= wp_is_space(from->data[0]) && from->data[0] != ' ';
	return is_odd;
}

/** Words of the first line are to be parted by SP. */
static void
look_at_line(const struct wp_http_head *head, struct oddities *odd)
{
	struct wp_span line = head->first_line;

	if (line.size == 0)
		return;
	if (wp_is_space(line.data[0]) || (head->raw.size != 0 && head->raw.data[0] == ' '))
		oddities_add(odd, EVENT_HTTP_REQUEST_LINE_LEADING_WHITESPACE);
	take(&line, true);
	take(&line, false);
	if (take(&line, true))
		oddities_add(odd, EVENT_HTTP_METHOD_DELIM_NON_COMPLIANT);
	if (line.size == 0 || memchr(line.data, ' ', line.size) != NULL)
		return;
	take(&line, false);
	if (take(&line, true))
		oddities_add(odd, EVENT_HTTP_URI_DELIM_NON_COMPLIANT);
}

static bool
is_hex(uint8_t byte)
{
	return wp_hex_digit(byte) >= 0;
}

/** @return whether a target has an escape of an escape. */
static bool
is_escaped_twice(struct wp_span target)
{
	for (uint32_t i = 0; i + 5 <= target.size; i++)
		if (memcmp(target.data + i, "%25", 3) == 0 && is_hex(target.data[i + 3]) &&
		    is_hex(target.data[i + 4]))
			return true;
	return false;
}

static void
look_at_authorization(const struct wp_http_head *head, struct oddities *odd)
{
	static const char *const schemes[] = {"basic", "digest", "bearer"};
	const struct wp_http_header *header = wp_http_header(head, "authorization");

	if (header == NULL)
		return;
	for (unsigned int i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (header->value.data != NULL &&
		    span_find(header->value, schemes[i]) == header->value.data)
			return;
	oddities_add(odd, EVENT_HTTP_REQUEST_AUTH_UNRECOGNIZED);
}

/** What says how a body is framed. */
static void
look_at_coding(const struct wp_http_head *head, struct oddities *odd)
{
	const struct wp_http_header *header = wp_http_header(head, "transfer-encoding");
	struct wp_span list, item;
	bool is_chunked = false;

	if (header == NULL)
		return;
	list = header->value;
	while (span_next(&list, ',', &item))
		is_chunked |= span_is(item, "chunked");
	if (!is_chunked || head->minor == 0)
		oddities_add(odd, EVENT_HTTP_INVALID_TRANSFER_ENCODING_VALUE_IN_REQUEST);
}

void
oddity_http_request(const struct wp_http_head *head, struct oddities *odd)
{
	look_at_line(head, odd);
	oddity_http_hosts(head, odd);
	look_at_authorization(head, odd);
	look_at_coding(head, odd);
	if (head->target.data != NULL && is_escaped_twice(head->target))
		oddities_add(odd, EVENT_HTTP_DOUBLE_ENCODED_URI);
}
