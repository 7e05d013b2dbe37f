/* SPDX-License-Identifier: BSD-3-Clause */
/* What services may ask of a worker, in a burst and besides. */

#include <errno.h>
#include <string.h>

#include "pe/event_ring.h"
#include "pe/events.h"
#include "pe/worker_ops.h"
#include "parse/parse.h"
#include "state/siphash.h"
#include "state/state.h"

uint8_t
wp_bucket_of_host(const struct wp_core *core, uint16_t tenant, uint8_t version, const void *address)
{
	const struct worker *worker = core->runtime;
	uint8_t key[WP_STEER_KEY_SIZE];

	wp_steer_host_key(tenant, version, address, key);
	return wp_hash_bucket(wp_siphash(&worker->pe->hash_key, key, sizeof(key)));
}

uint64_t
wp_hold_id(struct wp_core *core, struct wp_packet *pkt)
{
	struct worker *worker = core->runtime;

	if (pkt->hold_id == 0)
		pkt->hold_id = packet_hold_name(worker, pkt);
	worker->named_hold = true;
	return pkt->hold_id;
}

int
wp_release(struct wp_core *core, uint64_t hold_id, enum wp_verdict verdict)
{
	struct worker *worker = core->runtime;
	struct wp_packet *pkt;

	if (verdict != WP_NEXT && verdict != WP_DROP)
		return -EINVAL;
	if (worker->n_released == worker->holds.max)
		return -ENOBUFS;
	pkt = hold_take(&worker->holds, hold_id);
	if (pkt == NULL)
		return -ENOENT;
	pkt->verdict = verdict;
	worker->totals.held--;
	worker->totals.queued++;
	worker->released[worker->n_released++] = pkt;
	return 0;
}

/** Lays out a new packet like another: its tag and Ethernet header, then @p len bytes. @return
 * false when it does not fit */
static bool
shape_like(struct rte_mbuf *mbuf, struct wp_packet *pkt, const struct wp_packet *like, uint16_t len)
{
	uint16_t link = like->l3 != 0 ? like->l3 - like->start : 0;
	uint16_t front = like->tag.encap_size + link;

	if ((uint32_t)RTE_PKTMBUF_HEADROOM + front + len > mbuf->buf_len)
		return false;
	*pkt = *like;
	pkt->buf = mbuf->buf_addr;
	pkt->room = mbuf->buf_len;
	pkt->tag.encap = RTE_PKTMBUF_HEADROOM;
	pkt->start = RTE_PKTMBUF_HEADROOM + like->tag.encap_size;
	pkt->len = link + len;
	pkt->hold_id = 0;
	pkt->verdict = WP_NEXT;
	pkt->flow = NULL; /* that of a view kept from an earlier burst may be gone */
	pkt->l3 = pkt->start + link;
	pkt->l4 = pkt->payload = 0;
	pkt->end = pkt->l3 + len;
	memcpy(pkt->buf + pkt->tag.encap, like->buf + like->tag.encap, like->tag.encap_size);
	memcpy(pkt->buf + pkt->start, like->buf + like->start, link);
	return true;
}

/** Makes the buffer of a new packet. @return NULL when there is none, or the packet does not fit */
static struct wp_packet *
make_like(struct worker *worker, const struct wp_packet *like, uint16_t len)
{
	struct rte_mbuf *mbuf =
		worker->n_created == WP_BURST_MAX ? NULL : rte_pktmbuf_alloc(worker->pool);
	struct wp_packet *pkt = mbuf == NULL ? NULL : buffer_packet(mbuf);

	if (pkt == NULL || shape_like(mbuf, pkt, like, len))
		return pkt;
	rte_pktmbuf_free(mbuf);
	return NULL;
}

/** @return whether nothing enters under a packet's configuration any more. Of packets in hand it
 * does not matter: they are in flight themselves. */
static bool
is_past(const struct worker *worker, const struct wp_packet *like)
{
	return worker->ticking && (like->epoch != worker->epoch ||
				   atomic_load_explicit(&worker->closed, memory_order_relaxed));
}

struct wp_packet *
wp_create(struct wp_core *core, const struct wp_packet *like, uint16_t len)
{
	struct worker *worker = core->runtime;
	struct wp_packet *pkt;

	if (is_past(worker, like))
		return NULL;
	pkt = make_like(worker, like, len);
	if (pkt == NULL) {
		worker->cells[like->path->rare + PATH_NOT_CREATED]++;
		return NULL;
	}
	worker->created[worker->n_created++] = pkt;
	worker->cells[like->path->cells + PATH_CREATED]++;
	worker->totals.created++;
	epoch_enter(worker, like->epoch, 1);
	return pkt;
}

bool
wp_event(struct wp_core *core, const void *event, uint16_t size)
{
	const struct instance *instance = ((const struct instance_core *)core)->instance;
	struct worker *worker = core->runtime;
	bool kept;

	if (instance->log == NULL)
		return true; /* nobody wants it */
	kept = size <= WP_EVENT_SIZE_MAX &&
	       event_ring_put(worker->events, instance, worker->now_ns, event, size);
	worker->cells[instance->events + (kept ? EVENT_PUT : EVENT_LOST)]++;
	return kept;
}
