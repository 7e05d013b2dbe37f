/* SPDX-License-Identifier: BSD-3-Clause */
/* The builds of siphash_lanes.c; for siphash.c and the tests of each build only. */

#ifndef WP_SIPHASH_LANES_H
#define WP_SIPHASH_LANES_H

#include <stddef.h>
#include <stdint.h>

struct wp_hash_key;

/** Hashes any number of messages of one size. */
typedef void siphash_fn(const struct wp_hash_key *key, const void *const *data, size_t size,
			uint64_t *out, unsigned int n);

siphash_fn siphash_lanes_1, siphash_lanes_4, siphash_lanes_8;

#endif
