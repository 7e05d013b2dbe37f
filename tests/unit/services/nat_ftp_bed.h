/* SPDX-License-Identifier: BSD-3-Clause */
/* Connections of FTP through the gateway of NAT44; on the bench of nat44_bed.h. */

#ifndef TESTS_NAT_FTP_BED_H
#define TESTS_NAT_FTP_BED_H

#include "nat44_bed.h"

enum { IP = 20, TCP = 20 }; /* sizes of headers */

static const struct end client = {0x0a000001, 50000}, data = {0x0a000001, 50001};
static const struct end server = {0xc6336401, 21}, server_data = {0xc6336401, 20};
static const struct end other_data = {0xc6336401, 4321}, stranger = {0xc6336402, 20};
/* Behind a forward, behind a static address, and who comes to them. */
static const struct end forwarded = {0x0a000008, 21}, forward = {0xcb007103, 21};
static const struct end whole = {0x0a000009, 21}, whole_outside = {0xcb007209, 21};
static const struct end visitor = {0xc6336405, 33333};

/** Configuration, with the forward and the static address. */
#define ALG                                                                                        \
	"\"pools\": [{\"name\": \"p\", \"addresses\": [\"203.0.113.0/30\"]}], \"ftp_alg\": true, " \
	"\"static\": [{\"tenant\": \"red\", \"inside\": \"10.0.0.8\", \"inside_port\": 21, "       \
	"\"outside\": \"203.0.113.3\", \"protocol\": \"tcp\"}, "                                   \
	"{\"tenant\": \"red\", \"inside\": \"10.0.0.8\", \"inside_port\": 6000, "                  \
	"\"outside\": \"203.0.113.3\", \"outside_port\": 7000, \"protocol\": \"tcp\"}, "           \
	"{\"tenant\": \"red\", \"inside\": \"10.0.0.9\", \"outside\": \"203.0.114.9\"}]"

#define PORT_LINE "PORT 10,0,0,1,195,81\r\n" /* of 'data'; 22 bytes */

/** Opens the service with the gateway. @param filtering  enum nat_filtering */
void open_filtering(int filtering);

/** Makes a segment. @param options  12 bytes of them, or NULL */
void make_segment(struct end from, struct end to, uint8_t flags, uint32_t seq, uint32_t ack,
		  const char *text, const uint8_t *options);

/** @return what 'packet' has now: its IP header, its numbers, its text until the next call. */
const uint8_t *ip(void);
uint32_t seq(void);
uint32_t ack(void);
const char *text(void);

/** What has come through is what its headers say. */
void is_right(void);

/** Sends from inside; it gets through. @return the text that does */
const char *say(struct end from, struct end to, uint8_t flags, uint32_t number, const char *said);

/** Sends from outside; it gets to @p host. */
void acknowledge(struct end from, struct end to, uint8_t flags, uint32_t acked, struct end host);

/** Sends from outside; it must be dropped for @p reason. */
void refused_in(struct end from, struct end to, uint8_t flags, enum nat_reason reason);

/** Connects the client to the server; it has logged in. Its next byte is 1008.
 * @param from_port  hundreds below the client's port @return its outside endpoint */
struct end log_in(uint8_t from_port);

/** Reads the endpoint of a PORT line, or of a reply. */
struct end named(const char *line);

/** @return the mapping of an endpoint inside, for TCP; NULL: there is none. */
const struct mapping *mapping_of(struct end inside);

/** @return connections of FTP that are followed. */
uint32_t connections(void);

#endif
