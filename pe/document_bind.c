/* SPDX-License-Identifier: BSD-3-Clause */
/* Fills what only the services can say: configurations and step arguments. */

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "pe/document.h"
#include "pe/document_fields.h"
#include "stream/stream.h"

static const char *const causes[WP_N_CAUSES] = {
	[WP_CAUSE_DOWN] = "down",
	[WP_CAUSE_OVERLOAD] = "overload",
	[WP_CAUSE_NO_KEY] = "no-key",
	[WP_CAUSE_TABLE_FULL] = "table-full",
};

const struct wp_service *
document_service(const struct document *document, const char *name)
{
	for (uint32_t i = 0; document->services != NULL && i < document->n_modules; i++)
		if (document->services[i] != NULL && strcmp(document->services[i]->name, name) == 0)
			return document->services[i];
	return strcmp(name, stream_service.name) == 0 ? &stream_service : NULL;
}

/** Fills one struct of a service's. @return 0 with @p out set; NULL when it has no fields */
static int
fill(struct document *document, const struct wp_field *fields, size_t size, const json_t *json,
     const char *at, void **out, struct document_error *error)
{
	struct wp_conf_error conf_error = {
		.path = error->path,
		.path_size = sizeof(error->path),
		.message = error->message,
		.message_size = sizeof(error->message),
	};
	void *filled = wp_arena_alloc(document->arena, size != 0 ? size : 1);
	int err;

	if (filled == NULL)
		return -ENOMEM;
	err = wp_conf_fill(fields, json, at, document->arena, filled, &conf_error);
	if (err == 0 && document->folder != NULL)
		err = wp_conf_rebase(fields, document->folder, document->arena, filled);
	if (err == -ENAMETOOLONG)
		err = document_refuse(error, -EINVAL, at,
				      "a file name in it is too long from its folder");
	if (err == 0)
		*out = filled;
	return err;
}

/** @return how a module's service is called, where its file says nothing of that; else NULL. */
static const char *
offered(const struct document *document, uint32_t i)
{
	if (document->services == NULL || document->services[i] == NULL ||
	    strcmp(document->services[i]->name, document->modules[i]) == 0)
		return NULL;
	return document->services[i]->name;
}

/** Says that a service is not there, and which modules are. */
static void
refuse_service(const struct document *document, const char *service, struct document_error *error)
{
	size_t n = (size_t)snprintf(error->message, sizeof(error->message),
				    "service: no loaded module offers '%s' (modules: %s", service,
				    document->n_modules == 0 ? "none" : "");

	for (uint32_t i = 0; i < document->n_modules && n < sizeof(error->message); i++) {
		const char *name = offered(document, i);

		n += (size_t)snprintf(error->message + n, sizeof(error->message) - n,
				      name == NULL ? "%s%s" : "%s%s offers '%s'",
				      i == 0 ? "" : ", ", document->modules[i], name);
	}
	if (n + 1 < sizeof(error->message))
		strcpy(error->message + n, ")");
}

static int
bind_instance(struct document *document, uint32_t i, document_find_fn find, void *arg,
	      struct document_error *error)
{
	struct document_instance *instance = &document->instances[i];
	char at[64];

	instance->contract = find(arg, instance->service);
	if (instance->contract == NULL) {
		snprintf(error->path, sizeof(error->path), "/instances/%u/service", i);
		refuse_service(document, instance->service, error);
		return -EINVAL;
	}
	snprintf(at, sizeof(at), "/instances/%u/config", i);
	return fill(document, instance->contract->fields, instance->contract->config_size,
		    instance->json, at, &instance->config, error);
}

/** @return why a path with this service may not have a fail mode, NULL when it may */
static const char *
not_around(enum fail_mode mode, enum wp_cause cause)
{
	if (mode == FAIL_BYPASS)
		return "nothing goes around";
	if (mode == FAIL_PEER && cause == WP_CAUSE_NO_KEY)
		return "what has no key leaves only through";
	return NULL;
}

