/* SPDX-License-Identifier: BSD-3-Clause */
/* Members into structs: where and in which words bad ones are refused. */

#include "conf/conf.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "unit.h"

struct thing {
	uint32_t ttl, action;
	const char *name;
	struct wp_addr addr;
	struct wp_list numbers, strings, rules;
	struct {
		bool deep;
	} inner;
	const void *json;
};

static const char *const actions[] = {"allow", "drop", NULL};
#define MEMBER(NAME) .name = #NAME, .offset = offsetof(struct thing, NAME), .help = "a member"
static const struct wp_field rule_fields[] = {
	{.name = "port", .type = WP_PORT_RANGE, .help = "ports"},
	{.name = NULL},
};
static const struct wp_field inner_fields[] = {
	{.name = "deep", .type = WP_BOOL, .dflt = "true", .help = "yes or no"},
	{.name = NULL},
};
static const struct wp_field fields[] = {
	{MEMBER(ttl), .type = WP_U32, .min = 1, .max = 255, .dflt = "64"},
	{MEMBER(action), .type = WP_ENUM, .choices = actions, .dflt = "\"drop\""},
	{MEMBER(name), .type = WP_NAME},
	{MEMBER(addr), .type = WP_ADDR, .dflt = "\"\""},
	{MEMBER(numbers), .type = WP_U32_LIST, .min = 2, .max = 9, .dflt = "[]"},
	{MEMBER(strings), .type = WP_STRING_LIST, .min = 1, .max = 3, .dflt = "[]"},
	{MEMBER(rules), .type = WP_LIST, .max = 2, .fields = rule_fields,
	 .item_size = sizeof(struct wp_port_range), .dflt = "[]"},
	{MEMBER(inner), .type = WP_OBJECT, .fields = inner_fields},
	{MEMBER(json), .type = WP_JSON},
	{.name = NULL},
};

static char path[256], message[512];
static struct wp_conf_error error = {path, sizeof(path), message, sizeof(message)};

/** Fills @p thing from the members in @p text. @return what wp_conf_fill() does */
static int
fill(const char *text, struct wp_arena *arena, struct thing *thing)
{
	json_t *root = json_loads(text, 0, NULL);
	int err;

	ck_assert_ptr_nonnull(root);
	memset(thing, 0, sizeof(*thing));
	err = wp_conf_fill(fields, root, "/at/0", arena, thing, &error);
	json_decref(root);
	return err;
}

static const struct {
	const char *text, *path, *message;
} bad[] = {
	{"{\"ttl\": 1}", "/at/0", "missing member 'name': a member"},
	{"[]", "/at/0", "is a list, not an object"},
	{"{\"ttl\": 300}", "/at/0/ttl", "ttl: 300 is above 255 (allowed: 1 to 255)"},
	{"{\"ttl\": 0}", "/at/0/ttl", "ttl: 0 is below 1 (allowed: 1 to 255)"},
	{"{\"ttl\": -9223372036854775808}", "/at/0/ttl", "-9223372036854775808 is below 1"},
	{"{\"ttl\": 1.5}", "/at/0/ttl", "ttl: is a number with a fraction, not a whole number"},
	{"{\"ttl\": {}}", "/at/0/ttl", "ttl: is an object, not a whole number"},
	{"{\"ttll\": 1}", "/at/0/ttll",
	 "unknown member 'ttll'; did you mean 'ttl'? (members: ttl, "},
	{"{\"zz\": 1}", "/at/0/zz", "unknown member 'zz' (members: "},
	{"{\"a/b~c\": 1}", "/at/0/a~1b~0c", "unknown member 'a/b~c'"},
	{"{\"\": 1}", "/at/0/", "unknown member ''"},
	{"{\"\\u001b[31m\\u00e4\": 1}", "/at/0/?[31m?\?", "unknown member '?[31m?\?'"},
	{"{\"comment\": 1}", "/at/0/comment", "comment: is a number, not a string"},
	{"{\"action\": \"alow\"}", "/at/0/action",
	 "action: 'alow' is not one of allow, drop; did you mean 'allow'?"},
	{"{\"action\": \"\\u0007\"}", "/at/0/action", "action: '?' is not one of allow, drop"},
	{"{\"action\": 0}", "/at/0/action", "action: is a number, not a string"},
	{"{\"action\": null}", "/at/0/action", "action: is null, not a string"},
	{"{\"name\": \"\"}", "/at/0/name", "is not a name"},
	{"{\"name\": \"\\u00e4\"}", "/at/0/name", "byte 0 is not printable ASCII"},
	{"{\"name\": \"a\", \"addr\": \"10.1\"}", "/at/0/addr", "'10.1' is not an IPv4 or IPv6"},
	{"{\"name\": \"a\", \"numbers\": 2}", "/at/0/numbers", "is a number, not a list"},
	{"{\"name\": \"a\", \"numbers\": [2, 1]}", "/at/0/numbers/1", "numbers: 1 is below 2"},
	{"{\"name\": \"a\", \"numbers\": [2, \"3\"]}", "/at/0/numbers/1", "is a string"},
	{"{\"name\": \"a\", \"strings\": [\"\"]}", "/at/0/strings/0",
	 "has 0 bytes (allowed: 1 to 3)"},
	{"{\"name\": \"a\", \"strings\": [\"abc\", \"abcd\"]}", "/at/0/strings/1", "has 4 bytes"},
	{"{\"name\": \"a\", \"rules\": [{\"port\": 1}, {\"port\": 70000}]}", "/at/0/rules/1/port",
	 "is not a port"},
	{"{\"name\": \"a\", \"rules\": [{}]}", "/at/0/rules/0", "missing member 'port': ports"},
	{"{\"name\": \"a\", \"rules\": [[]]}", "/at/0/rules/0", "item 0 is a list, not an object"},
	{"{\"name\": \"a\", \"rules\": [{\"port\": 1}, {\"port\": 1}, {\"port\": 1}]}",
	 "/at/0/rules", "has 3 items (allowed: 0 to 2)"},
	{"{\"name\": \"a\", \"inner\": []}", "/at/0/inner", "is a list, not an object"},
	{"{\"name\": \"a\", \"inner\": {\"deep\": 1}}", "/at/0/inner/deep", "not true or false"},
	{"{\"name\": \"a\", \"inner\": {\"dep\": true}}", "/at/0/inner/dep",
	 "did you mean 'deep'?"},
	{"{\"name\": \"a\", \"json\": []}", "/at/0/json", "is a list, not an object"},
};

