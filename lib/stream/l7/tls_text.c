/* SPDX-License-Identifier: BSD-3-Clause */
/* See tls_text.h. */

#include "stream/l7/tls_text.h"

#include <string.h>

void
tls_text_add(struct tls_text *text, const char *bytes, uint32_t size)
{
	if (text->is_full || size > text->room - text->size) {
		text->is_full = true;
		return;
	}
	if (size != 0)
		memcpy(text->bytes + text->size, bytes, size);
	text->size += size;
}

void
tls_text_say(struct tls_text *text, const char *string)
{
	tls_text_add(text, string, (uint32_t)strlen(string));
}

uint32_t
tls_decimal(uint32_t number, char *digits)
{
	char turned[10];
	uint32_t n = 0, size;

	do {
		turned[n++] = (char)('0' + number % 10);
		number /= 10;
	} while (number != 0);
	for (size = 0; n != 0; size++)
		digits[size] = turned[--n];
	return size;
}

void
tls_hex(const uint8_t *bytes, uint32_t size, char between, const char *digits, char *to)
{
	for (uint32_t i = 0; i < size; i++) {
		if (i != 0 && between != '\0')
			*to++ = between;
		*to++ = digits[bytes[i] >> 4];
		*to++ = digits[bytes[i] & 15];
	}
	*to = '\0';
}
