/* SPDX-License-Identifier: BSD-3-Clause */
/* See quota.h. */

#include "ctl/agent/quota.h"

#include <jansson.h>
#include <stdlib.h>

#include "pe/account.h"

enum { TENANT_CELLS = ACCOUNT_CELLS / 16, HOT_WEIGHT = ACCOUNT_CELLS / ACCOUNT_HOT_CELLS };

struct quota {
	json_t *used; /* tenant -> cells */
};

struct quota *
quota_create(void)
{
	struct quota *quota = calloc(1, sizeof(*quota));

	if (quota != NULL)
		quota->used = json_object();
	if (quota != NULL && quota->used != NULL)
		return quota;
	quota_destroy(quota);
	return NULL;
}

void
quota_destroy(struct quota *quota)
{
	if (quota == NULL)
		return;
	json_decref(quota->used);
	free(quota);
}

bool
quota_has_room(const struct quota *quota, const char *tenant)
{
	return json_integer_value(json_object_get(quota->used, tenant)) < TENANT_CELLS;
}

uint64_t
quota_mark(const struct pe *pe)
{
	uint32_t hot, rare;

	account_used(pe->account, &hot, &rare);
	return (uint64_t)hot * HOT_WEIGHT + rare;
}

void
quota_charge(struct quota *quota, const struct pe *pe, const char *tenant, uint64_t mark)
{
	uint64_t used = quota_mark(pe) - mark;
	json_int_t before = json_integer_value(json_object_get(quota->used, tenant));

	if (used != 0)
		json_object_set_new(quota->used, tenant, json_integer(before + (json_int_t)used));
}
