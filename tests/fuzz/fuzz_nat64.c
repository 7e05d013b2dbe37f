/* SPDX-License-Identifier: BSD-3-Clause */
/* Any packets, of both families and from both sides, to the service nat with NAT44 and NAT64. What
 * it lets through must be sound, and right checksums must stay right. */

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "parse/checksum.h"
#include "parse/parse.h"
#include "svc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In front of each packet: whence (bit 0: from outside; bit 1: to an outside endpoint that was
 * used; bit 2: its later-fragment ports are told; bit 3: the clock goes on), and its length. */
enum { FRONT = 128, HEAD = 3, PACKETS_MAX = 16, S = 1000000000 };

static const char config[] =
	"{\"pools\": [{\"name\": \"p\", \"addresses\": [\"203.0.113.0/30\"]}],"
	" \"prefix64\": \"2001:db8:64::/96\", \"mtu\": 1400, \"filtering\": \"address-dependent\","
	" \"timeouts\": {\"udp\": 5, \"icmp\": 5, \"quarantine\": 5}}";

static struct svc *svc;
static const void *step;
static struct svc_packet packet;
static uint64_t now_s = 1000;
static uint8_t outside[6]; /* address and port that were given last */

static void
require(bool good)
{
	if (!good)
		abort();
}

static void
start(void)
{
	for (unsigned int i = 0; i < 8; i++)
		svc_max_entries[i] = 4096;
	svc = svc_open(config);
	step = svc_step(svc, 0, "{}");
}

/** @return whether the checksum of a whole packet is there, and right. */
static bool
is_right(const struct wp_packet *pkt)
{
	bool icmp = pkt->l4_proto == (pkt->ip_version == 4 ? WP_PROTO_ICMP : WP_PROTO_ICMPV6);

	if (pkt->l4 == 0 || (pkt->flags & (WP_PKT_FRAGMENT | WP_PKT_BAD_HEADER)) != 0)
		return false;
	if (pkt->l4_proto == WP_PROTO_UDP && wp_load16(wp_l4(pkt) + 6) == 0)
		return false;
	return (icmp || pkt->l4_proto == WP_PROTO_TCP || pkt->l4_proto == WP_PROTO_UDP) &&
	       wp_checksum_l4(pkt) == 0;
}

/** Checks what is let through. */
static void
check(struct wp_packet *pkt, uint8_t was_version, bool was_right)
{
	struct wp_packet again = *pkt;

	require(pkt->start >= 14 && pkt->start + pkt->len <= pkt->room);
	wp_parse(&again);
	require(again.l3 == pkt->l3 && again.l4 == pkt->l4 && again.ip_version == pkt->ip_version);
	require(again.end == pkt->end);
	if (again.ip_version == was_version)
		return;
	require((again.flags & WP_PKT_TRUNCATED) == 0 && again.end == again.start + again.len);
	require(again.ip_version == 6 || wp_checksum(wp_l3(&again), 20) == 0);
	require(!was_right || (again.flags & WP_PKT_FRAGMENT) != 0 || is_right(&again));
}

/** Makes a packet one to an outside endpoint that is in use, and an IPv4 header right. */
static void
aim(struct wp_packet *pkt)
{
	uint8_t *ip = wp_l3(pkt);
	uint16_t sum;

	if (pkt->ip_version == 0)
		return;
	memcpy(ip + (pkt->ip_version == 6 ? 36 : 16), outside, 4);
	if (pkt->l4 != 0 && (pkt->l4_proto == WP_PROTO_TCP || pkt->l4_proto == WP_PROTO_UDP))
		memcpy(wp_l4(pkt) + 2, outside + 4, 2);
	else if (pkt->l4 != 0 && pkt->l4_proto == WP_PROTO_ICMP)
		memcpy(wp_l4(pkt) + 4, outside + 4, 2);
	if (pkt->ip_version == 4) {
		sum = wp_checksum_ipv4(ip, (ip[0] & 15) * 4u);
		memcpy(ip + 10, &sum, 2);
	}
	wp_parse(pkt);
}

static void
note_outside(const struct wp_packet *pkt, uint8_t was_version)
{
	if (was_version != 6 || pkt->ip_version != 4)
		return;
	memcpy(outside, wp_source(pkt), 4);
	wp_put16(outside + 4, pkt->l4_proto == WP_PROTO_ICMP ? pkt->l4_dport : pkt->l4_sport);
}

/** Passes one packet through the service. */
static void
pass(uint8_t how, const uint8_t *bytes, uint16_t size)
{
	struct wp_packet *pkt = &packet.view;
	struct svc_packet *pieces;
	uint8_t version;
	uint16_t n;
	bool right;

	memset(&packet, 0, sizeof(packet));
	*pkt = (struct wp_packet){.buf = packet.bytes,
				  .room = (uint16_t)(FRONT + size),
				  .start = FRONT,
				  .len = size,
				  .flags = WP_PKT_ETHERNET,
				  .args = step};
	memcpy(packet.bytes + FRONT, bytes, size);
	wp_parse(pkt);
	if ((how & 2) != 0)
		aim(pkt);
	if ((how & 4) != 0 && (pkt->flags & WP_PKT_FRAGMENT) != 0) {
		pkt->flags |= WP_PKT_FIRST_SEEN;
		if (pkt->l4 == 0)
			pkt->l4_sport = pkt->l4_dport = 80;
	}
	pkt->inside = how & 1;
	version = pkt->ip_version;
	right = is_right(pkt);
	svc_burst(svc, &packet, 1);
	if (pkt->verdict != WP_NEXT && pkt->verdict != WP_TURN)
		return;
	check(pkt, version, right);
	note_outside(pkt, version);
	pieces = svc_pieces(svc, &n);
	for (uint16_t i = 0; i < n; i++)
		if (pieces[i].view.verdict == WP_NEXT)
			check(&pieces[i].view, version, false);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (svc == NULL)
		start();
	svc_set_time(svc, (now_s += 100) * S); /* nothing is left of the input before */
	svc_set_time(svc, (now_s += 100) * S);
	for (unsigned int i = 0; i < PACKETS_MAX && size > HEAD; i++) {
		uint16_t n = wp_get16(data + 1);

		if (n > size - HEAD)
			n = (uint16_t)(size - HEAD);
		if (n > 1900)
			n = 1900;
		if ((data[0] & 8) != 0)
			svc_set_time(svc, (now_s += 2) * S);
		pass(data[0], data + HEAD, n);
		data += HEAD + n;
		size -= HEAD + (size_t)n;
	}
	return 0;
}
