/* SPDX-License-Identifier: BSD-3-Clause */
/* services/ids/tool/settings*.c and translate*.c: suricata.yaml as names with dots, hostile YAML,
 * and what becomes of settings here. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "stream/stream.h"
#include "tool/settings.h"
#include "tool/translate.h"
#include "unit.h"

static struct settings *settings;
static char why[256];

static void
set_up(void)
{
	ck_assert_int_eq(settings_create(&settings), 0);
}

static void
tear_down(void)
{
	settings_destroy(settings);
}

static int
take(const char *text)
{
	why[0] = '\0';
	return settings_read_text(settings, "test.yaml", text, strlen(text), why, sizeof(why));
}

/** @return the text of a setting that has one; for ck_assert_str_eq(). */
static const char *
get(const char *name)
{
	const char *text = settings_get(settings, name);

	return text == NULL ? "(none)" : text;
}

/* Names. */

static const struct {
	const char *yaml, *name, *text;
} names[] = {
	{"a: 1", "a", "1"},
	{"%YAML 1.1\n---\na: 1\n", "a", "1"},
	{"vars:\n  address-groups:\n    HOME_NET: \"[10.0.0.0/8]\"\n",
	 "vars.address-groups.HOME_NET", "[10.0.0.0/8]"},
	{"outputs:\n  - fast:\n      enabled: no\n  - eve-log:\n      types:\n        - alert\n"
	 "        - http:\n            extended: yes\n",
	 "outputs.1.eve-log.types.0", "alert"},
	{"outputs:\n  - fast:\n      enabled: no\n  - eve-log:\n      types:\n        - alert\n"
	 "        - http:\n            extended: yes\n",
	 "outputs.1.eve-log.types.1.http.extended", "yes"},
	{"l: [a, [b, c], d]", "l.1.1", "c"},
	{"l: [a, [b, c], d]", "l.2", "d"},
	{"l: []\nm: {}\nn: x", "n", "x"},
	{"types:\n  - flow:\n  - ssh\n", "types.0.flow", ""},
	{"types:\n  - flow:\n  - ssh\n", "types.1", "ssh"},
	{"a: 1\na: 2", "a", "2"},
	{"a:\n  b: 1\n---\nc: 2\n", "c", "2"},
	{"a: |\n  two\n  lines\n", "a", "two\nlines\n"},
	{"a: 1", "b", "(none)"},
	{"", "a", "(none)"},
	{"# nothing\n", "a", "(none)"},
};

START_TEST(test_leaves_have_names_with_dots)
{
	ck_assert_msg(take(names[_i].yaml) == 0, "%s", why);
	ck_assert_str_eq(get(names[_i].name), names[_i].text);
}
END_TEST

/* Overrides. */

static const struct {
	const char *assignment;
	int err;
	const char *name, *text;
} assignments[] = {
	{"a.b=2", 0, "a.b", "2"},
	{"  a.b  = x y ", 0, "a.b", "x y"},
	{"a.b=", 0, "a.b", ""},
	{"a.b=c=d", 0, "a.b", "c=d"},
	{"new=1", 0, "new", "1"},
	{"outputs.0.eve-log.types.2.anomaly.types.stream=yes", 0,
	 "outputs.0.eve-log.types.2.anomaly.types.stream", "yes"},
	{"a.b", -EINVAL, "a.b", "1"},
	{"=3", -EINVAL, "a.b", "1"},
	{"", -EINVAL, "a.b", "1"},
	{"a.b=\xff", -EINVAL, "a.b", "1"},
};

START_TEST(test_assignments_replace_what_files_say)
{
	ck_assert_int_eq(take("a:\n  b: 1\n"), 0);
	ck_assert_int_eq(settings_assign(settings, assignments[_i].assignment),
			 assignments[_i].err);
	ck_assert_str_eq(get(assignments[_i].name), assignments[_i].text);
}
END_TEST

/* Values. */

