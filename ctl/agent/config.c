/* SPDX-License-Identifier: BSD-3-Clause */
/* See config.h. */

#include "ctl/agent/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "ctl/agent/ahead.h"
#include "ctl/agent/health.h"
#include "pe/document.h"
#include "pe/epoch.h"

struct config {
	struct pe *pe;
	const char *file;
	struct history *history;
	struct ahead *ahead;
	bool (*is_wanted)(const void *arg); /* what it opens; NULL: whatever comes */
	const void *wanted_by;
	config_changed_fn changed;
	void *arg; /* its */
	/* Prepared: nothing, or an epoch beside the one in force. */
	struct wp_epoch *prepared;
	json_t *prepared_document;
	struct event *prepared_late;
	/* Unconfirmed: the one in force is taken back unless somebody wants it. */
	uint64_t back_to; /* epoch; 0: confirmed */
	struct event *confirm_late;
	uint32_t max_more_drops; /* permille; more take it back at once; 0: any */
	struct health health;
	struct event *look; /* at that, each second */
};

/** @return false, for the caller to return. */
static bool
refuse(struct config_fault *fault, enum rpc_code code, const char *reason, const char *hint,
       const char *message)
{
	*fault = (struct config_fault){.code = code, .reason = reason, .hint = hint};
	snprintf(fault->document.message, sizeof(fault->document.message), "%s", message);
	return false;
}

static bool
refuse_document(struct config_fault *fault)
{
	fault->code = RPC_REFUSED;
	fault->reason = "document";
	fault->hint = "nothing has changed";
	return false;
}

/* Preparing. */

/** Makes a document of JSON: file names in it are relative to the operator's file's folder. */
static bool
parse(const struct config *config, json_t *json, struct document **document,
      struct config_fault *fault)
{
	char *text = json_dumps(json, JSON_COMPACT);
	int err;

	*fault = (struct config_fault){0};
	if (text == NULL)
		return refuse(fault, RPC_INTERNAL, NULL, NULL, "no memory");
	err = document_parse_as(config->file, text, strlen(text), document, &fault->document);
	free(text);
	return err == 0 || refuse_document(fault);
}

/** Finds the document of JSON that was opened ahead, or makes it. */
static bool
take_or_parse(const struct config *config, json_t *json, struct document **document,
	      struct config_fault *fault)
{
	int err;

	*fault = (struct config_fault){0};
	err = ahead_take(config->ahead, json, document, &fault->document);
	if (err == -ENOENT)
		return parse(config, json, document, fault);
	return err == 0 || refuse_document(fault);
}

/** @return whether no other document is being opened. */
static bool
is_free(const struct config *config, struct config_fault *fault)
{
	return !ahead_is_busy(config->ahead) ||
	       refuse(fault, RPC_BUSY, "opening", "try again in some seconds",
		      "another document is being opened");
}

/** Opens a document beside the one in force. */
static bool
open_epoch(struct config *config, json_t *json, struct wp_epoch **epoch, struct config_fault *fault)
{
	struct document *document;

	if (config->prepared != NULL)
		return refuse(fault, RPC_BUSY, "prepared", "commit or abort it first",
			      "a document is prepared");
	if (!is_free(config, fault) || !take_or_parse(config, json, &document, fault))
		return false;
	if (pe_prepare(config->pe, document, epoch, &fault->document) != 0)
		return refuse_document(fault);
	return true;
}

bool
config_validate(struct config *config, json_t *document, struct config_fault *fault)
{
	struct wp_epoch *epoch;

	if (!open_epoch(config, document, &epoch, fault))
		return false;
	pe_abort(config->pe, epoch);
	return true;
}

/** @return whether a change may begin now. */
static bool
may_change(const struct config *config, uint64_t expected_epoch, struct config_fault *fault)
{
	if (config->history == NULL)
		return refuse(fault, RPC_REFUSED, "state-dir", "name a state_dir in the document",
			      "nothing can be committed without a state_dir to keep it in");
	if (expected_epoch != 0 && expected_epoch != config->pe->current->number)
		return refuse(fault, RPC_CONFLICT, "epoch", "look at what config.get says now",
			      "another epoch is in force than the one that is expected");
	if (config->back_to != 0)
		return refuse(fault, RPC_CONFLICT, "unconfirmed",
			      "config.confirm or config.rollback first",
			      "the commit before has not been confirmed yet");
	return true;
}

