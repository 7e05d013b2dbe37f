/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside hosts that ask for mappings: the Port Control Protocol (RFC 6887). */

#ifndef NAT_PCP_H
#define NAT_PCP_H

#include "nat.h"

#define PCP_PORT 5351

/** What an operator says. */
struct nat_pcp_conf {
	struct wp_list servers; /* const char *: addresses */
	uint32_t max_lifetime;  /* seconds */
};

extern const struct wp_field nat_pcp_fields[];

/** As wp_service.open(), once the pools are there. */
int pcp_open(struct wp_env *env, struct nat *nat, const struct nat_pcp_conf *conf);

/** @return whether a packet from inside asks us. */
bool pcp_is_request(const struct nat *nat, const struct wp_packet *pkt);

/** Serves a request, and makes it its answer. Owner of its host's bucket. */
void pcp_serve(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt);

/** As wp_service.expire(): the time is over that a host has asked for. */
uint32_t claim_expire(const struct nat *nat, struct wp_core *core, struct wp_entry *claim);

/** As wp_service.restore(), once the mappings are there. */
const char *claim_restore(const struct nat *nat, struct wp_core *core,
			  const struct wp_record *record);

#endif
