/* SPDX-License-Identifier: BSD-3-Clause */
/* How what a tenant's controller wants becomes part of the document. What it may not ask for is
 * found here, before anything reads the whole: nothing that is said of a part depends on others'.
 * See delegate.h. */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "conf/conf.h"
#include "ctl/agent/delegate.h"

#define PART_MAX (256u << 10) /* bytes */

/** A part that is being looked at. */
struct part {
	const struct grant *grant;
	const json_t *json;
	json_t *now;               /* the part in force, as delegate_view() gives it */
	json_t *instances, *paths; /* names in the part */
	json_t *spis;              /* and service path identifiers, as text */
	json_t *used, *keys;       /* instances and keys that the part in force names */
	struct config_fault *fault;
};

/** @return false, for the caller to return. */
__attribute__((format(printf, 3, 4))) static bool
forbid(const struct part *part, const char *path, const char *format, ...)
{
	struct config_fault *fault = part->fault;
	va_list args;

	*fault = (struct config_fault){.code = RPC_FORBIDDEN, .reason = "tenant"};
	snprintf(fault->document.path, sizeof(fault->document.path), "%s", path);
	va_start(args, format);
	vsnprintf(fault->document.message, sizeof(fault->document.message), format, args);
	va_end(args);
	return false;
}

/** @return the item of a list that has a name, or NULL. */
static const json_t *
find_item(const json_t *list, const char *name)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		if (strcmp(delegate_text(item, "name"), name) == 0)
			return item;
	}
	return NULL;
}

/** @return one of a grant's tenants, or NULL. */
static const struct document_tenant *
find_tenant(const struct grant *grant, const char *name)
{
	for (uint32_t i = 0; i < grant->document->n_tenants; i++)
		if (strcmp(grant->document->tenants[i].name, name) == 0 &&
		    grant_has_tenant(grant, name))
			return &grant->document->tenants[i];
	return NULL;
}

static bool
list_has(const struct wp_list *list, const char *text)
{
	for (uint32_t i = 0; i < list->n; i++)
		if (strcmp(((const char *const *)list->items)[i], text) == 0)
			return true;
	return false;
}

/** Adds all texts of a value that name keys to a set. */
static void
collect_keys(const json_t *value, json_t *set)
{
	const char *name, *text = json_string_value(value);
	const json_t *member;
	size_t i;

	if (text != NULL && wp_conf_is_key_name(text))
		json_object_set_new(set, text, json_true());
	json_object_foreach((json_t *)(uintptr_t)value, name, member) collect_keys(member, set);
	json_array_foreach(value, i, member) collect_keys(member, set);
}

/** Adds the instances that serve steps of paths to a set. */
static void
collect_instances(const struct grant *grant, const json_t *paths, json_t *set)
{
	const json_t *path, *step;
	size_t i, j;

	json_array_foreach(paths, i, path)
	{
		json_array_foreach(json_object_get(path, "steps"), j, step)
		{
			const char *name = delegate_text(step, "instance");

			/* Its own it must bring along. */
			if (!grant_has_name(grant, name))
				json_object_set_new(set, name, json_true());
		}
	}
}

/* What a part may say. */

/** Only what is the tenants'. */
static bool
check_members(struct part *part)
{
	static const char *const may[] = {"version", "tenants", "instances", "paths", "comment"};
	const json_t *value;
	const char *name;
	char at[80];

	json_object_foreach((json_t *)(uintptr_t)part->json, name, value)
	{
		bool known = false;

		for (unsigned int i = 0; i < sizeof(may) / sizeof(may[0]); i++)
			known |= strcmp(may[i], name) == 0;
		snprintf(at, sizeof(at), "/%.63s", name);
		if (!known)
			return forbid(part, at, "%.63s: is the operator's", name);
	}
	value = json_object_get(part->json, "version");
	if (value != NULL && !json_equal(value, json_object_get(part->now, "version")))
		return forbid(part, "/version", "version: must be that of the document in force");
	value = json_object_get(part->json, "tenants");
	if (value != NULL && !json_equal(value, json_object_get(part->now, "tenants")))
		return forbid(part, "/tenants", "tenants: are the operator's to change");
	return true;
}

/** Enters names of a list into a set; each is there once. */
static bool
enter_names(struct part *part, const char *list, json_t *set)
{
	const json_t *items = json_object_get(part->json, list), *item;
	char at[64];
	size_t i;

	if (items != NULL && !json_is_array(items)) {
		snprintf(at, sizeof(at), "/%s", list);
		return forbid(part, at, "%s: must be a list", list);
	}
	json_array_foreach(items, i, item)
	{
		const char *name = delegate_text(item, "name");

		snprintf(at, sizeof(at), "/%s/%zu/name", list, i);
		if (!wp_conf_is_name(name))
			return forbid(part, at, "name: must be given");
		if (json_object_get(set, name) != NULL)
			return forbid(part, at, "name: '%s' is there twice", name);
		json_object_set_new(set, name, json_true());
	}
	return true;
}

