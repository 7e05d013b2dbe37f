/* SPDX-License-Identifier: BSD-3-Clause */
/* Headers of a message and its parts: RFC 2045 section 5, RFC 2183. Of several with one name
 * readers of mail take the first or the last: here what is coded counts, and all boundaries do. */

#include <string.h>
#include <strings.h>

#include "stream/l7/mime_view.h"

static struct wp_span
from(struct wp_span span, uint32_t at)
{
	return (struct wp_span){span.data + at, span.size - at};
}

static bool
is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static struct wp_span
trim(struct wp_span span)
{
	while (span.size != 0 && is_blank(*span.data))
		span = from(span, 1);
	while (span.size != 0 && is_blank(span.data[span.size - 1]))
		span.size--;
	return span;
}

/** @return whether a span is a word, in any case. */
static bool
is(struct wp_span span, const char *word)
{
	return span.size == strlen(word) &&
	       strncasecmp((const char *)span.data, word, span.size) == 0;
}

static bool
begins_with(struct wp_span span, const char *word)
{
	size_t size = strlen(word);

	return span.size >= size && strncasecmp((const char *)span.data, word, size) == 0;
}

/** @return bytes of a comment (RFC 5322 section 3.2.2) that stands here; 0: none does. Brackets
 * within words are left: names of files have them. */
static uint32_t
comment_size(struct wp_span rest, bool is_in_word)
{
	unsigned int depth = 0;
	uint32_t i = 0;

	if (is_in_word || rest.size == 0 || *rest.data != '(')
		return 0;
	do {
		if (rest.data[i] == '\\' && i + 1 < rest.size)
			i++;
		else if (rest.data[i] == '(')
			depth++;
		else if (rest.data[i] == ')')
			depth--;
		i++;
	} while (i < rest.size && depth != 0);
	return i;
}

/** Takes the comments out of a value, where it lies. */
static struct wp_span
without_comments(uint8_t *value, uint32_t size)
{
	bool is_quoted = false, is_in_word = false;
	uint32_t n = 0, i = 0;

	while (i < size) {
		uint32_t skip =
			is_quoted ? 0
				  : comment_size((struct wp_span){value + i, size - i}, is_in_word);

		i += skip;
		if (skip != 0)
			continue;
		if (value[i] == '"')
			is_quoted = !is_quoted;
		is_in_word = !is_blank(value[i]) && value[i] != ';';
		if (value[i] == '\\' && is_quoted && i + 1 < size)
			value[n++] = value[i++];
		value[n++] = value[i++];
	}
	return (struct wp_span){value, n};
}

/** Takes what stands in front of the next semicolon off, which is not within quotes. */
static struct wp_span
take(struct wp_span *rest)
{
	struct wp_span part = *rest;
	bool is_quoted = false;
	uint32_t i = 0;

	for (; i < rest->size && (is_quoted || rest->data[i] != ';'); i++) {
		if (rest->data[i] == '\\' && is_quoted && i + 1 < rest->size)
			i++;
		else if (rest->data[i] == '"')
			is_quoted = !is_quoted;
	}
	part.size = i;
	*rest = from(*rest, i + (i < rest->size));
	return trim(part);
}

/** Copies a value without its quotes. @return its size, at most @p room */
static uint16_t
copy_value(struct wp_span value, uint8_t *to, uint16_t room)
{
	uint16_t n = 0;

	for (uint32_t i = 0; i < value.size && n < room; i++) {
		if (value.data[i] == '"')
			continue;
		if (value.data[i] == '\\' && i + 1 < value.size && *value.data == '"')
			i++;
		to[n++] = value.data[i];
	}
	return n;
}

/** @return whether a parameter is the one of a name, or the first part of it (RFC 2231). */
static bool
has_name(struct wp_span name, const char *word)
{
	size_t size = strlen(word);

	if (!begins_with(name, word))
		return false;
	name = from(name, (uint32_t)size);
	return name.size == 0 || is(name, "*") || is(name, "*0") || is(name, "*0*");
}

/** Finds a parameter. @return its value, quotes included; NULL: there is none */
static struct wp_span
find(struct wp_span rest, const char *word)
{
	while (rest.size != 0) {
		struct wp_span part = take(&rest);
		const uint8_t *equals = part.size == 0 ? NULL : memchr(part.data, '=', part.size);
		struct wp_span name = {part.data, 0};

		if (equals == NULL)
			continue;
		name.size = (uint32_t)(equals - part.data);
		if (has_name(trim(name), word))
			return trim(from(part, name.size + 1));
	}
	return (struct wp_span){NULL, 0};
}

static void
take_name(struct mime_said *said, struct wp_span value, bool is_of_type)
{
	if (value.data == NULL || (said->has_name && !said->name_is_of_type))
		return;
	if (said->has_name && is_of_type)
		return;
	said->n_name = copy_value(value, said->name, MIME_NAME_MAX);
	said->has_name = true;
	said->name_is_of_type = is_of_type;
}

static void
read_type(struct mime_said *said, struct wp_span value)
{
	struct wp_span rest = value, type = take(&rest);

	said->n_type = copy_value(type, said->type, MIME_TYPE_MAX);
	said->has_type = true;
	said->is_multipart |= begins_with(type, "multipart/");
	said->is_message = is(type, "message/rfc822") || is(type, "message/global");
	said->n_boundary = copy_value(find(rest, "boundary"), said->boundary, MIME_BOUNDARY_MAX);
	take_name(said, find(rest, "name"), true);
}

static void
read_coding(struct mime_said *said, struct wp_span value)
{
	struct wp_span word = trim(value);
	uint8_t text[sizeof("quoted-printable")];
	uint32_t n = 0;

	while (n < word.size && !is_blank(word.data[n]) && word.data[n] != ';' &&
	       word.data[n] != '(')
		n++;
	word.size = n;
	word = (struct wp_span){text, copy_value(word, text, sizeof(text))};
	if (is(word, "base64"))
		said->coding = MIME_BASE64;
	else if (is(word, "quoted-printable"))
		said->coding = MIME_QUOTED;
}

static void
read_disposition(struct mime_said *said, struct wp_span value)
{
	struct wp_span rest = value;

	take(&rest);
	take_name(said, find(rest, "filename"), false);
}

bool
mime_field_is_type(const uint8_t *field, uint32_t size)
{
	return begins_with((struct wp_span){field, size}, "content-type");
}

void
mime_field_read(struct mime_said *said, uint8_t *field, uint32_t size)
{
	const uint8_t *colon = size == 0 ? NULL : memchr(field, ':', size);
	struct wp_span name = {field, 0}, value;

	if (colon == NULL)
		return;
	name.size = (uint32_t)(colon - field);
	value = without_comments(field + name.size + 1, size - name.size - 1);
	name = trim(name);
	if (is(name, "content-type"))
		read_type(said, value);
	else if (is(name, "content-transfer-encoding"))
		read_coding(said, value);
	else if (is(name, "content-disposition"))
		read_disposition(said, value);
}
