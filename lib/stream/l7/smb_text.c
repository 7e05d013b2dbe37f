/* SPDX-License-Identifier: BSD-3-Clause */
/* Texts of SMB messages as UTF-8 (RFC 3629). */

#include "stream/l7/smb_view.h"

enum {
	REPLACEMENT = 0xfffd,
	LONGEST = 4, /* bytes of a character */
};

uint32_t
smb_text_length(const uint8_t *bytes, uint32_t size, bool is_unicode)
{
	uint32_t at = 0;

	if (!is_unicode) {
		while (at < size && bytes[at] != 0)
			at++;
		return at;
	}
	while (at + 1 < size && (bytes[at] | bytes[at + 1]) != 0)
		at += 2;
	return at;
}

/** @return behind it */
static uint8_t *
put(uint8_t *to, uint32_t code)
{
	if (code < 0x80) {
		*to++ = (uint8_t)code;
		return to;
	}
	if (code < 0x800) {
		*to++ = (uint8_t)(0xc0 | code >> 6);
	} else {
		if (code < 0x10000) {
			*to++ = (uint8_t)(0xe0 | code >> 12);
		} else {
			*to++ = (uint8_t)(0xf0 | code >> 18);
			*to++ = (uint8_t)(0x80 | (code >> 12 & 0x3f));
		}
		*to++ = (uint8_t)(0x80 | (code >> 6 & 0x3f));
	}
	*to++ = (uint8_t)(0x80 | (code & 0x3f));
	return to;
}

/** Reads a character (RFC 2781 2.2). @param at  is set behind it */
static uint32_t
take_utf16(struct wp_span from, uint32_t *at)
{
	uint32_t unit = smb_get16(from.data + *at), low;

	*at += 2;
	if (unit < 0xd800 || unit > 0xdfff)
		return unit;
	if (unit > 0xdbff || from.size - *at < 2)
		return REPLACEMENT;
	low = smb_get16(from.data + *at);
	if (low < 0xdc00 || low > 0xdfff)
		return REPLACEMENT;
	*at += 2;
	return 0x10000 + ((unit & 0x3ff) << 10 | (low & 0x3ff));
}

struct wp_span
smb_text(struct wp_span from, bool is_unicode, uint8_t *to, uint32_t room)
{
	uint8_t *out = to;
	uint32_t at = 0, step = is_unicode ? 2 : 1;

	if (from.data == NULL)
		return (struct wp_span){0};
	while (from.size - at >= step && room - (uint32_t)(out - to) >= LONGEST)
		out = put(out, is_unicode ? take_utf16(from, &at) : from.data[at++]);
	return (struct wp_span){to, (uint32_t)(out - to)};
}
