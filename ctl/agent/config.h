/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The document in force, how it came to be, and how another one takes its place: prepared,
 * committed, confirmed, or taken back. Each step is on disk before it is answered. Control thread.
 */

#ifndef AGENT_CONFIG_H
#define AGENT_CONFIG_H

#include <jansson.h>

#include <event2/event.h>

#include "ctl/agent/history.h"
#include "ctl/agent/rpc.h"
#include "pe/pe.h"

#define CONFIG_PREPARED_S 300 /* how long a prepared document waits for its commit */

struct config;

/** Why a change is refused. */
struct config_fault {
	enum rpc_code code;
	const char *reason, *hint;      /* as in struct rpc_refusal */
	struct document_error document; /* path and message */
};

/** What is asked of a commit. */
struct config_change {
	json_t *document;        /* whole; NULL: the one that is prepared */
	const json_t *asked;     /* what the caller has given; NULL: nothing */
	const char *tenant;      /* by a controller of single tenants, the first of them; or NULL */
	uint64_t expected_epoch; /* that must be in force; 0: any */
	const char *idempotency_key; /* "": none */
	const char *comment, *who;
	uint64_t back_to;        /* the epoch whose document it is again; 0: none */
	uint32_t confirm_within; /* seconds; 0: it needs no confirmation */
	uint32_t max_more_drops; /* permille, while it is not confirmed; 0: any */
};

/** Hears that another document is in force. @param before  the one before; borrowed */
typedef void (*config_changed_fn)(void *arg, const struct config_change *change, json_t *before);

/**
 * @param file     the operator's document
 * @param history  NULL: nothing can be committed
 * @return NULL without memory
 */
struct config *config_create(struct event_base *base, struct pe *pe, const char *file,
			     struct history *history, config_changed_fn changed, void *arg);

/** A prepared document is given up. Accepts NULL. */
void config_destroy(struct config *config);

/** Is called when a change that was to wait can be made; it takes no time then. */
typedef void (*config_ready_fn)(void *arg);

/**
 * Opens what takes long of a commit's or a prepared document, while control goes on; other
 * documents are refused meanwhile (RPC_BUSY).
 * @return whether the change is to wait for ready(), and to be made in it; else it can be made (or
 * is refused) at once
 */
bool config_open_ahead(struct config *config, const struct config_change *change,
		       config_ready_fn ready, void *arg);

/** Likewise, for any document that is to be opened. */
bool config_document_ahead(struct config *config, json_t *document, config_ready_fn ready,
			   void *arg);

/** Likewise, for config_reload(). */
bool config_reload_ahead(struct config *config, config_ready_fn ready, void *arg);

/**
 * Says whom the document that is being opened is for: once that is nobody any more, it is given up
 * within a second, and others can begin.
 * @param is_wanted  is asked each second; NULL: no more
 */
void config_opens_for(struct config *config, bool (*is_wanted)(const void *arg), const void *arg);

/** @return whether a document is being opened so. */
bool config_is_opening(const struct config *config);

/** @return whether a change that has waited is being made. */
bool config_has_waited(const struct config *config);

/** Looks whether a document could be committed. @return whether it can */
bool config_validate(struct config *config, json_t *document, struct config_fault *fault);

/** Opens a document beside the one in force. @param[out] epoch  that a commit will put in force */
bool config_prepare(struct config *config, const struct config_change *change, uint64_t *epoch,
		    struct config_fault *fault);

/** Gives up what is prepared. @return whether there was something */
bool config_abort(struct config *config);

/** Puts a document in force: durable, and all workers run it, when it returns true.
 * @param[out] repeated  it had been done before, under the same idempotency key */
bool config_commit(struct config *config, const struct config_change *change, uint64_t *epoch,
		   bool *repeated, struct config_fault *fault);

/** Confirms the commit that waits for it. */
bool config_confirm(struct config *config, struct config_fault *fault);

/** Commits an earlier document again. @param to  its epoch; 0: the one before, or that before an
 * unconfirmed one */
bool config_rollback(struct config *config, uint64_t to, const char *who, uint64_t *epoch,
		     struct config_fault *fault);

/** Commits the operator's file, as changed. */
bool config_reload(struct config *config, struct config_fault *fault);

/**
 * @return whether a text stands in a document that may be in force the next moment: the one that
 * is, the one that is prepared, the one that an unconfirmed commit goes back to
 */
bool config_says(const struct config *config, const char *text);

/** @return a new reference to the document that config_rollback() would commit, or NULL. */
json_t *config_earlier(const struct config *config, uint64_t to);

/** @return a new reference to the document in force. */
json_t *config_document(const struct config *config);

/** @return seconds until a commit is taken back unless confirmed; 0: none is. */
unsigned int config_unconfirmed_s(const struct config *config);

/** @return the epoch that is prepared; 0: none. */
uint64_t config_prepared(const struct config *config);

#endif
