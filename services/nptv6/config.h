/* SPDX-License-Identifier: BSD-3-Clause */
/* What an operator says about an instance of nptv6, and what it becomes. */

#ifndef NPTV6_CONFIG_H
#define NPTV6_CONFIG_H

#include "pair.h"
#include "pmtu/icmp.h"
#include "service.h"

/** One prefix pair as configured. */
struct nptv6_prefixes_conf {
	const char *tenant; /* "": all */
	struct wp_prefix inside, outside;
};

struct nptv6_conf {
	struct wp_list prefixes; /* struct nptv6_prefixes_conf */
	uint32_t unmatched;      /* index into the choices */
	uint32_t icmp_rate;
};

/** Some pairs in a row. */
struct nptv6_range {
	uint32_t first, end; /* one past the last */
};

/** An instance. */
struct nptv6 {
	struct pair *pairs;            /* sorted by tenant; those of all tenants first */
	struct nptv6_range common;     /* those of all tenants */
	struct nptv6_range *by_tenant; /* index: tenant's dense id */
	uint32_t n_tenants;
	struct wp_icmp_rate icmp_rate;
	bool forward_unmatched;
};

extern const struct wp_field nptv6_fields[];

/** As wp_service.open(). */
int nptv6_open(struct wp_env *env, const void *config, void **inst);

/** As wp_service.close(). */
void nptv6_close(void *inst);

#endif
