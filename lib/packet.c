/* SPDX-License-Identifier: BSD-3-Clause */
/* Makes and takes room inside a packet; what stands in front of the IP header moves along. */

#include "packet.h"

#include <errno.h>
#include <string.h>

/** Moves the tag so that it ends where the packet begins, when the packet's new beginning would run
 * into it. */
static void
move_encap(struct wp_packet *pkt, uint16_t start)
{
	struct wp_tag *tag = &pkt->tag;
	uint16_t to = (uint16_t)(start - tag->encap_size);

	if (tag->encap_size == 0 || tag->encap + tag->encap_size <= start)
		return;
	memmove(pkt->buf + to, pkt->buf + tag->encap, tag->encap_size);
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
	memmove(pkt->buf + start, pkt->buf + pkt->start, link);
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
	memmove(pkt->buf + pkt->start + n, pkt->buf + pkt->start, link);
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

void
wp_turn_ethernet(struct wp_packet *pkt)
{
	uint8_t *ether = wp_start(pkt), station[6];

	if ((pkt->flags & WP_PKT_ETHERNET) == 0)
		return;
	memcpy(station, ether, 6);
	memcpy(ether, ether + 6, 6);
	memcpy(ether + 6, station, 6);
	ether[6] &= 0xfe; /* a group sends nothing */
}
