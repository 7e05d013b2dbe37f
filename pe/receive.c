/* SPDX-License-Identifier: BSD-3-Clause */
/* The first half of a packet's way: from a frame of a port to a packet on a path, at the worker
 * that owns its bucket. */

#include "pe/dispatch.h"

#include "pe/capture.h"
#include "pe/flow_order.h"
#include "pe/worker_ops.h"
#include "parse/parse.h"
#include "tag/nsh.h"

/** Frees a frame that is on no path. */
static void
refuse(struct worker *worker, const struct worker_rxq *rxq, struct wp_packet *pkt,
       unsigned int refusal)
{
	rxq->refused[refusal]++;
	worker->totals.refused++;
	rte_pktmbuf_free(packet_buffer(pkt));
}

/** @return whether the frame now lies in one segment. */
static bool
gather(struct rte_mbuf *mbuf)
{
	return mbuf->nb_segs == 1 || rte_pktmbuf_linearize(mbuf) == 0;
}

/** Makes views of frames, and refuses those that fit no buffer. @return how many are left */
static uint16_t
view_frames(struct worker *worker, const struct worker_rxq *rxq, struct rte_mbuf **mbufs,
	    uint16_t n, struct wp_packet **pkts)
{
	uint16_t kept = 0;
	uint64_t bytes = 0;

	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *mbuf = mbufs[i];
		struct wp_packet *pkt = buffer_packet(mbuf);

		rte_prefetch0(rte_pktmbuf_mtod(mbuf, void *));
		bytes += mbuf->pkt_len;
		if (unlikely(!gather(mbuf))) {
			refuse(worker, rxq, pkt, PORT_TOO_LONG);
			continue;
		}
		buffer_view(mbuf, pkt);
		pkt->tag.port = rxq->port;
		pkt->tag.ingress_ns = worker->now_ns;
		pkts[kept++] = pkt;
	}
	worker->cells[rxq->cells + PORT_RX] += n;
	worker->cells[rxq->cells + PORT_RX_BYTES] += bytes;
	worker->totals.rx += n;
	return kept;
}

/** Decodes tags. @return how many frames carry one of ours */
static uint16_t
decode(struct worker *worker, const struct worker_rxq *rxq, struct wp_packet **pkts, uint16_t n)
{
	uint8_t reasons[WP_BURST_MAX];
	uint16_t kept = 0;

	if (likely(nsh_decode_burst(pkts, n, reasons) == 0))
		return n;
	for (uint16_t i = 0; i < n; i++) {
		if (reasons[i] == WP_TAG_OK)
			pkts[kept++] = pkts[i];
		else
			refuse(worker, rxq, pkts[i], reasons[i]);
	}
	return kept;
}

/** @return why a packet cannot enter the path at its service index; 0: it can, at pkt->step */
static unsigned int
enter_at(const struct wp_path *path, struct wp_packet *pkt)
{
	unsigned int step = (unsigned int)path->first_index - pkt->tag.index;

	if (likely(step < path->n_steps)) {
		pkt->step = (uint8_t)step;
		return 0;
	}
	if (step != path->n_steps)
		return PORT_BAD_INDEX;
	if (path->n_steps != 0)
		return PORT_LOOP;
	pkt->step = 0;
	return 0;
}

/** Puts packets on their paths. In passes, so that one packet's cache misses hide behind the
 * others'. @return how many found one */
static uint16_t
find_paths(struct worker *worker, const struct worker_rxq *rxq, struct wp_packet **pkts, uint16_t n)
{
	const struct wp_epoch *epoch = worker->epoch;
	const struct wp_path *paths[WP_BURST_MAX];
	uint16_t kept = 0;

	for (uint16_t i = 0; i < n; i++) {
		paths[i] = epoch_path(epoch, pkts[i]->tag.path);
		rte_prefetch0(paths[i]);
	}
	for (uint16_t i = 0; i < n; i++) {
		struct wp_packet *pkt = pkts[i];
		unsigned int refusal = paths[i] == NULL ? PORT_NO_PATH : enter_at(paths[i], pkt);

		if (unlikely(refusal != 0)) {
			refuse(worker, rxq, pkt, refusal);
			continue;
		}
		rte_prefetch0(&worker->cells[paths[i]->cells]);
		pkt->path = paths[i];
		pkt->epoch = epoch;
		pkts[kept++] = pkt;
	}
	return kept;
}

/** Counts packets on their path. */
static inline void
count_in(struct worker *worker, const struct wp_path *path, uint64_t n, uint64_t bytes)
{
	uint64_t *cells = &worker->cells[path->cells];

	cells[PATH_RX] += n;
	cells[PATH_RX_BYTES] += bytes;
}

/** Fills in what packets take from their paths, and counts them there, run by run. */
static void
enter(struct worker *worker, struct wp_packet **pkts, uint16_t n)
{
	const struct wp_path *path = n == 0 ? NULL : pkts[0]->path;
	uint64_t run = 0, bytes = 0;

	for (uint16_t i = 0; i < n; i++) {
		struct wp_packet *pkt = pkts[i];

		if (pkt->path != path) {
			count_in(worker, path, run, bytes);
			path = pkt->path;
			run = bytes = 0;
		}
		run++;
		bytes += (uint64_t)pkt->len + pkt->tag.encap_size;
		pkt->tenant = path->tenant;
		pkt->inside = path->inside;
		pkt->args = pkt->step == 0 ? path->args : packet_step(pkt)->args;
		wp_parse(pkt);
	}
	if (n != 0)
		count_in(worker, path, run, bytes);
	epoch_enter(worker, worker->epoch, n);
}

/** @return whether a path's first step looks for its packets' owner by a key of its own. */
static bool
steers_by_key(const struct wp_packet *pkt)
{
	const struct instance *instance = packet_instance(pkt);

	return instance != NULL && instance->by_key;
}

/** Steers packets, but for those whose first step does it. @return how many stay here */
static uint16_t
steer(struct worker *worker, struct wp_packet **pkts, uint16_t n)
{
	struct wp_packet *plain[WP_BURST_MAX];
	uint16_t n_plain = 0, kept = 0;

	for (uint16_t i = 0; i < n; i++) {
		if (steers_by_key(pkts[i]))
			pkts[kept++] = pkts[i];
		else
			plain[n_plain++] = pkts[i];
	}
	n_plain = steer_packets(worker, plain, n_plain);
	packets_copy(&pkts[kept], plain, n_plain);
	return (uint16_t)(kept + n_plain);
}

void
dispatch_receive(struct worker *worker, const struct worker_rxq *rxq, struct rte_mbuf **mbufs,
		 uint16_t n)
{
	struct wp_packet *pkts[WP_BURST_MAX];

	worker_time(worker);
	n = view_frames(worker, rxq, mbufs, n, pkts);
	n = decode(worker, rxq, pkts, n);
	n = find_paths(worker, rxq, pkts, n);
	enter(worker, pkts, n);
	if (unlikely(worker->capture != NULL))
		capture_in(worker, pkts, n);
	if (unlikely(worker->shed.active))
		n = shed_packets(worker, pkts, n);
	for (uint16_t at = 0, span; at < n; at += span) {
		uint16_t own = span = flow_order_span(worker, &pkts[at], (uint16_t)(n - at));

		if (worker->epoch->steers)
			own = steer(worker, &pkts[at], span);
		if (own != 0)
			dispatch_resume(worker, &pkts[at], own);
	}
}
