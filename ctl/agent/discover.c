/* SPDX-License-Identifier: BSD-3-Clause */
/* rpc.discover: all methods as OpenRPC has them (spec.open-rpc.org), of the tables that run them.
 */

#include <string.h>

#include "conf/conf.h"
#include "ctl/agent/methods.h"

/** @return whether a parameter is one of the method's: any object may have a comment besides. */
static bool
is_param(const struct rpc_method *method, const char *name)
{
	for (const struct wp_field *field = method->params; field->name != NULL; field++)
		if (strcmp(field->name, name) == 0)
			return true;
	return false;
}

/** @return the parameters of a method, each with its schema. */
static json_t *
params_of(const struct rpc_method *method)
{
	json_t *params = json_array(), *schema, *properties, *value;
	const char *name;

	if (method->params == NULL)
		return params;
	schema = wp_conf_schema(method->params);
	properties = json_object_get(schema, "properties");
	json_object_foreach(properties, name, value)
	{
		const json_t *required = json_object_get(schema, "required");
		bool must = false;
		size_t i;
		json_t *one;

		if (!is_param(method, name))
			continue;
		json_array_foreach(required, i, one) must |=
			strcmp(json_string_value(one), name) == 0;
		json_array_append_new(params, json_pack("{ss sb sO}", "name", name, "required",
							must, "schema", value));
	}
	json_decref(schema);
	return params;
}

static json_t *
describe(const struct rpc_method *method)
{
	return json_pack("{ss ss ss so s{ss ss s{}} ss sb sb}", "name", method->name, "summary",
			 method->summary, "paramStructure", "by-name", "params", params_of(method),
			 "result", "name", "result", "description", method->result, "schema",
			 "x-role", rpc_role_names[method->role], "x-mutates", method->mutates,
			 "x-for-tenants", method->for_tenants);
}

static void
discover(struct rpc_call *call)
{
	json_t *methods = json_array();

	for (const struct rpc_method *const *table = rpc_tables(call); *table != NULL; table++)
		for (const struct rpc_method *method = *table; method->name != NULL; method++)
			json_array_append_new(methods, describe(method));
	rpc_answer(call,
		   json_pack("{ss s{ss ss} so}", "openrpc", "1.3.2", "info", "title",
			     "waypointd's control socket", "version", "1", "methods", methods));
}

const struct rpc_method discover_methods[] = {
	{.name = "rpc.discover",
	 .summary = "lists all methods",
	 .result = "an OpenRPC document",
	 .for_tenants = true,
	 .run = discover},
	{.name = NULL},
};
