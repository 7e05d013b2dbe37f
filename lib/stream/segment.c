/* SPDX-License-Identifier: BSD-3-Clause */
/* See segment.h. */

#include "stream/segment.h"

#include "bytes.h"
#include "packet.h"

enum {
	HEADER = 20,
	OPT_END = 0,
	OPT_NOP = 1,
	OPT_MSS = 2,
	OPT_WSCALE = 3,
	OPT_TS = 8,
	OPT_MD5 = 19,
	OPT_AO = 29,
	OPT_FAST_OPEN = 34,
	OPT_EXPERIMENT = 254,      /* RFC 6994: a number behind it says which */
	FAST_OPEN_BEFORE = 0xf989, /* RFC 7413 until it had an option of its own */
};

/** NOP, NOP, timestamps of ten bytes: how all segments behind the handshake look. */
static const uint32_t usual_option = 0x0101080a;

static void
read_timestamps(const uint8_t *at, struct stream_segment *segment)
{
	segment->has_ts = true;
	segment->tsval = wp_get32(at);
	segment->tsecr = wp_get32(at + 4);
}

/** Takes one option. @param size  bytes, kind and length included; at least 2 */
static void
read_option(const uint8_t *option, uint8_t size, struct stream_segment *segment)
{
	if (option[0] == OPT_TS && size == 10)
		read_timestamps(option + 2, segment);
	if (option[0] == OPT_MD5 || option[0] == OPT_AO)
		segment->is_signed = true;
	if (option[0] == OPT_MD5)
		segment->has_md5 = true;
	if ((segment->flags & TCP_SYN) == 0)
		return;
	if (option[0] == OPT_FAST_OPEN ||
	    (option[0] == OPT_EXPERIMENT && size >= 4 && wp_get16(option + 2) == FAST_OPEN_BEFORE))
		segment->has_fast_open = true;
	if (option[0] == OPT_MSS && size == 4)
		segment->mss = wp_get16(option + 2);
	if (option[0] == OPT_WSCALE && size == 3) {
		segment->has_wscale = true;
		segment->wscale = option[2] > TCP_WSCALE_MAX ? TCP_WSCALE_MAX : option[2];
	}
}

/** Reads options up to one that contradicts itself: the rest says nothing, but the segment counts,
 * as it does for its receiver. */
static void
read_options(const uint8_t *at, const uint8_t *end, struct stream_segment *segment)
{
	if (end - at == 12 && wp_get32(at) == usual_option) {
		read_timestamps(at + 4, segment);
		return;
	}
	while (at < end && *at != OPT_END) {
		if (*at == OPT_NOP) {
			at++;
			continue;
		}
		if (end - at < 2 || at[1] < 2 || at[1] > end - at)
			return;
		read_option(at, at[1], segment);
		at += at[1];
	}
}

bool
stream_segment_read(const struct wp_packet *pkt, struct stream_segment *segment)
{
	const uint8_t *tcp = wp_l4(pkt), *end = pkt->buf + pkt->end;
	unsigned int header;

	if (pkt->payload == 0 || (pkt->flags & (WP_PKT_TRUNCATED | WP_PKT_BAD_HEADER)) != 0)
		return false;
	header = (tcp[12] >> 4) * 4u;
	if (header < HEADER || pkt->payload < pkt->l4 + header || pkt->payload > pkt->end)
		return false;
	*segment = (struct stream_segment){
		.data = pkt->buf + pkt->payload,
		.len = (uint32_t)(end - (pkt->buf + pkt->payload)),
		.seq = wp_get32(tcp + 4),
		.ack = wp_get32(tcp + 8),
		.flags = tcp[13],
		.window = wp_get16(tcp + 14),
		.urgent = wp_get16(tcp + 18),
	};
	if (header != HEADER)
		read_options(tcp + HEADER, tcp + header, segment);
	return true;
}
