/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One packet, right until a test changes it, and its translation, judged: what holds of each is
 * checked here. Its addresses are 192.0.2.1 to 198.51.100.2, or 2001:db8::1 to
 * 64:ff9b::c633:6402.
 */

#ifndef TESTS_SIIT_HARNESS_H
#define TESTS_SIIT_HARNESS_H

#include <check.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "bytes.h"
#include "parse/checksum.h"
#include "parse/parse.h"
#include "siit/siit.h"
#include "unit.h"

enum {
	ROOM = 70000,
	START = 200,
	ETHER = 14,
	UDP_SUM = 6,
	TCP_SUM = 16,
	ICMP_SUM = 2,
	ID = 0x4711, /* what translations to IPv4 get */
};

extern const uint8_t from4[4], to4[4], from6[16], to6[16];

/* The packet, and as it was before its translation. */
extern uint8_t bytes[ROOM], before[ROOM];
extern struct wp_packet pkt;
extern struct wp_siit how4, how6; /* to IPv4, to IPv6 */

/** The fixture: no packet, and addresses for either direction. Quoted packets go the other way. */
void setup(void);

/** Writes an IP header. @return where it ends */
uint8_t *write_ip(uint8_t *ip, uint8_t version, uint8_t protocol, unsigned int payload, bool back);

/** Starts a packet; its payload counts up. @return the payload */
uint8_t *start(uint8_t version, uint8_t protocol, unsigned int payload);

/** @return the packet's IP header before its translation. */
uint8_t *ip_header(void);

/** Completes checksums and parses. @param at  of the L4 checksum in its header; -1: none */
void done(int at);

/** Translates it from @p version to the other. @return what the library says */
int turn(uint8_t version);

/** Translates, and checks that the packet's frame is right. @return the new IP header */
uint8_t *turned(uint8_t version);

/** It is refused, and as it was. */
void refused(uint8_t version, int err);

#endif
