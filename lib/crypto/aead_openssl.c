/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * AES-GCM by OpenSSL's EVP: runs everywhere. Each worker has a context of its own, keyed once, for
 * both directions. The contexts are OpenSSL's memory: it wipes them, but does not lock them, for
 * its allocator belongs to the whole process.
 */

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <openssl/evp.h>

#include "crypto/aead_backend.h"
#include "crypto/secret.h"

struct evp_aead {
	struct wp_aead aead;
	unsigned int n_workers;
	struct {
		EVP_CIPHER_CTX *ctx;
	} workers[];
};

static const char *
evp_describe(void)
{
	return "openssl (evp)";
}

/** Does all but the tag. @return whether it went well */
static inline bool
run_cipher(const struct wp_aead *aead, EVP_CIPHER_CTX *ctx, const struct wp_aead_job *job,
	   bool seal)
{
	uint8_t nonce[WP_AEAD_SALT_SIZE + 8];
	int len;

	memcpy(nonce, aead->salt, WP_AEAD_SALT_SIZE);
	memcpy(nonce + WP_AEAD_SALT_SIZE, &job->iv, 8);
	return EVP_CipherInit_ex(ctx, NULL, NULL, NULL, nonce, seal) == 1 &&
	       EVP_CipherUpdate(ctx, NULL, &len, job->aad, job->aad_len) == 1 &&
	       EVP_CipherUpdate(ctx, job->text, &len, job->text, (int)job->len) == 1;
}

static void
evp_seal(const struct wp_aead *aead, struct wp_aead_job *jobs, unsigned int n, unsigned int worker)
{
	EVP_CIPHER_CTX *ctx = ((const struct evp_aead *)aead)->workers[worker].ctx;

	for (unsigned int i = 0; i < n; i++) {
		struct wp_aead_job *job = &jobs[i];
		int len;

		job->status = 0;
		if (run_cipher(aead, ctx, job, true) &&
		    EVP_CipherFinal_ex(ctx, job->text, &len) == 1 &&
		    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, WP_AEAD_TAG_SIZE, job->tag) ==
			    1)
			continue;
		/* Nothing in clear may leave, whoever forgets to look at the status. */
		explicit_bzero(job->text, job->len);
		explicit_bzero(job->tag, WP_AEAD_TAG_SIZE);
		job->status = -EIO;
	}
}

static void
evp_open(const struct wp_aead *aead, struct wp_aead_job *jobs, unsigned int n, unsigned int worker)
{
	EVP_CIPHER_CTX *ctx = ((const struct evp_aead *)aead)->workers[worker].ctx;

	for (unsigned int i = 0; i < n; i++) {
		struct wp_aead_job *job = &jobs[i];
		int len;

		job->status = -EBADMSG;
		if (run_cipher(aead, ctx, job, false) &&
		    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, WP_AEAD_TAG_SIZE, job->tag) ==
			    1 &&
		    EVP_CipherFinal_ex(ctx, job->text, &len) == 1)
			job->status = 0;
	}
}

static void
evp_destroy(struct wp_aead *aead)
{
	struct evp_aead *evp = (struct evp_aead *)aead;

	for (unsigned int i = 0; i < evp->n_workers; i++)
		EVP_CIPHER_CTX_free(evp->workers[i].ctx); /* wipes the key */
	wp_secret_free(evp);
}

static int
evp_create(enum wp_aead_alg alg, const uint8_t *key, unsigned int n_workers, struct wp_aead **aead)
{
	const EVP_CIPHER *cipher = alg == WP_AES_128_GCM ? EVP_aes_128_gcm() : EVP_aes_256_gcm();
	struct evp_aead *new = wp_secret_alloc(sizeof(*new) + n_workers * sizeof(new->workers[0]));

	if (new == NULL)
		return -ENOMEM;
	new->aead.seal = evp_seal;
	new->aead.open = evp_open;
	new->n_workers = n_workers; /* contexts that are not made yet are NULL */
	for (unsigned int i = 0; i < n_workers; i++) {
		EVP_CIPHER_CTX *ctx = new->workers[i].ctx = EVP_CIPHER_CTX_new();

		if (ctx == NULL || EVP_CipherInit_ex(ctx, cipher, NULL, key, NULL, 1) != 1) {
			evp_destroy(&new->aead);
			return -ENOMEM;
		}
	}
	*aead = &new->aead;
	return 0;
}

const struct aead_backend aead_openssl = {
	.name = "openssl",
	.describe = evp_describe,
	.create = evp_create,
	.destroy = evp_destroy,
};
