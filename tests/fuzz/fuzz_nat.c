/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any packets through the service nat, in both directions, and time: what comes out must be sound,
 * and sums that were right stay right. The first byte chooses a configuration; then come records: a
 * byte that says what to do, two of length, the packet.
 */

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "nat.h"
#include "parse/checksum.h"
#include "parse/parse.h"
#include "svc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ETHER = 14, PACKET_MAX = 1600 };

/** Bits of a record's first byte. */
enum {
	INBOUND = 1,
	MEND = 2,     /* give it right sums */
	ANSWER = 4,   /* send it to where the last one came from outside */
	LATER = 0x18, /* sleep before it */
	GREEN = 0x20, /* another tenant */
};

static const char *const configs[] = {
	"{\"pools\": [{\"name\": \"p\", \"addresses\": [\"203.0.113.0/30\"]}], \"mtu\": 1400,"
	" \"pcp\": {\"servers\": [\"10.0.0.254\"]}}",
	"{\"pools\": [{\"name\": \"p\", \"addresses\": [\"203.0.113.0/30\"]}],"
	" \"filtering\": \"address-dependent\", \"tcp_loose\": true, \"max_blocks\": 1,"
	" \"pcp\": {\"servers\": [\"10.0.0.254\"], \"max_lifetime\": 200}}",
	"{\"pools\": [{\"name\": \"p\", \"addresses\": [\"203.0.113.0/30\"]}],"
	" \"filtering\": \"address-and-port-dependent\", \"max_mappings\": 3,"
	" \"unmatched\": \"forward\", \"static\": [{\"tenant\": \"red\", \"inside\": \"10.0.0.1\","
	" \"outside\": \"203.0.113.1\", \"protocol\": \"tcp\", \"inside_port\": 80},"
	" {\"tenant\": \"red\", \"inside\": \"10.0.0.2\", \"outside\": \"198.51.100.1\"}]}",
	"{\"pools\": [{\"name\": \"p\", \"addresses\": [\"203.0.113.0/30\"]}],"
	" \"filtering\": \"address-dependent\", \"ftp_alg\": true, \"max_sessions\": 6,"
	" \"max_mapping_sessions\": 3, \"tcp_loose\": true, \"prefix64\": \"64:ff9b::/96\","
	" \"mtu\": 1280, \"static\": [{\"tenant\": \"red\", \"inside\": \"10.0.0.1\","
	" \"outside\": \"203.0.113.1\", \"protocol\": \"tcp\", \"inside_port\": 21}]}",
};

static void
require(bool good)
{
	if (!good)
		abort();
}

/** @return where the checksum of a packet's L4 is; NULL: none that we know. */
static uint8_t *
l4_sum(const struct wp_packet *pkt)
{
	if (pkt->l4 == 0 || pkt->ip_version != 4 ||
	    (pkt->flags & (WP_PKT_FRAGMENT | WP_PKT_BAD_HEADER | WP_PKT_TRUNCATED)) != 0)
		return NULL;
	if (pkt->l4_proto == WP_PROTO_TCP)
		return wp_l4(pkt) + 16;
	if (pkt->l4_proto == WP_PROTO_UDP)
		return wp_l4(pkt) + 6;
	return pkt->l4_proto == WP_PROTO_ICMP ? wp_l4(pkt) + 2 : NULL;
}

/** Gives a packet right sums. @return whether it has them */
static bool
mend(struct wp_packet *pkt)
{
	uint8_t *sum = l4_sum(pkt), *ip = wp_l3(pkt);

	if (sum == NULL)
		return false;
	wp_store16(ip + 10, wp_checksum_ipv4(ip, (size_t)(ip[0] & 15) * 4));
	wp_store16(sum, 0);
	wp_store16(sum, wp_checksum_l4(pkt));
	return pkt->l4_proto != WP_PROTO_UDP || wp_load16(sum) != 0;
}

/** Makes a packet of bytes; its buffer ends where it ends, but for what NAT may add. */
static void
make(struct wp_packet *pkt, uint8_t *buffer, const uint8_t *data, uint16_t size)
{
	static const uint8_t ether[ETHER] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0};

	memcpy(buffer, ether, ETHER);
	memcpy(buffer + ETHER, data, size);
	if (size != 0 && data[0] >> 4 == 6)
		memcpy(buffer + 12, "\x86\xdd", 2);
	*pkt = (struct wp_packet){.buf = buffer,
				  .room = PACKET_MAX,
				  .len = (uint16_t)(ETHER + size),
				  .flags = WP_PKT_ETHERNET};
	wp_parse(pkt);
}

