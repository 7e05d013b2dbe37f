/* SPDX-License-Identifier: BSD-3-Clause */
/* See keyword_content.h. */

#include "rule/keyword_content.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "ascii.h"

/** Bytes while they are decoded in place. */
struct decoder {
	const char *in;
	char *out;
	int high; /* digit that waits for another; -1: none */
};

/** Reads what stands between two bars. */
static int
decode_hex(struct rule_reader *reader, struct decoder *decoder)
{
	for (decoder->in++; *decoder->in != '|'; decoder->in++) {
		char c = *decoder->in;

		if (c == '\0')
			return reader_fault(reader, "a '|' is missing behind hexadecimal digits");
		if (c == ' ' || c == ',')
			continue;
		if (wp_hex_digit((uint8_t)c) < 0)
			return reader_fault(reader, "'%c' is no hexadecimal digit",
					    isprint((unsigned char)c) ? c : '?');
		if (decoder->high < 0) {
			decoder->high = wp_hex_digit((uint8_t)c);
			continue;
		}
		*decoder->out++ = (char)(decoder->high << 4 | wp_hex_digit((uint8_t)c));
		decoder->high = -1;
	}
	if (decoder->high >= 0)
		return reader_fault(reader, "a hexadecimal digit is missing");
	return 0;
}

static int
decode_escape(struct rule_reader *reader, struct decoder *decoder)
{
	decoder->in++;
	if (*decoder->in == '\0' || strchr(":;\\\"", *decoder->in) == NULL) {
		reader_fault(reader, "a backslash stands in front of what needs none");
		return reader_hint(reader, "write a backslash as '\\\\' or '|5c|'");
	}
	*decoder->out++ = *decoder->in;
	return 0;
}

int
keyword_content_decode(struct rule_reader *reader, char *text, uint16_t *size)
{
	struct decoder decoder = {text, text, -1};
	int err = 0;

	for (; err == 0 && *decoder.in != '\0'; decoder.in++) {
		if (*decoder.in == '|')
			err = decode_hex(reader, &decoder);
		else if (*decoder.in == '\\')
			err = decode_escape(reader, &decoder);
		else if (*decoder.in == '"')
			err = reader_fault(reader, "a quote within quotes needs a backslash");
		else
			*decoder.out++ = *decoder.in;
	}
	if (err != 0)
		return err;
	if (decoder.out == text)
		return reader_fault(reader, "it has no bytes");
	if (decoder.out - text > UINT16_MAX)
		return reader_fault(reader, "it has more than %d bytes", UINT16_MAX);
	*size = (uint16_t)(decoder.out - text);
	return 0;
}

struct rule_content *
keyword_content_add(struct rule_reader *reader, char *text)
{
	bool negated = reader_negated(&text);
	struct rule_match *match;
	uint16_t size = 0;

	text = reader_quoted(reader, text);
	if (text == NULL || keyword_content_decode(reader, text, &size) != 0)
		return NULL;
	match = reader_bytes(reader, MATCH_CONTENT);
	if (match == NULL)
		return NULL;
	match->negated = negated;
	match->content.bytes = (const uint8_t *)text;
	match->content.size = size;
	match->content.flags = negated ? CONTENT_NEGATED : 0;
	return &match->content;
}
