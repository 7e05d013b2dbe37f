/* SPDX-License-Identifier: BSD-3-Clause */
/* RFC 7915 4.1 and 5.1. Every byte read is before ip + room. */

#include "siit/header.h"

#include <errno.h>
#include <string.h>

#include "bytes.h"
#include "parse/checksum.h"
#include "parse/parse.h"

enum {
	IPV4_SIZE = 20,
	IPV6_SIZE = 40,
	FRAGMENT_SIZE = 8,
	IPV4_DF = 0x4000,
	IPV4_MF = 0x2000,
	IPV4_OFFSET = 0x1fff,
	DF_ABOVE = 1260, /* bytes of an IPv4 packet: larger ones are not fragmented (5.1) */
	/* IPv4 options (RFC 791 3.1) */
	OPTION_END = 0,
	OPTION_NOP = 1,
	OPTION_LOOSE_ROUTE = 131,
	OPTION_STRICT_ROUTE = 137,
};

/** @return whether IPv4 options hold a source route that is not at its end; options of other kinds
 * are ignored, and so is what cannot be read. */
static bool
is_routed_on(const uint8_t *ip, unsigned int size)
{
	unsigned int n;

	for (unsigned int at = IPV4_SIZE; at < size && ip[at] != OPTION_END; at += n) {
		n = 1;
		if (ip[at] == OPTION_NOP)
			continue;
		if (size - at < 2)
			break;
		n = ip[at + 1];
		if (n < 2 || n > size - at)
			break;
		if ((ip[at] == OPTION_LOOSE_ROUTE || ip[at] == OPTION_STRICT_ROUTE) && n >= 3 &&
		    ip[at + 2] <= n)
			return true;
	}
	return false;
}

/** @return whether an IPv6 header is followed by a further one. */
static bool
is_extension(uint8_t protocol)
{
	return protocol == WP_PROTO_HOPOPTS || protocol == WP_PROTO_ROUTING ||
	       protocol == WP_PROTO_DSTOPTS || protocol == WP_PROTO_FRAGMENT;
}

static int
read_ipv4(const uint8_t *ip, unsigned int room, struct header *header)
{
	unsigned int size, total, fragment;

	if (room < IPV4_SIZE)
		return -EBADMSG;
	size = (ip[0] & 15) * 4u;
	total = wp_get16(ip + 2);
	if (size < IPV4_SIZE || size > room || total < size)
		return -EBADMSG;
	if (is_routed_on(ip, size))
		return -EHOSTUNREACH;
	if (is_extension(ip[9]) || ip[9] == WP_PROTO_ICMPV6)
		return -EPROTONOSUPPORT; /* would be another thing in an IPv6 header */
	fragment = wp_get16(ip + 6);
	*header = (struct header){
		.size = (uint16_t)size,
		.payload = total - size,
		.id = wp_get16(ip + 4),
		.offset = fragment & IPV4_OFFSET,
		.version = 4,
		.protocol = ip[9],
		.traffic_class = ip[1],
		.hops = ip[8],
		.dont_fragment = (fragment & IPV4_DF) != 0,
		.more = (fragment & IPV4_MF) != 0,
	};
	return 0;
}

/** Reads an extension header, of which there are @p room bytes. @return bytes of it, or a negative
 * errno */
static int
read_extension(const uint8_t *at, unsigned int room, struct header *header)
{
	unsigned int size = FRAGMENT_SIZE;

	if (room < FRAGMENT_SIZE)
		return -EBADMSG;
	if (header->protocol == WP_PROTO_FRAGMENT) {
		if (header->has_fragment_header)
			return -EBADMSG;
		header->has_fragment_header = true;
		header->offset = (uint16_t)(wp_get16(at + 2) >> 3);
		header->more = (at[3] & 1) != 0;
		header->id = wp_get32(at + 4);
	} else {
		size = (at[1] + 1u) * 8;
	}
	if (header->protocol == WP_PROTO_ROUTING && at[3] != 0)
		return -EHOSTUNREACH; /* segments left */
	if (size > room)
		return -EBADMSG;
	header->protocol = at[0];
	return (int)size;
}

