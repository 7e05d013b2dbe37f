/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as a packet whose MSS is lowered, that is cut into fragments, and that is answered by
 * an ICMP error. What comes of it must be right, and nothing outside the packet read or written. */

#include <stdlib.h>
#include <string.h>

#include "parse/checksum.h"
#include "parse/parse.h"
#include "pmtu/fragment.h"
#include "pmtu/icmp.h"
#include "pmtu/mss.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FRONT = 64, CHOICES = 4, SIZE_MAX_ = 4096 };

static struct wp_packet made[WP_BURST_MAX];
static unsigned int n_made;

static void
require(bool good)
{
	if (!good)
		abort();
}

struct wp_packet *
wp_create(struct wp_core *core, const struct wp_packet *like, uint16_t len)
{
	struct wp_packet *pkt = &made[n_made++];
	uint16_t link = (uint16_t)(like->l3 - like->start);

	*pkt = *like;
	pkt->start = FRONT;
	pkt->l3 = (uint16_t)(FRONT + link);
	pkt->len = (uint16_t)(link + len);
	pkt->room = pkt->end = (uint16_t)(FRONT + pkt->len);
	pkt->buf = malloc(pkt->room); /* no byte more behind */
	memcpy(pkt->buf + FRONT, wp_start(like), link);
	return pkt;
}

/** Makes a packet of bytes; its buffer ends where it ends. */
static void
packet(struct wp_packet *pkt, const uint8_t *data, size_t size, bool ethernet)
{
	*pkt = (struct wp_packet){.start = FRONT, .flags = ethernet ? WP_PKT_ETHERNET : 0};
	pkt->room = (uint16_t)(FRONT + size);
	pkt->len = (uint16_t)size;
	pkt->buf = malloc(pkt->room);
	memset(pkt->buf, 0, FRONT);
	memcpy(pkt->buf + FRONT, data, size);
	wp_parse(pkt);
}

static bool
is_tcp(const struct wp_packet *pkt)
{
	return pkt->l4 != 0 && pkt->l4_proto == WP_PROTO_TCP;
}

/** A checksum that was right stays so; no byte outside options and checksum changes. */
static void
clamp(const uint8_t *data, size_t size, bool ethernet, uint16_t mtu)
{
	struct wp_packet pkt;
	bool was_right, lowered;

	packet(&pkt, data, size, ethernet);
	was_right = is_tcp(&pkt) && wp_checksum_l4(&pkt) == 0;
	lowered = wp_mss_clamp(&pkt, mtu);
	require(!lowered || is_tcp(&pkt));
	require(lowered || memcmp(pkt.buf + FRONT, data, size) == 0);
	require(!was_right || wp_checksum_l4(&pkt) == 0);
	if (lowered)
		memcpy(wp_l4(&pkt) + 16, data + pkt.l4 + 16 - FRONT, 2);
	for (size_t i = 0; i < size; i++)
		require(pkt.buf[FRONT + i] == data[i] ||
			(FRONT + i >= pkt.l4 + 22u && FRONT + i < pkt.payload));
	free(pkt.buf);
}

static void
answer(const uint8_t *data, size_t size, bool ethernet, enum wp_icmp_error error, uint16_t mtu)
{
	static const struct wp_icmp_rate rate = {1, 1};
	struct wp_icmp_limit limit = {0};
	const struct wp_icmp icmp = {.error = error, .mtu = mtu};
	struct wp_packet pkt;

	packet(&pkt, data, size, ethernet);
	if (wp_icmp_answer(&pkt, &icmp, &rate, &limit, 0) == 0) {
		require(pkt.verdict == WP_REPLY && pkt.l4 != 0 && wp_checksum_l4(&pkt) == 0);
		require(pkt.end == pkt.start + pkt.len && pkt.end <= pkt.room);
		require(pkt.end - pkt.l3 <= (pkt.ip_version == 4 ? 576 : 1280));
		require((pkt.flags & ~(WP_PKT_ETHERNET | WP_PKT_STEER)) == 0);
		require(wp_icmp_answer(&pkt, &icmp, &rate, &limit, 9) != 0);
	} else {
		require(memcmp(pkt.buf + FRONT, data, size) == 0 && pkt.verdict == WP_NEXT);
	}
	free(pkt.buf);
}

/** @return bytes of data in a fragment, which are those of the whole from @p at on. */
static unsigned int
check_fragment(const struct wp_packet *pkt, const uint8_t *whole, uint16_t mtu, unsigned int at)
{
	const uint8_t *ip = wp_l3(pkt);
	unsigned int header = (ip[0] & 15) * 4u, size = (unsigned int)(pkt->end - pkt->l3);

	require(pkt->l3 != 0 && (pkt->flags & WP_PKT_TRUNCATED) == 0 && size <= mtu &&
		size > header);
	require(wp_checksum(ip, header) == 0);
	require(memcmp(ip + header, whole + at, size - header) == 0);
	return size - header;
}

static void
fragment(const uint8_t *data, size_t size, bool ethernet, uint16_t mtu)
{
	struct wp_packet pkt, *before[WP_BURST_MAX];
	const uint8_t *whole;
	unsigned int at = 0, all;
	int n;

	n_made = 0;
	packet(&pkt, data, size, ethernet);
	all = (unsigned int)(pkt.end - pkt.l3) - (wp_l3(&pkt)[0] & 15) * 4u;
	whole = data + pkt.l3 - FRONT + (wp_l3(&pkt)[0] & 15) * 4u;
	n = wp_fragment(NULL, &pkt, mtu, before, WP_BURST_MAX);
	require(n > 0 || memcmp(pkt.buf + FRONT, data, size) == 0);
	for (int i = 0; i < n; i++)
		at += check_fragment(before[i], whole, mtu, at);
	require(n < 0 || at + check_fragment(&pkt, whole, mtu, at) == all);
	for (unsigned int i = 0; i < n_made; i++)
		free(made[i].buf);
	free(pkt.buf);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool ethernet;
	uint16_t mtu;

	if (size < CHOICES || size > SIZE_MAX_)
		return 0;
	ethernet = data[0] & 1;
	mtu = (uint16_t)(data[2] << 8 | data[3]);
	clamp(data + CHOICES, size - CHOICES, ethernet, mtu);
	answer(data + CHOICES, size - CHOICES, ethernet, data[1] % WP_ICMP_N_ERRORS, mtu);
	fragment(data + CHOICES, size - CHOICES, ethernet, mtu);
	return 0;
}
