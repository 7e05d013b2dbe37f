/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets of NAT44 between endpoints, and what becomes of them; on the bench of nat_bed.h. */

#ifndef TESTS_NAT44_BED_H
#define TESTS_NAT44_BED_H

#include "nat_bed.h"

/** An endpoint; of ICMP 'port' is the identifier. Host order. */
struct end {
	uint32_t address;
	uint16_t port;
};

/* Two hosts inside, and remotes: one address with two ports, another one. */
static const struct end a = {0x0a000001, 1000}, b = {0x0a000002, 1000};
static const struct end r = {0xc6336401, 80}, r_port = {0xc6336401, 81}, s = {0xc6336402, 80};

bool same(struct end x, struct end y);
bool in_pool(struct end end); /* of POOL */

/** Writes the endpoints of a TCP or UDP packet. */
void set_ends(uint8_t *ip, struct end from, struct end to);

/** Makes 'packet'. @param flags  of TCP @return its IP header */
uint8_t *make(uint8_t proto, struct end from, struct end to, uint8_t flags);

/** Likewise an echo (type 8; the identifier is from.port) or a reply (0; to.port). */
uint8_t *make_echo(struct end from, struct end to, uint8_t type);

/** Makes an ICMP error from @p router about the packet in 'packet'. @return the error's IP header
 */
uint8_t *make_error(uint32_t router, uint8_t type);

/** Sends 'packet' from inside; from outside. */
enum wp_verdict out(void);
enum wp_verdict in(void);

/** @return what 'packet' says now. */
struct end source(void);
struct end dest(void);

/** Fails the test if a checksum of 'packet' is wrong. */
void sums_are_right(void);

/** Fails the test if the error in 'packet' does not quote @p expected, 44 bytes from IP on. */
void quoted_is(const uint8_t *expected);

/** Sends from inside; it must get through. @return the outside endpoint */
struct end send_out(uint8_t proto, struct end from, struct end to, uint8_t flags);

/** Sends from outside; it must reach @p host. */
void send_in(uint8_t proto, struct end from, struct end to, uint8_t flags, struct end host);

/** Sends; it must be dropped for @p reason. */
void dropped_out(uint8_t proto, struct end from, struct end to, uint8_t flags,
		 enum nat_reason reason);
void dropped_in(uint8_t proto, struct end from, struct end to, uint8_t flags,
		enum nat_reason reason);

/** Opens a TCP connection of a to r. @return its outside endpoint */
struct end connect_tcp(void);

#endif
