/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Services that hear of flows hear in the order in which packets came, of both directions. Packets
 * of a burst are grouped by the instance that comes next, so a burst whose paths come to those
 * services by other ways is cut where a flow would overtake itself.
 */

#ifndef PE_FLOW_ORDER_H
#define PE_FLOW_ORDER_H

#include <stdint.h>

struct worker;
struct wp_epoch;
struct wp_packet;

/** Says of each path by which way packets come to the services that hear of their flows. Control.
 */
void flow_order_make(struct wp_epoch *epoch);

/** @return how many packets from the front may go on together: 1 .. @p n. Worker. */
uint16_t flow_order_span(const struct worker *worker, struct wp_packet *const *pkts, uint16_t n);

#endif
