/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the two sides of a connection begin with. Where one begins as a protocol does, and the other
 * as none or another one, the connection is odd. Decided by a few bytes, as authors of rules expect
 * it: not what the connection is read as. Rules may ask what one side alone speaks, too.
 */

#ifndef IDS_FIRST_BYTES_H
#define IDS_FIRST_BYTES_H

#include <stdbool.h>
#include <stdint.h>

#include "oddity/oddity.h"
#include "stream/event.h"

/** Bytes that are remembered: the longest beginning. */
enum { FIRST_ROOM = 17 };

/** What a side begins with. */
enum first_is {
	FIRST_OPEN, /* not known yet */
	FIRST_NONE, /* no protocol's that is known */
	FIRST_LOST, /* bytes are missing, or it does not matter any more */
	FIRST_HTTP,
	FIRST_TLS,
	FIRST_SSH,
	FIRST_SMTP,
	FIRST_FTP,
	FIRST_SMB,
};

/** One side. All zero: nothing was seen of it. */
struct first_bytes {
	uint8_t is;    /* enum first_is */
	uint8_t found; /* likewise, what it was before it did not matter any more */
	uint8_t n;     /* bytes that were seen; no more than matter */
	uint8_t bytes[FIRST_ROOM];
};

/** Takes bytes of a side, and adds what is odd about a connection once it is known.
 * @param sides  index: enum wp_side @param offset  of the first byte in its stream */
void first_bytes_take(struct first_bytes sides[2], unsigned int side, uint64_t offset,
		      struct wp_span bytes, struct oddities *odd);

#endif
