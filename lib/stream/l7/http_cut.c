/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Heads that are longer than what is kept of them. Their end hosts may take them, and read what
 * they say of framing wherever it stands: it is read line by line, and what was kept is told when
 * the head is over.
 */

#include <string.h>

#include "stream/l7/http_view.h"

_Static_assert(sizeof(struct http_cut) <= 16384, "chunks have that size");

/** @return where the last header begins, with lines that go on with it; 0: there is none. */
static uint32_t
find_last(const struct l7_buffer *head, bool is_request)
{
	uint32_t at = head->size;

	do {
		/* Behind the line end in front, if that is where it ends. */
		for (at--; at > 0 && head->bytes[at - 1] != '\n'; at--)
			;
	} while (at > 0 && http_begins_fold(head->bytes[at], is_request));
	return at;
}

/** Takes over what lines have said. Of what a message is told by itself, a name may be cut off:
 * that it is odd does not count. */
static void
take_over(const struct http_cut *cut, struct http_message *message)
{
	message->head.anomalies &= WP_HTTP_BIT(WP_HTTP_FOLD);
	message->head.anomalies |= cut->head.anomalies;
	message->said = cut->said;
	message->head.content_length = cut->head.content_length;
	message->head.has_content_length = cut->head.has_content_length;
	message->head.is_chunked = cut->head.is_chunked;
}

static void
note(struct http_cut *cut, const struct http_message *message)
{
	cut->said = message->said;
	cut->head = message->head;
}

/** The line at hand is whole: none goes on with it. */
static void
end_line(struct l7_run *run, struct http_cut *cut)
{
	struct wp_span line = {.data = cut->line, .size = cut->size};
	struct http_message message;

	cut->size = 0;
	if (!cut->is_first) {
		http_head_begin(&message, line, run->side == WP_CLIENT);
		take_over(cut, &message);
		http_lines_read(run, &message, line);
		note(cut, &message);
		http_head_free(run, &message);
	}
	cut->is_first = false;
}

/** Keeps bytes of the line at hand, as many as there is room for. */
static void
keep(struct http_cut *cut, const uint8_t *data, uint32_t size)
{
	uint32_t room = HTTP_CUT_LINE_MAX - cut->size;

	if (size > room)
		size = room;
	memcpy(cut->line + cut->size, data, size);
	cut->size += size;
}

static void
read_lines(struct l7_run *run, struct http_cut *cut, const uint8_t *data, uint32_t size)
{
	while (size != 0) {
		const uint8_t *end = memchr(data, '\n', size);
		uint32_t n = end != NULL ? (uint32_t)(end - data) + 1 : size;

		if (cut->is_at_end && !http_begins_fold(*data, run->side == WP_CLIENT))
			end_line(run, cut);
		keep(cut, data, n);
		cut->is_at_end = end != NULL;
		data += n;
		size -= n;
	}
}

/** Reads what is kept of a head, from which no more is kept on. */
static void
begin(struct l7_run *run, struct http_cut *cut, const struct l7_buffer *head)
{
	bool is_request = run->side == WP_CLIENT;
	uint32_t last = find_last(head, is_request);
	struct wp_span raw = {.data = head->bytes, .size = last != 0 ? last : head->size};
	struct http_message message;

	cut->size = 0;
	cut->is_at_end = false;
	cut->is_first = last == 0;
	cut->is_told = false;
	http_head_read(run, &message, raw, is_request);
	note(cut, &message);
	http_head_free(run, &message);
	read_lines(run, cut, head->bytes + last, head->size - last);
}

/** @return the rest of a head, of which all bytes that there is room for are kept now; NULL: there
 * is no memory for it */
static struct http_cut *
open_cut(struct l7_run *run, struct http_side *side)
{
	side->cut = run->host->take(run, sizeof(*side->cut));
	if (side->cut == NULL)
		l7_anomaly(run, WP_L7_NO_MEMORY);
	else
		begin(run, side->cut, &side->head);
	return side->cut;
}

bool
http_cut_read(struct l7_run *run, const uint8_t *data, uint32_t size)
{
	struct http_side *side = http_side_of(run);

	if (side->cut == NULL && open_cut(run, side) == NULL) {
		http_lose(run);
		return false;
	}
	/* What may stand behind the head does not make it longer. */
	if (!side->cut->is_told && side->scan.size - side->scan.behind > WP_HTTP_HEAD_MAX) {
		l7_anomaly(run, WP_L7_TOO_LONG);
		side->cut->is_told = true;
	}
	read_lines(run, side->cut, data, size);
	return true;
}

void
http_cut_end(struct l7_run *run, struct http_message *message)
{
	struct http_side *side = http_side_of(run);

	/* What stands behind a blank line is no header. */
	if (side->scan.behind == 0)
		end_line(run, side->cut);
	take_over(side->cut, message);
}
