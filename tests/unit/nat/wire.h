/* SPDX-License-Identifier: BSD-3-Clause */
/* The model's own view of IPv4 packets: reading, changing, checksums from scratch. */

#ifndef TESTS_NAT_WIRE_H
#define TESTS_NAT_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WIRE_ICMP_PROTO = 1, WIRE_TCP_PROTO = 6, WIRE_UDP_PROTO = 17 };
enum { WIRE_FIN = 1, WIRE_SYN = 2, WIRE_RST = 4, WIRE_ACK = 16 };

enum wire_kind {
	WIRE_TCP,
	WIRE_UDP,
	WIRE_QUERY, /* ICMP echo, timestamp and their replies */
	WIRE_ERROR, /* ICMP types 3, 11, 12 */
	WIRE_ICMP_OTHER,
	WIRE_OTHER /* protocols whose ports nobody knows */
};

/** Where things are in a packet, and what they say (host order). */
struct wire {
	enum wire_kind kind;
	bool fragment;
	uint8_t proto, ttl, flags, type, code;
	uint32_t src, dst;
	uint16_t sport, dport; /* ICMP queries: both the identifier */
	size_t l4, size; /* offset of the L4 header; IP total length, of an embedded packet what is
			    there of it */
};

uint16_t wire_get16(const uint8_t *at);
uint32_t wire_get32(const uint8_t *at);
void wire_put16(uint8_t *at, uint16_t value);
void wire_put32(uint8_t *at, uint32_t value);

/** Reads a whole packet. @return whether it is well-formed */
bool wire_read(struct wire *wire, const uint8_t *bytes, size_t size);

/** Reads a packet of which an ICMP error may have kept only the IP header and 8 bytes. */
bool wire_read_embedded(struct wire *wire, const uint8_t *bytes, size_t size);

/** Offset of the packet that an ICMP error carries. */
size_t wire_embedded(const struct wire *wire);

/** Puts in another source or destination; checksums are left to wire_finish(). */
void wire_set_source(uint8_t *bytes, const struct wire *wire, uint32_t addr, uint16_t port);
void wire_set_destination(uint8_t *bytes, const struct wire *wire, uint32_t addr, uint16_t port);

/** Lowers every MSS option of a SYN to @p mss. */
void wire_clamp_mss(uint8_t *bytes, const struct wire *wire, uint16_t mss);

/**
 * Gives @p out, a changed copy of @p in, the checksums it must have: right where those of @p in
 * were, and wrong by as much where they were not. An UDP checksum of zero stays zero.
 */
void wire_finish(uint8_t *out, const uint8_t *in, const struct wire *wire);

/** @return whether the checksum of the IP header of @p head bytes is right. */
bool wire_ip_checksum_ok(const uint8_t *bytes, size_t head);
/** @return whether the checksum of an ICMP message is right. */
bool wire_icmp_checksum_ok(const uint8_t *bytes, const struct wire *wire);

/**
 * Compares two translations of @p in.
 *
 * @return the offset of the first byte that differs, wire->size when none does
 */
size_t wire_differ(const uint8_t *a, const uint8_t *b, const uint8_t *in, const struct wire *wire);

#endif
