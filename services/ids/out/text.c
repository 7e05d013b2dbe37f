/* SPDX-License-Identifier: BSD-3-Clause */
/* See text.h. */

#include "out/text.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
	ESCAPE_MAX = 6, /* bytes that one may become */
	PAD = 64,       /* of base64: the letter that stands for no bits */
};

static const char digits[] = "0123456789abcdef";

struct text
text_begin(char *line, size_t room)
{
	return (struct text){.start = line, .at = line, .end = line + room};
}

/** @return whether @p n more bytes fit. */
static bool
fits(struct text *text, size_t n)
{
	if ((size_t)(text->end - text->at) >= n)
		return true;
	text->full = true;
	return false;
}

void
text_raw(struct text *text, const void *bytes, size_t size)
{
	if (!fits(text, size))
		return;
	memcpy(text->at, bytes, size);
	text->at += size;
}

static void
put(struct text *text, char byte)
{
	text_raw(text, &byte, 1);
}

/** Begins a member; of an array, or behind text_key(), without a name. */
static void
text_name(struct text *text, const char *name)
{
	if (text->more)
		put(text, ',');
	text->more = true;
	if (name == NULL)
		return;
	put(text, '"');
	text_raw(text, name, strlen(name));
	text_raw(text, "\":", 2);
}

void
text_open(struct text *text, const char *name)
{
	text_name(text, name);
	put(text, '{');
	text->more = false;
}

void
text_close(struct text *text)
{
	put(text, '}');
	text->more = true;
}

void
text_open_array(struct text *text, const char *name)
{
	text_name(text, name);
	put(text, '[');
	text->more = false;
}

void
text_close_array(struct text *text)
{
	put(text, ']');
	text->more = true;
}

