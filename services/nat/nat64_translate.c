/* SPDX-License-Identifier: BSD-3-Clause */
/* What RFC 7915 says of headers, for packets on their way through a NAT64. */

#include <errno.h>

#include "nat.h"
#include "parse/parse.h"
#include "siit/siit.h"

/** Says why a packet cannot be one of the other family. */
static void
refuse(struct wp_packet *pkt, int err)
{
	switch (err) {
	case -EPROTONOSUPPORT:
	case -EHOSTUNREACH: /* a source route */
		wp_drop(pkt, NAT_DROP_PROTOCOL);
		break;
	case -EBADMSG:
		wp_drop(pkt, NAT_DROP_MALFORMED);
		break;
	default: /* it would be too long, for the family or for its buffer */
		wp_drop(pkt, NAT_DROP_TOO_BIG);
	}
}

/** What the runtime has noted of a packet outlives its being parsed again. It stays with the worker
 * of its host: it is on its way out, or this is its host's. */
static bool
finish(struct wp_packet *pkt, uint16_t flags, int err)
{
	const uint16_t kept = WP_PKT_AGAIN | WP_PKT_TURNED | WP_PKT_STEER;

	if (err != 0) {
		refuse(pkt, err);
		return false;
	}
	pkt->flags = (uint16_t)((pkt->flags & ~WP_PKT_STEER) | (flags & kept));
	return true;
}

/** @return an IPv4 identification for a packet that had none: of each burst they begin anywhere. */
static uint16_t
next_id(struct wp_core *core)
{
	struct nat_core *scratch = core->scratch;

	if (scratch->id_of != core->random) {
		scratch->id_of = core->random;
		scratch->id = (uint16_t)nat_random(core);
	}
	return scratch->id++;
}

bool
nat64_6to4(struct wp_core *core, struct wp_packet *pkt, struct wp_siit *how)
{
	uint8_t protocol = pkt->l4_proto == WP_PROTO_ICMPV6 ? WP_PROTO_ICMP : pkt->l4_proto;
	uint16_t flags = pkt->flags;

	how->id = next_id(core);
	if (!finish(pkt, flags, wp_siit_6to4(pkt, how)))
		return false;
	if (pkt->l4_proto != protocol) { /* an AH was in front of it, which stays */
		wp_drop(pkt, NAT_DROP_PROTOCOL);
		return false;
	}
	return true;
}

bool
nat64_4to6(struct wp_packet *pkt, const struct wp_siit *how)
{
	uint16_t flags = pkt->flags;

	return finish(pkt, flags, wp_siit_4to6(pkt, how));
}
