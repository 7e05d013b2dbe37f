/* SPDX-License-Identifier: BSD-3-Clause */
/* What OpenSSL says of its last failure, for people. */

#ifndef WP_CRYPTO_WORDS_H
#define WP_CRYPTO_WORDS_H

#include <string.h>

#include <openssl/err.h>

/** @return the words of the first error that there is, which was the cause of the others; all are
 * forgotten. Or @p otherwise */
static inline const char *
wp_openssl_words(const char *otherwise)
{
	unsigned long code = ERR_peek_error();
	const char *words = ERR_SYSTEM_ERROR(code) ? strerror(ERR_GET_REASON(code))
						   : ERR_reason_error_string(code);

	ERR_clear_error();
	return words != NULL ? words : otherwise;
}

#endif
