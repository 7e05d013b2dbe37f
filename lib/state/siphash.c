/* SPDX-License-Identifier: BSD-3-Clause */
/* Chooses the widest SipHash this CPU runs. */

#include "state/siphash.h"

#include "state/siphash_lanes.h"
#include "state/state.h"

/** One build of the hash. */
struct siphash {
	const char *isa;
	siphash_fn *fn;
};

static const struct siphash builds[] = {
	{"generic", siphash_lanes_1},
	{"avx2", siphash_lanes_4},
	{"avx512", siphash_lanes_8},
};

/* Set before main(), constant from then on. */
static const struct siphash *chosen = &builds[0];

static void __attribute__((constructor)) choose(void)
{
	__builtin_cpu_init();
	if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
	    __builtin_cpu_supports("avx512dq"))
		chosen = &builds[2];
	else if (__builtin_cpu_supports("avx2"))
		chosen = &builds[1];
}

const char *
wp_siphash_isa(void)
{
	return chosen->isa;
}

uint64_t
wp_siphash(const struct wp_hash_key *key, const void *data, size_t size)
{
	uint64_t hash;

	siphash_lanes_1(key, &data, size, &hash, 1);
	return hash;
}

void
wp_siphash_bulk(const struct wp_hash_key *key, const void *const *data, size_t size, uint64_t *out,
		unsigned int n)
{
	chosen->fn(key, data, size, out, n);
}
