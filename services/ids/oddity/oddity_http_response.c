/* SPDX-License-Identifier: BSD-3-Clause */
/* Responses; see oddity_http.h. */

#include <string.h>

#include "ascii.h"
#include "oddity/oddity_http_own.h"

/** @return the first word of a line, white space in front of it passed over. */
static struct wp_span
word_of(struct wp_span *line)
{
	struct wp_span word;

	*line = span_trim(*line);
	word = (struct wp_span){line->data, 0};
	while (word.size < line->size && line->data[word.size] != ' ' &&
	       line->data[word.size] != '\t')
		word.size++;
	line->data += word.size;
	line->size -= word.size;
	return word;
}

/** @return whether a word is a number from 100 to 999. */
static bool
is_status(struct wp_span word)
{
	uint32_t number = 0;

	for (uint32_t i = 0; i < word.size && number < 1000; i++) {
		if (word.data[i] < '0' || word.data[i] > '9')
			return false;
		number = number * 10 + (uint32_t)(word.data[i] - '0');
	}
	return number >= 100 && number < 1000;
}

static bool
is_version(struct wp_span word)
{
	static const char *const versions[] = {"HTTP/1.1", "HTTP/1.0", "HTTP/0.9"};

	for (unsigned int i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
		if (word.size == strlen(versions[i]) &&
		    memcmp(word.data, versions[i], word.size) == 0)
			return true;
	return false;
}

static void
look_at_line(const struct wp_http_head *head, struct oddities *odd)
{
	struct wp_span line = head->first_line;

	if (line.size == 0)
		return;
	if (!is_version(word_of(&line)))
		oddities_add(odd, EVENT_HTTP_RESPONSE_INVALID_PROTOCOL);
	if (!is_status(word_of(&line)))
		oddities_add(odd, EVENT_HTTP_RESPONSE_INVALID_STATUS);
}

/** @return whether a value has a word, bytes that are NUL passed over. */
static bool
has_word(struct wp_span value, const char *word)
{
	char text[64];
	uint32_t n = 0;

	if (value.data == NULL)
		return false;
	if (span_find(value, word) != NULL)
		return true;
	for (uint32_t i = 0; i < value.size && n < sizeof(text); i++)
		if (value.data[i] != '\0')
			text[n++] = (char)value.data[i];
	return span_find((struct wp_span){(const uint8_t *)text, n}, word) != NULL;
}

/** @return whether chunks may be in it; nothing is, but HTTP/1.1. */
static bool
is_of_1_1(const struct wp_http_head *head)
{
	struct wp_span line = head->first_line;
	struct wp_span word = line.size == 0 ? line : word_of(&line);

	return word.size == 8 && memcmp(word.data, "HTTP/1.1", 8) == 0;
}

static void
look_at_transfer_coding(const struct wp_http_head *head, struct oddities *odd)
{
	unsigned int n = 0;
	bool is_plain = true, is_chunked = false;

	for (unsigned int i = 0; i < head->n_headers; i++) {
		const struct wp_http_header *header = &head->headers[i];

		if (!span_is(header->name, "transfer-encoding"))
			continue;
		n++;
		is_chunked |= has_word(header->value, "chunked");
		is_plain &= span_is_exactly(header->value, "chunked");
	}
	if (is_chunked && (!is_plain || n > 1))
		oddities_add(odd, EVENT_HTTP_RESPONSE_ABNORMAL_TRANSFER_ENCODING);
	if (is_chunked && !is_of_1_1(head))
		oddities_add(odd, EVENT_HTTP_RESPONSE_CHUNKED_OLD_PROTO);
}

/** @return whether a coding is one that Suricata knows. */
static bool
is_coding(struct wp_span name)
{
	static const char *const known[] = {"gzip",    "x-gzip", "deflate", "x-deflate",
					    "inflate", "none",   "lzma"};

	for (unsigned int i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (span_is(name, known[i]))
			return true;
	return false;
}

static void
look_at_content_coding(const struct wp_http_head *head, struct oddities *odd)
{
	enum { LAYERS = 2 };
	unsigned int n = 0, n_gzip = 0;

	for (unsigned int i = 0; i < head->n_headers; i++) {
		struct wp_span list = head->headers[i].value, item;

		if (!span_is(head->headers[i].name, "content-encoding"))
			continue;
		while (span_next(&list, ',', &item)) {
			if (item.size == 0)
				continue;
			if (!is_coding(item))
				oddities_add(odd, EVENT_HTTP_ABNORMAL_CE_HEADER);
			else if (++n > LAYERS)
				oddities_add(odd, EVENT_HTTP_TOO_MANY_ENCODING_LAYERS);
			n_gzip += item.data[item.size - 1] == 'p';
		}
	}
	if (n_gzip == 1 && n == LAYERS) /* it takes different ones off in the wrong order */
		oddities_add(odd, EVENT_HTTP_GZIP_DECOMPRESSION_FAILED);
}

/** Takes a number from the front. @return false: there is none */
static bool
take_number(struct wp_span *text, uint64_t *number)
{
	uint32_t n = 0;

	*number = 0;
	for (; n < text->size && wp_is_digit(text->data[n]) && n < 18; n++)
		*number = *number * 10 + (uint64_t)(text->data[n] - '0');
	text->data += n;
	text->size -= n;
	return n != 0;
}

static bool
take_byte(struct wp_span *text, char byte)
{
	if (text->size == 0 || text->data[0] != (uint8_t)byte)
		return false;
	text->data++;
	text->size--;
	return true;
}

/** @return whether it is "bytes 0-4/10"; either part may be an asterisk. */
static bool
is_range(struct wp_span text)
{
	uint64_t first, last, all;

	if (span_find(text, "bytes") != text.data)
		return false;
	text.data += strlen("bytes");
	text.size -= (uint32_t)strlen("bytes");
	text = span_trim(text);
	if (take_byte(&text, '*'))
		return take_byte(&text, '/') && take_number(&text, &all);
	if (!take_number(&text, &first) || !take_byte(&text, '-') || !take_number(&text, &last) ||
	    !take_byte(&text, '/') || last < first)
		return false;
	return take_byte(&text, '*') || (take_number(&text, &all) && last < all);
}

static void
look_at_range(const struct wp_http_head *head, struct oddities *odd)
{
	enum { PARTIAL = 206 };
	const struct wp_http_header *range = wp_http_header(head, "content-range");

	if (head->status == PARTIAL && range != NULL &&
	    (range->value.data == NULL || !is_range(range->value)))
		oddities_add(odd, EVENT_HTTP_RANGE_INVALID);
}

/** A body that says itself where it ends. */
static void
look_at_multipart(const struct wp_http_head *head, struct oddities *odd)
{
	const struct wp_http_header *type = wp_http_header(head, "content-type");

	if (type != NULL && type->value.data != NULL && !head->has_content_length &&
	    !head->is_chunked && span_find(type->value, "multipart/byteranges") != NULL)
		oddities_add(odd, EVENT_HTTP_RESPONSE_MULTIPART_BYTERANGES);
}

void
oddity_http_response(const struct wp_http_head *head, struct oddities *odd)
{
	look_at_line(head, odd);
	look_at_transfer_coding(head, odd);
	look_at_content_coding(head, odd);
	look_at_range(head, odd);
	look_at_multipart(head, odd);
	if (head->transaction == 0 && head->first_line.size != 0)
		oddities_add(odd, EVENT_HTTP_UNABLE_TO_MATCH_RESPONSE_TO_REQUEST);
}
