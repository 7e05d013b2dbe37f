/* SPDX-License-Identifier: BSD-3-Clause */
/* See queues.h. */

#include "pe/queues.h"

#include <errno.h>

#include <rte_eal.h>
#include <rte_ethdev.h>

#include "pe/pe.h"

unsigned int
queues_worker(const uint8_t *nodes, unsigned int n_workers, int node, unsigned int turn)
{
	unsigned int n_near = 0, left;

	for (unsigned int i = 0; i < n_workers; i++)
		n_near += nodes[i] == node;
	if (n_near == 0)
		return n_workers == 0 ? 0 : turn % n_workers;
	left = turn % n_near;
	for (unsigned int i = 0; i < n_workers; i++)
		if (nodes[i] == node && left-- == 0)
			return i;
	return 0;
}

/** Tells the operator of a device whose packets all cross to another node. */
static void
tell_far(const struct pe *pe, const struct port *port, int node)
{
	for (unsigned int i = 0; i < pe->n_workers; i++)
		if (node < 0 || pe->node[i] == node)
			return;
	if (rte_eal_has_hugepages())
		pe_log(pe,
		       "port '%s' is on NUMA node %d, where no worker runs: its packets cross "
		       "nodes; name cores of node %d in /workers/cores, see: lscpu -e",
		       port->name, node, node);
}

/** Gives one receive queue to a worker. */
static int
deal_rx(struct pe *pe, uint16_t port_index, uint16_t dpdk_port, uint16_t queue, unsigned int turn,
	struct document_error *error)
{
	const struct port *port = &pe->ports[port_index];
	struct worker *worker = pe->workers[queues_worker(pe->node, pe->n_workers,
							  rte_eth_dev_socket_id(dpdk_port), turn)];

	if (worker->n_rxqs == WORKER_QUEUES_MAX)
		return document_refuse(error, -EINVAL, "/ports", "more than %u queues for a worker",
				       WORKER_QUEUES_MAX);
	worker->rxqs[worker->n_rxqs++] = (struct worker_rxq){
		.port = port_index,
		.dpdk_port = dpdk_port,
		.queue = queue,
		.cells = port->cells,
		.refused = worker->cells + port->cells + PORT_REFUSED,
	};
	return 0;
}

/** Gives each worker its send queue of a port, or names the worker that sends for it. */
static int
deal_tx(struct pe *pe, uint16_t port_index, struct document_error *error)
{
	const struct port *port = &pe->ports[port_index];
	unsigned int n_tx = port->n_parts == 1 ? port->parts[0].n_tx : port->n_parts;

	if (n_tx == 0)
		return document_refuse(error, -EINVAL, "/ports",
				       "port '%s' cannot send: it has no send queue", port->name);
	for (uint16_t w = 0; w < pe->n_workers; w++) {
		struct worker_txq *txq = &pe->workers[w]->txqs[port_index];
		unsigned int queue = w % n_tx;

		txq->cells = port->cells;
		txq->usable = w < n_tx;
		pe->workers[w]->sends_all &= txq->usable;
		txq->sender = (uint8_t)queue;
		txq->dpdk_port = port->parts[port->n_parts == 1 ? 0 : queue].dpdk_port;
		txq->queue = port->n_parts == 1 ? (uint16_t)queue : 0;
	}
	return 0;
}

int
queues_deal(struct pe *pe, struct document_error *error)
{
	unsigned int turn = 0;
	int err = 0;

	for (uint16_t w = 0; w < pe->n_workers; w++)
		pe->workers[w]->sends_all = true;
	for (uint16_t p = 0; err == 0 && p < pe->n_ports; p++) {
		const struct port *port = &pe->ports[p];

		tell_far(pe, port, rte_eth_dev_socket_id(port->parts[0].dpdk_port));
		for (uint32_t i = 0; i < port->n_parts; i++)
			for (uint16_t q = 0; err == 0 && q < port->parts[i].n_rx; q++)
				err = deal_rx(pe, p, port->parts[i].dpdk_port, q, turn++, error);
		if (err == 0)
			err = deal_tx(pe, p, error);
	}
	return err;
}
