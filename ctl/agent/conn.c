/* SPDX-License-Identifier: BSD-3-Clause */
/* See conn.h. */

#include "ctl/agent/conn.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <event2/buffer.h>
#include <event2/event.h>

#include "ctl/agent/metrics.h"

enum { WHO_SIZE = 256, READ_MAX = 1 << 17, LINES_AT_ONCE = 8 };

struct conn {
	LIST_ENTRY(conn) others;
	struct conns *conns;
	struct bufferevent *bev;
	struct event *late; /* for its unfinished line */
	struct event *turn; /* to go on with a long message */
	struct rpc_exchange *exchange;
	bool is_local;
	bool is_http, wants_open; /* its request's headers are being read; it takes OpenMetrics */
	bool is_lost;             /* what it asks for is not there */
	size_t searched;          /* bytes of input that have no end of line in them */
	size_t charged;           /* bytes of input, as counted in conns->waiting */
	bool ends;                /* when its answers are out */
	bool reading;             /* a loop reads its lines already */
	char who[WHO_SIZE];
};

struct conns {
	struct event_base *base;
	struct conn_hooks hooks;
	LIST_HEAD(, conn) list;
	size_t waiting; /* bytes of unfinished lines, of all */
	struct conn_stats stats;
};

static void
charge(struct conn *conn, size_t bytes)
{
	conn->conns->waiting += bytes - conn->charged;
	conn->charged = bytes;
}

static void
destroy(struct conn *conn)
{
	rpc_forget(conn->exchange);
	conn->conns->hooks.gone(conn->conns->hooks.arg, conn);
	charge(conn, 0);
	LIST_REMOVE(conn, others);
	conn->conns->stats.open--;
	event_free(conn->late);
	event_free(conn->turn);
	bufferevent_free(conn->bev);
	free(conn);
}

/** Says why it is closed, and closes it once that is out. */
static void
end(struct conn *conn, enum rpc_code code, const char *why)
{
	struct evbuffer *out = bufferevent_get_output(conn->bev);

	evbuffer_add_printf(out,
			    "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":%d,\"message\":\"%s\"},"
			    "\"id\":null}\n",
			    code, why);
	conn->ends = true;
	bufferevent_disable(conn->bev, EV_READ);
	evbuffer_drain(bufferevent_get_input(conn->bev), SIZE_MAX); /* nobody reads it any more */
	charge(conn, 0);
	event_del(conn->late);
}

static void read_lines(struct conn *conn);

static void
on_reply(void *arg, const char *text, size_t size)
{
	struct conn *conn = arg;

	conn->exchange = NULL;
	if (text != NULL)
		evbuffer_add(bufferevent_get_output(conn->bev), text, size);
	else if (conn->ends) /* nothing is to go out any more */
		destroy(conn);
	else
		read_lines(conn);
}

/** @return whether a connection may begin a further call. */
static bool
is_free(const struct conn *conn)
{
	return !conn->ends && conn->exchange == NULL &&
	       evbuffer_get_length(bufferevent_get_output(conn->bev)) <= CONN_OUT_MAX;
}

/** Takes the next whole line. @return malloc'ed; NULL: there is none */
static char *
take_line(struct conn *conn, size_t *size)
{
	struct evbuffer *in = bufferevent_get_input(conn->bev);
	struct evbuffer_ptr from, end_of_line;
	size_t length = evbuffer_get_length(in);
	char *line;

	evbuffer_ptr_set(in, &from, conn->searched, EVBUFFER_PTR_SET);
	end_of_line = evbuffer_search(in, "\n", 1, &from);
	if (end_of_line.pos < 0) {
		conn->searched = length;
		return NULL;
	}
	*size = (size_t)end_of_line.pos;
	line = malloc(*size + 1);
	if (line == NULL)
		return NULL;
	evbuffer_remove(in, line, *size + 1);
	conn->searched = 0;
	return line;
}

/** @return the connection with most of what is not complete. */
static struct conn *
longest(const struct conns *conns)
{
	struct conn *longest = LIST_FIRST(&conns->list), *conn;

	LIST_FOREACH (conn, &conns->list, others)
		if (conn->charged > longest->charged && !conn->ends)
			longest = conn;
	return longest;
}

