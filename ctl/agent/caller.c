/* SPDX-License-Identifier: BSD-3-Clause */
/* See caller.h. */

#include "ctl/agent/caller.h"

#include <string.h>

#include "ctl/agent/agent.h"
#include "pe/epoch.h"

const struct document_path *
caller_path(struct rpc_call *call, const struct grant *grant, const char *name)
{
	const struct document *document = grant->document;

	for (uint32_t i = 0; i < document->n_paths; i++)
		if (strcmp(document->paths[i].name, name) == 0 &&
		    grant_has_tenant(grant, document->paths[i].tenant))
			return &document->paths[i];
	rpc_refuse(call,
		   &(struct rpc_refusal){.code = RPC_NOT_FOUND,
					 .path = "/path",
					 .hint = "path.list lists what there is"},
		   "there is no path '%s'", name);
	return NULL;
}

const char *
caller_state_dir(struct rpc_call *call)
{
	const char *folder = agent_pe(rpc_context(call))->current->document->state_dir;

	if (folder[0] != '\0')
		return folder;
	rpc_refuse(call,
		   &(struct rpc_refusal){.code = RPC_REFUSED,
					 .reason = "state-dir",
					 .hint = "name a state_dir in the document"},
		   "there is no state_dir to put the file into");
	return NULL;
}
