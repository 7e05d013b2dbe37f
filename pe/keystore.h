/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The keys of this PE, by versioned name ("hq@2"). A file of its own, readable by its owner only;
 * the bytes live in locked memory, are never printed and are wiped. Knows nothing of DPDK. Control
 * thread.
 */

#ifndef PE_KEYSTORE_H
#define PE_KEYSTORE_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "crypto/aead.h"

#define KEYSTORE_SIZE_MAX (16u << 20) /* bytes of the file */
#define KEYSTORE_FINGERPRINT_SIZE 16
#define KEYSTORE_TIME_SIZE 21 /* of a time as text, and its end */

struct keystore;

/** One key; valid as long as its store. The bytes are secret. */
struct keystore_key {
	const char *name; /* NAME@VERSION */
	enum wp_aead_alg alg;
	const uint8_t *bytes;                           /* wp_aead_key_size(alg): key, salt */
	uint8_t fingerprint[KEYSTORE_FINGERPRINT_SIZE]; /* of the key without the salt */
	time_t not_after; /* seconds since 1970 of the last moment it may be used; 0: for ever */
};

/**
 * Reads a key store file: {"keys": [{"name": "hq@2", "algorithm": "aes-256-gcm", "key": "HEX",
 * "salt": "HEX"}]}, each with "not_after": "2027-01-31T12:00:00Z" if its lifetime has an end.
 * Refuses a file that others may read or write, and any file that is not wholly right: unknown or
 * repeated members and names, strings with escapes, anything behind the end.
 *
 * @param[out] message  why, and what to do; never a byte of a key
 * @return 0, or -EINVAL, -EPERM, -ENOENT, -EFBIG, -ENOMEM, ... with @p message filled
 */
int keystore_open(const char *file, struct keystore **store, char *message, size_t message_size);

/** keystore_open() of the text itself; a fuzz target. @p text is wiped. */
int keystore_parse(char *text, size_t size, struct keystore **store, char *message,
		   size_t message_size);

/** Puts random keys in the place of all; their names and fingerprints stay, so that state is still
 * found. @return 0 or -EIO */
int keystore_disguise(struct keystore *store);

/** Wipes and frees. Accepts NULL. */
void keystore_close(struct keystore *store);

/** Writes a time as a key store says it. */
void keystore_time(time_t time, char text[KEYSTORE_TIME_SIZE]);

/** @return the key, or NULL. */
const struct keystore_key *keystore_find(const struct keystore *store, const char *name);

/** @return how many keys there are. */
unsigned int keystore_size(const struct keystore *store);

/** @return a key by its place in the file, from 0 on. */
const struct keystore_key *keystore_key(const struct keystore *store, unsigned int index);

#endif
