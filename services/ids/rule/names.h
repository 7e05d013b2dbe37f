/* SPDX-License-Identifier: BSD-3-Clause */
/* Names that get numbers, from 1 on. Control. */

#ifndef IDS_NAMES_H
#define IDS_NAMES_H

#include <stdint.h>

#include "conf/arena.h"

struct names;

/** @return NULL: no memory. */
struct names *names_create(void);

/** Accepts NULL. */
void names_destroy(struct names *names);

/** @return the number of a name, which is copied if it is new; 0: no memory, or too many. */
uint16_t names_add(struct names *names, struct wp_arena *arena, const char *name);

/** @return how many there are. */
uint16_t names_count(const struct names *names);

/** @return the name of a number; NULL: there is none. */
const char *names_get(const struct names *names, uint16_t number);

#endif
