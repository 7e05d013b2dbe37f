/* SPDX-License-Identifier: BSD-3-Clause */
/* See record_bed.h. */

#include "record_bed.h"

#include <stdlib.h>
#include <string.h>

#include "parse/parse.h"

enum { NOW_NS = 2000000000 };

struct record record;
char line[JSON_LINE_MAX];
uint8_t kept[RECORD_KEPT_MAX];
struct wp_flow flow;
struct rule rule;
struct json_names names;

/** A flow with its key, as tables have it. */
static struct {
	struct wp_entry entry;
	uint64_t prefix;
	uint8_t key[WP_KEY_SIZE_MAX];
} entry;
static struct rule_match target = {.kind = MATCH_TARGET, .side = 1};
static const struct rule_metadata metadata[] = {{"a", "b"}, {"c", "d"}, {"a", "\"e\""}};

static const struct rule *
find_rule(const void *of, uint32_t number)
{
	return of == &rule && number == rule.number ? &rule : NULL;
}

static const char *
find_tenant(const void *of, uint16_t tenant)
{
	return tenant == 3 ? "red" : NULL;
}

struct wp_span
bed_span(const char *text)
{
	return (struct wp_span){(const uint8_t *)text, (uint32_t)strlen(text)};
}

void
bed_set_up(void)
{
	memset(&entry, 0, sizeof(entry));
	memcpy(entry.key, "\x0a\0\0\1\x0a\0\0\2\x04\x01\0\x50\x06", 13);
	entry.entry.tenant = 3;
	flow = (struct wp_flow){
		.entry = &entry.entry,
		.sides = {{.packets = 3, .bytes = 300, .state = WP_TCP_FIN_WAIT_2},
			  {.packets = 2, .bytes = 200, .state = WP_TCP_CLOSE_WAIT}},
		.start_ns = NOW_NS - 1500000000,
		.last_ns = NOW_NS - 1000,
		.path = 291,
		.step = 2,
		.proto = WP_PROTO_TCP,
		.state = WP_FLOW_ESTABLISHED,
		.version = 4,
		.tcp_flags = {0x1b, 0x12},
		.l7 = WP_L7_HTTP,
	};
	rule = (struct rule){
		.sid = 4,
		.gid = 1,
		.rev = 2,
		.number = 7,
		.msg = "a \"b\" \\ \xff",
		.text = "alert ip",
		.priority = 3,
		.class_text = "Misc",
		.metadata = metadata,
		.n_metadata = 3,
		.after = &target,
		.n_after = 1,
	};
	names = (struct json_names){
		.of = &rule, .rule = find_rule, .tenant = find_tenant, .metadata = true};
}

struct record_context
bed_context(const struct wp_stream_event *event)
{
	return (struct record_context){
		.flow = &flow, .event = event, .now_ns = NOW_NS, .tx = -1, .side = WP_CLIENT};
}

json_t *
bed_parse(void)
{
	size_t size = json_line(line, sizeof(line), record.bytes, record.size, BED_TIME_NS, &names);
	json_error_t error;
	json_t *root;

	ck_assert_uint_ne(size, 0);
	ck_assert_int_eq(line[size - 1], '\n');
	root = json_loadb(line, size, JSON_ALLOW_NUL, &error);
	ck_assert_msg(root != NULL, "%s: %.*s", error.text, (int)size, line);
	return root;
}

void
bed_check(const json_t *root, const char *path, const char *expected)
{
	const json_t *at = root;
	char name[64], *text;

	for (const char *rest = path; at != NULL && *rest != '\0';) {
		size_t n = strcspn(rest, ".[");

		if (*rest == '[') {
			char *end;

			at = json_array_get(at, strtoul(rest + 1, &end, 10));
			rest = end + 1;
			rest += *rest == '.';
			continue;
		}
		ck_assert_uint_lt(n, sizeof(name));
		memcpy(name, rest, n);
		name[n] = '\0';
		at = json_object_get(at, name);
		rest += n;
		rest += *rest == '.';
	}
	if (expected == NULL) {
		ck_assert_msg(at == NULL, "%s is there", path);
		return;
	}
	ck_assert_msg(at != NULL, "no %s in %s", path, line);
	text = json_dumps(at, JSON_ENCODE_ANY | JSON_COMPACT);
	ck_assert_ptr_nonnull(text);
	ck_assert_msg(strcmp(text, expected) == 0, "%s: %s, not %s", path, text, expected);
	free(text);
}

void
bed_check_rows(const struct bed_row *rows, int n)
{
	json_t *root = bed_parse();

	for (int i = 0; i < n; i++)
		bed_check(root, rows[i].path, rows[i].value);
	json_decref(root);
}
