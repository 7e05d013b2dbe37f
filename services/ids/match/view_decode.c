/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What servers make of the bytes of a URI, all of it together, so that rules see what the one
 * behind might: IIS knows %uXXXX, takes backslashes for slashes and makes single bytes of UTF-8.
 */

#include "match/view_parts.h"

#include <string.h>

#include "ascii.h"

/** Reads @p n hexadecimal digits. @return false: that many are not there */
static bool
read_digits(struct wp_span from, uint32_t at, uint32_t n, uint32_t *number)
{
	*number = 0;
	if (from.size < n || at > from.size - n)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		int digit = wp_hex_digit(from.data[at + i]);

		if (digit < 0)
			return false;
		*number = *number * 16 + (uint32_t)digit;
	}
	return true;
}

/** Reads one byte, decoded; what is no code stays. @return how many bytes were read */
static uint32_t
read_byte(struct wp_span from, uint32_t at, bool decodes_u, uint8_t *byte)
{
	uint32_t number;

	*byte = from.data[at];
	if (*byte != '%')
		return 1;
	if (decodes_u && at + 1 < from.size && wp_lower(from.data[at + 1]) == 'u') {
		if (!read_digits(from, at + 2, 4, &number))
			return 1;
		*byte = view_best_fit(number);
		return 6;
	}
	if (!read_digits(from, at + 1, 2, &number))
		return 1;
	*byte = (uint8_t)number;
	return 3;
}

uint32_t
view_decode(struct wp_span from, bool decodes_u, uint8_t *to)
{
	uint32_t size = 0;

	for (uint32_t at = 0; at < from.size;)
		at += read_byte(from, at, decodes_u, &to[size++]);
	return size;
}

/** Decodes a path, and makes one slash of many. */
static uint32_t
decode_slashes(struct wp_span from, uint8_t *to)
{
	uint32_t size = 0;
	uint8_t before = 0;

	for (uint32_t at = 0; at < from.size;) {
		uint8_t byte;

		at += read_byte(from, at, true, &byte);
		if (byte == '\\')
			byte = '/';
		if (byte != '/' || before != '/')
			to[size++] = byte;
		before = byte;
	}
	return size;
}

/** @return how many bytes follow the first one of a character in UTF-8, -1: it cannot be first. Too
 * long forms are let through: old servers do. */
static int
n_following(uint8_t first)
{
	if (first < 0x80)
		return 0;
	if (first < 0xc0 || first > 0xf4)
		return -1;
	return first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
}

/** @return whether a byte may follow; the second one is bound by the first (RFC 3629 section 4). */
static bool
may_follow(uint8_t first, bool is_second, uint8_t byte)
{
	if ((byte & 0xc0) != 0x80)
		return false;
	if (is_second && first == 0xed)
		return byte < 0xa0;
	if (is_second && first == 0xf4)
		return byte < 0x90;
	return true;
}

/** Reads a character at @p at. @param[out] byte  what stands for it
 * @return how many bytes were read; 0: it does not end, and nothing stands for it */
static uint32_t
read_character(const uint8_t *bytes, uint32_t size, uint32_t at, uint8_t *byte)
{
	static const uint8_t first_bits[] = {0x7f, 0x1f, 0x0f, 0x07};
	uint8_t first = bytes[at];
	int n = n_following(first);
	uint32_t character;

	*byte = '?';
	if (n < 0)
		return 1;
	character = first & first_bits[n];
	for (int i = 1; i <= n; i++) {
		if (at + (uint32_t)i == size)
			return 0;
		if (!may_follow(first, i == 1, bytes[at + (uint32_t)i]))
			return (uint32_t)i;
		character = character << 6 | (bytes[at + (uint32_t)i] & 0x3f);
	}
	*byte = view_best_fit(character);
	return (uint32_t)n + 1;
}

/** Makes bytes of UTF-8, in place. */
static uint32_t
decode_utf8(uint8_t *bytes, uint32_t size)
{
	uint32_t to = 0;

	for (uint32_t at = 0; at < size;) {
		uint8_t byte;
		uint32_t n = read_character(bytes, size, at, &byte);

		if (n == 0)
			break;
		bytes[to++] = byte;
		at += n;
	}
	return to;
}

/** A segment of a path, with the slash in front of it, if there is one. */
struct segment {
	uint32_t begin, end;
	bool has_slash;
};

static struct segment
segment_at(const uint8_t *path, uint32_t size, uint32_t at)
{
	struct segment segment = {.begin = at, .end = at + 1, .has_slash = path[at] == '/'};

	while (segment.end < size && path[segment.end] != '/')
		segment.end++;
	return segment;
}

/** @return how many dots a segment is; 0: it is something else */
static uint32_t
dots_of(const uint8_t *path, const struct segment *segment)
{
	uint32_t begin = segment->begin + segment->has_slash, n = segment->end - begin;

	for (uint32_t i = begin; i < segment->end; i++)
		if (path[i] != '.')
			return 0;
	return n <= 2 ? n : 0;
}

/** Takes the last segment off. @return how long the path is then */
static uint32_t
drop_segment(const uint8_t *path, uint32_t size)
{
	while (size != 0 && path[size - 1] != '/')
		size--;
	return size - (size != 0);
}

/** Takes "." and ".." out (RFC 3986 section 5.2.4), in place, but that a slash behind one of them
 * is lost at the end. */
static uint32_t
remove_dots(uint8_t *path, uint32_t size)
{
	uint32_t to = 0, at = 0;

	while (at < size) {
		struct segment segment = segment_at(path, size, at);
		uint32_t dots = dots_of(path, &segment);

		at = segment.end;
		if (dots == 0) {
			memmove(path + to, path + segment.begin, segment.end - segment.begin);
			to += segment.end - segment.begin;
			continue;
		}
		if (segment.has_slash && dots == 2)
			to = drop_segment(path, to);
		if (!segment.has_slash || at + 1 == size)
			at++; /* its slash goes, too */
	}
	return to;
}

uint32_t
view_decode_path(struct wp_span from, uint8_t *to)
{
	uint32_t size = decode_slashes(from, to);

	return remove_dots(to, decode_utf8(to, size));
}
