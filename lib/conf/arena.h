/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory that is given back all at once: that of one configuration. Control thread. */

#ifndef WP_ARENA_H
#define WP_ARENA_H

#include <stddef.h>

#include "packet.h"

struct wp_arena;

/** @return NULL when there is no memory. */
WP_API struct wp_arena *wp_arena_create(void);

/** Accepts NULL. */
WP_API void wp_arena_destroy(struct wp_arena *arena);

/** @return @p size zeroed bytes aligned to 16, or NULL. */
WP_API void *wp_arena_alloc(struct wp_arena *arena, size_t size);

/** @return a copy of @p text, or NULL. */
WP_API char *wp_arena_string(struct wp_arena *arena, const char *text);

#endif
