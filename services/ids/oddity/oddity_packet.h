/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is odd about the headers of a packet: as Suricata's decoder counts it, so that rules for
 * decode events mean what their authors meant. Every header is looked at once, in order; one that
 * cannot be read ends the walk. Packets within a packet are packets of their own.
 */

#ifndef IDS_ODDITY_PACKET_H
#define IDS_ODDITY_PACKET_H

#include "oddity/oddity.h"
#include "packet.h"

/** Adds what is odd. @param pkt  parsed; need not be IP. Worker. */
void oddity_packet(const struct wp_packet *pkt, struct oddities *odd);

#endif
