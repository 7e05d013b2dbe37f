/* SPDX-License-Identifier: BSD-3-Clause */
/* The auditor: rx + created = tx + dropped + absorbed + held + queued, worker by worker and in all,
 * while they run. */

#ifndef PE_AUDIT_H
#define PE_AUDIT_H

#include <stdbool.h>

#include "pe/account.h"
#include "pe/worker.h"

/** Takes a whole copy of a worker's totals, between two of its polls. @return false when it did not
 * answer in 100 ms */
bool audit_totals(struct worker *worker, struct account_totals *totals);

#endif
