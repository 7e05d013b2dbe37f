/* SPDX-License-Identifier: BSD-3-Clause */
/* See pace.h. */

#include "ctl/agent/pace.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/agent/agent.h"
#include "pe/clock.h"

enum { TAKERS_MAX = 1024, NAME_SIZE = 64 };

/** A tenant whose controllers take turns. */
struct taker {
	char name[NAME_SIZE];
	uint64_t full_ms; /* when all turns are back: as if none had been taken; monotonic */
};

struct pace {
	unsigned int n;
	struct taker takers[TAKERS_MAX];
};

struct pace *
pace_create(void)
{
	return calloc(1, sizeof(struct pace));
}

void
pace_destroy(struct pace *pace)
{
	free(pace);
}

/** Finds a tenant, or a place for one; who has all turns is as one who is not there. @return NULL:
 * there is no place */
static struct taker *
find(struct pace *pace, const char *name, uint64_t now)
{
	struct taker *free_one = NULL;

	for (unsigned int i = 0; i < pace->n; i++) {
		if (strcmp(pace->takers[i].name, name) == 0)
			return &pace->takers[i];
		if (pace->takers[i].full_ms <= now)
			free_one = &pace->takers[i];
	}
	if (free_one == NULL && pace->n < TAKERS_MAX)
		free_one = &pace->takers[pace->n++];
	if (free_one != NULL) {
		snprintf(free_one->name, sizeof(free_one->name), "%s", name);
		free_one->full_ms = now;
	}
	return free_one;
}

/** @return whether a tenant has a turn left; it is taken. */
static bool
take(struct pace *pace, const char *tenant)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC) / 1000000;
	struct taker *taker = find(pace, tenant, now);

	if (taker == NULL)
		return false;
	if (taker->full_ms < now)
		taker->full_ms = now;
	if (taker->full_ms - now > (PACE_BURST - 1) * PACE_MS)
		return false;
	taker->full_ms += PACE_MS;
	return true;
}

bool
pace_take_turn(struct rpc_call *call)
{
	const struct grant grant = grant_of(call);

	/* By tenant: it may have any number of identities. */
	if (grant_is_whole(&grant) ||
	    (grant.n_tenants != 0 && take(agent_pace(rpc_context(call)), grant.tenants[0])))
		return true;
	rpc_refuse(call, &(struct rpc_refusal){.code = RPC_BUSY, .reason = "pace"},
		   "documents and keys of a tenant's controller are taken %u at once, and then "
		   "one each %u ms",
		   PACE_BURST, PACE_MS);
	return false;
}
