/* SPDX-License-Identifier: BSD-3-Clause */
/* key.*: keys come in and go, and never come out. A key is in the store before a document names it.
 */

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ctl/agent/agent.h"
#include "ctl/agent/grant.h"
#include "ctl/agent/methods.h"
#include "ctl/agent/pace.h"
#include "ctl/agent/push.h"
#include "hex.h"
#include "pe/document.h"
#include "pe/epoch.h"
#include "pe/keystore.h"
#include "pe/keystore_write.h"

struct name {
	const char *name;
};

static const struct wp_field name_params[] = {
	{.name = "name",
	 .type = WP_KEY_NAME,
	 .offset = offsetof(struct name, name),
	 .help = "NAME@VERSION"},
	{.name = NULL},
};

#define KEY(NAME) .name = #NAME, .offset = offsetof(struct keystore_text, NAME)

static const struct wp_field put_params[] = {
	{KEY(name), .type = WP_KEY_NAME, .help = "NAME@VERSION; what has a name never changes"},
	{KEY(algorithm), .type = WP_STRING, .min = 1, .max = 32,
	 .help = "aes-128-gcm or aes-256-gcm"},
	{KEY(key), .type = WP_STRING, .min = 1, .max = 128, .help = "in hex: 16 or 32 bytes"},
	{KEY(salt), .type = WP_STRING, .min = 1, .max = 64, .help = "in hex: 4 bytes (RFC 4106)"},
	{KEY(not_after), .type = WP_STRING, .max = 20, .dflt = "\"\"",
	 .help = "end of its lifetime, 2027-01-31T12:00:00Z; from then on it is as if used up. "
		 "Empty: none"},
	{.name = NULL},
};

static const struct document *
document_of(const struct rpc_call *call)
{
	return agent_pe(rpc_context(call))->current->document;
}

/** @return the key store's file; NULL: there is none, and the call is refused. */
static const char *
store_of(struct rpc_call *call)
{
	const char *file = document_of(call)->key_store;

	if (file[0] != '\0')
		return file;
	rpc_refuse(call,
		   &(struct rpc_refusal){.code = RPC_REFUSED,
					 .reason = "key-store",
					 .hint = "name a key_store in the document"},
		   "the document in force has no key store");
	return NULL;
}

/** @return whether a key's name is the caller's to give; else the call is refused. */
static bool
is_own(struct rpc_call *call, const char *name)
{
	const struct grant grant = grant_of(call);

	if (grant_has_name(&grant, name))
		return pace_take_turn(call);
	rpc_refuse(
		call,
		&(struct rpc_refusal){.code = RPC_FORBIDDEN, .path = "/name", .reason = "tenant"},
		"name: '%s' does not begin with the tenant's name and a dot", name);
	return false;
}

/** @return whether a tenant has room for a further key; for the operator's keys there is always. */
static bool
has_room(const struct document *document, const struct document_tenant *owner, const char *file,
	 const char *name)
{
	struct keystore *store;
	char message[256];
	uint32_t n = 0;

	if (owner == NULL || keystore_open(file, &store, message, sizeof(message)) != 0)
		return true;
	for (unsigned int i = 0; i < keystore_size(store); i++) {
		const char *other = keystore_key(store, i)->name;

		n += strcmp(other, name) != 0 && document_owner(document, other) == owner;
	}
	keystore_close(store);
	return n < owner->delegated.max_keys;
}

/** Makes an event of what has become of a key. */
static void
tell(const struct rpc_call *call, const char *name, const char *what)
{
	const struct document_tenant *owner = document_owner(document_of(call), name);

	push_event(agent_push(rpc_context(call)), "key", owner == NULL ? NULL : owner->name,
		   json_pack("{ss ss}", "key", name, "what", what));
}

static enum rpc_code
code_of(int err)
{
	switch (err) {
	case -EEXIST:
		return RPC_CONFLICT;
	case -ENOKEY:
		return RPC_NOT_FOUND;
	case -EINVAL:
		return RPC_INVALID_PARAMS;
	default:
		return RPC_REFUSED;
	}
}

/** @return whether a time as 2027-01-31T12:00:00Z has passed. What is none is refused later on. */
static bool
is_past(const char *text)
{
	char now[KEYSTORE_TIME_SIZE];

	keystore_time(time(NULL), now);
	return strlen(text) == strlen(now) && strcmp(text, now) < 0;
}

