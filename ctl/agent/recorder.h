/* SPDX-License-Identifier: BSD-3-Clause */
/* A capture on its way into a file, until it is stopped or has all it may have. One at a time.
 * Control thread. */

#ifndef AGENT_RECORDER_H
#define AGENT_RECORDER_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "pe/capture.h"
#include "pe/pe.h"

struct recorder;

/** What is asked. */
struct recorder_wish {
	const char *file;   /* name of the file; replaced */
	const char *path;   /* name of the path */
	const char *tenant; /* its */
	bool by_tenant;     /* a tenant's controller asks; the others are the PE's */
	struct capture_wish capture;
	uint32_t seconds, packets;
	uint64_t bytes; /* of the file */
};

/** How far a capture is, or how it ended. */
struct recorder_state {
	bool running;
	bool by_tenant; /* who asked */
	const char *file, *path, *tenant;
	const char *end; /* why: "stopped", "packets", "bytes", "seconds", "document", "disk" */
	uint64_t packets, bytes, lost;
};

/** Hears that a capture has ended. */
typedef void (*recorder_fn)(void *arg, const struct recorder_state *state);

/** @return NULL without memory */
struct recorder *recorder_create(struct event_base *base, struct pe *pe, recorder_fn ended,
				 void *arg);

/** Accepts NULL. */
void recorder_destroy(struct recorder *recorder);

/** Begins. @return 0, -EBUSY, or another negative errno */
int recorder_start(struct recorder *recorder, const struct recorder_wish *wish);

/** Ends it, if it runs. */
void recorder_stop(struct recorder *recorder);

/** Another document is in force: a capture of a path that is another one now ends. */
void recorder_look(struct recorder *recorder);

/** @return the capture that runs, or that ran last. */
struct recorder_state recorder_state(const struct recorder *recorder);

#endif