static const struct {
	const char *text;
	bool is_size;
	uint64_t bytes;
} sizes[] = {
	{"0", true, 0},
	{"4096", true, 4096},
	{"1kb", true, 1024},
	{"100 KB", true, 102400},
	{"1mb", true, 1 << 20},
	{"1MiB", true, 1 << 20},
	{"2gb", true, (uint64_t)2 << 30},
	{"17179869183gb", true, (uint64_t)17179869183 << 30},
	{"17179869184gb", false, 0},
	{"18446744073709551615", true, UINT64_MAX},
	{"18446744073709551616", false, 0},
	{"-1", false, 0},
	{"", false, 0},
	{"mb", false, 0},
	{"1tb", false, 0},
	{"1mb2", false, 0},
	{"0x10", false, 0},
};

START_TEST(test_sizes_have_units)
{
	uint64_t bytes = 0;

	ck_assert_int_eq(settings_bytes(sizes[_i].text, &bytes), sizes[_i].is_size);
	ck_assert_uint_eq(bytes, sizes[_i].bytes);
}
END_TEST

START_TEST(test_flags_say_yes_in_many_words)
{
	ck_assert_int_eq(take("y: [yes, true, on, \"1\", YES]\nn: [no, False, off, \"0\"]\n"
			      "o: [maybe, \"\", 2]\n"),
			 0);
	for (unsigned int i = 0; i < 5; i++) {
		char name[8];

		snprintf(name, sizeof(name), "y.%u", i);
		ck_assert(settings_flag(settings, name, false));
		snprintf(name, sizeof(name), "n.%u", i); /* the last is not given */
		ck_assert_int_eq(settings_flag(settings, name, i == 4), i == 4);
		snprintf(name, sizeof(name), "o.%u", i);
		ck_assert(settings_flag(settings, name, true));
	}
}
END_TEST

static void
gather(void *arg, const char *name, const char *text)
{
	char *all = arg;

	snprintf(all + strlen(all), 256 - strlen(all), "%s=%s;", name, text);
}

START_TEST(test_each_below_a_name_in_order)
{
	char all[256] = "";

	ck_assert_int_eq(take("v:\n  b: 1\n  a: [x, y]\nvv:\n  c: 3\n"), 0);
	settings_each(settings, "v", gather, all);
	ck_assert_str_eq(all, "b=1;a.0=x;a.1=y;");
}
END_TEST

/* What is refused. */

static const struct {
	const char *yaml, *why;
} faults[] = {
	{"a: [1, 2", "test.yaml:2:1: "},
	{"a: 1\n b: 2\n", "test.yaml:2:3: "},
	{"a\n", "test.yaml:1:1: names and values are expected"},
	{"a: &x 1\nb: *x\n", "test.yaml:2:4: aliases are not taken"},
	{"{[a]: 1}", "test.yaml:1:2: a name must be a word"},
	{"a: \"x\\0y\"\n", "test.yaml:1:4: a NUL is in it"},
	{"a: \xff\n", "test.yaml:"},
	{"\"\": 1\n", "test.yaml:1:5: no setting can be like that"},
};

START_TEST(test_faulty_yaml_is_refused_with_its_place)
{
	ck_assert_int_eq(take(faults[_i].yaml), -EINVAL);
	ck_assert_msg(strncmp(why, faults[_i].why, strlen(faults[_i].why)) == 0, "%s", why);
}
END_TEST

/** @param n  levels @return the return value of reading them */
static int
take_nested(unsigned int n, const char *open, const char *close)
{
	size_t each = strlen(open) + strlen(close);
	char *text = calloc(1, each * n + 16);
	int err;

	strcat(text, "a: ");
	for (unsigned int i = 0; i < n; i++)
		strcat(text, open);
	for (unsigned int i = 0; i < n; i++)
		strcat(text, close);
	err = take(text);
	free(text);
	return err;
}

START_TEST(test_depth_is_bounded)
{
	ck_assert_int_eq(take_nested(31, "[", "]"), 0);
	ck_assert_int_eq(take_nested(32, "[", "]"), -EINVAL);
	ck_assert_ptr_nonnull(strstr(why, "nested too deep"));
	ck_assert_int_eq(take_nested(31, "{b: ", "}"), 0);
	ck_assert_int_eq(take_nested(32, "{b: ", "}"), -EINVAL);
	ck_assert_int_eq(take_nested(5000, "[", "]"), -EINVAL);
}
END_TEST

