/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * JSON-RPC 2.0 (jsonrpc.org/specification): one message in, one message out, or none. Knows no
 * socket and no PE: methods are a table of the caller's. A message's requests are run one after
 * another; a method may answer later, and the next one waits for it. Control thread.
 */

#ifndef AGENT_RPC_H
#define AGENT_RPC_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "field.h"
#include "pe/role.h"

#define RPC_DEPTH_MAX 32
#define RPC_BATCH_MAX 256
#define RPC_TURN_NS 5000000     /* that a message may take before others have a turn */
#define RPC_OUT_MAX (32u << 20) /* bytes of answers, after which the rest of a batch is refused */

enum rpc_code {
	/* The specification's. */
	RPC_PARSE_ERROR = -32700,
	RPC_INVALID_REQUEST = -32600,
	RPC_NO_METHOD = -32601,
	RPC_INVALID_PARAMS = -32602,
	RPC_INTERNAL = -32603,
	/* Ours. */
	RPC_REFUSED = 1,   /* what is wanted cannot be: a document with a fault, ... */
	RPC_CONFLICT = 2,  /* what is in force is not what the caller believes */
	RPC_FORBIDDEN = 3, /* not with this role, or not for this tenant */
	RPC_NOT_FOUND = 4,
	RPC_BUSY = 5, /* later: another change is under way, a limit is reached */
};

extern const char *const rpc_role_names[]; /* NULL-terminated */

struct rpc_call;

/** One method. */
struct rpc_method {
	const char *name; /* "object.verb"; NULL ends the table */
	const char *summary;
	const char *result;            /* what is answered, in words */
	const struct wp_field *params; /* members of "params", by name only */
	size_t params_size;            /* bytes of the struct they fill */
	enum role role;                /* that may call it */
	bool for_tenants;              /* who is for some tenants only may call it, too */
	bool mutates;                  /* leaves a line in the audit log */
	/** Ends with rpc_answer() or rpc_refuse(), at once or later. */
	void (*run)(struct rpc_call *call);
};

/** What a message meets. Constant. */
struct rpc_service {
	const struct rpc_method *const *tables; /* of methods; NULL ends them */
	void *context;                          /* the methods' */
	/** Asked of each request whose method is there, when its turn comes; or NULL: all may.
	 * @return whether it may be called; else it is refused already */
	bool (*admit)(struct rpc_call *call);
	/** Called when a call of a method that is there has ended, before it is answered; or NULL.
	 * @param params  as they were given; or NULL. @param error  NULL: it was done */
	void (*ended)(const struct rpc_call *call, const json_t *params, const json_t *error);
};

/**
 * Takes the answer to a message.
 * @param text  one line, with its end; NULL: there is none, all were notifications
 */
typedef void (*rpc_reply_fn)(void *arg, const char *text, size_t size);

/** A message whose requests are being run. */
struct rpc_exchange;

/**
 * Runs a message. reply() is called once, now or later, but not after rpc_forget().
 * @param peer  who asks, for the methods
 * @return the exchange, while its answer is to come; NULL when it has come, or without memory
 */
struct rpc_exchange *rpc_run(const struct rpc_service *service, void *peer, const char *text,
			     size_t size, rpc_reply_fn reply, void *arg);

/** @return whether a message of many requests lets others have a turn: it wants rpc_resume(). */
bool rpc_is_paused(const struct rpc_exchange *exchange);

/** Goes on with a message that has paused. @return whether there is more to come; else it has
 * ended, and reply() was called */
bool rpc_resume(struct rpc_exchange *exchange);

/** Nobody waits for the answer any more. What is being done is done to its end. */
void rpc_forget(struct rpc_exchange *exchange);

/* For methods. */

/** @return the struct that the method's fields have filled; the call's. */
const void *rpc_params(const struct rpc_call *call);

void *rpc_context(const struct rpc_call *call);

/** @return who asks; NULL when nobody waits any more. */
void *rpc_peer(const struct rpc_call *call);

const struct rpc_method *rpc_method(const struct rpc_call *call);

/** @return all methods that there are, as in struct rpc_service. */
const struct rpc_method *const *rpc_tables(const struct rpc_call *call);

/** Ends a call well. @param result  a reference that it takes; NULL: no memory */
void rpc_answer(struct rpc_call *call, json_t *result);

/** Ends a call well, with a result that is text already. @param text  JSON in one line, without its
 * end; the caller's */
void rpc_answer_text(struct rpc_call *call, const char *text);

/** Why a call is refused; members may be NULL. */
struct rpc_refusal {
	enum rpc_code code;
	const char *path;   /* JSON pointer into the params or into the document */
	const char *reason; /* one word that programs go by: "epoch", "no-such-path" */
	const char *hint;   /* what to do */
};

/** Ends a call with an error. */
void rpc_refuse(struct rpc_call *call, const struct rpc_refusal *why, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
