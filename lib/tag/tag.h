/* SPDX-License-Identifier: BSD-3-Clause */
/* What every tag codec offers: one table of functions each. */

#ifndef WP_TAG_H
#define WP_TAG_H

#include <stdint.h>

#include "packet.h"

/** Why a frame was refused before it was on a path; counted by port. The names are in
 * wp_tag_reasons[]. */
enum wp_tag_reason {
	WP_TAG_OK,
	WP_TAG_UNTAGGED,   /* no tag of ours on it */
	WP_TAG_TRUNCATED,  /* shorter than its headers say */
	WP_TAG_VERSION,    /* NSH version is not 0 (RFC 8300 2.2) */
	WP_TAG_OAM,        /* NSH O bit: OAM is not for us (RFC 8300 2.2) */
	WP_TAG_LENGTH,     /* NSH length does not fit its MD type (RFC 8300 2.2) */
	WP_TAG_MD_TYPE,    /* NSH MD type 0, 15 or unassigned (RFC 8300 2.2) */
	WP_TAG_METADATA,   /* NSH MD type 2: a variable-length header runs past the NSH (RFC
			      8300 2.5.1) */
	WP_TAG_NEXT,       /* NSH next protocol we do not carry (RFC 8300 2.2) */
	WP_TAG_TTL,        /* NSH TTL used up (RFC 8300 2.2) */
	WP_TAG_INDEX_ZERO, /* NSH SI 0 (RFC 8300 2.3) */
	WP_N_TAG_REASONS,
};

/** Index: enum wp_tag_reason. */
extern const char *const wp_tag_reasons[WP_N_TAG_REASONS + 1];

/** One kind of tag. */
struct wp_codec {
	const char *name;
	/**
	 * Reads the tag of a frame that starts at pkt->buf + pkt->start and is pkt->len long. On
	 * WP_TAG_OK fills pkt->tag (not port and ingress_ns), moves start and len to the inner
	 * packet, and sets or clears WP_PKT_ETHERNET; otherwise the packet is untouched. Worker.
	 */
	enum wp_tag_reason (*decode)(struct wp_packet *pkt);
	/**
	 * Puts the tag back in front of the packet for its way to the router: same
	 * encapsulation, outer addresses swapped, TTL counted down by one, path and index as given,
	 * context word as in pkt->tag, other metadata kept. Moves start and len to the whole frame.
	 * Worker.
	 * @return 0, or -ENOBUFS when the headroom is too small
	 */
	int (*encode)(struct wp_packet *pkt, uint32_t path, uint8_t index);
};

extern const struct wp_codec wp_nsh;

#endif
