/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * AES-GCM by intel-ipsec-mb, called directly: no device, no session, no mbuf. One manager for the
 * process; its functions keep no state between calls, so all workers use it at once.
 */

#include <errno.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdio.h>
#include <string.h>

#include <intel-ipsec-mb.h>

#include "crypto/aead_backend.h"
#include "crypto/secret.h"

struct mb_aead {
	struct wp_aead aead;
	alignas(64) struct gcm_key_data key; /* as the library reads it */
};

static struct {
	pthread_once_t once;
	IMB_MGR *manager; /* NULL: no AES-NI here, or no memory */
	char name[48];
} mb = {.once = PTHREAD_ONCE_INIT};

static const char *
arch_name(IMB_ARCH arch, uint64_t features)
{
	switch (arch) {
	case IMB_ARCH_AVX512:
		return features & IMB_FEATURE_VAES ? "vaes avx512" : "avx512";
	case IMB_ARCH_AVX2:
		return "avx2";
	case IMB_ARCH_AVX:
		return "avx";
	case IMB_ARCH_SSE:
		return "sse";
	default:
		return NULL; /* AES in plain C: OpenSSL's is better */
	}
}

static void
make_manager(void)
{
	IMB_MGR *manager = alloc_mb_mgr(0);
	IMB_ARCH arch = IMB_ARCH_NONE;
	const char *isa;

	if (manager == NULL)
		return;
	init_mb_mgr_auto(manager, &arch);
	isa = arch_name(arch, manager->features);
	if (imb_get_errno(manager) != 0 || isa == NULL ||
	    (~manager->features & (IMB_FEATURE_AESNI | IMB_FEATURE_PCLMULQDQ)) != 0) {
		free_mb_mgr(manager);
		return;
	}
	snprintf(mb.name, sizeof(mb.name), "ipsec-mb (%s)", isa);
	mb.manager = manager;
}

static const char *
mb_describe(void)
{
	pthread_once(&mb.once, make_manager);
	return mb.manager == NULL ? NULL : mb.name;
}

/** Salt and IV; the library reads 12 bytes. */
union nonce {
	uint64_t words __attribute__((vector_size(16)));
	uint8_t bytes[16];
};

/** Made in one register and written at once: of two writes the library's reads, which are cut in
 * another way, would wait for both to reach the cache. */
static inline union nonce
nonce_of(const struct wp_aead *aead, const struct wp_aead_job *job)
{
	uint32_t salt;

	memcpy(&salt, aead->salt, 4);
	return (union nonce){.words = {salt | job->iv << 32, job->iv >> 32}};
}

/** @return 0 or -EBADMSG, in a time that does not depend on where the tags differ. */
static inline int16_t
compare_tags(const uint8_t *a, const uint8_t *b)
{
	uint64_t x[2], y[2];

	memcpy(x, a, 16);
	memcpy(y, b, 16);
	return ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0 ? 0 : -EBADMSG;
}

/* The four combinations differ in the function alone: it is fixed at create(), not looked up for
 * each packet. The context holds what was derived from the key and is wiped once a run: each call
 * begins by overwriting it. */
#define MB_SEAL(NAME, CALL)                                                                        \
	static void NAME(const struct wp_aead *aead, struct wp_aead_job *jobs, unsigned int n,     \
			 unsigned int worker)                                                      \
	{                                                                                          \
		const struct gcm_key_data *key = &((const struct mb_aead *)aead)->key;             \
		IMB_MGR *manager = mb.manager;                                                     \
		struct gcm_context_data context;                                                   \
                                                                                                   \
		for (unsigned int i = 0; i < n; i++) {                                             \
			struct wp_aead_job *job = &jobs[i];                                        \
			union nonce nonce = nonce_of(aead, job);                                   \
                                                                                                   \
			if (i + 1 < n)                                                             \
				__builtin_prefetch(jobs[i + 1].text);                              \
			CALL(manager, key, &context, job->text, job->text, job->len, nonce.bytes,  \
			     job->aad, job->aad_len, job->tag, WP_AEAD_TAG_SIZE);                  \
			job->status = 0;                                                           \
		}                                                                                  \
		explicit_bzero(&context, sizeof(context));                                         \
	}

#define MB_OPEN(NAME, CALL)                                                                        \
	static void NAME(const struct wp_aead *aead, struct wp_aead_job *jobs, unsigned int n,     \
			 unsigned int worker)                                                      \
	{                                                                                          \
		const struct gcm_key_data *key = &((const struct mb_aead *)aead)->key;             \
		IMB_MGR *manager = mb.manager;                                                     \
		struct gcm_context_data context;                                                   \
		uint8_t tag[WP_AEAD_TAG_SIZE];                                                     \
                                                                                                   \
		for (unsigned int i = 0; i < n; i++) {                                             \
			struct wp_aead_job *job = &jobs[i];                                        \
			union nonce nonce = nonce_of(aead, job);                                   \
                                                                                                   \
			if (i + 1 < n)                                                             \
				__builtin_prefetch(jobs[i + 1].text);                              \
			CALL(manager, key, &context, job->text, job->text, job->len, nonce.bytes,  \
			     job->aad, job->aad_len, tag, WP_AEAD_TAG_SIZE);                       \
			job->status = compare_tags(tag, job->tag);                                 \
		}                                                                                  \
		explicit_bzero(&context, sizeof(context));                                         \
		explicit_bzero(tag, sizeof(tag)); /* what a forger would like to know */           \
	}

MB_SEAL(mb_seal_128, IMB_AES128_GCM_ENC)
MB_SEAL(mb_seal_256, IMB_AES256_GCM_ENC)
MB_OPEN(mb_open_128, IMB_AES128_GCM_DEC)
MB_OPEN(mb_open_256, IMB_AES256_GCM_DEC)

static int
mb_create(enum wp_aead_alg alg, const uint8_t *key, unsigned int n_workers, struct wp_aead **aead)
{
	struct mb_aead *new = wp_secret_alloc(sizeof(*new));

	if (new == NULL)
		return -ENOMEM;
	if (alg == WP_AES_128_GCM) {
		IMB_AES128_GCM_PRE(mb.manager, key, &new->key);
		new->aead.seal = mb_seal_128;
		new->aead.open = mb_open_128;
	} else {
		IMB_AES256_GCM_PRE(mb.manager, key, &new->key);
		new->aead.seal = mb_seal_256;
		new->aead.open = mb_open_256;
	}
	*aead = &new->aead;
	return 0;
}

static void
mb_destroy(struct wp_aead *aead)
{
	wp_secret_free(aead);
}

const struct aead_backend aead_ipsec_mb = {
	.name = "ipsec-mb",
	.describe = mb_describe,
	.create = mb_create,
	.destroy = mb_destroy,
};
