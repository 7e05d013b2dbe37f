/* SPDX-License-Identifier: BSD-3-Clause */
/* The largest document: reading it takes time in proportion, not in its square. */

#include "pe/document.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "unit.h"

enum { SIZE = 8 << 20, SECONDS_MAX = 2 };

static const struct wp_field fields[] = {
	{.name = "spi", .type = WP_U32, .min = 1, .max = UINT32_MAX, .help = "a number"},
	{.name = "ttl", .type = WP_U32, .offset = 4, .max = 255, .dflt = "64", .help = "hops"},
	{.name = NULL},
};
static const struct wp_service service = {.name = "s", .step_fields = fields, .step_size = 8};

static const struct wp_service *
find(void *arg, const char *name)
{
	return &service;
}

static struct {
	char *bytes;
	size_t n;
} text;

static void __attribute__((format(printf, 1, 2))) add(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text.n += (size_t)vsnprintf(text.bytes + text.n, SIZE - text.n, format, args);
	va_end(args);
	ck_assert_uint_lt(text.n, SIZE);
}

/** Writes as many instances and paths as are allowed, and @p more paths. */
static void
write_largest(unsigned int more)
{
	text.bytes = malloc(SIZE);
	text.n = 0;
	add("{\"version\": 1, \"instances\": [");
	for (unsigned int i = 0; i < DOCUMENT_INSTANCES_MAX; i++)
		add("%s{\"name\": \"i%u\", \"service\": \"s\"}", i == 0 ? "" : ",", i);
	add("], \"paths\": [");
	for (unsigned int i = 0; i < DOCUMENT_PATHS_MAX + more; i++)
		add("%s{\"name\": \"p%u\", \"spi\": %u, \"inside\": \"%s\", \"reverse\": \"p%u\","
		    " \"steps\": [{\"instance\": \"i%u\", \"args\": {\"spi\": %u}}]}",
		    i == 0 ? "" : ",", i, i + 1, i % 2 == 0 ? "source" : "destination", i ^ 1,
		    i % DOCUMENT_INSTANCES_MAX, i + 1);
	add("]}");
}

static double
now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

START_TEST(test_largest_document_is_read_and_bound_in_time)
{
	struct document_error error = {0};
	struct document *document = NULL;
	double start, seconds;

	write_largest(0);
	start = now_s();
	ck_assert_int_eq(document_parse(text.bytes, text.n, &document, &error), 0);
	ck_assert_int_eq(document_bind(document, find, NULL, &error), 0);
	seconds = now_s() - start;
	printf("%zu bytes, %u paths, %u instances: %.3f s\n", text.n, document->n_paths,
	       document->n_instances, seconds);
	ck_assert_uint_eq(document->n_paths, DOCUMENT_PATHS_MAX);
	ck_assert_uint_eq(document->n_instances, DOCUMENT_INSTANCES_MAX);
	ck_assert_int_eq(document->paths[16383].reverse_index, 16382);
	ck_assert_uint_eq(((const uint32_t *)document->paths[16383].steps[0].args)[1], 64);
	ck_assert(seconds < SECONDS_MAX);
	document_destroy(document);
	free(text.bytes);
}
END_TEST

START_TEST(test_one_path_more_than_allowed_is_refused)
{
	struct document_error error = {0};
	struct document *document = NULL;

	write_largest(1);
	ck_assert_int_lt(document_parse(text.bytes, text.n, &document, &error), 0);
	ck_assert_str_eq(error.path, "/paths");
	ck_assert_ptr_nonnull(strstr(error.message, "has 16385 items (allowed: 0 to 16384)"));
	free(text.bytes);
}
END_TEST

START_TEST(test_text_beyond_the_largest_size_is_refused)
{
	struct document_error error = {0};
	struct document *document = NULL;
	char *spaces = calloc(1, DOCUMENT_SIZE_MAX + 1);

	ck_assert_int_lt(document_parse(spaces, DOCUMENT_SIZE_MAX + 1, &document, &error), 0);
	ck_assert_ptr_nonnull(strstr(error.message, "is larger than"));
	free(spaces);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("document limits");

	tcase_add_test(tcase, test_largest_document_is_read_and_bound_in_time);
	tcase_add_test(tcase, test_one_path_more_than_allowed_is_refused);
	tcase_add_test(tcase, test_text_beyond_the_largest_size_is_refused);
	return unit_main("document_limits", tcase);
}
