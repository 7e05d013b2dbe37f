/* SPDX-License-Identifier: BSD-3-Clause */
/* The packet buffers: one pool for each NUMA node that workers run on. Control. */

#ifndef PE_POOLS_H
#define PE_POOLS_H

#include <rte_mempool.h>

struct document;
struct document_error;
struct pe;

/** Index: NUMA node; NULL where no worker runs. */
struct pools {
	struct rte_mempool *of[RTE_MAX_NUMA_NODES];
};

/**
 * Says on which node each worker runs (pe->node), and makes the pools of those nodes.
 * @return 0, or a negative errno with @p error filled
 */
int pools_open(struct pe *pe, const struct document *document, struct document_error *error);

/** Accepts pools that are not open. */
void pools_close(struct pools *pools);

/** @return the pool of a node, or of another when it has none; @p node may be -1: not known. */
struct rte_mempool *pools_near(const struct pools *pools, int node);

/** @return how many buffers are in use. */
unsigned int pools_in_use(const struct pools *pools);

#endif
