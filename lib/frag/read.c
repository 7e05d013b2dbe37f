/* SPDX-License-Identifier: BSD-3-Clause */
/* What a packet's headers say of it as a fragment. Reads only what the parser has found to be
 * there. */

#include <string.h>

#include "bytes.h"
#include "frag/frag.h"
#include "parse/parse.h"

enum {
	UNIT = 8,
	IPV6_SIZE = 40,
	FRAGMENT_SIZE = 8,
	IPV4_MF = 0x2000,
	IPV4_OFFSET = 0x1fff,
	IPV6_M = 1,
	DATAGRAM_MAX = 65535,
};

/** Where the fragmentable part lies, and what the fragment says of its place. */
struct place {
	uint32_t at;     /* bytes from buf */
	uint32_t before; /* bytes that count to the datagram's length in front of it */
	uint16_t start;  /* units of 8 bytes */
	uint8_t next;    /* protocol that it begins with */
	bool more;
};

static bool
read_ipv4(const struct wp_packet *pkt, struct frag_key *key, struct place *place)
{
	const uint8_t *ip = wp_l3(pkt);
	uint16_t field = wp_get16(ip + 6);

	key->id = wp_get16(ip + 4);
	key->proto = place->next = ip[9];
	place->before = (ip[0] & 15u) * 4;
	place->at = pkt->l3 + place->before;
	place->start = field & IPV4_OFFSET;
	place->more = (field & IPV4_MF) != 0;
	return true;
}

/** @return bytes of an extension header that may stand in front of the fragment header; 0: it is
 * none */
static uint32_t
extension_size(uint8_t proto, const uint8_t *header)
{
	switch (proto) {
	case WP_PROTO_HOPOPTS:
	case WP_PROTO_ROUTING:
	case WP_PROTO_DSTOPTS:
	case WP_PROTO_MH:
		return (header[1] + 1u) * 8;
	case WP_PROTO_AH:
		return (header[1] + 2u) * 4;
	default:
		return 0;
	}
}

/** Finds the first fragment header; the parser has walked there. */
static bool
read_ipv6(const struct wp_packet *pkt, struct frag_key *key, struct place *place)
{
	uint32_t at = (uint32_t)pkt->l3 + IPV6_SIZE, size;
	uint8_t proto = wp_l3(pkt)[6];
	const uint8_t *header;

	for (unsigned int i = 0; i < WP_PARSE_EXTENSIONS_MAX; i++, at += size) {
		header = pkt->buf + at;
		if (at + FRAGMENT_SIZE > pkt->end)
			return false;
		if (proto == WP_PROTO_FRAGMENT) {
			uint16_t field = wp_get16(header + 2);

			key->id = (uint32_t)wp_get16(header + 4) << 16 | wp_get16(header + 6);
			place->at = at + FRAGMENT_SIZE;
			place->before = at - pkt->l3 - IPV6_SIZE;
			place->start = field / UNIT;
			place->next = header[0];
			place->more = (field & IPV6_M) != 0;
			return true;
		}
		size = extension_size(proto, header);
		if (size == 0)
			return false;
		proto = header[0];
	}
	return false;
}

/** @return bytes that any header of a protocol has at least. */
static unsigned int
least_header(uint8_t proto)
{
	switch (proto) {
	case WP_PROTO_TCP:
		return 20;
	case WP_PROTO_SCTP:
	case WP_PROTO_DCCP:
		return 12;
	default:
		return 8;
	}
}

/** @return whether the datagram's L4 header is not whole in its first fragment. */
static bool
is_tiny(const struct wp_packet *pkt, uint16_t start)
{
	return start == 0 ? pkt->l4 == 0 : start * UNIT < least_header(pkt->l4_proto);
}

static void
copy_addresses(const struct wp_packet *pkt, struct frag_key *key)
{
	memset(key->addresses, 0, sizeof(key->addresses));
	memcpy(key->addresses[0], wp_source(pkt), wp_address_size(pkt));
	memcpy(key->addresses[1], wp_dest(pkt), wp_address_size(pkt));
}

/** Says where a fragment's bytes lie. @param size  of those that count */
static void
fill(const struct wp_packet *pkt, const struct place *place, uint32_t size,
     struct frag_piece *piece)
{
	uint32_t end = place->start * UNIT + size;

	piece->start = place->start;
	piece->end = (uint16_t)((end + UNIT - 1) / UNIT);
	piece->total = place->more ? 0 : (uint16_t)end;
	piece->proto = pkt->l4_proto;
	piece->sport = pkt->l4_sport;
	piece->dport = pkt->l4_dport;
	piece->at = (uint16_t)place->at;
	piece->size = (uint16_t)size;
	piece->next = place->next;
}

enum frag_fault
frag_read(const struct wp_packet *pkt, struct frag_piece *piece)
{
	struct frag_key *key = &piece->key;
	struct place place = {0};
	bool is_short, is_uneven;
	uint32_t size;

	piece->size = 0;
	if (pkt->l3 == 0 || (pkt->flags & WP_PKT_TRUNCATED) != 0)
		return FRAG_MALFORMED;
	*key = (struct frag_key){.tenant = pkt->tenant, .version = pkt->ip_version};
	if (!(pkt->ip_version == 4 ? read_ipv4(pkt, key, &place) : read_ipv6(pkt, key, &place)))
		return FRAG_MALFORMED;
	/* A fragment of a fragment: the parser has looked at another header. */
	if ((place.start != 0) != ((pkt->flags & WP_PKT_LATER_FRAGMENT) != 0))
		return FRAG_MALFORMED;
	is_short = is_tiny(pkt, place.start);
	size = pkt->end - place.at;
	is_uneven = place.more && size % UNIT != 0;
	if (is_uneven && pkt->ip_version == 4)
		size -= size % UNIT;
	/* The first one's headers may go on in the next: the whole shows if they are bad. */
	if (size == 0 || (place.more && size % UNIT != 0) ||
	    place.before + place.start * UNIT + size > DATAGRAM_MAX ||
	    ((pkt->flags & WP_PKT_BAD_HEADER) != 0 && !is_short))
		return is_short ? FRAG_TINY : FRAG_MALFORMED;
	copy_addresses(pkt, key);
	fill(pkt, &place, size, piece);
	if (is_uneven)
		return FRAG_MALFORMED;
	return is_short ? FRAG_TINY : FRAG_FINE;
}
