/* SPDX-License-Identifier: BSD-3-Clause */
/* See agent.h. */

#include "ctl/agent/agent.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ctl/agent/audit.h"
#include "ctl/agent/conn.h"
#include "ctl/agent/delegate.h"
#include "ctl/agent/explain.h"
#include "ctl/agent/grant.h"
#include "ctl/agent/listen.h"
#include "ctl/agent/methods.h"
#include "ctl/agent/metrics.h"
#include "ctl/agent/pace.h"
#include "ctl/agent/push.h"
#include "ctl/agent/quota.h"
#include "ctl/agent/recorder.h"
#include "ctl/agent/snapshot.h"
#include "ctl/agent/tls.h"
#include "pe/document.h"
#include "pe/epoch.h"
#include "pe/stats.h"
#include "pe/watch.h"

struct agent {
	struct pe *pe;
	struct rpc_service service;
	struct config *config;
	struct history *history;
	struct conns *conns;
	struct listening *listening;
	struct tls *tls;
	struct audit *audit;
	struct push *push;
	struct pace *pace;
	struct snapshot snapshot;
	struct explainer *explainer;
	struct recorder *recorder;
	struct quota *quota;
	struct watch *watch;
	struct event *look; /* of the watch, each second */
	json_t *refused;    /* why the operator's file is not in force; NULL: it is, or nobody wants
			     * it to be any more */
};

/* Which document. */

/** @return the highest epoch that was committed, or 0. */
static uint64_t
last_epoch(const struct history *history)
{
	const struct history_entry *entries;
	unsigned int n;

	entries = history_list(history, &n);
	return n == 0 ? 0 : entries[n - 1].epoch;
}

/** The operator's file is the newest: it begins an epoch of its own, now that it runs. */
static int
keep_file(struct history *history, const struct wp_epoch *epoch, const char *file,
	  struct document_error *error)
{
	struct history_entry entry = {.epoch = epoch->number, .time = time(NULL)};
	struct history_current current = {.epoch = entry.epoch};
	int err = history_file_digest(file, current.base);

	snprintf(entry.who, sizeof(entry.who), "start");
	if (err == 0)
		err = history_put(history, &entry, epoch->document->root);
	if (err == 0)
		err = history_set_current(history, &current);
	if (err != 0)
		document_say(error, "/state_dir", "the document cannot be kept there: %s",
			     strerror(-err));
	return err;
}

/** A document was committed since the file was written: it goes on. */
static int
run_committed(const char *file, struct history *history, struct document **document,
	      uint64_t *epoch, struct document_error *error)
{
	uint64_t number = history_current(history)->epoch;
	json_t *json = history_document(history, number);
	char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);
	struct document *new;
	int err = -ENOENT;

	json_decref(json);
	if (text == NULL)
		document_say(
			error, "/state_dir",
			"epoch %lu, which was committed last, is not in documents/ any more; to "
			"run the file instead, change it (a comment is enough)",
			number);
	else
		err = document_parse_as(file, text, strlen(text), &new, error);
	free(text);
	if (err != 0)
		return err;
	document_destroy(*document);
	*document = new;
	*epoch = number;
	return 0;
}

int
agent_choose(const char *file, struct document **document, uint64_t *epoch,
	     struct history **history, struct document_error *error)
{
	char digest[HISTORY_DIGEST_SIZE] = "", message[256];
	const struct document *of_file = *document;
	struct history *new = NULL;
	int err;

	*epoch = 1;
	*history = NULL;
	if ((of_file->control.socket[0] == '\0' && of_file->control.listen[0] == '\0') ||
	    of_file->state_dir[0] == '\0')
		return 0;
	err = history_open(of_file->state_dir, &new, message, sizeof(message));
	if (err != 0) {
		document_say(error, "/state_dir", "%s", message);
		return err;
	}
	err = history_file_digest(file, digest);
	if (err != 0)
		document_say(error, "", "cannot be read");
	else if (strcmp(digest, history_current(new)->base) == 0)
		err = run_committed(file, new, document, epoch, error);
	else
		*epoch = last_epoch(new) + 1;
	if (err == 0)
		*history = new;
	else
		history_close(new);
	return err;
}

/* The sockets. */

struct grant
agent_grant(const struct agent *agent, const struct conn *conn)
{
	return grant_find(agent->pe->current->document, conn_who(conn), conn_is_local(conn));
}

/** As conn_known_fn. */
static bool
is_known(void *arg, const struct conn *conn)
{
	return agent_grant(arg, conn).role >= 0;
}

