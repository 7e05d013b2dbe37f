/* SPDX-License-Identifier: BSD-3-Clause */
/* What keeps tenants apart that have controllers of their own: names, and service path identifiers.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "pe/document.h"
#include "pe/document_check.h"

/** @return whether a name begins with a tenant's and a dot. */
static bool
is_named_for(const char *name, const struct document_tenant *tenant)
{
	size_t n = strlen(tenant->name);

	return strncmp(name, tenant->name, n) == 0 && name[n] == '.';
}

const struct document_tenant *
document_owner(const struct document *document, const char *name)
{
	for (uint32_t i = 0; i < document->n_tenants; i++)
		if (document->tenants[i].is_delegated && is_named_for(name, &document->tenants[i]))
			return &document->tenants[i];
	return NULL;
}

static struct document_tenant *
find_tenant(const struct document *document, const char *name)
{
	for (uint32_t i = 0; i < document->n_tenants; i++)
		if (strcmp(document->tenants[i].name, name) == 0)
			return &document->tenants[i];
	return NULL;
}

/** Marks the tenants that identities are for. */
static int
mark_delegated(struct document *document, struct document_error *error)
{
	const struct document_identity *identities = document->control.identities.items;
	char at[80];

	for (uint32_t i = 0; i < document->control.identities.n; i++)
		for (uint32_t j = 0; j < identities[i].tenants.n; j++) {
			const char *name = ((const char **)identities[i].tenants.items)[j];
			struct document_tenant *tenant = find_tenant(document, name);

			snprintf(at, sizeof(at), "/control/identities/%u/tenants/%u", i, j);
			if (tenant == NULL)
				return document_refuse(error, -EINVAL, at,
						       "tenants: there is no tenant '%s'", name);
			tenant->is_delegated = true;
		}
	return 0;
}

/** The names of one tenant must not be another's, too. */
static int
check_names(const struct document *document, struct document_error *error)
{
	char at[64];

	for (uint32_t i = 0; i < document->n_tenants; i++) {
		const struct document_tenant *owner =
			document_owner(document, document->tenants[i].name);

		snprintf(at, sizeof(at), "/tenants/%u/name", i);
		if (owner != NULL)
			return document_refuse(
				error, -EINVAL, at,
				"name: what begins with '%s.' is tenant '%s's, which "
				"has a controller of its own",
				owner->name, owner->name);
	}
	return 0;
}

/** @return whether a tenant's identifiers have one of @p spis. */
static bool
has_spis(const struct document_tenant *tenant, struct document_spis spis)
{
	const struct document_spis *own = tenant->delegated.spis.items;

	for (uint32_t i = 0; i < tenant->delegated.spis.n; i++)
		if (own[i].first <= spis.last && spis.first <= own[i].last)
			return true;
	return false;
}

/** @return another tenant that has one of @p spis, or NULL. */
static const struct document_tenant *
other_with(const struct document *document, const struct document_tenant *tenant,
	   struct document_spis spis)
{
	for (uint32_t i = 0; i < document->n_tenants; i++)
		if (&document->tenants[i] != tenant && has_spis(&document->tenants[i], spis))
			return &document->tenants[i];
	return NULL;
}

static int
check_spis(const struct document *document, uint32_t index, struct document_error *error)
{
	const struct document_tenant *tenant = &document->tenants[index], *other;
	const struct document_spis *spis = tenant->delegated.spis.items;
	char at[64];

	for (uint32_t i = 0; i < tenant->delegated.spis.n; i++) {
		snprintf(at, sizeof(at), "/tenants/%u/delegated/spis/%u", index, i);
		if (spis[i].first > spis[i].last)
			return document_refuse(error, -EINVAL, at,
					       "spis: the first is above the last");
		other = other_with(document, tenant, spis[i]);
		if (other != NULL)
			return document_refuse(error, -EINVAL, at,
					       "spis: some of them are tenant '%s's", other->name);
	}
	return 0;
}

static int
check_shared(const struct document *document, uint32_t index, struct document_error *error)
{
	const struct wp_list *list = &document->tenants[index].delegated.instances;
	char at[64];

	for (uint32_t i = 0; i < list->n; i++) {
		const char *name = ((const char **)list->items)[i];
		bool found = false;

		for (uint32_t j = 0; j < document->n_instances; j++)
			found |= strcmp(document->instances[j].name, name) == 0;
		snprintf(at, sizeof(at), "/tenants/%u/delegated/instances/%u", index, i);
		if (!found)
			return document_refuse(error, -EINVAL, at,
					       "instances: there is no instance '%s'", name);
	}
	return 0;
}

/** A path has neither a name nor an identifier nor instances of another tenant. */
static int
check_path(const struct document *document, uint32_t index, struct document_error *error)
{
	const struct document_path *path = &document->paths[index];
	const struct document_tenant *tenant = &document->tenants[path->tenant_index], *owner;
	char at[64];

	owner = document_owner(document, path->name);
	snprintf(at, sizeof(at), "/paths/%u/name", index);
	if (owner != NULL && owner != tenant)
		return document_refuse(error, -EINVAL, at,
				       "name: what begins with '%s.' is that tenant's",
				       owner->name);
	owner = other_with(document, tenant, (struct document_spis){path->spi, path->spi});
	snprintf(at, sizeof(at), "/paths/%u/spi", index);
	if (owner != NULL)
		return document_refuse(error, -EINVAL, at, "spi: %u is one of tenant '%s's",
				       path->spi, owner->name);
	for (uint32_t i = 0; i < path->n_steps; i++) {
		owner = document_owner(document, path->steps[i].instance);
		snprintf(at, sizeof(at), "/paths/%u/steps/%u/instance", index, i);
		if (owner != NULL && owner != tenant)
			return document_refuse(error, -EINVAL, at, "instance: '%s' is tenant '%s's",
					       path->steps[i].instance, owner->name);
	}
	return 0;
}

int
document_check_tenants(struct document *document, struct document_error *error)
{
	int err = mark_delegated(document, error);

	if (err == 0)
		err = check_names(document, error);
	for (uint32_t i = 0; err == 0 && i < document->n_tenants; i++) {
		err = check_spis(document, i, error);
		if (err == 0)
			err = check_shared(document, i, error);
	}
	for (uint32_t i = 0; err == 0 && i < document->n_paths; i++)
		err = check_path(document, i, error);
	return err;
}
