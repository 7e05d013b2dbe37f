/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Literals that stand at one place of a buffer, counted from its beginning: they are looked up
 * there by their first bytes, which costs far less than looking for them everywhere.
 */

#ifndef IDS_PLACES_H
#define IDS_PLACES_H

#include <stdbool.h>
#include <stdint.h>

#include "match/candidates.h"

struct places;
struct places_plan;

/** Begins to gather literals. Control. @return NULL: no memory */
struct places_plan *places_plan_create(void);

/** Accepts NULL. Control. */
void places_plan_destroy(struct places_plan *plan);

/**
 * Says that a rule needs a literal at a place.
 * @param bytes  at least one; they stay valid for as long as the places do. In lower case if @p
 * nocase
 * @param at     bytes in front of it
 * @return 0 or -ENOMEM. Control.
 */
int places_add(struct places_plan *plan, const uint8_t *bytes, uint16_t size, bool nocase,
	       uint16_t at, uint32_t rule);

/** Makes what was gathered. @return 0 or -ENOMEM. Control. */
int places_create(struct places_plan *plan, struct places **places);

/** Accepts NULL. Control. */
void places_destroy(struct places *places);

/** Adds the rules whose literal is there. @param offset  where the bytes stand in their buffer
 * @return how many places were looked at. Worker. */
uint32_t places_look(const struct places *places, const uint8_t *bytes, uint32_t size,
		     uint64_t offset, struct candidates *candidates);

#endif
