/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * First lines of HTTP as rules see them, which is not how lib/stream reads them: a target ends with
 * the first space, and all behind it is the protocol, so that a rule sees the rest there; but where
 * the line ends with a protocol of HTTP, the spaces in front of that are the target's.
 */

#include "match/view_parts.h"

#include <string.h>

#include "stream/l7/http.h"

bool
view_line_is_lax(const struct wp_http_head *head)
{
	return !head->is_request && (head->anomalies & WP_HTTP_BIT(WP_HTTP_BARE_CR)) != 0;
}

/** @return how many bytes there are up to a line's end. */
static uint32_t
size_of(struct wp_span rest, bool cr_ends)
{
	if (!cr_ends)
		return view_find(rest, '\n');
	for (uint32_t i = 0; i < rest.size; i++) {
		uint8_t next = i + 1 < rest.size ? rest.data[i + 1] : '\n';

		if (rest.data[i] == '\n' ||
		    (rest.data[i] == '\r' && i != 0 && next != '\r' && next != '\n'))
			return i;
	}
	return rest.size;
}

/** @return how many bytes a line's end has. CR behind a bare LF belongs to it. */
static uint32_t
end_size(struct wp_span rest, uint32_t at, bool cr_ends)
{
	bool is_bare;

	if (at == rest.size)
		return 0;
	is_bare = rest.data[at] == '\n' && (at == 0 || rest.data[at - 1] != '\r');
	if (cr_ends && is_bare && at + 2 < rest.size && rest.data[at + 1] == '\r' &&
	    rest.data[at + 2] != '\n')
		return 2;
	return 1;
}

/** @return whether bytes in front of a line's end make the line that ends a head. */
static bool
is_empty(struct wp_span line)
{
	return line.size == 0 || (line.size == 1 && *line.data == '\r');
}

bool
view_line_take(struct wp_span *rest, bool cr_ends, struct wp_span *line)
{
	uint32_t size = size_of(*rest, cr_ends);
	bool is_last;

	*line = view_first(*rest, size);
	is_last = is_empty(*line) && size < rest->size && rest->data[size] == '\n';
	*rest = view_from(*rest, size + end_size(*rest, size, cr_ends));
	while (line->size != 0 && line->data[line->size - 1] == '\r')
		line->size--;
	return !is_last;
}

struct wp_span
view_line_rest(const struct wp_http_head *head)
{
	struct wp_span rest = head->raw, line;

	view_line_take(&rest, view_line_is_lax(head), &line);
	return rest;
}

static struct wp_span
skip_spaces(struct wp_span rest)
{
	uint32_t n = 0;

	while (n < rest.size && wp_is_space(rest.data[n]))
		n++;
	return view_from(rest, n);
}

/** Takes a word off, and the white space behind it. */
static struct wp_span
take_word(struct wp_span *rest)
{
	uint32_t n = 0;
	struct wp_span word;

	while (n < rest->size && !wp_is_space(rest->data[n]))
		n++;
	word = view_first(*rest, n);
	*rest = skip_spaces(view_from(*rest, n));
	return word;
}

/** @return where the protocol of HTTP begins that ends a line, behind a space; its size: there is
 * none. */
static uint32_t
find_protocol(struct wp_span rest)
{
	static const char name[] = "HTTP/";
	uint32_t at = rest.size;

	while (at != 0 && rest.data[at - 1] != ' ')
		at--;
	if (at == 0 || rest.size - at < sizeof(name) || memcmp(rest.data + at, name, 5) != 0)
		return rest.size;
	return at;
}

/** Takes the target off: only when there is no space, other white space ends it. */
static struct wp_span
take_target(struct wp_span *rest)
{
	uint32_t n = view_find(*rest, ' '), protocol = find_protocol(*rest);
	struct wp_span target;

	if (n == rest->size)
		return take_word(rest);
	if (protocol != rest->size)
		for (n = protocol; n > 0 && rest->data[n - 1] == ' ';)
			n--;
	target = view_first(*rest, n);
	*rest = skip_spaces(view_from(*rest, n));
	return target;
}

static struct wp_span
or_none(struct wp_span span)
{
	return span.size == 0 ? VIEW_NONE : span;
}

struct view_line
view_line_read(const struct wp_http_head *head)
{
	struct wp_span rest = head->raw;
	struct view_line line = {0};

	if (head->first_line.data == NULL)
		return line;
	view_line_take(&rest, view_line_is_lax(head), &line.whole);
	rest = skip_spaces(line.whole);
	if (head->is_request) {
		line.method = take_word(&rest);
		line.target = or_none(take_target(&rest));
		line.protocol = or_none(rest);
	} else {
		line.protocol = or_none(take_word(&rest));
		line.status = or_none(take_word(&rest));
		line.reason = or_none(rest);
	}
	return line;
}
