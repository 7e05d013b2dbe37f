/* SPDX-License-Identifier: BSD-3-Clause */
/* hello: greets every UDP packet by its size, and drops those that are too small. Built outside the
 * tree. */

#include <errno.h>
#include <stdlib.h>

#include <service.h>

struct hello {
	uint32_t min_payload; /* bytes */
};

static const struct wp_field hello_fields[] = {
	{.name = "min_payload",
	 .type = WP_U32,
	 .offset = offsetof(struct hello, min_payload),
	 .max = 1500,
	 .dflt = "1",
	 .help = "smallest UDP payload let through, in bytes"},
	{.name = NULL},
};

enum { HELLO_SEEN };
static const char *const hello_counters[] = {[HELLO_SEEN] = "seen", NULL};

enum { HELLO_SMALL };
static const char *const hello_reasons[] = {[HELLO_SMALL] = "too-small", NULL};

static int
hello_open(struct wp_env *env, const void *config, void **inst)
{
	struct hello *hello = malloc(sizeof(*hello));

	if (hello == NULL)
		return -ENOMEM;
	*hello = *(const struct hello *)config;
	*inst = hello;
	return 0;
}

static void
hello_burst(const void *inst, struct wp_core *core, struct wp_packet *const *pkts, uint16_t n)
{
	const struct hello *hello = inst;

	for (uint16_t i = 0; i < n; i++)
		if (pkts[i]->l4 != 0 && pkts[i]->l4_proto == 17 &&
		    (uint32_t)(pkts[i]->end - pkts[i]->payload) < hello->min_payload)
			wp_drop(pkts[i], HELLO_SMALL);
	wp_count(core, HELLO_SEEN, n);
}

const struct wp_service wp_service = {
	.abi = WP_SERVICE_ABI,
	.name = "hello",
	.summary = "drops UDP packets that carry too little",
	.fields = hello_fields,
	.config_size = sizeof(struct hello),
	.counters = hello_counters,
	.reasons = hello_reasons,
	.open = hello_open,
	.close = free,
	.burst = hello_burst,
};
