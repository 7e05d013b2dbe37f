/* SPDX-License-Identifier: BSD-3-Clause */
/* Which flow a packet belongs to. */

#include <string.h>

#include "bytes.h"
#include "parse/parse.h"
#include "state/state.h"
#include "stream/stream.h"

/** One end of a packet, as it stands in keys. */
struct end {
	const uint8_t *address;
	uint16_t port; /* host order */
};

/** Writes the key with ends in the order given. */
static void
write_key(uint8_t *key, const struct end *first, const struct end *second, size_t size,
	  uint8_t proto)
{
	memset(key, 0, WP_KEY_SIZE_MAX);
	memcpy(key, first->address, size);
	memcpy(key + size, second->address, size);
	key += 2 * size;
	wp_put16(key, first->port);
	wp_put16(key + 2, second->port);
	key[4] = proto;
}

enum stream_from
stream_key(const struct wp_packet *pkt, uint8_t key[WP_KEY_SIZE_MAX])
{
	unsigned int size = wp_address_size(pkt);
	struct end source, dest;
	int order;

	if (pkt->l3 == 0 ||
	    ((pkt->flags & WP_PKT_LATER_FRAGMENT) != 0 && (pkt->flags & WP_PKT_FIRST_SEEN) == 0))
		return STREAM_FROM_NONE;
	source = (struct end){wp_source(pkt), pkt->l4_sport};
	dest = (struct end){wp_dest(pkt), pkt->l4_dport};
	if (pkt->l4_proto == WP_PROTO_ICMP || pkt->l4_proto == WP_PROTO_ICMPV6 ||
	    pkt->l4_proto == WP_PROTO_ESP) /* one number, the same both ways */
		source.port = dest.port = pkt->l4_sport | pkt->l4_dport;
	order = memcmp(source.address, dest.address, size);
	if (order < 0 || (order == 0 && source.port <= dest.port)) {
		write_key(key, &source, &dest, size, pkt->l4_proto);
		return STREAM_FROM_FIRST;
	}
	write_key(key, &dest, &source, size, pkt->l4_proto);
	return STREAM_FROM_SECOND;
}

void
wp_flow_endpoint(const struct wp_flow *flow, enum wp_side side, struct wp_endpoint *endpoint)
{
	size_t size = flow->version == 4 ? 4 : 16;
	const uint8_t *key = wp_entry_key(flow->entry);
	size_t second = (side == WP_CLIENT) == ((flow->flags & WP_FLOW_FLIPPED) != 0);

	memset(endpoint->address, 0, sizeof(endpoint->address));
	memcpy(endpoint->address, key + second * size, size);
	endpoint->port = wp_get16(key + 2 * size + 2 * second);
}
