/* SPDX-License-Identifier: BSD-3-Clause */
/* JSON-RPC 2.0, message by message: the examples of the specification, and what goes beyond. */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl/agent/rpc.h"
#include "unit.h"

struct subtraction {
	uint32_t minuend, subtrahend;
};

static struct rpc_call *waiting; /* a call of "later" */
static unsigned int notified, replies;
static char *reply;

static const struct wp_field subtract_params[] = {
	{.name = "minuend",
	 .type = WP_U32,
	 .offset = offsetof(struct subtraction, minuend),
	 .max = 1000},
	{.name = "subtrahend",
	 .type = WP_U32,
	 .offset = offsetof(struct subtraction, subtrahend),
	 .max = 1000,
	 .dflt = "1"},
	{.name = NULL},
};

static void
subtract(struct rpc_call *call)
{
	const struct subtraction *params = rpc_params(call);

	notified++;
	rpc_answer(call, json_integer((json_int_t)params->minuend - params->subtrahend));
}

static void
say(struct rpc_call *call)
{
	rpc_answer_text(call, "[1,2]");
}

/** Takes longer than others are to wait. */
static void
slow(struct rpc_call *call)
{
	usleep(RPC_TURN_NS / 1000 + 1000);
	notified++;
	rpc_answer(call, json_true());
}

static void
later(struct rpc_call *call)
{
	waiting = call;
}

static void
clash(struct rpc_call *call)
{
	rpc_refuse(call, &(struct rpc_refusal){RPC_CONFLICT, "/epoch", "epoch", "look again"},
		   "it is %d", 7);
}

static const struct rpc_method methods[] = {
	{.name = "subtract",
	 .params = subtract_params,
	 .params_size = sizeof(struct subtraction),
	 .run = subtract},
	{.name = "say", .run = say},
	{.name = "slow", .run = slow},
	{.name = "later", .run = later},
	{.name = "clash", .run = clash},
	{.name = "secret", .role = ROLE_ADMIN, .run = later},
	{.name = NULL},
};
static const struct rpc_method *const tables[] = {methods, NULL};

/** Secrets are nobody's. */
static bool
admit(struct rpc_call *call)
{
	if (rpc_method(call)->role != ROLE_ADMIN)
		return true;
	rpc_refuse(call, &(struct rpc_refusal){.code = RPC_FORBIDDEN, .reason = "role"}, "no");
	return false;
}

static const struct rpc_service service = {.tables = tables, .admit = admit};

static void
on_reply(void *arg, const char *text, size_t size)
{
	replies++;
	free(reply);
	reply = text == NULL ? NULL : strndup(text, size);
}

static struct rpc_exchange *
run(const char *text)
{
	replies = notified = 0;
	waiting = NULL;
	return rpc_run(&service, NULL, text, strlen(text), on_reply, NULL);
}

static void
is(const char *text, const char *expected)
{
	char line[1024];

	ck_assert_ptr_null(run(text));
	ck_assert_uint_eq(replies, 1);
	if (expected == NULL) {
		ck_assert_ptr_null(reply);
		return;
	}
	snprintf(line, sizeof(line), "%s\n", expected);
	ck_assert_ptr_nonnull(reply);
	ck_assert_str_eq(reply, line);
}

/** It is refused with a code. @return the answer, borrowed until the next */
static const json_t *
refused(const char *text, int code)
{
	static json_t *answer;
	const json_t *error;

	ck_assert_ptr_null(run(text));
	ck_assert_ptr_nonnull(reply);
	json_decref(answer);
	answer = json_loads(reply, 0, NULL);
	error = json_object_get(answer, "error");
	ck_assert_msg(json_integer_value(json_object_get(error, "code")) == code, "%s", reply);
	return answer;
}

#define SLOW "{\"jsonrpc\": \"2.0\", \"method\": \"slow\", \"id\": 1}"

/** A message that takes long pauses after each turn, is answered whole, and may be forgotten. */
START_TEST(test_others_have_a_turn)
{
	struct rpc_exchange *exchange = run("[" SLOW "," SLOW "," SLOW "]");

	for (unsigned int turn = 1; turn < 3; turn++) {
		ck_assert_ptr_nonnull(exchange);
		ck_assert(rpc_is_paused(exchange));
		ck_assert_uint_eq(notified, turn);
		ck_assert_uint_eq(replies, 0);
		ck_assert(rpc_resume(exchange) == (turn < 2));
	}
	ck_assert_uint_eq(replies, 1);
	ck_assert_str_eq(reply, "[{\"jsonrpc\":\"2.0\",\"result\":true,\"id\":1},{\"jsonrpc\":"
				"\"2.0\",\"result\":true,\"id\":1},{\"jsonrpc\":\"2.0\",\"result\":"
				"true,\"id\":1}]\n");
	exchange = run("[" SLOW "," SLOW "]");
	ck_assert(rpc_is_paused(exchange));
	rpc_forget(exchange); /* gone: the sanitizer would miss it */
	ck_assert_uint_eq(notified, 1);
	ck_assert_uint_eq(replies, 0);
}
END_TEST

