/* SPDX-License-Identifier: BSD-3-Clause */
/* What the methods of config.* have in common; for those files only. Control thread. */

#ifndef AGENT_CONFIG_CALL_H
#define AGENT_CONFIG_CALL_H

#include "ctl/agent/config.h"
#include "ctl/agent/grant.h"

struct config *call_config(const struct rpc_call *call);

/** Refuses a call; a tenant's controller is told what is its own to mend. */
void call_refuse_change(struct rpc_call *call, struct config_fault *fault);

/** @return a new reference to a document of the history, or NULL. */
json_t *call_kept_document(const struct rpc_call *call, uint64_t epoch);

/** @return whether a call has a document; else it is refused. */
bool call_has_document(struct rpc_call *call, const json_t *document);

/** @return a new reference to the whole document that a caller's stands for; NULL: the call is
 * refused */
json_t *call_whole(struct rpc_call *call, json_t *given);

/** @return whether a change is to wait until its document is open: the call's method runs again
 * then, from its beginning. @p change as for config_open_ahead() */
bool call_waits(struct rpc_call *call, const struct config_change *change);

/** Likewise, as config_document_ahead(). */
bool call_waits_for(struct rpc_call *call, json_t *document);

/** @return whether a commit is one that somebody may know of. */
bool call_may_know(const struct grant *grant, const struct history_entry *entry);

#endif