/** Sets the clock for a line that has begun, and counts it; too much ends the connection. */
static void
watch_rest(struct conn *conn)
{
	const struct timeval wait = {.tv_sec = CONN_LINE_S};
	size_t length = evbuffer_get_length(bufferevent_get_input(conn->bev));

	charge(conn, length);
	if (length == 0)
		event_del(conn->late);
	else if (!event_pending(conn->late, EV_TIMEOUT, NULL))
		event_add(conn->late, &wait);
	if (length > CONN_LINE_MAX) {
		conn->conns->stats.too_long++;
		end(conn, RPC_INVALID_REQUEST, "a message has 18 MB at the most");
	} else if (conn->conns->waiting > CONN_TOTAL_MAX) {
		conn->conns->stats.over_total++;
		end(longest(conn->conns), RPC_INVALID_REQUEST,
		    "all connections together have sent too much that is not complete, and this "
		    "one most of it");
	}
}

/* HTTP, as far as monitoring needs it (RFC 9112): one request, one answer, and the end. */

static void
begin_http(struct conn *conn, const char *line)
{
	conn->is_http = true;
	conn->is_lost = strncmp(line, "GET /metrics HTTP/1.", 20) != 0;
}

static void
answer_http(struct conn *conn)
{
	struct evbuffer *out = bufferevent_get_output(conn->bev), *body = evbuffer_new();
	const struct conn_hooks *hooks = &conn->conns->hooks;

	if (body == NULL || conn->is_lost)
		evbuffer_add_printf(out, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n"
					 "Connection: close\r\n\r\n");
	else {
		hooks->metrics(hooks->arg, conn, body, conn->wants_open);
		evbuffer_add_printf(out,
				    "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: "
				    "%zu\r\nConnection: close\r\n\r\n",
				    conn->wants_open ? METRICS_TYPE_OPEN : METRICS_TYPE,
				    evbuffer_get_length(body));
		evbuffer_add_buffer(out, body);
	}
	if (body != NULL)
		evbuffer_free(body);
	conn->ends = true;
	bufferevent_disable(conn->bev, EV_READ);
}

/** Takes one line of a request's headers; the empty one ends them. */
static void
read_header(struct conn *conn, const char *line)
{
	if (line[strspn(line, "\r")] == '\0')
		answer_http(conn);
	else if (strncasecmp(line, "accept:", 7) == 0 &&
		 strstr(line, "application/openmetrics-text") != NULL)
		conn->wants_open = true;
}

/** Lets others have a turn, when a message takes long. */
static void
give_turn(struct conn *conn)
{
	const struct timeval at_once = {0};

	if (conn->exchange != NULL && rpc_is_paused(conn->exchange))
		event_add(conn->turn, &at_once);
}

static void
on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct conn *conn = arg;

	if (conn->exchange != NULL && rpc_resume(conn->exchange))
		give_turn(conn);
}

/** Runs one message; or ends the connection of somebody who has no role here any more. */
static void
run_line(struct conn *conn, const char *line, size_t size)
{
	struct conns *conns = conn->conns;

	conns->stats.messages++;
	if (!conns->hooks.is_known(conns->hooks.arg, conn))
		end(conn, RPC_FORBIDDEN,
		    "no identity of the document in force has the name of your certificate");
	else if (strncmp(line, "GET ", 4) == 0 || strncmp(line, "HEAD ", 5) == 0)
		begin_http(conn, line);
	else if (line[strspn(line, " \t")] != '{' && line[strspn(line, " \t")] != '[')
		end(conn, RPC_INVALID_REQUEST,
		    "this is no JSON-RPC"); /* nor are the lines behind it, of whatever it is */
	else
		conn->exchange = rpc_run(conns->hooks.service, conn, line, size, on_reply, conn);
	give_turn(conn);
}

/** Runs what has come, line by line, as long as it may. */
static void
read_lines(struct conn *conn)
{
	size_t size;
	char *line;

	if (conn->reading)
		return;
	conn->reading = true;
	for (unsigned int n = 0; is_free(conn) && (line = take_line(conn, &size)) != NULL; n++) {
		event_del(conn->late);
		line[size] = '\0';
		if (conn->is_http)
			read_header(conn, line);
		else if (strspn(line, " \t\r") < size) /* an empty line says nothing */
			run_line(conn, line, size);
		explicit_bzero(line, size); /* it may have had a key in it */
		free(line);
		if (n == LINES_AT_ONCE) { /* others come first */
			bufferevent_trigger(conn->bev, EV_READ,
					    BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS);
			break;
		}
	}
	conn->reading = false;
	if (is_free(conn)) {
		bufferevent_enable(conn->bev, EV_READ);
		watch_rest(conn);
	} else {
		bufferevent_disable(conn->bev, EV_READ);
	}
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	read_lines(arg);
}

