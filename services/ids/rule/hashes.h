/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists of hashes of files: "filemd5", "filesha1", "filesha256". */

#ifndef IDS_HASHES_H
#define IDS_HASHES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/arena.h"

/** Bytes of a hash, which say which one it is. */
enum hashes_kind { HASHES_MD5 = 16, HASHES_SHA1 = 20, HASHES_SHA256 = 32 };

struct hashes;

/**
 * Reads a file: a hash in each line, in hexadecimal; what stands behind it is not looked at, nor
 * are blank lines and those that begin with '#' or white space. Control.
 *
 * @param[out] why  what is wrong, after an error; room for @p size bytes
 * @return 0, or a negative errno
 */
int hashes_read(struct wp_arena *arena, const char *file, enum hashes_kind kind,
		const struct hashes **hashes, char *why, size_t size);

/** @return which hash it is a list of. */
enum hashes_kind hashes_kind(const struct hashes *hashes);

/** @param hash  hashes_kind() bytes @return whether it is in the list. Any thread. */
bool hashes_has(const struct hashes *hashes, const uint8_t *hash);

#endif
