/* SPDX-License-Identifier: BSD-3-Clause */
/* Events in the order they happened, with numbers that have no gap: one stream for all who are for
 * the whole PE, and one for each controller of single tenants. The last events of each are kept.
 * Control thread. */

#ifndef AGENT_STREAM_H
#define AGENT_STREAM_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "ctl/agent/grant.h"

#define STREAM_EVENTS 1024 /* that are kept */

struct stream;

/** All streams. */
struct streams;

/** @return NULL without memory */
struct streams *streams_create(void);

/** Accepts NULL. */
void streams_destroy(struct streams *streams);

/** Enters an event into all streams that it is for. As push_event().
 * @param document  that says who may hear of a tenant */
void streams_put(struct streams *streams, const struct document *document, const char *kind,
		 const char *tenant, json_t *data);

/** Enters "part" into the streams whose part of the document has changed. @param document  in
 * force;
 * @p before the one before */
void streams_changed(struct streams *streams, const struct document *document, json_t *before,
		     uint64_t epoch);

/** Finds the stream of somebody, or makes it; streams live on. @return NULL without memory */
struct stream *streams_find(struct streams *streams, const struct grant *grant);

/** @return whether somebody hears this stream. */
bool stream_is_for(const struct stream *stream, const struct grant *grant);

/** @return the number of the oldest event that is kept, or of the next one. */
uint64_t stream_oldest(const struct stream *stream);

/** @return the number of the next event. */
uint64_t stream_next(const struct stream *stream);

/** @param number  of one that is kept @return it, as the parameters of a notification; without
 * what it says, when that is of a tenant that somebody is not for any more */
json_t *stream_event(const struct stream *stream, uint64_t number, const struct grant *grant);

#endif
