/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The gateway for FTP (RFC 959, RFC 2428): control connections whose inside end names an inside
 * endpoint for a data connection. The name becomes that of the outside endpoint, and the endpoint
 * reachable. All state of a connection is in the bucket of its inside host.
 */

#ifndef NAT_FTP_H
#define NAT_FTP_H

#include "ftp_stream.h"
#include "kind.h"

struct wp_record;

/** A control connection: value of NAT_FTP. */
struct ftp {
	struct ftp_stream stream;
	uint32_t begin; /* number of its first byte, host order */
};

#define FTP_KEY_SIZE 12

/** @return whether a port is one of control connections. @param port  host order */
static inline bool
ftp_is_control(const struct nat *nat, uint16_t port)
{
	for (unsigned int i = 0; i < nat->n_ftp_ports; i++)
		if (nat->ftp_ports[i] == port)
			return true;
	return false;
}

/** @return whether a packet may be of a control connection. */
static inline bool
ftp_watches(const struct nat *nat, const struct wp_packet *pkt)
{
	return nat->n_ftp_ports != 0 && pkt->l4_proto == WP_PROTO_TCP && pkt->l4 != 0 &&
	       (ftp_is_control(nat, pkt->l4_dport) || ftp_is_control(nat, pkt->l4_sport));
}

/** Asks for the connections of a burst's packets. Behind what others have asked for: of a packet
 * with a mapping it is the second. */
void ftp_keys(const struct nat *nat, struct wp_packet *const *pkts, uint16_t n,
	      struct wp_keys *keys);

/**
 * Changes a packet from inside that ftp_watches(), before its source is.
 * @param outside, port  what its source will be, network order
 * @return false with the verdict set: it is dropped
 */
bool ftp_out(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt, uint32_t outside,
	     uint16_t port);

/**
 * Changes a packet from outside that ftp_watches().
 * @param tenant        of the host
 * @param inside, port  what its destination will be, network order
 */
void ftp_in(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt, uint16_t tenant,
	    uint32_t inside, uint16_t port);

/**
 * A connection may outlive its mapping, whose outside endpoint is another host's then. A packet
 * from outside that has both came to the owner of the old host, who may write nothing of the new
 * one's; the connection is over now. @return whether it is so: the packet is to be dropped
 */
bool ftp_is_astray(struct wp_core *core, const struct wp_packet *pkt);

/** The connection of a peer is over. @param key  of the peer */
void ftp_end(const struct nat *nat, struct wp_core *core, uint16_t tenant, const uint8_t *key);

/** @return as wp_service.expire() */
uint32_t ftp_expire(const struct nat *nat, struct wp_core *core, struct wp_entry *entry);

/** @return as wp_service.restore() */
const char *ftp_restore(const struct nat *nat, struct wp_core *core,
			const struct wp_record *record);

#endif
