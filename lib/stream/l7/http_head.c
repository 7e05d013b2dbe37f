/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The head of a message, line by line (RFC 9112 sections 2.2 and 5). Where end hosts differ: CR
 * alone ends a line of a response, and is a byte like others in a request's; a response's line that
 * begins with NUL goes on with the one before; one that goes on and has a colon may be a header of
 * its own, so that what it says of framing counts.
 */

#include <string.h>

#include "stream/l7/http_view.h"

/** @return the byte that ends a line, LF, or CR that no LF follows; NULL: there is none. */
static const uint8_t *
find_end(const struct http_message *message, struct wp_span rest)
{
	const uint8_t *end = memchr(rest.data, '\n', rest.size), *cr;

	if (message->head.is_request)
		return end;
	cr = memchr(rest.data, '\r', end != NULL ? (size_t)(end - rest.data) : rest.size);
	return cr == NULL || cr + 1 == end ? end : cr;
}

/** Takes the next line off a head. @return it, without its end */
static struct wp_span
take_line(struct http_message *message, struct wp_span *rest)
{
	const uint8_t *end = find_end(message, *rest);
	struct wp_span line = {.data = rest->data, .size = rest->size};

	if (end != NULL)
		line.size = (uint32_t)(end - line.data) + 1;
	rest->data += line.size;
	rest->size -= line.size;
	if (end == NULL)
		return line;
	line.size--;
	if (*end == '\r')
		http_note(message, WP_HTTP_BARE_CR);
	else if (line.size != 0 && line.data[line.size - 1] == '\r')
		line.size--;
	else
		http_note(message, WP_HTTP_BARE_LF);
	return line;
}

static void
check_carriage_return(struct http_message *message, struct wp_span line)
{
	if (line.size != 0 && memchr(line.data, '\r', line.size) != NULL)
		http_note(message, WP_HTTP_BARE_CR);
}

static void
check_value(struct http_message *message, struct wp_span value)
{
	for (uint32_t i = 0; i < value.size; i++)
		if (http_is_control(value.data[i]) && value.data[i] != '\r')
			http_note(message, WP_HTTP_BAD_VALUE);
}

/** The header line at hand is whole: none goes on with it. */
static void
end_header(struct http_message *message)
{
	struct wp_http_head *head = &message->head;

	if (!message->has_header)
		return;
	message->has_header = false;
	http_field_read(message, &message->header);
	if (head->n_headers == WP_HTTP_HEADERS_MAX)
		http_note(message, WP_HTTP_MANY_HEADERS);
	else
		message->headers[head->n_headers++] = message->header;
}

/** Adds to folded values: as a line end becomes one SP, there is room. */
static void
add_to_folds(struct http_message *message, struct wp_span bytes)
{
	if (bytes.size != 0)
		memcpy(message->folds + message->folds_size, bytes.data, bytes.size);
	message->folds_size += bytes.size;
}

/** @return whether there is room for folded values; values end where they fold without it. */
static bool
has_folds(struct l7_run *run, struct http_message *message)
{
	if (message->folds != NULL || message->lacks_folds)
		return message->folds != NULL;
	message->folds = run->host->take(run, message->head.raw.size);
	if (message->folds != NULL)
		return true;
	message->lacks_folds = true;
	l7_anomaly(run, WP_L7_NO_MEMORY);
	return false;
}

bool
http_begins_fold(uint8_t byte, bool is_request)
{
	return byte == ' ' || byte == '\t' || (byte == '\0' && !is_request);
}

/** RFC 9112 section 5.2: a folded line end is white space. Not so where NUL makes it one. */
static void
fold_value(struct l7_run *run, struct http_message *message, struct wp_span line)
{
	struct wp_span *value = &message->header.value, more = line;
	bool has_space = *line.data != '\0';

	while (more.size != 0 && http_begins_fold(*more.data, message->head.is_request)) {
		more.data++;
		more.size--;
	}
	more = http_trim(more);
	check_value(message, more);
	if (more.size == 0)
		return;
	if (value->size == 0) {
		*value = more;
		return;
	}
	if (!has_folds(run, message))
		return;
	if (value->data + value->size != message->folds + message->folds_size) {
		const uint8_t *begin = message->folds + message->folds_size;

		add_to_folds(message, *value);
		value->data = begin;
	}
	add_to_folds(message, (struct wp_span){.data = (const uint8_t *)" ", .size = has_space});
	add_to_folds(message, more);
	value->size += has_space + more.size;
}

