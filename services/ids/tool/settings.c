/* SPDX-License-Identifier: BSD-3-Clause */
/* See settings.h. Names are kept in a JSON object: it is keyed with a secret, and keeps its order.
 */

#include "tool/settings.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tool/settings_own.h"

enum { SETTINGS_MAX = 1 << 16 };

int
settings_create(struct settings **settings)
{
	struct settings *new = calloc(1, sizeof(*new));

	if (new == NULL)
		return -ENOMEM;
	new->names = json_object();
	new->missing = json_array();
	if (new->names == NULL || new->missing == NULL) {
		settings_destroy(new);
		return -ENOMEM;
	}
	*settings = new;
	return 0;
}

void
settings_destroy(struct settings *settings)
{
	if (settings == NULL)
		return;
	json_decref(settings->names);
	json_decref(settings->missing);
	free(settings);
}

int
settings_set(struct settings *settings, const char *name, const char *text)
{
	json_t *value;

	if (name[0] == '\0' || strlen(name) >= SETTINGS_NAME_SIZE)
		return -EINVAL;
	if (json_object_size(settings->names) >= SETTINGS_MAX &&
	    json_object_get(settings->names, name) == NULL)
		return -E2BIG;
	value = json_string(text);
	if (value == NULL)
		return -EINVAL; /* it is no UTF-8 */
	return json_object_set_new(settings->names, name, value) == 0 ? 0 : -EINVAL;
}

/** Takes white space off both ends. @param[in,out] size  bytes @return the first that is left */
static const char *
trim(const char *text, size_t *size)
{
	while (*size != 0 && isspace((unsigned char)text[0])) {
		text++;
		(*size)--;
	}
	while (*size != 0 && isspace((unsigned char)text[*size - 1]))
		(*size)--;
	return text;
}

int
settings_assign(struct settings *settings, const char *assignment)
{
	const char *equals = strchr(assignment, '='), *name, *text;
	char kept[SETTINGS_NAME_SIZE], *copy;
	size_t name_size, text_size;
	int err;

	if (equals == NULL)
		return -EINVAL;
	name_size = (size_t)(equals - assignment);
	name = trim(assignment, &name_size);
	text_size = strlen(equals + 1);
	text = trim(equals + 1, &text_size);
	if (name_size >= sizeof(kept))
		return -EINVAL;
	memcpy(kept, name, name_size);
	kept[name_size] = '\0';
	copy = strndup(text, text_size);
	if (copy == NULL)
		return -ENOMEM;
	err = settings_set(settings, kept, copy);
	free(copy);
	return err;
}

const char *
settings_get(const struct settings *settings, const char *name)
{
	return json_string_value(json_object_get(settings->names, name));
}

bool
settings_flag(const struct settings *settings, const char *name, bool otherwise)
{
	static const char *const words[2][4] = {{"no", "false", "off", "0"},
						{"yes", "true", "on", "1"}};
	const char *text = settings_get(settings, name);

	for (unsigned int i = 0; text != NULL && i < 8; i++)
		if (strcasecmp(text, words[i / 4][i % 4]) == 0)
			return i / 4 != 0;
	return otherwise;
}

bool
settings_bytes(const char *text, uint64_t *bytes)
{
	static const struct {
		const char *unit;
		unsigned int shift;
	} units[] = {{"", 0},    {"b", 0},    {"k", 10}, {"kb", 10}, {"kib", 10}, {"m", 20},
		     {"mb", 20}, {"mib", 20}, {"g", 30}, {"gb", 30}, {"gib", 30}};
	unsigned long long number;
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return false;
	errno = 0;
	number = strtoull(text, &end, 10);
	while (*end == ' ')
		end++;
	for (unsigned int i = 0; errno == 0 && i < sizeof(units) / sizeof(units[0]); i++)
		if (strcasecmp(end, units[i].unit) == 0 && number <= UINT64_MAX >> units[i].shift) {
			*bytes = (uint64_t)number << units[i].shift;
			return true;
		}
	return false;
}

void
settings_each(const struct settings *settings, const char *name, settings_fn fn, void *arg)
{
	size_t size = strlen(name);
	const char *each;
	json_t *text;

	json_object_foreach(settings->names, each, text)
	{
		if (strncmp(each, name, size) == 0 && each[size] == '.')
			fn(arg, each + size + 1, json_string_value(text));
	}
}

const char *
settings_missing(const struct settings *settings, size_t i)
{
	return json_string_value(json_array_get(settings->missing, i));
}
