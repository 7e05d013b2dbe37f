/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets of NAT64, of both families, in words, and what becomes of them; on the bench of
 * nat_bed.h. */

#ifndef TESTS_NAT64_BED_H
#define TESTS_NAT64_BED_H

#include "nat_bed.h"

enum { UDP = WP_PROTO_UDP, TCP = WP_PROTO_TCP, ICMP4 = WP_PROTO_ICMP, ICMP6 = WP_PROTO_ICMPV6 };
enum { ECHO6 = 128, REPLY6 = 129, ECHO4 = 8, REPLY4 = 0 };

#define PREFIX "\"prefix64\": \"2001:db8:64::/96\""

/** An endpoint; of ICMP 'port' is the identifier. Host order. */
struct end {
	const char *address; /* as it is written */
	uint16_t port;
};

/* A host inside, another of its /64, one of another; a remote as both sides know it. */
static const struct end a = {"2001:db8:1::1", 1000}, a2 = {"2001:db8:1::1", 1001};
static const struct end b = {"2001:db8:1::b", 1000}, c = {"2001:db8:2::1", 1000};
static const struct end r = {"198.51.100.1", 80}, r6 = {"2001:db8:64::c633:6401", 80};
static const struct end s = {"198.51.100.2", 80}, r_port = {"198.51.100.1", 81};
static const struct end host4 = {"10.0.0.1", 1000}; /* of NAT44 */

/** A packet to be made. Both ends are of one family. */
struct spec {
	struct end from, to;
	uint8_t proto; /* IANA; ICMP and ICMPv6 by family */
	uint8_t flags; /* TCP */
	uint8_t type, code;
	uint32_t word; /* ICMP errors: the second one */
	uint16_t data; /* bytes behind the L4 header; bytes count up */
	const void *quote;
	uint16_t quote_size;
	/* Fragments. Offset in bytes; IPv6: a fragment header is there if any of the three is set.
	 */
	uint16_t offset;
	bool more;
	uint32_t id;
	bool df;
	uint8_t hops; /* 0: 64 */
};

/** What there is of a packet. */
struct seen {
	char source[46], dest[46];
	uint16_t sport, dport;
	uint8_t version, proto, hops, type, code;
	uint32_t word;
	uint16_t size; /* of the IP packet */
	bool right;    /* all checksums */
};

/** Makes 'packet'. @return its IP header */
uint8_t *bed_make(const struct spec *spec);

/** Parses 'packet' again, after a test has changed it. */
void bed_parse(void);

/** Makes and sends. */
enum wp_verdict bed_out(const struct spec *spec);
enum wp_verdict bed_in(const struct spec *spec);

/** Likewise, and fails the test if it is not dropped for @p reason. */
void bed_refused_out(const struct spec *spec, enum nat_reason reason);
void bed_refused_in(const struct spec *spec, enum nat_reason reason);

/** @return what 'packet', or another, is now; EtherType and lengths fit, or the test fails. */
struct seen bed_seen(void);
struct seen bed_look(struct svc_packet *at);

/** @return what an ICMP error quotes. */
struct seen bed_quoted(void);

/** @return the endpoint that something was sent from. The address lives until the next call but
 * seven. */
struct end bed_source(const struct seen *seen);

/** @return whether an endpoint is one of the pool. */
bool in_pool(struct end end);

bool is_end(const char *address, uint16_t port, struct end end);

/** @return how hosts inside write an outside endpoint. The address lives until the next call but
 * seven. */
struct end in_prefix(struct end x);

/** Sends from inside to r; it must get through. @return the outside endpoint */
struct end send_out(uint8_t proto, struct end from, uint8_t flags);

/** Sends from r to an outside endpoint; it must reach @p host. */
void send_in(uint8_t proto, struct end to, uint8_t flags, struct end host);

/** An echo from @p from, to r; it must get through. @return the outside endpoint */
struct end ping(struct end from);

#endif
