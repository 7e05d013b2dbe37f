/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rules that have been found to hold, until all about their packet have been asked: they are heard
 * in their order then, whenever in between they were found, and one that passes silences those
 * behind it. A worker's own.
 */

#ifndef IDS_HITS_H
#define IDS_HITS_H

#include <stdbool.h>
#include <stdint.h>

#include "match/moment.h"

struct asked;
struct detect;

enum {
	HITS = 64,             /* that wait at a time */
	HITS_ROOM = 128 << 10, /* bytes of their records */
};

/** One of them. */
struct hit {
	const struct asked *asked;
	struct wp_packet *pkt; /* that was looked at; NULL: none, or it is not there any more */
	uint64_t pkt_ns;       /* its tag: when it came, */
	uint32_t pkt_context;  /* and the context */
	struct wp_flow *flow;  /* NULL: none */
	uint64_t flow_id;
	uint32_t record, size; /* of its alert: bytes from the beginning of all; 0 bytes: none */
	uint16_t tenant;
	uint16_t source_port, destination_port; /* host order; 0: none */
	uint8_t version, side;
	uint8_t action; /* enum rule_action: what it has come to */
	bool is_told, stops;
	bool is_of_stream; /* it was found in one */
	bool has_addresses;
	uint8_t source[16], destination[16];
};

struct hits {
	unsigned int n;
	uint32_t used;
	struct hit all[HITS];
	_Alignas(8) uint8_t records[HITS_ROOM];
};

/** @return whether a rule about packets or streams has been found already with the moment's packet.
 * Where bytes are looked at before they go on, they are the packet's and the stream's at a time. */
bool hits_have(const struct detect *detect, const struct moment *moment, const struct asked *asked);

/** Adds a rule. @param record  bytes of its alert, @p size of them; 0: it makes none. @return
 * false: there are too many */
bool hits_add(struct detect *detect, const struct moment *moment, const struct asked *asked,
	      const void *record, uint32_t size);

/** Hears the rules about a packet, and does what they say. @param pkt  NULL: those about none */
void hits_hear(struct detect *detect, struct wp_packet *pkt);

/** Hears what was found with packets of a flow that goes away. */
void hits_end(struct detect *detect, const struct wp_flow *flow);

/** Likewise, of all that wait. */
void hits_hear_all(struct detect *detect);

/** Parts rules from packets that were dropped between their events and their burst, and whose
 * memory is another's by now. In front of each burst; hits_hear_all() does it, too. */
void hits_part(struct detect *detect);

#endif
