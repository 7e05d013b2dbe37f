/* SPDX-License-Identifier: BSD-3-Clause */
/* The lists of conditions that take longest over bytes made for them. They are measured again and
 * again, beside other work: what the machine does at one moment is said of none of them. */

#ifndef IDS_DEAR_H
#define IDS_DEAR_H

#include <stdint.h>

#include "match/inspect.h"
#include "rule/rule.h"

enum { DEARS = 8, DEAR_ROUNDS = 1024 /* at the most */ };

/** One of them. */
struct dear {
	const struct rule *rule;
	unsigned int list, kind;    /* of the rule's lists, and of hostile.h */
	uint64_t cycles;            /* when it was found */
	double rounds[DEAR_ROUNDS]; /* cycles a byte, then */
};

struct dears {
	struct inspector inspector; /* the caller gives it its patterns */
	unsigned int n, n_rounds;
	struct dear of[DEARS]; /* the dearest first */
};

/** @return cycles that a rule's list takes over bytes made for it: the median of some times, as the
 * core may be lost in between. */
uint64_t dear_measure(struct inspector *inspector, const struct rule *rule, unsigned int list,
		      unsigned int kind);

/** Keeps one if it is among the dearest. */
void dears_keep(struct dears *dears, const struct dear *dear);

/** Measures all once more. */
void dears_round(struct dears *dears);

/** @return the dearest of them, by the median of its rounds. */
const struct dear *dears_worst(const struct dears *dears);

#endif
