/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is kept of a flow's bytes until its protocol is known: the first of each side, by which it
 * is; and what comes behind those of a side that does not tell, until the other one does. Worker
 * that owns the flow. For the files of this folder only.
 */

#ifndef WP_STREAM_KEPT_H
#define WP_STREAM_KEPT_H

#include <stdint.h>

#include "stream/reading.h"

/* Bytes behind the first ones: a request with a long line, as a rule. */
enum { STREAM_KEPT_MORE = 4096 };

/** What was kept of a side. */
struct stream_kept {
	uint64_t missing; /* bytes behind those that were kept */
	uint32_t n;
	uint8_t bytes[L7_MATCH_SIZE + STREAM_KEPT_MORE];
};

/** Keeps the next bytes of reading->run.side, as many as there is room for. */
void stream_kept_add(struct stream_reading *reading, const uint8_t *data, uint32_t size);

/** Keeps them as far as they are the first. @return how many of these they are */
uint32_t stream_kept_add_first(struct l7_flow *l7, unsigned int side, const uint8_t *data,
			       uint32_t size);

/** Takes what was kept. @param[out] kept  index: enum wp_side */
void stream_kept_take(struct stream_reading *reading, struct stream_kept kept[2]);

#endif
