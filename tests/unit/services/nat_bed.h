/* SPDX-License-Identifier: BSD-3-Clause */
/* services/nat on a bench: one instance on one path of tenant 0, a clock, one packet at a time. */

#ifndef TESTS_NAT_BED_H
#define TESTS_NAT_BED_H

#include "bytes.h"
#include "nat.h"
#include "parse/parse.h"
#include "svc.h"
#include "unit.h"

enum { SYN = 0x02, RST = 0x04, ACK = 0x10, FIN = 0x01 };

/** A pool of 16 addresses, and the first of them. */
#define POOL "\"pools\": [{\"name\": \"p\", \"addresses\": [\"203.0.113.0/28\"]}]"
#define POOL_FIRST 0xcb007100u

#define NS_PER_S 1000000000ull

extern struct svc *svc;
extern const void *step;         /* what packets carry as args */
extern uint64_t now_s;           /* 1000 when it is opened */
extern struct svc_packet packet; /* the last one */

/** Opens the service. @param config  a JSON object; a refusal aborts */
void bed_open(const char *config);

/** For the end of each test: also where nothing is open. */
void bed_close(void);

/** Lets time pass, and timers run. */
void bed_sleep(uint64_t seconds);

/** Writes the checksums of the IPv4 packet in 'packet', and parses it.
 * @param sum_at  where that of L4 is in its header */
void bed_finish(uint8_t *ip, unsigned int sum_at);

/** Sends 'packet', which is parsed: on the way out, or in. */
enum wp_verdict bed_pass(enum wp_inside inside);

/** Makes a copy of 'packet', for bursts of several: from inside, or from outside. */
void bed_copy(struct svc_packet *copy, enum wp_inside inside);

#endif