/** One that pauses may also wait for a late answer. */
START_TEST(test_a_turn_and_a_late_answer)
{
	struct rpc_exchange *exchange =
		run("[" SLOW ", {\"jsonrpc\": \"2.0\", \"method\": \"later\", \"id\": 2}]");

	ck_assert(rpc_is_paused(exchange));
	ck_assert(rpc_resume(exchange));
	ck_assert(!rpc_is_paused(exchange)); /* it waits */
	ck_assert_ptr_nonnull(waiting);
	rpc_answer(waiting, json_integer(5));
	ck_assert_uint_eq(replies, 1);
	ck_assert_ptr_nonnull(strstr(reply, "\"result\":5"));
}
END_TEST

START_TEST(test_text)
{
	is("{\"jsonrpc\": \"2.0\", \"method\": \"say\", \"id\": \"a\\u00e9\\\"\"}",
	   "{\"jsonrpc\":\"2.0\",\"result\":[1,2],\"id\":\"a\\u00E9\\\"\"}");
	is("[{\"jsonrpc\": \"2.0\", \"method\": \"say\", \"id\": null}, "
	   "{\"jsonrpc\": \"2.0\", \"method\": \"say\", \"id\": 1.5}]",
	   "[{\"jsonrpc\":\"2.0\",\"result\":[1,2],\"id\":null},"
	   "{\"jsonrpc\":\"2.0\",\"result\":[1,2],\"id\":1.5}]");
	is("{\"jsonrpc\": \"2.0\", \"method\": \"say\"}", NULL);
}
END_TEST

START_TEST(test_calls)
{
	is("{\"jsonrpc\": \"2.0\", \"method\": \"subtract\", \"params\": {\"subtrahend\": 23, "
	   "\"minuend\": 42}, \"id\": 3}",
	   "{\"jsonrpc\":\"2.0\",\"result\":19,\"id\":3}");
	is("{\"jsonrpc\": \"2.0\", \"method\": \"subtract\", \"params\": {\"minuend\": 42}, "
	   "\"id\": \"x\"}",
	   "{\"jsonrpc\":\"2.0\",\"result\":41,\"id\":\"x\"}");
	is("{\"jsonrpc\": \"2.0\", \"method\": \"subtract\", \"params\": {\"minuend\": 2}, \"id\": "
	   "null}",
	   "{\"jsonrpc\":\"2.0\",\"result\":1,\"id\":null}");
	is("{\"jsonrpc\": \"2.0\", \"method\": \"clash\", \"id\": 1}",
	   "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":2,\"message\":\"it is "
	   "7\",\"data\":{\"path\":\"/epoch\",\"reason\":\"epoch\",\"hint\":\"look "
	   "again\"}},\"id\":1}");
}
END_TEST

START_TEST(test_notifications)
{
	is("{\"jsonrpc\": \"2.0\", \"method\": \"subtract\", \"params\": {\"minuend\": 42}}", NULL);
	ck_assert_uint_eq(notified, 1);
	is("{\"jsonrpc\": \"2.0\", \"method\": \"nobody\"}", NULL);
	is("{\"jsonrpc\": \"2.0\", \"method\": \"subtract\", \"params\": {}}", NULL);
	ck_assert_uint_eq(notified, 0);
	is("[{\"jsonrpc\": \"2.0\", \"method\": \"clash\"}, {\"jsonrpc\": \"2.0\", \"method\": "
	   "\"clash\"}]",
	   NULL);
}
END_TEST

static const struct {
	const char *text;
	int code;
	const char *id; /* as JSON */
} wrong[] = {
	{"{\"jsonrpc\": \"2.0\", \"method\": \"foobar, \"params\": \"bar\", \"baz]",
	 RPC_PARSE_ERROR, "null"},
	{"", RPC_PARSE_ERROR, "null"},
	{"{\"id\": 1, \"id\": 2}", RPC_PARSE_ERROR, "null"},
	{"\"\xff\"", RPC_PARSE_ERROR, "null"},
	{"{\"jsonrpc\": \"2.0\", \"method\": 1, \"params\": \"bar\"}", RPC_INVALID_REQUEST, "null"},
	{"{\"jsonrpc\": \"1.0\", \"method\": \"subtract\", \"id\": 1}", RPC_INVALID_REQUEST,
	 "null"},
	{"{\"jsonrpc\": \"2.0\", \"method\": \"subtract\", \"id\": {}}", RPC_INVALID_REQUEST,
	 "null"},
	{"[]", RPC_INVALID_REQUEST, "null"},
	{"1", RPC_PARSE_ERROR, "null"}, /* of what is no object or list */
	{"{\"jsonrpc\": \"2.0\", \"method\": \"foobar\", \"id\": \"1\"}", RPC_NO_METHOD, "\"1\""},
	{"{\"jsonrpc\": \"2.0\", \"method\": \"subtract\", \"params\": [42, 23], \"id\": 2}",
	 RPC_INVALID_PARAMS, "2"},
	{"{\"jsonrpc\": \"2.0\", \"method\": \"subtract\", \"id\": 2}", RPC_INVALID_PARAMS, "2"},
	{"{\"jsonrpc\": \"2.0\", \"method\": \"subtract\", \"params\": {\"minuend\": 2000}, "
	 "\"id\": 2}",
	 RPC_INVALID_PARAMS, "2"},
	{"{\"jsonrpc\": \"2.0\", \"method\": \"clash\", \"params\": {\"x\": 1}, \"id\": 2}",
	 RPC_INVALID_PARAMS, "2"},
	{"{\"jsonrpc\": \"2.0\", \"method\": \"secret\", \"id\": 2}", RPC_FORBIDDEN, "2"},
};

