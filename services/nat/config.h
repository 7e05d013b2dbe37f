/* SPDX-License-Identifier: BSD-3-Clause */
/* What an operator says about an instance of nat, and about one use of it. */

#ifndef NAT_CONFIG_H
#define NAT_CONFIG_H

#include "pcp.h"
#include "service.h"

/** Inside hosts of one tenant. */
struct nat_hosts_conf {
	const char *tenant;
	struct wp_list inside; /* const char *: prefixes */
};

/** How a pool divides its ports among inside hosts; without hosts: not at all. */
struct nat_deterministic_conf {
	struct wp_list hosts; /* struct nat_hosts_conf */
	uint32_t hosts_per_address, ports_per_host, overflow_blocks;
};

/** One pool of external addresses. */
struct nat_pool_conf {
	const char *name;
	struct wp_list addresses; /* const char *: prefixes */
	struct wp_port_range ports;
	struct wp_list excluded; /* uint32_t: ports */
	struct nat_deterministic_conf deterministic;
};

/** One fixed mapping. */
struct nat_fixed_conf {
	const char *tenant;
	struct wp_addr inside, outside;
	uint32_t protocol; /* index into the choices */
	uint32_t inside_port, outside_port;
};

/** Seconds. */
struct nat_timeouts {
	uint32_t udp, icmp, tcp_established, tcp_opening, tcp_transitory, tcp_half_closed,
		quarantine;
};

struct nat_conf {
	struct wp_list pools, fixed;
	uint32_t filtering; /* enum nat_filtering */
	uint32_t max_blocks, max_mappings, max_sessions, max_mapping_sessions;
	struct nat_timeouts timeouts;
	uint32_t unmatched; /* index into the choices */
	uint32_t mtu, icmp_rate, syn_answer;
	const char *prefix64;    /* "": off */
	uint32_t prefix64_hosts; /* bits */
	struct wp_list log, ftp_ports;
	struct nat_pcp_conf pcp;
	bool inbound_refresh, tcp_loose, ping, ftp_alg;
};

struct nat_step_conf {
	const char *pool; /* "": the first */
};

extern const struct wp_field nat_fields[], nat_step_fields[], nat_pool_fields[], nat_fixed_fields[];

struct nat;

/** Makes the pools of an instance. @param pools  struct nat_pool_conf
 * @return 0 or a negative errno after wp_error(); pools_close() frees what is there */
int pools_open(struct wp_env *env, struct nat *nat, const struct wp_list *pools);

void pools_close(struct nat *nat);

/** Makes its fixed mappings; pools are there. @param fixed  struct nat_fixed_conf
 * @return 0 or a negative errno after wp_error() */
int fixed_open(struct wp_env *env, struct nat *nat, const struct wp_list *fixed);

/** Widens what nat_is_outside() looks at first by addresses, host order. */
void outside_cover(struct nat *nat, uint32_t first, uint32_t last);

/** As wp_service.open(). */
int nat_open(struct wp_env *env, const void *config, void **inst);

/** As wp_service.close(). */
void nat_close(void *inst);

/** As wp_service.open_step(): the step is a struct nat_step. */
int nat_open_step(struct wp_env *env, const void *inst, const void *args, void **step);

void nat_close_step(const void *inst, void *step);

#endif
