/* SPDX-License-Identifier: BSD-3-Clause */
/* service.*: instances of services, what they may be told, and what they answer. */

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "ctl/agent/agent.h"
#include "ctl/agent/methods.h"
#include "pe/document.h"
#include "pe/epoch.h"

enum { ANSWER_MAX = 1 << 16 };

static const struct wp_epoch *
epoch_of(const struct rpc_call *call)
{
	return agent_pe(rpc_context(call))->current;
}

/* service.list */

/** @return whether an instance serves a step of one of a grant's paths. */
static bool
serves(const struct document *document, uint32_t instance, const struct grant *grant)
{
	for (uint32_t i = 0; i < document->n_paths; i++) {
		const struct document_path *path = &document->paths[i];

		for (uint32_t step = 0; step < path->n_steps; step++)
			if (path->steps[step].instance_index == instance &&
			    grant_has_tenant(grant, path->tenant))
				return true;
	}
	return false;
}

static void
list(struct rpc_call *call)
{
	const struct document *document = epoch_of(call)->document;
	const struct grant grant = grant_of(call);
	json_t *instances = json_array();

	for (uint32_t i = 0; i < document->n_instances; i++) {
		const struct document_instance *instance = &document->instances[i];

		if (!grant_has_name(&grant, instance->name) && !serves(document, i, &grant))
			continue;
		json_array_append_new(instances, json_pack("{ss ss ss}", "name", instance->name,
							   "service", instance->service, "summary",
							   instance->contract->summary));
	}
	rpc_answer(call, json_pack("{sI so}", "epoch", (json_int_t)epoch_of(call)->number,
				   "instances", instances));
}

/* service.describe */

struct which {
	const char *service;
};

static const struct wp_field describe_params[] = {
	{.name = "service",
	 .type = WP_NAME,
	 .offset = offsetof(struct which, service),
	 .help = "name of a service whose module is loaded"},
	{.name = NULL},
};

static json_t *
names(const char *const *list_of)
{
	json_t *array = json_array();

	for (unsigned int i = 0; list_of != NULL && list_of[i] != NULL; i++)
		json_array_append_new(array, json_string(list_of[i]));
	return array;
}

static const char *const classes[] = {[WP_FLOW] = "flow",
				      [WP_SHARED] = "shared",
				      [WP_COUNTER] = "counter",
				      [WP_PINNED] = "pinned",
				      [WP_ATOMIC] = "atomic"};

/** @return the tables of a service, and what their classes promise. */
static json_t *
tables_of(const struct wp_service *service)
{
	json_t *array = json_array();

	for (const struct wp_table_decl *decl = service->tables; decl != NULL && decl->name != NULL;
	     decl++)
		json_array_append_new(array,
				      json_pack("{ss si ss sb sb}", "name", decl->name, "version",
						(int)decl->version, "class", classes[decl->class],
						"durable", decl->durable, "exported",
						decl->class != WP_COUNTER && !decl->stays));
	return array;
}

static json_t *
schema_of(const struct wp_field *fields)
{
	static const struct wp_field none[] = {{.name = NULL}};

	return wp_conf_schema(fields != NULL ? fields : none);
}

/** @return whether a grant's tenants have to do with a service. */
static bool
may_know(const struct document *document, const struct grant *grant, const char *service)
{
	if (grant_is_whole(grant))
		return true;
	for (uint32_t i = 0; i < document->n_tenants; i++) {
		const struct wp_list *services = &document->tenants[i].delegated.services;

		for (uint32_t j = 0; j < services->n; j++)
			if (strcmp(((const char **)services->items)[j], service) == 0 &&
			    grant_has_tenant(grant, document->tenants[i].name))
				return true;
	}
	for (uint32_t i = 0; i < document->n_instances; i++)
		if (strcmp(document->instances[i].service, service) == 0 &&
		    (grant_has_name(grant, document->instances[i].name) ||
		     serves(document, i, grant)))
			return true;
	return false;
}

