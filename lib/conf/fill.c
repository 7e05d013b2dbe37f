/* SPDX-License-Identifier: BSD-3-Clause */
/* From JSON into structs, by tables of fields. */

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/suggest.h"
#include "conf/text.h"

enum { PATH_SIZE = 256 };

/** What every step of filling needs. */
struct fill {
	struct wp_arena *arena;
	struct wp_conf_error *error;
};

static int __attribute__((format(printf, 3, 4)))
refuse(const struct fill *fill, const char *at, const char *format, ...)
{
	va_list args;

	snprintf(fill->error->path, fill->error->path_size, "%s", at);
	va_start(args, format);
	vsnprintf(fill->error->message, fill->error->message_size, format, args);
	va_end(args);
	conf_make_printable(fill->error->message);
	return -EINVAL;
}

static const char *
type_name(const json_t *value)
{
	static const char *const names[] = {
		[JSON_OBJECT] = "an object",
		[JSON_ARRAY] = "a list",
		[JSON_STRING] = "a string",
		[JSON_INTEGER] = "a number",
		[JSON_REAL] = "a number with a fraction",
		[JSON_TRUE] = "true",
		[JSON_FALSE] = "false",
		[JSON_NULL] = "null",
	};

	return names[json_typeof(value)];
}

static int
wrong_type(const struct fill *fill, const struct wp_field *field, const json_t *value,
	   const char *at, const char *wanted)
{
	return refuse(fill, at, "%s: is %s, not %s", field->name, type_name(value), wanted);
}

/** Appends a member or an index to a JSON pointer (RFC 6901). */
static void
extend_path(char path[PATH_SIZE], const char *at, const char *member)
{
	size_t n = (size_t)snprintf(path, PATH_SIZE, "%s/", at);

	for (const char *c = member; *c != '\0' && n + 3 < PATH_SIZE; c++) {
		if (*c == '~' || *c == '/') {
			path[n++] = '~';
			path[n++] = *c == '~' ? '0' : '1';
		} else {
			path[n++] = isprint((unsigned char)*c) ? *c : '?';
		}
		path[n] = '\0';
	}
}

static void
extend_index(char path[PATH_SIZE], const char *at, size_t index)
{
	char text[24];

	snprintf(text, sizeof(text), "%zu", index);
	extend_path(path, at, text);
}

/** Looks a number over. */
static int
check_number(const struct fill *fill, const struct wp_field *field, const json_t *value,
	     const char *at, uint64_t *number)
{
	json_int_t given = json_integer_value(value);

	if (!json_is_integer(value))
		return wrong_type(fill, field, value, at, "a whole number");
	if (given < 0 || (uint64_t)given < field->min)
		return refuse(fill, at, "%s: %lld is below %lu (allowed: %lu to %lu)", field->name,
			      given, field->min, field->min, field->max);
	if ((uint64_t)given > field->max)
		return refuse(fill, at, "%s: %lld is above %lu (allowed: %lu to %lu)", field->name,
			      given, field->max, field->min, field->max);
	*number = (uint64_t)given;
	return 0;
}

/** Looks a string over and copies it. */
static int
check_string(const struct fill *fill, const struct wp_field *field, const json_t *value,
	     const char *at, const char **string)
{
	const char *text = json_string_value(value);
	size_t n = json_string_length(value);

	if (text == NULL)
		return wrong_type(fill, field, value, at, "a string");
	for (size_t i = 0; i < n; i++)
		if (text[i] < 0x20 || text[i] > 0x7e)
			return refuse(fill, at, "%s: byte %zu is not printable ASCII", field->name,
				      i);
	if (field->max != 0 && (n < field->min || n > field->max))
		return refuse(fill, at, "%s: has %zu bytes (allowed: %lu to %lu)", field->name, n,
			      field->min, field->max);
	*string = wp_arena_string(fill->arena, text);
	return *string == NULL ? -ENOMEM : 0;
}

static int
fill_name(const struct fill *fill, const struct wp_field *field, const json_t *value,
	  const char *at, const char **out)
{
	int err = check_string(fill, field, value, at, out);

	if (err != 0)
		return err;
	if (field->type == WP_NAME && !wp_conf_is_name(*out))
		return refuse(fill, at,
			      "%s: '%s' is not a name (letters, digits, '_', '.', '-'; at most 63)",
			      field->name, *out);
	if (field->type == WP_KEY_NAME && !wp_conf_is_key_name(*out))
		return refuse(fill, at, "%s: '%s' is not the name of a key, NAME@VERSION",
			      field->name, *out);
	return 0;
}

