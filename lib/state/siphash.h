/* SPDX-License-Identifier: BSD-3-Clause */
/* SipHash-1-3 (Aumasson, Bernstein 2012), one by one and several at once. */

#ifndef WP_SIPHASH_H
#define WP_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

#include "packet.h"

struct wp_hash_key;

/** @return the 64-bit SipHash-1-3 of @p size bytes at @p data under @p key. */
WP_API uint64_t wp_siphash(const struct wp_hash_key *key, const void *data, size_t size);

/**
 * Hashes n messages of the same size. out[i] is what wp_siphash() gives for data[i]. Picks the
 * widest vectors the CPU has.
 */
void wp_siphash_bulk(const struct wp_hash_key *key, const void *const *data, size_t size,
		     uint64_t *out, unsigned int n);

/** @return the name of the code in use: "avx512", "avx2" or "generic". */
const char *wp_siphash_isa(void);

#endif
