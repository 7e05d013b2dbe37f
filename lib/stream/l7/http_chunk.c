/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What stands between the bytes of chunks (RFC 9112 section 7.1), byte by byte: nothing is kept of
 * it. Where end hosts differ: a line ends with LF, be there CR or not; CR alone is a byte like
 * others; white space may stand around a size, nothing else; extensions and trailers do not count.
 */

#include "stream/l7/http_view.h"

enum { AT_BEGIN, AT_SIZE, AT_SPACE, AT_EXTENSION, AT_RETURN, AT_NAME, AT_VALUE, AT_VALUE_RETURN };

/** @return a hexadecimal digit's value, or -1. */
static int
digit_of(uint8_t byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	byte |= 0x20;
	return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
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
		return HTTP_CHUNK_BAD;
	}
	return HTTP_CHUNK_MORE;
}

static enum http_chunk_then
read_size(struct http_chunk *chunk, uint8_t byte)
{
	int digit = digit_of(byte);

	if (digit < 0)
		return chunk->at == AT_BEGIN ? HTTP_CHUNK_BAD : read_behind_size(chunk, byte);
	if (chunk->size > UINT64_MAX >> 5)
		return HTTP_CHUNK_BAD;
	chunk->size = chunk->size << 4 | (uint64_t)digit;
	chunk->at = AT_SIZE;
	return HTTP_CHUNK_MORE;
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

static enum http_chunk_then
read_line_byte(struct http_chunk *chunk, uint8_t byte)
{
	switch (chunk->at) {
	case AT_BEGIN:
		if (byte == ' ' || byte == '\t') {
			chunk->is_odd = true;
			return HTTP_CHUNK_MORE;
		}
		return read_size(chunk, byte);
	case AT_SIZE:
		return read_size(chunk, byte);
	case AT_SPACE:
		return read_behind_size(chunk, byte);
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
		if (*then != HTTP_CHUNK_MORE)
			return *then == HTTP_CHUNK_BAD ? i : i + 1;
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
			chunk->is_odd = chunk->at != AT_RETURN;
			*then = HTTP_CHUNK_ENDS;
			return i + 1;
		}
		if (data[i] != '\r' || chunk->at == AT_RETURN) {
			*then = HTTP_CHUNK_BAD;
			return i;
		}
		chunk->at = AT_RETURN;
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
