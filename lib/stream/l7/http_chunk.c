/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What stands between the bytes of chunks (RFC 9112 section 7.1), byte by byte. Where end hosts
 * differ: a line ends with LF, be there CR or not; CR alone is a byte like others; white space and
 * empty lines may stand in front of a size, and 0x; what stands behind it, in extensions, behind a
 * chunk and in trailers does not count. But what is longer than anybody would pass over is body.
 */

#include "stream/l7/http_view.h"

#include "ascii.h"

enum {
	AT_BEGIN,
	AT_ZERO, /* behind a size that is 0, as far as it is there */
	AT_PREFIX,
	AT_SIZE,
	AT_SPACE,
	AT_JUNK,
	AT_EXTENSION,
	AT_RETURN,
	AT_NAME,
	AT_VALUE,
	AT_VALUE_RETURN,
};

/** Keeps a byte of a line that may turn out to be none. @return whether there was room */
static bool
keep(struct http_chunk *chunk, uint8_t byte)
{
	if (chunk->n_line == HTTP_CHUNK_LINE_MAX)
		return false;
	chunk->line[chunk->n_line++] = byte;
	return true;
}

/** Behind a size: what may stand there. */
static enum http_chunk_then
read_behind_size(struct http_chunk *chunk, uint8_t byte)
{
	if (byte == ';') {
		chunk->at = AT_EXTENSION;
	} else if (byte == '\r') {
		/* White space goes with an extension (section 7.1.1). */
		chunk->is_odd |= chunk->at == AT_SPACE;
		chunk->at = AT_RETURN;
	} else if (byte == '\n') {
		chunk->is_odd = true;
		return HTTP_CHUNK_ENDS;
	} else if (byte == ' ' || byte == '\t') {
		chunk->at = AT_SPACE;
	} else {
		chunk->is_odd = true;
		chunk->at = AT_JUNK;
	}
	return HTTP_CHUNK_MORE;
}

static enum http_chunk_then
read_digit(struct http_chunk *chunk, int digit)
{
	if (chunk->size > UINT64_MAX >> 5)
		return HTTP_CHUNK_BAD;
	chunk->size = chunk->size << 4 | (uint64_t)digit;
	chunk->at = chunk->at == AT_BEGIN && digit == 0 ? AT_ZERO : AT_SIZE;
	return HTTP_CHUNK_MORE;
}

/** Reads a size, up to behind it. */
static enum http_chunk_then
read_size(struct http_chunk *chunk, uint8_t byte)
{
	int digit = wp_hex_digit(byte);

	if (digit >= 0)
		return read_digit(chunk, digit);
	if (chunk->at == AT_ZERO && (byte | 0x20) == 'x') {
		chunk->is_odd = true;
		chunk->at = AT_PREFIX;
		return HTTP_CHUNK_MORE;
	}
	return read_behind_size(chunk, byte);
}

static enum http_chunk_then
read_extension(struct http_chunk *chunk, uint8_t byte)
{
	if (byte == '\n') {
		chunk->is_odd |= chunk->at != AT_RETURN;
		return HTTP_CHUNK_ENDS;
	}
	/* A CR in front was bare. */
	chunk->is_odd |= chunk->at == AT_RETURN;
	if (byte != '\r')
		chunk->is_odd |= http_is_control(byte);
	chunk->at = byte == '\r' ? AT_RETURN : AT_EXTENSION;
	return HTTP_CHUNK_MORE;
}

/** In front of a size. */
static enum http_chunk_then
read_begin(struct http_chunk *chunk, uint8_t byte)
{
	if (wp_hex_digit(byte) >= 0)
		return read_digit(chunk, wp_hex_digit(byte));
	if (byte != ' ' && (byte < '\t' || byte > '\r'))
		return HTTP_CHUNK_BAD;
	chunk->is_odd = true;
	return HTTP_CHUNK_MORE;
}

