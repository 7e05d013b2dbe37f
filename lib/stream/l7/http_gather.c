/* SPDX-License-Identifier: BSD-3-Clause */
/* Finds where a head ends, and keeps what comes in pieces. A head that comes whole is not copied.
 * Behind missing bytes, finds where one begins. */

#include <string.h>

#include "stream/l7/http_view.h"

/** @return bytes in front of a head that end hosts pass over (RFC 9112 section 2.2). */
static uint32_t
count_empty(const uint8_t *data, uint32_t size)
{
	uint32_t n = 0;

	while (n < size && (data[n] == '\r' || data[n] == '\n'))
		n++;
	return n;
}

static bool
is_empty_line(const struct http_scan *scan)
{
	return scan->line == 0 || (scan->line == 1 && scan->lead == '\r');
}

/** Goes on to look for the empty line behind a head. @return bytes up to behind it; 0: it is not
 * there */
static uint32_t
find_end(struct http_scan *scan, const uint8_t *data, uint32_t size)
{
	uint32_t at = 0;

	while (at < size) {
		const uint8_t *end = memchr(data + at, '\n', size - at);
		uint32_t n = end != NULL ? (uint32_t)(end - data) - at : size - at;

		if (scan->line == 0)
			scan->lead = data[at];
		scan->line += n;
		at += n;
		if (end == NULL)
			break;
		at++;
		if (is_empty_line(scan))
			return at;
		scan->lines++;
		scan->line = 0;
	}
	return 0;
}

/** @return whether a head begins as a status line does, as far as it is there. */
static bool
is_response(const struct http_scan *scan, const uint8_t *data, uint32_t size)
{
	static const char begin[] = "http/";
	uint32_t n = scan->size < 5 ? 5 - scan->size : 0;

	if (n > size)
		n = size;
	return n == 0 || http_begins(data, begin + scan->size, n);
}

/** Keeps bytes of a head. @return false: the side is given up */
static bool
keep(struct l7_run *run, struct http_side *side, const uint8_t *data, uint32_t size)
{
	if (l7_buffer_add(run, &side->head, data, size, WP_HTTP_HEAD_MAX))
		return true;
	http_lose(run);
	return false;
}

/** Takes the next bytes of a head, which is whole when @p is_whole. */
static struct wp_span
take(struct l7_run *run, struct http_side *side, const uint8_t *data, uint32_t size, bool is_whole)
{
	struct wp_span raw = {0};

	if (is_whole && side->head.size == 0 && size <= WP_HTTP_HEAD_MAX)
		return (struct wp_span){.data = data, .size = size};
	if (keep(run, side, data, size) && is_whole)
		raw = (struct wp_span){.data = side->head.bytes, .size = side->head.size};
	return raw;
}

uint32_t
http_gather(struct l7_run *run, const uint8_t *data, uint32_t size, struct wp_span *raw)
{
	struct http_side *side = http_side_of(run);
	struct http_scan *scan = &side->scan;
	uint32_t empty = scan->size == 0 ? count_empty(data, size) : 0, n;
	bool is_whole;

	data += empty;
	size -= empty;
	if (size == 0)
		return empty;
	if (scan->size == 0)
		side->head_offset = side->next + empty;
	if (run->side == WP_SERVER && !is_response(scan, data, size)) {
		http_begin_bare(run);
		return empty;
	}
	n = find_end(scan, data, size);
	is_whole = n != 0;
	if (!is_whole)
		n = size;
	scan->size += n;
	*raw = take(run, side, data, n, is_whole);
	return empty + n;
}

void
http_gather_reset(struct l7_run *run)
{
	struct http_side *side = http_side_of(run);

	l7_buffer_free(run, &side->head);
	side->scan = (struct http_scan){0};
}

void
http_search_begin(struct l7_run *run)
{
	struct http_side *side = http_side_of(run);

	http_gather_reset(run);
	http_coding_free(run, &side->coding);
	side->search = (struct http_search){0};
	side->at = HTTP_AT_SEARCH;
}

/** Judges a line of a server's by one more byte. */
static enum l7_match
judge_server(const struct http_search *search)
{
	static const uint8_t begin[] = "HTTP/1.";

	if (search->bytes[search->size - 1] != begin[search->size - 1])
		return L7_NO;
	return search->size == sizeof(begin) - 1 ? L7_YES : L7_MAYBE;
}

/** @return whether a request's target may begin so (RFC 9112 section 3.2). */
static bool
begins_target(uint8_t byte, enum wp_http_method method)
{
	uint8_t letter = byte | 0x20;

	return byte == '/' || byte == '*' || (byte >= '0' && byte <= '9') ||
	       (letter >= 'a' && letter <= 'z') ||
	       (byte == '[' && method == WP_HTTP_METHOD_CONNECT);
}

/** Judges a line of a client's by one more byte. Methods of capitals and '-' are all that are
 * registered. */
static enum l7_match
judge_client(const struct http_search *search)
{
	uint8_t byte = search->bytes[search->size - 1];
	struct wp_span method = {.data = search->bytes};
	enum wp_http_method known;
	bool is_registered;

	if (search->size >= 2 && search->bytes[search->size - 2] == ' ') {
		method.size = search->size - 2u;
		known = http_method_of(method, &is_registered);
		return is_registered && begins_target(byte, known) ? L7_YES : L7_NO;
	}
	if (byte == ' ')
		return L7_MAYBE;
	if (search->size > HTTP_SEARCH_METHOD_MAX)
		return L7_NO;
	return (byte >= 'A' && byte <= 'Z') || byte == '-' ? L7_MAYBE : L7_NO;
}

/** Judges a line by its next byte. */
static enum l7_match
judge(struct l7_run *run, struct http_search *search, uint8_t byte)
{
	enum l7_match match;

	search->bytes[search->size++] = byte;
	match = run->side == WP_SERVER ? judge_server(search) : judge_client(search);
	if (match == L7_NO) {
		search->size = 0;
		search->is_within = byte != '\n';
	}
	return match;
}

/** A message begins: its first bytes become a head's. @param n  bytes read of this call, up to
 * behind those by which it was known @return bytes of this call that stand in front of it */
static uint32_t
find(struct l7_run *run, uint32_t n)
{
	struct http_state *state = run->state;
	struct http_side *side = http_side_of(run);
	struct http_search *search = &side->search;
	uint32_t before = search->size > n ? search->size - n : 0;
	struct wp_span raw = {0};

	side->at = HTTP_AT_HEAD;
	http_pair_anew(&state->requests, run->side);
	if (before == 0)
		return n - search->size;
	/* Some came with calls before this one. */
	side->next -= before;
	http_gather(run, search->bytes, before, &raw);
	side->next += before;
	return 0;
}

/** Looks for a message. @return bytes in front of it, or all */
static uint32_t
look(struct l7_run *run, const uint8_t *data, uint32_t size)
{
	struct http_search *search = &http_side_of(run)->search;
	uint32_t n = 0;

	while (n < size) {
		if (search->is_within) {
			const uint8_t *end = memchr(data + n, '\n', size - n);

			if (end == NULL)
				return size;
			n = (uint32_t)(end - data) + 1;
			search->is_within = false;
		} else if (judge(run, search, data[n++]) == L7_YES) {
			return find(run, n);
		}
	}
	return size;
}

uint32_t
http_search(struct l7_run *run, const uint8_t *data, uint32_t size)
{
	uint32_t n = look(run, data, size);

	http_side_of(run)->next += n;
	return n;
}
