/* SPDX-License-Identifier: BSD-3-Clause */
/* Chooses a backend, and splits bursts into runs of one key. */

#include "crypto/aead.h"

#include <errno.h>
#include <string.h>

#include "crypto/aead_backend.h"

/* The best first. */
static const struct aead_backend *const backends[] = {&aead_ipsec_mb, &aead_openssl};

static const struct {
	const char *name;
	unsigned int key_size;
} algs[WP_N_AEAD_ALGS] = {
	[WP_AES_128_GCM] = {"aes-128-gcm", 16},
	[WP_AES_256_GCM] = {"aes-256-gcm", 32},
};

int
wp_aead_create(enum wp_aead_alg alg, const uint8_t *key, unsigned int n_workers,
	       const char *backend, struct wp_aead **aead)
{
	if (alg >= WP_N_AEAD_ALGS || n_workers == 0)
		return -EINVAL;
	for (unsigned int i = 0; i < sizeof(backends) / sizeof(backends[0]); i++) {
		int err;

		if (backend != NULL && strcmp(backend, backends[i]->name) != 0)
			continue;
		if (backends[i]->describe() == NULL)
			continue;
		err = backends[i]->create(alg, key, n_workers, aead);
		if (err != 0)
			return err;
		(*aead)->backend = backends[i];
		(*aead)->alg = alg;
		memcpy((*aead)->salt, key + algs[alg].key_size, WP_AEAD_SALT_SIZE);
		return 0;
	}
	return -ENOTSUP;
}

void
wp_aead_destroy(struct wp_aead *aead)
{
	if (aead != NULL)
		aead->backend->destroy(aead);
}

unsigned int
wp_aead_key_size(enum wp_aead_alg alg)
{
	return algs[alg].key_size + WP_AEAD_SALT_SIZE;
}

const char *
wp_aead_alg_name(enum wp_aead_alg alg)
{
	return algs[alg].name;
}

const char *
wp_aead_backend(const struct wp_aead *aead)
{
	return aead->backend->describe();
}

const char *
wp_aead_best(void)
{
	for (unsigned int i = 0; i < sizeof(backends) / sizeof(backends[0]); i++)
		if (backends[i]->describe() != NULL)
			return backends[i]->describe();
	return "none";
}

enum wp_aead_alg
wp_aead_alg(const struct wp_aead *aead)
{
	return aead->alg;
}

void
wp_aead_will_end(struct wp_aead *aead)
{
	aead->ends = true;
}

void
wp_aead_end(struct wp_aead *aead)
{
	atomic_store_explicit(&aead->is_over, true, memory_order_relaxed);
}

bool
wp_aead_ends(const struct wp_aead *aead)
{
	return aead->ends;
}

bool
wp_aead_is_over(const struct wp_aead *aead)
{
	return atomic_load_explicit(&aead->is_over, memory_order_relaxed);
}

/** @return how many jobs from the first on have its key. */
static unsigned int
run_length(const struct wp_aead_job *jobs, unsigned int n)
{
	unsigned int run = 1;

	while (run < n && jobs[run].aead == jobs[0].aead)
		run++;
	return run;
}

void
wp_aead_seal(struct wp_aead_job *jobs, unsigned int n, unsigned int worker)
{
	while (n != 0) {
		unsigned int run = run_length(jobs, n);

		jobs->aead->seal(jobs->aead, jobs, run, worker);
		jobs += run;
		n -= run;
	}
}

void
wp_aead_open(struct wp_aead_job *jobs, unsigned int n, unsigned int worker)
{
	while (n != 0) {
		unsigned int run = run_length(jobs, n);

		jobs->aead->open(jobs->aead, jobs, run, worker);
		jobs += run;
		n -= run;
	}
}
