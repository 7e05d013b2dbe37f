/* SPDX-License-Identifier: BSD-3-Clause */
/* config.prepare, commit, confirm, abort, rollback: documents, from a controller. */

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "ctl/agent/agent.h"
#include "ctl/agent/config_call.h"
#include "ctl/agent/conn.h"
#include "ctl/agent/delegate.h"
#include "ctl/agent/methods.h"
#include "ctl/agent/quota.h"
#include "pe/epoch.h"

enum { CONFIRM_MAX_S = 86400 };

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
		.asked = params->document,
		.expected_epoch = params->expected_epoch,
		.idempotency_key = params->idempotency_key != NULL ? params->idempotency_key : "",
		.comment = params->comment != NULL ? params->comment : "",
		.who = conn_who(peer),
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
	const struct grant grant = grant_of(call);
	const char *path = NULL;

	if (grant.role == ROLE_ADMIN || document == NULL)
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

	if (!call_has_document(call, change.document) || !may_have(call, change.document))
		return;
	if (call_waits(call, &change))
		return;
	if (config_prepare(call_config(call), &change, &epoch, &fault))
		rpc_answer(call, json_pack("{sI si}", "epoch", (json_int_t)epoch, "commit_within",
					   CONFIG_PREPARED_S));
	else
		call_refuse_change(call, &fault);
}

/** @return whether a commit that is to be taken back if too much is dropped can be; else the call
 * is refused. */
static bool
is_guarded(struct rpc_call *call, const struct config_change *change)
{
	if (change->max_more_drops == 0 || change->confirm_within != 0)
		return true;
	rpc_refuse(call,
		   &(struct rpc_refusal){.code = RPC_INVALID_PARAMS, .path = "/max_more_drops"},
		   "max_more_drops: needs confirm_within: it guards until the commit is confirmed");
	return false;
}

/** Commits, and answers. */
static void
do_commit(struct rpc_call *call, const struct config_change *change)
{
	struct config *config = call_config(call);
	struct config_fault fault;
	uint64_t epoch;
	bool repeated;

	if (call_waits(call, change))
		return;
	if (config_commit(config, change, &epoch, &repeated, &fault))
		rpc_answer(call, json_pack("{sI sb sb si}", "epoch", (json_int_t)epoch, "in_force",
					   agent_pe(rpc_context(call))->current->number == epoch,
					   "repeated", repeated, "confirm_within",
					   (int)config_unconfirmed_s(config)));
	else
		call_refuse_change(call, &fault);
}

/** @return whether a tenant's part is as it was under an epoch; else the call is refused. */
static bool
is_as_under(struct rpc_call *call, uint64_t epoch)
{
	const struct wp_epoch *current = agent_pe(rpc_context(call))->current;
	const struct grant grant = grant_of(call);
	json_t *then, *then_view, *view;
	bool same;

	if (epoch == 0 || epoch == current->number)
		return true;
	then = call_kept_document(call, epoch);
	then_view = delegate_view(then, &grant);
	view = delegate_view(current->document->root, &grant);
	same = then != NULL && json_equal(then_view, view);
	json_decref(view);
	json_decref(then_view);
	json_decref(then);
	if (!same)
		rpc_refuse(call,
			   &(struct rpc_refusal){.code = RPC_CONFLICT,
						 .reason = "epoch",
						 .hint = "look at what config.get says now"},
			   "the tenant's part has changed since the epoch that is expected");
	return same;
}

/** A part is committed as it is, or not at all: others must be able to commit the next moment. */
static void
commit_part(struct rpc_call *call, struct config_change *change)
{
	const struct grant grant = grant_of(call);
	struct agent *agent = rpc_context(call);
	char tenant[64]; /* the commit puts the grant's document away */
	json_t *whole;
	uint64_t mark;

	snprintf(tenant, sizeof(tenant), "%s", grant.n_tenants != 0 ? grant.tenants[0] : "");
	if (!call_has_document(call, change->document) ||
	    !is_as_under(call, change->expected_epoch))
		return;
	if (change->confirm_within != 0 || change->max_more_drops != 0) {
		rpc_refuse(call,
			   &(struct rpc_refusal){.code = RPC_FORBIDDEN,
						 .path = "/confirm_within",
						 .reason = "tenant"},
			   "a tenant's controller commits at once, without a confirmation");
		return;
	}
	if (!quota_has_room(agent_quota(agent), tenant)) {
		rpc_refuse(call,
			   &(struct rpc_refusal){.code = RPC_REFUSED,
						 .reason = "counters",
						 .hint = "ask the PE's operator: a restart helps"},
			   "the tenant has had so many names of paths and instances that there are "
			   "no counters left for it");
		return;
	}
	whole = call_whole(call, change->document);
	if (whole == NULL)
		return;
	change->document = whole;
	change->expected_epoch = 0;
	change->tenant = tenant;
	mark = quota_mark(agent_pe(agent));
	do_commit(call, change);
	change->tenant = NULL;
	quota_charge(agent_quota(agent), agent_pe(agent), tenant, mark);
	json_decref(whole);
}

