/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any TCP segments and datagrams of a few flows, within little memory. Of each side, offsets of
 * what is told follow each other without a hole or a repetition, and at the end no memory is left
 * in use.
 */

#include <stdlib.h>
#include <string.h>

#include "bed.h"
#include "bytes.h"
#include "parse/checksum.h"
#include "parse/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STEP = 12, FRONT = 64, ROOM = 2048 };

/* clang-format off */
static const char *const confs[] = {
	"{\"flow_memory\": 8192, \"memory\": 1, \"tenant_memory\": 4}",
	"{\"flow_memory\": 8192, \"memory\": 1, \"tell\": \"acknowledged\", \"policy\": \"last\"}",
	"{\"flow_memory\": 4096, \"memory\": 1, \"tenant_memory\": 2, \"at_flow_memory\": \"ignore\", \"tell\": \"acknowledged\"}",
	"{\"flow_memory\": 4096, \"memory\": 1, \"at_flow_memory\": \"drop\", \"depth\": 20000, \"verify_checksums\": false}",
};
/* clang-format on */

static void
must(bool holds)
{
	if (!holds)
		abort();
}

/** Follows offsets: the flow's word counts what was told of each side, 32 bits each. */
static void
tell(void *arg, const struct wp_stream_event *events, unsigned int n)
{
	struct stream_bed *bed = arg;
	volatile uint8_t sum = 0;

	for (unsigned int i = 0; i < n; i++) {
		const struct wp_stream_event *event = &events[i];
		uint64_t *word = wp_flow_word(event->flow, &bed->core);
		unsigned int shift = 32u * event->side;

		if (event->data != NULL)
			for (uint32_t j = 0; j < event->size; j++)
				sum += event->data[j] +
				       (event->other != NULL ? event->other[j] : 0);
		if (event->flow->proto != WP_PROTO_TCP ||
		    (event->type != WP_FLOW_DATA && event->type != WP_FLOW_GAP))
			continue;
		must(event->size != 0);
		must((event->flow->sides[event->side].flags & WP_SIDE_BYPASSED) != 0 ||
		     (uint32_t)event->offset == (uint32_t)(*word >> shift));
		*word = (*word & ~(0xffffffffull << shift)) |
			(uint64_t)(uint32_t)(event->offset + event->size) << shift;
	}
	(void)sum;
}

/** Makes a packet of the bytes of one step: kind, flags, seq (2), ack (2), length (2), window (2),
 * options, time. */
static struct wp_packet
make(uint8_t *room, const uint8_t *in)
{
	static const uint32_t isn[] = {0xffffff00, 1000};
	bool server = in[0] & 1, v6 = in[0] & 2, udp = (in[0] & 0x1c) == 0x1c,
	     other = (in[0] & 0x1c) == 0x18 && in[1] != WP_PROTO_FRAGMENT; /* they may wait */
	unsigned int ip_size = v6 ? 40 : 20, length = wp_get16(in + 6) % 1400;
	unsigned int options = (in[10] & 3) * 4, l4_size = udp ? 8 : 20 + options;
	uint8_t *ip = room + FRONT, *l4 = ip + ip_size;
	struct wp_packet pkt = {
		.buf = room, .room = ROOM, .start = FRONT, .tenant = in[0] >> 6 & 1};

	memset(ip, in[11], ip_size + l4_size + length);
	memset(ip, 0, ip_size + l4_size);
	ip[0] = v6 ? 0x60 : 0x45;
	wp_put16(ip + (v6 ? 4 : 2), l4_size + length + (v6 ? 0 : 20));
	ip[v6 ? 6 : 9] = udp ? WP_PROTO_UDP : other ? in[1] : WP_PROTO_TCP;
	ip[(v6 ? 8 : 12) + (server ? (v6 ? 16 : 4) : 0)] = 10;
	wp_put16(l4, server ? 80 : 1000 + (in[0] >> 5 & 1));
	wp_put16(l4 + 2, server ? 1000 + (in[0] >> 5 & 1) : 80);
	if (udp) {
		wp_put16(l4 + 4, 8 + length);
	} else {
		wp_put32(l4 + 4, isn[server] + wp_get16(in + 2) % 12000);
		wp_put32(l4 + 8, isn[!server] + wp_get16(in + 4) % 12000);
		l4[12] = (uint8_t)(l4_size / 4 << 4);
		l4[13] = in[1];
		wp_put16(l4 + 14, wp_get16(in + 8));
		memcpy(l4 + 20, in, options);
	}
	pkt.len = (uint16_t)(ip_size + l4_size + length);
	return pkt;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct stream_bed bed;
	static uint8_t room[ROOM];

	if (size < 1)
		return 0;
	must(stream_bed_open(&bed, confs[data[0] & 3], 8,
			     (data[0] & 4) != 0
				     ? (1u << WP_FLOW_EVENTS) - 1
				     : (1u << WP_FLOW_EVENTS) - 1 - WP_EVENT_BIT(WP_FLOW_CONFLICT),
			     tell, &bed) == NULL);
	bed.core.now_ns = 1000000000;
	for (size_t at = 1; at + STEP <= size; at += STEP) {
		struct wp_packet pkt = make(room, data + at);

		bed.core.now_ns += (uint64_t)(data[at + 11] & 0x1f) << 28;
		wp_parse(&pkt);
		if (pkt.l4 != 0 && (data[at] & 0x80) == 0)
			wp_store16(wp_l4(&pkt) + (pkt.l4_proto == WP_PROTO_TCP ? 16 : 6),
				   wp_checksum_l4(&pkt));
		stream_bed_packet(&bed, &pkt);
		stream_bed_expire(&bed);
	}
	stream_bed_end(&bed);
	must(stream_pool_used(bed.pool) == 0 && stream_pool_used(bed.views) == 0);
	stream_bed_close(&bed);
	return 0;
}
