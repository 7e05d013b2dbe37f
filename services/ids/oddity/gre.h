/* SPDX-License-Identifier: BSD-3-Clause */
/* Headers of GRE: RFC 2784, RFC 2890 and RFC 1701 (version 0), RFC 2637 (version 1). */

#ifndef IDS_GRE_H
#define IDS_GRE_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"

/** The first 16 bits of a header. */
enum gre_flag {
	GRE_CHECKSUM = 0x8000,
	GRE_ROUTING = 0x4000,
	GRE_KEY = 0x2000,
	GRE_SEQUENCE = 0x1000,
	GRE_STRICT = 0x0800,
	GRE_RECURSION = 0x0700,
	GRE_ACK = 0x0080,
	GRE_UNUSED = 0x0078,
	GRE_VERSION = 0x0007,
};

/** The type of what is within version 1. */
enum { GRE_PPP = 0x880b };

/**
 * Goes past source routes (RFC 1701).
 * @param at   where in @p buf they begin
 * @param end  where what may be read of it ends
 * @return where they end; 0: they do not
 */
static inline uint32_t
gre_routes_end(const uint8_t *buf, uint32_t at, uint32_t end)
{
	enum { ROUTE_SIZE = 4 };

	while (at + ROUTE_SIZE <= end) {
		uint32_t size = buf[at + 3];
		bool is_last = wp_get16(buf + at) == 0 && size == 0;

		at += ROUTE_SIZE + size;
		if (is_last)
			return at;
	}
	return 0;
}

#endif
