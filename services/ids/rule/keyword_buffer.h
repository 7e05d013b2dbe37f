/* SPDX-License-Identifier: BSD-3-Clause */
/* Readers of the words that say which bytes conditions are about. For the files of this folder
 * only. */

#ifndef IDS_KEYWORD_BUFFER_H
#define IDS_KEYWORD_BUFFER_H

#include "rule/draft.h"
#include "rule/keyword.h"

extern const struct keyword keywords_number[]; /* byte_test, byte_jump, ... */
extern const struct keyword keywords_size[];   /* bsize, isdataat, base64_decode, ... */
extern const struct keyword keywords_pcre[];

/** Reads "http.uri" in front of its conditions; detail: enum buffer_id. */
int keyword_sticky_read(struct rule_reader *reader, const struct keyword *keyword, char *value);

/** Reads "http_uri" behind its content; likewise. */
int keyword_modifier_read(struct rule_reader *reader, const struct keyword *keyword, char *value);

/** Reads a transform. */
int keyword_transform_read(struct rule_reader *reader, const char *word, const char *value);

/** Moves a content of the payload to a buffer. @return 0 or -EINVAL after a fault */
int keyword_move(struct rule_reader *reader, const char *word, enum buffer_id buffer);

#endif
