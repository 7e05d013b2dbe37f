/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Header lines of HTTP as rules see them. They are read anew from the head: white space of folds,
 * lines without colon and repeated headers count here as they do not for lib/stream.
 */

#include "match/view_parts.h"

#include <string.h>

#include "ascii.h"
#include "stream/l7/http.h"

enum {
	FIELDS_MAX = 2048, /* lines that are looked at */
	NAMES_MAX = 1024,  /* headers of different names */
	REPEATS_MAX = 64,  /* lines beyond the second one of each name, in all */
};

/** Reading, while it goes on. */
struct reader {
	struct view *view;
	struct view_field *fields;
	uint32_t max; /* there is room for */
	uint32_t n;
	uint32_t n_names;
	uint32_t n_repeats;
	bool is_request;
	bool unfolds; /* see is_unfolded() */
	/* The line at hand, without its end. Of one that was folded, the text has the whole. */
	bool has_line, is_folded;
	struct wp_span line;
	struct view_text text;
};

/** @return whether a line goes on with the one before, as its first byte says. */
static bool
is_fold(struct wp_span line)
{
	return line.size != 0 && (wp_is_blank(*line.data) || *line.data == '\0');
}

static struct wp_span
skip_blanks(struct wp_span span)
{
	while (span.size != 0 && wp_is_blank(*span.data))
		span = view_from(span, 1);
	return span;
}

/** Takes blanks off the end. @param all  other white space, too */
static struct wp_span
trim_end(struct wp_span span, bool all)
{
	while (span.size != 0 && (wp_is_blank(span.data[span.size - 1]) ||
				  (all && wp_is_space(span.data[span.size - 1]))))
		span.size--;
	return span;
}

/** Takes a line apart. Without colon, all of it is the value of a header without name. */
static struct view_field
split(const struct reader *reader, struct wp_span line)
{
	uint32_t colon = view_find(line, ':');
	struct view_field field = {.name = view_first(line, 0), .value = line};

	/* In requests, NUL ends the search. */
	if (reader->is_request && view_find(view_first(line, colon), '\0') != colon)
		colon = line.size;
	if (colon != line.size) {
		field.name = trim_end(view_first(line, colon), !reader->is_request);
		field.value = view_from(line, colon + 1);
	}
	field.value = trim_end(skip_blanks(field.value), false);
	return field;
}

/** Adds a line whose name was there before. */
static void
repeat(struct reader *reader, struct view_field *first, struct view_field *field)
{
	uint16_t index = (uint16_t)reader->n;

	/* What a second length says is not added to the first one. */
	if (view_is(field->name, "content-length") ||
	    (first->last != 0 && reader->n_repeats == REPEATS_MAX))
		return;
	if (first->last != 0) {
		reader->n_repeats++;
		reader->fields[first->last].next = index;
	} else {
		first->next = index;
	}
	first->last = index;
	field->is_more = true;
	reader->fields[reader->n++] = *field;
}

/** The line at hand is whole. */
static void
end_line(struct reader *reader)
{
	bool has_room = reader->n_names < NAMES_MAX;
	struct view_field field;
	uint32_t first;

	if (!reader->has_line || reader->n == reader->max)
		return;
	reader->has_line = false;
	field = split(reader, reader->is_folded ? view_text_end(&reader->text) : reader->line);
	first = view_names_find(reader->view, reader->fields, reader->n, field.name, has_room);
	if (first != reader->n) {
		repeat(reader, &reader->fields[first], &field);
	} else if (has_room) {
		reader->n_names++;
		reader->fields[reader->n++] = field;
	}
}

static void
begin_line(struct reader *reader, struct wp_span line)
{
	end_line(reader);
	reader->has_line = true;
	reader->is_folded = false;
	reader->line = line;
}

/** Adds to the line at hand, with the white space that it begins with. */
static void
fold(struct reader *reader, struct wp_span line)
{
	if (!reader->is_folded) {
		reader->is_folded = true;
		reader->text = view_text_begin(reader->view);
		view_text_add(&reader->text, reader->line.data, reader->line.size);
	}
	view_text_add(&reader->text, line.data, line.size);
}

