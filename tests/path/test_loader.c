/* SPDX-License-Identifier: BSD-3-Clause */
/* Loading modules: one that was built outside the tree works; each bad one is refused in its own
 * words. */

#include "bed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *folder;

/** Compiles C text into FOLDER/NAME.so. */
static void
compile(const char *name, const char *text)
{
	char file[128], command[512];
	FILE *out;

	snprintf(file, sizeof(file), "%s/%s.c", folder, name);
	out = fopen(file, "w");
	fputs("#include <service.h>\n#include <stdlib.h>\n"
	      "static int o(struct wp_env *e, const void *c, void **i) { *i = NULL; return 0; }\n"
	      "static void b(const void *i, struct wp_core *c, struct wp_packet **p, uint16_t n) "
	      "{}\n",
	      out);
	fputs(text, out);
	fclose(out);
	snprintf(command, sizeof(command),
		 "cc -w -fPIC -shared -fvisibility=hidden -I%s -o %s/%s.so %s", WP_HEADERS, folder,
		 name, file);
	ck_assert_int_eq(system(command), 0);
}

/** @return what the PE says of a document that lists the module. */
static const char *
refusal(const char *module)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "{\"version\": 1, \"workers\": {\"cores\": [0]}, \"modules\": [\"%s\"]}", module);
	return bed_refusal(text);
}

#define GOOD ".abi = WP_SERVICE_ABI, .name = \"x\", .open = o, .close = free, .burst = b"

#define FIELDS(LIST)                                                                               \
	"static const struct wp_field f[] = {" LIST ", {0}};\nconst struct wp_service wp_service " \
	"= {" GOOD ", .fields = f, .config_size = 64};"
#define TABLES(TABLE)                                                                              \
	"static const struct wp_table_decl t[] = {{.name = \"t\", " TABLE "}, {0}};\n"             \
	"const struct wp_service wp_service = {" GOOD ", .tables = t};"

static const struct {
	const char *name, *text, *message;
	bool plain_only; /* sanitizer builds do not check it */
} bad[] = {
	{"wants_nothing_known",
	 "static const struct wp_stream_want w[] = {{.type = 200}, WP_WANTS_END};\n"
	 "static void h(const void *i, struct wp_core *c, const struct wp_told *t, unsigned int n) "
	 "{}\n"
	 "const struct wp_service wp_service = {" GOOD ", .wants = w, .events = h};",
	 "row 0 of wants is no event, or one again; is WP_WANTS_END behind the last?", false},
	{"wants_twice",
	 "static const struct wp_stream_want w[] = {{.type = WP_FLOW_END}, {.type = WP_FLOW_END}, "
	 "WP_WANTS_END};\n"
	 "static void h(const void *i, struct wp_core *c, const struct wp_told *t, unsigned int n) "
	 "{}\n"
	 "const struct wp_service wp_service = {" GOOD ", .wants = w, .events = h};",
	 "row 1 of wants is no event, or one again", false},
	{"hears_and_owns",
	 "static const struct wp_table_decl t[] = {{.name = \"t\", .version = 1, .class = WP_FLOW, "
	 ".owner = WP_OWNER_KEY, .key = {WP_KEY_U32}, .value_size = 8, .max_entries = 8}, {0}};\n"
	 "static const struct wp_stream_want w[] = {{.type = WP_FLOW_END}, WP_WANTS_END};\n"
	 "static void h(const void *i, struct wp_core *c, const struct wp_told *t, unsigned int n) "
	 "{}\n"
	 "const struct wp_service wp_service = {" GOOD ", .tables = t, .wants = w, .events = h};",
	 "table 't': its key says who owns its entries, but a service with wants serves where its "
	 "flows are",
	 false},
	{"none", "int x;", "exports no wp_service", false},
	{"abi", "const struct wp_service wp_service = {.abi = 999};", "made for service ABI 999",
	 false},
	{"noname", "const struct wp_service wp_service = {.abi = WP_SERVICE_ABI};",
	 "name is missing", false},
	{"noburst", "const struct wp_service wp_service = {.abi = WP_SERVICE_ABI, .name = \"x\"};",
	 "needs burst or events", false},
	{"nosize",
	 "static const struct wp_field f[] = {{0}};\nconst struct wp_service wp_service = {" GOOD
	 ", .fields = f};",
	 "fields without config_size", false},
	{"f-enum", FIELDS("{.name = \"e\", .type = WP_ENUM}"), "an enum needs choices", false},
	{"f-list", FIELDS("{.name = \"l\", .type = WP_LIST, .max = 4}"), "it needs fields", false},
	{"f-outside", FIELDS("{.name = \"u\", .type = WP_U32, .max = 9, .offset = 62}"),
	 "ends at byte 66 of a struct of 64", false},
	{"f-twice",
	 FIELDS("{.name = \"u\", .type = WP_BOOL}, {.name = \"u\", .type = WP_BOOL, .offset = 1}"),
	 "its name is there twice", false},
	{"f-over",
	 FIELDS("{.name = \"u\", .type = WP_U64, .max = 1}, {.name = \"v\", .type = WP_BOOL, "
		".offset = 7}"),
	 "fills bytes of another", false},
	{"f-nomax", FIELDS("{.name = \"u\", .type = WP_U32}"), "max is 0", false},
	{"f-dflt", FIELDS("{.name = \"u\", .type = WP_STRING, .max = 9, .dflt = \"any\"}"),
	 "its default is no JSON", false},
	{"t-nokey", TABLES(".max_entries = 1"), "a key needs", false},
	{"t-badkey", TABLES(".max_entries = 1, .key = {99}"), "a key needs", false},
	{"t-noentries", TABLES(".key = {WP_KEY_U32}"), "max_entries is 0", false},
	{"t-class", TABLES(".max_entries = 1, .key = {WP_KEY_U32}, .class = 9"), "class or owner",
	 false},
	{"t-counter",
	 TABLES(".max_entries = 1, .key = {WP_KEY_U32}, .class = WP_COUNTER, .value_size = 8"),
	 "begins with struct wp_counter", false},
	{"t-durable", TABLES(".max_entries = 1, .key = {WP_KEY_U32}, .durable = 1"),
	 "only counters are durable", false},
	{"counters",
	 "static const char *const c[] = {\"a\", \"a\", 0};\nconst struct wp_service wp_service = "
	 "{" GOOD ", .counters = c};",
	 "counter 'a' is there twice", false},
	{"statics",
	 "static int n[8]; int *p(void) { return n; }\nconst struct wp_service wp_service = {" GOOD
	 "};",
	 "has writable statics", true},
	{"data", "int n[8] = {1};\nconst struct wp_service wp_service = {" GOOD "};",
	 "has writable statics", true},
	{"section",
	 "static int n[8] __attribute__((section(\"mine\"))); int *p(void) { return n; }\n"
	 "const struct wp_service wp_service = {" GOOD "};",
	 "has writable statics", true},
	{"tls",
	 "static __thread int n; int *p(void) { return &n; }\nconst struct wp_service wp_service = "
	 "{" GOOD "};",
	 "has writable statics", true},
	{"undefined",
	 "void nosuch(void); void *p(void) { nosuch(); return 0; }\nconst struct wp_service "
	 "wp_service = {" GOOD "};",
	 "cannot be loaded", false},
};

