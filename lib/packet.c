/* SPDX-License-Identifier: BSD-3-Clause */
/* Makes and takes room inside a packet; what stands in front of the IP header moves along. */

#include "packet.h"

#include <errno.h>
#include <string.h>

typedef uint64_t word2 __attribute__((vector_size(16), aligned(1), may_alias));

/** memmove() of the sizes that headers have: all is read before any is written. */
static inline void
move_header(uint8_t *to, const uint8_t *from, size_t n)
{
	if (n >= 32 && n <= 64) { /* Ethernet and NSH */
		word2 a = *(const word2 *)from, b = *(const word2 *)(from + 16);
		word2 c = *(const word2 *)(from + n - 32), d = *(const word2 *)(from + n - 16);

		*(word2 *)to = a;
		*(word2 *)(to + 16) = b;
		*(word2 *)(to + n - 32) = c;
		*(word2 *)(to + n - 16) = d;
	} else if (n >= 8 && n <= 16) { /* Ethernet */
		uint64_t a, b;

		memcpy(&a, from, 8);
		memcpy(&b, from + n - 8, 8);
		memcpy(to, &a, 8);
		memcpy(to + n - 8, &b, 8);
	} else {
		memmove(to, from, n);
	}
}

/** Moves the tag so that it ends where the packet begins, when the packet's new beginning would run
 * into it. */
static void
move_encap(struct wp_packet *pkt, uint16_t start)
{
	struct wp_tag *tag = &pkt->tag;
	uint16_t to = (uint16_t)(start - tag->encap_size);

	if (tag->encap_size == 0 || tag->encap + tag->encap_size <= start)
		return;
	move_header(pkt->buf + to, pkt->buf + tag->encap, tag->encap_size);
	tag->encap = to;
}

int
wp_packet_push_l3(struct wp_packet *pkt, uint16_t n)
{
	uint16_t link = (uint16_t)(pkt->l3 - pkt->start);
	uint16_t start = (uint16_t)(pkt->start - n);

	if (pkt->l3 == 0)
		return -EINVAL;
	if (pkt->start < (uint32_t)n + pkt->tag.encap_size)
		return -ENOBUFS;
	move_encap(pkt, start);
	move_header(pkt->buf + start, pkt->buf + pkt->start, link);
	pkt->start = start;
	pkt->l3 = (uint16_t)(pkt->l3 - n);
	pkt->len = (uint16_t)(pkt->len + n);
	return 0;
}

int
wp_packet_pull_l3(struct wp_packet *pkt, uint16_t n)
{
	uint16_t link = (uint16_t)(pkt->l3 - pkt->start);

	if (pkt->l3 == 0 || n > pkt->len - link)
		return -EINVAL;
	move_header(pkt->buf + pkt->start + n, pkt->buf + pkt->start, link);
	pkt->start = (uint16_t)(pkt->start + n);
	pkt->l3 = (uint16_t)(pkt->l3 + n);
	pkt->len = (uint16_t)(pkt->len - n);
	return 0;
}

int
wp_packet_resize_l3(struct wp_packet *pkt, uint16_t n)
{
	if (pkt->l3 == 0)
		return -EINVAL;
	if ((uint32_t)pkt->l3 + n > pkt->room)
		return -ENOBUFS;
	pkt->len = (uint16_t)(pkt->l3 + n - pkt->start);
	pkt->end = (uint16_t)(pkt->l3 + n);
	return 0;
}

void
wp_packet_set_ethertype(struct wp_packet *pkt, uint16_t ethertype)
{
	uint8_t *at = pkt->buf + pkt->l3 - 2;

	if ((pkt->flags & WP_PKT_ETHERNET) == 0 || pkt->l3 < pkt->start + 14)
		return;
	at[0] = (uint8_t)(ethertype >> 8);
	at[1] = (uint8_t)ethertype;
	pkt->ethertype = ethertype;
}
