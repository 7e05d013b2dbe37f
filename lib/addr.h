/* SPDX-License-Identifier: BSD-3-Clause */
/* IP addresses, prefixes and port ranges as they stand in a configuration. */

#ifndef WP_ADDR_H
#define WP_ADDR_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/** An IPv4 or IPv6 address. version 0 means "none given". */
struct wp_addr {
	uint8_t version;   /* 4, 6 or 0 */
	uint8_t bytes[16]; /* network order; IPv4 uses the first 4, the rest is 0 */
};

/** An address prefix. version 0 matches everything. */
struct wp_prefix {
	struct wp_addr addr; /* bits behind 'bits' are 0 */
	uint8_t bits;
};

/** An inclusive range of ports, host order. 0 to 65535 matches everything. */
struct wp_port_range {
	uint16_t first, last;
};

/** @return bytes of an address of @p version. */
static inline unsigned int
wp_addr_size(uint8_t version)
{
	return version == 4 ? 4 : 16;
}

/** @return whether the address at @p bytes (network order, of @p version) lies in @p prefix. */
static inline bool
wp_prefix_has(const struct wp_prefix *prefix, uint8_t version, const uint8_t *bytes)
{
	unsigned int whole = prefix->bits / 8, rest = prefix->bits % 8;

	if (prefix->addr.version == 0)
		return true;
	if (prefix->addr.version != version || memcmp(prefix->addr.bytes, bytes, whole) != 0)
		return false;
	return rest == 0 ||
	       (uint8_t)((prefix->addr.bytes[whole] ^ bytes[whole]) >> (8 - rest)) == 0;
}

#endif
