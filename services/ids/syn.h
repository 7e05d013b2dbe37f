/* SPDX-License-Identifier: BSD-3-Clause */
/* Takes bytes out of a SYN. */

#ifndef IDS_SYN_H
#define IDS_SYN_H

struct detect;
struct wp_packet;

/** Where the service prevents, lets a SYN go on without the bytes that it brings. Last of all that
 * is done with a packet, in burst(). Worker. */
void syn_strip(const struct detect *detect, struct wp_packet *pkt);

#endif