/** As in struct rpc_service. */
static bool
admit(struct rpc_call *call)
{
	const struct rpc_method *method = rpc_method(call);
	struct grant grant = grant_of(call);

	if (!grant_may(&grant, method->role))
		rpc_refuse(call, &(struct rpc_refusal){.code = RPC_FORBIDDEN, .reason = "role"},
			   "%s needs the role %s", method->name, rpc_role_names[method->role]);
	else if (!grant_is_whole(&grant) && !method->for_tenants)
		rpc_refuse(call, &(struct rpc_refusal){.code = RPC_FORBIDDEN, .reason = "tenant"},
			   "%s is not for controllers of single tenants", method->name);
	else
		return true;
	return false;
}

/** As conn_metrics_fn. */
static void
write_metrics(void *arg, const struct conn *conn, struct evbuffer *out, bool is_open)
{
	const struct agent *agent = arg;
	const struct grant grant = agent_grant(agent, conn);
	json_t *stats = stats_json(agent->pe);

	stats_add_latency(agent->pe, stats);
	stats = delegate_stats(stats, &grant);
	metrics_write(out, stats, is_open);
	json_decref(stats);
}

static void
on_gone(void *arg, struct conn *conn)
{
	const struct agent *agent = arg;

	push_forget(agent->push, conn);
}

static void
on_drained(void *arg, struct conn *conn)
{
	const struct agent *agent = arg;

	push_resume(agent->push, conn);
}

/** Whatever control says in the log is an event, too. */
static void
on_said(void *arg, const char *line)
{
	const struct agent *agent = arg;

	push_event(agent->push, "log", NULL, json_pack("{ss?}", "text", line));
}

/** As watch_fn. */
static void
on_seen(void *arg, const char *kind, const char *tenant, json_t *data)
{
	const struct agent *agent = arg;

	push_event(agent->push, kind, tenant, data);
}

static void
on_look(evutil_socket_t fd, short what, void *arg)
{
	const struct agent *agent = arg;

	watch_look(agent->watch, agent->pe, time(NULL), on_seen, arg);
}

/** As teller_fn. What an instance of a tenant's own tells, that tenant's controller hears, too. */
static void
on_told(void *arg, const char *instance, const char *text, size_t size)
{
	const struct agent *agent = arg;
	const struct document_tenant *owner =
		document_owner(agent->pe->current->document, instance);
	json_t *record = json_loadb(text, size, 0, NULL);

	if (record != NULL)
		push_event(agent->push, "record", owner == NULL ? NULL : owner->name,
			   json_pack("{ss so}", "instance", instance, "record", record));
}

/** As recorder_fn. */
static void
on_recorded(void *arg, const struct recorder_state *state)
{
	const struct agent *agent = arg;

	push_event(agent->push, "capture", state->tenant,
		   json_pack("{ss ss sI sI}", "path", state->path, "end", state->end, "packets",
			     (json_int_t)state->packets, "lost", (json_int_t)state->lost));
}

/** As config_changed_fn. */
static void
on_changed(void *arg, const struct config_change *change, json_t *before)
{
	struct agent *agent = arg;

	if (change->tenant == NULL) {
		json_decref(agent->refused);
		agent->refused = NULL;
	}
	recorder_look(agent->recorder);
	push_event(agent->push, "epoch", NULL,
		   json_pack("{sI ss ss si}", "epoch", (json_int_t)agent->pe->current->number,
			     "who", change->who, "comment", change->comment, "confirm_within",
			     (int)change->confirm_within));
	push_changed(agent->push, before);
}

/** Leaves a line for what changes something, or was to. */
static void
on_ended(const struct rpc_call *call, const json_t *params, const json_t *error)
{
	const struct agent *agent = rpc_context(call);
	const struct conn *peer = rpc_peer(call);
	const char *message = json_string_value(json_object_get(error, "message"));

	if (agent->audit != NULL && rpc_method(call)->mutates)
		audit_write(agent->audit, peer != NULL ? conn_who(peer) : "gone",
			    rpc_method(call)->name, params,
			    (int)json_integer_value(json_object_get(error, "code")), message);
}

/** Opens what a document's control says. */
static int
open_sockets(struct event_base *base, struct agent *agent, struct document_error *error)
{
	const struct document *document = agent->pe->current->document;
	const struct document_control *conf = &document->control;
	int err = 0;

	if (conf->socket[0] == '\0' && conf->listen[0] == '\0')
		return 0;
	if (document->state_dir[0] != '\0') {
		document_say(error, "/state_dir", "no memory");
		err = audit_open(document->state_dir, &agent->audit, error->message,
				 sizeof(error->message));
	}
	if (err == 0 && conf->socket[0] != '\0') {
		document_say(error, "/control/socket", "no memory");
		err = listen_unix(base, agent->conns, conf->socket, &agent->listening,
				  error->message, sizeof(error->message));
	}
	if (err == 0 && conf->listen[0] != '\0') {
		document_say(error, "/control/listen", "no memory");
		err = tls_listen(base, agent->conns, conf, &agent->tls, error->message,
				 sizeof(error->message));
	}
	return err;
}

