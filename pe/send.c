/* SPDX-License-Identifier: BSD-3-Clause */
/* The last part of a packet's way: tag, send queue, accounts. */

#include "pe/dispatch.h"

#include <rte_cycles.h>
#include <rte_ethdev.h>

#include "pe/capture.h"
#include "pe/worker_ops.h"
#include "tag/nsh.h"

static inline void
count_out(struct worker *worker, const struct wp_path *path, uint64_t n, uint64_t bytes)
{
	uint64_t *cells = &worker->cells[path->cells];

	cells[PATH_TX] += n;
	cells[PATH_TX_BYTES] += bytes;
}

/** Counts packets as sent, run by run. @param sign 1, or -1 (as unsigned) to take it back @return
 * their bytes */
static uint64_t
account_sent(struct worker *worker, struct wp_packet **pkts, uint16_t n, uint64_t sign)
{
	const struct wp_path *path = pkts[0]->path;
	uint64_t run = 0, bytes = 0, all = 0;

	for (uint16_t i = 0; i < n; i++) {
		if (unlikely(pkts[i]->path != path)) {
			count_out(worker, path, sign * run, sign * bytes);
			path = pkts[i]->path;
			run = bytes = 0;
		}
		run++;
		bytes += pkts[i]->len;
		all += pkts[i]->len;
	}
	count_out(worker, path, sign * run, sign * bytes);
	return all;
}

/** Counts packets out of their epochs. @param n at least 1 */
static void
leave(struct worker *worker, struct wp_packet **pkts, uint16_t n)
{
	const struct wp_epoch *epoch = pkts[0]->epoch;
	uint16_t run = 0;

	for (uint16_t i = 0; i < n; i++, run++) {
		if (likely(pkts[i]->epoch == epoch))
			continue;
		epoch_leave(worker, epoch, run);
		epoch = pkts[i]->epoch;
		run = 0;
	}
	epoch_leave(worker, epoch, run);
}

/** Enters how long the first packet of a timed burst took, from receive to here. */
static void
account_latency(struct worker *worker, const struct wp_packet *pkt)
{
	uint64_t took = pe_now_ns(worker->pe) - pkt->tag.ingress_ns;
	uint32_t first = pkt->path->rare + PATH_LATENCY;

	worker->cells[first + account_bucket(took, PATH_LATENCY_END - PATH_LATENCY)]++;
	worker->cells[pkt->path->rare + PATH_LATENCY_SUM] += took;
}

/** Counts packets at their port. */
static void
account_port(struct worker *worker, const struct worker_txq *txq, uint16_t sent, uint64_t bytes)
{
	worker->cells[txq->cells + PORT_TX] += sent;
	worker->cells[txq->cells + PORT_TX_BYTES] += bytes;
	worker->totals.tx += sent;
}

/** Takes back what was counted of packets that a port did not take. */
static void __attribute__((noinline))
take_back(struct worker *worker, struct wp_packet **pkts, uint16_t n, uint64_t *bytes)
{
	*bytes -= account_sent(worker, pkts, n, (uint64_t)-1);
	for (uint16_t i = 0; i < n; i++)
		epoch_leave(worker, pkts[i]->epoch, (uint64_t)-1);
}

/** Offers encoded packets to a send queue; they are counted first, for the port may free them.
 * @return how many it took; those are gone */
static uint16_t
transmit(struct worker *worker, const struct worker_txq *txq, struct wp_packet **pkts, uint16_t n)
{
	struct rte_mbuf *mbufs[WP_BURST_MAX];
	uint64_t bytes = account_sent(worker, pkts, n, 1);
	uint16_t sent;

	leave(worker, pkts, n);
	for (uint16_t i = 0; i < n; i++)
		mbufs[i] = packet_buffer(pkts[i]);
	sent = rte_eth_tx_burst(txq->dpdk_port, txq->queue, mbufs, n);
	if (unlikely(sent < n))
		take_back(worker, &pkts[sent], n - sent, &bytes);
	account_port(worker, txq, sent, bytes);
	return sent;
}

static inline bool
is_blocked(const struct worker *worker, uint16_t port)
{
	return atomic_load_explicit(&worker->pe->ports[port].blocked, memory_order_relaxed);
}

static inline bool
link_up(const struct worker *worker, uint16_t port)
{
	return atomic_load_explicit(&worker->pe->ports[port].up, memory_order_relaxed);
}

/** Keeps packets that a port did not take, as far as there is room to wait. */
static void
wait(struct worker *worker, uint16_t port, struct wp_packet **pkts, uint16_t n)
{
	struct worker_txq *txq = &worker->txqs[port];
	uint16_t room = (uint16_t)RTE_MIN(n, WORKER_WAIT_MAX - txq->n_waiting);
	enum drop reason = link_up(worker, port) ? DROP_TX_FULL : DROP_LINK_DOWN;

	packets_copy(&txq->waiting[txq->n_waiting], pkts, room);
	txq->n_waiting += room;
	worker->totals.queued += room;
	for (uint16_t i = room; i < n; i++)
		worker_drop(worker, pkts[i], reason);
}

/** Looks at packets that are about to be sent. */
static void
watch(struct worker *worker, struct wp_packet **pkts, uint16_t n)
{
	if ((worker->watched & WATCHED_TIME) != 0)
		account_latency(worker, pkts[0]);
	if ((worker->watched & WATCHED_CAPTURE) != 0)
		capture_out(worker, pkts, n);
}

