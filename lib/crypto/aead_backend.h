/* SPDX-License-Identifier: BSD-3-Clause */
/* What an AES-GCM backend offers to aead.c; for this folder only. */

#ifndef WP_AEAD_BACKEND_H
#define WP_AEAD_BACKEND_H

#include <stdatomic.h>

#include "crypto/aead.h"

/** Works on a run of jobs of one key. */
typedef void aead_run_fn(const struct wp_aead *aead, struct wp_aead_job *jobs, unsigned int n,
			 unsigned int worker);

/** What all backends' keys begin with. */
struct wp_aead {
	aead_run_fn *seal, *open;
	const struct aead_backend *backend;
	enum wp_aead_alg alg;
	uint8_t salt[WP_AEAD_SALT_SIZE];
	bool ends;           /* some time */
	atomic_bool is_over; /* its lifetime; control writes */
};

struct aead_backend {
	const char *name;
	/** @return the name with the instruction set it uses here; NULL: it does not run here */
	const char *(*describe)(void);
	int (*create)(enum wp_aead_alg alg, const uint8_t *key, unsigned int n_workers,
		      struct wp_aead **aead);
	void (*destroy)(struct wp_aead *aead);
};

extern const struct aead_backend aead_ipsec_mb, aead_openssl;

#endif
