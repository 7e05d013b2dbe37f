/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where it is not sure that a response is over, or which bytes begin the next: its next bytes, or
 * its next lines, say it. Where end hosts differ: a body behind a status that has none, or behind
 * an odd Content-Length, is read by some.
 */

#include <string.h>

#include "ascii.h"
#include "stream/l7/http_view.h"

enum { BLANKS_MAX = 8 };

static bool
is_blank(uint8_t byte)
{
	return wp_is_space(byte) || byte == '\0';
}

static bool
is_line_end(uint8_t byte)
{
	return byte == '\r' || byte == '\n';
}

/** Judges by one more byte whether a response begins: with white space, HTTP/ and a digit. */
static enum l7_match
judge(struct http_search *search, uint8_t byte)
{
	uint32_t n = 0, size;

	search->bytes[search->size++] = byte;
	while (n < search->size && n < BLANKS_MAX && is_blank(search->bytes[n]))
		n++;
	size = search->size - n;
	if (size == sizeof("HTTP/"))
		return wp_is_digit(byte) ? L7_YES : L7_NO;
	return http_begins(search->bytes + n, "HTTP/", size) ? L7_MAYBE : L7_NO;
}

/** A response begins, behind another. @param before  bytes of it that came before this call */
static void
begin_next(struct l7_run *run, uint32_t before)
{
	struct http_side *side = http_side_of(run);

	side->next -= before;
	http_end(run);
	side->next += before;
	http_gather_again(run, side->search.bytes, before);
}

void
http_doubt_begin(struct l7_run *run)
{
	struct http_side *side = http_side_of(run);

	side->search = (struct http_search){0};
	side->at = HTTP_AT_DOUBT;
}

/** A response was not over: its bytes are no other's. */
static void
go_on(struct l7_run *run)
{
	struct http_side *side = http_side_of(run);
	struct http_search search = side->search;
	uint32_t n = 0;

	side->next -= search.size;
	if (side->has_ended || side->is_whole)
		l7_anomaly(run, WP_HTTP_NO_STATUS_LINE);
	side->has_ended = false;
	if (side->is_whole)
		http_rest_begin(run);
	else
		side->at = side->is_chunked ? HTTP_AT_CHUNK_LINE : HTTP_AT_BODY;
	while (n < search.size)
		n += http_read(run, search.bytes + n, search.size - n);
}

uint32_t
http_doubt(struct l7_run *run, const uint8_t *data, uint32_t size)
{
	struct http_search *search = &http_side_of(run)->search;
	uint32_t before = search->size;

	for (uint32_t n = 0; n < size; n++) {
		enum l7_match match = judge(search, data[n]);

		if (match == L7_MAYBE)
			continue;
		search->size = (uint8_t)before;
		if (match == L7_YES)
			begin_next(run, before);
		else
			go_on(run);
		return 0;
	}
	http_side_of(run)->next += size;
	return size;
}

void
http_doubt_finish(struct l7_run *run)
{
	const struct http_search *search = &http_side_of(run)->search;

	if (search->size != 0 && !is_blank(search->bytes[search->size - 1]))
		go_on(run);
	else
		http_end(run);
}

void
http_rest_begin(struct l7_run *run)
{
	struct http_side *side = http_side_of(run);

	side->search = (struct http_search){.is_within = true};
	side->at = HTTP_AT_REST;
}

void
http_rest_flush(struct l7_run *run)
{
	struct http_side *side = http_side_of(run);

	http_coding_body(run, &side->coding, side->search.bytes, side->search.size);
	side->search = (struct http_search){.is_within = true};
}

/** @return bytes up to behind the next end of a line, or all */
static uint32_t
find_line(struct http_search *search, const uint8_t *data, uint32_t size)
{
	const uint8_t *lf = memchr(data, '\n', size);
	const uint8_t *cr = memchr(data, '\r', lf != NULL ? (size_t)(lf - data) : size);
	const uint8_t *end = cr != NULL ? cr : lf;

	search->is_within = end == NULL;
	return end == NULL ? size : (uint32_t)(end - data) + 1;
}

/** Looks for a response. @param[in,out] before  bytes of the line at hand that came before this
 * call; told, once they are known to begin none @return bytes up to behind those by which it is
 * known, or all */
static uint32_t
look(struct l7_run *run, const uint8_t *data, uint32_t size, uint32_t *before, bool *is_found)
{
	struct http_side *side = http_side_of(run);
	struct http_search *search = &side->search;
	uint32_t n = 0;

	while (n < size) {
		enum l7_match match;

		if (search->is_within) {
			n += find_line(search, data + n, size - n);
			continue;
		}
		if (search->size == 0 && is_line_end(data[n])) {
			n++;
			continue;
		}
		match = judge(search, data[n++]);
		*is_found = match == L7_YES;
		if (*is_found)
			return n;
		if (match == L7_MAYBE)
			continue;
		http_coding_body(run, &side->coding, search->bytes, *before);
		*before = 0;
		*search = (struct http_search){.is_within = !is_line_end(data[n - 1])};
	}
	return n;
}

uint32_t
http_rest(struct l7_run *run, const uint8_t *data, uint32_t size)
{
	struct http_side *side = http_side_of(run);
	uint32_t before = side->search.size, n;
	bool is_found = false;

	if (run->side == WP_CLIENT) {
		http_coding_body(run, &side->coding, data, size);
		side->next += size;
		return size;
	}
	n = look(run, data, size, &before, &is_found);
	/* What may begin a response, or does, is no body yet. */
	size = n - (side->search.size - before);
	http_coding_body(run, &side->coding, data, size);
	if (!is_found) {
		side->next += n;
		return n;
	}
	side->next += size;
	begin_next(run, before);
	return size;
}
