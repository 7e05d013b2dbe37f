/* SPDX-License-Identifier: BSD-3-Clause */
/* ttl: drop packets about to expire. The smallest complete service. */

#include <errno.h>
#include <stdlib.h>

#include "service.h"

enum { IP4_TTL = 8, IP6_HOP_LIMIT = 7 }; /* bytes into the header: RFC 791 3.1, RFC 8200 3 */

struct ttl {
	uint32_t min; /* hops */
};

static const struct wp_field ttl_fields[] = {
	{.name = "min_ttl",
	 .type = WP_U32,
	 .offset = offsetof(struct ttl, min),
	 .min = 1,
	 .max = 255,
	 .dflt = "2",
	 .help = "lowest TTL or hop limit let through"},
	{.name = NULL},
};

enum { TTL_CHECKED };
static const char *const ttl_counters[] = {[TTL_CHECKED] = "checked", NULL};

enum { TTL_EXPIRED };
static const char *const ttl_reasons[] = {[TTL_EXPIRED] = "ttl-expired", NULL};

static int
ttl_open(struct wp_env *env, const void *config, void **inst)
{
	struct ttl *ttl = malloc(sizeof(*ttl));

	if (ttl == NULL)
		return -ENOMEM;
	*ttl = *(const struct ttl *)config;
	*inst = ttl;
	return 0;
}

static void
ttl_burst(const void *inst, struct wp_core *core, struct wp_packet *const *pkts, uint16_t n)
{
	const struct ttl *ttl = inst;

	for (uint16_t i = 0; i < n; i++) {
		struct wp_packet *pkt = pkts[i];

		if (pkt->l3 == 0)
			continue; /* not IP: none of our business */
		if (wp_l3(pkt)[pkt->ip_version == 4 ? IP4_TTL : IP6_HOP_LIMIT] < ttl->min)
			wp_drop(pkt, TTL_EXPIRED);
	}
	wp_count(core, TTL_CHECKED, n);
}

const struct wp_service wp_service = {
	.abi = WP_SERVICE_ABI,
	.name = "ttl",
	.summary = "drops packets that are about to expire",
	.fields = ttl_fields,
	.config_size = sizeof(struct ttl),
	.counters = ttl_counters,
	.reasons = ttl_reasons,
	.open = ttl_open,
	.close = free,
	.burst = ttl_burst,
};
