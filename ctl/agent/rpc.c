/* SPDX-License-Identifier: BSD-3-Clause */
/* See rpc.h. */

#include "ctl/agent/rpc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/arena.h"
#include "conf/conf.h"
#include "pe/clock.h"

enum { MESSAGE_MAX = 512 };

const char *const rpc_role_names[] = ROLE_NAMES;

struct rpc_call {
	struct rpc_exchange *exchange;
	const struct rpc_method *method;
	struct wp_arena *arena;
	void *params;
	json_t *id, *given; /* borrowed of the message; NULL: a notification, no params */
};

struct rpc_exchange {
	const struct rpc_service *service;
	void *peer;
	rpc_reply_fn reply; /* NULL: forgotten */
	void *arg;
	json_t *message;
	char *out; /* answers so far, with commas between */
	size_t n_out;
	bool is_lost; /* there was no memory for them */
	bool is_batch;
	bool advancing; /* a loop goes from request to request already */
	bool waiting;   /* for a call's end */
	bool paused;    /* for rpc_resume() */
	size_t next;    /* request of a batch */
	struct rpc_call call;
};

static json_t *
error_object(int code, const char *message, json_t *data)
{
	json_t *error = json_pack("{si ss}", "code", code, "message", message);

	if (data != NULL)
		json_object_set_new(error, "data", data);
	return error;
}

/** @param id  NULL: null @return an answer; takes @p value */
static json_t *
answer_object(json_t *id, const char *member, json_t *value)
{
	json_t *answer = json_pack("{ss}", "jsonrpc", "2.0");

	json_object_set_new(answer, member, value);
	json_object_set(answer, "id", id != NULL ? id : json_null());
	return answer;
}

/** Makes room behind the answers so far. @return where, behind a comma; NULL: there is none, and
 * the answers are lost */
static char *
make_room(struct rpc_exchange *exchange, size_t size)
{
	char *grown = realloc(exchange->out, exchange->n_out + size + 4); /* brackets, comma, end */

	exchange->is_lost |= grown == NULL;
	if (grown == NULL)
		return NULL;
	exchange->out = grown;
	grown[exchange->n_out] = exchange->n_out == 0 ? '[' : ',';
	return grown + ++exchange->n_out;
}

/** Adds an answer to the exchange's, as text. Takes it. */
static void
add_answer(struct rpc_exchange *exchange, json_t *answer)
{
	char *text = json_dumps(answer, JSON_COMPACT | JSON_ENSURE_ASCII), *at = NULL;
	size_t size = text == NULL ? 0 : strlen(text);

	json_decref(answer);
	if (text != NULL)
		at = make_room(exchange, size);
	exchange->is_lost |= at == NULL;
	if (at != NULL) {
		memcpy(at, text, size);
		exchange->n_out += size;
	}
	free(text);
}

/** Adds an answer whose result is text. */
static void
add_text(struct rpc_exchange *exchange, const json_t *id, const char *result)
{
	static const char frame[] = "{\"jsonrpc\":\"2.0\",\"result\":,\"id\":}";
	char *id_text = json_dumps(id, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_ENCODE_ANY);
	char *at = NULL;

	if (id_text != NULL)
		at = make_room(exchange, sizeof(frame) + strlen(result) + strlen(id_text));
	exchange->is_lost |= at == NULL;
	if (at != NULL)
		exchange->n_out += (size_t)sprintf(
			at, "{\"jsonrpc\":\"2.0\",\"result\":%s,\"id\":%s}", result, id_text);
	free(id_text);
}

static void
add_error(struct rpc_exchange *exchange, json_t *id, int code, const char *message)
{
	add_answer(exchange, answer_object(id, "error", error_object(code, message, NULL)));
}

static void
destroy(struct rpc_exchange *exchange)
{
	wp_arena_destroy(exchange->call.arena);
	free(exchange->call.params);
	json_decref(exchange->message);
	free(exchange->out);
	free(exchange);
}

/** All requests are done: sends what there is to say. */
static void
finish(struct rpc_exchange *exchange)
{
	char *text = exchange->out;
	size_t size = exchange->n_out;

	if (text != NULL && exchange->is_batch)
		text[size++] = ']';
	else if (text != NULL) { /* one answer, without the bracket in front of it */
		text++;
		size--;
	}
	if (text != NULL)
		text[size++] = '\n';
	if (exchange->reply != NULL && !exchange->is_lost)
		exchange->reply(exchange->arg, text, size);
	else if (exchange->reply != NULL)
		exchange->reply(exchange->arg, NULL, 0);
	destroy(exchange);
}

/* Requests. */

static const struct rpc_method *
find_method(const struct rpc_service *service, const char *name)
{
	for (const struct rpc_method *const *table = service->tables; *table != NULL; table++)
		for (const struct rpc_method *method = *table; method->name != NULL; method++)
			if (strcmp(method->name, name) == 0)
				return method;
	return NULL;
}

