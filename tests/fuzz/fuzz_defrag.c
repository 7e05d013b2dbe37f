/* SPDX-License-Identifier: BSD-3-Clause */
/* Any fragments of a few datagrams, within little memory. A datagram that is whole has as many
 * bytes as its last fragment says, and at the end no memory is left in use. */

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "parse/parse.h"
#include "state/state.h"
#include "stream/defrag.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STEP = 8, FRONT = 16, ROOM = 4096 };

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static struct stream_chunk *
take(void *arg, uint16_t tenant, size_t want)
{
	enum wp_cap cap;

	return stream_pool_take(arg, tenant, want, &cap);
}

/** Makes a packet of eight bytes of input: kind, id, offset (2), length (2), protocol, content. */
static struct wp_packet
make(uint8_t *room, const uint8_t *in)
{
	bool v6 = in[0] & 1, more = in[0] & 2;
	unsigned int header = v6 ? 48 : 20, offset = wp_get16(in + 2) & 0x1fff;
	unsigned int length = wp_get16(in + 4) % (ROOM - 128);
	uint8_t *ip = room + FRONT;
	struct wp_packet pkt = {
		.buf = room, .room = ROOM, .start = FRONT, .tenant = in[0] >> 2 & 3};

	memset(ip, in[7], header + length);
	memset(ip, 0, header);
	if (v6) {
		ip[0] = 0x60;
		wp_put16(ip + 4, 8 + length);
		ip[6] = WP_PROTO_FRAGMENT;
		ip[40] = in[6];
		wp_put16(ip + 42, offset << 3 | more);
		ip[47] = in[1] & 3;
	} else {
		ip[0] = 0x45;
		wp_put16(ip + 2, header + length);
		ip[5] = in[1] & 3;
		wp_put16(ip + 6, (more ? 0x2000u : 0) | offset);
		ip[9] = in[6];
	}
	pkt.len = (uint16_t)(header + length);
	wp_parse(&pkt);
	return pkt;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct stream_pool_limits limits = {
		.all = (size_t)1 << 18, .tenant = (size_t)1 << 17, .n_tenants = 4};
	static const struct wp_hash_key hash_key = {1, 2};
	static uint8_t room[ROOM];
	struct stream_defrag *defrag;
	struct stream_pool *pool;
	uint64_t now_ns = 1;

	must(stream_pool_create(&limits, &pool) == 0 &&
	     stream_defrag_create(&hash_key, &defrag) == 0);
	for (size_t at = 0; at + STEP <= size; at += STEP) {
		struct wp_packet pkt = make(room, data + at), whole;

		now_ns += (uint64_t)(data[at + 7] & 3) << 33;
		if (pkt.l3 == 0 || (pkt.flags & WP_PKT_FRAGMENT) == 0)
			continue;
		if (stream_defrag(defrag,
				  &(struct stream_source){pool, take, pool, SIZE_MAX, SIZE_MAX,
							  (data[at] & 0x10) != 0},
				  &pkt, data[at + 1] % STREAM_POLICIES, now_ns,
				  &whole) != DEFRAG_WHOLE)
			continue;
		must(whole.start + whole.len <= whole.room);
		must(memchr(whole.buf + whole.start, 0, whole.len) != NULL);
	}
	stream_defrag_destroy(defrag, pool);
	must(stream_pool_used(pool) == 0);
	stream_pool_destroy(pool);
	return 0;
}
