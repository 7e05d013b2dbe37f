/* SPDX-License-Identifier: BSD-3-Clause */
/* See grant.h. */

#include "ctl/agent/grant.h"

#include <errno.h>
#include <string.h>

#include "ctl/agent/agent.h"
#include "ctl/agent/conn.h"
#include "pe/epoch.h"

struct grant
grant_find(const struct document *document, const char *who, bool is_local)
{
	const struct wp_list *list = &document->control.identities;
	const struct document_identity *identities = list->items;

	if (is_local)
		return (struct grant){.role = ROLE_ADMIN, .who = "", .document = document};
	for (uint32_t i = 0; i < list->n; i++)
		if (strcmp(identities[i].name, who) == 0)
			return (struct grant){.role = (int)identities[i].role,
					      .who = identities[i].name,
					      .tenants = identities[i].tenants.items,
					      .n_tenants = identities[i].tenants.n,
					      .document = document};
	return (struct grant){.role = -ENOENT, .who = "", .document = document};
}

struct grant
grant_of(const struct rpc_call *call)
{
	const struct agent *agent = rpc_context(call);
	const struct conn *peer = rpc_peer(call);

	if (peer == NULL)
		return (struct grant){
			.role = -ENOENT, .who = "", .document = agent_pe(agent)->current->document};
	return agent_grant(agent, peer);
}

bool
grant_may(const struct grant *grant, enum role role)
{
	if (grant->role < 0)
		return false;
	return grant->role == ROLE_ADMIN || role == ROLE_OBSERVER || grant->role == (int)role;
}

bool
grant_is_whole(const struct grant *grant)
{
	return grant->role >= 0 && grant->n_tenants == 0;
}

bool
grant_has_tenant(const struct grant *grant, const char *tenant)
{
	if (grant_is_whole(grant))
		return true;
	for (uint32_t i = 0; tenant != NULL && i < grant->n_tenants; i++)
		if (strcmp(grant->tenants[i], tenant) == 0)
			return true;
	return false;
}

bool
grant_has_name(const struct grant *grant, const char *name)
{
	const struct document_tenant *owner;

	if (grant_is_whole(grant))
		return true;
	owner = document_owner(grant->document, name);
	return owner != NULL && grant_has_tenant(grant, owner->name);
}
