/* SPDX-License-Identifier: BSD-3-Clause */
/* The head of a message whose body comes: a copy, as the runtime keeps it no longer than its event.
 * All of it, if there is room: of a part, what a rule wants not to be there might not be. */

#include "body.h"

#include <string.h>

#include "detect.h"
#include "state/flow_state.h"
#include "told.h"

/** A head while it is copied. */
struct copying {
	struct wp_span from, to; /* the whole, as it came */
	uint8_t *bytes;          /* where it is kept, with what else is known of it */
	uint32_t size, room;
};

/** Finds room for a head, and the target that it answers. @return false: there is none for all of
 * it */
static bool
find_room(struct detect *detect, struct body *body, struct copying *copying)
{
	struct wp_flow *flow = body->event.flow;
	unsigned int side = body->event.side;
	struct flow_state *state = flow_state_find(flow, detect->core);
	uint32_t size = copying->from.size + body->target.size;
	struct wp_entry **entry = &state->sides[side].head;

	copying->bytes = body->text;
	copying->room = BODY_TEXT;
	if (size <= BODY_TEXT)
		return true;
	if (*entry == NULL)
		*entry = flow_state_entry(flow, side, detect->core, TABLE_HEADS);
	if (*entry == NULL)
		return false;
	copying->bytes = (uint8_t *)(uintptr_t)wp_value(*entry);
	copying->room = sizeof(struct body_head);
	return size <= copying->room;
}

/** Copies bytes. What has no room is cut. */
static void
copy(struct copying *copying, struct wp_span *span)
{
	uint32_t room = copying->room - copying->size;
	uint32_t size = span->size < room ? span->size : room;

	if (size != 0)
		memcpy(copying->bytes + copying->size, span->data, size);
	*span = (struct wp_span){copying->bytes + copying->size, size};
	copying->size += size;
}

/** @return the copy of a part of what is copied already, as far as that was not cut. */
static struct wp_span
moved(const struct wp_span *part, const struct wp_span *from, const struct wp_span *to)
{
	uint64_t at = (uint64_t)(part->data - from->data);

	if (at > to->size)
		return (struct wp_span){to->data + to->size, 0};
	return (struct wp_span){
		to->data + at, part->size < to->size - at ? part->size : (uint32_t)(to->size - at)};
}

/** Copies bytes that mostly are a part of the head as it came. */
static void
copy_part(struct copying *copying, struct wp_span *span)
{
	const struct wp_span *from = &copying->from;

	if (span->data == NULL)
		return;
	if (span->data >= from->data && span->data + span->size <= from->data + from->size)
		*span = moved(span, from, &copying->to);
	else
		copy(copying, span);
}

void
body_head_keep(struct detect *detect, struct body *body, const struct wp_stream_event *event)
{
	struct wp_http_head *head = &body->head;
	struct copying copying = {.from = event->http->raw, .to = event->http->raw};

	body->event = *event;
	body->event.http = head;
	body->target = told_target(detect, event);
	*head = *event->http;
	if (!find_room(detect, body, &copying)) /* a part is more than nothing */
		detect->core->counters[COUNT_NO_ROOM]++;
	copy(&copying, &copying.to);
	copy_part(&copying, &head->raw);
	copy_part(&copying, &body->target);
	copy_part(&copying, &head->first_line);
	copy_part(&copying, &head->method);
	copy_part(&copying, &head->target);
	copy_part(&copying, &head->reason);
	head->headers = body->headers;
	if (head->n_headers > BODY_HEADERS)
		head->n_headers = BODY_HEADERS;
	for (unsigned int i = 0; i < head->n_headers; i++) {
		body->headers[i] = event->http->headers[i];
		copy_part(&copying, &body->headers[i].name);
		copy_part(&copying, &body->headers[i].value);
	}
}

void
body_part_keep(struct body *body, const struct wp_stream_event *event)
{
	struct copying copying = {.bytes = body->text, .room = BODY_TEXT};

	body->part = *event->mime;
	body->event = *event;
	body->event.mime = &body->part;
	if (body->part.name.data != NULL)
		copy(&copying, &body->part.name);
	if (body->part.type.data != NULL)
		copy(&copying, &body->part.type);
}
