/* SPDX-License-Identifier: BSD-3-Clause */
/* pe/opened.c: what is open serves on where nothing has changed, and is closed by the last that
 * uses it. */

#include "pe/opened.h"

#include <string.h>

#include "unit.h"

static bool is_current;
static unsigned int n_asked, n_closed;

static bool
ask(const void *inst)
{
	ck_assert_ptr_eq(inst, &n_asked);
	n_asked++;
	return is_current;
}

static void
on_close(void *inst)
{
	ck_assert_ptr_eq(inst, &n_closed);
	n_closed++;
}

static const struct wp_field fields[] = {
	{.name = "n", .type = WP_U32, .max = 9, .dflt = "1", .help = "a number"},
	{.name = NULL},
};
#define SERVICE(...)                                                                               \
	{                                                                                          \
		.fields = fields, .config_size = sizeof(uint32_t), __VA_ARGS__                     \
	}
static const struct wp_service keeper = SERVICE(.name = "keeper", .is_current = ask);
static const struct wp_service replaced = SERVICE(.name = "keeper", .is_current = ask);
static const struct wp_service plain = SERVICE(.name = "plain");

/** As document_find_fn. @param arg  what stands for "keeper" */
static const struct wp_service *
find(void *arg, const char *name)
{
	if (strcmp(name, "keeper") == 0)
		return arg;
	return strcmp(name, "plain") == 0 ? &plain : NULL;
}

static struct document *
bind(const char *text, const struct wp_service *as_keeper)
{
	struct document_error error;
	struct document *document;

	ck_assert_msg(document_parse(text, strlen(text), &document, &error) == 0, "%s",
		      error.message);
	ck_assert_msg(document_bind(document, find, (void *)(uintptr_t)as_keeper, &error) == 0,
		      "%s", error.message);
	return document;
}

#define INSTANCE(NAME, SERVICE, CONFIG)                                                            \
	"{\"name\": \"" NAME "\", \"service\": \"" SERVICE "\", \"config\": {" CONFIG "}}"
#define DOC(INSTANCES, MORE) "{\"version\": 1, \"instances\": [" INSTANCES "]" MORE "}"
#define TENANT(MORE) "{\"name\": \"red\"" MORE "}"
#define OLD INSTANCE("a", "keeper", "\"n\": 2")
#define RED ", \"tenants\": [" TENANT() "]"
#define TWO ", \"tenants\": [" TENANT() ", {\"name\": \"blue\"}]"

/* What is open, and what a newer document says. The instance is the newer one's last. */
static const struct {
	const char *old, *new;
	bool is_same;
} changes[] = {
	{DOC(OLD, ""), DOC(OLD, ""), true},
	{DOC(OLD, ""), DOC(INSTANCE("b", "plain", "") "," OLD, ""), true},
	{DOC(OLD, ""), DOC(OLD, ", \"state_dir\": \"/somewhere\""), true},
	{DOC(OLD, ""), DOC(INSTANCE("a", "keeper", "\"n\": 3"), ""), false},
	{DOC(OLD, ""), DOC(INSTANCE("a", "keeper", ""), ""), false},
	{DOC(OLD, ""), DOC(INSTANCE("b", "keeper", "\"n\": 2"), ""), false},
	{DOC(OLD, ""), DOC(INSTANCE("a", "plain", "\"n\": 2"), ""), false},
	{DOC(OLD, RED), DOC(OLD, RED), true},
	{DOC(OLD, RED), DOC(OLD, ", \"tenants\": [" TENANT(", \"share\": 7") "]"), true},
	{DOC(OLD, RED), DOC(OLD, ", \"tenants\": [{\"name\": \"blue\"}]"), false},
	{DOC(OLD, RED), DOC(OLD, TWO), false},
	{DOC(OLD, TWO), DOC(OLD, TWO), true},
	{DOC(OLD, TWO), DOC(OLD, RED), false},
};