static int
fill_enum(const struct fill *fill, const struct wp_field *field, const json_t *value,
	  const char *at, uint32_t *out)
{
	const char *text = json_string_value(value);
	const char *near = NULL;
	char choices[256];
	uint32_t i;

	if (text == NULL)
		return wrong_type(fill, field, value, at, "a string");
	for (i = 0; field->choices[i] != NULL; i++) {
		if (strcmp(text, field->choices[i]) == 0) {
			*out = i;
			return 0;
		}
		near = conf_nearer(near, field->choices[i], text);
	}
	return refuse(fill, at, "%s: '%.40s' is not one of %s%s%s%s", field->name, text,
		      conf_list_names(field->choices, choices, sizeof(choices)),
		      near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
		      near != NULL ? "'?" : "");
}

static int
fill_addr(const struct fill *fill, const struct wp_field *field, const json_t *value,
	  const char *at, struct wp_addr *out)
{
	const char *text = json_string_value(value);

	if (text == NULL)
		return wrong_type(fill, field, value, at, "a string");
	if (text[0] == '\0' && field->dflt != NULL)
		return 0; /* none */
	if (wp_conf_addr(text, out) != 0)
		return refuse(fill, at, "%s: '%.64s' is not an IPv4 or IPv6 address", field->name,
			      text);
	return 0;
}

static int
fill_prefix(const struct fill *fill, const struct wp_field *field, const json_t *value,
	    const char *at, struct wp_prefix *out)
{
	const char *text = json_string_value(value);

	if (text == NULL)
		return wrong_type(fill, field, value, at, "a string");
	if (wp_conf_prefix(text, out) != 0)
		return refuse(fill, at,
			      "%s: '%.64s' is not a prefix such as 10.0.0.0/8 (bits behind it must "
			      "be 0), an "
			      "address, or any",
			      field->name, text);
	return 0;
}

static int
fill_port_range(const struct fill *fill, const struct wp_field *field, const json_t *value,
		const char *at, struct wp_port_range *out)
{
	const char *text = json_string_value(value);
	json_int_t port = json_integer_value(value);

	if (json_is_integer(value) && port >= 0 && port <= UINT16_MAX) {
		*out = (struct wp_port_range){.first = (uint16_t)port, .last = (uint16_t)port};
		return 0;
	}
	if (text == NULL || conf_port_range(text, out) != 0)
		return refuse(fill, at, "%s: is not a port such as 80, \"1024-65535\" or \"any\"",
			      field->name);
	return 0;
}

/** Makes room for the items of a list. */
static int
make_list(const struct fill *fill, const json_t *value, size_t item_size, struct wp_list *out)
{
	out->n = (uint32_t)json_array_size(value);
	out->items = out->n == 0 ? NULL : wp_arena_alloc(fill->arena, out->n * item_size);
	return out->n != 0 && out->items == NULL ? -ENOMEM : 0;
}

static int
fill_scalars(const struct fill *fill, const struct wp_field *field, const json_t *value,
	     const char *at, struct wp_list *out)
{
	bool numbers = field->type == WP_U32_LIST;
	json_t *item;
	size_t i;
	int err;

	if (!json_is_array(value))
		return wrong_type(fill, field, value, at, "a list");
	err = make_list(fill, value, numbers ? sizeof(uint32_t) : sizeof(char *), out);
	if (err != 0 || out->items == NULL)
		return err;
	json_array_foreach(value, i, item)
	{
		char path[PATH_SIZE];
		uint64_t number = 0;

		extend_index(path, at, i);
		if (err != 0)
			break;
		if (numbers)
			err = check_number(fill, field, item, path, &number);
		else
			err = check_string(fill, field, item, path,
					   &((const char **)out->items)[i]);
		if (numbers)
			((uint32_t *)out->items)[i] = (uint32_t)number;
	}
	return err;
}

static int fill_object(const struct fill *fill, const struct wp_field *fields, const json_t *object,
		       const char *at, void *out);

static int
fill_list(const struct fill *fill, const struct wp_field *field, const json_t *value,
	  const char *at, struct wp_list *out)
{
	json_t *item;
	size_t i;
	int err;

	if (!json_is_array(value))
		return wrong_type(fill, field, value, at, "a list");
	if (json_array_size(value) < field->min || json_array_size(value) > field->max)
		return refuse(fill, at, "%s: has %zu items (allowed: %lu to %lu)", field->name,
			      json_array_size(value), field->min, field->max);
	err = make_list(fill, value, field->item_size, out);
	json_array_foreach(value, i, item)
	{
		char path[PATH_SIZE];

		extend_index(path, at, i);
		if (err != 0)
			break;
		if (!json_is_object(item))
			err = refuse(fill, path, "%s: item %zu is %s, not an object", field->name,
				     i, type_name(item));
		else
			err = fill_object(fill, field->fields, item, path,
					  (char *)out->items + i * field->item_size);
	}
	return err;
}

