/* SPDX-License-Identifier: BSD-3-Clause */
/* Regular expressions by PCRE2: compiled once, asked by many workers, each with room of its own. */

#ifndef IDS_EXPRESSION_H
#define IDS_EXPRESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stream/event.h"

struct expression;
struct expression_room;

/**
 * Compiles one, to machine code where that is possible. Control.
 *
 * @param options  of pcre2_compile()
 * @param[out] why  room for @p size bytes
 * @return 0, -EINVAL or -ENOMEM
 */
int expression_create(const char *text, uint32_t options, struct expression **expression, char *why,
		      size_t size);

/** Accepts NULL. Control. */
void expression_destroy(struct expression *expression);

/** @return how many groups it has, but the whole. */
uint32_t expression_groups(const struct expression *expression);

/** @return room for the matches of one worker; NULL: no memory. Control. */
struct expression_room *expression_room_create(void);

/** Accepts NULL. Control. */
void expression_room_destroy(struct expression_room *room);

/**
 * Looks for the first place that matches, within bounds of work: an expression that needs more than
 * those does not match. Worker; what it needs is taken from @p room.
 *
 * @param start  bytes that are only looked back at
 * @param group  that is asked for; 0: the whole
 * @param[out] span  what the group has taken, within @p in
 * @return false: no match, or the group has no part in it
 */
bool expression_find(const struct expression *expression, struct expression_room *room,
		     struct wp_span in, uint32_t start, uint32_t group, struct wp_span *span);

#endif