static enum http_chunk_then
read_line_byte(struct http_chunk *chunk, uint8_t byte)
{
	switch (chunk->at) {
	case AT_BEGIN:
		return read_begin(chunk, byte);
	case AT_ZERO:
	case AT_PREFIX:
	case AT_SIZE:
		return read_size(chunk, byte);
	case AT_SPACE:
		return read_behind_size(chunk, byte);
	case AT_JUNK:
		return byte == '\n' ? HTTP_CHUNK_ENDS : HTTP_CHUNK_MORE;
	default:
		return read_extension(chunk, byte);
	}
}

uint32_t
http_chunk_line(struct http_chunk *chunk, const uint8_t *data, uint32_t size,
		enum http_chunk_then *then)
{
	*then = HTTP_CHUNK_MORE;
	for (uint32_t i = 0; i < size; i++) {
		*then = read_line_byte(chunk, data[i]);
		if (*then == HTTP_CHUNK_ENDS)
			return i + 1;
		if (*then == HTTP_CHUNK_MORE && !keep(chunk, data[i]) && chunk->at == AT_JUNK)
			*then = HTTP_CHUNK_BAD;
		if (*then == HTTP_CHUNK_BAD)
			return i;
	}
	return size;
}

uint32_t
http_chunk_end(struct http_chunk *chunk, const uint8_t *data, uint32_t size,
	       enum http_chunk_then *then)
{
	*then = HTTP_CHUNK_MORE;
	for (uint32_t i = 0; i < size; i++) {
		if (data[i] == '\n') {
			chunk->is_odd = chunk->n_line != 1 || chunk->line[0] != '\r';
			*then = HTTP_CHUNK_ENDS;
			return i + 1;
		}
		if (!keep(chunk, data[i])) {
			*then = HTTP_CHUNK_BAD;
			return i;
		}
	}
	return size;
}

/** A line of the trailer section is at its end. */
static enum http_chunk_then
end_trailer(struct http_chunk *chunk, bool is_empty)
{
	chunk->at = AT_BEGIN;
	return is_empty ? HTTP_CHUNK_ENDS : HTTP_CHUNK_MORE;
}

/** Begins with a line of the trailer section; AT_RETURN: CR was its first byte. */
static enum http_chunk_then
begin_trailer(struct http_chunk *chunk, uint8_t byte)
{
	if (byte == '\n') {
		chunk->is_odd |= chunk->at != AT_RETURN;
		return end_trailer(chunk, true);
	}
	if (byte == '\r' && chunk->at == AT_BEGIN) {
		chunk->at = AT_RETURN;
		return HTTP_CHUNK_MORE;
	}
	chunk->is_odd |= !http_is_token_byte(byte) || chunk->at == AT_RETURN;
	chunk->at = byte == ':' ? AT_VALUE : AT_NAME;
	return HTTP_CHUNK_MORE;
}

static enum http_chunk_then
read_trailer_byte(struct http_chunk *chunk, uint8_t byte)
{
	switch (chunk->at) {
	case AT_BEGIN:
	case AT_RETURN:
		return begin_trailer(chunk, byte);
	case AT_NAME:
		chunk->is_odd |= byte != ':' && !http_is_token_byte(byte);
		if (byte == ':')
			chunk->at = AT_VALUE;
		return byte == '\n' ? end_trailer(chunk, false) : HTTP_CHUNK_MORE;
	default:
		if (byte == '\n') {
			chunk->is_odd |= chunk->at != AT_VALUE_RETURN;
			return end_trailer(chunk, false);
		}
		chunk->is_odd |= chunk->at == AT_VALUE_RETURN;
		chunk->is_odd |= byte != '\r' && http_is_control(byte);
		chunk->at = byte == '\r' ? AT_VALUE_RETURN : AT_VALUE;
		return HTTP_CHUNK_MORE;
	}
}

uint32_t
http_chunk_trailers(struct http_chunk *chunk, const uint8_t *data, uint32_t size,
		    enum http_chunk_then *then)
{
	*then = HTTP_CHUNK_MORE;
	for (uint32_t i = 0; i < size; i++) {
		*then = read_trailer_byte(chunk, data[i]);
		if (*then != HTTP_CHUNK_MORE)
			return i + 1;
	}
	return size;
}
