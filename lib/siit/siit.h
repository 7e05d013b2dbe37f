/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPv6 packets made IPv4 ones and back, in place (RFC 7915). Who is who is the caller's: it gives
 * the addresses, by RFC 6052 (siit/embed.h), by a table, or by state.
 *
 * TTL and hop limit are copied: a waypoint is not a hop. What RFC 4884 puts behind the packet that
 * an ICMP error quotes is cut off, and an error that would be longer than 1280 bytes of IPv6 too.
 * What has no counterpart is refused: extension headers that lead somewhere else, unexpired source
 * routes, fragments of ICMP, all ICMP but echo and the errors of RFC 7915 4.2 and 5.2.
 */

#ifndef WP_SIIT_H
#define WP_SIIT_H

#include <stdint.h>

#include "packet.h"

/** What an IPv6 header has more than an IPv4 one, without and with a fragment header. */
#define WP_SIIT_GROWTH 20
#define WP_SIIT_GROWTH_FRAGMENT 28

/** IPv4 packets of at most that many bytes fit an IPv6 link of the least MTU, 1280, also as
 * fragments. A larger one without DF is to be cut to it first (RFC 7915 4), by wp_fragment(). */
#define WP_SIIT_IPV4_MTU 1252

/** Source and destination; of IPv4 the first 4 bytes. */
struct wp_siit_addresses {
	uint8_t source[16], dest[16];
};

/** What a packet is to become. */
struct wp_siit {
	struct wp_siit_addresses packet; /* of the new packet */
	struct wp_siit_addresses quoted; /* of what an ICMP error quotes */
	uint32_t mtu4, mtu6; /* of the links on the IPv4 and IPv6 side, for ICMP; 0: not known */
	uint16_t id; /* IPv4 identification of what was no fragment: any number, best a random one
		      */
};

/**
 * Finds the IP header that an ICMP error of a parsed packet quotes. Worker.
 * @return NULL when it is no ICMP error, or quotes less than an IP header without options, or one
 *         of the other family
 */
WP_API const uint8_t *wp_siit_quoted(const struct wp_packet *pkt);

/**
 * Makes a parsed IPv6 packet an IPv4 one. It is parsed again, and WP_PKT_STEER is set. TTL and
 * traffic class are copied. L4 checksums change by difference (RFC 1624): a wrong one stays wrong.
 * Worker.
 *
 * @return 0; else the packet is untouched: -EBADMSG when headers contradict themselves or are cut
 *         off, -EPROTONOSUPPORT when it has no counterpart, -EHOSTUNREACH when a source route leads
 *         on, -EMSGSIZE when it is too long for IPv4, -ENOBUFS when there is no room
 */
WP_API int wp_siit_6to4(struct wp_packet *pkt, const struct wp_siit *how);

/**
 * Makes a parsed IPv4 packet an IPv6 one, likewise. A UDP checksum of 0 is replaced by a real one;
 * of a fragment it cannot be, which is refused with -EPROTONOSUPPORT (RFC 7915 4.5).
 */
WP_API int wp_siit_4to6(struct wp_packet *pkt, const struct wp_siit *how);

#endif
