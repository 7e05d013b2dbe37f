/* SPDX-License-Identifier: BSD-3-Clause */
/* Behind missing bytes, finds where a message begins. */

#include <string.h>

#include "ascii.h"
#include "stream/l7/http_view.h"

void
http_search_begin(struct l7_run *run)
{
	struct http_side *side = http_side_of(run);

	http_gather_reset(run);
	http_coding_flush(run, &side->coding, false);
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
	return byte == '/' || byte == '*' || wp_is_digit(byte) || wp_is_letter(byte) ||
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
	struct http_search *search = &http_side_of(run)->search;
	/* Some may have come with calls before this one. */
	uint32_t before = search->size > n ? search->size - n : 0;

	http_pair_anew(&state->requests, run->side);
	http_gather_again(run, search->bytes, before);
	return before != 0 ? 0 : n - search->size;
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
