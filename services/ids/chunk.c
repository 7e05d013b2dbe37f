/* SPDX-License-Identifier: BSD-3-Clause */
/* See chunk.h. */

#include "chunk.h"

#include <string.h>

#include "detect.h"
#include "state/flow_state.h"

static struct chunk *
chunk_of(const struct wp_entry *entry)
{
	return (struct chunk *)(uintptr_t)wp_value(entry);
}

/** @return the chunk of a side, made if need be; NULL: there is no room. */
static struct chunk *
make(struct detect *detect, struct wp_flow *flow, unsigned int side)
{
	struct flow_state *state = flow_state_make(flow, detect->core);
	struct wp_entry **entry;

	if (state == NULL)
		return NULL;
	entry = &state->sides[side].chunk;
	if (*entry == NULL) {
		*entry = flow_state_entry(flow, side, detect->core, TABLE_CHUNKS);
		if (*entry != NULL)
			chunk_of(*entry)->size = chunk_of(*entry)->old = 0;
	}
	return *entry == NULL ? NULL : chunk_of(*entry);
}

static struct chunk *
find(const struct detect *detect, struct wp_flow *flow, unsigned int side)
{
	struct flow_state *state = flow_state_find(flow, detect->core);

	return state == NULL || state->sides[side].chunk == NULL
		       ? NULL
		       : chunk_of(state->sides[side].chunk);
}

/** Looks at bytes. @param chunk  that they are of; NULL: none, nothing of them was looked at */
static void
look(struct detect *detect, struct wp_flow *flow, unsigned int side, struct wp_packet *pkt,
     const struct inspect_bytes *bytes, struct chunk *chunk)
{
	struct moment moment;

	moment_of_flow(&moment, MOMENT_STREAM, flow, side, pkt);
	moment.state = flow_state_find(flow, detect->core);
	moment.payload = *bytes;
	if (chunk != NULL) {
		moment.old = chunk->old;
		moment.learns_l7 = chunk->l7 != moment.l7;
		chunk->l7 = moment.l7;
	}
	detect_moment(detect, &moment);
}

/** @return whether a chunk can be left until later: its flow is heavy, and there is room for more
 * of it. */
static bool
waits(struct detect *detect, struct wp_flow *flow, struct wp_packet *pkt, const struct chunk *chunk)
{
	const struct flow_state *state = flow_state_find(flow, detect->core);

	if (pkt == NULL || chunk->size == CHUNK_ROOM ||
	    !load_waits(&detect->load, state == NULL ? NULL : &state->load))
		return false;
	detect->core->counters[COUNT_WAITED]++;
	if (detect->load.drops) /* it is sent again; what it brings is looked at until then */
		wp_drop(pkt, REASON_LOAD);
	return true;
}

/** Looks at a chunk, and lets go of all but what is to stay in front of the next bytes. */
static void
look_at_chunk(struct detect *detect, struct wp_flow *flow, unsigned int side, struct wp_packet *pkt,
	      struct chunk *chunk)
{
	struct inspect_bytes bytes = {chunk->bytes, chunk->size, chunk->offset};
	uint32_t gone = chunk->size > CHUNK_OVERLAP ? chunk->size - CHUNK_OVERLAP : 0;

	if (chunk->size == chunk->old)
		return;
	if (waits(detect, flow, pkt, chunk))
		return;
	look(detect, flow, side, pkt, &bytes, chunk);
	memmove(chunk->bytes, chunk->bytes + gone, chunk->size - gone);
	chunk->offset += gone;
	chunk->size -= gone;
	chunk->old = chunk->size;
}

/** Looks at the bytes of one event by themselves: there is no room to gather them. */
static void
look_at_event(struct detect *detect, const struct wp_stream_event *event)
{
	struct inspect_bytes bytes = {event->data, event->size, event->offset};

	look(detect, event->flow, event->side, event->pkt, &bytes, NULL);
}

void
chunk_data(struct detect *detect, const struct wp_stream_event *event)
{
	struct chunk *chunk;
	const uint8_t *data = event->data;
	uint32_t left = event->size, enough = detect->chunk;

	if (detect_is_dark(detect, event->flow)) {
		chunk_break(detect, event->flow, event->side, event->pkt);
		return;
	}
	chunk = make(detect, event->flow, event->side);
	if (chunk == NULL) {
		detect->core->counters[COUNT_NO_ROOM]++;
		look_at_event(detect, event);
		return;
	}
	if (chunk->size == 0)
		chunk->offset = event->offset;
	while (left != 0) {
		uint32_t n = CHUNK_ROOM - chunk->size < left ? CHUNK_ROOM - chunk->size : left;

		memcpy(chunk->bytes + chunk->size, data, n);
		chunk->size += n;
		data += n;
		left -= n;
		if (chunk->size - chunk->old >= enough || chunk->size == CHUNK_ROOM)
			look_at_chunk(detect, event->flow, event->side, event->pkt, chunk);
	}
}

bool
chunk_gathered(struct detect *detect, struct wp_flow *flow, unsigned int side,
	       struct inspect_bytes *bytes)
{
	const struct chunk *chunk = find(detect, flow, side);

	if (chunk == NULL || chunk->size == 0)
		return false;
	*bytes = (struct inspect_bytes){chunk->bytes, chunk->size, chunk->offset};
	return true;
}

void
chunk_flush(struct detect *detect, struct wp_flow *flow, unsigned int side, struct wp_packet *pkt)
{
	struct chunk *chunk = find(detect, flow, side);

	if (chunk != NULL)
		look_at_chunk(detect, flow, side, pkt, chunk);
}

void
chunk_break(struct detect *detect, struct wp_flow *flow, unsigned int side, struct wp_packet *pkt)
{
	struct chunk *chunk = find(detect, flow, side);

	if (chunk == NULL)
		return;
	look_at_chunk(detect, flow, side, pkt, chunk);
	chunk->size = chunk->old = 0;
}
