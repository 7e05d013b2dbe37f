/* SPDX-License-Identifier: BSD-3-Clause */
/* The variables that a configuration gives rules. Control. */

#ifndef IDS_VARIABLES_H
#define IDS_VARIABLES_H

#include <stddef.h>

#include <jansson.h>

#include "conf/arena.h"
#include "rule/vars.h"

/**
 * Sets variables over the usual ones. Each has to be a set of addresses or of ports: no rule that
 * names another one could be used, and that may be nearly all of them.
 *
 * @param given     texts by name
 * @param arena     takes what is read of them
 * @param[out] why  which one is wrong, and what about it, after -EINVAL
 * @return 0, -EINVAL or -ENOMEM
 */
int variables_set(const json_t *given, struct wp_arena *arena, struct vars *vars, char *why,
		  size_t size);

#endif
