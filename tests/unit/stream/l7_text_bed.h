/* SPDX-License-Identifier: BSD-3-Clause */
/* Sessions of protocols that speak in lines, for their tests: who says what, and what is told. */

#ifndef L7_TEXT_BED_H
#define L7_TEXT_BED_H

#include "l7_bed.h"

/** Something that happens in a session. */
struct text_step {
	char kind;         /* 'C', 'S': a side's bytes; 'c', 's': so many are missing; 'f', 'F': the
			    * client's or the server's stream ends; 0: the session ends */
	const char *bytes; /* what a side says */
	size_t size;       /* of it, or of a gap */
};

#define C(BYTES)                                                                                   \
	{                                                                                          \
		'C', BYTES, sizeof(BYTES) - 1                                                      \
	}
#define S(BYTES)                                                                                   \
	{                                                                                          \
		'S', BYTES, sizeof(BYTES) - 1                                                      \
	}
#define CLIENT_GAP(SIZE)                                                                           \
	{                                                                                          \
		'c', NULL, SIZE                                                                    \
	}
#define SERVER_GAP(SIZE)                                                                           \
	{                                                                                          \
		's', NULL, SIZE                                                                    \
	}
#define CLIENT_ENDS                                                                                \
	{                                                                                          \
		'f', NULL, 0                                                                       \
	}
#define SERVER_ENDS                                                                                \
	{                                                                                          \
		'F', NULL, 0                                                                       \
	}

enum { TEXT_STEPS = 14 };

/** A session. */
struct text_session {
	const char *name;
	struct text_step steps[TEXT_STEPS];
	enum l7_then then;    /* what the view has made of it */
	uint32_t left;        /* bytes of the last step that were not read */
	const char *expected; /* what is told; see the protocol's l7_..._text.h */
	uint8_t flow_flags;   /* enum wp_flow_flag */
};

/** Plays a session, @p step bytes at a time (0: all of a step at once). */
static inline void
text_bed_play(struct l7_bed *bed, const struct text_session *session, size_t step)
{
	l7_bed_open(bed);
	bed->flow.flags = session->flow_flags;
	for (const struct text_step *at = session->steps; at->kind != 0; at++) {
		unsigned int side = at->kind == 'S' || at->kind == 's' || at->kind == 'F';

		if (at->bytes != NULL)
			l7_bed_feed(bed, side, at->bytes, at->size, step);
		else if (at->size != 0)
			l7_bed_gap(bed, side, at->size);
		else
			l7_bed_finish(bed, side);
	}
}

#endif
