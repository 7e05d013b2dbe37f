/* SPDX-License-Identifier: BSD-3-Clause */
/* Bytes as text. Not for secrets: what is written is not wiped. */

#ifndef WP_HEX_H
#define WP_HEX_H

#include <stddef.h>
#include <stdint.h>

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

#endif
