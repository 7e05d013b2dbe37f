/* SPDX-License-Identifier: BSD-3-Clause */
/* See state_filter.h. */

#include "pe/state_filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "say.h"

const struct state_filter state_filter_all = {.bucket = -1};

/** Copies a name of @p size bytes. */
static int
set_name(char name[STATE_NAME_SIZE], const char *text, size_t size)
{
	if (size >= STATE_NAME_SIZE)
		return -EINVAL;
	memcpy(name, text, size);
	name[size] = '\0';
	return 0;
}

static int
set_tables(struct state_filter *filter, const char *text)
{
	const char *slash = strchr(text, '/');

	if (slash == NULL)
		return set_name(filter->service, text, strlen(text));
	if (set_name(filter->service, text, (size_t)(slash - text)) != 0)
		return -EINVAL;
	return set_name(filter->table, slash + 1, strlen(slash + 1));
}

static int
set_bucket(struct state_filter *filter, const char *text)
{
	char *end;
	long bucket = strtol(text, &end, 10);

	if (*text == '\0' || *end != '\0' || bucket < 0 || bucket > 255)
		return -EINVAL;
	filter->bucket = (int)bucket;
	return 0;
}

/** Takes "name=value". */
static int
set_one(struct state_filter *filter, const char *text)
{
	if (strncmp(text, "tenant=", 7) == 0)
		return set_name(filter->tenant, text + 7, strlen(text + 7));
	if (strncmp(text, "address=", 8) == 0)
		return wp_conf_prefix(text + 8, &filter->address);
	if (strncmp(text, "bucket=", 7) == 0)
		return set_bucket(filter, text + 7);
	return strchr(text, '=') == NULL ? set_tables(filter, text) : -EINVAL;
}

int
state_filter_parse(const char *text, struct state_filter *filter, char *message,
		   size_t message_size)
{
	struct state_filter new = state_filter_all;
	char *copy = strdup(text), *save = NULL;
	int err = copy == NULL ? -ENOMEM : 0;

	for (char *part = err != 0 ? NULL : strtok_r(copy, ",", &save); err == 0 && part != NULL;
	     part = strtok_r(NULL, ",", &save)) {
		if (set_one(&new, part) != 0)
			err = wp_say(message, message_size, -EINVAL,
				     "'%s' is none of SERVICE/TABLE, tenant=NAME, address=PREFIX, "
				     "bucket=0..255",
				     part);
	}
	free(copy);
	if (err == 0)
		*filter = new;
	return err;
}

bool
state_filter_has_table(const struct state_filter *filter, const char *service, const char *table)
{
	return (filter->service[0] == '\0' || strcmp(filter->service, service) == 0) &&
	       (filter->table[0] == '\0' || strcmp(filter->table, table) == 0);
}

/** @return whether one of a key's addresses lies in the prefix. */
static bool
has_address(const struct wp_prefix *prefix, const uint8_t *parts, uint8_t version,
	    const uint8_t *key)
{
	for (unsigned int i = 0; i < WP_KEY_PARTS_MAX && parts[i] != WP_KEY_END; i++) {
		if ((parts[i] == WP_KEY_ADDR && wp_prefix_has(prefix, version, key)) ||
		    (parts[i] == WP_KEY_ADDR4 && wp_prefix_has(prefix, 4, key)))
			return true;
		key += wp_key_parts_size((const uint8_t[WP_KEY_PARTS_MAX]){parts[i]}, version);
	}
	return false;
}

bool
state_filter_has(const struct state_filter *filter, const uint8_t *key, const uint8_t *key2,
		 const char *tenant, const struct wp_record *entry)
{
	if (filter->tenant[0] != '\0' && (tenant == NULL || strcmp(filter->tenant, tenant) != 0))
		return false;
	if (filter->address.addr.version == 0)
		return true;
	return has_address(&filter->address, key, entry->key_version, entry->key) ||
	       has_address(&filter->address, key2, entry->key_version, entry->key2);
}
