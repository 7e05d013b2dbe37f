/* SPDX-License-Identifier: BSD-3-Clause */
/* Where a packet's view lives: in the private area of its mbuf. */

#ifndef PE_BUFFER_H
#define PE_BUFFER_H

#include <rte_mbuf.h>

#include "packet.h"
#include "pe/buckets.h"

/** Bytes of private area of every buffer of ours. */
#define BUFFER_PRIVATE RTE_ALIGN_CEIL(sizeof(struct wp_packet), RTE_CACHE_LINE_SIZE)

/** @return the view of a buffer. */
static inline struct wp_packet *
buffer_packet(struct rte_mbuf *mbuf)
{
	return rte_mbuf_to_priv(mbuf);
}

/** @return the buffer of a view. */
static inline struct rte_mbuf *
packet_buffer(const struct wp_packet *pkt)
{
	return RTE_PTR_SUB(pkt, sizeof(struct rte_mbuf));
}

/** Starts the view of a buffer that a port gave us: the whole frame, contiguous. */
static inline void
buffer_view(struct rte_mbuf *mbuf, struct wp_packet *pkt)
{
	pkt->buf = mbuf->buf_addr;
	pkt->room = mbuf->buf_len;
	pkt->start = mbuf->data_off;
	pkt->len = mbuf->data_len;
	pkt->flags = 0;
	pkt->verdict = WP_NEXT;
	pkt->hold_id = 0;
	pkt->home = BUCKET_NONE;
	pkt->tracked = 0;
}

/** Makes the buffer say what the view says. */
static inline void
buffer_sync(struct rte_mbuf *mbuf, const struct wp_packet *pkt)
{
	mbuf->data_off = pkt->start;
	mbuf->data_len = pkt->len;
	mbuf->pkt_len = pkt->len;
	mbuf->ol_flags = 0;
}

#endif
