/* SPDX-License-Identifier: BSD-3-Clause */
/* Fills structs from JSON by tables of fields, and describes the tables as JSON Schema. Control
 * thread. */

#ifndef WP_CONF_H
#define WP_CONF_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "conf/arena.h"
#include "addr.h"
#include "field.h"
#include "packet.h"

/** Values of one JSON text; each may take a quarter of a kilobyte. */
#define WP_CONF_VALUES_MAX (1u << 20)

/** Where and why a configuration is refused. */
struct wp_conf_error {
	char *path; /* JSON pointer from the document's root (RFC 6901) */
	size_t path_size;
	char *message; /* "min_ttl: 300 is above 255" */
	size_t message_size;
};

/**
 * Reads one JSON text: duplicate members, depth above @p depth_max, too many values, invalid UTF-8,
 * NUL, numbers that do not fit and trailing bytes are refused.
 * @param[out] line, column  of a syntax error, from 1; 0 when it has no place
 * @return NULL with @p message filled, and errno ENOMEM or EINVAL
 */
json_t *wp_conf_load(const char *text, size_t size, unsigned int depth_max, char *message,
		     size_t message_size, int *line, int *column);

/**
 * Fills @p out, zeroed by the caller, from @p object. Every member of the object must be in @p
 * fields; members left out take their default. Strings and lists are put into @p arena.
 *
 * @param object  NULL stands for {}
 * @param at      JSON pointer of @p object
 * @return 0, -EINVAL with @p error filled, or -ENOMEM
 */
int wp_conf_fill(const struct wp_field *fields, const json_t *object, const char *at,
		 struct wp_arena *arena, void *out, struct wp_conf_error *error);

/**
 * Takes the relative names of files in what wp_conf_fill() filled from a folder; "" stays.
 * @return 0, -ENAMETOOLONG or -ENOMEM
 */
int wp_conf_rebase(const struct wp_field *fields, const char *folder, struct wp_arena *arena,
		   void *filled);

/** Likewise one name. */
int wp_conf_rebase_name(const char *folder, struct wp_arena *arena, const char **name);

/** @return a new reference to the JSON Schema of an object laid out by @p fields; NULL without
 * memory. */
json_t *wp_conf_schema(const struct wp_field *fields);

/** @return whether a text is right for a WP_NAME, or a WP_KEY_NAME. */
bool wp_conf_is_name(const char *text);
bool wp_conf_is_key_name(const char *text);

/** Reads "10.0.0.1" or "2001:db8::1". @return 0 or -EINVAL */
int wp_conf_addr(const char *text, struct wp_addr *addr);

/** Reads "10.0.0.0/8", an address alone, or "any"; bits behind the prefix must be 0. @return 0 or
 * -EINVAL */
WP_API int wp_conf_prefix(const char *text, struct wp_prefix *prefix);

#endif
