/* SPDX-License-Identifier: BSD-3-Clause */
/* Bytes as text, and back. Nothing is wiped: who has secrets does that. */

#ifndef WP_HEX_H
#define WP_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ascii.h"

/** Writes bytes in hex. @param text  room for 2 * n + 1 bytes */
static inline void
wp_hex(const uint8_t *bytes, size_t n, char *text)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	text[2 * n] = '\0';
}

/** Reads bytes in hex, of either case. @param text  2 * n digits @return false: they are not, and
 * @p bytes are anything */
static inline bool
wp_hex_read(const char *text, size_t n, uint8_t *bytes)
{
	for (size_t i = 0; i < n; i++) {
		int byte = wp_hex_byte((uint8_t)text[2 * i], (uint8_t)text[2 * i + 1]);

		if (byte < 0)
			return false;
		bytes[i] = (uint8_t)byte;
	}
	return true;
}

/** @return the value of a character of base64 (RFC 4648 section 4), or -1. */
static inline int
wp_base64_digit(uint8_t byte)
{
	if (byte >= 'A' && byte <= 'Z')
		return byte - 'A';
	if (byte >= 'a' && byte <= 'z')
		return byte - 'a' + 26;
	if (wp_is_digit(byte))
		return byte - '0' + 52;
	return byte == '+' ? 62 : byte == '/' ? 63 : -1;
}

#endif
