/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as a message: each answer is one line of JSON that JSON-RPC allows. */

#include <stdlib.h>
#include <string.h>

#include "ctl/agent/rpc.h"

struct params {
	json_t *object;
	const char *text, *name, *key;
	uint64_t number;
	uint32_t choice;
	struct wp_list list;
	bool flag;
};

#define PARAM(NAME) .name = #NAME, .offset = offsetof(struct params, NAME)

static const char *const choices[] = {"one", "two", NULL};
static const struct wp_field params[] = {
	{PARAM(object), .type = WP_JSON},
	{PARAM(text), .type = WP_STRING, .max = 9, .dflt = "\"\""},
	{PARAM(name), .type = WP_NAME, .dflt = "\"a\""},
	{PARAM(key), .type = WP_KEY_NAME, .dflt = "\"a@1\""},
	{PARAM(number), .type = WP_U64, .max = 99, .dflt = "0"},
	{PARAM(choice), .type = WP_ENUM, .choices = choices, .dflt = "\"one\""},
	{PARAM(list), .type = WP_STRING_LIST, .max = 9, .dflt = "[]"},
	{PARAM(flag), .type = WP_BOOL, .dflt = "false"},
	{.name = NULL},
};

static struct rpc_call *waiting;

static void
echo(struct rpc_call *call)
{
	const struct params *given = rpc_params(call);

	rpc_answer(call,
		   json_pack("{ss ss sI so?}", "text", given->text, "name", given->name, "number",
			     (json_int_t)given->number, "object", json_incref(given->object)));
}

static void
later(struct rpc_call *call)
{
	waiting = call;
}

static const struct rpc_method methods[] = {
	{.name = "e", .params = params, .params_size = sizeof(struct params), .run = echo},
	{.name = "l", .run = later},
	{.name = NULL},
};
static const struct rpc_method *const tables[] = {methods, NULL};
static const struct rpc_service service = {.tables = tables};

static void
on_reply(void *arg, const char *text, size_t size)
{
	json_t *answer;

	if (text == NULL)
		return;
	answer = json_loadb(text, size, 0, NULL);
	if (answer == NULL || text[size - 1] != '\n' || memchr(text, '\n', size) != text + size - 1)
		abort();
	json_decref(answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rpc_exchange *exchange;

	waiting = NULL;
	exchange = rpc_run(&service, NULL, (const char *)data, size, on_reply, NULL);
	if (exchange != NULL && size % 2 == 0)
		rpc_forget(exchange);
	while (waiting != NULL) {
		struct rpc_call *call = waiting;

		waiting = NULL;
		rpc_answer(call, json_true());
	}
	return 0;
}
