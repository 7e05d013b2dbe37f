/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Connections of the control sockets: lines in, lines out (newline-delimited JSON-RPC), each within
 * limits. One that begins as HTTP gets the counters, for monitoring, and ends. A connection whose
 * call is under way is not read from, nor is one that does not take its answers: whoever sends more
 * waits. Control thread.
 */

#ifndef AGENT_CONN_H
#define AGENT_CONN_H

#include <stdint.h>

#include <event2/bufferevent.h>

#include "ctl/agent/rpc.h"

#define CONN_LOCAL 32 /* of CONN_MAX by the Unix socket only */
#define CONN_MAX 256  /* at a time */
#define CONN_NAME 32  /* of them by one certificate's name */
#define CONN_LINE_MAX                                                                              \
	(18u << 20) /* bytes: a document of the largest size, escaped, and its request */
#define CONN_TOTAL_MAX                                                                             \
	(96u << 20)             /* bytes that all together may have sent without an end of line */
#define CONN_OUT_MAX (1u << 20) /* bytes of answers that may wait before nothing more is read */
#define CONN_LINE_S 60          /* for a line to come whole */
#define CONN_OUT_S 30           /* without a byte of an answer taken */

/** All connections. */
struct conns;

/** What has become of them. */
struct conn_stats {
	uint64_t accepted, too_many, too_long, too_slow, over_total, messages;
	uint32_t open;
};

struct conn;

/** @return whether somebody is known now; asked for each message, as identities change. */
typedef bool (*conn_known_fn)(void *arg, const struct conn *conn);

/** Adds the counters that somebody may know as text, for monitoring: what GET /metrics answers. */
typedef void (*conn_metrics_fn)(void *arg, const struct conn *conn, struct evbuffer *out,
				bool is_open);

/** What connections meet. */
struct conn_hooks {
	const struct rpc_service *service;
	conn_known_fn is_known;
	conn_metrics_fn metrics;
	/** A connection is about to go; it takes more again. */
	void (*gone)(void *arg, struct conn *conn);
	void (*drained)(void *arg, struct conn *conn);
	void *arg; /* of all */
};

/** @return NULL without memory */
struct conns *conns_create(struct event_base *base, const struct conn_hooks *hooks);

/** Closes all. Accepts NULL. */
void conns_destroy(struct conns *conns);

/**
 * Takes a new connection; or closes it, when there are too many.
 * @param bev  that it owns from now on
 * @param who  "uid 0 pid 7", or the name of a certificate
 */
void conn_begin(struct conns *conns, struct bufferevent *bev, const char *who, bool is_local);

/* A connection, as rpc_peer() gives it. */

const char *conn_who(const struct conn *conn);

/** @return whether it came by the Unix socket. */
bool conn_is_local(const struct conn *conn);

/** @return whether somebody is there for the answer to a call that took long. Who says only that no
 * more is to come is, on the Unix socket; TLS does not tell that from an end. */
bool conn_waits(const struct conn *conn);

/** @return whether a connection may be sent something that it has not asked for just now. */
bool conn_takes(const struct conn *conn);

/** Sends it a line. @param text  without its end */
void conn_push(struct conn *conn, const char *text, size_t size);

const struct conn_stats *conns_stats(const struct conns *conns);

#endif