static int
fill_value(const struct fill *fill, const struct wp_field *field, const json_t *value,
	   const char *at, void *out)
{
	uint64_t number = 0;
	int err = 0;

	switch (field->type) {
	case WP_U32:
		err = check_number(fill, field, value, at, &number);
		if (err == 0)
			*(uint32_t *)out = (uint32_t)number;
		return err;
	case WP_U64:
		return check_number(fill, field, value, at, out);
	case WP_BOOL:
		if (!json_is_boolean(value))
			return wrong_type(fill, field, value, at, "true or false");
		*(bool *)out = json_is_true(value);
		return 0;
	case WP_STRING:
	case WP_FILE:
	case WP_NAME:
	case WP_KEY_NAME:
		return fill_name(fill, field, value, at, out);
	case WP_ENUM:
		return fill_enum(fill, field, value, at, out);
	case WP_ADDR:
		return fill_addr(fill, field, value, at, out);
	case WP_PREFIX:
		return fill_prefix(fill, field, value, at, out);
	case WP_PORT_RANGE:
		return fill_port_range(fill, field, value, at, out);
	case WP_U32_LIST:
	case WP_STRING_LIST:
	case WP_FILE_LIST:
		return fill_scalars(fill, field, value, at, out);
	case WP_LIST:
		return fill_list(fill, field, value, at, out);
	case WP_OBJECT:
		if (!json_is_object(value))
			return wrong_type(fill, field, value, at, "an object");
		return fill_object(fill, field->fields, value, at, out);
	case WP_JSON:
		if (!json_is_object(value))
			return wrong_type(fill, field, value, at, "an object");
		*(const json_t **)out = value;
		return 0;
	}
	return -EINVAL;
}

/** Fills what a document leaves out. Objects have no text of their own: their members' defaults
 * count. */
static int
fill_default(const struct fill *fill, const struct wp_field *field, const char *at, void *out)
{
	json_t *value;
	int err;

	if (field->type == WP_JSON)
		return 0; /* stays NULL */
	if (field->type == WP_OBJECT)
		return fill_object(fill, field->fields, NULL, at, out);
	value = json_loads(field->dflt, JSON_DECODE_ANY, NULL);
	if (value == NULL)
		return -ENOMEM;
	err = fill_value(fill, field, value, at, out);
	json_decref(value);
	return err;
}

/** A "comment" is for people, in any object. */
static int
check_comment(const struct fill *fill, const json_t *value, const char *at)
{
	if (json_is_string(value))
		return 0;
	return refuse(fill, at, "comment: is %s, not a string", type_name(value));
}

static int
check_members(const struct fill *fill, const struct wp_field *fields, const json_t *object,
	      const char *at)
{
	char path[PATH_SIZE], members[256];
	const char *member, *near;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, member, value)
	{
		const struct wp_field *field = fields;

		while (field->name != NULL && strcmp(field->name, member) != 0)
			field++;
		if (field->name != NULL)
			continue;
		extend_path(path, at, member);
		if (strcmp(member, "comment") == 0) {
			int err = check_comment(fill, value, path);

			if (err != 0)
				return err;
			continue;
		}
		near = conf_suggest_field(fields, member);
		conf_list_fields(fields, members, sizeof(members));
		if (members[0] == '\0')
			return refuse(fill, path, "unknown member '%.40s': there are none here",
				      member);
		return refuse(fill, path, "unknown member '%.40s'%s%s%s (members: %s)", member,
			      near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
			      near != NULL ? "'?" : "", members);
	}
	return 0;
}

static int
fill_object(const struct fill *fill, const struct wp_field *fields, const json_t *object,
	    const char *at, void *out)
{
	int err = object == NULL ? 0 : check_members(fill, fields, object, at);

	for (const struct wp_field *field = fields; err == 0 && field->name != NULL; field++) {
		const json_t *value = json_object_get(object, field->name);
		char path[PATH_SIZE];

		extend_path(path, at, field->name);
		if (value != NULL)
			err = fill_value(fill, field, value, path, (char *)out + field->offset);
		else if (field->dflt != NULL || field->type == WP_OBJECT || field->type == WP_JSON)
			err = fill_default(fill, field, path, (char *)out + field->offset);
		else
			err = refuse(fill, at, "missing member '%s': %s", field->name, field->help);
	}
	return err;
}

int
wp_conf_fill(const struct wp_field *fields, const json_t *object, const char *at,
	     struct wp_arena *arena, void *out, struct wp_conf_error *error)
{
	const struct fill fill = {.arena = arena, .error = error};
	static const struct wp_field none[] = {{.name = NULL}};

	if (object != NULL && !json_is_object(object))
		return refuse(&fill, at, "is %s, not an object", type_name(object));
	return fill_object(&fill, fields != NULL ? fields : none, object, at, out);
}
