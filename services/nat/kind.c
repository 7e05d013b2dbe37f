/* SPDX-License-Identifier: BSD-3-Clause */
/* See kind.h. */

#include "kind.h"

enum kind
kind_rare(const struct wp_packet *pkt)
{
	if ((pkt->flags & (WP_PKT_BAD_HEADER | WP_PKT_TRUNCATED)) != 0)
		return KIND_BAD;
	if (pkt->ip_version != 4)
		return KIND_OTHER;
	if ((pkt->flags & WP_PKT_LATER_FRAGMENT) != 0) {
		bool told = (pkt->flags & WP_PKT_FIRST_SEEN) != 0;

		return told && (is_tcp_or_udp(pkt) || pkt->l4_dport != 0) ? KIND_ENDPOINT
									  : KIND_ADDRESS;
	}
	if (is_tcp_or_udp(pkt))
		return KIND_BAD; /* no whole header, or a port 0 */
	if (pkt->l4_proto != WP_PROTO_ICMP)
		return KIND_ADDRESS;
	if (pkt->l4 == 0)
		return KIND_BAD;
	if (icmp_is_query(wp_l4(pkt)[0]))
		return KIND_ENDPOINT;
	if (icmp_is_refused(wp_l4(pkt)[0]))
		return KIND_REFUSED;
	return icmp_is_error(wp_l4(pkt)[0]) ? KIND_ERROR : KIND_ADDRESS;
}
