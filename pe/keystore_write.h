/* SPDX-License-Identifier: BSD-3-Clause */
/* Changing a key store file: keys are added and taken out, never changed. The file is replaced in
 * one step; what was read and what is written stands in locked memory. Control thread. */

#ifndef PE_KEYSTORE_WRITE_H
#define PE_KEYSTORE_WRITE_H

#include <stdbool.h>
#include <stddef.h>

/** A key as text. The caller wipes it. */
struct keystore_text {
	const char *name;       /* NAME@VERSION */
	const char *algorithm;  /* "aes-256-gcm" */
	const char *key, *salt; /* hex */
	const char *not_after;  /* "2027-01-31T12:00:00Z"; "": for ever */
};

/**
 * Adds a key; makes the file when there is none.
 * @param[out] repeated  it is there already, the same
 * @param[out] message   why not; never a byte of a key
 * @return 0, -EEXIST for another key of that name, -EINVAL, or another negative errno
 */
int keystore_put(const char *file, const struct keystore_text *key, bool *repeated, char *message,
		 size_t message_size);

/** Takes a key out. @return 0, -ENOKEY when there is none, or another negative errno, with @p
 * message filled */
int keystore_delete(const char *file, const char *name, char *message, size_t message_size);

#endif
