/* SPDX-License-Identifier: BSD-3-Clause */
/* See told.h. */

#include "told.h"

#include <stddef.h>
#include <string.h>

#include "detect.h"
#include "file.h"
#include "match/view_parts.h"
#include "out/field.h"
#include "state/flow_state.h"
#include "stream/l7/http.h"
#include "stream/l7/mime.h"

static struct told *
of_entry(const struct wp_entry *entry)
{
	return (struct told *)(uintptr_t)wp_value(entry);
}

struct told *
told_find(struct wp_flow *flow, const struct wp_core *core)
{
	const struct flow_state *state = flow_state_find(flow, core);

	return state == NULL || state->told == NULL ? NULL : of_entry(state->told);
}

struct told *
told_make(struct detect *detect, struct wp_flow *flow)
{
	struct flow_state *state = flow_state_make(flow, detect->core);

	if (state != NULL && state->told == NULL) {
		state->told = flow_state_entry(flow, 0, detect->core, TABLE_TOLD);
		if (state->told != NULL)
			memset(of_entry(state->told), 0, offsetof(struct told, talk.bytes));
	}
	if (state == NULL || state->told == NULL) {
		detect->core->counters[COUNT_NO_ROOM]++;
		return NULL;
	}
	return of_entry(state->told);
}

/* Files. */

/** @return the target of the request that a head belongs to. */
static struct wp_span
target_of(const struct told *told, const struct wp_stream_event *event)
{
	struct field field;
	int64_t tx;

	if (event->http->is_request)
		return event->http->target;
	field = field_find(talk_kept(&told->talk, event, &tx), FIELD_HTTP_URL);
	return (struct wp_span){field.bytes, field.size};
}

struct wp_span
told_target(struct detect *detect, const struct wp_stream_event *event)
{
	const struct told *told = told_find(event->flow, detect->core);

	return told == NULL ? (struct wp_span){NULL, 0} : target_of(told, event);
}

/** @return the name that a response gives to what it brings; VIEW_NONE: it gives none. */
static struct wp_span
given_name(const struct wp_http_head *head)
{
	const struct wp_http_header *header = wp_http_header(head, "content-disposition");

	if (head->is_request || header == NULL || header->value.data == NULL)
		return VIEW_NONE;
	return view_file_disposition(header->value);
}

static struct wp_span
cut(struct wp_span name)
{
	return view_first(name, name.size < TOLD_NAME ? name.size : TOLD_NAME);
}

/** Names what a message brings: as it says, or by the target's path. */
static void
set_name(struct told_file *file, const struct told *told, const struct wp_stream_event *event)
{
	static const char unseen[] = "/libhtp::request_uri_not_seen"; /* known to readers of EVE */
	struct wp_span name = cut(given_name(event->http)), target;

	file->n_name = (uint16_t)name.size;
	if (name.size != 0)
		memcpy(file->name, name.data, name.size);
	if (name.data != NULL)
		return;
	target = target_of(told, event);
	name = cut(view_uri_split(target, false).path);
	if (name.size != 0)
		file->n_name = (uint16_t)view_decode_path(name, file->name);
	if (name.size == 0 && target.data == NULL) {
		file->n_name = sizeof(unseen) - 1;
		memcpy(file->name, unseen, sizeof(unseen) - 1);
	}
}

/** @return whether what comes is a file; if it is, it is of the transaction at hand. */
static bool
begin(struct told *told, const struct wp_stream_event *event, bool is_file)
{
	struct told_file *file = &told->files[event->side];
	int64_t tx = -1;

	file->size = 0;
	file->has_gaps = file->is_told = file->is_whole = false;
	if (is_file)
		talk_kept(&told->talk, event, &tx);
	file->tx = (uint64_t)(tx + 1);
	return is_file;
}

void
told_file_begin(struct told *told, const struct wp_stream_event *event)
{
	if (begin(told, event, file_is(event->http)))
		set_name(&told->files[event->side], told, event);
}

void
told_file_begin_part(struct told *told, const struct wp_stream_event *event)
{
	struct told_file *file = &told->files[event->side];
	struct wp_span name = cut(event->mime->name);

	if (!begin(told, event, name.data != NULL))
		return;
	file->n_name = (uint16_t)name.size;
	if (name.size != 0)
		memcpy(file->name, name.data, name.size);
}

void
told_file_take(struct told *told, const struct wp_stream_event *event)
{
	struct told_file *file = &told->files[event->side];

	if (event->type == WP_FLOW_GAP)
		file->has_gaps = true;
	else
		file->size += event->size;
}
