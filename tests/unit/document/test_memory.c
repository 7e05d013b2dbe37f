/* SPDX-License-Identifier: BSD-3-Clause */
/* Documents when memory runs out: allocation n fails, for every n that reading one makes. */

#include "pe/document.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);

static long left; /* the allocation that fails, counted down; 0: none will */

/** One allocation fails, those behind it do not: what carries on regardless shows. */
static bool
is_short(void)
{
	return left > 0 && --left == 0;
}

void *
__wrap_malloc(size_t size)
{
	return is_short() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return is_short() ? NULL : __real_calloc(n, size);
}

static void *
json_malloc(size_t size)
{
	return __wrap_malloc(size);
}

static const struct wp_field fields[] = {
	{.name = "n", .type = WP_U32, .max = 9, .dflt = "3", .help = "a number"},
	{.name = "key", .type = WP_KEY_NAME, .offset = 8, .dflt = "\"a@1\"", .help = "a key"},
	{.name = NULL},
};
static const struct wp_service service = {
	.name = "s",
	.fields = fields,
	.config_size = 16,
	.step_fields = fields,
	.step_size = 16,
};

static const struct wp_service *
find(void *arg, const char *name)
{
	return &service;
}

static const char text[] =
	"{\"version\": 1, \"workers\": {\"cores\": [1, 2]}, \"modules\": [\"s\"],"
	" \"ports\": [{\"name\": \"p\", \"type\": \"pcap\", \"in\": \"a\"}],"
	" \"instances\": [{\"name\": \"i\", \"service\": \"s\", \"config\": {\"n\": 1}}],"
	" \"paths\": [{\"name\": \"a\", \"spi\": 1, \"reverse\": \"b\", \"steps\":"
	" [{\"instance\": \"i\", \"args\": {\"key\": \"k@2\"}}]},"
	" {\"name\": \"b\", \"spi\": 2, \"inside\": \"destination\", \"reverse\": \"a\"}]}";

/** Reads while allocation @p n fails. @return 0 or a negative errno */
static int
read_with(long n, bool *failed, struct document_error *error)
{
	struct document *document = NULL;
	int err;

	left = n;
	err = document_parse(text, strlen(text), &document, error);
	if (err == 0)
		err = document_bind(document, find, NULL, error);
	*failed = left == 0;
	left = 0;
	document_destroy(document);
	return err;
}

START_TEST(test_document_without_memory_is_refused_and_leaks_nothing)
{
	struct document_error error;
	bool failed = true;
	long n = 0;

	json_set_alloc_funcs(json_malloc, free);
	while (failed) {
		int err;

		memset(&error, 0, sizeof(error));
		err = read_with(++n, &failed, &error);
		ck_assert_msg(!failed || err != 0, "allocation %ld: missed, yet accepted", n);
		ck_assert_msg(!failed || error.message[0] != '\0', "allocation %ld: not a word", n);
	}
	ck_assert_int_gt(n, 100);
}
END_TEST

START_TEST(test_schema_without_memory_is_none_rather_than_half)
{
	const struct wp_service *services[] = {&service};
	char *whole = document_schema(services, 1);
	bool failed = true;

	ck_assert_ptr_nonnull(whole);
	json_set_alloc_funcs(json_malloc, free);
	for (long n = 1; failed; n++) {
		char *schema;

		left = n;
		schema = document_schema(services, 1);
		failed = left == 0;
		left = 0;
		ck_assert_msg(schema == NULL || strcmp(schema, whole) == 0, "allocation %ld: half",
			      n);
		free(schema);
	}
	free(whole);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("document memory");

	tcase_add_test(tcase, test_document_without_memory_is_refused_and_leaks_nothing);
	tcase_add_test(tcase, test_schema_without_memory_is_none_rather_than_half);
	return unit_main("document_memory", tcase);
}
