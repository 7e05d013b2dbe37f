/* SPDX-License-Identifier: BSD-3-Clause */
/* Tells the rules that ask for it what is odd about packets, flows and messages. */

#ifndef IDS_ODD_H
#define IDS_ODD_H

#include "match/moment.h"

struct detect;
struct detector;
struct wp_stream_event;
struct wp_stream_want;

/** @return whether what happens to flows is to be heard of. Control. */
bool odd_hears(const struct detector *detector, const struct wp_stream_want *want);

/** What rules ask about the bytes of connections: bits. */
enum odd_bit {
	ODD_BEGIN = 1 << 0, /* how they begin */
	ODD_TLS = 1 << 1,
	ODD_SSH = 1 << 2,
};

/** @return enum odd_bit. Control. */
unsigned int odd_bits(const struct detector *detector);

/** Looks at a packet, before the rules about it are asked. @param[in,out] moment  of the packet;
 * its flow may get a state */
void odd_packet(struct detect *detect, struct moment *moment);

/** Looks at what has happened to a flow. */
void odd_event(struct detect *detect, const struct wp_stream_event *event);

#endif
