/* SPDX-License-Identifier: BSD-3-Clause */
/* The cheapest service there can be: what is measured with it is the runtime. */

#include "service.h"

static int
noop_open(struct wp_env *env, const void *config, void **inst)
{
	*inst = NULL;
	return 0;
}

static void
noop_close(void *inst)
{
}

static void
noop_burst(const void *inst, struct wp_core *core, struct wp_packet *const *pkts, uint16_t n)
{
}

const struct wp_service wp_service = {
	.abi = WP_SERVICE_ABI,
	.name = "noop",
	.summary = "does nothing",
	.open = noop_open,
	.close = noop_close,
	.burst = noop_burst,
};
