/* SPDX-License-Identifier: BSD-3-Clause */
/* Characters of ASCII, whatever the locale is. Bytes above 0x7f are none of them. */

#ifndef WP_ASCII_H
#define WP_ASCII_H

#include <stdbool.h>
#include <stdint.h>

static inline bool
wp_is_digit(uint8_t byte)
{
	return byte >= '0' && byte <= '9';
}

static inline bool
wp_is_letter(uint8_t byte)
{
	return (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
}

/** @return whether it is a space or a tab: OWS (RFC 9110 section 5.6.3). */
static inline bool
wp_is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t';
}

/** @return whether it is what isspace() calls white space in the locale "C". */
static inline bool
wp_is_space(uint8_t byte)
{
	return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/** @return the byte, a letter in lower case. */
static inline uint8_t
wp_lower(uint8_t byte)
{
	return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte | 0x20) : byte;
}

/** @return the value of a hexadecimal digit, or -1. */
static inline int
wp_hex_digit(uint8_t byte)
{
	if (wp_is_digit(byte))
		return byte - '0';
	byte |= 0x20;
	return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/** @return the byte that two hexadecimal digits say, or -1. */
static inline int
wp_hex_byte(uint8_t first, uint8_t second)
{
	int high = wp_hex_digit(first), low = wp_hex_digit(second);

	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

#endif