/** @return whether what stands on a folded line is a header by itself: in responses of HTTP/1.1
 * only, if it has a colon, and the line before has one already. */
static bool
is_unfolded(const struct reader *reader, struct wp_span line)
{
	struct wp_span before = reader->is_folded ? view_text_end(&reader->text) : reader->line;

	return reader->unfolds && view_find(line, ':') != line.size &&
	       view_find(before, ':') != before.size;
}

static void
read_line(struct reader *reader, struct wp_span line)
{
	if (!is_fold(line))
		begin_line(reader, line);
	else if (!reader->has_line)
		begin_line(reader, reader->is_request ? skip_blanks(line) : view_from(line, 1));
	else if (is_unfolded(reader, line))
		begin_line(reader, view_from(line, 1));
	else
		fold(reader, line);
}

static uint32_t
count_lines(struct wp_span rest, bool cr_ends)
{
	struct wp_span line;
	uint32_t n = 1;

	while (rest.size != 0 && n < FIELDS_MAX && view_line_take(&rest, cr_ends, &line))
		n++;
	return n;
}

/** Joins the values of each name. */
static void
join(struct reader *reader)
{
	for (uint32_t i = 0; i < reader->n; i++) {
		struct view_field *field = &reader->fields[i];
		struct view_text text;

		if (field->is_more || field->next == 0)
			continue;
		text = view_text_begin(reader->view);
		view_text_add(&text, field->value.data, field->value.size);
		for (uint16_t at = field->next; at != 0; at = reader->fields[at].next) {
			view_text_add(&text, ", ", 2);
			view_text_add(&text, reader->fields[at].value.data,
				      reader->fields[at].value.size);
		}
		field->value = view_text_end(&text);
	}
}

static bool
is_unfolding(const struct wp_http_head *head)
{
	static const char version[] = "HTTP/1.1";
	struct wp_span protocol = view_line_read(head).protocol;

	return !head->is_request && protocol.size == sizeof(version) - 1 &&
	       memcmp(protocol.data, version, protocol.size) == 0;
}

/** @return whether a line ends a head: in a response, one that is a single blank and LF does. */
static bool
is_blank_end(const struct reader *reader, struct wp_span line, struct wp_span rest)
{
	return !reader->is_request && line.size == 1 && wp_is_blank(*line.data) &&
	       rest.data == line.data + 2 && line.data[1] == '\n';
}

void
view_fields_read(struct view *view)
{
	const struct wp_http_head *head = view->event->http;
	struct reader reader = {.view = view, .is_request = head->is_request};
	bool cr_ends = view_line_is_lax(head);
	struct wp_span rest = view_line_rest(head), line;

	if (view->fields != NULL)
		return;
	reader.unfolds = is_unfolding(head);
	reader.max = count_lines(rest, cr_ends);
	reader.fields = view_take(view, reader.max, sizeof(*reader.fields));
	if (reader.fields == NULL ||
	    !view_names_open(view, reader.max < NAMES_MAX ? reader.max : NAMES_MAX))
		return;
	for (uint32_t i = 0; i < reader.max && rest.size != 0; i++) {
		if (!view_line_take(&rest, cr_ends, &line) || is_blank_end(&reader, line, rest))
			break;
		read_line(&reader, line);
	}
	end_line(&reader);
	join(&reader);
	view->fields = reader.fields;
	view->n_fields = reader.n;
	view->lines = reader.max;
}

struct wp_span
view_fields_find(struct view *view, const char *name)
{
	struct wp_span wanted = {(const uint8_t *)name, (uint32_t)strlen(name)};
	uint32_t first;

	view_fields_read(view);
	if (view->n_fields == 0)
		return VIEW_NONE;
	first = view_names_find(view, view->fields, view->n_fields, wanted, false);
	return first == view->n_fields ? VIEW_NONE : view->fields[first].value;
}
