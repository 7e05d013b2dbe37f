/* SPDX-License-Identifier: BSD-3-Clause */
/* See methods.h. */

#include "ctl/agent/methods.h"

#include <stddef.h>

const struct rpc_method *const agent_methods[] = {
	discover_methods, capture_methods, config_methods, change_methods,
	explain_methods,  key_methods,     push_methods,   query_methods,
	service_methods,  state_methods,   NULL,
};
