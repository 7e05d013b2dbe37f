/* SPDX-License-Identifier: BSD-3-Clause */
/* AES-GCM by OpenSSL's EVP: runs everywhere. Each worker has contexts of its own, keyed once. */

#include <errno.h>
#include <string.h>

#include <openssl/evp.h>

#include "crypto/aead_backend.h"
#include "crypto/secret.h"

struct evp_aead {
	struct wp_aead aead;
	unsigned int n_workers;
	struct {
		EVP_CIPHER_CTX *seal, *open;
	} contexts[]; /* index: worker */
};

static const char *
evp_describe(void)
{
	return "openssl (evp)";
}

static void
nonce_of(const struct wp_aead *aead, const struct wp_aead_job *job, uint8_t nonce[12])
{
	memcpy(nonce, aead->salt, 4);
	memcpy(nonce + 4, &job->iv, 8);
}

static void
evp_seal(const struct wp_aead *aead, struct wp_aead_job *jobs, unsigned int n, unsigned int worker)
{
	EVP_CIPHER_CTX *ctx = ((const struct evp_aead *)aead)->contexts[worker].seal;

	for (unsigned int i = 0; i < n; i++) {
		struct wp_aead_job *job = &jobs[i];
		uint8_t nonce[12];
		int len;

		nonce_of(aead, job, nonce);
		job->status = -EBADMSG;
		if (EVP_EncryptInit_ex(ctx, NULL, NULL, NULL, nonce) == 1 &&
		    EVP_EncryptUpdate(ctx, NULL, &len, job->aad, job->aad_len) == 1 &&
		    EVP_EncryptUpdate(ctx, job->text, &len, job->text, (int)job->len) == 1 &&
		    EVP_EncryptFinal_ex(ctx, job->text + len, &len) == 1 &&
		    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, WP_AEAD_TAG_SIZE, job->tag) ==
			    1)
			job->status = 0;
	}
}

static void
evp_open(const struct wp_aead *aead, struct wp_aead_job *jobs, unsigned int n, unsigned int worker)
{
	EVP_CIPHER_CTX *ctx = ((const struct evp_aead *)aead)->contexts[worker].open;

	for (unsigned int i = 0; i < n; i++) {
		struct wp_aead_job *job = &jobs[i];
		uint8_t nonce[12];
		int len;

		nonce_of(aead, job, nonce);
		job->status = -EBADMSG;
		if (EVP_DecryptInit_ex(ctx, NULL, NULL, NULL, nonce) == 1 &&
		    EVP_DecryptUpdate(ctx, NULL, &len, job->aad, job->aad_len) == 1 &&
		    EVP_DecryptUpdate(ctx, job->text, &len, job->text, (int)job->len) == 1 &&
		    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, WP_AEAD_TAG_SIZE, job->tag) ==
			    1 &&
		    EVP_DecryptFinal_ex(ctx, job->text + len, &len) == 1)
			job->status = 0;
	}
}

static void
evp_destroy(struct wp_aead *aead)
{
	struct evp_aead *evp = (struct evp_aead *)aead;

	for (unsigned int i = 0; i < evp->n_workers; i++) {
		EVP_CIPHER_CTX_free(evp->contexts[i].seal); /* wipes the key */
		EVP_CIPHER_CTX_free(evp->contexts[i].open);
	}
	wp_secret_free(evp);
}

/** @return whether both contexts of a worker are ready, all but the IV. */
static bool
open_contexts(struct evp_aead *evp, unsigned int worker, const EVP_CIPHER *cipher,
	      const uint8_t *key)
{
	EVP_CIPHER_CTX *seal = evp->contexts[worker].seal = EVP_CIPHER_CTX_new();
	EVP_CIPHER_CTX *open = evp->contexts[worker].open = EVP_CIPHER_CTX_new();

	return seal != NULL && open != NULL &&
	       EVP_EncryptInit_ex(seal, cipher, NULL, key, NULL) == 1 &&
	       EVP_DecryptInit_ex(open, cipher, NULL, key, NULL) == 1;
}

static int
evp_create(enum wp_aead_alg alg, const uint8_t *key, unsigned int n_workers, struct wp_aead **aead)
{
	const EVP_CIPHER *cipher = alg == WP_AES_128_GCM ? EVP_aes_128_gcm() : EVP_aes_256_gcm();
	struct evp_aead *new = wp_secret_alloc(sizeof(*new) + n_workers * sizeof(new->contexts[0]));

	if (new == NULL)
		return -ENOMEM;
	new->aead.seal = evp_seal;
	new->aead.open = evp_open;
	for (; new->n_workers < n_workers; new->n_workers++) {
		if (!open_contexts(new, new->n_workers, cipher, key)) {
			new->n_workers++;
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
