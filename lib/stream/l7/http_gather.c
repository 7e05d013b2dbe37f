/* SPDX-License-Identifier: BSD-3-Clause */
/* Finds where a head ends, and keeps what comes in pieces. A head that comes whole is not copied.
 */

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
