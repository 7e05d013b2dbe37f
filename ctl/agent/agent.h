/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What waypointd lets a controller do: the control socket, the methods behind it, and the documents
 * that were committed through it. Control thread.
 */

#ifndef AGENT_AGENT_H
#define AGENT_AGENT_H

#include <event2/event.h>

#include "ctl/agent/config.h"
#include "ctl/agent/grant.h"
#include "pe/pe.h"

struct agent;
struct conn;
struct explainer;
struct pace;
struct push;
struct quota;
struct recorder;
struct snapshot;

/**
 * Says which document a start is to run: the operator's file, or the one that was committed later
 * than that was changed.
 * @param file      as given with -c; read into @p document already
 * @param document  the file's; replaced when a later one is to run
 * @param[out] epoch    the number that the first epoch is to have
 * @param[out] history  NULL: the document has no control socket, or no state_dir
 * @return 0, or a negative errno with @p error filled
 */
int agent_choose(const char *file, struct document **document, uint64_t *epoch,
		 struct history **history, struct document_error *error);

/**
 * Opens the control socket that the document in force names, if any.
 * @param history  that it owns from now on, also on failure
 * @return 0, or a negative errno with @p error filled
 */
int agent_open(struct event_base *base, struct pe *pe, const char *file, struct history *history,
	       struct agent **agent, struct document_error *error);

/** Accepts NULL. */
void agent_close(struct agent *agent);

/** Opens what takes long of the operator's file. @return whether agent_reload() is to wait for
 * ready() */
bool agent_reload_ahead(struct agent *agent, config_ready_fn ready, void *arg);

/** Commits the operator's file, as changed (SIGHUP). @return whether it is in force */
bool agent_reload(struct agent *agent, struct config_fault *fault);

/** @return why the last agent_reload() was refused, if nothing has come into force since:
 * {"time", "path", "message"}; else NULL. Borrowed. */
json_t *agent_refused(const struct agent *agent);

/* For methods: what rpc_context() is. */

struct pe *agent_pe(const struct agent *agent);
struct config *agent_config(const struct agent *agent);
struct history *agent_history(const struct agent *agent);
const struct conns *agent_conns(const struct agent *agent);
struct push *agent_push(const struct agent *agent);
struct pace *agent_pace(const struct agent *agent);
struct quota *agent_quota(const struct agent *agent);
struct recorder *agent_recorder(const struct agent *agent);
struct explainer *agent_explainer(const struct agent *agent);
struct snapshot *agent_snapshot(struct agent *agent);

/** @return what somebody may do now. */
struct grant agent_grant(const struct agent *agent, const struct conn *conn);

#endif