/** The outside endpoint of the last packet from inside. */
struct outside {
	uint32_t address;
	uint16_t port;
};

static void
send_to(struct wp_packet *pkt, const struct outside *to)
{
	if (pkt->ip_version != 4 || pkt->l3 == 0 || to->address == 0)
		return;
	memcpy(wp_l3(pkt) + 16, &to->address, 4);
	if (pkt->l4 != 0 && pkt->end - pkt->l4 >= 4)
		wp_store16(wp_l4(pkt) + 2, to->port);
	wp_parse(pkt);
}

/** Brings a packet through, as the dispatcher does. */
static void
pass(struct svc *svc, struct wp_packet *pkt)
{
	pkt->verdict = WP_NEXT;
	svc_pass(svc, &pkt, 1);
	if (pkt->verdict != WP_AGAIN)
		return;
	pkt->flags |= WP_PKT_AGAIN;
	pkt->verdict = WP_NEXT;
	svc_pass(svc, &pkt, 1);
	require(pkt->verdict != WP_AGAIN);
}

static void
check(struct wp_packet *pkt, bool right)
{
	struct wp_packet seen = *pkt;

	require(pkt->verdict <= WP_TURN && pkt->verdict != WP_HOLD && pkt->verdict != WP_ABSORB);
	require(pkt->verdict != WP_DROP || pkt->reason <= NAT_DROP_TOO_BIG);
	if (pkt->verdict == WP_DROP || pkt->verdict == WP_FAIL)
		return;
	require(pkt->start + pkt->len <= pkt->room && pkt->end <= pkt->start + pkt->len);
	wp_parse(&seen);
	if (!right && pkt->verdict != WP_REPLY)
		return;
	if (seen.ip_version != 4)
		return; /* NAT64's: see fuzz_nat64 */
	require((seen.flags & (WP_PKT_BAD_HEADER | WP_PKT_TRUNCATED)) == 0);
	require(wp_checksum(wp_l3(&seen), (size_t)(seen.l4 - seen.l3)) == 0);
	require(wp_checksum_l4(&seen) == 0);
}

static void
one(struct svc *svc, uint8_t what, const uint8_t *data, uint16_t size, const void *const *steps,
    struct outside *outside)
{
	uint8_t *buffer = calloc(1, PACKET_MAX);
	struct wp_packet pkt;
	bool right;

	make(&pkt, buffer, data, size);
	if ((what & ANSWER) != 0)
		send_to(&pkt, outside);
	right = (what & MEND) != 0 && mend(&pkt);
	pkt.tenant = (what & GREEN) != 0;
	pkt.args = steps[pkt.tenant];
	pkt.inside = (what & INBOUND) != 0 ? WP_INSIDE_DESTINATION : WP_INSIDE_SOURCE;
	pass(svc, &pkt);
	check(&pkt, right);
	if ((what & INBOUND) == 0 && pkt.verdict == WP_NEXT && pkt.ip_version == 4 && pkt.l4 != 0) {
		outside->address = wp_load32(wp_source(&pkt));
		outside->port = wp_load16(wp_l4(&pkt) + (pkt.l4_proto == WP_PROTO_ICMP ? 4 : 0));
	}
	free(buffer);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint64_t sleeps[] = {0, 1, 130, 8000};
	struct outside outside = {0};
	static struct svc_packet made;
	const void *steps[2];
	uint64_t now_s = 1000;
	struct svc *svc;

	if (size < 1)
		return 0;
	for (unsigned int i = 0; i < 8; i++)
		svc_max_entries[i] = 64;
	svc = svc_open(configs[data[0] % (sizeof(configs) / sizeof(configs[0]))]);
	steps[0] = svc_step(svc, 0, "{}");
	steps[1] = svc_step(svc, 1, "{}");
	svc_set_time(svc, now_s * 1000000000);
	for (size_t at = 1; at + 3 <= size;) {
		uint8_t what = data[at];
		size_t n = (size_t)(data[at + 1] << 8 | data[at + 2]), left = size - at - 3;

		n = n < left ? n : left;
		n = n < PACKET_MAX - ETHER ? n : PACKET_MAX - ETHER;
		now_s += sleeps[(what & LATER) >> 3];
		if (sleeps[(what & LATER) >> 3] != 0) {
			svc_set_time(svc, now_s * 1000000000);
			svc_tick(svc);
		}
		while (svc_created(svc, &made))
			continue;
		one(svc, what, data + at + 3, (uint16_t)n, steps, &outside);
		at += 3 + n;
	}
	svc_close(svc);
	return 0;
}
