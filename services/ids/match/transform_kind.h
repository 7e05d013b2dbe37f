/* SPDX-License-Identifier: BSD-3-Clause */
/* What a transform is to transform.c: its word, who reads its arguments, who does it. */

#ifndef IDS_TRANSFORM_KIND_H
#define IDS_TRANSFORM_KIND_H

#include "match/transform.h"

/** Where the result of one goes. */
struct transform_turn {
	uint8_t *out; /* not where its input is */
	uint32_t max;
	struct expression_room *expressions; /* may be NULL */
};

/** What is said when an argument is wrong. */
struct transform_fault {
	char *why;
	size_t size;
};

/** @return -EINVAL */
int transform_fault(const struct transform_fault *fault, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** Arguments. @param value  not NULL, without quotes or white space around it; may be written to
 * @return 0, -EINVAL after transform_fault(), or -ENOMEM */
typedef int transform_read(struct wp_arena *arena, char *value, struct transform *transform,
			   const struct transform_fault *fault);

/** Does it. @param[in,out] span  a result that is a part of the input may stay where it is
 * @return false: nothing comes out */
typedef bool transform_do(const struct transform *transform, const struct transform_turn *turn,
			  struct wp_span *span);

/** Parts an argument at commas, white space taken off. In place.
 * @return how many there are; the first @p max of them are in @p parts */
unsigned int transform_split(char *value, char **parts, unsigned int max);

/** Steps over a word and the white space behind it. @return NULL: it does not stand there */
char *transform_word(char *text, const char *word);

/** Reads a whole number, with nothing behind it. @return 0 or -EINVAL, without a word why */
int transform_number(const char *text, int64_t min, int64_t max, int64_t *number);

transform_read transform_xor_read, transform_base64_read, transform_subslice_read,
	transform_pcre_read;

transform_do transform_strip_whitespace, transform_compress_whitespace, transform_lowercase,
	transform_uppercase, transform_dotprefix, transform_header_lowercase,
	transform_strip_pseudo_headers, transform_url_decode, transform_xor, transform_base64,
	transform_subslice, transform_pcre, transform_md5, transform_sha1, transform_sha256;

#endif
