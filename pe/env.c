/* SPDX-License-Identifier: BSD-3-Clause */
/* What services may ask of control while they are opened. */

#include "pe/env.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pe/keystore.h"
#include "pe/tables.h"
#include "state/state.h"
#include "stream/stream.h"

/** One thing taken. */
struct env_resources {
	struct env_resources *next;
	struct wp_aead *aead;   /* with, or */
	time_t not_after;       /* 0: its lifetime has no end */
	struct wp_table *table; /* with */
	struct wp_entry *entry;
};

void
env_release(struct env_resources *resources)
{
	while (resources != NULL) {
		struct env_resources *next = resources->next;

		wp_aead_destroy(resources->aead);
		if (resources->entry != NULL)
			wp_table_release(resources->table, resources->entry);
		free(resources);
		resources = next;
	}
}

void
env_end_keys(struct env_resources *resources, time_t now)
{
	for (; resources != NULL; resources = resources->next)
		if (resources->not_after != 0 && now > resources->not_after)
			wp_aead_end(resources->aead);
}

static struct env_resources *
resource_add(struct wp_env *env)
{
	struct env_resources *resource = calloc(1, sizeof(*resource));

	if (resource != NULL) {
		resource->next = *env->resources;
		*env->resources = resource;
	}
	return resource;
}

int
wp_error(struct wp_env *env, int error, const char *member, const char *format, ...)
{
	struct document_error *out = env->error;
	va_list args;

	snprintf(out->path, sizeof(out->path), "%s%s%s", env->at, member != NULL ? "/" : "",
		 member != NULL ? member : "");
	va_start(args, format);
	vsnprintf(out->message, sizeof(out->message), format, args);
	va_end(args);
	return error;
}

void
wp_log(struct wp_env *env, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (env->said != NULL) {
		fprintf(env->said, "%s: %s", env->instance->name, text);
		fputc('\0', env->said);
	} else {
		pe_log(env->pe, "%s: %s", env->instance->name, text);
	}
}

unsigned int
wp_env_workers(const struct wp_env *env)
{
	return env->pe->n_workers;
}

uint16_t
wp_env_tenant(const struct wp_env *env)
{
	return (uint16_t)env->tenant;
}

/** @return the delegated tenant whose controller has said what is being opened; NULL: the
 * operator has. */
static const struct document_tenant *
asking(const struct wp_env *env)
{
	for (uint32_t i = 0; env->tenant >= 0 && i < env->document->n_tenants; i++)
		if (env->document->tenants[i].number == (uint32_t)env->tenant &&
		    env->document->tenants[i].is_delegated)
			return &env->document->tenants[i];
	return document_owner(env->document, env->instance->name);
}

/** @return whether a name is in a delegated tenant's hands, and not in the asking one's. */
static bool
is_of_another(const struct wp_env *env, const char *name)
{
	const struct document_tenant *owner = document_owner(env->document, name);

	return owner != NULL && owner != asking(env);
}

int
wp_env_tenant_id(struct wp_env *env, const char *name)
{
	const struct document_tenant *only = asking(env);

	if (only != NULL && strcmp(only->name, name) != 0)
		return -ENOENT;
	for (uint32_t i = 0; i < env->document->n_tenants; i++)
		if (strcmp(env->document->tenants[i].name, name) == 0)
			return (int)env->document->tenants[i].number;
	return -ENOENT;
}

const char *
wp_env_tenant_name(struct wp_env *env, uint16_t tenant)
{
	for (uint32_t i = 0; i < env->document->n_tenants; i++)
		if (env->document->tenants[i].number == tenant)
			return env->document->tenants[i].name;
	return NULL;
}

uint32_t
wp_env_tenants(struct wp_env *env)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < env->document->n_tenants; i++)
		n = RTE_MAX(n, env->document->tenants[i].number + 1);
	return n;
}

const char *
wp_env_instance(const struct wp_env *env, uint32_t *number)
{
	if (number != NULL)
		*number = env->instance->number;
	return env->instance->name;
}

bool
wp_env_is_over(const struct wp_env *env)
{
	const struct pe_options *options = &env->pe->options;

	if (env->is_over != NULL)
		return atomic_load_explicit(env->is_over, memory_order_relaxed);
	return options->is_over != NULL && options->is_over();
}

