/* SPDX-License-Identifier: BSD-3-Clause */
/* What a packet is steered by: the same bytes for both directions of a flow. */

#include "parse/parse.h"

#include <string.h>

/** What a steering key is made of; 40 bytes without padding. */
struct steer_key {
	uint16_t tenant;
	uint8_t kind; /* enum wp_steering, from 1; 0: not IP */
	uint8_t proto;
	uint16_t ports[2];
	uint8_t addresses[2][16];
};

_Static_assert(sizeof(struct steer_key) == WP_STEER_KEY_SIZE, "steering key has no padding");

/** Copies the packet's addresses: the inside one first. */
static void
copy_addresses(const struct wp_packet *pkt, struct steer_key *key)
{
	unsigned int inside = pkt->inside == WP_INSIDE_SOURCE ? 0 : 1;
	const uint8_t *ip = wp_l3(pkt);

	if (pkt->ip_version == 4) {
		memcpy(key->addresses[inside], ip + 12, 4);
		memcpy(key->addresses[1 - inside], ip + 16, 4);
	} else {
		memcpy(key->addresses[inside], ip + 8, 16);
		memcpy(key->addresses[1 - inside], ip + 24, 16);
	}
}

/** Ports, the inside one first. All fragments of a datagram go without, and so do ESP's halves of
 * an SPI in one order. */
static void
copy_ports(const struct wp_packet *pkt, struct steer_key *key)
{
	unsigned int inside =
		pkt->inside == WP_INSIDE_SOURCE || pkt->l4_proto == WP_PROTO_ESP ? 0 : 1;

	if (pkt->flags & WP_PKT_FRAGMENT)
		return;
	key->proto = pkt->l4_proto;
	if (pkt->l4 == 0)
		return;
	if (pkt->l4_proto == WP_PROTO_ICMP || pkt->l4_proto == WP_PROTO_ICMPV6)
		inside = 0; /* the identifier stands for both */
	key->ports[inside] = pkt->l4_sport;
	key->ports[1 - inside] = pkt->l4_dport;
}

void
wp_steer_key(const struct wp_packet *pkt, enum wp_steering steering,
	     uint8_t bytes[WP_STEER_KEY_SIZE])
{
	struct steer_key key = {.tenant = pkt->tenant};

	if (pkt->l3 != 0) {
		key.kind = (uint8_t)(1 + steering);
		copy_addresses(pkt, &key);
		if (steering == WP_STEER_HOST)
			memset(key.addresses[1], 0, sizeof(key.addresses[1]));
		else if (steering == WP_STEER_FLOW)
			copy_ports(pkt, &key);
	}
	memcpy(bytes, &key, sizeof(key));
}

void
wp_steer_host_key(uint16_t tenant, uint8_t version, const void *address,
		  uint8_t bytes[WP_STEER_KEY_SIZE])
{
	struct steer_key key = {.tenant = tenant, .kind = 1 + WP_STEER_HOST};

	memcpy(key.addresses[0], address, version == 4 ? 4 : 16);
	memcpy(bytes, &key, sizeof(key));
}
