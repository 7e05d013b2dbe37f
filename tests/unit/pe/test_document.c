/* SPDX-License-Identifier: BSD-3-Clause */
/* Documents: defaults, and where and why bad ones are refused. */

#include "pe/document.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "unit.h"

/** A service with a field of each kind. */
struct kinds {
	uint32_t number;
	uint64_t large;
	bool yes;
	const char *name, *key;
	uint32_t choice;
	struct wp_addr addr;
	struct wp_prefix prefix;
	struct wp_port_range ports;
	struct wp_list list;
};

static const char *const choices[] = {"red", "green", NULL};
static const struct wp_field item_fields[] = {
	{.name = "n", .type = WP_U32, .min = 1, .max = 9, .help = "a digit"},
	{.name = NULL},
};
#define KIND(NAME) .name = #NAME, .offset = offsetof(struct kinds, NAME)
static const struct wp_field kind_fields[] = {
	{KIND(number), .type = WP_U32, .min = 5, .max = 10, .dflt = "7", .help = "a number"},
	{KIND(large), .type = WP_U64, .max = (uint64_t)1 << 53, .dflt = "0",
	 .help = "a large number"},
	{KIND(yes), .type = WP_BOOL, .dflt = "true", .help = "yes or no"},
	{KIND(name), .type = WP_NAME, .dflt = "\"bob\"", .help = "a name"},
	{KIND(key), .type = WP_KEY_NAME, .dflt = "\"hq@1\"", .help = "a key"},
	{KIND(choice), .type = WP_ENUM, .choices = choices, .dflt = "\"green\"",
	 .help = "a colour"},
	{KIND(addr), .type = WP_ADDR, .dflt = "\"10.0.0.1\"", .help = "an address"},
	{KIND(prefix), .type = WP_PREFIX, .dflt = "\"any\"", .help = "a prefix"},
	{KIND(ports), .type = WP_PORT_RANGE, .dflt = "\"any\"", .help = "ports"},
	{KIND(list), .type = WP_LIST, .max = 3, .fields = item_fields, .item_size = 4, .dflt = "[]",
	 .help = "a list"},
	{.name = NULL},
};
static const struct wp_service kinds = {
	.name = "kinds", .fields = kind_fields, .config_size = sizeof(struct kinds)};
static const struct wp_service guard = {.name = "guard", .flags = WP_NEVER_BYPASS};

static const struct wp_service *
find(void *arg, const char *name)
{
	if (strcmp(name, "kinds") == 0)
		return &kinds;
	return strcmp(name, "guard") == 0 ? &guard : NULL;
}

static struct document_error error;

/** Reads and binds. @return the document, or NULL with 'error' set */
static struct document *
read_text(const char *text)
{
	struct document *document = NULL;

	memset(&error, 0, sizeof(error));
	if (document_parse(text, strlen(text), &document, &error) != 0)
		return NULL;
	if (document_bind(document, find, NULL, &error) == 0)
		return document;
	document_destroy(document);
	return NULL;
}

#define DOC(MORE) "{\"version\": 1" MORE "}"
#define KINDS(CONFIG)                                                                              \
	DOC(", \"instances\": [{\"name\": \"k\", \"service\": \"kinds\", \"config\": {" CONFIG     \
	    "}}]")
#define PORT(MORE) DOC(", \"ports\": [{\"name\": \"p\", " MORE "}]")
#define PATHS(MORE)                                                                                \
	DOC(", \"instances\": [{\"name\": \"g\", \"service\": \"guard\"}], \"paths\": [" MORE "]")

