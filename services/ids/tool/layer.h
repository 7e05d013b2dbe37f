/* SPDX-License-Identifier: BSD-3-Clause */
/* What stands in front of network layers in captures: link layers, tags and labels. */

#ifndef IDS_LAYER_H
#define IDS_LAYER_H

#include <stdbool.h>
#include <stdint.h>

#include "packet.h"

/** What bytes begin with. */
enum layer_kind {
	LAYER_UNKNOWN, /* nothing that we read */
	LAYER_IP,
	LAYER_ETHERNET,
};

struct layer {
	uint32_t at; /* of its first byte */
	enum layer_kind kind;
};

/** @return whether packets of a capture can be read. @param link  DLT_ of libpcap */
bool layer_reads(int link);

/** @return what the bytes of a capture begin with. @param link  DLT_ of libpcap */
struct layer layer_of_link(int link, const uint8_t *bytes, uint32_t size);

/** @return what is at @p at under an EtherType, behind tags, labels and the like. */
struct layer layer_of_type(uint16_t type, const uint8_t *bytes, uint32_t at, uint32_t size);

/** @return likewise, of PPP frames, with their address and control fields or without. */
struct layer layer_of_ppp(const uint8_t *bytes, uint32_t at, uint32_t size);

/**
 * Makes a packet of what is in a buffer, and parses it: where the network layer hides behind labels
 * or sessions, the packet begins with it.
 * @param pkt    its 'buf' and 'room' are set
 * @param layer  of IP or Ethernet, bytes of the buffer
 * @param end    one past its last byte; at most UINT16_MAX
 */
void layer_view(struct wp_packet *pkt, struct layer layer, uint32_t end);

#endif
