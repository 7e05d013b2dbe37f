/* SPDX-License-Identifier: BSD-3-Clause */
/* See ballast.h. */

#include "match/ballast.h"

#include <string.h>

/* No protocol has them. */
static const uint8_t ending[] = {0xf7, 0x01, 0x93, 0xe2, 0x5c, 0xff, 0x81, 0x1b};

void
ballast_fill(struct ballast *literals, uint32_t n)
{
	uint32_t x = 1;

	for (uint32_t i = 0; i < n; i++) {
		uint8_t *bytes = literals[i].bytes;

		for (uint32_t k = 0; k < BALLAST_SIZE - sizeof(ending); k++) {
			x = x * 1664525 + 1013904223;
			bytes[k] = (uint8_t)(x >> 24);
		}
		memcpy(bytes + BALLAST_SIZE - sizeof(ending), ending, sizeof(ending));
	}
}