START_TEST(test_long_names_are_refused)
{
	char text[SETTINGS_NAME_SIZE + 16];

	memset(text, 'x', sizeof(text));
	strcpy(text + SETTINGS_NAME_SIZE - 1, ": 1");
	ck_assert_int_eq(take(text), 0);
	strcpy(text + SETTINGS_NAME_SIZE, ": 1");
	text[SETTINGS_NAME_SIZE - 1] = 'x';
	ck_assert_int_eq(take(text), -EINVAL);
	strcpy(text, "a: {b: ");
	memset(text + 7, 'x', SETTINGS_NAME_SIZE - 5);
	strcpy(text + SETTINGS_NAME_SIZE + 2, ": 1}");
	ck_assert_int_eq(take(text), -EINVAL);
}
END_TEST

START_TEST(test_numbers_of_settings_are_bounded)
{
	enum { N = 70000 };
	char *text = malloc(N * 2 + 16), *at = text;

	at = stpcpy(at, "a: [");
	for (unsigned int i = 0; i < N; i++)
		at = stpcpy(at, "1,");
	strcpy(at, "]");
	ck_assert_int_eq(take(text), -E2BIG);
	ck_assert_ptr_nonnull(strstr(why, "too many settings"));
	free(text);
}
END_TEST

/* Files. */

