/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory for secrets: locked, kept out of core dumps, wiped when given back. Control thread. */

#ifndef WP_SECRET_H
#define WP_SECRET_H

#include <stdbool.h>
#include <stddef.h>

/** @return @p size zeroed bytes aligned to 64, or NULL. */
void *wp_secret_alloc(size_t size);

/** Wipes and gives back. Accepts NULL. */
void wp_secret_free(void *memory);

/** @return whether all of it could be locked so far; when not, raise LimitMEMLOCK or ulimit -l. */
bool wp_secret_locked(void);

#endif
