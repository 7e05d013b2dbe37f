/* SPDX-License-Identifier: BSD-3-Clause */
/* config.*: documents, from a controller. */

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "ctl/agent/agent.h"
#include "ctl/agent/conn.h"
#include "ctl/agent/diff.h"
#include "ctl/agent/methods.h"
#include "pe/epoch.h"

enum { CONFIRM_MAX_S = 86400 };

static struct config *
config_of(const struct rpc_call *call)
{
	return agent_config(rpc_context(call));
}

static void
refuse(struct rpc_call *call, const struct config_fault *fault)
{
	const struct rpc_refusal why = {
		.code = fault->code,
		.path = fault->document.path[0] != '\0' ? fault->document.path : NULL,
		.reason = fault->reason,
		.hint = fault->hint};

	rpc_refuse(call, &why, "%s", fault->document.message);
}

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

static void
get(struct rpc_call *call)
{
	const struct get *params = rpc_params(call);
	struct agent *agent = rpc_context(call);
	const struct config *config = agent_config(agent);
	uint64_t now = agent_pe(agent)->current->number, epoch = params->epoch;
	json_t *document = NULL;

	if (epoch == 0 || epoch == now) {
		epoch = now;
		document = config_document(config);
	} else if (agent_history(agent) != NULL) {
		document = history_document(agent_history(agent), epoch);
	}
	if (document == NULL) {
		rpc_refuse(call,
			   &(struct rpc_refusal){.code = RPC_NOT_FOUND,
						 .reason = "epoch",
						 .hint = "config.history lists what there is"},
			   "the document of epoch %lu is not kept", epoch);
		return;
	}
	rpc_answer(call, json_pack("{sI so sI si}", "epoch", (json_int_t)epoch, "document",
				   document, "prepared", (json_int_t)config_prepared(config),
				   "confirm_within", (int)config_unconfirmed_s(config)));
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

/** @return whether a call has a document; else it is refused. */
static bool
has_document(struct rpc_call *call, const json_t *document)
{
	if (document == NULL)
		rpc_refuse(call,
			   &(struct rpc_refusal){.code = RPC_INVALID_PARAMS, .path = "/document"},
			   "document: must be given");
	return document != NULL;
}

static void
validate(struct rpc_call *call)
{
	const struct with_document *params = rpc_params(call);
	struct config_fault fault;

	if (!has_document(call, params->document))
		return;
	if (config_validate(config_of(call), params->document, &fault))
		rpc_answer(call, json_pack("{sb}", "valid", true));
	else
		refuse(call, &fault);
}

static void
differ(struct rpc_call *call)
{
	const struct with_document *params = rpc_params(call);
	json_t *now;

	if (!has_document(call, params->document))
		return;
	now = config_document(config_of(call));
	rpc_answer(call, json_pack("{so}", "changes", diff(now, params->document)));
	json_decref(now);
}

/* config.prepare, config.commit */

struct change {
	json_t *document;
	uint64_t expected_epoch;
	const char *idempotency_key, *comment;
	uint32_t confirm_within, max_more_drops;
};

#define CHANGE(NAME) .name = #NAME, .offset = offsetof(struct change, NAME)

static const struct wp_field prepare_params[] = {
	{CHANGE(document), .type = WP_JSON, .help = "a whole document"},
	{CHANGE(expected_epoch), .type = WP_U64, .max = (uint64_t)1 << 53, .dflt = "0",
	 .help = "that must be in force, else nothing is done; 0: any"},
	{.name = NULL},
};

static const struct wp_field commit_params[] = {
	{CHANGE(document), .type = WP_JSON,
	 .help = "a whole document; without it, the one that is prepared"},
	{CHANGE(expected_epoch), .type = WP_U64, .max = (uint64_t)1 << 53, .dflt = "0",
	 .help = "that must be in force, else nothing is done; 0: any"},
	{CHANGE(idempotency_key), .type = WP_STRING, .max = 63, .dflt = "\"\"",
	 .help = "of the caller's: a commit with the same key again does nothing; empty: none"},
	{CHANGE(comment), .type = WP_STRING, .max = 255, .dflt = "\"\"",
	 .help = "what the history says of it"},
	{CHANGE(confirm_within), .type = WP_U32, .max = CONFIRM_MAX_S, .dflt = "0",
	 .help = "seconds in which config.confirm must come, else it is taken back; 0: it stays"},
	{CHANGE(max_more_drops), .type = WP_U32, .max = 999, .dflt = "0",
	 .help = "permille of packets that may be dropped more than before, until it is confirmed; "
		 "more "
		 "take it back at once; 0: any"},
	{.name = NULL},
};

static struct config_change
change_of(const struct rpc_call *call)
{
	const struct change *params = rpc_params(call);
	const struct conn *peer = rpc_peer(call);

	return (struct config_change){
		.document = params->document,
		.expected_epoch = params->expected_epoch,
		.idempotency_key = params->idempotency_key != NULL ? params->idempotency_key : "",
		.comment = params->comment != NULL ? params->comment : "",
		.who = peer != NULL ? conn_who(peer) : "nobody",
		.confirm_within = params->confirm_within,
		.max_more_drops = params->max_more_drops,
	};
}

/** @return whether a document loads no file as a module that the one in force does not. */
static bool
has_same_files(const json_t *modules, const json_t *now)
{
	const json_t *module, *other;
	size_t i, j;

	json_array_foreach(modules, i, module)
	{
		const char *name = json_string_value(module);
		bool known = name == NULL || strchr(name, '/') == NULL;

		json_array_foreach(now, j, other) known = known || json_equal(module, other);
		if (!known)
			return false;
	}
	return true;
}

/**
 * What decides who may do what, and which programs run, is an admin's.
 * @return whether the caller may have a document; else the call is refused
 */
static bool
may_have(struct rpc_call *call, const json_t *document)
{
	static const char *const reserved[] = {"control", "key_store", "state_dir", "module_dir"};
	const json_t *now = agent_pe(rpc_context(call))->current->document->root;
	const char *path = NULL;

	if (rpc_role(call) == ROLE_ADMIN || document == NULL)
		return true;
	for (unsigned int i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
		const json_t *a = json_object_get(now, reserved[i]);
		const json_t *b = json_object_get(document, reserved[i]);

		if (a != b && !json_equal(a, b))
			path = reserved[i];
	}
	if (!has_same_files(json_object_get(document, "modules"), json_object_get(now, "modules")))
		path = "modules";
	if (path == NULL)
		return true;
	rpc_refuse(call,
		   &(struct rpc_refusal){.code = RPC_FORBIDDEN, .path = path, .reason = "role"},
		   "%s: only an admin may change that", path);
	return false;
}

static void
prepare(struct rpc_call *call)
{
	const struct config_change change = change_of(call);
	struct config_fault fault;
	uint64_t epoch;

	if (!has_document(call, change.document) || !may_have(call, change.document))
		return;
	if (config_prepare(config_of(call), &change, &epoch, &fault))
		rpc_answer(call, json_pack("{sI si}", "epoch", (json_int_t)epoch, "commit_within",
					   CONFIG_PREPARED_S));
	else
		refuse(call, &fault);
}

static void
commit(struct rpc_call *call)
{
	const struct config_change change = change_of(call);
	struct config_fault fault;
	uint64_t epoch;
	bool repeated;

	if (!may_have(call, change.document))
		return;
	if (config_commit(config_of(call), &change, &epoch, &repeated, &fault))
		rpc_answer(call, json_pack("{sI sb sb si}", "epoch", (json_int_t)epoch, "in_force",
					   agent_pe(rpc_context(call))->current->number == epoch,
					   "repeated", repeated, "confirm_within",
					   (int)config_unconfirmed_s(config_of(call))));
	else
		refuse(call, &fault);
}

/* The rest. */

static void
confirm(struct rpc_call *call)
{
	struct config_fault fault;

	if (config_confirm(config_of(call), &fault))
		rpc_answer(call,
			   json_pack("{sI}", "epoch",
				     (json_int_t)agent_pe(rpc_context(call))->current->number));
	else
		refuse(call, &fault);
}

static void
give_up(struct rpc_call *call)
{
	rpc_answer(call, json_pack("{sb}", "aborted", config_abort(config_of(call))));
}

struct go_back {
	uint64_t to_epoch;
};

static const struct wp_field rollback_params[] = {
	{.name = "to_epoch",
	 .type = WP_U64,
	 .offset = offsetof(struct go_back, to_epoch),
	 .max = (uint64_t)1 << 53,
	 .dflt = "0",
	 .help = "whose document is to be in force again; 0: the one before"},
	{.name = NULL},
};

static void
rollback(struct rpc_call *call)
{
	const struct go_back *params = rpc_params(call);
	const struct conn *peer = rpc_peer(call);
	json_t *document = config_earlier(config_of(call), params->to_epoch);
	bool may = may_have(call, document);
	struct config_fault fault;
	uint64_t epoch;

	json_decref(document);
	if (!may)
		return;
	if (config_rollback(config_of(call), params->to_epoch,
			    peer != NULL ? conn_who(peer) : "nobody", &epoch, &fault))
		rpc_answer(call, json_pack("{sI}", "epoch", (json_int_t)epoch));
	else
		refuse(call, &fault);
}

static void
list_history(struct rpc_call *call)
{
	const struct history *history = agent_history(rpc_context(call));
	const struct history_entry *entries = NULL;
	json_t *list = json_array();
	unsigned int n = 0;

	if (history != NULL)
		entries = history_list(history, &n);
	while (n-- != 0)
		json_array_append_new(
			list, json_pack("{sI sI ss ss ss}", "epoch", (json_int_t)entries[n].epoch,
					"time", (json_int_t)entries[n].time, "who", entries[n].who,
					"comment", entries[n].comment, "idempotency_key",
					entries[n].idempotency_key));
	rpc_answer(call, json_pack("{so}", "commits", list));
}

const struct rpc_method config_methods[] = {
	{.name = "config.get",
	 .summary = "gives the document in force, or an earlier one",
	 .result = "epoch, document; prepared: epoch that waits for its commit, or 0; "
		   "confirm_within: "
		   "seconds until the epoch in force is taken back, or 0",
	 .params = get_params,
	 .params_size = sizeof(struct get),
	 .run = get},
	{.name = "config.validate",
	 .summary =
		 "says whether a document could be committed; opens all of it, and closes it again",
	 .result = "valid: true; a document with a fault is an error with path and message",
	 .params = document_params,
	 .params_size = sizeof(struct with_document),
	 .role = ROLE_OPERATOR,
	 .run = validate},
	{.name = "config.diff",
	 .summary = "says what a document would change",
	 .result = "changes: a list of path, from, to; members in lists are matched by name",
	 .params = document_params,
	 .params_size = sizeof(struct with_document),
	 .run = differ},
	{.name = "config.prepare",
	 .summary = "opens a document beside the one in force, for a commit that cannot fail",
	 .result = "epoch that it will have; commit_within: seconds until it is given up",
	 .params = prepare_params,
	 .params_size = sizeof(struct change),
	 .role = ROLE_OPERATOR,
	 .mutates = true,
	 .run = prepare},
	{.name = "config.commit",
	 .summary =
		 "puts a document in force without losing a packet; what was prepared, if none is "
		 "given",
	 .result =
		 "epoch, once it is on disk and all workers run it; repeated: it was before, under "
		 "the same idempotency_key; in_force: it is now, too; confirm_within: seconds "
		 "until it is taken back, or 0",
	 .params = commit_params,
	 .params_size = sizeof(struct change),
	 .role = ROLE_OPERATOR,
	 .mutates = true,
	 .run = commit},
	{.name = "config.confirm",
	 .summary = "keeps what was committed with confirm_within",
	 .result = "epoch",
	 .role = ROLE_OPERATOR,
	 .mutates = true,
	 .run = confirm},
	{.name = "config.abort",
	 .summary = "gives up what was prepared",
	 .result = "aborted: whether there was something",
	 .role = ROLE_OPERATOR,
	 .mutates = true,
	 .run = give_up},
	{.name = "config.rollback",
	 .summary = "commits an earlier document again",
	 .result = "epoch, a new one",
	 .params = rollback_params,
	 .params_size = sizeof(struct go_back),
	 .role = ROLE_OPERATOR,
	 .mutates = true,
	 .run = rollback},
	{.name = "config.history",
	 .summary = "lists the documents that are kept, newest first",
	 .result = "commits: a list of epoch, time, who, comment, idempotency_key",
	 .run = list_history},
	{.name = NULL},
};
