/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SYNs from outside that nobody has asked for (RFC 5382 REQ-4): they get no answer for some
 * seconds. If the inside asks for the connection meanwhile, they never get one, else an ICMP error.
 * A worker remembers a fixed number of them; when it is full, further ones get no answer at all, so
 * that a flood costs no more than that.
 */

#ifndef NAT_KNOCK_H
#define NAT_KNOCK_H

#include <stdint.h>

#include "packet.h"

struct nat;
struct wp_core;

#define KNOCKS 128
/* Bytes at the most, of tag and Ethernet header, and of the IP packet: with more, no answer. */
#define KNOCK_FRONT 96
#define KNOCK_BYTES 128

/** A SYN, as it came. */
struct knock {
	uint64_t due_ns;
	struct wp_packet like; /* its way back */
	uint32_t source, dest; /* network order, as the ports */
	uint16_t source_port, dest_port;
	uint16_t front, size; /* bytes before the IP header, from it on */
	uint8_t bytes[KNOCK_FRONT + KNOCK_BYTES];
};

/** A ring; the oldest comes first, and is due first. A worker's own, zeroed at the start. */
struct knocks {
	uint32_t first, n;
	struct knock ring[KNOCKS];
};

/** Remembers a packet that is about to be dropped, if it is such a SYN. Worker. */
void knock_note(const struct nat *nat, struct wp_core *core, const struct wp_packet *pkt);

/** Answers those that have waited long enough. Worker, in tick(). */
void knock_answer(const struct nat *nat, struct wp_core *core, uint64_t now_ns);

#endif
