/* SPDX-License-Identifier: BSD-3-Clause */
/* How much of what the PE never gets back a tenant has used: cells for counters stay with their
 * names as long as the process lives. Who tries ever new names must not use up the others'. Control
 * thread.
 */

#ifndef AGENT_QUOTA_H
#define AGENT_QUOTA_H

#include <stdbool.h>
#include <stdint.h>

#include "pe/pe.h"

struct quota;

/** @return NULL without memory */
struct quota *quota_create(void);

/** Accepts NULL. */
void quota_destroy(struct quota *quota);

/** @return whether a tenant may have documents opened still. */
bool quota_has_room(const struct quota *quota, const char *tenant);

/** @return a mark for quota_charge(), before a document is opened. */
uint64_t quota_mark(const struct pe *pe);

/** Charges a tenant with what was used since a mark. */
void quota_charge(struct quota *quota, const struct pe *pe, const char *tenant, uint64_t mark);

#endif
