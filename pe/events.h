/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Records that services emit: out of the workers' rings and into the logs of their instances, by a
 * thread of its own, so that what a log waits for holds up neither workers nor control. A log
 * belongs to one or more instances of one name: a newer one may go on with the log of the older.
 */

#ifndef PE_EVENTS_H
#define PE_EVENTS_H

#include <stdint.h>

#include "service.h"

struct pe;
struct instance;
struct events;
struct event_log;
struct event_ring;

/** An instance's cells for events, behind its service's counters. */
enum event_cell {
	EVENT_PUT,  /* records that went into a ring */
	EVENT_LOST, /* records that found it full */
	EVENT_CELLS,
};

/** Makes a ring for each worker. @return 0 or a negative errno. Control. */
int events_create(struct pe *pe, struct events **events);

/** Starts the log thread. Without one, events_run() does its work. @return 0 or a negative errno.
 * Control. */
int events_start(struct events *events);

/** Brings out what there is, closes all logs, ends the thread. Accepts NULL. Control, when workers
 * have stopped. */
void events_destroy(struct events *events);

/** Does the log thread's work once, where there is no such thread. Control. */
void events_run(struct events *events);

/**
 * Opens an instance's log, if its service has one.
 * @param old  the log of an older instance of that name, or NULL
 * @return 0 or a negative errno after wp_error(). Control.
 */
int events_open_log(struct events *events, struct wp_env *env, struct instance *instance,
		    struct event_log *old);

/** Lets an instance's log go; it is closed when it was the last. No record of the instance may be
 * on its way: events_settle(). Accepts NULL. Control. */
void events_close_log(struct events *events, struct event_log *log);

/** Waits until all records that are in the rings now have been through log(). Control. */
void events_settle(struct events *events);

/** @return a worker's ring. */
struct event_ring *events_ring(struct events *events, uint16_t worker);

#endif
