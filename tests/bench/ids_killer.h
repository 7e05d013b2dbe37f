/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages that make a rule work as hard as may be, made of what the rule itself looks for, and
 * packets of connections that carry nothing else. */

#ifndef IDS_KILLER_H
#define IDS_KILLER_H

#include <stdbool.h>
#include <stdint.h>

#include "match/detector.h"

enum { KILLER_MESSAGE = 1400 /* bytes, at the most */, KILLER_FRAME = 1500 };

/** Message of each side that meets a rule: what the first asks, the second answers. */
struct killer {
	const struct rule *rule;
	uint8_t bytes[2][KILLER_MESSAGE]; /* index: enum wp_side */
	uint32_t size[2];                 /* 0: that side sends nothing */
	uint16_t port;                    /* of the server */
	bool is_udp;
	double cost; /* what was measured of it; for who makes them */
};

/** Makes one. @param list, kind  of its lists and of hostile.h: which has to be hostile @return
 * false: the rule asks for something that is not made here */
bool killer_make(struct killer *killer, const struct rule *rule, unsigned int list,
		 unsigned int kind);

/** A connection. */
struct killer_flow {
	const struct killer *killer;
	uint32_t number; /* no other has it */
	uint32_t step;
	uint32_t next[2]; /* sequence numbers */
};

/** Begins a connection. */
void killer_begin(struct killer_flow *flow, const struct killer *killer, uint32_t number);

/** Makes its next packet, an Ethernet frame. @return bytes */
uint32_t killer_next(struct killer_flow *flow, uint8_t frame[KILLER_FRAME]);

#endif
