/* SPDX-License-Identifier: BSD-3-Clause */
/* Files that are the old ones or the new ones, whatever happens. Control. */

#ifndef WP_REPLACE_H
#define WP_REPLACE_H

#include <stddef.h>

/**
 * Puts bytes in the place of a file, or makes it, mode 0600: in one step, and on disk when it
 * returns 0.
 * @param folder  a descriptor of its folder
 * @param name    in that
 * @return 0 or a negative errno
 */
int wp_replace_at(int folder, const char *name, const void *bytes, size_t size);

#endif