/** Keys are the tenants', or in their hands already. */
static bool
check_keys(struct part *part, const json_t *value, const char *at)
{
	const json_t *member;
	const char *name, *text = json_string_value(value);
	size_t i;

	if (text != NULL && wp_conf_is_key_name(text) && !grant_has_name(part->grant, text) &&
	    json_object_get(part->keys, text) == NULL)
		return forbid(part, at, "key: '%s' does not begin with the tenant's name and a dot",
			      text);
	json_object_foreach((json_t *)(uintptr_t)value, name, member)
	{
		if (!check_keys(part, member, at))
			return false;
	}
	json_array_foreach(value, i, member)
	{
		if (!check_keys(part, member, at))
			return false;
	}
	return true;
}

static bool
check_instance(struct part *part, const json_t *instance, size_t index)
{
	const char *name = delegate_text(instance, "name"),
		   *service = delegate_text(instance, "service");
	const struct document_tenant *owner = document_owner(part->grant->document, name);
	char at[64];

	snprintf(at, sizeof(at), "/instances/%zu/name", index);
	if (owner == NULL || !grant_has_tenant(part->grant, owner->name))
		return forbid(part, at,
			      "name: '%s' does not begin with the tenant's name and a dot", name);
	snprintf(at, sizeof(at), "/instances/%zu", index);
	if (json_equal(instance, find_item(json_object_get(part->now, "instances"), name)))
		return true;
	if (!list_has(&owner->delegated.services, service))
		return forbid(part, at, "service: the tenant may have no instance of '%.63s'",
			      service);
	return check_keys(part, instance, at);
}

/** @return whether an identifier is a tenant's, or a path has it already. */
static bool
may_have_spi(const struct document_tenant *tenant, const json_t *spi, const json_t *now)
{
	const struct document_spis *spis = tenant->delegated.spis.items;
	json_int_t value = json_integer_value(spi);

	if (spi == NULL || json_equal(spi, now))
		return true;
	for (uint32_t i = 0; i < tenant->delegated.spis.n; i++)
		if (json_is_integer(spi) && value >= spis[i].first && value <= spis[i].last)
			return true;
	return false;
}

/** Its steps are served by instances of the tenant's, or such as it may use. */
static bool
check_steps(struct part *part, const json_t *path, const struct document_tenant *tenant,
	    size_t index)
{
	const json_t *step;
	char at[96];
	size_t i;

	json_array_foreach(json_object_get(path, "steps"), i, step)
	{
		const char *name = delegate_text(step, "instance");

		snprintf(at, sizeof(at), "/paths/%zu/steps/%zu/instance", index, i);
		if (json_object_get(part->instances, name) == NULL &&
		    json_object_get(part->used, name) == NULL &&
		    !list_has(&tenant->delegated.instances, name))
			return forbid(part, at, "instance: the tenant has no instance '%.63s'",
				      name);
	}
	return true;
}

/** No identifier is there twice. */
static bool
enter_spi(struct part *part, const json_t *path, const char *at)
{
	char text[24];

	if (!json_is_integer(json_object_get(path, "spi")))
		return true; /* refused for that later on */
	snprintf(text, sizeof(text), "%lld",
		 (long long)json_integer_value(json_object_get(path, "spi")));
	if (json_object_get(part->spis, text) != NULL)
		return forbid(part, at, "spi: %s is there twice", text);
	json_object_set_new(part->spis, text, json_true());
	return true;
}

static bool
check_path(struct part *part, const json_t *path, size_t index)
{
	const char *name = delegate_text(path, "name"), *reverse = delegate_text(path, "reverse");
	const struct document_tenant *tenant =
		find_tenant(part->grant, delegate_text(path, "tenant"));
	const json_t *now = find_item(json_object_get(part->now, "paths"), name);
	char at[64];

	snprintf(at, sizeof(at), "/paths/%zu/tenant", index);
	if (tenant == NULL)
		return forbid(part, at, "tenant: must be one that the controller is for");
	snprintf(at, sizeof(at), "/paths/%zu/name", index);
	if (document_owner(part->grant->document, name) != tenant &&
	    (now == NULL || strcmp(delegate_text(now, "tenant"), tenant->name) != 0))
		return forbid(part, at, "name: '%s' does not begin with '%s.'", name, tenant->name);
	snprintf(at, sizeof(at), "/paths/%zu/spi", index);
	if (!may_have_spi(tenant, json_object_get(path, "spi"), json_object_get(now, "spi")))
		return forbid(part, at, "spi: is not one of the tenant's");
	if (!enter_spi(part, path, at))
		return false;
	snprintf(at, sizeof(at), "/paths/%zu/peer_spi", index);
	if (!may_have_spi(tenant, json_object_get(path, "peer_spi"),
			  json_object_get(now, "peer_spi")))
		return forbid(part, at, "peer_spi: is not one of the tenant's");
	snprintf(at, sizeof(at), "/paths/%zu/reverse", index);
	if (reverse[0] != '\0' && json_object_get(part->paths, reverse) == NULL)
		return forbid(part, at, "reverse: the tenant has no path '%.63s'", reverse);
	snprintf(at, sizeof(at), "/paths/%zu", index);
	return check_steps(part, path, tenant, index) && check_keys(part, path, at);
}

