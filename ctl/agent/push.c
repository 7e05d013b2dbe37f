/* SPDX-License-Identifier: BSD-3-Clause */
/* See push.h. */

#include "ctl/agent/push.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>

#include "pe/stats.h"

/** Somebody who wishes to hear. */
struct listener {
	LIST_ENTRY(listener) others;
	struct push *push;
	struct conn *conn;
	uint64_t next;       /* event; 0: none are wanted */
	struct event *watch; /* for counters */
};

struct push {
	struct event_base *base;
	struct pe *pe;
	LIST_HEAD(, listener) listeners;
	uint64_t next;             /* number of the next event, from 1 */
	json_t *kept[PUSH_EVENTS]; /* index: number modulo their count */
};

static uint64_t
oldest(const struct push *push)
{
	return push->next > PUSH_EVENTS ? push->next - PUSH_EVENTS : 1;
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

/** Sends a listener what there is for it, as long as it takes it. */
static void
send_events(struct listener *listener)
{
	struct push *push = listener->push;

	if (listener->next == 0)
		return;
	if (listener->next < oldest(push) && conn_takes(listener->conn)) {
		notify(listener->conn, "events.missed",
		       json_pack("{sI sI}", "from", (json_int_t)listener->next, "to",
				 (json_int_t)oldest(push) - 1));
		listener->next = oldest(push);
	}
	for (; listener->next < push->next && conn_takes(listener->conn); listener->next++)
		notify(listener->conn, "events.event",
		       json_incref(push->kept[listener->next % PUSH_EVENTS]));
}

static void
on_watch(evutil_socket_t fd, short what, void *arg)
{
	struct listener *listener = arg;

	if (conn_takes(listener->conn))
		notify(listener->conn, "stats.stats", stats_json(listener->push->pe));
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
push_create(struct event_base *base, struct pe *pe)
{
	struct push *push = calloc(1, sizeof(*push));

	if (push != NULL) {
		push->base = base;
		push->pe = pe;
		push->next = 1;
	}
	return push;
}

void
push_destroy(struct push *push)
{
	if (push == NULL)
		return;
	for (unsigned int i = 0; i < PUSH_EVENTS; i++)
		json_decref(push->kept[i]);
	free(push);
}

void
push_event(struct push *push, const char *kind, json_t *data)
{
	json_t **place = &push->kept[push->next % PUSH_EVENTS];
	struct listener *listener;

	json_decref(*place);
	*place = json_pack("{sI sI ss so}", "number", (json_int_t)push->next, "time",
			   (json_int_t)time(NULL), "kind", kind, "data", data);
	push->next++;
	LIST_FOREACH (listener, &push->listeners, others)
		send_events(listener);
}

bool
push_subscribe(struct push *push, struct conn *conn, uint64_t from, uint64_t *next)
{
	struct listener *listener = find_or_add(push, conn);

	if (listener == NULL)
		return false;
	if (from == 0 || from > push->next)
		from = push->next;
	listener->next = from < oldest(push) ? oldest(push) : from;
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
