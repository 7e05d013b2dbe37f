/* SPDX-License-Identifier: BSD-3-Clause */
/* Rules that may hold, each once. A worker's own. */

#ifndef IDS_CANDIDATES_H
#define IDS_CANDIDATES_H

#include <stdint.h>

struct candidates {
	uint32_t n;
	uint32_t *rules; /* room for all rules of the set */
	uint32_t *seen;  /* index: rule; 'round' when it is in */
	uint32_t round;
};

/** Forgets all. */
static inline void
candidates_clear(struct candidates *candidates)
{
	candidates->n = 0;
	candidates->round++; /* 2^32 rounds: a rule that was last seen in just that one is asked no
				more than once too little */
}

static inline void
candidates_add(struct candidates *candidates, uint32_t rule)
{
	if (candidates->seen[rule] == candidates->round)
		return;
	candidates->seen[rule] = candidates->round;
	candidates->rules[candidates->n++] = rule;
}

#endif