/** @return whether a tenant has no more items of a list than it may. */
static bool
check_number(struct part *part, const char *list, const struct document_tenant *tenant,
	     uint32_t max)
{
	const json_t *item;
	char at[64];
	uint32_t n = 0;
	size_t i;

	json_array_foreach(json_object_get(part->json, list), i, item)
	{
		const struct document_tenant *owner =
			document_owner(part->grant->document, delegate_text(item, "name"));

		n += owner == tenant || strcmp(delegate_text(item, "tenant"), tenant->name) == 0;
	}
	snprintf(at, sizeof(at), "/%s", list);
	return n <= max || forbid(part, at, "%s: are %u, and tenant '%s' may have %u", list, n,
				  tenant->name, max);
}

static bool
check_numbers(struct part *part)
{
	for (uint32_t i = 0; i < part->grant->n_tenants; i++) {
		const struct document_tenant *tenant =
			find_tenant(part->grant, part->grant->tenants[i]);

		if (tenant != NULL &&
		    (!check_number(part, "instances", tenant, tenant->delegated.max_instances) ||
		     !check_number(part, "paths", tenant, tenant->delegated.max_paths)))
			return false;
	}
	return true;
}

/** Others need room in the document, too. */
static bool
check_size(struct part *part)
{
	size_t size = json_dumpb(part->json, NULL, 0, JSON_COMPACT);

	return size <= PART_MAX ||
	       forbid(part, "", "a part has %u bytes at the most, and this one %zu", PART_MAX,
		      size);
}

static bool
check_part(struct part *part)
{
	const json_t *item;
	size_t i;

	if (!check_size(part) || !check_members(part) ||
	    !enter_names(part, "instances", part->instances) ||
	    !enter_names(part, "paths", part->paths) || !check_numbers(part))
		return false;
	json_array_foreach(json_object_get(part->json, "instances"), i, item)
	{
		if (!check_instance(part, item, i))
			return false;
	}
	json_array_foreach(json_object_get(part->json, "paths"), i, item)
	{
		if (!check_path(part, item, i))
			return false;
	}
	return true;
}

/* Merging. */

/** Puts a part's items of a list behind those that are not the grant's. */
static void
merge_list(const struct part *part, const char *name, json_t *root)
{
	const json_t *own = json_object_get(part->now, name), *item;
	json_t *list = json_array();
	size_t i;

	json_array_foreach(json_object_get(root, name), i, item)
	{
		if (find_item(own, delegate_text(item, "name")) == NULL)
			json_array_append(list, (json_t *)(uintptr_t)item);
	}
	json_array_extend(list, json_object_get(part->json, name));
	json_object_set_new(root, name, list);
}

static json_t *
merge(const struct part *part)
{
	json_t *root = json_copy(part->grant->document->root);

	merge_list(part, "instances", root);
	merge_list(part, "paths", root);
	return root;
}

json_t *
delegate_merge(const struct grant *grant, const json_t *json, struct config_fault *fault)
{
	struct part part = {.grant = grant,
			    .json = json,
			    .now = delegate_view(grant->document->root, grant),
			    .instances = json_object(),
			    .paths = json_object(),
			    .spis = json_object(),
			    .used = json_object(),
			    .keys = json_object(),
			    .fault = fault};
	json_t *merged = NULL;

	collect_instances(grant, json_object_get(part.now, "paths"), part.used);
	collect_keys(json_object_get(part.now, "instances"), part.keys);
	collect_keys(json_object_get(part.now, "paths"), part.keys);
	if (check_part(&part))
		merged = merge(&part);
	json_decref(part.now);
	json_decref(part.instances);
	json_decref(part.paths);
	json_decref(part.spis);
	json_decref(part.used);
	json_decref(part.keys);
	return merged;
}
