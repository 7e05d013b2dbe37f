/* SPDX-License-Identifier: BSD-3-Clause */
/* config.get, validate, diff, history: documents, for a look. */

#include <stddef.h>

#include "ctl/agent/agent.h"
#include "ctl/agent/config_call.h"
#include "ctl/agent/delegate.h"
#include "ctl/agent/diff.h"
#include "ctl/agent/methods.h"
#include "pe/epoch.h"

/* config.get */

struct get {
	uint64_t epoch;
};

static const struct wp_field get_params[] = {
	{.name = "epoch",
	 .type = WP_U64,
	 .offset = offsetof(struct get, epoch),
	 .max = (uint64_t)1 << 53,
	 .dflt = "0",
	 .help = "of an earlier document; 0: the one in force"},
	{.name = NULL},
};

/** @return whether an epoch of the history is one that somebody may know of. */
static bool
may_know_of(const struct rpc_call *call, const struct grant *grant, uint64_t epoch)
{
	const struct history *history = agent_history(rpc_context(call));
	const struct history_entry *entries = NULL;
	unsigned int n = 0;

	if (history != NULL)
		entries = history_list(history, &n);
	for (unsigned int i = 0; i < n; i++)
		if (entries[i].epoch == epoch)
			return call_may_know(grant, &entries[i]);
	return false;
}

static void
get(struct rpc_call *call)
{
	const struct get *params = rpc_params(call);
	const struct config *config = call_config(call);
	const struct grant grant = grant_of(call);
	uint64_t now = agent_pe(rpc_context(call))->current->number;
	uint64_t epoch = params->epoch == 0 ? now : params->epoch;
	json_t *document = NULL, *answer;

	if (epoch == now)
		document = config_document(config);
	else if (may_know_of(call, &grant, epoch))
		document = call_kept_document(call, epoch);
	if (document == NULL) {
		rpc_refuse(call,
			   &(struct rpc_refusal){.code = RPC_NOT_FOUND,
						 .reason = "epoch",
						 .hint = "config.history lists what there is"},
			   "the document of epoch %lu is not kept", epoch);
		return;
	}
	answer = json_pack("{sI so}", "epoch", (json_int_t)epoch, "document",
			   delegate_view(document, &grant));
	json_decref(document);
	if (grant_is_whole(&grant)) {
		json_object_set_new(answer, "prepared",
				    json_integer((json_int_t)config_prepared(config)));
		json_object_set_new(answer, "confirm_within",
				    json_integer(config_unconfirmed_s(config)));
		json_object_set(answer, "refused", agent_refused(rpc_context(call)));
	}
	rpc_answer(call, answer);
}

/* config.validate, config.diff */

struct with_document {
	json_t *document;
};

static const struct wp_field document_params[] = {
	{.name = "document",
	 .type = WP_JSON,
	 .offset = offsetof(struct with_document, document),
	 .help = "a whole document"},
	{.name = NULL},
};

static void
validate(struct rpc_call *call)
{
	const struct with_document *params = rpc_params(call);
	struct config_fault fault;
	json_t *whole;

	if (!call_has_document(call, params->document))
		return;
	whole = call_whole(call, params->document);
	if (whole == NULL)
		return;
	if (call_waits_for(call, whole)) {
		json_decref(whole);
		return;
	}
	if (config_validate(call_config(call), whole, &fault))
		rpc_answer(call, json_pack("{sb}", "valid", true));
	else
		call_refuse_change(call, &fault);
	json_decref(whole);
}

static void
differ(struct rpc_call *call)
{
	const struct with_document *params = rpc_params(call);
	const struct grant grant = grant_of(call);
	json_t *now, *view;

	if (!call_has_document(call, params->document))
		return;
	now = config_document(call_config(call));
	view = delegate_view(now, &grant);
	rpc_answer(call, json_pack("{so}", "changes", diff(view, params->document)));
	json_decref(view);
	json_decref(now);
}

/* config.history */

static void
list_history(struct rpc_call *call)
{
	const struct history *history = agent_history(rpc_context(call));
	const struct grant grant = grant_of(call);
	const struct history_entry *entries = NULL;
	json_t *list = json_array();
	unsigned int n = 0;

	if (history != NULL)
		entries = history_list(history, &n);
	while (n-- != 0)
		if (call_may_know(&grant, &entries[n]))
			json_array_append_new(list, json_pack("{sI sI ss ss ss}", "epoch",
							      (json_int_t)entries[n].epoch, "time",
							      (json_int_t)entries[n].time, "who",
							      entries[n].who, "comment",
							      entries[n].comment, "idempotency_key",
							      entries[n].idempotency_key));
	rpc_answer(call, json_pack("{so}", "commits", list));
}

const struct rpc_method config_methods[] = {
	{.name = "config.get",
	 .summary = "gives the document in force, or an earlier one",
	 .result = "epoch, document; prepared: epoch that waits for its commit, or 0; "
		   "confirm_within: "
		   "seconds until the epoch in force is taken back, or 0; refused: time, path and "
		   "message of the last SIGHUP, if nothing has come into force since",
	 .params = get_params,
	 .params_size = sizeof(struct get),
	 .for_tenants = true,
	 .run = get},
	{.name = "config.validate",
	 .summary =
		 "says whether a document could be committed; opens all of it, and closes it again",
	 .result = "valid: true; a document with a fault is an error with path and message",
	 .params = document_params,
	 .params_size = sizeof(struct with_document),
	 .role = ROLE_OPERATOR,
	 .for_tenants = true,
	 .run = validate},
	{.name = "config.diff",
	 .summary = "says what a document would change",
	 .result = "changes: a list of path, from, to; members in lists are matched by name",
	 .params = document_params,
	 .params_size = sizeof(struct with_document),
	 .for_tenants = true,
	 .run = differ},
	{.name = "config.history",
	 .summary = "lists the documents that are kept, newest first",
	 .result = "commits: a list of epoch, time, who, comment, idempotency_key",
	 .for_tenants = true,
	 .run = list_history},
	{.name = NULL},
};