static int
read_ipv6(const uint8_t *ip, unsigned int room, struct header *header)
{
	unsigned int at = IPV6_SIZE;

	if (room < IPV6_SIZE)
		return -EBADMSG;
	*header = (struct header){
		.version = 6,
		.protocol = ip[6],
		.traffic_class = (uint8_t)(wp_get16(ip) >> 4),
		.hops = ip[7],
	};
	for (unsigned int i = 0; is_extension(header->protocol); i++) {
		int size = -EBADMSG;

		if (header_is_fragment(header))
			return -EPROTONOSUPPORT; /* offsets of later fragments count it */
		if (i < WP_PARSE_EXTENSIONS_MAX)
			size = read_extension(ip + at, room - at, header);
		if (size < 0)
			return size;
		at += (unsigned int)size;
	}
	if ((unsigned int)IPV6_SIZE + wp_get16(ip + 4) < at)
		return -EBADMSG;
	if (header->protocol == WP_PROTO_ICMP)
		return -EPROTONOSUPPORT;
	if (header->protocol == WP_PROTO_ICMPV6)
		header->protocol = WP_PROTO_ICMP;
	header->size = (uint16_t)at;
	header->payload = IPV6_SIZE + wp_get16(ip + 4) - at;
	return 0;
}

int
header_read(const uint8_t *ip, unsigned int room, struct header *header)
{
	if (room != 0 && ip[0] >> 4 == 4)
		return read_ipv4(ip, room, header);
	return room != 0 && ip[0] >> 4 == 6 ? read_ipv6(ip, room, header) : -EBADMSG;
}

/** Writes what was IPv6. */
static void
write_ipv4(const struct header *header, uint8_t *ip, const uint8_t *source, const uint8_t *dest,
	   uint16_t id)
{
	unsigned int total = IPV4_SIZE + header->payload, fragment = header->offset;
	uint16_t sum;

	if (header->more)
		fragment |= IPV4_MF;
	if (header->has_fragment_header)
		id = (uint16_t)header->id;
	else if (total > DF_ABOVE)
		fragment |= IPV4_DF;
	ip[0] = 0x45;
	ip[1] = header->traffic_class;
	wp_put16(ip + 2, total);
	wp_put16(ip + 4, id);
	wp_put16(ip + 6, fragment);
	ip[8] = header->hops;
	ip[9] = header->protocol;
	memcpy(ip + 12, source, 4);
	memcpy(ip + 16, dest, 4);
	sum = wp_checksum_ipv4(ip, IPV4_SIZE);
	memcpy(ip + 10, &sum, 2);
}

/** Writes what was IPv4. */
static void
write_ipv6(const struct header *header, uint8_t *ip, const uint8_t *source, const uint8_t *dest)
{
	uint8_t next = header->protocol == WP_PROTO_ICMP ? WP_PROTO_ICMPV6 : header->protocol;
	uint8_t *fragment = ip + IPV6_SIZE;
	unsigned int size = header_other_size(header);

	wp_put16(ip, 0x6000u | (unsigned int)header->traffic_class << 4);
	wp_put16(ip + 2, 0);
	wp_put16(ip + 4, header->payload + size - IPV6_SIZE);
	ip[6] = size == IPV6_SIZE ? next : WP_PROTO_FRAGMENT;
	ip[7] = header->hops;
	memcpy(ip + 8, source, 16);
	memcpy(ip + 24, dest, 16);
	if (size == IPV6_SIZE)
		return;
	fragment[0] = next;
	fragment[1] = 0;
	wp_put16(fragment + 2, (unsigned int)header->offset << 3 | header->more);
	wp_put16(fragment + 4, 0);
	wp_put16(fragment + 6, header->id);
}

void
header_write(const struct header *header, uint8_t *ip, const uint8_t *source, const uint8_t *dest,
	     uint16_t id)
{
	if (header->version == 6)
		write_ipv4(header, ip, source, dest, id);
	else
		write_ipv6(header, ip, source, dest);
}
