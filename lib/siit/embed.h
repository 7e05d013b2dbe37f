/* SPDX-License-Identifier: BSD-3-Clause */
/* IPv4 addresses inside IPv6 ones (RFC 6052). */

#ifndef WP_EMBED_H
#define WP_EMBED_H

#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "packet.h"

/** @return why a prefix cannot have IPv4 addresses in it, in words; NULL when it can: it has 32,
 * 40, 48, 56, 64 or 96 bits, and bits 64 to 71 are 0. Control thread. */
WP_API const char *wp_embed_fault(const struct wp_prefix *prefix);

/** Writes the IPv6 address that stands for an IPv4 one. The prefix has no fault. */
WP_API void wp_embed(const struct wp_prefix *prefix, const uint8_t ipv4[4], uint8_t ipv6[16]);

/** Finds the IPv4 address that an IPv6 one stands for. The prefix has no fault. @return false when
 * wp_embed() would never write it; @p ipv4 is then untouched */
WP_API bool wp_embed_extract(const struct wp_prefix *prefix, const uint8_t ipv6[16],
			     uint8_t ipv4[4]);

/** @return whether a prefix is the well-known one, 64:ff9b::/96. */
WP_API bool wp_embed_is_well_known(const struct wp_prefix *prefix);

/** @return whether an IPv4 address may stand in the well-known prefix: it is good everywhere (RFC
 * 6052 3.1). */
WP_API bool wp_embed_is_global(const uint8_t ipv4[4]);

#endif
