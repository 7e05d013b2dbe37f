/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands and their arguments, read as widely as the laxest server does. */

#include "stream/l7/text_words.h"

#include <string.h>

#include "ascii.h"

static uint8_t
capital(uint8_t byte)
{
	return byte >= 'a' && byte <= 'z' ? (uint8_t)(byte - 'a' + 'A') : byte;
}

enum l7_match
text_match(const uint8_t *data, uint32_t size, const char *word)
{
	for (uint32_t i = 0; word[i] != '\0'; i++) {
		if (i == size)
			return L7_MAYBE;
		if (capital(data[i]) != (uint8_t)word[i])
			return L7_NO;
	}
	return L7_YES;
}

bool
text_begins(const uint8_t *data, uint32_t size, const char *word)
{
	return text_match(data, size, word) == L7_YES;
}

bool
text_has(const uint8_t *data, uint32_t size, const char *word)
{
	for (uint32_t i = 0; i < size; i++)
		if (text_begins(data + i, size - i, word))
			return true;
	return false;
}

uint8_t
text_find(const struct text_word *words, unsigned int n, struct wp_span word)
{
	for (unsigned int i = 0; i < n; i++)
		if (strlen(words[i].name) == word.size &&
		    text_begins(word.data, word.size, words[i].name))
			return words[i].value;
	return 0;
}

struct text_reader
text_reader(struct wp_span span)
{
	return (struct text_reader){span.data, span.size == 0 ? span.data : span.data + span.size};
}

void
text_read_blanks(struct text_reader *reader)
{
	while (reader->at < reader->end && wp_is_blank(*reader->at))
		reader->at++;
}

bool
text_read_byte(struct text_reader *reader, uint8_t byte)
{
	if (reader->at == reader->end || *reader->at != byte)
		return false;
	reader->at++;
	return true;
}

bool
text_read_number(struct text_reader *reader, uint64_t max, uint64_t *number)
{
	const uint8_t *first = reader->at;
	uint64_t value = 0;
	bool fits = true;

	for (; reader->at < reader->end && wp_is_digit(*reader->at); reader->at++) {
		uint64_t digit = *reader->at - '0';

		if (value > (max - digit) / 10 || digit > max)
			fits = false;
		else
			value = value * 10 + digit;
	}
	*number = value;
	return fits && reader->at != first;
}

static struct wp_span
span_to(const uint8_t *from, const uint8_t *to)
{
	if (from == to)
		return (struct wp_span){NULL, 0};
	return (struct wp_span){from, (uint32_t)(to - from)};
}

void
text_split(struct wp_text_line *line)
{
	struct text_reader reader = text_reader(line->line);
	const uint8_t *verb;

	text_read_blanks(&reader);
	verb = reader.at;
	while (reader.at < reader.end && !wp_is_blank(*reader.at))
		reader.at++;
	line->verb = span_to(verb, reader.at);
	text_read_blanks(&reader);
	line->argument = span_to(reader.at, reader.end);
}

enum l7_match
text_match_greeting(const struct l7_hint *hint)
{
	enum l7_match match = text_match(hint->data, hint->size, "220");

	if (match != L7_YES)
		return match;
	if (hint->size == 3)
		return L7_MAYBE;
	return hint->data[3] == ' ' || hint->data[3] == '-' ? L7_YES : L7_NO;
}

uint32_t
text_line_size(const struct l7_hint *hint)
{
	const uint8_t *end = memchr(hint->data, '\n', hint->size);

	return end == NULL ? hint->size : (uint32_t)(end - hint->data);
}

bool
text_is_whole(const struct l7_hint *hint)
{
	return hint->size >= L7_MATCH_SIZE || memchr(hint->data, '\n', hint->size) != NULL;
}

enum l7_match
text_match_any(const struct l7_hint *hint, const char *const *words, unsigned int n)
{
	enum l7_match best = L7_NO;

	for (unsigned int i = 0; i < n && best != L7_YES; i++) {
		enum l7_match match = text_match(hint->data, hint->size, words[i]);

		if (match > best)
			best = match;
	}
	return best;
}