START_TEST(test_bad_module_is_refused_in_its_own_words)
{
	char file[128];
	const char *said;

#ifdef WP_SANITIZE
	if (bad[_i].plain_only)
		return;
#endif
	compile(bad[_i].name, bad[_i].text);
	snprintf(file, sizeof(file), "%s/%s.so", folder, bad[_i].name);
	said = refusal(file);
	ck_assert_ptr_nonnull(said);
	ck_assert_msg(strstr(said, bad[_i].message) != NULL, "'%s' does not say '%s'", said,
		      bad[_i].message);
	ck_assert_msg(strncmp(said, "/modules/0: ", 12) == 0, "%s", said);
}
END_TEST

START_TEST(test_file_that_is_no_module_is_refused)
{
	char file[128];
	FILE *out;

	ck_assert_ptr_nonnull(strstr(refusal("/nonexistent/x.so"), "No such file"));
	ck_assert_ptr_nonnull(strstr(refusal("nosuchservice"), "nosuchservice.so: No such file"));
	snprintf(file, sizeof(file), "%s/text.so", folder);
	out = fopen(file, "w");
	fputs("hello", out);
	fclose(out);
	ck_assert_ptr_nonnull(strstr(refusal(file), "no 64-bit x86 shared object"));
	chmod(file, 0666);
	ck_assert_ptr_nonnull(strstr(refusal(file), "everybody may write it; run: chmod o-w"));
}
END_TEST

START_TEST(test_two_modules_with_one_service_are_refused)
{
	char a[128], b[128], text[512];

	compile("one", "const struct wp_service wp_service = {" GOOD "};");
	compile("two", "const struct wp_service wp_service = {" GOOD "};");
	snprintf(a, sizeof(a), "%s/one.so", folder);
	snprintf(b, sizeof(b), "%s/two.so", folder);
	snprintf(text, sizeof(text),
		 "{\"version\": 1, \"workers\": {\"cores\": [0]}, \"modules\": [\"%s\", \"%s\"]}",
		 a, b);
	ck_assert_ptr_nonnull(strstr(bed_refusal(text), "has a service 'x', as another of them"));
}
END_TEST

START_TEST(test_what_a_module_offers_is_told)
{
	char text[512], said[128];

	compile("other", "const struct wp_service wp_service = {" GOOD "};");
	snprintf(text, sizeof(text),
		 "{\"version\": 1, \"workers\": {\"cores\": [0]}, \"modules\": "
		 "[\"%s/other.so\"], \"instances\": [{\"name\": \"i\", \"service\": "
		 "\"other\"}]}",
		 folder);
	snprintf(said, sizeof(said), "(modules: %s/other.so offers 'x')", folder);
	ck_assert_ptr_nonnull(strstr(bed_refusal(text), said));
}
END_TEST