/** Sends encoded packets of one port. */
static void
send_port(struct worker *worker, uint16_t port, struct wp_packet **pkts, uint16_t n)
{
	struct worker_txq *txq = &worker->txqs[port];
	uint16_t sent = 0;

	if (unlikely(worker->watched != 0))
		watch(worker, pkts, n);
	if (likely(txq->n_waiting == 0 && !is_blocked(worker, port)))
		sent = transmit(worker, txq, pkts, n);
	if (unlikely(sent < n))
		wait(worker, port, &pkts[sent], n - sent);
}

/** Sends encoded packets of several ports. */
static void
send_ports(struct worker *worker, struct wp_packet **pkts, uint16_t n)
{
	while (n != 0) {
		uint16_t port = pkts[0]->tag.port, n_group = 0, rest = 0;
		struct wp_packet *group[WP_BURST_MAX];

		for (uint16_t i = 0; i < n; i++) {
			if (pkts[i]->tag.port == port)
				group[n_group++] = pkts[i];
			else
				pkts[rest++] = pkts[i];
		}
		send_port(worker, port, group, n_group);
		n = rest;
	}
}

/** Hands packets over whose port another worker sends for. @return how many are left */
static uint16_t
hand_to_sender(struct worker *worker, struct wp_packet **pkts, uint16_t n)
{
	struct wp_packet *others[WP_BURST_MAX];
	uint8_t to[WP_BURST_MAX];
	uint16_t n_others = 0, kept = 0;

	for (uint16_t i = 0; i < n; i++) {
		const struct worker_txq *txq = &worker->txqs[pkts[i]->tag.port];

		if (likely(txq->usable)) {
			pkts[kept++] = pkts[i];
		} else {
			pkts[i]->home = BUCKET_NONE; /* what is left to do, nobody owns */
			to[n_others] = txq->sender;
			others[n_others++] = pkts[i];
		}
	}
	if (n_others != 0)
		steer_hand_over(worker, others, to, n_others);
	return kept;
}

/** @return the service index that a packet leaves with: counted down once for each step it is
 * through with. */
static inline uint8_t
index_out(const struct wp_packet *pkt)
{
	if (unlikely(pkt->step == STEP_DIVERTED))
		return pkt->tag.index;
	return (uint8_t)(pkt->path->first_index - pkt->step);
}

void
send_done(struct worker *worker, struct wp_packet **pkts, uint16_t n)
{
	uint16_t encoded = 0;
	unsigned int ports = 0;

	if (unlikely(!worker->sends_all))
		n = hand_to_sender(worker, pkts, n);
	for (uint16_t i = 0; i < n; i++) {
		struct wp_packet *pkt = pkts[i];

		if (unlikely(nsh_encode(pkt, pkt->tag.path, index_out(pkt)) != 0)) {
			worker_drop(worker, pkt, DROP_NO_HEADROOM);
			continue;
		}
		if (unlikely((unsigned int)pkt->start + pkt->len > pkt->room)) {
			worker_drop(worker, pkt,
				    DROP_BAD_VIEW); /* else the memory behind it leaks */
			continue;
		}
		buffer_sync(packet_buffer(pkt), pkt);
		pkts[encoded++] = pkt;
		ports |= pkt->tag.port ^ pkts[0]->tag.port;
	}
	if (encoded == 0)
		return;
	if (likely(ports == 0))
		send_port(worker, pkts[0]->tag.port, pkts, encoded);
	else
		send_ports(worker, pkts, encoded);
}

/** Drops what waits for a port. */
static void
give_up(struct worker *worker, struct worker_txq *txq, enum drop reason)
{
	for (unsigned int i = 0; i < txq->n_waiting; i++)
		worker_drop(worker, txq->waiting[i], reason);
	worker->totals.queued -= txq->n_waiting;
	txq->gone += txq->n_waiting;
	txq->n_waiting = 0;
}

/** Offers what waits, in order. */
static void
offer(struct worker *worker, struct worker_txq *txq)
{
	uint16_t done = 0;

	while (done < txq->n_waiting) {
		uint16_t n = RTE_MIN((uint16_t)(txq->n_waiting - done), (uint16_t)WP_BURST_MAX);
		uint16_t sent = transmit(worker, txq, &txq->waiting[done], n);

		done += sent;
		if (sent < n)
			break;
	}
	txq->n_waiting -= done;
	txq->gone += done;
	worker->totals.queued -= done;
	packets_copy(txq->waiting, &txq->waiting[done], txq->n_waiting);
}

/** @return how many packets left the waiting line. */
static unsigned int
flush_port(struct worker *worker, uint16_t port)
{
	struct worker_txq *txq = &worker->txqs[port];
	unsigned int waited = txq->n_waiting;

	if (!is_blocked(worker, port))
		offer(worker, txq);
	if (txq->n_waiting != 0 && !link_up(worker, port))
		give_up(worker, txq, DROP_LINK_DOWN);
	else if (unlikely(atomic_load_explicit(&worker->pe->hurry, memory_order_relaxed)))
		give_up(worker, txq, DROP_TX_FULL);
	return waited - txq->n_waiting;
}

unsigned int
dispatch_flush(struct worker *worker)
{
	unsigned int n = 0;

	for (uint16_t port = 0; port < worker->pe->n_ports; port++)
		if (unlikely(worker->txqs[port].n_waiting != 0))
			n += flush_port(worker, port);
	return n;
}