/** What is found for a newer document's last instance, when an older one is in force. */
static bool
finds(const char *old_text, const char *new_text, const struct wp_service *as_keeper)
{
	struct document *old = bind(old_text, &keeper), *new = bind(new_text, as_keeper);
	struct opened opened = {.service = &keeper, .inst = &n_asked, .document = old, .users = 1};
	struct instance instance = {.name = "a", .opened = &opened};
	struct wp_epoch epoch = {.n_instances = 1, .instances = &instance, .document = old};
	const struct document_instance *conf = &new->instances[new->n_instances - 1];
	struct opened *found = opened_find(&epoch, new, conf);

	ck_assert(found == NULL || found == &opened);
	ck_assert_uint_eq(opened.users, 1); /* whoever takes it counts itself */
	document_destroy(new);
	document_destroy(old);
	return found != NULL;
}

START_TEST(test_what_has_not_changed_is_found)
{
	n_asked = 0;
	is_current = true;
	ck_assert(finds(changes[_i].old, changes[_i].new, &keeper) == changes[_i].is_same);
	ck_assert_uint_eq(n_asked, changes[_i].is_same); /* of files, where the rest is the same */
}
END_TEST

START_TEST(test_files_that_have_changed_are_read_again)
{
	n_asked = 0;
	is_current = false;
	ck_assert(!finds(changes[_i].old, changes[_i].new, &keeper));
	ck_assert_uint_eq(n_asked, changes[_i].is_same);
}
END_TEST

/** A module that was replaced has another contract, of the same name. */
START_TEST(test_what_another_module_has_opened_is_not_found)
{
	n_asked = 0;
	is_current = true;
	ck_assert(!finds(changes[0].old, changes[0].new, &replaced));
	ck_assert_uint_eq(n_asked, 0);
}
END_TEST

START_TEST(test_nothing_is_found_before_the_first_epoch)
{
	struct document *new = bind(changes[0].new, &keeper);

	ck_assert_ptr_null(opened_find(NULL, new, &new->instances[0]));
	document_destroy(new);
}
END_TEST

START_TEST(test_a_service_that_does_not_say_is_opened_anew)
{
	struct document *old = bind(DOC(INSTANCE("a", "plain", ""), ""), &keeper);
	struct opened opened = {.service = &plain, .document = old, .users = 1};
	struct instance instance = {.name = "a", .opened = &opened};
	struct wp_epoch epoch = {.n_instances = 1, .instances = &instance, .document = old};

	ck_assert_ptr_null(opened_find(&epoch, old, &old->instances[0]));
	document_destroy(old);
}
END_TEST

/** The configuration it was opened with stays as long as it does. */
START_TEST(test_the_last_user_closes)
{
	static const struct wp_service closes = {.name = "closes", .close = on_close};
	struct document *document = bind(changes[0].old, &keeper);
	struct opened *opened = opened_create(&closes, &n_closed, document);

	n_closed = 0;
	ck_assert_ptr_nonnull(opened);
	ck_assert_uint_eq(opened->users, 1);
	opened->users++;
	document_destroy(document); /* the epoch's */
	opened_release(opened);
	ck_assert_uint_eq(n_closed, 0);
	ck_assert_str_eq(opened->document->instances[0].name, "a");
	opened_release(opened);
	ck_assert_uint_eq(n_closed, 1);
}
END_TEST

START_TEST(test_what_has_no_close_is_let_go)
{
	struct document *document = bind(changes[0].old, &keeper);
	struct opened *opened = opened_create(&plain, NULL, document);

	document_destroy(document);
	opened_release(opened);
	opened_release(NULL);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("opened");

	tcase_add_loop_test(tcase, test_what_has_not_changed_is_found, 0, ROWS(changes));
	tcase_add_loop_test(tcase, test_files_that_have_changed_are_read_again, 0, ROWS(changes));
	tcase_add_test(tcase, test_what_another_module_has_opened_is_not_found);
	tcase_add_test(tcase, test_nothing_is_found_before_the_first_epoch);
	tcase_add_test(tcase, test_a_service_that_does_not_say_is_opened_anew);
	tcase_add_test(tcase, test_the_last_user_closes);
	tcase_add_test(tcase, test_what_has_no_close_is_let_go);
	return unit_main("opened", tcase);
}
