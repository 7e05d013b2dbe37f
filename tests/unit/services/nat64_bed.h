/* SPDX-License-Identifier: BSD-3-Clause */
/* A NAT64 on a bench: packets of both families in words, and what becomes of them. */

#ifndef TESTS_NAT64_BED_H
#define TESTS_NAT64_BED_H

#include "nat.h"
#include "parse/parse.h"
#include "svc.h"
#include "unit.h"

enum { SYN = 0x02, RST = 0x04, ACK = 0x10, FIN = 0x01 };
enum { ECHO6 = 128, REPLY6 = 129, ECHO4 = 8, REPLY4 = 0 };

#define POOL "\"pools\": [{\"name\": \"p\", \"addresses\": [\"203.0.113.0/28\"]}]"
#define PREFIX "\"prefix64\": \"2001:db8:64::/96\""

/** An endpoint; of ICMP 'port' is the identifier. Host order. */
struct end {
	const char *address; /* as it is written */
	uint16_t port;
};

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

extern struct svc *svc;
extern struct svc_packet packet; /* the last one */

void bed_open(const char *config);
void bed_close(void);
void bed_sleep(uint64_t seconds);

/** Makes 'packet'. @return its IP header */
uint8_t *bed_make(const struct spec *spec);

/** Parses 'packet' again, after a test has changed it. */
void bed_parse(void);

/** Sends 'packet'; on the way out, or in. */
enum wp_verdict bed_pass(enum wp_inside inside);

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

#endif