/** @return whether a request is one as the specification has it. */
static bool
is_request(const json_t *request)
{
	const json_t *version = json_object_get(request, "jsonrpc");
	const json_t *params = json_object_get(request, "params");
	const json_t *id = json_object_get(request, "id");

	if (!json_is_object(request) || !json_is_string(version) ||
	    strcmp(json_string_value(version), "2.0") != 0 ||
	    !json_is_string(json_object_get(request, "method")))
		return false;
	if (params != NULL && !json_is_object(params) && !json_is_array(params))
		return false;
	return id == NULL || json_is_string(id) || json_is_number(id) || json_is_null(id);
}

/** @return whether a call may go on; else it is refused. */
static bool
is_admitted(struct rpc_call *call)
{
	const struct rpc_service *service = call->exchange->service;

	return service->admit == NULL || service->admit(call);
}

/** Fills the params of a call. @return whether they are right; else it is refused */
static bool
fill_params(struct rpc_call *call, const json_t *params)
{
	static const struct wp_field none[] = {{.name = NULL}};
	const struct rpc_method *method = call->method;
	char path[256] = "", message[MESSAGE_MAX] = "no memory";
	struct wp_conf_error error = {path, sizeof(path), message, sizeof(message)};
	int err = -1;

	if (json_is_array(params)) {
		rpc_refuse(call, &(struct rpc_refusal){.code = RPC_INVALID_PARAMS},
			   "params: give them by name, as an object");
		return false;
	}
	call->arena = wp_arena_create();
	call->params = calloc(1, method->params_size + 1);
	if (call->arena != NULL && call->params != NULL)
		err = wp_conf_fill(method->params != NULL ? method->params : none, params, "",
				   call->arena, call->params, &error);
	if (err != 0)
		rpc_refuse(call, &(struct rpc_refusal){.code = RPC_INVALID_PARAMS, .path = path},
			   "%s", message);
	return err == 0;
}

/** Runs one request. The call is over, or waits, when it returns. */
static void
run_request(struct rpc_exchange *exchange, json_t *request)
{
	struct rpc_call *call = &exchange->call;
	const char *name;

	if (!is_request(request)) {
		add_error(exchange, NULL, RPC_INVALID_REQUEST,
			  "this is no request of JSON-RPC 2.0: {\"jsonrpc\": \"2.0\", \"method\": "
			  "..., \"params\": {...}, \"id\": ...}");
		return;
	}
	name = json_string_value(json_object_get(request, "method"));
	*call = (struct rpc_call){.exchange = exchange, .id = json_object_get(request, "id")};
	call->given = json_object_get(request, "params");
	call->method = find_method(exchange->service, name);
	exchange->waiting = true;
	if (call->method == NULL)
		rpc_refuse(call,
			   &(struct rpc_refusal){.code = RPC_NO_METHOD,
						 .hint = "rpc.discover lists all methods"},
			   "there is no method '%.63s'", name);
	else if (exchange->n_out > RPC_OUT_MAX)
		rpc_refuse(
			call,
			&(struct rpc_refusal){.code = RPC_BUSY, .hint = "ask in another message"},
			"the answers to this batch are too long already");
	else if (is_admitted(call) && fill_params(call, call->given))
		call->method->run(call);
}

/** Runs requests until one waits, others are to have a turn, or all are done. */
static void
advance(struct rpc_exchange *exchange)
{
	size_t n = exchange->is_batch ? json_array_size(exchange->message) : 1;
	uint64_t end_ns = clock_ns(CLOCK_MONOTONIC) + RPC_TURN_NS;

	if (exchange->advancing)
		return;
	exchange->advancing = true;
	exchange->paused = false;
	while (!exchange->waiting && !exchange->paused && exchange->next < n) {
		size_t i = exchange->next++;

		run_request(exchange, exchange->is_batch ? json_array_get(exchange->message, i)
							 : exchange->message);
		exchange->paused = clock_ns(CLOCK_MONOTONIC) >= end_ns && exchange->next < n;
	}
	exchange->advancing = false;
}

/** @return whether all requests have ended. */
static bool
is_done(const struct rpc_exchange *exchange)
{
	size_t n = exchange->is_batch ? json_array_size(exchange->message) : 1;

	return !exchange->waiting && !exchange->advancing && !exchange->paused &&
	       exchange->next >= n;
}

/** Tells that a call has ended. */
static void
tell_ended(const struct rpc_call *call, const json_t *error)
{
	const struct rpc_service *service = call->exchange->service;

	if (service->ended != NULL && call->method != NULL)
		service->ended(call, call->given, error);
}

