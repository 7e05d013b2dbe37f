/* SPDX-License-Identifier: BSD-3-Clause */
/* See health.h. */

#include "ctl/agent/health.h"

#include "pe/epoch.h"

/** Sets which part of the packets between two looks was dropped. @return false: too few say
 * anything */
static bool
permille_of(const struct stats_totals *from, const struct stats_totals *to, unsigned int *permille)
{
	uint64_t rx = to->rx - from->rx, dropped = to->dropped - from->dropped;

	if (to->rx < from->rx || to->dropped < from->dropped || rx < HEALTH_PACKETS_MIN)
		return false;
	*permille = dropped >= rx ? 1000 : (unsigned int)(dropped * 1000 / rx);
	return true;
}

void
health_follow(struct health *health, const struct pe *pe)
{
	struct stats_totals now = stats_totals(pe);

	if (health->epoch == pe->current->number)
		permille_of(&health->last, &now, &health->before);
	health->epoch = pe->current->number;
	health->last = now;
}

void
health_begin(struct health *health, const struct pe *pe)
{
	health->epoch = pe->current->number;
	health->last = stats_totals(pe);
}

unsigned int
health_worse(const struct health *health, const struct pe *pe)
{
	struct stats_totals now = stats_totals(pe);
	unsigned int since;

	if (!permille_of(&health->last, &now, &since) || since <= health->before)
		return 0;
	return since - health->before;
}