static void
commit(struct rpc_call *call)
{
	struct config_change change = change_of(call);
	const struct grant grant = grant_of(call);

	if (!grant_is_whole(&grant))
		commit_part(call, &change);
	else if (is_guarded(call, &change) && may_have(call, change.document))
		do_commit(call, &change);
}

/* The rest. */

static const struct wp_field confirm_params[] = {
	{CHANGE(expected_epoch), .type = WP_U64, .max = (uint64_t)1 << 53, .dflt = "0",
	 .help = "that is to be confirmed, else nothing is; 0: any"},
	{.name = NULL},
};

static void
confirm(struct rpc_call *call)
{
	const struct change *params = rpc_params(call);
	uint64_t now = agent_pe(rpc_context(call))->current->number;
	struct config_fault fault;

	if (params->expected_epoch != 0 && params->expected_epoch != now)
		rpc_refuse(call, &(struct rpc_refusal){.code = RPC_CONFLICT, .reason = "epoch"},
			   "epoch %lu is in force, not %lu", now, params->expected_epoch);
	else if (config_confirm(call_config(call), &fault))
		rpc_answer(call,
			   json_pack("{sI}", "epoch",
				     (json_int_t)agent_pe(rpc_context(call))->current->number));
	else
		call_refuse_change(call, &fault);
}

static void
give_up(struct rpc_call *call)
{
	rpc_answer(call, json_pack("{sb}", "aborted", config_abort(call_config(call))));
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

/** @return a new reference to what the caller had committed as an epoch, without what is not its
 * to say; NULL: the call is refused */
static json_t *
earlier_part(struct rpc_call *call, uint64_t epoch)
{
	const struct history *history = agent_history(rpc_context(call));
	const struct grant grant = grant_of(call);
	const struct history_entry *entries = NULL;
	json_t *document = NULL, *part = NULL;
	unsigned int n = 0;

	if (history != NULL)
		entries = history_list(history, &n);
	for (unsigned int i = 0; i < n; i++)
		if (entries[i].epoch == epoch && call_may_know(&grant, &entries[i]))
			document = history_document(history, epoch);
	if (document != NULL) {
		part = delegate_view(document, &grant);
		json_object_del(part, "tenants"); /* are as they are now */
	} else {
		rpc_refuse(call,
			   &(struct rpc_refusal){.code = RPC_NOT_FOUND,
						 .path = "/to_epoch",
						 .reason = "epoch",
						 .hint = "config.history lists what there is"},
			   "no commit of yours of that epoch is kept");
	}
	json_decref(document);
	return part;
}

/** Commits an earlier part of a tenant's again. */
static void
roll_part_back(struct rpc_call *call, uint64_t epoch)
{
	const struct conn *peer = rpc_peer(call);
	struct config_change change = {.idempotency_key = "", .who = conn_who(peer)};
	json_t *part = earlier_part(call, epoch);
	char comment[64];

	if (part == NULL)
		return;
	snprintf(comment, sizeof(comment), "back to epoch %lu", epoch);
	change.comment = comment;
	change.document = part;
	change.asked = part;
	commit_part(call, &change);
	json_decref(part);
}

static void
rollback(struct rpc_call *call)
{
	const struct go_back *params = rpc_params(call);
	const struct conn *peer = rpc_peer(call);
	const struct grant grant = grant_of(call);
	struct config_fault fault;
	json_t *document;
	uint64_t epoch;
	bool may;

	if (!grant_is_whole(&grant)) {
		roll_part_back(call, params->to_epoch);
		return;
	}
	document = config_earlier(call_config(call), params->to_epoch);
	may = may_have(call, document);
	may = may && (document == NULL || !call_waits_for(call, document));
	json_decref(document);
	if (!may)
		return;
	if (config_rollback(call_config(call), params->to_epoch, conn_who(peer), &epoch, &fault))
		rpc_answer(call, json_pack("{sI}", "epoch", (json_int_t)epoch));
	else
		call_refuse_change(call, &fault);
}

const struct rpc_method change_methods[] = {
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
	 .for_tenants = true,
	 .run = commit},
	{.name = "config.confirm",
	 .summary = "keeps what was committed with confirm_within",
	 .result = "epoch",
	 .params = confirm_params,
	 .params_size = sizeof(struct change),
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
	 .for_tenants = true,
	 .run = rollback},
	{.name = NULL},
};
