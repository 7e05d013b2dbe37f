/* SPDX-License-Identifier: BSD-3-Clause */
/* What somebody may do: a role, and the tenants it is for. Control thread. */

#ifndef AGENT_GRANT_H
#define AGENT_GRANT_H

#include <stdbool.h>

#include "ctl/agent/rpc.h"
#include "pe/document.h"
#include "pe/role.h"

/** Valid until another document is in force. */
struct grant {
	int role;                        /* enum role; -ENOENT: nobody */
	const char *who;                 /* the name of the identity; "": the Unix socket's */
	const char *const *tenants;      /* that it is for */
	uint32_t n_tenants;              /* 0: for the whole PE */
	const struct document *document; /* that says so */
};

/** @param is_local  came by the Unix socket */
struct grant grant_find(const struct document *document, const char *who, bool is_local);

/** @return what the caller may do now. */
struct grant grant_of(const struct rpc_call *call);

/** @return whether a method that is @p role's may be called. */
bool grant_may(const struct grant *grant, enum role role);

/** @return whether it is for the whole PE. */
bool grant_is_whole(const struct grant *grant);

/** @return whether it is for a tenant. @param tenant  NULL: for none in particular */
bool grant_has_tenant(const struct grant *grant, const char *tenant);

/** @return whether a name of an instance or a key is one of its tenants'. */
bool grant_has_name(const struct grant *grant, const char *name);

#endif
