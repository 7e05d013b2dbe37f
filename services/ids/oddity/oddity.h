/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is odd about a packet, a stream or a message, by the numbers of rule/event.h. Looked for
 * only where some rule asks for such, and without a state of its own where the headers say all.
 */

#ifndef IDS_ODDITY_H
#define IDS_ODDITY_H

#include <stdbool.h>
#include <stdint.h>

#include "rule/event.h"

/** Of one packet or message at the most; further ones are not told. */
enum { ODDITIES_MAX = 24 };

/** A set of them. All zero: none. */
struct oddities {
	uint8_t n;
	uint16_t events[ODDITIES_MAX]; /* enum rule_event, each once */
};

static inline bool
oddities_have(const struct oddities *odd, unsigned int event)
{
	for (unsigned int i = 0; i < odd->n; i++)
		if (odd->events[i] == event)
			return true;
	return false;
}

static inline void
oddities_add(struct oddities *odd, enum rule_event event)
{
	if (odd->n < ODDITIES_MAX && !oddities_have(odd, event))
		odd->events[odd->n++] = (uint16_t)event;
}

#endif
