/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets of which something is known before they are looked at: events of a whole burst come in
 * front of it. A worker's own. */

#ifndef IDS_NOTED_H
#define IDS_NOTED_H

#include <stdbool.h>
#include <stdint.h>

#include "packet.h"

struct noted {
	unsigned int n; /* that were noted; the last WP_BURST_MAX are known */
	struct noted_packet {
		const struct wp_packet *pkt;
		uint64_t ns;      /* its tag: when it came, and the context: its memory may be */
		uint32_t context; /* another's later */
	} of[WP_BURST_MAX];
};

static inline void
noted_add(struct noted *noted, const struct wp_packet *pkt)
{
	noted->of[noted->n++ % WP_BURST_MAX] =
		(struct noted_packet){pkt, pkt->tag.ingress_ns, pkt->tag.context};
}

static inline bool
noted_has(const struct noted *noted, const struct wp_packet *pkt)
{
	for (unsigned int i = 0; i < noted->n && i < WP_BURST_MAX; i++)
		if (noted->of[i].pkt == pkt && noted->of[i].ns == pkt->tag.ingress_ns &&
		    noted->of[i].context == pkt->tag.context)
			return true;
	return false;
}

#endif
