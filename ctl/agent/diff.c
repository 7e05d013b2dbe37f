/* SPDX-License-Identifier: BSD-3-Clause */
/* See diff.h. */

#include "ctl/agent/diff.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { PATH_SIZE = 512 };

static void compare(json_t *changes, const char *path, json_t *from, json_t *to);

static void
note(json_t *changes, const char *path, json_t *from, json_t *to)
{
	json_t *change;

	if (json_array_size(changes) == DIFF_MAX)
		return;
	change = json_pack("{ss}", "path", path);
	if (from != NULL)
		json_object_set(change, "from", from);
	if (to != NULL)
		json_object_set(change, "to", to);
	json_array_append_new(changes, change);
}

static void
compare_objects(json_t *changes, const char *path, json_t *from, json_t *to)
{
	char at[PATH_SIZE];
	const char *name;
	json_t *value;

	json_object_foreach(from, name, value)
	{
		snprintf(at, sizeof(at), "%s/%s", path, name);
		compare(changes, at, value, json_object_get(to, name));
	}
	json_object_foreach(to, name, value)
	{
		snprintf(at, sizeof(at), "%s/%s", path, name);
		if (json_object_get(from, name) == NULL)
			note(changes, at, NULL, value);
	}
}

static const char *
name_of(const json_t *value)
{
	return json_string_value(json_object_get(value, "name"));
}

/** @return whether all of a list's members have names. */
static bool
has_names(const json_t *list)
{
	json_t *value;
	size_t i;

	json_array_foreach(list, i, value) if (name_of(value) == NULL) return false;
	return true;
}

/** @return the members of a list by their names; of equal names the last counts. */
static json_t *
by_name(json_t *list)
{
	json_t *object = json_object(), *value;
	char key[PATH_SIZE];
	size_t i;

	json_array_foreach(list, i, value)
	{
		snprintf(key, sizeof(key), "[%s]", name_of(value));
		json_object_set(object, key, value);
	}
	return object;
}

/** @return the names of a list's members that another has, too, in order. */
static json_t *
common_names(json_t *list, const json_t *other)
{
	json_t *names = json_array(), *value;
	char key[PATH_SIZE];
	size_t i;

	json_array_foreach(list, i, value)
	{
		snprintf(key, sizeof(key), "[%s]", name_of(value));
		if (json_object_get(other, key) != NULL)
			json_array_append(names, json_object_get(value, "name"));
	}
	return names;
}

/** Compares lists whose members have names, each once. In a list of the document itself their order
 * says nothing; in a service's, such as rules, it may decide. */
static void
compare_named(json_t *changes, const char *path, json_t *from, json_t *to, json_t *before,
	      json_t *after)
{
	json_t *order = common_names(from, after), *new_order = common_names(to, before);
	char at[PATH_SIZE];

	compare_objects(changes, path, before, after);
	snprintf(at, sizeof(at), "%s/[order]", path);
	if (strrchr(path, '/') != path && !json_equal(order, new_order))
		note(changes, at, order, new_order);
	json_decref(order);
	json_decref(new_order);
}

static void
compare_lists(json_t *changes, const char *path, json_t *from, json_t *to)
{
	size_t n = json_array_size(from) > json_array_size(to) ? json_array_size(from)
							       : json_array_size(to);
	char at[PATH_SIZE];

	if (has_names(from) && has_names(to)) {
		json_t *before = by_name(from), *after = by_name(to);
		bool unique = json_object_size(before) == json_array_size(from) &&
			      json_object_size(after) == json_array_size(to);

		if (unique)
			compare_named(changes, path, from, to, before, after);
		json_decref(before);
		json_decref(after);
		if (unique)
			return;
	}
	for (size_t i = 0; i < n && json_array_size(changes) < DIFF_MAX; i++) {
		snprintf(at, sizeof(at), "%s/%zu", path, i);
		if (i >= json_array_size(from))
			note(changes, at, NULL, json_array_get(to, i));
		else
			compare(changes, at, json_array_get(from, i), json_array_get(to, i));
	}
}

/** @param to  NULL: it is gone */
static void
compare(json_t *changes, const char *path, json_t *from, json_t *to)
{
	if (json_array_size(changes) == DIFF_MAX)
		return;
	if (to == NULL)
		note(changes, path, from, NULL);
	else if (json_is_object(from) && json_is_object(to))
		compare_objects(changes, path, from, to);
	else if (json_is_array(from) && json_is_array(to))
		compare_lists(changes, path, from, to);
	else if (!json_equal(from, to))
		note(changes, path, from, to);
}

json_t *
diff(json_t *from, json_t *to)
{
	json_t *changes = json_array();

	compare(changes, "", from, to);
	return changes;
}
