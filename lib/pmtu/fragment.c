/* SPDX-License-Identifier: BSD-3-Clause */
/* Plans the cut first, so that nothing is changed before it is known to succeed. */

#include "pmtu/fragment.h"

#include <stdbool.h>
#include <string.h>

#include "bytes.h"
#include "parse/checksum.h"
#include "parse/parse.h"

enum {
	IPV4_SIZE = 20,
	IPV4_DF = 0x4000,
	IPV4_MF = 0x2000,
	IPV4_OFFSET = 0x1fff, /* in units of 8 bytes */
	UNIT = 8,
	/* RFC 791 3.1 */
	OPTION_END = 0,
	OPTION_NOP = 1,
	OPTION_COPIED = 0x80,
};

/** @return bytes of an IPv4 header. */
static unsigned int
header_size(const uint8_t *ip)
{
	return (ip[0] & 15) * 4u;
}

/** Copies the options that all fragments carry, up to the first that contradicts itself. @return
 * bytes of them, a multiple of 4 */
static unsigned int
copy_options(uint8_t *to, const uint8_t *from, unsigned int end)
{
	unsigned int n = 0, size;

	for (unsigned int at = 0; at < end && from[at] != OPTION_END; at += size) {
		size = 1;
		if (from[at] == OPTION_NOP)
			continue;
		if (end - at < 2)
			break;
		size = from[at + 1];
		if (size < 2 || size > end - at)
			break;
		if ((from[at] & OPTION_COPIED) == 0)
			continue;
		memcpy(to + n, from + at, size);
		n += size;
	}
	while (n % 4 != 0)
		to[n++] = OPTION_END;
	return n;
}

/** @return whether a packet is whole IPv4 whose header can be believed, and whose fragments' places
 * can be told (RFC 791: 65535 bytes). */
static bool
is_sound(const struct wp_packet *pkt)
{
	const uint8_t *ip = wp_l3(pkt);
	unsigned int header = header_size(ip), offset = (wp_get16(ip + 6) & IPV4_OFFSET) * UNIT;

	return wp_checksum(ip, header) == 0 &&
	       offset + (unsigned int)(pkt->end - pkt->l3) - header <= UINT16_MAX;
}

/** Counts the fragments before the last. @return false when they are too many */
static bool
count(struct wp_fragments *plan, uint32_t mtu)
{
	unsigned int at = plan->first;

	for (plan->n = 1; plan->header_size + plan->size - at > mtu; plan->n++) {
		if (plan->n == WP_BURST_MAX - 1)
			return false;
		at += plan->each;
	}
	return true;
}

int
wp_fragment_plan(const struct wp_packet *pkt, uint32_t mtu, struct wp_fragments *plan)
{
	const uint8_t *ip = wp_l3(pkt);
	unsigned int size = (unsigned int)(pkt->end - pkt->l3);

	if (pkt->l3 == 0 || pkt->ip_version != 4 || (pkt->flags & WP_PKT_TRUNCATED) != 0 ||
	    !is_sound(pkt))
		return -EINVAL;
	plan->first_header = (uint16_t)header_size(ip);
	if ((wp_get16(ip + 6) & IPV4_DF) != 0 || size <= mtu ||
	    mtu < (uint32_t)plan->first_header + UNIT)
		return -EMSGSIZE;
	memcpy(plan->header, ip, IPV4_SIZE);
	plan->header_size =
		(uint16_t)(IPV4_SIZE + copy_options(plan->header + IPV4_SIZE, ip + IPV4_SIZE,
						    plan->first_header - IPV4_SIZE));
	plan->header[0] = (uint8_t)(0x40 | plan->header_size / 4);
	plan->first = (uint16_t)((mtu - plan->first_header) & ~(UNIT - 1u));
	plan->each = (uint16_t)((mtu - plan->header_size) & ~(UNIT - 1u));
	plan->size = (uint16_t)(size - plan->first_header);
	return count(plan, mtu) ? 0 : -EMSGSIZE;
}

/** @return where the data of fragment @p i begins, from the packet's first byte of data. */
static unsigned int
data_at(const struct wp_fragments *plan, unsigned int i)
{
	return i == 0 ? 0 : plan->first + (i - 1) * plan->each;
}

uint16_t
wp_fragment_size(const struct wp_fragments *plan, unsigned int i)
{
	return (uint16_t)(i == 0 ? plan->first_header + plan->first
				 : plan->header_size + plan->each);
}

/** Completes the header of a fragment of @p size bytes whose data lay at byte @p at of the
 * packet's; its place and its MF flag are as the packet's so far. */
static void
complete(uint8_t *ip, unsigned int size, unsigned int at, unsigned int more)
{
	uint16_t sum;

	wp_put16(ip + 2, size);
	wp_put16(ip + 6, (wp_get16(ip + 6) + at / UNIT) | more);
	sum = wp_checksum_ipv4(ip, header_size(ip));
	memcpy(ip + 10, &sum, 2);
}

void
wp_fragment_write(const struct wp_packet *pkt, const struct wp_fragments *plan, unsigned int i,
		  struct wp_packet *to)
{
	const uint8_t *ip = wp_l3(pkt), *header = i == 0 ? ip : plan->header;
	unsigned int front = i == 0 ? plan->first_header : plan->header_size;
	unsigned int size = wp_fragment_size(plan, i), at = data_at(plan, i);

	memcpy(wp_l3(to), header, front);
	memcpy(wp_l3(to) + front, ip + plan->first_header + at, size - front);
	complete(wp_l3(to), size, at, IPV4_MF);
	wp_parse(to);
}

void
wp_fragment_last(struct wp_packet *pkt, const struct wp_fragments *plan)
{
	unsigned int at = data_at(plan, plan->n);
	unsigned int size = plan->header_size + plan->size - at;

	wp_packet_pull_l3(pkt, (uint16_t)(plan->first_header + at - plan->header_size));
	memcpy(wp_l3(pkt), plan->header, plan->header_size);
	wp_packet_resize_l3(pkt, (uint16_t)size);
	complete(wp_l3(pkt), size, at, 0);
	wp_parse(pkt);
}
