/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * AES-GCM with a salt, as ESP uses it (RFC 4106): nonce = 4 bytes of salt, 8 bytes of IV. Runs on
 * the caller's core. Backends: intel-ipsec-mb where the CPU has AES-NI, OpenSSL EVP elsewhere.
 */

#ifndef WP_AEAD_H
#define WP_AEAD_H

#include <stdbool.h>
#include <stdint.h>

#include "packet.h"

#define WP_AEAD_TAG_SIZE 16
#define WP_AEAD_SALT_SIZE 4

enum wp_aead_alg {
	WP_AES_128_GCM, /* 16 bytes of key, 4 of salt */
	WP_AES_256_GCM, /* 32 bytes of key, 4 of salt */
	WP_N_AEAD_ALGS,
};

/** A key, expanded; its memory is locked, kept out of core dumps and wiped at the end. */
struct wp_aead;

/** One packet's worth of work; all pointers into its buffer. */
struct wp_aead_job {
	const struct wp_aead *aead;
	uint8_t *text;      /* plain text in, cipher text out, or the reverse; in place */
	const uint8_t *aad; /* additional data */
	uint8_t *tag;       /* 16 bytes: written by seal, compared by open */
	uint64_t iv;        /* the 8 bytes as they are on the wire (network order in memory) */
	uint32_t len;       /* bytes of text */
	uint16_t aad_len;
	/* 0; open: -EBADMSG when the tag does not fit, text is undefined then; seal: -EIO when the
	 * backend failed, text and tag are wiped then. */
	int16_t status;
};

/**
 * Expands a key. Control.
 *
 * @param key        16 or 32 bytes, then 4 bytes of salt
 * @param n_workers  workers that will use it, each with its own number
 * @param backend    "ipsec-mb", "openssl", or NULL for the best one here
 * @return 0, -EINVAL, -ENOMEM, or -ENOTSUP when the backend does not run here
 */
int wp_aead_create(enum wp_aead_alg alg, const uint8_t *key, unsigned int n_workers,
		   const char *backend, struct wp_aead **aead);

/** Wipes and frees. Accepts NULL. No worker uses it any more. Control. */
void wp_aead_destroy(struct wp_aead *aead);

/** @return bytes of key and salt that @p alg wants. */
unsigned int wp_aead_key_size(enum wp_aead_alg alg);

/** @return the algorithm's name, "aes-128-gcm". */
const char *wp_aead_alg_name(enum wp_aead_alg alg);

/** @return the name of the backend the key was made for, with the instruction set, "ipsec-mb (vaes
 * avx512)". */
WP_API const char *wp_aead_backend(const struct wp_aead *aead);

/** @return the name of the backend that keys get here when none is asked for. */
const char *wp_aead_best(void);

/** @return the algorithm of a key. */
WP_API enum wp_aead_alg wp_aead_alg(const struct wp_aead *aead);

/** A key whose lifetime has an end: whoever uses it asks wp_aead_is_over(). Before anybody uses it.
 * Control. */
void wp_aead_will_end(struct wp_aead *aead);

/** Its lifetime is over, from now on. Control. */
void wp_aead_end(struct wp_aead *aead);

/** @return whether its lifetime will end some time. Constant; any thread. */
WP_API bool wp_aead_ends(const struct wp_aead *aead);

/** @return whether its lifetime is over. Any thread. */
WP_API bool wp_aead_is_over(const struct wp_aead *aead);

/** Encrypts n jobs, of any keys, in order, and sets their status. Worker @p worker. */
WP_API void wp_aead_seal(struct wp_aead_job *jobs, unsigned int n, unsigned int worker);

/** Decrypts n jobs and sets their status; tags are compared in constant time. Worker @p worker. */
WP_API void wp_aead_open(struct wp_aead_job *jobs, unsigned int n, unsigned int worker);

#endif
