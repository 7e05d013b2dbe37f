/* SPDX-License-Identifier: BSD-3-Clause */
/* See stream.h. */

#include "ctl/agent/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>

#include "ctl/agent/delegate.h"

struct happened {
	time_t time;
	const char *kind;
	char *tenant; /* NULL: the PE */
	json_t *data;
};

struct stream {
	LIST_ENTRY(stream) others;
	char who[256]; /* "": all who are for the whole PE */
	uint64_t next;
	struct happened kept[STREAM_EVENTS]; /* index: number modulo their count */
};

struct streams {
	LIST_HEAD(, stream) list;
};

static void
forget(struct happened *event)
{
	free(event->tenant);
	json_decref(event->data);
	*event = (struct happened){0};
}

static struct stream *
stream_create(const char *who)
{
	struct stream *stream = calloc(1, sizeof(*stream));

	if (stream == NULL)
		return NULL;
	snprintf(stream->who, sizeof(stream->who), "%s", who);
	stream->next = 1;
	return stream;
}

static void
stream_destroy(struct stream *stream)
{
	for (unsigned int i = 0; i < STREAM_EVENTS; i++)
		forget(&stream->kept[i]);
	free(stream);
}

struct streams *
streams_create(void)
{
	struct streams *streams = calloc(1, sizeof(*streams));
	struct stream *whole = stream_create("");

	if (streams == NULL || whole == NULL) {
		free(streams);
		free(whole);
		return NULL;
	}
	LIST_INSERT_HEAD(&streams->list, whole, others);
	return streams;
}

void
streams_destroy(struct streams *streams)
{
	if (streams == NULL)
		return;
	for (struct stream *stream = LIST_FIRST(&streams->list), *next; stream != NULL;
	     stream = next) {
		next = LIST_NEXT(stream, others);
		stream_destroy(stream);
	}
	free(streams);
}

/** @return whether a stream tells of a tenant. */
static bool
tells(const struct stream *stream, const struct document *document, const char *tenant)
{
	struct grant grant;

	if (stream->who[0] == '\0')
		return true;
	grant = grant_find(document, stream->who, false);
	return tenant != NULL && !grant_is_whole(&grant) && grant_has_tenant(&grant, tenant);
}

static void
put(struct stream *stream, const char *kind, const char *tenant, json_t *data)
{
	struct happened *event = &stream->kept[stream->next++ % STREAM_EVENTS];

	forget(event);
	*event = (struct happened){.time = time(NULL), .kind = kind, .data = json_incref(data)};
	event->tenant = tenant == NULL ? NULL : strdup(tenant);
}

void
streams_put(struct streams *streams, const struct document *document, const char *kind,
	    const char *tenant, json_t *data)
{
	struct stream *stream;

	LIST_FOREACH (stream, &streams->list, others)
		if (tells(stream, document, tenant))
			put(stream, kind, tenant, data);
	json_decref(data);
}

/** @return whether somebody's part of two documents is not the same. */
static bool
differs(const struct grant *grant, json_t *before, json_t *now)
{
	json_t *then = delegate_view(before, grant), *view = delegate_view(now, grant);
	bool same = json_equal(then, view) != 0;

	json_decref(then);
	json_decref(view);
	return !same;
}

void
streams_changed(struct streams *streams, const struct document *document, json_t *before,
		uint64_t epoch)
{
	struct stream *stream;

	LIST_FOREACH (stream, &streams->list, others) {
		const struct grant grant = grant_find(document, stream->who, false);
		json_t *data;

		if (grant.n_tenants == 0 || !differs(&grant, before, document->root))
			continue;
		data = json_pack("{sI}", "epoch", (json_int_t)epoch);
		put(stream, "part", grant.tenants[0], data);
		json_decref(data);
	}
}

bool
stream_is_for(const struct stream *stream, const struct grant *grant)
{
	return strcmp(stream->who, grant_is_whole(grant) ? "" : grant->who) == 0;
}

struct stream *
streams_find(struct streams *streams, const struct grant *grant)
{
	struct stream *stream;

	LIST_FOREACH (stream, &streams->list, others)
		if (stream_is_for(stream, grant))
			return stream;
	stream = stream_create(grant->who);
	if (stream != NULL)
		LIST_INSERT_HEAD(&streams->list, stream, others);
	return stream;
}

uint64_t
stream_oldest(const struct stream *stream)
{
	return stream->next > STREAM_EVENTS ? stream->next - STREAM_EVENTS : 1;
}

uint64_t
stream_next(const struct stream *stream)
{
	return stream->next;
}

json_t *
stream_event(const struct stream *stream, uint64_t number, const struct grant *grant)
{
	const struct happened *event = &stream->kept[number % STREAM_EVENTS];
	json_t *json = json_pack("{sI sI ss}", "number", (json_int_t)number, "time",
				 (json_int_t)event->time, "kind", event->kind);

	if (event->tenant != NULL && grant_has_tenant(grant, event->tenant))
		json_object_set_new(json, "tenant", json_string(event->tenant));
	if (grant_is_whole(grant) || grant_has_tenant(grant, event->tenant))
		json_object_set(json, "data", event->data);
	return json;
}
