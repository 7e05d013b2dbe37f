/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMP errors of both families (RFC 792, RFC 1812 4.3, RFC 4443): a packet turned into the answer
 * that its sender gets, when one may be sent, and not too often. */

#ifndef WP_ICMP_H
#define WP_ICMP_H

#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "packet.h"

/** What the sender is told. */
enum wp_icmp_error {
	WP_ICMP_TOO_BIG,          /* fragmentation needed (RFC 1191 4); packet too big */
	WP_ICMP_NO_ROUTE,         /* network unreachable; no route to destination */
	WP_ICMP_HOST_UNREACHABLE, /* address unreachable */
	WP_ICMP_PORT_UNREACHABLE,
	WP_ICMP_PROHIBITED, /* communication administratively prohibited */
	WP_ICMP_TIME_EXCEEDED,
	WP_ICMP_PARAMETER, /* parameter problem; erroneous header field */
	WP_ICMP_N_ERRORS,
};

/** An answer. */
struct wp_icmp {
	enum wp_icmp_error error;
	uint32_t mtu;          /* of WP_ICMP_TOO_BIG: bytes of an IP packet that fits */
	uint8_t pointer;       /* of WP_ICMP_PARAMETER: byte of the IP header that is wrong */
	struct wp_addr source; /* who answers; when it is not of the packet's family: the packet's
				  destination itself */
};

/** How many answers are sent: at most @p per_second for long, @p burst at once. */
struct wp_icmp_rate {
	uint64_t cost_ns;  /* time that makes up for one answer */
	uint64_t burst_ns; /* time that makes up for a full burst; 0: no answers at all */
};

/** Token buckets, one for a tenant (those whose numbers are 256 apart share one), so that a
 * tenant's flood leaves the others their answers. Belongs into a worker's scratch, zeroed. */
struct wp_icmp_limit {
	uint64_t full_ns[256]; /* when each will be full again */
};

/** @return the rate of @p per_second answers, 1 to 1000000, or 0 for none; bursts are of a tenth of
 * a second's, but at least of 10. Control thread. */
WP_API struct wp_icmp_rate wp_icmp_rate(uint32_t per_second);

/** Takes one of a tenant's answers. For those that are made elsewhere, of TCP say. Worker.
 * @param limit  of this worker @return false: there were too many */
WP_API bool wp_icmp_take(struct wp_icmp_limit *limit, const struct wp_icmp_rate *rate,
			 uint16_t tenant, uint64_t now_ns);

/**
 * Turns a parsed packet into an answer to its sender, in place, and sets its verdict to reply.
 * There is none to ICMP errors and what may be one, fragments other than the first, damaged
 * packets, packets from or to anything but a single host (RFC 1122 3.2.2, RFC 4443 2.4 e), and none
 * of a packet that is too big for the least MTU of its family (68, 1280). Worker.
 *
 * @param limit  of this worker
 * @return 0; -EPERM when there may be no answer; -EBUSY when there were too many; -ENOBUFS when the
 *         headroom is too small. The packet is then untouched.
 */
WP_API int wp_icmp_answer(struct wp_packet *pkt, const struct wp_icmp *icmp,
			  const struct wp_icmp_rate *rate, struct wp_icmp_limit *limit,
			  uint64_t now_ns);

#endif
