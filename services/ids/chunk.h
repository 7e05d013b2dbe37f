/* SPDX-License-Identifier: BSD-3-Clause */
/* Bytes of TCP streams, gathered until there are enough of them to be looked at together. Some of
 * those that were looked at stay in front of the next ones, so that nothing hides where they meet.
 */

#ifndef IDS_CHUNK_H
#define IDS_CHUNK_H

#include <stdbool.h>
#include <stdint.h>

#include "match/inspect.h"
#include "service.h"
#include "stream/event.h"

struct detect;

enum {
	CHUNK_ROOM = 8192,   /* bytes */
	CHUNK_OVERLAP = 1024 /* that stay */
};

/** Value of TABLE_CHUNKS. */
struct chunk {
	uint64_t offset;    /* of the first byte in its stream */
	uint32_t size, old; /* bytes; those of them that were looked at */
	uint8_t l7;         /* what was spoken as far as was known then: enum rule_l7 */
	uint8_t bytes[CHUNK_ROOM];
};

/** Takes the next bytes of a side: WP_FLOW_DATA of TCP. */
void chunk_data(struct detect *detect, const struct wp_stream_event *event);

/** @return whether there is any of what has gathered of a side, for rules on messages that ask
 * about their stream, too. */
bool chunk_gathered(struct detect *detect, struct wp_flow *flow, unsigned int side,
		    struct inspect_bytes *bytes);

/** Looks at what has gathered of a side. @param pkt  that has brought the end, or NULL */
void chunk_flush(struct detect *detect, struct wp_flow *flow, unsigned int side,
		 struct wp_packet *pkt);

/** Likewise, and what comes next does not follow: a gap, or the end. */
void chunk_break(struct detect *detect, struct wp_flow *flow, unsigned int side,
		 struct wp_packet *pkt);

#endif
