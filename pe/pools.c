/* SPDX-License-Identifier: BSD-3-Clause */
/* See pools.h. */

#include "pe/pools.h"

#include <errno.h>
#include <stdio.h>

#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>

#include "pe/buffer.h"
#include "pe/eal.h"
#include "pe/pe.h"

enum {
	POOL_CACHE = 256,
	BUFFERS_PER_QUEUE = 4096,
	BUFFERS_PER_WORKER = 4096,
};

/**
 * Makes a pool. Without huge pages DPDK would put one buffer on each page, so that all views fell
 * into the same cache sets; as no device of ours needs physical addresses then, it is told not to
 * care.
 */
static struct rte_mempool *
make_pool(const char *name, unsigned int n, size_t room, int node)
{
	struct rte_pktmbuf_pool_private private = {
		.mbuf_data_room_size = (uint16_t)room,
		.mbuf_priv_size = BUFFER_PRIVATE,
	};
	unsigned int size = sizeof(struct rte_mbuf) + BUFFER_PRIVATE + (unsigned int)room;
	struct rte_mempool *pool = rte_mempool_create_empty(
		name, n, size, POOL_CACHE, sizeof(private), node,
		rte_eal_has_hugepages() ? 0 : RTE_MEMPOOL_F_NO_IOVA_CONTIG);

	if (pool == NULL)
		return NULL;
	rte_pktmbuf_pool_init(pool, &private);
	if (rte_mempool_populate_default(pool) < 0) {
		rte_mempool_free(pool);
		return NULL;
	}
	rte_mempool_obj_iter(pool, rte_pktmbuf_init, NULL);
	return pool;
}

/** Without huge pages EAL's memory knows no nodes: all of it counts as node 0's. */
static void
find_nodes(struct pe *pe)
{
	for (unsigned int i = 0; i < pe->n_workers; i++)
		pe->node[i] = pe->options.threads && rte_eal_has_hugepages()
				      ? (uint8_t)rte_lcore_to_socket_id(eal_lcore(i))
				      : 0;
}

static unsigned int
workers_on(const struct pe *pe, unsigned int node)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < pe->n_workers; i++)
		n += pe->node[i] == node;
	return n;
}

/** @return buffers wanted on a node: enough for its workers, were all queues theirs. */
static unsigned int
buffers_wanted(const struct document *document, unsigned int n_workers)
{
	unsigned int n = document->workers.buffers * n_workers / document->n_cores;

	if (document->workers.buffers != 0)
		return n;
	n = n_workers * (BUFFERS_PER_WORKER + document->workers.hold_max);
	n += document->workers.fragment_wait * n_workers / document->n_cores;
	if (document->n_cores > 1)
		n += 2 * PARK_MAX; /* two workers may keep packets of a bucket that moves */
	for (uint32_t i = 0; i < document->n_ports; i++)
		n += document->ports[i].queues * BUFFERS_PER_QUEUE;
	return n;
}

int
pools_open(struct pe *pe, const struct document *document, struct document_error *error)
{
	size_t room = RTE_PKTMBUF_HEADROOM + document->workers.buffer_size;

	find_nodes(pe);
	for (unsigned int node = 0; node < RTE_MAX_NUMA_NODES; node++) {
		unsigned int n_workers = workers_on(pe, node);
		unsigned int n = buffers_wanted(document, n_workers);
		char name[RTE_MEMPOOL_NAMESIZE];

		if (n_workers == 0)
			continue;
		snprintf(name, sizeof(name), "packets%u", node);
		pe->pools.of[node] = make_pool(name, n, room, (int)node);
		if (pe->pools.of[node] == NULL)
			return document_refuse(
				error, -rte_errno, "/workers/buffers",
				"no memory for %u packet buffers of %zu bytes on NUMA node %u: %s; "
				"take fewer, or reserve huge pages: sysctl vm.nr_hugepages=%zu",
				n, room, node, rte_strerror(rte_errno),
				(n * (room + 512) >> 21) + 64);
	}
	return 0;
}

void
pools_close(struct pools *pools)
{
	for (unsigned int node = 0; node < RTE_MAX_NUMA_NODES; node++) {
		rte_mempool_free(pools->of[node]);
		pools->of[node] = NULL;
	}
}

struct rte_mempool *
pools_near(const struct pools *pools, int node)
{
	if (node >= 0 && node < RTE_MAX_NUMA_NODES && pools->of[node] != NULL)
		return pools->of[node];
	for (unsigned int other = 0; other < RTE_MAX_NUMA_NODES; other++)
		if (pools->of[other] != NULL)
			return pools->of[other];
	return NULL;
}

unsigned int
pools_in_use(const struct pools *pools)
{
	unsigned int n = 0;

	for (unsigned int node = 0; node < RTE_MAX_NUMA_NODES; node++)
		if (pools->of[node] != NULL)
			n += rte_mempool_in_use_count(pools->of[node]);
	return n;
}