static const struct {
	const char *text, *path, *message;
} bad[] = {
	{"", "", "'[' or '{' expected"},
	{"{\"version\": 1", "", "'}' expected"},
	{"[1]", "", "is a list, not an object"},
	{"{}", "", "missing member 'version'"},
	{"{\"version\": 1, \"version\": 1}", "", "duplicate object key"},
	{"{\"version\": 2}", "/version", "version: 2 is above 1 (allowed: 1 to 1)"},
	{"{\"version\": 1.0}", "/version", "is a number with a fraction, not a whole number"},
	{"{\"version\": \"1\"}", "/version", "is a string, not a whole number"},
	{"{\"version\": 123456789012345678901234567890}", "", "too big integer"},
	{"{\"version\": 1} x", "", "end of file expected"},
	{"{\"version\": 1, \"a\": \"\xff\"}", "", "unable to decode byte"},
	{"[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]", "", "nested deeper than 16 levels"},
	{DOC(", \"prots\": []"), "/prots", "did you mean 'ports'?"},
	{DOC(", \"a/b~c\": 1"), "/a~1b~0c", "unknown member"},
	{DOC(", \"workers\": {\"cores\": []}"), "/workers/cores", "has 0 items"},
	{DOC(", \"workers\": {\"cores\": [1, 1]}"), "/workers/cores", "1 is there twice"},
	{DOC(", \"workers\": {\"cores\": [2000]}"), "/workers/cores/0", "2000 is above 1023"},
	{DOC(", \"workers\": {\"idle\": \"sleep\"}"), "/workers/idle", "not one of adaptive, spin"},
	{PORT("\"type\": \"xdp\""), "/ports/0/interface", "a port of type xdp needs it"},
	{PORT("\"type\": \"null\", \"interface\": \"x\""), "/ports/0/interface",
	 "a port of type null has none"},
	{PORT("\"type\": \"pcap\""), "/ports/0/in", "needs in or out"},
	{PORT("\"type\": \"xdp\", \"interface\": \"a,b\""), "/ports/0/name", "a comma"},
	{PORT("\"type\": \"xdp\", \"interface\": \"0123456789abcdef\""), "/ports/0/interface",
	 "has 16 bytes"},
	{DOC(", \"ports\": [{\"name\": \"-p\", \"type\": \"null\"}]"), "/ports/0/name",
	 "is not a name"},
	{DOC(", \"ports\": [{\"name\": \"p\", \"type\": \"null\"}, {\"name\": \"p\", \"type\": "
	     "\"null\"}]"),
	 "/ports/1/name", "'p' is also /ports/0"},
	{DOC(", \"instances\": [{\"name\": \"a\", \"service\": \"nosuch\"}]"),
	 "/instances/0/service", "no loaded module"},
	{KINDS("\"number\": 4"), "/instances/0/config/number", "4 is below 5 (allowed: 5 to 10)"},
	{KINDS("\"number\": -1"), "/instances/0/config/number", "-1 is below 5"},
	{KINDS("\"number\": 4294967303"), "/instances/0/config/number", "is above 10"},
	{KINDS("\"number\": null"), "/instances/0/config/number", "is null"},
	{KINDS("\"large\": 9007199254740993"), "/instances/0/config/large", "is above"},
	{KINDS("\"yes\": 1"), "/instances/0/config/yes", "is a number, not true or false"},
	{KINDS("\"name\": \"a b\""), "/instances/0/config/name", "is not a name"},
	{KINDS("\"name\": \"a\\u0007\""), "/instances/0/config/name", "is not printable"},
	{KINDS("\"name\": \"a\\u0000b\""), "", "\\u0000 is not allowed"},
	{KINDS("\"key\": \"hq\""), "/instances/0/config/key", "NAME@VERSION"},
	{KINDS("\"choice\": \"blue\""), "/instances/0/config/choice",
	 "'blue' is not one of red, green"},
	{KINDS("\"addr\": \"10.0.0\""), "/instances/0/config/addr",
	 "is not an IPv4 or IPv6 address"},
	{KINDS("\"prefix\": \"10.0.0.1/8\""), "/instances/0/config/prefix",
	 "bits behind it must be 0"},
	{KINDS("\"prefix\": \"10.0.0.0/33\""), "/instances/0/config/prefix", "is not a prefix"},
	{KINDS("\"ports\": \"90-80\""), "/instances/0/config/ports", "is not a port"},
	{KINDS("\"ports\": 65536"), "/instances/0/config/ports", "is not a port"},
	{KINDS("\"list\": [{\"n\": 1}, {\"n\": 10}]"), "/instances/0/config/list/1/n",
	 "10 is above 9"},
	{KINDS("\"list\": [{\"n\": 1}, 3]"), "/instances/0/config/list/1", "item 1 is a number"},
	{KINDS("\"list\": [{}]"), "/instances/0/config/list/0", "missing member 'n'"},
	{KINDS("\"list\": [{\"n\": 1}, {\"n\": 1}, {\"n\": 1}, {\"n\": 1}]"),
	 "/instances/0/config/list", "has 4 items"},
	{PATHS("{\"name\": \"a\", \"spi\": 0}"), "/paths/0/spi", "0 is below 1"},
	{PATHS("{\"name\": \"a\", \"spi\": 16777216}"), "/paths/0/spi", "is above 16777215"},
	{PATHS("{\"name\": \"a\", \"spi\": 1}, {\"name\": \"b\", \"spi\": 1}"), "/paths/1/spi",
	 "also that of /paths/0"},
	{PATHS("{\"name\": \"a\", \"spi\": 1, \"tenant\": \"x\"}"), "/paths/0/tenant",
	 "there is no tenant 'x'"},
	{PATHS("{\"name\": \"a\", \"spi\": 1, \"reverse\": \"x\"}"), "/paths/0/reverse",
	 "there is no path 'x'"},
	{PATHS("{\"name\": \"a\", \"spi\": 1, \"reverse\": \"b\"}, {\"name\": \"b\", \"spi\": 2}"),
	 "/paths/0/reverse", "has the same side inside"},
	{PATHS("{\"name\": \"a\", \"spi\": 1, \"steps\": [{\"instance\": \"x\"}]}"),
	 "/paths/0/steps/0/instance", "there is no instance 'x'"},
	{PATHS("{\"name\": \"a\", \"spi\": 1, \"first_index\": 1, \"steps\": [{\"instance\": "
	       "\"g\"}]}"),
	 "/paths/0/first_index", "the index would come down to 0"},
	{PATHS("{\"name\": \"a\", \"spi\": 1, \"fail\": {\"down\": \"peer\"}}"),
	 "/paths/0/peer_spi", "needs it"},
	{PATHS("{\"name\": \"a\", \"spi\": 1, \"fail\": {\"no-key\": \"bypass\"}, \"steps\": "
	       "[{\"instance\": \"g\"}]}"),
	 "/paths/0/fail/no-key", "nothing goes around service 'guard'"},
	{PATHS("{\"name\": \"a\", \"spi\": 1, \"peer_spi\": 9, \"fail\": {\"overload\": \"peer\", "
	       "\"no-key\": "
	       "\"peer\"}, \"steps\": [{\"instance\": \"g\"}]}"),
	 "/paths/0/fail/no-key", "leaves only through service 'guard'"},
	{PATHS("{\"name\": \"a\", \"spi\": 1, \"steps\": [{\"instance\": \"g\", \"args\": {\"x\": "
	       "1}}]}"),
	 "/paths/0/steps/0/args/x", "unknown member 'x'"},
};

