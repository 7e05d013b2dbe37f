/* SPDX-License-Identifier: BSD-3-Clause */
/* Any text as a document, bound to services with a field of every kind. */

#include <stdlib.h>
#include <string.h>

#include "pe/document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct kinds {
	uint32_t number, choice;
	uint64_t large;
	bool yes;
	const char *name, *key, *string;
	struct wp_addr addr;
	struct wp_prefix prefix;
	struct wp_port_range ports;
	struct wp_list list, numbers, strings;
};

static const char *const choices[] = {"red", "green", NULL};
#define KIND(NAME) .name = #NAME, .offset = offsetof(struct kinds, NAME), .help = "a member"
static const struct wp_field items[] = {
	{.name = "n", .type = WP_U32, .min = 1, .max = 9, .help = "a digit"},
	{.name = NULL},
};
static const struct wp_field fields[] = {
	{KIND(number), .type = WP_U32, .max = 10, .dflt = "7"},
	{KIND(large), .type = WP_U64, .max = (uint64_t)1 << 53, .dflt = "0"},
	{KIND(yes), .type = WP_BOOL, .dflt = "true"},
	{KIND(name), .type = WP_NAME, .dflt = "\"bob\""},
	{KIND(key), .type = WP_KEY_NAME, .dflt = "\"hq@1\""},
	{KIND(string), .type = WP_STRING, .max = 20, .dflt = "\"\""},
	{KIND(choice), .type = WP_ENUM, .choices = choices, .dflt = "\"green\""},
	{KIND(addr), .type = WP_ADDR, .dflt = "\"10.0.0.1\""},
	{KIND(prefix), .type = WP_PREFIX, .dflt = "\"any\""},
	{KIND(ports), .type = WP_PORT_RANGE, .dflt = "\"any\""},
	{KIND(list), .type = WP_LIST, .max = 3, .fields = items, .item_size = 4, .dflt = "[]"},
	{KIND(numbers), .type = WP_U32_LIST, .max = 9, .dflt = "[]"},
	{KIND(strings), .type = WP_STRING_LIST, .max = 9, .dflt = "[]"},
	{.name = NULL},
};
static const struct wp_service service = {
	.name = "kinds",
	.flags = WP_NEVER_BYPASS,
	.fields = fields,
	.config_size = sizeof(struct kinds),
	.step_fields = fields,
	.step_size = sizeof(struct kinds),
};

static const struct wp_service *
find(void *arg, const char *name)
{
	return strcmp(name, "kinds") == 0 ? &service : NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct document_error error = {0};
	struct document *document = NULL;
	int err = document_parse((const char *)data, size, &document, &error);

	if (err == 0)
		err = document_bind(document, find, NULL, &error);
	if (err != 0 && error.message[0] == '\0')
		abort(); /* a refusal always says why */
	document_destroy(document);
	return 0;
}