/** Reads the name of a header line. @param name  what stands in front of its colon */
static struct wp_span
read_name(struct http_message *message, struct wp_span name, bool has_colon)
{
	struct wp_span trimmed = http_trim(name);

	if (!has_colon)
		http_note(message, WP_HTTP_NO_COLON);
	else if (trimmed.data + trimmed.size != name.data + name.size)
		http_note(message, WP_HTTP_SPACE_BEFORE_COLON);
	if (trimmed.size == 0)
		http_note(message, WP_HTTP_NO_NAME);
	else if (!http_is_token(trimmed))
		http_note(message, WP_HTTP_BAD_NAME);
	return trimmed;
}

/** @return what stands behind the colon of a line */
static struct wp_span
behind_colon(struct wp_span line, const uint8_t *colon)
{
	return http_trim((struct wp_span){.data = colon + 1,
					  .size = line.size - (uint32_t)(colon + 1 - line.data)});
}

/** A line that goes on with the one before. */
static void
fold(struct l7_run *run, struct http_message *message, struct wp_span line)
{
	const uint8_t *colon = memchr(line.data, ':', line.size);
	struct wp_http_header *header = &message->header;

	if (colon == NULL || message->head.is_request) {
		fold_value(run, message, line);
	} else if (header->value.data == NULL) {
		/* The name is folded, too: it goes up to this colon. */
		while (!http_is_token_byte(colon[-1]) && colon - 1 != header->name.data)
			colon--;
		header->name.size = (uint32_t)(colon - header->name.data);
		colon = memchr(line.data, ':', line.size);
		header->value = behind_colon(line, colon);
		check_value(message, header->value);
	} else {
		struct wp_http_header own = {{line.data, (uint32_t)(colon - line.data)},
					     behind_colon(line, colon)};

		http_field_read_fold(message, &own);
		fold_value(run, message, line);
	}
}

static void
read_header(struct l7_run *run, struct http_message *message, struct wp_span line)
{
	const uint8_t *colon = memchr(line.data, ':', line.size);
	struct wp_span name = line, value = {0};

	check_carriage_return(message, line);
	if (http_begins_fold(*line.data, message->head.is_request)) {
		http_note(message, WP_HTTP_FOLD);
		if (message->has_header) {
			fold(run, message, line);
			return;
		}
	}
	end_header(message);
	if (colon != NULL) {
		name.size = (uint32_t)(colon - line.data);
		value = behind_colon(line, colon);
		check_value(message, value);
	}
	message->header.name = read_name(message, name, colon != NULL);
	message->header.value = value;
	message->has_header = true;
}

void
http_head_begin(struct http_message *message, struct wp_span raw, bool is_request)
{
	/* The headers need no zeroes. */
	memset(&message->head, 0, sizeof(message->head));
	memset(&message->header, 0, sizeof(*message) - offsetof(struct http_message, header));
	message->head.raw = raw;
	message->head.is_request = is_request;
	message->head.headers = message->headers;
}

void
http_lines_read(struct l7_run *run, struct http_message *message, struct wp_span lines)
{
	bool is_end = false;

	/* The head of a response may have empty lines within. */
	while (lines.size != 0 && (!is_end || !message->head.is_request)) {
		struct wp_span line = take_line(message, &lines);

		is_end = line.size == 0;
		if (!is_end)
			read_header(run, message, line);
	}
	end_header(message);
}

void
http_head_read(struct l7_run *run, struct http_message *message, struct wp_span raw,
	       bool is_request)
{
	struct wp_span rest = raw, line;

	http_head_begin(message, raw, is_request);
	line = take_line(message, &rest);
	check_carriage_return(message, line);
	http_line_read(message, line);
	check_value(message, message->head.reason);
	if (line.size != 0 || !is_request)
		http_lines_read(run, message, rest);
}

void
http_head_free(struct l7_run *run, struct http_message *message)
{
	run->host->give(run, message->folds);
	message->folds = NULL;
}

const struct wp_http_header *
wp_http_header(const struct wp_http_head *head, const char *lower_case_name)
{
	for (uint16_t i = 0; i < head->n_headers; i++)
		if (http_is(head->headers[i].name, lower_case_name))
			return &head->headers[i];
	return NULL;
}
