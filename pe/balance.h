/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Evens workers out: looks once a second how busy they are and which buckets that comes from, and
 * moves buckets from the busiest to the least busy one, when the document wants it. Control.
 */

#ifndef PE_BALANCE_H
#define PE_BALANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "pe/document.h"

struct pe;

#define BALANCE_BUCKETS 256
#define BALANCE_MOVES_MAX 32 /* in one window */

/** What was seen in one window. */
struct balance_window {
	unsigned int n_workers;
	uint32_t busy[DOCUMENT_WORKERS_MAX]; /* index: worker; ppm of the time */
	uint8_t owner[BALANCE_BUCKETS];      /* index: bucket */
	uint64_t load[BALANCE_BUCKETS];      /* index: bucket; sampled packets, each once a step */
	bool fixed[BALANCE_BUCKETS];         /* index: bucket; has moved lately, and stays */
};

/** A bucket that should move. */
struct balance_move {
	uint8_t bucket, to;
};

struct balance {
	struct balance_window seen; /* in the last whole window */
	uint64_t next_ns;           /* when this window ends */
	uint64_t start_ns;
	uint64_t busy_cycles[DOCUMENT_WORKERS_MAX]; /* at its start */
	uint64_t load[BALANCE_BUCKETS];             /* likewise */
	uint64_t fixed_until_ns[BALANCE_BUCKETS];
	unsigned int uneven; /* windows in a row that wanted something moved */
};

/**
 * Chooses what to move so that two workers, the busiest and the least busy, are as even as can be.
 * Moves nothing when there is little to do or little to gain; a bucket that is more than the
 * difference stays, whatever it costs.
 * @return how many moves
 */
unsigned int balance_choose(const struct balance_window *window,
			    struct balance_move moves[BALANCE_MOVES_MAX]);

/** Ends a window when it is time. */
void balance_tick(struct pe *pe);

#endif