bool
config_prepare(struct config *config, const struct config_change *change, uint64_t *epoch,
	       struct config_fault *fault)
{
	const struct timeval wait = {.tv_sec = CONFIG_PREPARED_S};

	if (!may_change(config, change->expected_epoch, fault) ||
	    !open_epoch(config, change->document, &config->prepared, fault))
		return false;
	config->prepared_document = json_incref(change->document);
	event_add(config->prepared_late, &wait);
	*epoch = config->prepared->number;
	return true;
}

/** What is prepared is the caller's from now on. */
static struct wp_epoch *
take_prepared(struct config *config, json_t **document)
{
	struct wp_epoch *epoch = config->prepared;

	*document = config->prepared_document;
	config->prepared = NULL;
	config->prepared_document = NULL;
	event_del(config->prepared_late);
	return epoch;
}

bool
config_abort(struct config *config)
{
	json_t *document;
	struct wp_epoch *epoch = take_prepared(config, &document);
	bool was = epoch != NULL;

	pe_abort(config->pe, epoch);
	json_decref(document);
	return was;
}

static void
on_prepared_late(evutil_socket_t fd, short what, void *arg)
{
	struct config *config = arg;

	pe_log(config->pe, "epoch %lu was prepared and nobody has committed it: given up",
	       config->prepared->number);
	config_abort(config);
}

/* Committing. */

/** @return whether a commit had a change's idempotency key. Those of tenants' controllers are each
 * one's own. */
static bool
had_key(const struct history_entry *entry, const struct config_change *change)
{
	bool is_delegated = entry->tenant[0] != '\0';

	if (is_delegated != (change->tenant != NULL) ||
	    strcmp(entry->idempotency_key, change->idempotency_key) != 0)
		return false;
	return !is_delegated || strcmp(entry->who, change->who) == 0;
}

/** @return the commit that had a change's idempotency key, or NULL. */
static const struct history_entry *
find_commit(const struct config *config, const struct config_change *change)
{
	const struct history_entry *entries;
	unsigned int n;

	if (change->idempotency_key[0] == '\0' || config->history == NULL)
		return NULL;
	entries = history_list(config->history, &n);
	for (unsigned int i = 0; i < n; i++)
		if (had_key(&entries[i], change))
			return &entries[i];
	return NULL;
}

/** Judges a commit whose key was seen: the same again, or another one. */
static bool
repeat(const struct history_entry *before, const struct config_change *change, uint64_t *epoch,
       struct config_fault *fault)
{
	char asked[HISTORY_DIGEST_SIZE] = "";
	bool same = change->asked == NULL || (history_digest(change->asked, asked) == 0 &&
					      strcmp(asked, before->asked) == 0);

	*epoch = before->epoch;
	return same || refuse(fault, RPC_CONFLICT, "idempotency-key", "take another key",
			      "this idempotency key was another commit's");
}

/** Says to the disk what a restart is to return to. */
static int
note_current(struct config *config, uint64_t epoch)
{
	struct history_current current = *history_current(config->history);

	current.epoch = epoch;
	return history_set_current(config->history, &current);
}

/** Writes a commit down, before it is one. */
static int
write_down(struct config *config, const struct config_change *change, uint64_t epoch,
	   json_t *document)
{
	const struct history_current before = *history_current(config->history);
	struct history_entry entry = {
		.epoch = epoch, .time = time(NULL), .back_to = change->back_to};
	int err = change->asked == NULL ? 0 : history_digest(change->asked, entry.asked);

	snprintf(entry.who, sizeof(entry.who), "%s", change->who);
	snprintf(entry.tenant, sizeof(entry.tenant), "%s",
		 change->tenant != NULL ? change->tenant : "");
	snprintf(entry.comment, sizeof(entry.comment), "%s", change->comment);
	snprintf(entry.idempotency_key, sizeof(entry.idempotency_key), "%s",
		 change->idempotency_key);
	if (err == 0)
		err = history_put(config->history, &entry, document);
	if (err == 0 && change->confirm_within == 0)
		err = note_current(config, epoch);
	if (err != 0) {
		history_set_current(config->history, &before); /* it may be half done */
		history_take_back(config->history, epoch);
	}
	return err;
}