static void
write_file(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

START_TEST(test_includes)
{
	char dir[] = "/tmp/test_settings.XXXXXX";

	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
	write_file("main.yaml", "a: 1\ninclude: one.yaml\nb:\n  include: [two.yaml, gone.yaml]\n"
				"  x: 9\nc: !include two.yaml\nlast: 4\n");
	write_file("one.yaml", "a: 2\no: 1\n");
	write_file("two.yaml", "x: 3\ny: 4\n");
	write_file("loop.yaml", "include: loop.yaml\n");
	write_file("bad.yaml", "include: wrong.yaml\n");
	write_file("wrong.yaml", "a: [\n");

	ck_assert_msg(settings_read(settings, "main.yaml", why, sizeof(why)) == 0, "%s", why);
	ck_assert_str_eq(get("a"), "2");
	ck_assert_str_eq(get("o"), "1");
	ck_assert_str_eq(get("b.y"), "4");
	ck_assert_str_eq(get("b.x"), "9");
	ck_assert_str_eq(get("c.x"), "3");
	ck_assert_str_eq(get("last"), "4");
	ck_assert_str_eq(settings_missing(settings, 0), "gone.yaml");
	ck_assert_ptr_null(settings_missing(settings, 1));

	ck_assert_int_eq(settings_read(settings, "loop.yaml", why, sizeof(why)), -EINVAL);
	ck_assert_ptr_nonnull(strstr(why, "too deep"));
	ck_assert_int_eq(settings_read(settings, "bad.yaml", why, sizeof(why)), -EINVAL);
	ck_assert_ptr_nonnull(strstr(why, "wrong.yaml:"));
	ck_assert_int_eq(settings_read(settings, "none.yaml", why, sizeof(why)), -ENOENT);
	ck_assert_int_lt(settings_read(settings, "/tmp", why, sizeof(why)), 0);
	ck_assert_int_eq(unlink("main.yaml") | unlink("one.yaml") | unlink("two.yaml") |
				 unlink("loop.yaml") | unlink("bad.yaml") | unlink("wrong.yaml") |
				 rmdir(dir),
			 0);
}
END_TEST

/* What they mean. */

static const struct {
	const char *yaml;
	bool is_inline;
	enum options_checksums checksums;
	const char *member, *json; /* of the tracker */
} meanings[] = {
	{"{}", false, 0, "pick_up", "true"},
	{"{}", false, 0, "tell", "\"acknowledged\""},
	{"{}", true, 0, "tell", "\"arrival\""},
	{"stream: {inline: true}", false, 0, "tell", "\"arrival\""},
	{"stream: {inline: auto}", true, 0, "tell", "\"arrival\""},
	{"stream: {inline: no}", true, 0, "tell", "\"acknowledged\""},
	{"{}", false, CHECKSUMS_BY_CONFIG, "verify_checksums", "true"},
	{"{}", false, CHECKSUMS_NONE, "verify_checksums", "false"},
	{"stream: {checksum-validation: no}", false, CHECKSUMS_BY_CONFIG, "verify_checksums",
	 "false"},
	{"stream: {checksum-validation: no}", false, CHECKSUMS_ALL, "verify_checksums", "true"},
	{"pcap-file: {checksum-checks: auto}", false, 0, "verify_checksums", "true"},
	{"stream: {reassembly: {depth: 50}}", false, 0, "depth", "50"},
	{"stream: {reassembly: {memcap: 64mb}}", false, 0, "memory", "64"},
	{"stream: {reassembly: {memcap: 1}}", false, 0, "memory", "1"},
	{"{}", false, 0, "urgent", "\"inline\""},
	{"stream: {reassembly: {urgent: {policy: oob}}}", false, 0, "urgent", "\"apart\""},
	{"flow-timeouts: {udp: {new: 7}}", false, 0, "udp_new_s", "7"},
	{"{}", false, 0, "hosts", "[]"},
	{"host-os-policy: {windows: [0.0.0.0/0]}", false, 0, "hosts",
	 "[{\"prefix\":\"0.0.0.0/0\",\"policy\":\"windows\"}]"},
	{"host-os-policy: {bsd-right: \"[10.1.2.3/8, 2001:db8::1]\"}", false, 0, "hosts",
	 "[{\"prefix\":\"10.0.0.0/8\",\"policy\":\"bsd\"},"
	 "{\"prefix\":\"2001:db8::1/128\",\"policy\":\"bsd\"}]"},
	{"host-os-policy: {linux: [x, 1.2.3.4/33, 1.2.3.4/-1, \"::/129\"]}", false, 0, "hosts",
	 "[]"},
};

START_TEST(test_settings_mean_something_to_the_tracker)
{
	struct options options = {.dir = "",
				  .is_inline = meanings[_i].is_inline,
				  .checksums = meanings[_i].checksums};
	struct translation to;
	char *json;

	ck_assert_msg(take(meanings[_i].yaml) == 0, "%s", why);
	ck_assert_int_eq(translate(&options, settings, NULL, &to, why, sizeof(why)), 0);
	json = json_dumps(json_object_get(to.tracker, meanings[_i].member),
			  JSON_COMPACT | JSON_ENCODE_ANY);
	ck_assert_str_eq(json, meanings[_i].json);
	free(json);
	translate_free(&to);
}
END_TEST

/** A service that has all members. */
static const struct wp_field fields[] = {
	{.name = "rules"},      {.name = "variables"}, {.name = "mode"},
	{.name = "events"},     {.name = "eve"},       {.name = "body", .min = 10, .max = 1000000},
	{.name = "thresholds"}, {.name = "order"},     {.name = "midstream"},
	{.name = NULL},
};

static const struct {
	const char *yaml, *config;
	const char *member, *json;
} services[] = {
	{"a: 1", NULL, "mode", "\"detect\""},
	{"a: 1", NULL, "eve", "\"./eve.json\""},
	{"a: 1", NULL, "order", NULL},
	{"action-order: [drop, pass, reject, alert]", NULL, "order",
	 "[\"drop\",\"pass\",\"reject\",\"alert\"]"},
	{"a: 1", NULL, "midstream", "false"},
	{"stream: {midstream: true}", NULL, "midstream", "true"},
	{"stream: {async-oneside: yes}", NULL, "midstream", "true"},
	{"vars: {address-groups: {HOME_NET: any, X: [1.2.3.4, 5.6.7.8]}, port-groups: {P: 80}}",
	 NULL, "variables", "{\"HOME_NET\":\"any\",\"X\":\"[1.2.3.4,5.6.7.8]\",\"P\":\"80\"}"},
	{"app-layer: {protocols: {http: {libhtp: {default-config: {response-body-limit: 1kb}}}}}",
	 NULL, "body", "1024"},
	{"app-layer: {protocols: {http: {libhtp: {default-config: {response-body-limit: 0}}}}}",
	 NULL, "body", "1000000"},
	{"app-layer: {protocols: {http: {libhtp: {default-config: {response-body-limit: 1}}}}}",
	 NULL, "body", "10"},
	{"app-layer: {protocols: {http: {libhtp: {default-config: {response-body-limit: x}}}}}",
	 NULL, "body", NULL},
	{"threshold-file: /dev/null", NULL, "thresholds", "\"/dev/null\""},
	{"threshold-file: /nowhere/at/all", NULL, "thresholds", NULL},
	{"classification-file: /dev/null", NULL, "classification", NULL}, /* not its member */
	{"outputs: [{eve-log: {enabled: yes, types: [alert, {http: {extended: yes}}, flow]}}]",
	 "suricata.yaml", "events", "[\"alert\",\"http\",\"flow\"]"},
	{"outputs: [{eve-log: {types: [{anomaly: {enabled: no}}, {files: {}}, {drop: }]}}]",
	 "suricata.yaml", "events", "[\"alert\",\"drop\"]"},
	{"outputs: [{fast: {types: [http]}}, {eve-log: {enabled: no, types: [http]}}]",
	 "suricata.yaml", "events", "[\"alert\"]"},
	{"rule-files: [/dev/nul*, /nowhere/x]", "suricata.yaml", "rules", "[\"/dev/null\"]"},
	{"default-rule-path: /dev\nrule-files: [null]", "suricata.yaml", "rules",
	 "[\"/dev/null\"]"},
};

START_TEST(test_settings_mean_something_to_the_service)
{
	struct options options = {.dir = "", .config = services[_i].config};
	struct translation to;
	char *json;

	ck_assert_msg(take(services[_i].yaml) == 0, "%s", why);
	ck_assert_int_eq(translate(&options, settings, fields, &to, why, sizeof(why)), 0);
	json = json_dumps(json_object_get(to.service, services[_i].member),
			  JSON_COMPACT | JSON_ENCODE_ANY);
	if (services[_i].json == NULL)
		ck_assert_ptr_null(json);
	else
		ck_assert_str_eq(json, services[_i].json);
	free(json);
	translate_free(&to);
}
END_TEST

START_TEST(test_ports_of_tunnels)
{
	struct options options = {.dir = ""};
	struct translation to;

	ck_assert_int_eq(
		take("vars: {port-groups: {VXLAN_PORTS: \"[4789, 8472]\"}}\n"
		     "decoder:\n  vxlan: {enabled: yes, ports: $VXLAN_PORTS}\n"
		     "  geneve: {enabled: no}\n  teredo: {ports: [1, 2, 3, 4, 5, 99999]}\n"),
		0);
	ck_assert_int_eq(translate(&options, settings, NULL, &to, why, sizeof(why)), 0);
	ck_assert(to.tunnels.vxlan.is_on && !to.tunnels.vxlan.is_any);
	ck_assert_uint_eq(to.tunnels.vxlan.n, 2);
	ck_assert_uint_eq(to.tunnels.vxlan.ports[1], 8472);
	ck_assert(!to.tunnels.geneve.is_on);
	ck_assert(to.tunnels.teredo.is_on && !to.tunnels.teredo.is_any);
	ck_assert_uint_eq(to.tunnels.teredo.n, TUNNEL_PORTS_MAX);
	translate_free(&to);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("settings");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, test_leaves_have_names_with_dots, 0, ROWS(names));
	tcase_add_loop_test(tcase, test_assignments_replace_what_files_say, 0, ROWS(assignments));
	tcase_add_loop_test(tcase, test_sizes_have_units, 0, ROWS(sizes));
	tcase_add_test(tcase, test_flags_say_yes_in_many_words);
	tcase_add_test(tcase, test_each_below_a_name_in_order);
	tcase_add_loop_test(tcase, test_faulty_yaml_is_refused_with_its_place, 0, ROWS(faults));
	tcase_add_test(tcase, test_depth_is_bounded);
	tcase_add_test(tcase, test_long_names_are_refused);
	tcase_add_test(tcase, test_numbers_of_settings_are_bounded);
	tcase_add_test(tcase, test_includes);
	tcase_add_loop_test(tcase, test_settings_mean_something_to_the_tracker, 0, ROWS(meanings));
	tcase_add_loop_test(tcase, test_settings_mean_something_to_the_service, 0, ROWS(services));
	tcase_add_test(tcase, test_ports_of_tunnels);
	return unit_main("ids settings", tcase);
}
