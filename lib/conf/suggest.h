/* SPDX-License-Identifier: BSD-3-Clause */
/* Help for people who mistype. */

#ifndef WP_CONF_SUGGEST_H
#define WP_CONF_SUGGEST_H

#include <stddef.h>

#include "field.h"
#include "packet.h"

/** @return the number of single-letter changes from one word to the other; long words count as far
 * apart. */
WP_API unsigned int conf_distance(const char *a, const char *b);

/** @return @p name when it is near to @p word and nearer than @p best, else @p best; best may be
 * NULL.
 */
WP_API const char *conf_nearer(const char *best, const char *name, const char *word);

/** @return the name of the field that @p word is nearest to, or NULL when none is near. */
const char *conf_suggest_field(const struct wp_field *fields, const char *word);

/** Writes "a, b, c"; cut with "..." where it does not fit. @return out */
const char *conf_list_names(const char *const *names, char *out, size_t size);
const char *conf_list_fields(const struct wp_field *fields, char *out, size_t size);

#endif
