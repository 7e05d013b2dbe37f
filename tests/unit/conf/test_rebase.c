/* SPDX-License-Identifier: BSD-3-Clause */
/* Names of files in a filled struct: which are taken from the document's folder. */

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "conf/conf.h"
#include "unit.h"

struct item {
	const char *file;
};

struct thing {
	const char *file, *text;
	struct wp_list files, items;
	struct item inner;
};

#define MEMBER(NAME) .name = #NAME, .offset = offsetof(struct thing, NAME), .help = "a member"
static const struct wp_field item_fields[] = {
	{.name = "file", .type = WP_FILE, .max = 4095, .dflt = "\"\"", .help = "a file"},
	{.name = NULL},
};
static const struct wp_field fields[] = {
	{MEMBER(file), .type = WP_FILE, .max = 4095, .dflt = "\"\""},
	{MEMBER(text), .type = WP_STRING, .max = 9, .dflt = "\"\""},
	{MEMBER(files), .type = WP_FILE_LIST, .min = 1, .max = 4095, .dflt = "[]"},
	{MEMBER(items), .type = WP_LIST, .max = 2, .fields = item_fields,
	 .item_size = sizeof(struct item), .dflt = "[]"},
	{MEMBER(inner), .type = WP_OBJECT, .fields = item_fields},
	{.name = NULL},
};

static void
fill(const char *text, struct wp_arena *arena, struct thing *thing)
{
	char path[64], message[128];
	struct wp_conf_error error = {path, sizeof(path), message, sizeof(message)};
	json_t *root = json_loads(text, 0, NULL);

	ck_assert_ptr_nonnull(root);
	memset(thing, 0, sizeof(*thing));
	ck_assert_int_eq(wp_conf_fill(fields, root, "", arena, thing, &error), 0);
	json_decref(root);
}

START_TEST(test_relative_names_are_taken_from_the_folder)
{
	struct wp_arena *arena = wp_arena_create();
	struct thing thing;

	fill("{\"file\": \"a\", \"text\": \"b\", \"files\": [\"././c/d\", \"/e\"],"
	     " \"items\": [{}, {\"file\": \"f\"}], \"inner\": {\"file\": \"../g\"}}",
	     arena, &thing);
	ck_assert_int_eq(wp_conf_rebase(fields, "/x", arena, &thing), 0);
	ck_assert_str_eq(thing.file, "/x/a");
	ck_assert_str_eq(thing.text, "b");
	ck_assert_str_eq(((const char **)thing.files.items)[0], "/x/c/d");
	ck_assert_str_eq(((const char **)thing.files.items)[1], "/e");
	ck_assert_str_eq(((const struct item *)thing.items.items)[0].file, "");
	ck_assert_str_eq(((const struct item *)thing.items.items)[1].file, "/x/f");
	ck_assert_str_eq(thing.inner.file, "/x/../g");
	wp_arena_destroy(arena);
}
END_TEST

START_TEST(test_a_name_too_long_is_refused_not_cut_short)
{
	struct wp_arena *arena = wp_arena_create();
	char folder[PATH_MAX];
	struct thing thing;

	memset(folder, 'x', sizeof(folder) - 1);
	folder[sizeof(folder) - 1] = '\0';
	fill("{\"items\": [{\"file\": \"f\"}]}", arena, &thing);
	ck_assert_int_eq(wp_conf_rebase(fields, folder, arena, &thing), -ENAMETOOLONG);
	wp_arena_destroy(arena);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("rebase");

	tcase_add_test(tcase, test_relative_names_are_taken_from_the_folder);
	tcase_add_test(tcase, test_a_name_too_long_is_refused_not_cut_short);
	return unit_main("conf_rebase", tcase);
}
