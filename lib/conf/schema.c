/* SPDX-License-Identifier: BSD-3-Clause */
/* The tables of fields as JSON Schema (2020-12). */

#include "conf/conf.h"

#include <stdint.h>

#define NAME_PATTERN "^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$"
#define KEY_PATTERN "^[A-Za-z0-9][A-Za-z0-9_.-]{0,47}@[1-9][0-9]{0,9}$"

static json_t *
number_schema(const struct wp_field *field)
{
	return json_pack("{ss sI sI}", "type", "integer", "minimum", (json_int_t)field->min,
			 "maximum", (json_int_t)field->max);
}

static json_t *
string_schema(const struct wp_field *field)
{
	json_t *schema = json_pack("{ss ss}", "type", "string", "pattern", "^[ -~]*$");

	if (field->max != 0) {
		json_object_set_new(schema, "minLength", json_integer((json_int_t)field->min));
		json_object_set_new(schema, "maxLength", json_integer((json_int_t)field->max));
	}
	return schema;
}

static json_t *
enum_schema(const struct wp_field *field)
{
	json_t *choices = json_array();

	for (const char *const *choice = field->choices; *choice != NULL; choice++)
		json_array_append_new(choices, json_string(*choice));
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
		return string_schema(field);
	case WP_NAME:
		return json_pack("{ss ss}", "type", "string", "pattern", NAME_PATTERN);
	case WP_KEY_NAME:
		return json_pack("{ss ss}", "type", "string", "pattern", KEY_PATTERN);
	case WP_ENUM:
		return enum_schema(field);
	case WP_ADDR:
	case WP_PREFIX:
		return json_pack("{ss ss}", "type", "string", "pattern", "^[0-9A-Fa-f:./]*$|^any$");
	case WP_PORT_RANGE:
		return json_pack("{s[{ss sI sI} {ss ss}]}", "anyOf", "type", "integer", "minimum",
				 (json_int_t)0, "maximum", (json_int_t)UINT16_MAX, "type", "string",
				 "pattern", "^(any|[0-9]{1,5}(-[0-9]{1,5})?)$");
	case WP_U32_LIST:
		return json_pack("{ss so}", "type", "array", "items", number_schema(field));
	case WP_STRING_LIST:
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

json_t *
wp_conf_schema(const struct wp_field *fields)
{
	json_t *properties = json_object(), *required = json_array();

	for (; fields != NULL && fields->name != NULL; fields++) {
		json_t *value = value_schema(fields);

		json_object_set_new(value, "description", json_string(fields->help));
		if (fields->dflt != NULL)
			json_object_set_new(value, "default",
					    json_loads(fields->dflt, JSON_DECODE_ANY, NULL));
		else if (fields->type != WP_OBJECT && fields->type != WP_JSON)
			json_array_append_new(required, json_string(fields->name));
		json_object_set_new(properties, fields->name, value);
	}
	json_object_set_new(properties, "comment", json_pack("{ss}", "type", "string"));
	return json_pack("{ss so so sb}", "type", "object", "properties", properties, "required",
			 required, "additionalProperties", 0);
}