START_TEST(test_bad_member_is_refused_with_its_place)
{
	struct wp_arena *arena = wp_arena_create();
	struct thing thing;

	ck_assert_int_eq(fill(bad[_i].text, arena, &thing), -EINVAL);
	ck_assert_str_eq(path, bad[_i].path);
	ck_assert_msg(strstr(message, bad[_i].message) != NULL, "'%s' does not say '%s'", message,
		      bad[_i].message);
	wp_arena_destroy(arena);
}
END_TEST

START_TEST(test_members_left_out_take_their_defaults)
{
	struct wp_arena *arena = wp_arena_create();
	struct thing thing;

	ck_assert_int_eq(fill("{\"name\": \"x\", \"comment\": \"for people\"}", arena, &thing), 0);
	ck_assert_uint_eq(thing.ttl, 64);
	ck_assert_uint_eq(thing.action, 1);
	ck_assert_str_eq(thing.name, "x");
	ck_assert_uint_eq(thing.addr.version, 0);
	ck_assert_uint_eq(thing.numbers.n, 0);
	ck_assert(thing.inner.deep);
	ck_assert_ptr_null(thing.json);
	wp_arena_destroy(arena);
}
END_TEST

START_TEST(test_lists_keep_their_order_and_outlive_the_text)
{
	struct wp_arena *arena = wp_arena_create();
	struct thing thing;

	ck_assert_int_eq(fill("{\"name\": \"x\", \"numbers\": [9, 2], \"strings\": [\"b\", \"a\"],"
			      " \"rules\": [{\"port\": \"1-2\"}, {\"port\": 80}]}",
			      arena, &thing),
			 0);
	ck_assert_uint_eq(thing.numbers.n, 2);
	ck_assert_uint_eq(((const uint32_t *)thing.numbers.items)[0], 9);
	ck_assert_str_eq(((const char **)thing.strings.items)[1], "a");
	ck_assert_uint_eq(((const struct wp_port_range *)thing.rules.items)[1].first, 80);
	wp_arena_destroy(arena);
}
END_TEST

START_TEST(test_path_and_message_stay_within_their_size)
{
	char small_path[8], small_message[8];
	struct wp_conf_error small = {small_path, 8, small_message, 8};
	struct wp_arena *arena = wp_arena_create();
	json_t *root = json_object();
	struct thing thing = {0};
	char member[1024];

	memset(member, '~', sizeof(member) - 1);
	member[sizeof(member) - 1] = '\0';
	json_object_set_new(root, member, json_true());
	ck_assert_int_eq(wp_conf_fill(fields, root, "/at", arena, &thing, &small), -EINVAL);
	ck_assert_str_eq(small_path, "/at/~0~");
	ck_assert_str_eq(small_message, "unknown");
	json_decref(root);
	wp_arena_destroy(arena);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("fill");

	tcase_add_loop_test(tcase, test_bad_member_is_refused_with_its_place, 0, ROWS(bad));
	tcase_add_test(tcase, test_members_left_out_take_their_defaults);
	tcase_add_test(tcase, test_lists_keep_their_order_and_outlive_the_text);
	tcase_add_test(tcase, test_path_and_message_stay_within_their_size);
	return unit_main("conf_fill", tcase);
}
