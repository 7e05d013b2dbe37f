/* SPDX-License-Identifier: BSD-3-Clause */
/* See tenants.h. */

#include "pe/tenants.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pe/document.h"
#include "pe/tables.h"

struct tenants {
	uint32_t n;                           /* numbers given so far */
	char names[DOCUMENT_TENANTS_MAX][64]; /* index: number */
};

int
tenants_create(struct tenants **tenants)
{
	*tenants = calloc(1, sizeof(**tenants));
	return *tenants == NULL ? -ENOMEM : 0;
}

void
tenants_destroy(struct tenants *tenants)
{
	free(tenants);
}

static bool
has_tenant(const struct document *document, const char *name)
{
	for (uint32_t i = 0; document != NULL && i < document->n_tenants; i++)
		if (strcmp(document->tenants[i].name, name) == 0)
			return true;
	return false;
}

/** @return the number of a name, or -ENOENT. */
static int
find(const struct tenants *tenants, const char *name)
{
	for (uint32_t i = 0; i < tenants->n; i++)
		if (strcmp(tenants->names[i], name) == 0)
			return (int)i;
	return -ENOENT;
}

/** @return a number that is nobody's, or -ENOSPC. */
static int
take(struct tenants *tenants, const struct tables *tables, const struct document *document,
     const struct document *current)
{
	if (tenants->n < DOCUMENT_TENANTS_MAX)
		return (int)tenants->n++;
	for (uint32_t i = 0; i < tenants->n; i++)
		if (!has_tenant(document, tenants->names[i]) &&
		    !has_tenant(current, tenants->names[i]) &&
		    tables_tenant_entries(tables, (uint16_t)i) == 0)
			return (int)i;
	return -ENOSPC;
}

int
tenants_number(struct tenants *tenants, const struct tables *tables, struct document *document,
	       const struct document *current, struct document_error *error)
{
	for (uint32_t i = 0; i < document->n_tenants; i++) {
		struct document_tenant *tenant = &document->tenants[i];
		int number = find(tenants, tenant->name);
		char at[64];

		if (number < 0) {
			number = take(tenants, tables, document, current);
			snprintf(at, sizeof(at), "/tenants/%u/name", i);
			if (number < 0)
				return document_refuse(
					error, number, at,
					"name: no number is left for tenant '%s': tenants that are "
					"gone still have state; restart waypointd",
					tenant->name);
			snprintf(tenants->names[number], sizeof(tenants->names[number]), "%s",
				 tenant->name);
		}
		tenant->number = (uint32_t)number;
	}
	return 0;
}
