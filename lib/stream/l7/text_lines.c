/* SPDX-License-Identifier: BSD-3-Clause */
/* A line that lies in the bytes of one call is given as it lies there; parts of lines are kept. */

#include "stream/l7/text_lines.h"

#include <string.h>

static uint32_t
min(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

void
text_in_read(struct text_in *in, uint32_t size)
{
	in->data += size;
	in->size -= size;
	in->offset += size;
}

/** Counts the bytes of a line, and says once that there are too many. */
static void
count(struct l7_run *run, struct text_lines *lines, uint32_t size)
{
	bool fits = lines->size <= WP_TEXT_LINE_MAX;

	lines->size = min(size, WP_TEXT_LINE_MAX + 1) + min(lines->size, WP_TEXT_LINE_MAX + 1);
	if (fits && lines->size > WP_TEXT_LINE_MAX && !lines->skips)
		l7_anomaly_at(run, WP_L7_TOO_LONG, lines->start);
}

static void
keep(struct l7_run *run, struct text_lines *lines, const uint8_t *data, uint32_t size)
{
	uint32_t room = WP_TEXT_LINE_MAX - lines->part.size;

	if (!lines->skips &&
	    !l7_buffer_add(run, &lines->part, data, min(size, room), WP_TEXT_LINE_MAX)) {
		l7_buffer_free(run, &lines->part);
		lines->skips = true;
	}
	count(run, lines, size);
}

/** Adds the last bytes of a line. @param[out] line  all of it that is told */
static void
add_last(struct l7_run *run, struct text_lines *lines, const uint8_t *data, uint32_t size,
	 struct wp_span *line)
{
	if (lines->size == 0) {
		count(run, lines, size);
		*line = (struct wp_span){data, min(size, WP_TEXT_LINE_MAX)};
		return;
	}
	keep(run, lines, data, size);
	*line = (struct wp_span){lines->part.bytes, lines->part.size};
}

/** Takes the CR off. What stands behind WP_TEXT_LINE_MAX is not looked at. */
static void
take_off_end(struct l7_run *run, const struct text_lines *lines, struct wp_span *line)
{
	if (lines->size <= WP_TEXT_LINE_MAX) {
		if (line->size != 0 && line->data[line->size - 1] == '\r')
			line->size--;
		else
			l7_anomaly_at(run, WP_TEXT_BARE_LF, lines->start);
	}
	if (line->size != 0 && memchr(line->data, '\r', line->size) != NULL)
		l7_anomaly_at(run, WP_TEXT_BARE_CR, lines->start);
}

bool
text_lines_next(struct l7_run *run, struct text_lines *lines, struct text_in *in,
		struct wp_span *line)
{
	const uint8_t *data = in->data, *end = memchr(data, '\n', in->size);
	uint32_t size = end != NULL ? (uint32_t)(end - data) : in->size;

	if (lines->size == 0)
		lines->start = in->offset;
	text_in_read(in, end != NULL ? size + 1 : size);
	if (end == NULL) {
		keep(run, lines, data, size);
		return false;
	}
	add_last(run, lines, data, size, line);
	if (lines->skips) {
		text_lines_reset(run, lines);
		return false;
	}
	take_off_end(run, lines, line);
	return true;
}

bool
text_lines_rest(struct l7_run *run, struct text_lines *lines, struct wp_span *line)
{
	if (lines->skips || lines->part.size == 0)
		return false;
	*line = (struct wp_span){lines->part.bytes, lines->part.size};
	l7_anomaly_at(run, WP_TEXT_NOT_ENDED, lines->start);
	if (lines->size <= WP_TEXT_LINE_MAX && line->data[line->size - 1] == '\r')
		line->size--;
	if (line->size != 0 && memchr(line->data, '\r', line->size) != NULL)
		l7_anomaly_at(run, WP_TEXT_BARE_CR, lines->start);
	return true;
}

void
text_lines_gap(struct l7_run *run, struct text_lines *lines)
{
	text_lines_reset(run, lines);
	lines->skips = true;
}

void
text_lines_reset(struct l7_run *run, struct text_lines *lines)
{
	if (lines->part.bytes != NULL)
		l7_buffer_free(run, &lines->part);
	*lines = (struct text_lines){0};
}