static void
on_written(struct bufferevent *bev, void *arg)
{
	struct conn *conn = arg;

	if (conn->ends) {
		destroy(conn);
		return;
	}
	conn->conns->hooks.drained(conn->conns->hooks.arg, conn);
	read_lines(conn);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct conn *conn = arg;

	if ((what & BEV_EVENT_CONNECTED) != 0)
		return;
	if ((what & BEV_EVENT_TIMEOUT) != 0)
		conn->conns->stats.too_slow++;
	/* Half-closed: what was asked is answered first. */
	if ((what & BEV_EVENT_EOF) != 0 &&
	    (conn->exchange != NULL ||
	     evbuffer_get_length(bufferevent_get_output(conn->bev)) != 0)) {
		conn->ends = true;
		bufferevent_enable(conn->bev, EV_WRITE); /* TLS has stopped that, too */
		return;
	}
	destroy(conn);
}

static void
on_late(evutil_socket_t fd, short what, void *arg)
{
	struct conn *conn = arg;

	conn->conns->stats.too_slow++;
	end(conn, RPC_INVALID_REQUEST, "the message has not come whole within 60 seconds");
}

struct conns *
conns_create(struct event_base *base, const struct conn_hooks *hooks)
{
	struct conns *conns = calloc(1, sizeof(*conns));

	if (conns != NULL) {
		conns->base = base;
		conns->hooks = *hooks;
	}
	return conns;
}

void
conns_destroy(struct conns *conns)
{
	if (conns == NULL)
		return;
	for (struct conn *conn = LIST_FIRST(&conns->list), *next; conn != NULL; conn = next) {
		next = LIST_NEXT(conn, others);
		destroy(conn);
	}
	free(conns);
}

/** @return whether there is a place for a further connection: some are for the Unix socket alone,
 * and no certificate's name has all others. */
static bool
has_place(const struct conns *conns, const char *who, bool is_local)
{
	const struct conn *conn;
	unsigned int n = 0;

	if (is_local)
		return conns->stats.open < CONN_MAX;
	LIST_FOREACH (conn, &conns->list, others)
		n += !conn->is_local && strcmp(conn->who, who) == 0;
	return n < CONN_NAME && conns->stats.open < CONN_MAX - CONN_LOCAL;
}

void
conn_begin(struct conns *conns, struct bufferevent *bev, const char *who, bool is_local)
{
	const struct timeval wait = {.tv_sec = CONN_OUT_S};
	struct conn *conn = NULL;

	conns->stats.accepted++;
	if (has_place(conns, who, is_local))
		conn = calloc(1, sizeof(*conn));
	else
		conns->stats.too_many++;
	if (conn != NULL)
		conn->late = evtimer_new(conns->base, on_late, conn);
	if (conn != NULL)
		conn->turn = evtimer_new(conns->base, on_turn, conn);
	if (conn == NULL || conn->late == NULL || conn->turn == NULL) {
		if (conn != NULL && conn->late != NULL)
			event_free(conn->late);
		if (conn != NULL && conn->turn != NULL)
			event_free(conn->turn);
		free(conn);
		bufferevent_free(bev);
		return;
	}
	conn->conns = conns;
	conn->bev = bev;
	conn->is_local = is_local;
	snprintf(conn->who, sizeof(conn->who), "%s", who);
	LIST_INSERT_HEAD(&conns->list, conn, others);
	conns->stats.open++;
	bufferevent_setcb(bev, on_read, on_written, on_event, conn);
	bufferevent_set_timeouts(bev, NULL, &wait);
	bufferevent_set_max_single_read(bev, READ_MAX);
	bufferevent_enable(bev, EV_READ | EV_WRITE);
}

const char *
conn_who(const struct conn *conn)
{
	return conn->who;
}

bool
conn_is_local(const struct conn *conn)
{
	return conn->is_local;
}

bool
conn_waits(const struct conn *conn)
{
	/* It is not read from while a call is under way, so libevent has not noticed. */
	struct pollfd fd = {.fd = bufferevent_getfd(conn->bev),
			    .events = conn->is_local ? 0 : POLLRDHUP};

	return poll(&fd, 1, 0) == 0;
}

bool
conn_takes(const struct conn *conn)
{
	const struct conn_hooks *hooks = &conn->conns->hooks;

	return !conn->ends && !conn->is_http &&
	       evbuffer_get_length(bufferevent_get_output(conn->bev)) <= CONN_OUT_MAX &&
	       hooks->is_known(hooks->arg, conn);
}

void
conn_push(struct conn *conn, const char *text, size_t size)
{
	struct evbuffer *out = bufferevent_get_output(conn->bev);

	evbuffer_add(out, text, size);
	evbuffer_add(out, "\n", 1);
}

const struct conn_stats *
conns_stats(const struct conns *conns)
{
	return &conns->stats;
}
