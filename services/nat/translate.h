/* SPDX-License-Identifier: BSD-3-Clause */
/* Gives one side of a packet another endpoint; all checksums by difference (RFC 1624). */

#ifndef NAT_TRANSLATE_H
#define NAT_TRANSLATE_H

#include "bytes.h"
#include "kind.h"

/** Adds a difference to a checksum. */
static inline void
add_to_sum(uint8_t *at, uint16_t delta)
{
	uint16_t sum = wp_load16(at);
	uint32_t wide = (uint32_t)(uint16_t)~sum + delta;

	sum = (uint16_t) ~((wide & 0xffff) + (wide >> 16));
	memcpy(at, &sum, sizeof(sum));
}

/** Likewise in a UDP header: 0 means that there is none (RFC 768). */
static inline void
add_to_udp_sum(uint8_t *at, uint16_t delta)
{
	static const uint16_t ones = UINT16_MAX;

	if (wp_load16(at) == 0)
		return;
	add_to_sum(at, delta);
	if (wp_load16(at) == 0)
		memcpy(at, &ones, sizeof(ones));
}

/** @param deltas  what the sums gain */
static inline void
set_endpoint(struct wp_packet *pkt, bool source, uint32_t address, uint16_t port,
	     uint16_t address_delta, uint16_t delta)
{
	uint8_t *ip = wp_l3(pkt), *l4 = wp_l4(pkt);
	uint16_t host_port = __builtin_bswap16(port);

	memcpy(ip + (source ? 12 : 16), &address, sizeof(address));
	add_to_sum(ip + 10, address_delta);
	if (unlikely(pkt->l4 == 0)) { /* a later fragment: those of its first are known */
		*(source && is_tcp_or_udp(pkt) ? &pkt->l4_sport : &pkt->l4_dport) = host_port;
		return;
	}
	if (likely(pkt->l4_proto == WP_PROTO_TCP)) {
		add_to_sum(l4 + 16, delta);
	} else if (pkt->l4_proto == WP_PROTO_UDP) {
		add_to_udp_sum(l4 + 6, delta);
	} else {
		memcpy(l4 + 4, &port, sizeof(port));
		add_to_sum(l4 + 2, delta);
		if (unlikely(wp_load16(l4 + 2) == 0))
			icmp_mend_sum(pkt);
		pkt->l4_dport = host_port;
		return;
	}
	memcpy(l4 + (source ? 0 : 2), &port, sizeof(port));
	*(source ? &pkt->l4_sport : &pkt->l4_dport) = host_port;
}

static inline void
translate_out(struct wp_packet *pkt, const struct mapping *mapping)
{
	set_endpoint(pkt, true, mapping->outside, mapping->outside_port, mapping->address_delta,
		     mapping->delta);
}

static inline void
translate_in(struct wp_packet *pkt, const struct wp_entry *entry, const struct mapping *mapping)
{
	const uint8_t *inside = wp_entry_key(entry);

	set_endpoint(pkt, false, wp_load32(inside), wp_load16(inside + 4),
		     (uint16_t)~mapping->address_delta, (uint16_t)~mapping->delta);
}

#endif
