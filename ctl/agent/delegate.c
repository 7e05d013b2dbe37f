/* SPDX-License-Identifier: BSD-3-Clause */
/* What tenants' controllers see. See delegate.h. */

#include "ctl/agent/delegate.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef bool (*own_fn)(const struct grant *grant, const json_t *object);

static bool
owns_tenant(const struct grant *grant, const json_t *tenant)
{
	return grant_has_tenant(grant, delegate_text(tenant, "name"));
}

static bool
owns_instance(const struct grant *grant, const json_t *instance)
{
	return grant_has_name(grant, delegate_text(instance, "name"));
}

static bool
owns_path(const struct grant *grant, const json_t *path)
{
	const char *tenant = delegate_text(path, "tenant");

	return grant_has_tenant(grant, tenant[0] != '\0' ? tenant : "default");
}

/** The lists that have parts of tenants'. */
static const struct {
	const char *name;
	own_fn owns;
} lists[] = {{"tenants", owns_tenant}, {"instances", owns_instance}, {"paths", owns_path}};

enum { N_LISTS = sizeof(lists) / sizeof(lists[0]) };

/** @return a new list of the items that are a grant's. */
static json_t *
own_items(const json_t *list, const struct grant *grant, own_fn owns)
{
	json_t *own = json_array(), *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		if (owns(grant, item))
			json_array_append(own, item);
	}
	return own;
}

json_t *
delegate_view(json_t *root, const struct grant *grant)
{
	json_t *view;

	if (grant_is_whole(grant))
		return json_incref(root);
	view = json_object();
	json_object_set(view, "version", json_object_get(root, "version"));
	for (unsigned int i = 0; i < N_LISTS; i++)
		json_object_set_new(
			view, lists[i].name,
			own_items(json_object_get(root, lists[i].name), grant, lists[i].owns));
	return view;
}

json_t *
delegate_stats(json_t *stats, const struct grant *grant)
{
	static const char *const plain[] = {"time_ns", "tsc_hz", "epoch"};
	json_t *own;

	if (grant_is_whole(grant))
		return stats;
	own = json_object();
	for (unsigned int i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		json_object_set(own, plain[i], json_object_get(stats, plain[i]));
	json_object_set_new(own, "paths",
			    own_items(json_object_get(stats, "paths"), grant, owns_path));
	json_object_set_new(own, "instances",
			    own_items(json_object_get(stats, "instances"), grant, owns_instance));
	json_decref(stats);
	return own;
}

/* Faults. */

/** @return how many items of a list of the document in force are not a grant's. */
static unsigned long
n_others(const struct grant *grant, const char *name, own_fn owns)
{
	const json_t *root = grant->document->root, *item;
	unsigned long n = 0;
	size_t i;

	json_array_foreach(json_object_get(root, name), i, item) n += !owns(grant, item);
	return n;
}

/** Makes a place of a merged document, whose own items are behind all others, one of the part.
 * @return whether it is one */
static bool
place_in_part(const struct grant *grant, char *path, size_t size)
{
	for (unsigned int i = 1; i < N_LISTS; i++) { /* but tenants, which stay as they are */
		size_t n = strlen(lists[i].name);
		unsigned long index, others;
		char *rest, *moved;

		if (path[0] != '/' || strncmp(path + 1, lists[i].name, n) != 0 ||
		    path[n + 1] != '/' || !isdigit((unsigned char)path[n + 2]))
			continue;
		index = strtoul(path + n + 2, &rest, 10);
		others = n_others(grant, lists[i].name, lists[i].owns);
		if (index < others)
			return false;
		if (asprintf(&moved, "/%s/%lu%s", lists[i].name, index - others, rest) < 0)
			return false;
		snprintf(path, size, "%s", moved);
		free(moved);
		return true;
	}
	return false;
}

bool
delegate_hide(const struct grant *grant, struct config_fault *fault)
{
	struct document_error *error = &fault->document;

	if (fault->reason == NULL)
		return false;
	if (strcmp(fault->reason, "unconfirmed") == 0 || strcmp(fault->reason, "prepared") == 0) {
		*fault = (struct config_fault){
			.code = RPC_BUSY,
			.reason = "busy",
			.document = {.message = "another change is under way; try again later"}};
		return false;
	}
	if (fault->code != RPC_REFUSED || strcmp(fault->reason, "document") != 0 ||
	    place_in_part(grant, error->path, sizeof(error->path)))
		return false;
	*error = (struct document_error){.message = "the rest of the document cannot be opened "
						    "with that"};
	fault->reason = "elsewhere";
	fault->hint = "ask the PE's operator, whose log says why";
	return true;
}
