/* SPDX-License-Identifier: BSD-3-Clause */
/* See push.h. */

#include "ctl/agent/push.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "ctl/agent/agent.h"
#include "ctl/agent/delegate.h"
#include "ctl/agent/snapshot.h"
#include "ctl/agent/stream.h"
#include "pe/epoch.h"

/** Somebody who wishes to hear. */
struct listener {
	LIST_ENTRY(listener) others;
	struct push *push;
	struct conn *conn;
	struct stream *stream; /* of events; NULL: none are wanted */
	uint64_t next;         /* event */
	struct event *watch;   /* for counters */
};

struct push {
	struct event_base *base;
	struct agent *agent;
	LIST_HEAD(, listener) listeners;
	struct streams *streams;
};

static const struct document *
document_of(const struct push *push)
{
	return agent_pe(push->agent)->current->document;
}

/** Sends a notification. Takes the parameters. */
static void
notify(struct conn *conn, const char *method, json_t *params)
{
	json_t *message =
		json_pack("{ss ss so}", "jsonrpc", "2.0", "method", method, "params", params);
	char *text = json_dumps(message, JSON_COMPACT | JSON_ENSURE_ASCII);

	if (text != NULL)
		conn_push(conn, text, strlen(text));
	free(text);
	json_decref(message);
}

/** @return whether a listener may be sent something now: it takes it, and is who it was. */
static bool
may_hear(const struct listener *listener)
{
	const struct grant grant = agent_grant(listener->push->agent, listener->conn);

	return conn_takes(listener->conn) && grant.role >= 0;
}

/** Sends a listener what there is for it, as long as it takes it. */
static void
send_events(struct listener *listener)
{
	const struct push *push = listener->push;
	const struct grant grant = agent_grant(push->agent, listener->conn);
	struct stream *stream = listener->stream;
	uint64_t oldest;

	if (stream == NULL)
		return;
	if (!stream_is_for(stream, &grant)) { /* what it may hear is another stream now */
		listener->stream = NULL;
		return;
	}
	oldest = stream_oldest(stream);
	if (listener->next < oldest && may_hear(listener)) {
		notify(listener->conn, "events.missed",
		       json_pack("{sI sI}", "from", (json_int_t)listener->next, "to",
				 (json_int_t)oldest - 1));
		listener->next = oldest;
	}
	for (; listener->next < stream_next(stream) && may_hear(listener); listener->next++)
		notify(listener->conn, "events.event",
		       stream_event(stream, listener->next, &grant));
}

static void
on_watch(evutil_socket_t fd, short what, void *arg)
{
	struct listener *listener = arg;
	const struct push *push = listener->push;
	const struct grant grant = agent_grant(push->agent, listener->conn);

	if (may_hear(listener))
		notify(listener->conn, "stats.stats",
		       delegate_stats(
			       snapshot_take(agent_snapshot(push->agent), agent_pe(push->agent)),
			       &grant));
}

/* Listeners. */

static struct listener *
find(const struct push *push, const struct conn *conn)
{
	struct listener *listener;

	LIST_FOREACH (listener, &push->listeners, others)
		if (listener->conn == conn)
			return listener;
	return NULL;
}

/** Finds who a connection is, or enters it. @return NULL without memory */
static struct listener *
find_or_add(struct push *push, struct conn *conn)
{
	struct listener *listener = find(push, conn);

	if (listener != NULL)
		return listener;
	listener = calloc(1, sizeof(*listener));
	if (listener == NULL)
		return NULL;
	listener->push = push;
	listener->conn = conn;
	listener->watch = event_new(push->base, -1, EV_PERSIST, on_watch, listener);
	if (listener->watch == NULL) {
		free(listener);
		return NULL;
	}
	LIST_INSERT_HEAD(&push->listeners, listener, others);
	return listener;
}

struct push *
push_create(struct event_base *base, struct agent *agent)
{
	struct push *push = calloc(1, sizeof(*push));

	if (push == NULL)
		return NULL;
	push->base = base;
	push->agent = agent;
	push->streams = streams_create();
	if (push->streams != NULL)
		return push;
	free(push);
	return NULL;
}

void
push_destroy(struct push *push)
{
	if (push == NULL)
		return;
	streams_destroy(push->streams);
	free(push);
}

void
push_event(struct push *push, const char *kind, const char *tenant, json_t *data)
{
	struct listener *listener;

	streams_put(push->streams, document_of(push), kind, tenant, data);
	LIST_FOREACH (listener, &push->listeners, others)
		send_events(listener);
}

void
push_changed(struct push *push, json_t *before)
{
	struct listener *listener;

	streams_changed(push->streams, document_of(push), before,
			agent_pe(push->agent)->current->number);
	LIST_FOREACH (listener, &push->listeners, others)
		send_events(listener);
}

bool
push_subscribe(struct push *push, struct conn *conn, uint64_t from, uint64_t *next)
{
	struct listener *listener = find_or_add(push, conn);
	const struct grant grant = agent_grant(push->agent, conn);
	struct stream *stream = NULL;

	if (listener != NULL)
		stream = streams_find(push->streams, &grant);
	if (stream == NULL)
		return false;
	if (from == 0 || from > stream_next(stream))
		from = stream_next(stream);
	listener->stream = stream;
	listener->next = from < stream_oldest(stream) ? stream_oldest(stream) : from;
	*next = listener->next;
	return true;
}

bool
push_watch(struct push *push, struct conn *conn, uint32_t seconds)
{
	const struct timeval period = {.tv_sec = seconds};
	struct listener *listener = find_or_add(push, conn);

	if (listener == NULL)
		return false;
	if (seconds == 0)
		event_del(listener->watch);
	else
		event_add(listener->watch, &period);
	return true;
}

void
push_forget(struct push *push, struct conn *conn)
{
	struct listener *listener = find(push, conn);

	if (listener == NULL)
		return;
	LIST_REMOVE(listener, others);
	event_free(listener->watch);
	free(listener);
}

void
push_resume(struct push *push, struct conn *conn)
{
	struct listener *listener = find(push, conn);

	if (listener != NULL)
		send_events(listener);
}
