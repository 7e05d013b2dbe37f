/* SPDX-License-Identifier: BSD-3-Clause */
/* Tells the ends of a connection that a rule has ended it: RST to TCP's (RFC 9293 section 3.10.7),
 * "communication administratively prohibited" (RFC 1812, RFC 4443) to who sends by others. */

#ifndef IDS_REJECT_H
#define IDS_REJECT_H

#include <stdint.h>

#include "pmtu/icmp.h"

struct wp_core;
struct wp_packet;

/** What a worker rejects with. */
struct rejects {
	struct wp_icmp_rate rate;
	struct wp_icmp_limit limit, resets;
};

/** Sets it up. Control. */
void reject_open(struct rejects *rejects);

/** Answers a packet that is dropped. Where wp_create() may be called. Worker.
 * @param side  of its flow that has sent it @param whom  enum rule_reject @return how many were
 * told */
unsigned int reject(struct rejects *rejects, struct wp_core *core, const struct wp_packet *pkt,
		    unsigned int side, uint8_t whom);

#endif
