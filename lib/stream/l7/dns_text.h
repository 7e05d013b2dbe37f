/* SPDX-License-Identifier: BSD-3-Clause */
/* Names of DNS as text. For the rest of the tree: not installed. */

#ifndef WP_STREAM_L7_DNS_TEXT_H
#define WP_STREAM_L7_DNS_TEXT_H

#include <stdint.h>

#include "ascii.h"

/**
 * Takes a byte of a name from its text, in which "\." and "\046" are one (RFC 1035 section 5.1).
 * @param size  bytes of the text from @p at on: not 0
 * @return how many bytes of the text were taken
 */
static inline uint32_t
wp_dns_unescape(const uint8_t *at, uint32_t size, uint8_t *byte)
{
	*byte = at[0];
	if (at[0] != '\\' || size < 2)
		return 1;
	*byte = at[1];
	if (size < 4 || !wp_is_digit(at[1]))
		return 2;
	*byte = (uint8_t)((at[1] - '0') * 100 + (at[2] - '0') * 10 + (at[3] - '0'));
	return 4;
}

#endif
