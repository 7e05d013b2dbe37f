/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finds where a head ends, and keeps what comes in pieces. A head that comes whole is not copied.
 * Where end hosts differ: white space may stand in front of a response; its head may end with CR CR
 * LF, or with a blank line.
 */

#include <string.h>

#include "stream/l7/http_view.h"

/** @return whether end hosts pass over a byte in front of a head (RFC 9112 section 2.2). */
static bool
is_passed_over(unsigned int side, uint8_t byte)
{
	if (byte == '\r' || byte == '\n')
		return true;
	return side == WP_SERVER && (byte == ' ' || byte == '\0' || (byte >= '\t' && byte < '\r'));
}

/** @return bytes in front of a head that end hosts pass over. */
static uint32_t
count_empty(struct l7_run *run, const uint8_t *data, uint32_t size)
{
	struct http_scan *scan = &http_side_of(run)->scan;
	uint32_t n = 0;

	for (; n < size && is_passed_over(run->side, data[n]); n++)
		scan->has_blanks |= data[n] != '\r' && data[n] != '\n';
	return n;
}

/** @return of the last bytes of a line, how many CR they are; two, if there are more. */
static uint8_t
count_returns(const struct http_scan *scan)
{
	if (scan->line == 0 || scan->last[1] != '\r')
		return 0;
	return scan->line > 1 && scan->last[0] == '\r' ? 2 : 1;
}

/** @return whether a line is the one behind a head. A response's may be CR CR LF where lines before
 * end otherwise than with CR LF. */
static bool
is_empty_line(const struct http_scan *scan, unsigned int side)
{
	uint8_t n = count_returns(scan);

	return scan->line == n &&
	       (n < 2 || (scan->line == 2 && side == WP_SERVER && scan->returns != 1));
}

/** @return whether a line of a response is one SP or HTAB, behind a line end of any kind. */
static bool
is_blank_line(const struct http_scan *scan, unsigned int side)
{
	if (side != WP_SERVER || scan->line == 0)
		return false;
	return (scan->last[1] == ' ' || scan->last[1] == '\t') &&
	       (scan->line == 1 || scan->last[0] == '\r');
}

/** @return the sum, which stops growing where it ends. */
static uint32_t
add(uint32_t bytes, uint32_t more)
{
	return more < UINT32_MAX - bytes ? bytes + more : UINT32_MAX;
}

/** Notes bytes of the line at hand. */
static void
pass(struct http_scan *scan, const uint8_t *data, uint32_t n)
{
	if (n == 0)
		return;
	scan->last[0] = n > 1 ? data[n - 2] : scan->last[1];
	scan->last[1] = data[n - 1];
	scan->line = add(scan->line, n);
}

/** Goes on to look for the line end of the line at hand. @return bytes up to behind it, or all */
static uint32_t
pass_line(struct http_scan *scan, const uint8_t *data, uint32_t size, unsigned int side,
	  enum l7_match *is_end)
{
	const uint8_t *end = memchr(data, '\n', size);
	uint32_t n = end != NULL ? (uint32_t)(end - data) : size;

	*is_end = L7_NO;
	pass(scan, data, n);
	if (end == NULL)
		return size;
	if (is_empty_line(scan, side))
		*is_end = L7_YES;
	else if (is_blank_line(scan, side))
		*is_end = L7_MAYBE;
	scan->returns = count_returns(scan);
	scan->lines++;
	scan->line = 0;
	return n + 1;
}

/**
 * Behind a blank line, a response's head goes on with an empty one, or with a header; else that
 * line was its end.
 * @return L7_YES: it was; L7_MAYBE: the byte may be a header name's
 */
static enum l7_match
judge_behind_blank(const struct http_scan *scan, uint8_t byte)
{
	if (scan->behind == 0 && (byte == '\r' || byte == '\n'))
		return L7_NO;
	if (byte == ':')
		return scan->behind != 0 ? L7_NO : L7_YES;
	return http_is_token_byte(byte) && scan->behind < HTTP_BEHIND_MAX ? L7_MAYBE : L7_YES;
}

/** Reads behind a blank line. @return bytes that are surely, or maybe, of the head */
static uint32_t
pass_behind_blank(struct http_scan *scan, const uint8_t *data, uint32_t size, enum l7_match *is_end)
{
	uint32_t n = 0;

	for (; n < size; n++) {
		*is_end = judge_behind_blank(scan, data[n]);
		if (*is_end != L7_MAYBE)
			break;
		scan->behind++;
	}
	if (n == size && *is_end == L7_MAYBE)
		return n;
	scan->is_in_doubt = false;
	if (*is_end == L7_NO) {
		scan->line = scan->behind;
		scan->last[1] = 'x'; /* of a name */
		scan->behind = 0;
		return n;
	}
	/* Those that came with this call are left to be read as what they are. */
	scan->behind -= n;
	return 0;
}

/** Goes on to look for the empty line behind a head. @return bytes up to behind it, or all
 * @param[out] is_end  it is there */
static uint32_t
find_end(struct http_scan *scan, const uint8_t *data, uint32_t size, unsigned int side,
	 bool *is_end)
{
	enum l7_match match = scan->is_in_doubt ? L7_MAYBE : L7_NO;
	uint32_t at = 0;

	while (at < size && match != L7_YES) {
		if (scan->is_in_doubt)
			at += pass_behind_blank(scan, data + at, size - at, &match);
		else
			at += pass_line(scan, data + at, size - at, side, &match);
		if (match == L7_MAYBE)
			scan->is_in_doubt = true;
	}
	*is_end = match == L7_YES;
	return at;
}

/** @return whether a head begins as a status line does, as far as it is there. */
static bool
is_response(const struct http_scan *scan, const uint8_t *data, uint32_t size)
{
	static const char begin[] = "http";
	uint32_t n = scan->size < 4 ? 4 - scan->size : 0;

	if (n > size)
		n = size;
	return n == 0 || http_begins(data, begin + scan->size, n);
}

/** Keeps bytes of a head, as many as there is room for. @return false: the side is given up */
static bool
keep(struct l7_run *run, struct http_side *side, const uint8_t *data, uint32_t size)
{
	uint32_t room = WP_HTTP_HEAD_MAX - side->head.size, n = size < room ? size : room;

	if (l7_buffer_add(run, &side->head, data, n, WP_HTTP_HEAD_MAX))
		return n == size || http_cut_read(run, data + n, size - n);
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
	uint32_t empty = scan->size == 0 ? count_empty(run, data, size) : 0, n;
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
	n = find_end(scan, data, size, run->side, &is_whole);
	scan->size = add(scan->size, n);
	*raw = take(run, side, data, n, is_whole);
	return empty + n;
}

void
http_gather_reset(struct l7_run *run)
{
	struct http_side *side = http_side_of(run);

	l7_buffer_free(run, &side->head);
	run->host->give(run, side->cut);
	side->cut = NULL;
	side->scan = (struct http_scan){0};
}

void
http_gather_again(struct l7_run *run, const uint8_t *bytes, uint32_t size)
{
	struct http_side *side = http_side_of(run);
	struct wp_span raw = {0};

	side->at = HTTP_AT_HEAD;
	if (size == 0)
		return;
	side->next -= size;
	http_gather(run, bytes, size, &raw);
	side->next += size;
}
