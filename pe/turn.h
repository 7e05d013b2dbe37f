/* SPDX-License-Identifier: BSD-3-Clause */
/* The way back: packets that leave their path for its reverse. Worker only. */

#ifndef PE_TURN_H
#define PE_TURN_H

#include "pe/worker.h"

/** Applies WP_REPLY: the packet is now one to its sender. @return whether it goes on */
bool turn_reply(struct worker *worker, struct wp_packet *pkt);

/** Applies WP_TURN. @return likewise */
bool turn_back(struct worker *worker, struct wp_packet *pkt);

#endif
