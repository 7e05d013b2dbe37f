/* SPDX-License-Identifier: BSD-3-Clause */
/* Hashes of a buffer, as bytes. Of nothing there is none: it stays as it is. */

/* These work on a struct of the caller's; what has replaced them allocates. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "match/transform_kind.h"

#include <openssl/md5.h>
#include <openssl/sha.h>
#include <string.h>

static bool
done(const struct transform_turn *turn, const uint8_t *hash, uint32_t size, struct wp_span *span)
{
	uint32_t n = size < turn->max ? size : turn->max;

	memcpy(turn->out, hash, n);
	*span = (struct wp_span){turn->out, n};
	return true;
}

bool
transform_md5(const struct transform *transform, const struct transform_turn *turn,
	      struct wp_span *span)
{
	uint8_t hash[MD5_DIGEST_LENGTH];
	MD5_CTX md5;

	if (span->size == 0)
		return true;
	MD5_Init(&md5);
	MD5_Update(&md5, span->data, span->size);
	MD5_Final(hash, &md5);
	return done(turn, hash, sizeof(hash), span);
}

bool
transform_sha1(const struct transform *transform, const struct transform_turn *turn,
	       struct wp_span *span)
{
	uint8_t hash[SHA_DIGEST_LENGTH];
	SHA_CTX sha;

	if (span->size == 0)
		return true;
	SHA1_Init(&sha);
	SHA1_Update(&sha, span->data, span->size);
	SHA1_Final(hash, &sha);
	return done(turn, hash, sizeof(hash), span);
}

bool
transform_sha256(const struct transform *transform, const struct transform_turn *turn,
		 struct wp_span *span)
{
	uint8_t hash[SHA256_DIGEST_LENGTH];
	SHA256_CTX sha;

	if (span->size == 0)
		return true;
	SHA256_Init(&sha);
	SHA256_Update(&sha, span->data, span->size);
	SHA256_Final(hash, &sha);
	return done(turn, hash, sizeof(hash), span);
}
