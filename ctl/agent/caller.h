/* SPDX-License-Identifier: BSD-3-Clause */
/* What methods look up for their callers; what is not there, or not theirs, is refused. Control
 * thread. */

#ifndef AGENT_CALLER_H
#define AGENT_CALLER_H

#include "ctl/agent/grant.h"

/** @return the path of a name that somebody may know of; NULL: the call is refused. Until another
 * document is in force. */
const struct document_path *caller_path(struct rpc_call *call, const struct grant *grant,
					const char *name);

/** @return the folder for what methods write; NULL: the call is refused. Likewise. */
const char *caller_state_dir(struct rpc_call *call);

#endif
