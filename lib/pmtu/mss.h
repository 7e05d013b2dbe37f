/* SPDX-License-Identifier: BSD-3-Clause */
/* The MSS option of TCP (RFC 9293 3.7.1): lowered, so that a connection's segments fit the path. */

#ifndef WP_MSS_H
#define WP_MSS_H

#include <stdbool.h>
#include <stdint.h>

#include "packet.h"
#include "parse/parse.h"

/** @return whether a parsed packet holds the header of a TCP SYN or SYN-ACK. Worker. */
static inline bool
wp_mss_is_syn(const struct wp_packet *pkt)
{
	enum { FLAGS = 13, SYN = 2 }; /* RFC 9293 3.1 */

	return pkt->l4_proto == WP_PROTO_TCP && pkt->l4 != 0 && (wp_l4(pkt)[FLAGS] & SYN) != 0;
}

/**
 * Lowers the MSS options of a packet for which wp_mss_is_syn() holds to what fits IP packets of
 * @p mtu bytes (RFC 6691: headers without options). Never raises one and adds none: without it the
 * other side sends 536 or 1220 bytes at the most (RFC 9293 3.7.1). Worker.
 * @return whether there was something to lower
 */
WP_API bool wp_mss_lower(struct wp_packet *pkt, uint32_t mtu);

/** The same for any parsed packet; for all but SYNs it is one well-predicted test. Worker. */
static inline bool
wp_mss_clamp(struct wp_packet *pkt, uint32_t mtu)
{
	return __builtin_expect(wp_mss_is_syn(pkt), 0) && wp_mss_lower(pkt, mtu);
}

#endif