static void
put(struct rpc_call *call)
{
	const struct keystore_text *key = rpc_params(call);
	const char *file = store_of(call);
	const struct document_tenant *owner;
	char message[256];
	bool repeated;
	int err;

	if (file == NULL || !is_own(call, key->name))
		return;
	if (key->not_after[0] != '\0' && is_past(key->not_after)) {
		rpc_refuse(call,
			   &(struct rpc_refusal){.code = RPC_INVALID_PARAMS, .path = "/not_after"},
			   "not_after: %s has passed", key->not_after);
		return;
	}
	owner = document_owner(document_of(call), key->name);
	if (!has_room(document_of(call), owner, file, key->name)) {
		rpc_refuse(call,
			   &(struct rpc_refusal){.code = RPC_REFUSED,
						 .reason = "max-keys",
						 .hint = "delete some that are not in use"},
			   "tenant '%s' may have %u keys", owner->name, owner->delegated.max_keys);
		return;
	}
	err = keystore_put(file, key, &repeated, message, sizeof(message));
	if (err == 0 && !repeated)
		tell(call, key->name, "put");
	if (err == 0)
		rpc_answer(call, json_pack("{ss sb}", "name", key->name, "repeated", repeated));
	else
		rpc_refuse(call, &(struct rpc_refusal){.code = code_of(err), .reason = "key"}, "%s",
			   message);
}

/** Collects all texts of a value, as members of an object. */
static void
collect(json_t *value, json_t *texts)
{
	json_t *member;
	const char *name;
	size_t i;

	if (json_is_string(value))
		json_object_set_new(texts, json_string_value(value), json_true());
	json_object_foreach(value, name, member) collect(member, texts);
	json_array_foreach(value, i, member) collect(member, texts);
}

static json_t *
describe(const struct keystore_key *key, const json_t *in_use)
{
	char fingerprint[2 * KEYSTORE_FINGERPRINT_SIZE + 1], end[KEYSTORE_TIME_SIZE] = "";

	wp_hex(key->fingerprint, KEYSTORE_FINGERPRINT_SIZE, fingerprint);
	if (key->not_after != 0)
		keystore_time(key->not_after, end);
	return json_pack("{ss ss ss ss sb}", "name", key->name, "algorithm",
			 wp_aead_alg_name(key->alg), "fingerprint", fingerprint, "not_after", end,
			 "in_use", json_object_get(in_use, key->name) != NULL);
}

static void
list(struct rpc_call *call)
{
	const struct grant grant = grant_of(call); /* a refused call is gone */
	const char *file = store_of(call);
	struct keystore *store;
	json_t *keys = json_array(), *in_use;
	char message[256];

	if (file == NULL) {
		json_decref(keys);
		return;
	}
	if (keystore_open(file, &store, message, sizeof(message)) != 0) {
		json_decref(keys);
		rpc_refuse(call, &(struct rpc_refusal){.code = RPC_REFUSED, .reason = "key-store"},
			   "%s", message);
		return;
	}
	in_use = json_object();
	collect(document_of(call)->root, in_use);
	for (unsigned int i = 0; i < keystore_size(store); i++)
		if (grant_has_name(&grant, keystore_key(store, i)->name))
			json_array_append_new(keys, describe(keystore_key(store, i), in_use));
	json_decref(in_use);
	keystore_close(store);
	rpc_answer(call, json_pack("{so}", "keys", keys));
}

static void
remove_key(struct rpc_call *call)
{
	const struct name *params = rpc_params(call);
	const char *file = store_of(call);
	char message[256];
	int err;

	if (file == NULL || !is_own(call, params->name))
		return;
	if (config_says(agent_config(rpc_context(call)), params->name)) {
		rpc_refuse(call,
			   &(struct rpc_refusal){.code = RPC_CONFLICT,
						 .reason = "in-use",
						 .hint = "commit a document without it first"},
			   "the key '%s' is of the document in force, or of one that may follow it "
			   "any moment",
			   params->name);
		return;
	}
	err = keystore_delete(file, params->name, message, sizeof(message));
	if (err == 0)
		tell(call, params->name, "deleted");
	if (err == 0)
		rpc_answer(call, json_pack("{ss}", "name", params->name));
	else
		rpc_refuse(call, &(struct rpc_refusal){.code = code_of(err), .reason = "key"}, "%s",
			   message);
}

const struct rpc_method key_methods[] = {
	{.name = "key.put",
	 .summary = "adds a key to the key store; a document that names it puts it to use",
	 .result = "name; repeated: it was there, the same",
	 .params = put_params,
	 .params_size = sizeof(struct keystore_text),
	 .role = ROLE_KEY_MANAGER,
	 .mutates = true,
	 .for_tenants = true,
	 .run = put},
	{.name = "key.list",
	 .summary = "lists the keys of the key store, but not what they are",
	 .result = "keys: a list of name, algorithm, fingerprint, not_after, in_use: the document "
		   "in force "
		   "names it",
	 .for_tenants = true,
	 .run = list},
	{.name = "key.delete",
	 .summary = "takes a key out of the key store",
	 .result = "name",
	 .params = name_params,
	 .params_size = sizeof(struct name),
	 .role = ROLE_KEY_MANAGER,
	 .mutates = true,
	 .for_tenants = true,
	 .run = remove_key},
	{.name = NULL},
};
