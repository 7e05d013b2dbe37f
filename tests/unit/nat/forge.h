/* SPDX-License-Identifier: BSD-3-Clause */
/* Makes the packets that NAT tests send. Shares no code with the model that judges them. */

#ifndef TESTS_NAT_FORGE_H
#define TESTS_NAT_FORGE_H

#include <stddef.h>
#include <stdint.h>

#define FORGE_MAX 2048

enum { FORGE_FIN = 1, FORGE_SYN = 2, FORGE_RST = 4, FORGE_PSH = 8, FORGE_ACK = 16 };

/** A packet in words. Host order; what is 0 gets a sensible value where it needs one. */
struct forge {
	uint8_t proto;
	uint32_t src, dst;
	uint16_t sport, dport; /* ICMP queries: sport is the identifier */
	uint8_t flags;         /* TCP */
	uint8_t type, code;    /* ICMP */
	uint16_t sequence;     /* ICMP queries */
	uint16_t mss;          /* TCP: 0 none */
	uint8_t ttl;           /* 0: 64 */
	uint16_t id;
	uint8_t ip_options;   /* words of no-operation options */
	uint16_t payload;     /* bytes */
	const uint8_t *inner; /* ICMP errors: what they are about */
	size_t inner_size;
};

/** Writes a well-formed packet with right checksums. @return its size */
size_t forge_packet(uint8_t *bytes, const struct forge *forge);

/** Makes all checksums right again: that of the IP header, and TCP, UDP (unless zero) or ICMP. */
void forge_checksums(uint8_t *bytes);

/** Adds @p off to the L4 checksum of a packet: makes it wrong. */
void forge_spoil(uint8_t *bytes, uint16_t off);

/** @return whether both checksums (an UDP checksum of zero included) are right. */
int forge_is_right(const uint8_t *bytes);

#endif
