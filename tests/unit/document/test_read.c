/* SPDX-License-Identifier: BSD-3-Clause */
/* Documents from files, and what one member says of another. */

#include "pe/document.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

static struct document_error error;
static char folder[64];

static void
make_folder(void)
{
	strcpy(folder, "/tmp/document-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

/** Writes @p text to a file of @p inner, a folder in ours, reads it, and takes all down. */
static int
read_in(const char *inner, const char *text, struct document **document)
{
	char dir[PATH_MAX], name[PATH_MAX + 16];
	FILE *file;
	int err;

	snprintf(dir, sizeof(dir), "%s/%s", folder, inner);
	ck_assert_int_eq(mkdir(dir, 0700), 0);
	snprintf(name, sizeof(name), "%s/d.json", dir);
	file = fopen(name, "w");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
	err = document_read(name, document, &error);
	unlink(name);
	rmdir(dir);
	rmdir(folder);
	return err;
}

START_TEST(test_relative_names_are_taken_from_the_documents_folder)
{
	struct document *document = NULL;
	char expected[128];

	make_folder();
	ck_assert_int_eq(
		read_in("a",
			"{\"version\": 1, \"key_store\": \"keys.json\", \"state_dir\": \"/abs\","
			" \"modules\": [\"ttl\", \"m/x.so\"], \"ports\": [{\"name\": \"p\","
			" \"type\": \"pcap\", \"in\": \"in.pcap\"}]}",
			&document),
		0);
	snprintf(expected, sizeof(expected), "%s/a/keys.json", folder);
	ck_assert_str_eq(document->key_store, expected);
	ck_assert_str_eq(document->state_dir, "/abs");
	ck_assert_str_eq(document->module_dir, "");
	ck_assert_str_eq(document->modules[0], "ttl");
	snprintf(expected, sizeof(expected), "%s/a/m/x.so", folder);
	ck_assert_str_eq(document->modules[1], expected);
	snprintf(expected, sizeof(expected), "%s/a/in.pcap", folder);
	ck_assert_str_eq(document->ports[0].in, expected);
	ck_assert_str_eq(document->ports[0].out, "");
	document_destroy(document);
}
END_TEST

START_TEST(test_folder_that_would_become_an_option_is_refused)
{
	struct document *document = (void *)&error;

	make_folder();
	ck_assert_int_eq(read_in("a,infinite_rx=1",
				 "{\"version\": 1, \"ports\": [{\"name\": \"p\","
				 " \"type\": \"pcap\", \"in\": \"in.pcap\"}]}",
				 &document),
			 -EINVAL);
	ck_assert_str_eq(error.path, "/ports/0/name");
	ck_assert_ptr_nonnull(strstr(error.message, "a comma"));
	ck_assert_ptr_eq(document, &error); /* untouched */
}
END_TEST

START_TEST(test_what_is_no_file_is_refused_at_once)
{
	struct document *document = NULL;
	char fifo[80];

	make_folder();
	snprintf(fifo, sizeof(fifo), "%s/fifo", folder);
	ck_assert_int_eq(mkfifo(fifo, 0600), 0);
	ck_assert_int_eq(document_read(fifo, &document, &error), -EINVAL);
	ck_assert_ptr_nonnull(strstr(error.message, "is no file"));
	ck_assert_int_eq(document_read(folder, &document, &error), -EINVAL);
	ck_assert_ptr_nonnull(strstr(error.message, "is no file"));
	unlink(fifo);
	ck_assert_int_eq(document_read(fifo, &document, &error), -EINVAL);
	ck_assert_ptr_nonnull(strstr(error.message, "No such file"));
	ck_assert_ptr_null(document);
	rmdir(folder);
}
END_TEST

static const struct wp_service *
find_none(void *arg, const char *service)
{
	return NULL;
}

#define DOC(MORE) "{\"version\": 1, " MORE "}"
#define PATH(NAME, SPI, MORE) "{\"name\": \"" NAME "\", \"spi\": " #SPI MORE "}"
#define INSTANCES "\"instances\": [{\"name\": \"fw-main\", \"service\": \"firewall\"}]"

#define FOR_RED                                                                                    \
	"\"control\": {\"identities\": [{\"name\": \"c\", \"role\": \"admin\", \"tenants\": "      \
	"[\"red\"]}]}, "
#define RED_AND(MORE)                                                                              \
	FOR_RED "\"tenants\": [{\"name\": \"red\", \"delegated\": {\"spis\": [{\"first\": 5, "     \
		"\"last\": 9}]}}, {\"name\": \"default\"}" MORE "]"
#define REDS_INSTANCE "\"instances\": [{\"name\": \"red.i\", \"service\": \"ttl\"}]"

static const struct {
	const char *text, *path, *message;
} bad[] = {
	{DOC("\"control\": {\"identities\": [{\"name\": \"c\", \"role\": \"admin\", \"tenants\": "
	     "[\"rde\"]}]}"),
	 "/control/identities/0/tenants/0", "there is no tenant 'rde'"},
	{DOC(RED_AND(", {\"name\": \"red.x\"}")), "/tenants/2/name", "begins with 'red.'"},
	{DOC(RED_AND(", {\"name\": \"b\", \"delegated\": {\"spis\": [{\"first\": 9, \"last\": "
		     "9}]}}")),
	 "/tenants/0/delegated/spis/0", "some of them are tenant 'b's"},
	{DOC(RED_AND(", {\"name\": \"b\", \"delegated\": {\"spis\": [{\"first\": 19, \"last\": "
		     "8}]}}")),
	 "/tenants/2/delegated/spis/0", "the first is above the last"},
	{DOC(RED_AND(", {\"name\": \"b\", \"delegated\": {\"instances\": [\"i\"]}}")),
	 "/tenants/2/delegated/instances/0", "there is no instance 'i'"},
	{DOC(RED_AND("") ", \"paths\": [" PATH("red.p", 1, "") "]"), "/paths/0/name",
	 "what begins with 'red.' is that tenant's"},
	{DOC(RED_AND("") ", \"paths\": [" PATH("p", 7, "") "]"), "/paths/0/spi",
	 "7 is one of tenant 'red's"},
	{DOC(RED_AND("") ", " REDS_INSTANCE ", \"paths\": [" PATH(
		 "p", 1, ", \"steps\": [{\"instance\": \"red.i\"}]") "]"),
	 "/paths/0/steps/0/instance", "'red.i' is tenant 'red's"},
	{DOC("\"modules\": [\"a\", \"b\", \"a\"]"), "/modules/2", "'a' is also /modules/0"},
	{DOC("\"ports\": [{\"name\": \"p\", \"type\": \"null\", \"server\": true}]"),
	 "/ports/0/server", "server: a port of type null has none"},
	{DOC("\"ports\": [{\"name\": \"p\", \"type\": \"memif\", \"socket\": \"s\", \"loop\": "
	     "true}]"),
	 "/ports/0/loop", "loop: a port of type memif has none"},
	{DOC("\"ports\": [{\"name\": \"p\", \"type\": \"memif\"}]"), "/ports/0/socket", "needs it"},
	{DOC("\"ports\": [{\"name\": \"p\", \"type\": \"device\"}]"), "/ports/0/device",
	 "needs it"},
	{DOC("\"tenants\": [{\"name\": \"acme\"}], \"paths\": [" PATH("a", 1,
								      ", \"tenant\": \"acm\"") "]"),
	 "/paths/0/tenant", "there is no tenant 'acm'; did you mean 'acme'?"},
	{DOC("\"tenants\": [{\"name\": \"acme\"}, {\"name\": \"acme\"}]"), "/tenants/1/name",
	 "'acme' is also /tenants/0"},
	{DOC(INSTANCES
	     ", \"paths\": [" PATH("a", 1, ", \"steps\": [{\"instance\": \"fw-mian\"}]") "]"),
	 "/paths/0/steps/0/instance", "there is no instance 'fw-mian'; did you mean 'fw-main'?"},
	{DOC("\"paths\": [" PATH("to-hq", 1, "") ", " PATH("from", 2,
							   ", \"reverse\": \"to-h\"") "]"),
	 "/paths/1/reverse", "there is no path 'to-h'; did you mean 'to-hq'?"},
	{DOC("\"paths\": [" PATH("a", 1, ", \"reverse\": \"a\"") "]"), "/paths/0/reverse",
	 "has the same side inside"},
	{DOC("\"tenants\": [{\"name\": \"x\"}, {\"name\": \"y\"}], \"paths\": [" PATH(
		 "a", 1,
		 ", \"tenant\": \"x\", \"reverse\": \"b\"") ", " PATH("b", 2,
								      ", \"tenant\": \"y\", "
								      "\"inside\": "
								      "\"destination\"") "]"),
	 "/paths/0/reverse", "path 'b' is of another tenant"},
	{DOC("\"paths\": [" PATH("a", 1, ", \"reverse\": \"b\"") ", " PATH(
		 "b", 2, ", \"inside\": \"destination\", \"reverse\": \"c\"") ", " PATH("c", 3,
											"") "]"),
	 "/paths/0/reverse", "the reverse of path 'b' is 'c'"},
	{DOC("\"paths\": [" PATH("a", 1, "") ", " PATH("a", 2, "") "]"), "/paths/1/name",
	 "'a' is also /paths/0"},
	{DOC("\"modules\": [\"ttl\", \"nat\"], " INSTANCES), "/instances/0/service",
	 "no loaded module offers 'firewall' (modules: ttl, nat)"},
	{DOC(INSTANCES), "/instances/0/service", "(modules: none)"},
};

START_TEST(test_bad_reference_is_refused_with_its_place)
{
	struct document *document = NULL;
	int err;

	memset(&error, 0, sizeof(error));
	err = document_parse(bad[_i].text, strlen(bad[_i].text), &document, &error);
	if (err == 0)
		err = document_bind(document, find_none, NULL, &error);
	ck_assert_int_eq(err, -EINVAL);
	ck_assert_str_eq(error.path, bad[_i].path);
	ck_assert_msg(strstr(error.message, bad[_i].message) != NULL, "'%s' does not say '%s'",
		      error.message, bad[_i].message);
	document_destroy(document);
}
END_TEST

/** Names of a tenant with a controller of its own are its; else a dot is a dot. */
START_TEST(test_owner)
{
	static const char text[] = DOC(RED_AND("") ", " REDS_INSTANCE ", \"paths\": [" PATH(
		"red.p", 7, ", \"tenant\": \"red\", \"steps\": [{\"instance\": \"red.i\"}]") "]");
	struct document *document = NULL;

	ck_assert_msg(document_parse(text, strlen(text), &document, &error) == 0, "%s",
		      error.message);
	ck_assert_ptr_eq(document_owner(document, "red.x"), &document->tenants[0]);
	ck_assert_ptr_null(document_owner(document, "red"));
	ck_assert_ptr_null(document_owner(document, "redder.x"));
	ck_assert_ptr_null(document_owner(document, "default.x"));
	document_destroy(document);
}
END_TEST

START_TEST(test_path_without_steps_and_pair_of_paths_are_accepted)
{
	static const char text[] =
		DOC("\"paths\": [" PATH("a", 1, ", \"reverse\": \"b\"") ", " PATH(
			"b", 2, ", \"inside\": \"destination\"") "]");
	struct document *document = NULL;

	ck_assert_int_eq(document_parse(text, strlen(text), &document, &error), 0);
	ck_assert_int_eq(document->paths[0].reverse_index, 1);
	ck_assert_int_eq(document->paths[1].reverse_index, -1);
	ck_assert_uint_eq(document->paths[0].n_steps, 0);
	ck_assert_str_eq(document->tenants[document->paths[0].tenant_index].name, "default");
	document_destroy(document);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("document read");

	tcase_add_test(tcase, test_relative_names_are_taken_from_the_documents_folder);
	tcase_add_test(tcase, test_folder_that_would_become_an_option_is_refused);
	tcase_add_test(tcase, test_what_is_no_file_is_refused_at_once);
	tcase_add_loop_test(tcase, test_bad_reference_is_refused_with_its_place, 0, ROWS(bad));
	tcase_add_test(tcase, test_owner);
	tcase_add_test(tcase, test_path_without_steps_and_pair_of_paths_are_accepted);
	return unit_main("document_read", tcase);
}
