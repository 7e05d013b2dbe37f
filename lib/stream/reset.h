/* SPDX-License-Identifier: BSD-3-Clause */
/* RSTs that end a connection from in between (RFC 9293 section 3.10.7). */

#ifndef WP_STREAM_RESET_H
#define WP_STREAM_RESET_H

#include <stdbool.h>
#include <stdint.h>

#include "packet.h"
#include "pmtu/icmp.h"
#include "service.h"

/** How many RSTs each of those who make them (the tracker, an instance) makes in a worker for a
 * tenant: 10,000 a second, 1,000 at once. A window of segments that are on their way has room in
 * that; whoever floods, perhaps in another's name, does not have as many answers sent. Who goes
 * without sends again, and is answered then. */
static const struct wp_icmp_rate wp_reset_rate = {.cost_ns = 100000, .burst_ns = 100000000};

/** @return the bytes of a RST in answer to a segment, IP header included; 0: there is none, as to a
 * RST itself (section 3.10.7.1), or a fragment that is not the first. */
WP_API uint16_t wp_reset_size(const struct wp_packet *pkt);

/** Writes the RST to a segment's sender into a packet of its size. See wp_reset_sender(). */
WP_API void wp_reset_write_back(struct wp_packet *reset, const struct wp_packet *pkt);

/** Likewise to its receiver. See wp_reset_receiver(). */
WP_API void wp_reset_write_on(struct wp_packet *reset, const struct wp_packet *pkt, uint32_t acked);

/**
 * Answers a segment with a RST to its sender, as a receiver that knows of no connection would
 * (section 3.10.7.1): with the number that the segment acknowledges, which is what its sender waits
 * for unless bytes are on their way to it. Where wp_create() may be called. Worker.
 * @return false: there is none, or buffers are short
 */
static inline bool
wp_reset_sender(struct wp_core *core, const struct wp_packet *pkt)
{
	uint16_t size = wp_reset_size(pkt);
	struct wp_packet *reset = size == 0 ? NULL : wp_create(core, pkt, size);

	if (reset != NULL)
		wp_reset_write_back(reset, pkt);
	return reset != NULL;
}

/** Likewise sends one to its receiver, as its sender would have instead. @param acked  what that
 * one has acknowledged: it believes nothing in front of that */
static inline bool
wp_reset_receiver(struct wp_core *core, const struct wp_packet *pkt, uint32_t acked)
{
	uint16_t size = wp_reset_size(pkt);
	struct wp_packet *reset = size == 0 ? NULL : wp_create(core, pkt, size);

	if (reset != NULL)
		wp_reset_write_on(reset, pkt, acked);
	return reset != NULL;
}

#endif
