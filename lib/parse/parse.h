/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The one header parser. Total: any bytes give an answer. Bounded: at most 4 VLAN tags and 8 IPv6
 * extension headers are walked, and nothing outside [start, start + len) is read.
 */

#ifndef WP_PARSE_H
#define WP_PARSE_H

#include <stdbool.h>
#include <stdint.h>

#include "packet.h"

#define WP_PARSE_VLANS_MAX 4
#define WP_PARSE_EXTENSIONS_MAX 8

enum {
	WP_ETHERTYPE_IPV4 = 0x0800,
	WP_ETHERTYPE_VLAN = 0x8100,
	WP_ETHERTYPE_IPV6 = 0x86dd,
	WP_ETHERTYPE_QINQ = 0x88a8,
	WP_ETHERTYPE_NSH = 0x894f,
};

/** Protocol numbers that the parser or several services look at (IANA). */
enum {
	WP_PROTO_HOPOPTS = 0,
	WP_PROTO_ICMP = 1,
	WP_PROTO_IPIP = 4,
	WP_PROTO_TCP = 6,
	WP_PROTO_UDP = 17,
	WP_PROTO_IPV6 = 41,
	WP_PROTO_ROUTING = 43,
	WP_PROTO_FRAGMENT = 44,
	WP_PROTO_ESP = 50,
	WP_PROTO_AH = 51,
	WP_PROTO_ICMPV6 = 58,
	WP_PROTO_NONE = 59,
	WP_PROTO_DSTOPTS = 60,
	WP_PROTO_SCTP = 132,
	WP_PROTO_DCCP = 33,
	WP_PROTO_MH = 135,
};

/**
 * Fills l3, l4, payload, end, ethertype, ip_version, l4_proto, ports and the parser's flags from
 * the bytes [start, start + len). WP_PKT_ETHERNET in pkt->flags says what the packet starts with,
 * and stays; without it the first nibble tells IPv4 from IPv6. Worker.
 */
WP_API void wp_parse(struct wp_packet *pkt);

/**
 * The bytes a packet is steered by, tenant's choice; see wp_steer_key().
 */
enum wp_steering {
	WP_STEER_HOST,     /* the inside address */
	WP_STEER_ENDPOINT, /* both addresses, in an order that does not depend on direction */
	WP_STEER_FLOW,     /* addresses, protocol and ports (ESP: SPI), likewise; later fragments as
			      endpoint */
};

/** Bytes of a steering key at the most: tenant, kind, two addresses, ports, protocol. */
#define WP_STEER_KEY_SIZE 40

/**
 * Writes the steering key of a parsed packet, padded with zeros to WP_STEER_KEY_SIZE. A packet that
 * is not IP is steered by its tenant alone. The same flow gives the same bytes in both directions
 * when pkt->inside says the respective side. Worker.
 */
void wp_steer_key(const struct wp_packet *pkt, enum wp_steering steering,
		  uint8_t key[WP_STEER_KEY_SIZE]);

/** Likewise of an inside host's packets, under WP_STEER_HOST. @param address  network order */
void wp_steer_host_key(uint16_t tenant, uint8_t version, const void *address,
		       uint8_t key[WP_STEER_KEY_SIZE]);

#endif
