/* SPDX-License-Identifier: BSD-3-Clause */
/* The service modules: shared objects, checked before and after they are loaded. Control thread. */

#ifndef PE_REGISTRY_H
#define PE_REGISTRY_H

#include <stddef.h>

#include "service.h"

struct registry;

/** @param dir  where modules named without a slash are found; copied  @return 0 or -ENOMEM */
int registry_create(const char *dir, struct registry **registry);

/** Unloads all modules (not in sanitizer builds, whose reports need their names). Accepts NULL. */
void registry_destroy(struct registry *registry);

/**
 * Loads a module, once; again when another file has taken the place of the one it was. What was
 * loaded stays: others may run it.
 *
 * @param module  a name, "encrypt", or a file name with a slash
 * @param[out] service  its contract
 * @param[out] message  why it is refused, and what to do
 * @return 0, -ENOENT, -EINVAL (no module, or no good one), -EPERM (writable statics, or a file
 * others may write), -ENOMEM
 */
int registry_load(struct registry *registry, const char *module, const struct wp_service **service,
		  char *message, size_t message_size);

/** @return the file of a module that was written over since it was loaded, or NULL. */
const char *registry_changed(const struct registry *registry);

#endif
