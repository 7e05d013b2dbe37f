/* SPDX-License-Identifier: BSD-3-Clause */
/* Transforms that work on text, byte by byte, and have no arguments. */

#include "match/transform_kind.h"

#include <string.h>

#include "ascii.h"
#include "match/find.h"

/** How many bytes there are that have room. */
static uint32_t
fitting(const struct transform_turn *turn, const struct wp_span *span)
{
	return span->size < turn->max ? span->size : turn->max;
}

static bool
done(const struct transform_turn *turn, uint32_t size, struct wp_span *span)
{
	*span = (struct wp_span){turn->out, size};
	return true;
}

bool
transform_strip_whitespace(const struct transform *transform, const struct transform_turn *turn,
			   struct wp_span *span)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < span->size && n < turn->max; i++)
		if (!wp_is_space(span->data[i]))
			turn->out[n++] = span->data[i];
	return done(turn, n, span);
}

/** Of several in a row the first stays, as it is. */
bool
transform_compress_whitespace(const struct transform *transform, const struct transform_turn *turn,
			      struct wp_span *span)
{
	bool after_space = false;
	uint32_t n = 0;

	for (uint32_t i = 0; i < span->size && n < turn->max; i++) {
		bool space = wp_is_space(span->data[i]);

		if (!space || !after_space)
			turn->out[n++] = span->data[i];
		after_space = space;
	}
	return done(turn, n, span);
}

bool
transform_lowercase(const struct transform *transform, const struct transform_turn *turn,
		    struct wp_span *span)
{
	uint32_t n = fitting(turn, span);

	for (uint32_t i = 0; i < n; i++)
		turn->out[i] = wp_lower(span->data[i]);
	return done(turn, n, span);
}

bool
transform_uppercase(const struct transform *transform, const struct transform_turn *turn,
		    struct wp_span *span)
{
	uint32_t n = fitting(turn, span);

	for (uint32_t i = 0; i < n; i++)
		turn->out[i] = find_upper(span->data[i]);
	return done(turn, n, span);
}

/** Nothing stays nothing. */
bool
transform_dotprefix(const struct transform *transform, const struct transform_turn *turn,
		    struct wp_span *span)
{
	uint32_t n = fitting(turn, span);

	if (n == 0)
		return done(turn, 0, span);
	if (n == turn->max)
		n--;
	turn->out[0] = '.';
	memcpy(turn->out + 1, span->data, n);
	return done(turn, n + 1, span);
}

/** Names, which go up to a colon, but not what stands behind it in the line. */
bool
transform_header_lowercase(const struct transform *transform, const struct transform_turn *turn,
			   struct wp_span *span)
{
	uint32_t n = fitting(turn, span);
	bool in_name = true;

	for (uint32_t i = 0; i < n; i++) {
		uint8_t byte = span->data[i];

		turn->out[i] = in_name ? wp_lower(byte) : byte;
		if (in_name)
			in_name = byte != ':';
		else
			in_name = byte == '\n';
	}
	return done(turn, n, span);
}

/** Lines that begin with a colon go, and their ends with them. */
bool
transform_strip_pseudo_headers(const struct transform *transform, const struct transform_turn *turn,
			       struct wp_span *span)
{
	bool at_begin = true, keeps = true;
	uint32_t n = 0;

	for (uint32_t i = 0; i < span->size && n < turn->max; i++) {
		uint8_t byte = span->data[i];

		if (at_begin)
			keeps = byte != ':';
		if (keeps)
			turn->out[n++] = byte;
		at_begin = byte == '\n';
	}
	return done(turn, n, span);
}

/** What is not right in itself stays as it is. */
bool
transform_url_decode(const struct transform *transform, const struct transform_turn *turn,
		     struct wp_span *span)
{
	const uint8_t *in = span->data;
	uint32_t n = 0;

	for (uint32_t i = 0; i < span->size && n < turn->max; i++) {
		bool has_code = in[i] == '%' && span->size - i > 2;
		int code = has_code ? wp_hex_byte(in[i + 1], in[i + 2]) : -1;

		turn->out[n++] = code >= 0 ? (uint8_t)code : in[i] == '+' ? ' ' : in[i];
		if (code >= 0)
			i += 2;
	}
	return done(turn, n, span);
}