/** Nothing goes around a service that says so; what it has no key for is not shown to others. */
static int
check_bypass(const struct document_path *path, uint32_t i, const struct document_instance *instance,
	     struct document_error *error)
{
	if ((instance->contract->flags & WP_NEVER_BYPASS) == 0)
		return 0;
	for (unsigned int cause = 0; cause < WP_N_CAUSES; cause++) {
		enum fail_mode mode = path->fail.mode[cause];
		const char *why = not_around(mode, cause);
		char at[64];

		if (why == NULL)
			continue;
		snprintf(at, sizeof(at), "/paths/%u/fail/%s", i, causes[cause]);
		return document_refuse(error, -EINVAL, at,
				       "%s: %s is not allowed on a path with '%s': %s service '%s'",
				       causes[cause], mode == FAIL_PEER ? "peer" : "bypass",
				       instance->name, why, instance->service);
	}
	return 0;
}

/** A host's state has one owner only if all its packets have. */
static int
check_steering(const struct document *document, const struct document_path *path, uint32_t i,
	       const struct document_instance *instance, struct document_error *error)
{
	const struct document_tenant *tenant = &document->tenants[path->tenant_index];
	char at[64];

	if ((instance->contract->flags & WP_NEEDS_HOST) == 0 || tenant->steering == WP_STEER_HOST)
		return 0;
	snprintf(at, sizeof(at), "/paths/%u/tenant", i);
	return document_refuse(error, -EINVAL, at,
			       "tenant: '%s' on the path needs a tenant with steering 'host'; "
			       "'%s' has another",
			       instance->name, tenant->name);
}

/** @return the declaration of a service's table by its name, or NULL. */
static const struct wp_table_decl *
find_table(const struct wp_service *service, const char *name)
{
	const struct wp_table_decl *decl = service == NULL ? NULL : service->tables;

	while (decl != NULL && decl->name != NULL && strcmp(decl->name, name) != 0)
		decl++;
	return decl == NULL || decl->name == NULL ? NULL : decl;
}

static int
check_table(const struct document *document, uint32_t i, document_find_fn find, void *arg,
	    struct document_error *error)
{
	const struct document_table *table = &document->tables[i];
	char at[64];

	if (find_table(find(arg, table->service), table->table) != NULL)
		return 0;
	snprintf(at, sizeof(at), "/tables/%u/table", i);
	return document_refuse(error, -EINVAL, at,
			       "table: no loaded module has a service '%s' with a table '%s'",
			       table->service, table->table);
}

/** @return whether a service on some path wants to hear of flows. */
static bool
is_heard(const struct document *document)
{
	for (uint32_t i = 0; i < document->n_paths; i++)
		for (uint32_t s = 0; s < document->paths[i].n_steps; s++) {
			uint32_t index = document->paths[i].steps[s].instance_index;

			if (document->instances[index].contract->wants != NULL)
				return true;
		}
	return false;
}

/** Adds an instance of the tracker, with all defaults. */
static int
add_stream(struct document *document, struct document_error *error)
{
	uint32_t n = document->n_instances;
	struct document_instance *all =
		wp_arena_alloc(document->arena, (n + 1) * sizeof(*document->instances));

	if (all == NULL)
		return -ENOMEM;
	memcpy(all, document->instances, n * sizeof(*all));
	all[n] = (struct document_instance){.name = stream_service.name,
					    .service = stream_service.name,
					    .contract = &stream_service};
	document->instances = all;
	document->n_instances++;
	return fill(document, stream_service.fields, stream_service.config_size, NULL, "",
		    &all[n].config, error);
}

/** There is one tracker, and its configuration can be left out. */
static int
check_stream(struct document *document, struct document_error *error)
{
	int64_t found = -1, named = -1;
	char at[64];

	for (uint32_t i = 0; i < document->n_instances; i++) {
		const struct document_instance *instance = &document->instances[i];

		snprintf(at, sizeof(at), "/instances/%u/service", i);
		if (instance->contract == &stream_service && found >= 0)
			return document_refuse(error, -EINVAL, at,
					       "service: '%s' is of service 'stream', as '%s' is: "
					       "there can be one",
					       instance->name, document->instances[found].name);
		if (instance->contract == &stream_service)
			found = i;
		if (strcmp(instance->name, stream_service.name) == 0)
			named = i;
	}
	if (found >= 0 || !is_heard(document))
		return 0;
	if (named < 0)
		return add_stream(document, error);
	snprintf(at, sizeof(at), "/instances/%u/name", (uint32_t)named);
	return document_refuse(error, -EINVAL, at,
			       "name: 'stream' is the tracker's, which services on these paths "
			       "need; take another, or name an instance of service 'stream'");
}