/** A call has been answered: it is the next one's turn. */
static void
leave_call(struct rpc_call *call)
{
	struct rpc_exchange *exchange = call->exchange;

	wp_arena_destroy(call->arena);
	free(call->params);
	*call = (struct rpc_call){0};
	exchange->waiting = false;
	if (exchange->advancing)
		return; /* whoever advances goes on */
	advance(exchange);
	if (is_done(exchange))
		finish(exchange);
}

/** A call has ended. */
static void
end_call(struct rpc_call *call, const char *member, json_t *value)
{
	tell_ended(call, strcmp(member, "error") == 0 ? value : NULL);
	if (call->id != NULL)
		add_answer(call->exchange, answer_object(call->id, member, value));
	else
		json_decref(value);
	leave_call(call);
}

/** Reads a message. What is no JSON has its answer with it. */
static void
load(struct rpc_exchange *exchange, const char *text, size_t size)
{
	char why[MESSAGE_MAX], whole[MESSAGE_MAX + 64];
	int line, column;

	exchange->message =
		wp_conf_load(text, size, RPC_DEPTH_MAX, why, sizeof(why), &line, &column);
	exchange->is_batch = json_is_array(exchange->message);
	if (exchange->message == NULL) {
		snprintf(whole, sizeof(whole), "%s%s", why, line == 0 ? "" : " (see column)");
		if (line != 0)
			snprintf(whole, sizeof(whole), "column %d: %s", column, why);
		add_error(exchange, NULL, RPC_PARSE_ERROR, whole);
	} else if (exchange->is_batch && (json_array_size(exchange->message) == 0 ||
					  json_array_size(exchange->message) > RPC_BATCH_MAX)) {
		add_error(exchange, NULL, RPC_INVALID_REQUEST,
			  "a batch has from 1 to 256 requests");
	} else {
		return;
	}
	json_decref(exchange->message);
	exchange->message = json_array();
	exchange->next = 1;
	exchange->is_batch = false;
}

struct rpc_exchange *
rpc_run(const struct rpc_service *service, void *peer, const char *text, size_t size,
	rpc_reply_fn reply, void *arg)
{
	struct rpc_exchange *exchange = calloc(1, sizeof(*exchange));

	if (exchange == NULL) {
		reply(arg, NULL, 0);
		return NULL;
	}
	*exchange =
		(struct rpc_exchange){.service = service, .peer = peer, .reply = reply, .arg = arg};
	load(exchange, text, size);
	advance(exchange);
	if (!is_done(exchange))
		return exchange;
	finish(exchange);
	return NULL;
}

void
rpc_forget(struct rpc_exchange *exchange)
{
	if (exchange == NULL)
		return;
	exchange->reply = NULL;
	exchange->peer = NULL;
	exchange->next = SIZE_MAX; /* what has not begun does not begin */
	if (exchange->paused && !exchange->waiting)
		destroy(exchange);
}

bool
rpc_is_paused(const struct rpc_exchange *exchange)
{
	return exchange->paused && !exchange->waiting;
}

bool
rpc_resume(struct rpc_exchange *exchange)
{
	advance(exchange);
	if (!is_done(exchange))
		return true;
	finish(exchange);
	return false;
}

/* Methods. */

const void *
rpc_params(const struct rpc_call *call)
{
	return call->params;
}

void *
rpc_context(const struct rpc_call *call)
{
	return call->exchange->service->context;
}

void *
rpc_peer(const struct rpc_call *call)
{
	return call->exchange->peer;
}

const struct rpc_method *
rpc_method(const struct rpc_call *call)
{
	return call->method;
}

const struct rpc_method *const *
rpc_tables(const struct rpc_call *call)
{
	return call->exchange->service->tables;
}

void
rpc_answer(struct rpc_call *call, json_t *result)
{
	if (result == NULL)
		rpc_refuse(call, &(struct rpc_refusal){.code = RPC_INTERNAL}, "no memory");
	else
		end_call(call, "result", result);
}

void
rpc_answer_text(struct rpc_call *call, const char *text)
{
	tell_ended(call, NULL);
	if (call->id != NULL)
		add_text(call->exchange, call->id, text);
	leave_call(call);
}

void
rpc_refuse(struct rpc_call *call, const struct rpc_refusal *why, const char *format, ...)
{
	char message[MESSAGE_MAX];
	json_t *data = json_object();
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	for (char *c = message; *c != '\0'; c++) /* a character that was cut is none */
		if (*c < ' ' || *c > '~')
			*c = '?';
	if (why->path != NULL)
		json_object_set_new(data, "path", json_string(why->path));
	if (why->reason != NULL)
		json_object_set_new(data, "reason", json_string(why->reason));
	if (why->hint != NULL)
		json_object_set_new(data, "hint", json_string(why->hint));
	if (json_object_size(data) == 0) {
		json_decref(data);
		data = NULL;
	}
	end_call(call, "error", error_object(why->code, message, data));
}
