/* SPDX-License-Identifier: BSD-3-Clause */
/* The tables of fields as JSON Schema (2020-12). Where memory ends there is no schema, not half a
 * one. */

#include "conf/conf.h"

#include <stdbool.h>
#include <stdint.h>

#define NAME_PATTERN "^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$"
#define KEY_PATTERN "^[A-Za-z0-9][A-Za-z0-9_.-]{0,47}@[1-9][0-9]{0,9}$"
#define ADDR_PATTERN "^[0-9A-Fa-f:.]+$"
#define ADDR_OR_NONE_PATTERN "^[0-9A-Fa-f:.]*$"
#define PREFIX_PATTERN "^(any|[0-9A-Fa-f:.]+(/[0-9]{1,3})?)$"
#define PORTS_PATTERN "^(any|[0-9]{1,5}(-[0-9]{1,5})?)$"

static json_t *
number_schema(const struct wp_field *field)
{
	return json_pack("{ss sI sI}", "type", "integer", "minimum", (json_int_t)field->min,
			 "maximum", (json_int_t)field->max);
}

static json_t *
pattern_schema(const char *pattern)
{
	return json_pack("{ss ss}", "type", "string", "pattern", pattern);
}

static json_t *
string_schema(const struct wp_field *field)
{
	if (field->max == 0)
		return pattern_schema("^[ -~]*$");
	return json_pack("{ss ss sI sI}", "type", "string", "pattern", "^[ -~]*$", "minLength",
			 (json_int_t)field->min, "maxLength", (json_int_t)field->max);
}

static json_t *
enum_schema(const struct wp_field *field)
{
	json_t *choices = json_array();

	for (const char *const *choice = field->choices; *choice != NULL; choice++) {
		if (json_array_append_new(choices, json_string(*choice)) != 0) {
			json_decref(choices);
			return NULL;
		}
	}
	return json_pack("{so}", "enum", choices);
}

static json_t *
list_schema(const struct wp_field *field)
{
	return json_pack("{ss so sI sI}", "type", "array", "items", wp_conf_schema(field->fields),
			 "minItems", (json_int_t)field->min, "maxItems", (json_int_t)field->max);
}

static json_t *
value_schema(const struct wp_field *field)
{
	switch (field->type) {
	case WP_U32:
	case WP_U64:
		return number_schema(field);
	case WP_BOOL:
		return json_pack("{ss}", "type", "boolean");
	case WP_STRING:
	case WP_FILE:
		return string_schema(field);
	case WP_NAME:
		return pattern_schema(NAME_PATTERN);
	case WP_KEY_NAME:
		return pattern_schema(KEY_PATTERN);
	case WP_ENUM:
		return enum_schema(field);
	case WP_ADDR:
		return pattern_schema(field->dflt != NULL ? ADDR_OR_NONE_PATTERN : ADDR_PATTERN);
	case WP_PREFIX:
		return pattern_schema(PREFIX_PATTERN);
	case WP_PORT_RANGE:
		return json_pack("{s[{ss sI sI} {ss ss}]}", "anyOf", "type", "integer", "minimum",
				 (json_int_t)0, "maximum", (json_int_t)UINT16_MAX, "type", "string",
				 "pattern", PORTS_PATTERN);
	case WP_U32_LIST:
		return json_pack("{ss so}", "type", "array", "items", number_schema(field));
	case WP_STRING_LIST:
	case WP_FILE_LIST:
		return json_pack("{ss so}", "type", "array", "items", string_schema(field));
	case WP_LIST:
		return list_schema(field);
	case WP_OBJECT:
		return wp_conf_schema(field->fields);
	case WP_JSON:
		return json_pack("{ss}", "type", "object");
	}
	return NULL;
}

/** Adds one field to the members of an object, and to those that must be given. @return whether
 * there was memory */
static bool
add_field(const struct wp_field *field, json_t *properties, json_t *required)
{
	json_t *value = value_schema(field);

	if (json_object_set_new(properties, field->name, value) != 0 ||
	    json_object_set_new(value, "description", json_string(field->help)) != 0)
		return false;
	if (field->dflt != NULL)
		return json_object_set_new(value, "default",
					   json_loads(field->dflt, JSON_DECODE_ANY, NULL)) == 0;
	if (field->type == WP_OBJECT || field->type == WP_JSON)
		return true;
	return json_array_append_new(required, json_string(field->name)) == 0;
}

json_t *
wp_conf_schema(const struct wp_field *fields)
{
	json_t *properties = json_object(), *required = json_array();
	bool ok = json_object_set_new(properties, "comment", json_pack("{ss}", "type", "string")) ==
		  0;

	for (; ok && fields != NULL && fields->name != NULL; fields++)
		ok = add_field(fields, properties, required);
	if (!ok || required == NULL) {
		json_decref(properties);
		json_decref(required);
		return NULL;
	}
	return json_pack("{ss so so sb}", "type", "object", "properties", properties, "required",
			 required, "additionalProperties", 0);
}
