/* SPDX-License-Identifier: BSD-3-Clause */
/* The methods of the control socket; their context is a struct agent. Control thread. */

#ifndef AGENT_METHODS_H
#define AGENT_METHODS_H

#include "ctl/agent/rpc.h"

/** All tables, as in struct rpc_service. */
extern const struct rpc_method *const agent_methods[];

extern const struct rpc_method discover_methods[]; /* rpc.*: discover.c */
extern const struct rpc_method capture_methods[];  /* capture.*: capture_methods.c */
extern const struct rpc_method config_methods[];   /* config.*: config_methods.c, */
extern const struct rpc_method change_methods[];   /* and change_methods.c */
extern const struct rpc_method explain_methods[];  /* explain: explain_methods.c */
extern const struct rpc_method key_methods[];      /* key.*: key_methods.c */
extern const struct rpc_method push_methods[];     /* events.*, stats.watch: push_methods.c */
extern const struct rpc_method query_methods[];    /* path.*, stats.get: query_methods.c */
extern const struct rpc_method service_methods[];  /* service.*: service_methods.c */
extern const struct rpc_method state_methods[];    /* state.*: state_methods.c */

#endif
