/* SPDX-License-Identifier: BSD-3-Clause */
/* How often tenants' controllers may have documents opened, keys written and state searched: a turn
 * costs all others time of control's. Control thread. */

#ifndef AGENT_PACE_H
#define AGENT_PACE_H

#include <stdbool.h>

#define PACE_BURST 20 /* turns that may be taken at once */
#define PACE_MS 500   /* until one more comes */

/** The turns of all. */
struct pace;

/** @return NULL without memory */
struct pace *pace_create(void);

/** Accepts NULL. */
void pace_destroy(struct pace *pace);

struct rpc_call;

/** @return whether the caller has a turn left, or needs none: it is taken; else the call is
 * refused.
 */
bool pace_take_turn(struct rpc_call *call);

#endif
