/* SPDX-License-Identifier: BSD-3-Clause */
/* What happens to packets between receive and send: tag, path, steps, verdicts. Worker only. */

#ifndef PE_DISPATCH_H
#define PE_DISPATCH_H

#include <stdint.h>

#include <rte_mbuf.h>

#include "pe/worker.h"

/** Takes a burst of frames from a port. 1 <= n <= WP_BURST_MAX */
void dispatch_receive(struct worker *worker, const struct worker_rxq *rxq, struct rte_mbuf **mbufs,
		      uint16_t n);

/** Goes on with packets where they are on their paths: handed over or released ones. 1 <= n <=
 * WP_BURST_MAX */
void dispatch_resume(struct worker *worker, struct wp_packet **pkts, uint16_t n);

/** Brings packets that a service has just made to behind its step, if it did not say otherwise. */
void dispatch_created(struct worker *worker);

/** Tries again to send what waits. @return how many packets were sent or given up */
unsigned int dispatch_flush(struct worker *worker);

/** Ends a hold whose deadline has passed, as the service said it should. */
void dispatch_expire(struct worker *worker, struct wp_packet *pkt);

/** Lets a packet go on, or drops it, whose service has ended its hold with pkt->verdict. */
void dispatch_release(struct worker *worker, struct wp_packet *pkt);

/** Frees a packet that will not be served any more. */
void dispatch_abandon(struct worker *worker, struct wp_packet *pkt);

/** Applies the verdict that a packet has, and brings it to the end of its way if it goes on. */
void dispatch_judge(struct worker *worker, struct wp_packet *pkt);

#endif