/** @return the tracker's configuration; NULL: there is no tracker. */
static const struct stream_conf *
tracker_conf(const struct wp_env *env)
{
	for (uint32_t i = 0; i < env->document->n_instances; i++)
		if (env->document->instances[i].contract == &stream_service)
			return env->document->instances[i].config;
	return NULL;
}

bool
wp_env_tells_late(const struct wp_env *env)
{
	const struct stream_conf *conf = tracker_conf(env);

	return conf != NULL && conf->when == STREAM_WHEN_ACKED;
}

bool
wp_env_passes_unseen(const struct wp_env *env)
{
	const struct stream_conf *conf = tracker_conf(env);

	return conf != NULL && (conf->at_cap[WP_CAP_FLOW] != STREAM_DROP ||
				conf->at_cap[WP_CAP_TENANT] != STREAM_DROP ||
				conf->at_cap[WP_CAP_WORKER] != STREAM_DROP);
}

struct wp_teller *
wp_env_teller(struct wp_env *env)
{
	const struct document_control *control = &env->document->control;

	return control->socket[0] == '\0' && control->listen[0] == '\0' ? NULL : env->pe->teller;
}

/** Refuses what open() may not take where it may run aside. */
static int
refuse_aside(struct wp_env *env, const char *member)
{
	return wp_error(env, -EINVAL, member,
			"a service with WP_OPENS_ASIDE takes neither keys nor entries in open()");
}

int
wp_env_key(struct wp_env *env, const char *member, const char *name, enum wp_key_use use,
	   const struct wp_aead **aead, uint8_t fingerprint[16])
{
	const struct keystore_key *key = NULL;
	struct env_resources *resource;
	int err;

	if (env->resources == NULL)
		return refuse_aside(env, member);
	if (env->keys == NULL)
		return wp_error(env, -ENOKEY, member, "the document names no key_store");
	if (is_of_another(env, name))
		return wp_error(env, -ENOKEY, member,
				"the key '%s' is of a tenant that this is not", name);
	key = keystore_find(env->keys, name);
	if (key == NULL)
		return wp_error(env, -ENOKEY, member, "no key '%s' in the key store", name);
	if (use == WP_KEY_SEALS && env->document->state_dir[0] == '\0')
		return wp_error(
			env, -EINVAL, member,
			"a key that encrypts needs state_dir in the document: its sequence numbers "
			"are reserved there");
	resource = resource_add(env);
	if (resource == NULL)
		return wp_error(env, -ENOMEM, member, "no memory for key '%s'", name);
	err = wp_aead_create(key->alg, key->bytes, env->pe->n_workers, NULL, &resource->aead);
	if (err != 0)
		return wp_error(env, err, member, "key '%s' cannot be expanded: %s", name,
				strerror(-err));
	resource->not_after = key->not_after;
	if (key->not_after != 0)
		wp_aead_will_end(resource->aead);
	env_end_keys(resource, time(NULL));
	memcpy(fingerprint, key->fingerprint, KEYSTORE_FINGERPRINT_SIZE);
	*aead = resource->aead;
	return 0;
}

int
wp_env_entry(struct wp_env *env, unsigned int table, uint8_t version, const void *key,
	     struct wp_entry **entry)
{
	const struct wp_table_decl *decl;
	struct env_resources *resource;
	struct wp_table *where;
	struct wp_entry *found;
	int err;

	if (env->resources == NULL)
		return refuse_aside(env, NULL);
	where = env->instance->tables[table];
	decl = wp_table_decl(where);
	resource = resource_add(env);
	if (resource == NULL)
		return wp_error(env, -ENOMEM, NULL, "no memory for an entry of table '%s'",
				decl->name);
	err = wp_table_hold(where, decl->global ? 0 : env->instance->number,
			    decl->global      ? 0
			    : env->tenant < 0 ? TABLES_NO_TENANT
					      : (uint16_t)env->tenant,
			    version, key, &found);
	if (err != 0)
		return wp_error(env, err, NULL, "table '%s' has no room for a further entry: %s",
				decl->name, strerror(-err));
	resource->table = where;
	resource->entry = found;
	if (decl->durable && env->pe->reserve != NULL)
		err = tables_reserve(env->pe->tables, env->pe->reserve, where, found, key);
	if (err != 0)
		return wp_error(env, err, NULL,
				"no numbers could be reserved on disk for table '%s': %s",
				decl->name, strerror(-err));
	*entry = found;
	return 0;
}
