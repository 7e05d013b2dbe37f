/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets within packets: what tunnels carry is looked at as packets of its own. */

#ifndef IDS_TUNNEL_H
#define IDS_TUNNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "packet.h"

/** Kinds of tunnels. */
enum tunnel_kind {
	TUNNEL_NONE,
	TUNNEL_IP_IN_IP, /* RFC 2003, RFC 2473, RFC 4213 */
	TUNNEL_GRE,      /* RFC 2784, RFC 2890, RFC 2637 */
	TUNNEL_ERSPAN,
	TUNNEL_TEREDO, /* RFC 4380 */
	TUNNEL_VXLAN,  /* RFC 7348 */
	TUNNEL_GENEVE, /* RFC 8926 */
	TUNNEL_KINDS,
};

/** Ports of one kind of tunnel at the most. */
#define TUNNEL_PORTS_MAX 4

/** Which tunnels over UDP are looked into, and where. */
struct tunnel_conf {
	struct tunnel_ports {
		bool is_on;
		bool is_any; /* on any port */
		uint8_t n;
		uint16_t ports[TUNNEL_PORTS_MAX]; /* host order */
	} teredo, vxlan, geneve;
};

/** What is usual. */
extern const struct tunnel_conf tunnel_usual;

/**
 * Finds the packet within a parsed packet that is no fragment.
 * @param[out] inner  a view of the same buffer, parsed; untouched when there is none
 * @return how it is carried
 */
enum tunnel_kind tunnel_inner(const struct tunnel_conf *conf, const struct wp_packet *pkt,
			      struct wp_packet *inner);

#endif