/** Puts an open epoch in force, once it is on disk. Takes the epoch. */
static bool
put_in_force(struct config *config, const struct config_change *change, struct wp_epoch *epoch,
	     json_t *document, struct config_fault *fault)
{
	const struct timeval wait = {.tv_sec = change->confirm_within};
	uint64_t before = config->pe->current->number;
	json_t *old;
	int err = write_down(config, change, epoch->number, document);

	if (err != 0) {
		pe_abort(config->pe, epoch);
		refuse(fault, RPC_REFUSED, "state-dir", "nothing has changed", "");
		snprintf(fault->document.message, sizeof(fault->document.message),
			 "the document cannot be kept in state_dir: %s", strerror(-err));
		return false;
	}
	old = json_incref(config->pe->current->document->root);
	pe_commit(config->pe, epoch);
	config->changed(config->arg, change, old);
	json_decref(old);
	if (change->confirm_within != 0) {
		config->back_to = before;
		config->max_more_drops = change->max_more_drops;
		health_begin(&config->health, config->pe);
		event_add(config->confirm_late, &wait);
	}
	pe_log(config->pe, "epoch %lu is in force: %u paths, %u instances; by %s%s", epoch->number,
	       epoch->n_paths, epoch->n_instances, change->who,
	       change->confirm_within != 0 ? ", to be confirmed" : "");
	return true;
}

bool
config_commit(struct config *config, const struct config_change *change, uint64_t *epoch,
	      bool *repeated, struct config_fault *fault)
{
	const struct history_entry *before = find_commit(config, change);
	json_t *document = json_incref(change->document);
	struct wp_epoch *new;
	bool done;

	*repeated = before != NULL;
	if (before != NULL) {
		json_decref(document);
		return repeat(before, change, epoch, fault);
	}
	done = may_change(config, change->expected_epoch, fault);
	if (done && document == NULL && config->prepared == NULL)
		done = refuse(fault, RPC_NOT_FOUND, "prepared", "give a document, or prepare one",
			      "nothing is prepared");
	else if (done && document == NULL)
		new = take_prepared(config, &document);
	else if (done)
		done = open_epoch(config, document, &new, fault);
	if (done) {
		*epoch = new->number;
		done = put_in_force(config, change, new, document, fault);
	}
	json_decref(document);
	return done;
}

/* Confirming, and taking back. */

bool
config_confirm(struct config *config, struct config_fault *fault)
{
	int err;

	if (config->back_to == 0)
		return refuse(fault, RPC_NOT_FOUND, "unconfirmed", NULL,
			      "no commit waits for a confirmation");
	err = note_current(config, config->pe->current->number);
	if (err != 0)
		return refuse(fault, RPC_REFUSED, "state-dir", NULL, strerror(-err));
	config->back_to = 0;
	event_del(config->confirm_late);
	return true;
}

/** @return the epoch whose document was in force first, of one that went back to it. */
static uint64_t
origin(const struct config *config, uint64_t epoch)
{
	const struct history_entry *entries;
	unsigned int n;

	entries = history_list(config->history, &n);
	while (n-- != 0) /* newest first: what it went back to is older */
		if (entries[n].epoch == epoch && entries[n].back_to != 0)
			epoch = entries[n].back_to;
	return epoch;
}

/** @return the epoch before the one in force, as far as it is known; 0: none. What was gone back
 * from is not gone back to. */
static uint64_t
epoch_before(const struct config *config)
{
	uint64_t of = origin(config, config->pe->current->number), before = 0;
	const struct history_entry *entries;
	unsigned int n;

	entries = history_list(config->history, &n);
	for (unsigned int i = 0; i < n; i++)
		if (entries[i].epoch < of)
			before = entries[i].epoch;
	return before;
}

