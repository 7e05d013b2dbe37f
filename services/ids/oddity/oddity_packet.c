/* SPDX-License-Identifier: BSD-3-Clause */
/* See oddity_packet.h. */

#include "oddity/oddity_packet.h"

#include "oddity/oddity_walk.h"

void
oddity_packet(const struct wp_packet *pkt, struct oddities *odd)
{
	struct walk walk = {.odd = odd};
	struct stretch all = {wp_start(pkt), pkt->len};

	if ((pkt->flags & WP_PKT_OVERLAPS) != 0)
		walk_add(&walk, pkt->ip_version == 4 ? EVENT_DECODE_IPV4_FRAG_OVERLAP
						     : EVENT_DECODE_IPV6_FRAG_OVERLAP);
	if ((pkt->flags & WP_PKT_ETHERNET) != 0)
		walk_ethernet(&walk, all);
	else if (all.size != 0 && all.at[0] >> 4 == 4)
		walk_ipv4(&walk, all);
	else if (all.size != 0 && all.at[0] >> 4 == 6)
		walk_ipv6(&walk, all);
	else if ((pkt->flags & WP_PKT_BAD_HEADER) != 0) /* else it is not said to be IP */
		walk_add(&walk, EVENT_DECODE_IPRAW_INVALID_IP_VERSION);
}
