/* SPDX-License-Identifier: BSD-3-Clause */
/* Bytes and words of HTTP/1 (RFC 9110 section 5.6). */

#include <string.h>

#include "ascii.h"
#include "stream/l7/http_view.h"

static const bool token_bytes[256] = {
	['!'] = true,         ['#' ... '\''] = true, ['*'] = true,         ['+'] = true,
	['-'] = true,         ['.'] = true,          ['0' ... '9'] = true, ['A' ... 'Z'] = true,
	['^' ... 'z'] = true, ['|'] = true,          ['~'] = true,
};

bool
http_is_token_byte(uint8_t byte)
{
	return token_bytes[byte];
}

bool
http_is_token(struct wp_span span)
{
	for (uint32_t i = 0; i < span.size; i++)
		if (!token_bytes[span.data[i]])
			return false;
	return span.size != 0;
}

bool
http_is_control(uint8_t byte)
{
	return (byte < ' ' && byte != '\t') || byte == 0x7f;
}

bool
http_begins(const uint8_t *bytes, const char *word, uint32_t size)
{
	for (uint32_t i = 0; i < size; i++)
		if (wp_lower(bytes[i]) != wp_lower((uint8_t)word[i]))
			return false;
	return true;
}

bool
http_is(struct wp_span span, const char *word)
{
	return span.size == strlen(word) && http_begins(span.data, word, span.size);
}

bool
http_is_loosely(struct wp_span span, const char *word)
{
	for (uint32_t i = 0; i < span.size; i++) {
		if (!token_bytes[span.data[i]])
			continue;
		if (*word == '\0' || wp_lower(span.data[i]) != wp_lower((uint8_t)*word))
			return false;
		word++;
	}
	return *word == '\0';
}

/** @return whether bytes begin with a word, but for NULs between. */
static bool
begins_loosely(struct wp_span span, const char *word)
{
	for (uint32_t i = 0; i < span.size && *word != '\0'; i++) {
		if (span.data[i] == '\0')
			continue;
		if (wp_lower(span.data[i]) != wp_lower((uint8_t)*word))
			return false;
		word++;
	}
	return *word == '\0';
}

bool
http_has(struct wp_span span, const char *word)
{
	for (; span.size != 0; span.data++, span.size--)
		if (*span.data != '\0' && begins_loosely(span, word))
			return true;
	return false;
}

struct wp_span
http_trim(struct wp_span span)
{
	while (span.size != 0 && wp_is_blank(span.data[span.size - 1]))
		span.size--;
	while (span.size != 0 && wp_is_blank(*span.data)) {
		span.data++;
		span.size--;
	}
	return span;
}