json_t *
config_earlier(const struct config *config, uint64_t to)
{
	if (config->history == NULL)
		return NULL;
	if (to == 0)
		to = config->back_to != 0 ? config->back_to : epoch_before(config);
	return to == 0 ? NULL : history_document(config->history, to);
}

bool
config_rollback(struct config *config, uint64_t to, const char *who, uint64_t *epoch,
		struct config_fault *fault)
{
	uint64_t back_to = config->back_to;
	struct config_change change = {.idempotency_key = "", .who = who};
	char comment[64];
	bool repeated, done;

	if (config->history == NULL)
		return may_change(config, 0, fault);
	if (to == 0)
		to = back_to != 0 ? back_to : epoch_before(config);
	change.document = config_earlier(config, to);
	if (change.document == NULL)
		return refuse(fault, RPC_NOT_FOUND, "epoch", "config.history lists what there is",
			      "that document is not kept");
	snprintf(comment, sizeof(comment), "back to epoch %lu", to);
	change.comment = comment;
	change.back_to = to;
	config_abort(config); /* what stands in the way of going back has to go */
	config->back_to = 0;
	done = config_commit(config, &change, epoch, &repeated, fault);
	if (done)
		event_del(config->confirm_late);
	else
		config->back_to = back_to;
	json_decref(change.document);
	return done;
}

/** Takes back what is not confirmed; tries again and again, if it must. */
static void
take_back(struct config *config, const char *why)
{
	const struct timeval again = {.tv_sec = 1};
	struct config_fault fault;
	uint64_t epoch;

	if (config_rollback(config, config->back_to, why, &epoch, &fault))
		return;
	pe_log(config->pe, "it cannot be taken back (%s %s); trying again", fault.document.path,
	       fault.document.message);
	event_add(config->confirm_late, &again);
}

static void
on_confirm_late(evutil_socket_t fd, short what, void *arg)
{
	struct config *config = arg;

	pe_log(config->pe, "epoch %lu was not confirmed in time: back to epoch %lu",
	       config->pe->current->number, config->back_to);
	take_back(config, "no confirmation");
}

/** Each second: gives up what is opened for nobody; takes back an unconfirmed commit under which
 * too much is dropped. */
static void
on_look(evutil_socket_t fd, short what, void *arg)
{
	struct config *config = arg;
	unsigned int worse;

	if (config->is_wanted != NULL && !config->is_wanted(config->wanted_by))
		ahead_give_up(config->ahead);
	if (config->back_to == 0) {
		health_follow(&config->health, config->pe);
		return;
	}
	worse = config->max_more_drops == 0 ? 0 : health_worse(&config->health, config->pe);
	if (worse <= config->max_more_drops)
		return;
	pe_log(config->pe,
	       "under epoch %lu %u permille more of the packets are dropped than before: back to "
	       "epoch %lu",
	       config->pe->current->number, worse, config->back_to);
	take_back(config, "more drops");
}

/* Ahead of a change. */

bool
config_open_ahead(struct config *config, const struct config_change *change, config_ready_fn ready,
		  void *arg)
{
	struct config_fault fault;

	if (config->prepared != NULL || change->document == NULL)
		return false;
	if (find_commit(config, change) != NULL ||
	    !may_change(config, change->expected_epoch, &fault))
		return false;
	return ahead_begin(config->ahead, change->document, ready, arg);
}

bool
config_document_ahead(struct config *config, json_t *document, config_ready_fn ready, void *arg)
{
	return config->prepared == NULL && ahead_begin(config->ahead, document, ready, arg);
}

bool
config_reload_ahead(struct config *config, config_ready_fn ready, void *arg)
{
	struct document_error error;
	struct document *document;
	bool waits;

	if (document_read(config->file, &document, &error) != 0)
		return false;
	waits = config_document_ahead(config, document->root, ready, arg);
	document_destroy(document);
	return waits;
}

void
config_opens_for(struct config *config, bool (*is_wanted)(const void *arg), const void *arg)
{
	config->is_wanted = is_wanted;
	config->wanted_by = arg;
}

bool
config_is_opening(const struct config *config)
{
	return ahead_is_busy(config->ahead);
}