void
text_number(struct text *text, const char *name, uint64_t number)
{
	char out[20];
	unsigned int at = sizeof(out);

	do {
		out[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number != 0);
	text_name(text, name);
	text_raw(text, out + at, sizeof(out) - at);
}

void
text_bool(struct text *text, const char *name, bool is)
{
	text_name(text, name);
	text_raw(text, is ? "true" : "false", is ? 4 : 5);
}

void
text_static(struct text *text, const char *name, const char *value)
{
	text_name(text, name);
	put(text, '"');
	text_raw(text, value, strlen(value));
	put(text, '"');
}

/** @return bytes of the UTF-8 sequence at @p at, as RFC 3629 has them; 0: it is none. */
static unsigned int
utf8_size(const uint8_t *at, size_t left)
{
	unsigned int size = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
	uint8_t low = 0x80, high = 0xbf;

	if (at[0] < 0xc2 || at[0] > 0xf4 || left < size)
		return 0;
	if (at[0] == 0xe0)
		low = 0xa0; /* longer than needed */
	else if (at[0] == 0xed)
		high = 0x9f; /* surrogates */
	else if (at[0] == 0xf0)
		low = 0x90;
	else if (at[0] == 0xf4)
		high = 0x8f; /* above U+10FFFF */
	if (at[1] < low || at[1] > high)
		return 0;
	for (unsigned int i = 2; i < size; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	return size;
}

static bool
is_utf8(struct wp_span bytes)
{
	size_t i = 0;

	while (i < bytes.size) {
		unsigned int size =
			bytes.data[i] < 0x80 ? 1 : utf8_size(bytes.data + i, bytes.size - i);

		if (size == 0)
			return false;
		i += size;
	}
	return true;
}

/** @return the letter that stands for a byte behind a backslash; 0: it has none. */
static char
letter_of(uint8_t byte)
{
	switch (byte) {
	case '\b':
		return 'b';
	case '\t':
		return 't';
	case '\n':
		return 'n';
	case '\f':
		return 'f';
	case '\r':
		return 'r';
	case '"':
	case '\\':
		return (char)byte;
	default:
		return 0;
	}
}

static char *
put_byte(char *at, uint8_t byte)
{
	*at++ = digits[byte >> 4];
	*at++ = digits[byte & 15];
	return at;
}

/** Writes a byte that cannot stand as it is. @return behind it */
static char *
escape(char *at, uint8_t byte)
{
	char letter = letter_of(byte);

	*at++ = '\\';
	if (letter != 0) {
		*at++ = letter;
	} else if (byte < 0x20) {
		*at++ = 'u';
		*at++ = '0';
		*at++ = '0';
		at = put_byte(at, byte);
	} else {
		*at++ = '\\';
		*at++ = 'x';
		at = put_byte(at, byte);
	}
	return at;
}

/** Writes a string, with its quotes. */
static void
put_string(struct text *text, struct wp_span bytes)
{
	bool utf8 = is_utf8(bytes);
	char *at = text->at;

	if (!fits(text, 2))
		return;
	*at++ = '"';
	for (uint32_t i = 0; i < bytes.size; i++) {
		uint8_t byte = bytes.data[i];

		if (text->end - at <= ESCAPE_MAX) {
			text->full = true;
			return;
		}
		if (byte < 0x20 || byte == '"' || byte == '\\' || (byte >= 0x80 && !utf8))
			at = escape(at, byte);
		else
			*at++ = (char)byte;
	}
	*at++ = '"';
	text->at = at;
}

void
text_bytes(struct text *text, const char *name, struct wp_span value)
{
	text_name(text, name);
	put_string(text, value);
}

void
text_string(struct text *text, const char *name, const char *value)
{
	text_bytes(text, name, (struct wp_span){(const uint8_t *)value, (uint32_t)strlen(value)});
}

void
text_key(struct text *text, struct wp_span name)
{
	text_name(text, NULL);
	put_string(text, name);
	put(text, ':');
	text->more = false;
}

void
text_printable(struct text *text, const char *name, struct wp_span value)
{
	text_name(text, name);
	put(text, '"');
	for (uint32_t i = 0; i < value.size && fits(text, ESCAPE_MAX); i++) {
		uint8_t byte = value.data[i];

		if (letter_of(byte) != 0 && byte != '\t' && byte != '\b' && byte != '\f')
			text->at = escape(text->at, byte);
		else
			*text->at++ = (char)(byte >= 0x20 && byte < 0x7f ? byte : '.');
	}
	put(text, '"');
}

void
text_base64(struct text *text, const char *name, struct wp_span value)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";

	text_name(text, name);
	put(text, '"');
	for (uint32_t i = 0; i < value.size && fits(text, 4); i += 3) {
		uint32_t left = value.size - i, word = (uint32_t)value.data[i] << 16;

		if (left > 1)
			word |= (uint32_t)value.data[i + 1] << 8;
		if (left > 2)
			word |= value.data[i + 2];
		text->at[0] = letters[word >> 18];
		text->at[1] = letters[word >> 12 & 63];
		text->at[2] = letters[left > 1 ? word >> 6 & 63 : PAD];
		text->at[3] = letters[left > 2 ? word & 63 : PAD];
		text->at += 4;
	}
	put(text, '"');
}

void
text_hex(struct text *text, const char *name, struct wp_span value, char separator)
{
	text_name(text, name);
	put(text, '"');
	for (uint32_t i = 0; i < value.size && fits(text, 3); i++) {
		if (i != 0 && separator != '\0')
			*text->at++ = separator;
		*text->at++ = digits[value.data[i] >> 4];
		*text->at++ = digits[value.data[i] & 15];
	}
	put(text, '"');
}

void
text_address(struct text *text, const char *name, uint8_t version, const uint8_t *address)
{
	char out[INET6_ADDRSTRLEN], *at = out;

	if (version == 4) {
		inet_ntop(AF_INET, address, out, sizeof(out));
		text_static(text, name, out);
		return;
	}
	for (unsigned int i = 0; i < 16; i++) {
		if (i != 0 && i % 2 == 0)
			*at++ = ':';
		*at++ = digits[address[i] >> 4];
		*at++ = digits[address[i] & 15];
	}
	*at = '\0';
	text_static(text, name, out);
}

/** Writes a number of @p n digits. */
static void
put_digits(char *at, unsigned int n, unsigned int number)
{
	while (n-- != 0) {
		at[n] = (char)('0' + number % 10);
		number /= 10;
	}
}

void
text_time(struct text *text, const char *name, uint64_t time_ns)
{
	char out[] = "2000-01-01T00:00:00.000000+0000";
	time_t seconds = (time_t)(time_ns / 1000000000);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	put_digits(out, 4, (unsigned int)tm.tm_year + 1900);
	put_digits(out + 5, 2, (unsigned int)tm.tm_mon + 1);
	put_digits(out + 8, 2, (unsigned int)tm.tm_mday);
	put_digits(out + 11, 2, (unsigned int)tm.tm_hour);
	put_digits(out + 14, 2, (unsigned int)tm.tm_min);
	put_digits(out + 17, 2, (unsigned int)tm.tm_sec);
	put_digits(out + 20, 6, (unsigned int)(time_ns / 1000 % 1000000));
	text_static(text, name, out);
}