static int
bind_path(struct document *document, uint32_t i, struct document_error *error)
{
	struct document_path *path = &document->paths[i];
	int err = 0;

	for (uint32_t s = 0; err == 0 && s < path->n_steps; s++) {
		struct document_step *step = &path->steps[s];
		const struct document_instance *instance =
			&document->instances[step->instance_index];
		char at[64];

		if (instance->contract == &stream_service) {
			snprintf(at, sizeof(at), "/paths/%u/steps/%u/instance", i, s);
			return document_refuse(error, -EINVAL, at,
					       "instance: '%s' is no step: it works in front of "
					       "services that hear of flows",
					       instance->name);
		}
		snprintf(at, sizeof(at), "/paths/%u/steps/%u/args", i, s);
		err = check_bypass(path, i, instance, error);
		if (err == 0)
			err = check_steering(document, path, i, instance, error);
		if (err == 0)
			err = fill(document, instance->contract->step_fields,
				   instance->contract->step_size, step->json, at, &step->args,
				   error);
	}
	return err;
}

int
document_bind(struct document *document, document_find_fn find, void *arg,
	      struct document_error *error)
{
	int err = 0;

	for (uint32_t i = 0; err == 0 && i < document->n_instances; i++)
		err = bind_instance(document, i, find, arg, error);
	if (err == 0)
		err = check_stream(document, error);
	for (uint32_t i = 0; err == 0 && i < document->n_tables; i++)
		err = check_table(document, i, find, arg, error);
	for (uint32_t i = 0; err == 0 && i < document->n_paths; i++)
		err = bind_path(document, i, error);
	if (err == -ENOMEM)
		snprintf(error->message, sizeof(error->message), "no memory");
	return err;
}

/**
 * "If the service is this one, then its configuration is like that." One with members that must be
 * given cannot be left out.
 */
static json_t *
service_rule(const struct wp_service *service)
{
	json_t *config = wp_conf_schema(service->fields);
	json_t *required = json_array_size(json_object_get(config, "required")) != 0
				   ? json_pack("[s]", "config")
				   : json_array();

	return json_pack("{s{s{s{ss}}} s{s{so} so}}", "if", "properties", "service", "const",
			 service->name, "then", "properties", "config", config, "required",
			 required);
}

/** Fills what the services say into the lists of rules and of step arguments. @return whether there
 * was memory */
static bool
add_services(const struct wp_service *const *services, unsigned int n, json_t *rules, json_t *steps)
{
	bool ok = true;

	for (unsigned int i = 0; ok && i < n; i++)
		ok = json_array_append_new(rules, service_rule(services[i])) == 0 &&
		     json_object_set_new(steps, services[i]->name,
					 wp_conf_schema(services[i]->step_fields)) == 0;
	return ok;
}

/** json_dumps() loses member names where its buffer cannot grow; so the buffer is made first. */
static char *
print(const json_t *json)
{
	const size_t flags = JSON_INDENT(2) | JSON_SORT_KEYS;
	size_t size = json_dumpb(json, NULL, 0, flags);
	char *text = size != 0 ? malloc(size + 1) : NULL;

	if (text == NULL)
		return NULL;
	if (json_dumpb(json, text, size, flags) != size) {
		free(text);
		return NULL;
	}
	text[size] = '\0';
	return text;
}

char *
document_schema(const struct wp_service *const *services, unsigned int n)
{
	json_t *schema = wp_conf_schema(document_fields), *rules = json_array();
	json_t *steps = json_object(), *instances;
	char *text = NULL;
	bool ok = add_services(services, n, rules, steps);

	instances = json_object_get(
		json_object_get(json_object_get(schema, "properties"), "instances"), "items");
	/* An empty allOf is none at all (2020-12, 10.2.1.1). */
	if (ok && n != 0)
		ok = json_object_set(instances, "allOf", rules) == 0;
	if (ok &&
	    json_object_set_new(schema, "$schema",
				json_string("https://json-schema.org/draft/2020-12/schema")) == 0 &&
	    json_object_set_new(schema, "title", json_string("waypoint document")) == 0 &&
	    json_object_set_new(schema, "$defs", json_pack("{sO}", "step-args", steps)) == 0)
		text = print(schema);
	json_decref(steps);
	json_decref(rules);
	json_decref(schema);
	return text;
}
