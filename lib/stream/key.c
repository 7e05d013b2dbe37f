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

/** Writes the key of IPv4 addresses, 13 bytes and zeros. */
static inline enum stream_from
order_v4(const struct wp_packet *pkt, const struct end *source, const struct end *dest,
	 uint8_t *key)
{
	uint64_t from = (uint64_t)wp_get32(source->address) << 16 | source->port;
	uint64_t to = (uint64_t)wp_get32(dest->address) << 16 | dest->port;
	uint64_t first = from <= to ? from : to, second = from <= to ? to : from;

	memset(key, 0, WP_KEY_SIZE_MAX);
	wp_put32(key, (uint32_t)(first >> 16));
	wp_put32(key + 4, (uint32_t)(second >> 16));
	wp_put32(key + 8, (uint32_t)(first << 16 | (second & UINT16_MAX)));
	key[12] = pkt->l4_proto;
	return from <= to ? STREAM_FROM_FIRST : STREAM_FROM_SECOND;
}

static __attribute__((noinline)) enum stream_from
order_v6(const struct wp_packet *pkt, const struct end *source, const struct end *dest,
	 uint8_t *key)
{
	int order = memcmp(source->address, dest->address, 16);
	bool in_order = order < 0 || (order == 0 && source->port <= dest->port);
	const struct end *first = in_order ? source : dest, *second = in_order ? dest : source;

	memset(key, 0, WP_KEY_SIZE_MAX);
	memcpy(key, first->address, 16);
	memcpy(key + 16, second->address, 16);
	wp_put16(key + 32, first->port);
	wp_put16(key + 34, second->port);
	key[36] = pkt->l4_proto;
	return in_order ? STREAM_FROM_FIRST : STREAM_FROM_SECOND;
}

enum stream_from
stream_key(const struct wp_packet *pkt, uint8_t key[WP_KEY_SIZE_MAX])
{
	struct end source, dest;

	if (pkt->l3 == 0 ||
	    ((pkt->flags & WP_PKT_LATER_FRAGMENT) != 0 && (pkt->flags & WP_PKT_FIRST_SEEN) == 0))
		return STREAM_FROM_NONE;
	source = (struct end){wp_source(pkt), pkt->l4_sport};
	dest = (struct end){wp_dest(pkt), pkt->l4_dport};
	if (pkt->l4_proto == WP_PROTO_ICMP || pkt->l4_proto == WP_PROTO_ICMPV6 ||
	    pkt->l4_proto == WP_PROTO_ESP) /* one number, the same both ways */
		source.port = dest.port = pkt->l4_sport | pkt->l4_dport;
	return pkt->ip_version == 4 ? order_v4(pkt, &source, &dest, key)
				    : order_v6(pkt, &source, &dest, key);
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

enum { ID_BITS = 53 /* more a reader in JavaScript would round */ };

uint64_t
wp_flow_id(const struct wp_flow *flow)
{
	const uint8_t *key = wp_entry_key(flow->entry);
	unsigned int size = flow->version == 4 ? 13 : 37;
	uint64_t id = 0xcbf29ce484222325 ^ flow->start_ns ^ (uint64_t)flow->entry->tenant << 48;

	for (unsigned int i = 0; i < size; i++) /* FNV-1a */
		id = (id ^ key[i]) * 0x100000001b3;
	return id >> (64 - ID_BITS);
}

uint16_t
wp_flow_tenant(const struct wp_flow *flow)
{
	return flow->entry->tenant;
}
