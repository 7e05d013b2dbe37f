/* SPDX-License-Identifier: BSD-3-Clause */
/* NSH over Ethernet (RFC 8300), the codec of the packet path. */

#ifndef WP_NSH_H
#define WP_NSH_H

#include <stdint.h>

#include "tag/tag.h"

/** struct wp_codec.decode of NSH. */
enum wp_tag_reason nsh_decode(struct wp_packet *pkt);

/** struct wp_codec.encode of NSH. */
int nsh_encode(struct wp_packet *pkt, uint32_t path, uint8_t index);

/**
 * Decodes a burst. Worker.
 * @param[out] reasons  enum wp_tag_reason of each packet; written only when some are refused
 * @return how many are refused
 */
unsigned int nsh_decode_burst(struct wp_packet *const *pkts, unsigned int n, uint8_t *reasons);

#endif
