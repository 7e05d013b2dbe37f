/* SPDX-License-Identifier: BSD-3-Clause */
/* How a PE is: which part of its packets is dropped, before a commit and since. Control thread. */

#ifndef AGENT_HEALTH_H
#define AGENT_HEALTH_H

#include "pe/pe.h"
#include "pe/stats.h"

#define HEALTH_PACKETS_MIN 100 /* fewer say nothing */

struct health {
	uint64_t epoch;           /* that 'last' is of */
	struct stats_totals last; /* a second ago; or at the commit */
	unsigned int before;      /* permille dropped, as last known before the commit */
};

/** Looks again, a second later, while all is well. */
void health_follow(struct health *health, const struct pe *pe);

/** A commit has just put another epoch in force. */
void health_begin(struct health *health, const struct pe *pe);

/** @return by how many permille more is dropped since health_begin() than before; 0: no more */
unsigned int health_worse(const struct health *health, const struct pe *pe);

#endif
