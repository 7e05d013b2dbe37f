/* SPDX-License-Identifier: BSD-3-Clause */
/* Which worker receives from which queue, and sends through which. Control. */

#ifndef PE_QUEUES_H
#define PE_QUEUES_H

#include <stdint.h>

struct document_error;
struct pe;

/**
 * Deals the receive queues of all ports out to the workers, and gives each worker a send queue of
 * each port, or the worker that sends for it. Before the workers run.
 * @return 0, or -EINVAL with @p error filled
 */
int queues_deal(struct pe *pe, struct document_error *error);

/**
 * Chooses who polls a queue: workers in turn, those on the device's NUMA node if there are any.
 * @param nodes  of each worker
 * @param node   of the device; -1: not known
 * @param turn   how many queues have been dealt out before
 */
unsigned int queues_worker(const uint8_t *nodes, unsigned int n_workers, int node,
			   unsigned int turn);

#endif