bool
config_has_waited(const struct config *config)
{
	return ahead_is_ready(config->ahead);
}

/** Where nothing is kept: as it has ever been. */
static bool
reload_only(struct config *config, json_t *json, struct config_fault *fault)
{
	const struct wp_epoch *epoch;
	struct document *document;

	if (!is_free(config, fault) || !take_or_parse(config, json, &document, fault))
		return false;
	if (pe_reload(config->pe, document, &fault->document) != 0)
		return refuse_document(fault);
	epoch = config->pe->current;
	pe_log(config->pe, "epoch %lu is in force: %u paths, %u instances", epoch->number,
	       epoch->n_paths, epoch->n_instances);
	return true;
}

bool
config_reload(struct config *config, struct config_fault *fault)
{
	struct config_change change = {.idempotency_key = "", .who = "SIGHUP", .comment = ""};
	struct history_current current;
	struct document *document;
	bool repeated, done;
	uint64_t epoch;

	*fault = (struct config_fault){0};
	if (document_read(config->file, &document, &fault->document) != 0)
		return refuse_document(fault);
	change.document = json_incref(document->root);
	document_destroy(document);
	if (config->history == NULL) {
		done = reload_only(config, change.document, fault);
		json_decref(change.document);
		return done;
	}
	done = config_commit(config, &change, &epoch, &repeated, fault);
	json_decref(change.document);
	if (done && history_file_digest(config->file, current.base) == 0) {
		current.epoch = epoch;
		history_set_current(config->history, &current);
	}
	return done;
}

/* The rest. */

struct config *
config_create(struct event_base *base, struct pe *pe, const char *file, struct history *history,
	      config_changed_fn changed, void *arg)
{
	const struct timeval second = {.tv_sec = 1};
	struct config *config = calloc(1, sizeof(*config));

	if (config == NULL)
		return NULL;
	config->pe = pe;
	config->file = file;
	config->history = history;
	config->changed = changed;
	config->arg = arg;
	config->ahead = ahead_create(base, pe, file);
	config->prepared_late = evtimer_new(base, on_prepared_late, config);
	config->confirm_late = evtimer_new(base, on_confirm_late, config);
	config->look = event_new(base, -1, EV_PERSIST, on_look, config);
	if (config->ahead != NULL && config->prepared_late != NULL &&
	    config->confirm_late != NULL && config->look != NULL) {
		event_add(config->look, &second);
		return config;
	}
	config_destroy(config);
	return NULL;
}

void
config_destroy(struct config *config)
{
	if (config == NULL)
		return;
	ahead_destroy(config->ahead);
	if (config->prepared_late != NULL) {
		config_abort(config);
		event_free(config->prepared_late);
	}
	if (config->confirm_late != NULL)
		event_free(config->confirm_late);
	if (config->look != NULL)
		event_free(config->look);
	free(config);
}

/** @return whether a value says a text somewhere. */
static bool
says(json_t *value, const char *text)
{
	json_t *member;
	const char *name;
	size_t i;

	if (json_is_string(value))
		return strcmp(json_string_value(value), text) == 0;
	json_object_foreach(value, name, member) if (says(member, text)) return true;
	json_array_foreach(value, i, member) if (says(member, text)) return true;
	return false;
}

bool
config_says(const struct config *config, const char *text)
{
	json_t *back = config->back_to == 0 ? NULL : config_earlier(config, config->back_to);
	bool found = says(config->pe->current->document->root, text) ||
		     says(config->prepared_document, text) || says(back, text);

	json_decref(back);
	return found;
}

json_t *
config_document(const struct config *config)
{
	return json_incref(config->pe->current->document->root);
}

unsigned int
config_unconfirmed_s(const struct config *config)
{
	struct timeval end, now;

	if (config->back_to == 0 || !event_pending(config->confirm_late, EV_TIMEOUT, &end))
		return 0;
	gettimeofday(&now, NULL);
	return end.tv_sec > now.tv_sec ? (unsigned int)(end.tv_sec - now.tv_sec) : 1;
}

uint64_t
config_prepared(const struct config *config)
{
	return config->prepared == NULL ? 0 : config->prepared->number;
}