/** Two versions of a service: one counts and passes, the other drops for a reason of its own. */
static const char first_version[] =
	"static const char *const c[] = {\"a\", 0};\n"
	"static void one(const void *i, struct wp_core *c, struct wp_packet *const *p, uint16_t n) "
	"{ wp_count(c, 0, n); }\n"
	"const struct wp_service wp_service = {.abi = WP_SERVICE_ABI, .name = \"x\", .open = o, "
	".close = free, .burst = one, .counters = c};";
static const char second_version[] =
	"static const char *const c[] = {\"b\", \"c\", 0};\nstatic const char *const r[] = "
	"{\"never\", \"always\", 0};\n"
	"static void two(const void *i, struct wp_core *c, struct wp_packet *const *p, uint16_t n) "
	"{ wp_count(c, 1, n); for (int j = 0; j < n; j++) wp_drop(p[j], 1); }\n"
	"const struct wp_service wp_service = {.abi = WP_SERVICE_ABI, .name = \"x\", .open = o, "
	".close = free, .burst = two, .counters = c, .reasons = r};";

/** The next document runs the file that is there; what it counts is nothing that was counted. */
START_TEST(test_module_is_replaced_while_it_runs)
{
	struct frame frame = frame_udp(&(struct frame_spec){.payload = "ab", .payload_len = 2});
	char text[1024], old[128], new[128];
	struct bed *bed;

	compile("run", first_version);
	compile("next", second_version);
	snprintf(old, sizeof(old), "%s/run.so", folder);
	snprintf(new, sizeof(new), "%s/next.so", folder);
	snprintf(text, sizeof(text),
		 "{\"version\": 1, \"workers\": {\"cores\": [0]}, \"modules\": [\"%s\"], "
		 "\"ports\": [{\"name\": \"p0\", \"type\": \"ring\"}], \"instances\": [{\"name\": "
		 "\"h\", \"service\": \"x\"}], \"paths\": [{\"name\": \"p\", \"spi\": 291, "
		 "\"steps\": [{\"instance\": \"h\"}]}]}",
		 old);
	bed = bed_open(text);
	bed_send(bed, "p0", &frame);
	bed_run(bed);
	ck_assert_uint_eq(bed_receive_all(bed, "p0"), 1);
	ck_assert_int_eq(bed_reload(bed, text), 0); /* the same file: the same module */
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/a"), 1);
	ck_assert_int_eq(rename(new, old), 0);
	ck_assert_int_eq(bed_reload(bed, text), 0);
	bed_send(bed, "p0", &frame);
	bed_send(bed, "p0", &frame);
	bed_run(bed);
	ck_assert_uint_eq(bed_receive_all(bed, "p0"), 0);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/b"), 0);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/c"), 2);
	ck_assert_uint_eq(bed_number(bed, "paths/0/steps/0/drops/always"), 2);
	compile("next", first_version);
	ck_assert_int_eq(rename(new, old), 0);
	ck_assert_int_eq(bed_reload(bed, text), 0);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/a"), 1); /* goes on */
	bed_close(bed);
}
END_TEST

START_TEST(test_module_built_outside_the_tree_serves)
{
	char command[512], text[1024];
	struct frame small = frame_udp(&(struct frame_spec){.payload = "ab", .payload_len = 2});
	struct frame large =
		frame_udp(&(struct frame_spec){.payload = "abcdefgh", .payload_len = 8});
	struct bed *bed;

	snprintf(command, sizeof(command), "%s %s %s/outside >/dev/null", WP_OUTSIDE, WP_BUILD,
		 folder);
	ck_assert_int_eq(system(command), 0);
	snprintf(text, sizeof(text),
		 "{\"version\": 1, \"workers\": {\"cores\": [0]}, \"modules\": "
		 "[\"%s/outside/module/hello.so\"],"
		 " \"ports\": [{\"name\": \"p0\", \"type\": \"ring\"}], \"instances\": [{\"name\": "
		 "\"h\", \"service\": \"hello\","
		 " \"config\": {\"min_payload\": 5}}], \"paths\": [{\"name\": \"p\", \"spi\": 291, "
		 "\"steps\": [{\"instance\":"
		 " \"h\"}]}]}",
		 folder);
	bed = bed_open(text);
	bed_send(bed, "p0", &small);
	bed_send(bed, "p0", &large);
	bed_run(bed);
	ck_assert_uint_eq(bed_receive_all(bed, "p0"), 1);
	ck_assert_uint_eq(bed_number(bed, "paths/0/steps/0/drops/too-small"), 1);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/seen"), 2);
	bed_close(bed);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("loader");
	TCase *tcase = tcase_create("loader");

	folder = bed_folder();
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, test_bad_module_is_refused_in_its_own_words, 0,
			    (int)(sizeof(bad) / sizeof(bad[0])));
	tcase_add_test(tcase, test_file_that_is_no_module_is_refused);
	tcase_add_test(tcase, test_two_modules_with_one_service_are_refused);
	tcase_add_test(tcase, test_what_a_module_offers_is_told);
	tcase_add_test(tcase, test_module_is_replaced_while_it_runs);
	tcase_add_test(tcase, test_module_built_outside_the_tree_serves);
	suite_add_tcase(suite, tcase);
	return bed_main(suite);
}