START_TEST(test_wrong_messages)
{
	const json_t *answer = refused(wrong[_i].text, wrong[_i].code);
	char *id = json_dumps(json_object_get(answer, "id"), JSON_ENCODE_ANY);

	ck_assert_str_eq(id, wrong[_i].id);
	free(id);
	ck_assert_ptr_null(waiting);
}
END_TEST

START_TEST(test_depth)
{
	char text[512] = "{\"jsonrpc\": \"2.0\", \"method\": \"clash\", \"id\": 1, \"params\": ";
	size_t at = strlen(text);

	memset(text + at, '[', 200);
	memset(text + at + 200, ']', 200);
	strcpy(text + at + 400, "}");
	refused(text, RPC_PARSE_ERROR);
}
END_TEST

START_TEST(test_batches)
{
	char *text = malloc(100000), *end = text;

	is("[{\"jsonrpc\": \"2.0\", \"method\": \"subtract\", \"params\": {\"minuend\": 4}, "
	   "\"id\": "
	   "1}, 1, {\"jsonrpc\": \"2.0\", \"method\": \"subtract\", \"params\": {\"minuend\": "
	   "5}}, {\"jsonrpc\": \"2.0\", \"method\": \"subtract\", \"params\": {\"minuend\": 6}, "
	   "\"id\": 2}]",
	   "[{\"jsonrpc\":\"2.0\",\"result\":3,\"id\":1},{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-"
	   "32600,\"message\":\"this is no request of JSON-RPC 2.0: {\\\"jsonrpc\\\": "
	   "\\\"2.0\\\", \\\"method\\\": ..., \\\"params\\\": {...}, \\\"id\\\": "
	   "...}\"},\"id\":null},{\"jsonrpc\":\"2.0\",\"result\":5,\"id\":2}]");
	ck_assert_uint_eq(notified, 3);
	*end++ = '[';
	for (unsigned int i = 0; i < RPC_BATCH_MAX + 1; i++)
		end += sprintf(end, "%s{\"jsonrpc\": \"2.0\", \"method\": \"clash\", \"id\": %u}",
			       i == 0 ? "" : ",", i);
	strcpy(end, "]");
	refused(text, RPC_INVALID_REQUEST);
	free(text);
}
END_TEST

/** What answers later keeps the next request waiting; nobody hears of what was forgotten. */
START_TEST(test_later)
{
	const char *text = "[{\"jsonrpc\": \"2.0\", \"method\": \"later\", \"id\": 1}, "
			   "{\"jsonrpc\": \"2.0\", \"method\": \"later\", \"id\": 2}, "
			   "{\"jsonrpc\": \"2.0\", \"method\": \"subtract\", \"params\": "
			   "{\"minuend\": 9}, \"id\": 3}]";
	struct rpc_call *first;

	ck_assert_ptr_nonnull(run(text));
	first = waiting;
	waiting = NULL;
	ck_assert_ptr_nonnull(first);
	rpc_answer(first, json_true());
	ck_assert_ptr_nonnull(waiting);
	ck_assert_uint_eq(notified, 0);
	ck_assert_uint_eq(replies, 0);
	rpc_answer(waiting, json_false());
	ck_assert_uint_eq(replies, 1);
	ck_assert_str_eq(reply,
			 "[{\"jsonrpc\":\"2.0\",\"result\":true,\"id\":1},{\"jsonrpc\":\"2.0\","
			 "\"result\":false,\"id\":2},{\"jsonrpc\":\"2.0\",\"result\":8,\"id\":"
			 "3}]\n");
	rpc_forget(run(text));
	ck_assert_ptr_null(rpc_peer(waiting));
	rpc_answer(waiting, json_true());
	ck_assert_uint_eq(replies, 0);
	ck_assert_uint_eq(notified, 0); /* what had not begun does not begin */
}
END_TEST

static void
teardown(void)
{
	free(reply);
	reply = NULL;
}

int
main(void)
{
	TCase *tcase = tcase_create("rpc");

	tcase_add_checked_fixture(tcase, NULL, teardown);
	tcase_add_test(tcase, test_others_have_a_turn);
	tcase_add_test(tcase, test_a_turn_and_a_late_answer);
	tcase_add_test(tcase, test_text);
	tcase_add_test(tcase, test_calls);
	tcase_add_test(tcase, test_notifications);
	tcase_add_loop_test(tcase, test_wrong_messages, 0, ROWS(wrong));
	tcase_add_test(tcase, test_depth);
	tcase_add_test(tcase, test_batches);
	tcase_add_test(tcase, test_later);
	return unit_main("rpc", tcase);
}
