/* SPDX-License-Identifier: BSD-3-Clause */
/* See opened.h. */

#include "pe/opened.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct opened *
opened_create(const struct wp_service *service, void *inst, struct document *document)
{
	struct opened *opened = calloc(1, sizeof(*opened));

	if (opened != NULL)
		*opened = (struct opened){service, inst, document_share(document), 1};
	return opened;
}

void
opened_release(struct opened *opened)
{
	if (opened == NULL || --opened->users != 0)
		return;
	if (opened->service->close != NULL)
		opened->service->close(opened->inst);
	document_destroy(opened->document);
	free(opened);
}

/** @return whether two documents say the same of tenants: what services know of them are names and
 * numbers, and names keep their numbers. */
static bool
has_same_tenants(const struct document *a, const struct document *b)
{
	return json_equal(json_object_get(a->root, "tenants"),
			  json_object_get(b->root, "tenants")) ||
	       (a->n_tenants == 1 && b->n_tenants == 1 &&
		strcmp(a->tenants[0].name, b->tenants[0].name) == 0);
}

static bool
has_same_config(const struct document_instance *a, const struct document_instance *b)
{
	return a->contract == b->contract && (a->json == b->json || json_equal(a->json, b->json));
}

struct opened *
opened_find(const struct wp_epoch *current, const struct document *document,
	    const struct document_instance *conf)
{
	const struct wp_service *service = conf->contract;

	if (current == NULL || service->is_current == NULL)
		return NULL;
	for (uint32_t i = 0; i < current->n_instances; i++) {
		struct opened *opened = current->instances[i].opened;

		if (strcmp(current->instances[i].name, conf->name) != 0)
			continue;
		return has_same_config(&current->document->instances[i], conf) &&
				       has_same_tenants(current->document, document) &&
				       service->is_current(opened->inst)
			       ? opened
			       : NULL;
	}
	return NULL;
}
