/* SPDX-License-Identifier: BSD-3-Clause */
/* A TCP segment as its header says (RFC 9293 section 3.1, RFC 7323). */

#ifndef WP_STREAM_SEGMENT_H
#define WP_STREAM_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "packet.h"
#include "parse/parse.h"

struct wp_packet;

/** TCP flags. */
enum {
	TCP_FIN = 0x01,
	TCP_SYN = 0x02,
	TCP_RST = 0x04,
	TCP_PSH = 0x08,
	TCP_ACK = 0x10,
	TCP_URG = 0x20,
};

/** Windows are scaled by 14 at the most (RFC 7323 section 2.3). */
enum { TCP_WSCALE_MAX = 14 };

/** One segment. Numbers in host order. */
struct stream_segment {
	const uint8_t *data;
	uint32_t seq, ack;
	uint32_t len; /* bytes of data, without SYN and FIN */
	uint32_t tsval, tsecr;
	uint16_t window; /* as it stands there */
	uint16_t urgent; /* pointer, of TCP_URG */
	uint16_t mss;    /* option; 0: none */
	uint8_t wscale;  /* option */
	uint8_t flags;
	bool has_ts, has_wscale;
	bool is_signed;     /* option: MD5 (RFC 2385) or TCP-AO (RFC 5925) */
	bool has_md5;       /* the former */
	bool has_fast_open; /* option of a SYN (RFC 7413) */
};

/** No byte of a segment, or of what is left of it, is urgent. */
enum { STREAM_NOT_URGENT = -1 };

/**
 * @return the index of the byte among its data that a segment's urgent pointer means: the one in
 * front of where it points, as all systems have it and RFC 9293 section 3.8.5 does not; or
 * STREAM_NOT_URGENT
 */
static inline int
stream_segment_urgent(const struct stream_segment *segment)
{
	return (segment->flags & TCP_URG) != 0 && segment->urgent != 0 &&
			       segment->urgent <= segment->len
		       ? segment->urgent - 1
		       : STREAM_NOT_URGENT;
}

/**
 * Reads the segment of a parsed packet whose L4 header is TCP's.
 * @return whether it is one: header and data are all there
 */
WP_API bool stream_segment_read(const struct wp_packet *pkt, struct stream_segment *segment);

/** @return whether a packet is a SYN of who begins a connection. */
static inline bool
stream_segment_begins(const struct wp_packet *pkt)
{
	return pkt->l4_proto == WP_PROTO_TCP && pkt->l4 != 0 &&
	       (wp_l4(pkt)[13] & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

#endif
