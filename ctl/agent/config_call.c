/* SPDX-License-Identifier: BSD-3-Clause */
/* See config_call.h. */

#include "ctl/agent/config_call.h"

#include <stdio.h>
#include <string.h>

#include "ctl/agent/agent.h"
#include "ctl/agent/conn.h"
#include "ctl/agent/delegate.h"
#include "ctl/agent/pace.h"
#include "pe/epoch.h"

struct config *
call_config(const struct rpc_call *call)
{
	return agent_config(rpc_context(call));
}

void
call_refuse_change(struct rpc_call *call, struct config_fault *fault)
{
	const struct grant grant = grant_of(call);
	char place[512], path[sizeof(fault->document.path)], message[512];

	snprintf(path, sizeof(path), "%s", fault->document.path);
	snprintf(message, sizeof(message), "%s", fault->document.message);
	if (!grant_is_whole(&grant) && delegate_hide(&grant, fault))
		pe_log(agent_pe(rpc_context(call)), "what %.100s asked for was refused: %s %s",
		       grant.who, path, message);
	snprintf(place, sizeof(place), "%s", fault->document.path);
	rpc_refuse(call,
		   &(struct rpc_refusal){.code = fault->code,
					 .path = place[0] != '\0' ? place : NULL,
					 .reason = fault->reason,
					 .hint = fault->hint},
		   "%s", fault->document.message);
}

json_t *
call_kept_document(const struct rpc_call *call, uint64_t epoch)
{
	const struct history *history = agent_history(rpc_context(call));

	return history == NULL ? NULL : history_document(history, epoch);
}

bool
call_has_document(struct rpc_call *call, const json_t *document)
{
	if (document == NULL)
		rpc_refuse(call,
			   &(struct rpc_refusal){.code = RPC_INVALID_PARAMS, .path = "/document"},
			   "document: must be given");
	return document != NULL;
}

json_t *
call_whole(struct rpc_call *call, json_t *given)
{
	const struct grant grant = grant_of(call);
	struct config_fault fault;
	json_t *whole;

	if (grant_is_whole(&grant))
		return json_incref(given);
	whole = delegate_merge(&grant, given, &fault);
	if (whole == NULL) {
		call_refuse_change(call, &fault);
	} else if (!config_has_waited(call_config(call)) && !pace_take_turn(call)) {
		json_decref(whole);
		whole = NULL;
	}
	return whole;
}

/** @return whether somebody waits for what a call says. */
static bool
is_wanted(const void *arg)
{
	const struct conn *peer = rpc_peer(arg);

	return peer != NULL && conn_waits(peer);
}

/** As config_ready_fn. */
static void
on_ready(void *arg)
{
	struct rpc_call *call = arg;

	config_opens_for(call_config(call), NULL, NULL);
	if (is_wanted(call))
		rpc_method(call)->run(call);
	else
		rpc_refuse(call, &(struct rpc_refusal){.code = RPC_REFUSED, .reason = "gone"},
			   "who asked has gone: nothing has changed");
}

bool
call_waits(struct rpc_call *call, const struct config_change *change)
{
	if (!config_open_ahead(call_config(call), change, on_ready, call))
		return false;
	config_opens_for(call_config(call), is_wanted, call);
	return true;
}

bool
call_waits_for(struct rpc_call *call, json_t *document)
{
	if (!config_document_ahead(call_config(call), document, on_ready, call))
		return false;
	config_opens_for(call_config(call), is_wanted, call);
	return true;
}

bool
call_may_know(const struct grant *grant, const struct history_entry *entry)
{
	return grant_is_whole(grant) ||
	       (entry->tenant[0] != '\0' && strcmp(entry->who, grant->who) == 0);
}
