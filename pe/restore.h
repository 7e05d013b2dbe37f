/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Makes entries of records, where they belong: each by the worker that owns its bucket, because an
 * entry has one writer. While workers run, control hands them batches, one at a time to each;
 * a worker takes a few records of it in each poll.
 */

#ifndef PE_RESTORE_H
#define PE_RESTORE_H

#include <stdint.h>

#include "pe/epoch.h"
#include "state/state.h"

struct pe;
struct worker;

#define RESTORE_BATCH 64 /* records */

/** One record on its way to its owner. */
struct restore_item {
	const struct instance *instance;
	unsigned int table; /* the service's id */
	struct wp_record record;
	const char *why; /* afterwards: why not, or NULL */
	void *tag;       /* the sender's */
};

/** Records for one worker. Control fills it; from restore_send() on it is the worker's, until
 * restore_is_done(). */
struct restore_batch {
	struct restore_item items[RESTORE_BATCH];
	unsigned int n, next;
};

/** @return the bucket that a record's entry will have. Control, or a worker. */
uint8_t restore_bucket(const struct instance *instance, unsigned int table,
		       const struct wp_record *record);

/** Makes an entry of a record. @return NULL, or why that cannot be, in words. The worker; control
 * while none runs. */
const char *restore_record(struct worker *worker, const struct instance *instance,
			   unsigned int table, const struct wp_record *record);

/** Gives a worker a batch; it must have none. Control. */
void restore_send(struct worker *worker, struct restore_batch *batch);

/** @return whether a worker is through with its batch. Control. */
bool restore_is_done(const struct worker *worker);

/** Takes a few records of the worker's batch. @return how many. Worker. */
unsigned int restore_poll(struct worker *worker);

#endif
