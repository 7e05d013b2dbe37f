/* SPDX-License-Identifier: BSD-3-Clause */
/* The internet checksum: whole (RFC 1071) and by difference (RFC 1624). */

#ifndef WP_CHECKSUM_H
#define WP_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

#include "packet.h"

/** @return the checksum of @p size bytes, as it stands in a header (network order in memory). */
WP_API uint16_t wp_checksum(const void *data, size_t size);

/** @return the header checksum of an IPv4 header of @p size bytes (20 to 60), its own field taken
 * as 0. */
WP_API uint16_t wp_checksum_ipv4(const void *header, size_t size);

/** @return the TCP, UDP or ICMPv6 checksum of the L4 bytes of a parsed, unfragmented packet, its
 * own field as it is. 0 means it is right. */
WP_API uint16_t wp_checksum_l4(const struct wp_packet *pkt);

/** @return @p sum after a 16-bit word changed from @p before to @p after, all in network order. */
WP_API uint16_t wp_checksum_adjust16(uint16_t sum, uint16_t before, uint16_t after);

/** @return @p sum after a 32-bit word changed, all in network order. */
WP_API uint16_t wp_checksum_adjust32(uint16_t sum, uint32_t before, uint32_t after);

#endif