START_TEST(test_bad_document_is_refused_with_its_place)
{
	ck_assert_ptr_null(read_text(bad[_i].text));
	ck_assert_str_eq(error.path, bad[_i].path);
	ck_assert_msg(strstr(error.message, bad[_i].message) != NULL, "'%s' does not say '%s'",
		      error.message, bad[_i].message);
}
END_TEST

START_TEST(test_what_is_left_out_takes_its_default)
{
	struct document *document = read_text(KINDS("\"comment\": \"for people\""));
	const struct kinds *config;

	ck_assert_msg(document != NULL, "%s: %s", error.path, error.message);
	ck_assert_uint_eq(document->n_cores, 1);
	ck_assert_uint_eq(document->cores[0], 1);
	ck_assert_str_eq(document->tenants[0].name, "default");
	config = document->instances[0].config;
	ck_assert_uint_eq(config->number, 7);
	ck_assert(config->yes);
	ck_assert_str_eq(config->name, "bob");
	ck_assert_uint_eq(config->choice, 1);
	ck_assert_uint_eq(config->addr.bytes[3], 1);
	ck_assert_uint_eq(config->ports.last, 65535);
	document_destroy(document);
}
END_TEST

START_TEST(test_every_kind_of_member_is_read)
{
	struct document *document =
		read_text(KINDS("\"number\": 10, \"large\": 9007199254740992, \"yes\": false, "
				"\"name\": \"x.y\", \"key\": \"a@2\","
				" \"choice\": \"red\", \"addr\": \"2001:db8::1\", \"prefix\": "
				"\"10.1.0.0/16\", \"ports\": \"80-90\","
				" \"list\": [{\"n\": 3}, {\"n\": 4}]"));
	const struct kinds *config;

	ck_assert_msg(document != NULL, "%s: %s", error.path, error.message);
	config = document->instances[0].config;
	ck_assert_uint_eq(config->number, 10);
	ck_assert_uint_eq(config->large, (uint64_t)1 << 53);
	ck_assert(!config->yes);
	ck_assert_str_eq(config->key, "a@2");
	ck_assert_uint_eq(config->choice, 0);
	ck_assert_uint_eq(config->addr.version, 6);
	ck_assert_uint_eq(config->prefix.bits, 16);
	ck_assert_uint_eq(config->ports.first, 80);
	ck_assert_uint_eq(((const uint32_t *)config->list.items)[1], 4);
	document_destroy(document);
}
END_TEST

START_TEST(test_largest_document_is_read)
{
	enum { PATHS_N = 16384, SIZE = 4 << 20 };
	char *text = malloc(SIZE);
	size_t n = (size_t)snprintf(text, SIZE, "{\"version\": 1, \"paths\": [");
	struct document *document;

	for (unsigned int i = 0; i < PATHS_N; i++)
		n += (size_t)snprintf(text + n, SIZE - n, "%s{\"name\": \"p%u\", \"spi\": %u}",
				      i == 0 ? "" : ",", i, i + 1);
	snprintf(text + n, SIZE - n, "]}");
	document = read_text(text);
	ck_assert_msg(document != NULL, "%s: %s", error.path, error.message);
	ck_assert_uint_eq(document->n_paths, PATHS_N);
	document_destroy(document);
	free(text);
}
END_TEST

START_TEST(test_schema_names_all_members)
{
	const struct wp_service *services[] = {&kinds};
	char *schema = document_schema(services, 1);

	ck_assert_ptr_nonnull(schema);
	ck_assert_ptr_nonnull(strstr(schema, "\"first_index\""));
	ck_assert_ptr_nonnull(strstr(schema, "\"prefix\""));
	ck_assert_ptr_nonnull(strstr(schema, "2020-12"));
	free(schema);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("document");

	tcase_add_loop_test(tcase, test_bad_document_is_refused_with_its_place, 0, ROWS(bad));
	tcase_add_test(tcase, test_what_is_left_out_takes_its_default);
	tcase_add_test(tcase, test_every_kind_of_member_is_read);
	tcase_add_test(tcase, test_largest_document_is_read);
	tcase_add_test(tcase, test_schema_names_all_members);
	return unit_main("document", tcase);
}