/** Goes on with the numbers of epochs, and keeps what is new. */
static int
begin_history(const struct agent *agent, const char *file, struct document_error *error)
{
	struct pe *pe = agent->pe;

	if (agent->history == NULL)
		return 0;
	/* Of all numbers that were given, also to what was taken back. */
	if (pe->next_epoch < last_epoch(agent->history))
		pe->next_epoch = last_epoch(agent->history);
	if (history_current(agent->history)->epoch == pe->current->number)
		return 0;
	return keep_file(agent->history, pe->current, file, error);
}

int
agent_open(struct event_base *base, struct pe *pe, const char *file, struct history *history,
	   struct agent **agent, struct document_error *error)
{
	const struct timeval second = {.tv_sec = 1};
	struct agent *new = calloc(1, sizeof(*new));
	int err;

	document_say(error, "/control", "no memory");
	if (new == NULL) {
		history_close(history);
		return -ENOMEM;
	}
	new->pe = pe;
	new->history = history;
	new->service = (struct rpc_service){
		.tables = agent_methods, .context = new, .admit = admit, .ended = on_ended};
	new->config = config_create(base, pe, file, history, on_changed, new);
	new->push = push_create(base, new);
	new->pace = pace_create();
	new->explainer = explainer_create(base, pe);
	new->quota = quota_create();
	new->recorder = recorder_create(base, pe, on_recorded, new);
	new->watch = watch_create();
	new->look = event_new(base, -1, EV_PERSIST, on_look, new);
	new->conns = conns_create(base, &(struct conn_hooks){&new->service, is_known, write_metrics,
							     on_gone, on_drained, new});
	if (new->config == NULL || new->conns == NULL || new->push == NULL || new->pace == NULL ||
	    new->watch == NULL || new->explainer == NULL || new->recorder == NULL ||
	    new->quota == NULL || new->look == NULL)
		err = -ENOMEM;
	else
		err = begin_history(new, file, error);
	if (err == 0)
		err = open_sockets(base, new, error);
	if (err != 0) {
		agent_close(new);
		return err;
	}
	event_add(new->look, &second);
	pe->options.said = on_said;
	pe->options.said_arg = new;
	pe->options.told = on_told;
	pe->options.told_arg = new;
	*agent = new;
	return 0;
}

void
agent_close(struct agent *agent)
{
	if (agent == NULL)
		return;
	agent->pe->options.said = NULL;
	agent->pe->options.told = NULL;
	recorder_destroy(agent->recorder);
	listen_end(agent->listening);
	tls_end(agent->tls);
	conns_destroy(agent->conns);
	explainer_destroy(agent->explainer);
	config_destroy(agent->config);
	history_close(agent->history);
	audit_close(agent->audit);
	push_destroy(agent->push);
	if (agent->look != NULL)
		event_free(agent->look);
	watch_destroy(agent->watch);
	quota_destroy(agent->quota);
	pace_destroy(agent->pace);
	snapshot_free(&agent->snapshot);
	json_decref(agent->refused);
	free(agent);
}

bool
agent_reload_ahead(struct agent *agent, config_ready_fn ready, void *arg)
{
	return config_reload_ahead(agent->config, ready, arg);
}

bool
agent_reload(struct agent *agent, struct config_fault *fault)
{
	bool done = config_reload(agent->config, fault);

	json_decref(agent->refused);
	agent->refused = done ? NULL
			      : json_pack("{sI ss ss}", "time", (json_int_t)time(NULL), "path",
					  fault->document.path, "message", fault->document.message);
	return done;
}

json_t *
agent_refused(const struct agent *agent)
{
	return agent->refused;
}

struct pe *
agent_pe(const struct agent *agent)
{
	return agent->pe;
}

struct config *
agent_config(const struct agent *agent)
{
	return agent->config;
}

struct history *
agent_history(const struct agent *agent)
{
	return agent->history;
}

const struct conns *
agent_conns(const struct agent *agent)
{
	return agent->conns;
}

struct push *
agent_push(const struct agent *agent)
{
	return agent->push;
}

struct pace *
agent_pace(const struct agent *agent)
{
	return agent->pace;
}

struct snapshot *
agent_snapshot(struct agent *agent)
{
	return &agent->snapshot;
}

struct explainer *
agent_explainer(const struct agent *agent)
{
	return agent->explainer;
}

struct recorder *
agent_recorder(const struct agent *agent)
{
	return agent->recorder;
}

struct quota *
agent_quota(const struct agent *agent)
{
	return agent->quota;
}