static void
describe(struct rpc_call *call)
{
	const struct which *params = rpc_params(call);
	const struct grant grant = grant_of(call);
	const struct wp_service *service =
		document_service(epoch_of(call)->document, params->service);

	if (service == NULL || !may_know(epoch_of(call)->document, &grant, params->service)) {
		rpc_refuse(call,
			   &(struct rpc_refusal){.code = RPC_NOT_FOUND,
						 .reason = "service",
						 .hint = "modules of the document are loaded"},
			   "no loaded module has a service '%s'", params->service);
		return;
	}
	rpc_answer(call,
		   json_pack("{ss ss so so so so so so sb}", "service", service->name, "summary",
			     service->summary, "config", schema_of(service->fields), "args",
			     schema_of(service->step_fields), "counters", names(service->counters),
			     "alerts", names(service->alerts), "reasons", names(service->reasons),
			     "tables", tables_of(service), "can_be_asked", service->ask != NULL));
}

/* service.call */

struct question {
	const char *instance, *question;
};

static const struct wp_field call_params[] = {
	{.name = "instance",
	 .type = WP_NAME,
	 .offset = offsetof(struct question, instance),
	 .help = "name of an instance"},
	{.name = "question",
	 .type = WP_STRING,
	 .offset = offsetof(struct question, question),
	 .min = 1,
	 .max = 255,
	 .help = "what its service can be asked; nat: 203.0.113.7:2345, or TENANT/10.0.0.5"},
	{.name = NULL},
};

static const struct instance *
find_instance(const struct wp_epoch *epoch, const char *name)
{
	for (uint32_t i = 0; i < epoch->n_instances; i++)
		if (strcmp(epoch->instances[i].name, name) == 0)
			return &epoch->instances[i];
	return NULL;
}

/** @return the lines of an answer. */
static json_t *
lines_of(char *answer)
{
	json_t *lines = json_array();
	char *rest = answer;

	for (char *line = strtok_r(answer, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest))
		json_array_append_new(lines, json_string(line));
	return lines;
}

static void
ask(struct rpc_call *call)
{
	const struct question *params = rpc_params(call);
	const struct grant grant = grant_of(call);
	const struct instance *instance = find_instance(epoch_of(call), params->instance);
	char *answer = calloc(1, ANSWER_MAX);
	int n = -EINVAL;

	/* What serves others, too, would tell of them. */
	if (instance == NULL || !grant_has_name(&grant, params->instance)) {
		rpc_refuse(call,
			   &(struct rpc_refusal){.code = RPC_NOT_FOUND,
						 .path = "/instance",
						 .hint = "service.list lists what there is"},
			   "there is no instance '%s'", params->instance);
		free(answer);
		return;
	}
	if (answer != NULL && instance->service->ask != NULL)
		n = instance->service->ask(instance->inst, params->question, answer, ANSWER_MAX);
	if (n >= 0)
		rpc_answer(call, json_pack("{so}", "answers", lines_of(answer)));
	else
		rpc_refuse(call,
			   &(struct rpc_refusal){
				   .code = RPC_REFUSED,
				   .path = "/question",
				   .hint = instance->service->ask == NULL
						   ? "it cannot be asked anything"
						   : "the question 'help' says what can be asked"},
			   "the service '%s' does not understand that", instance->service->name);
	free(answer);
}

const struct rpc_method service_methods[] = {
	{.name = "service.list",
	 .summary = "lists the instances of services",
	 .result = "epoch; instances: a list of name, service, summary",
	 .for_tenants = true,
	 .run = list},
	{.name = "service.describe",
	 .summary = "says what a service may be told, and what it counts",
	 .result = "config and args as JSON Schemas; counters, reasons (of drops), "
		   "tables: name, version, class, durable (over a kill), exported; can_be_asked",
	 .params = describe_params,
	 .params_size = sizeof(struct which),
	 .for_tenants = true,
	 .run = describe},
	{.name = "service.call",
	 .summary = "asks an instance what it says by its configuration alone",
	 .result = "answers: lines; none: it knows nothing of that",
	 .params = call_params,
	 .params_size = sizeof(struct question),
	 .for_tenants = true,
	 .run = ask},
	{.name = NULL},
};
