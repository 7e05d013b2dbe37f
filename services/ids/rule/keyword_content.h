/* SPDX-License-Identifier: BSD-3-Clause */
/* Text of a content into bytes. For the files of this folder only. */

#ifndef IDS_KEYWORD_CONTENT_H
#define IDS_KEYWORD_CONTENT_H

#include "rule/keyword.h"

/** Adds a content of the current buffer. @param text  with its "!" and its quotes, changed and kept
 * @return NULL after a fault */
struct rule_content *keyword_content_add(struct rule_reader *reader, char *text);

/** Reads bytes as contents have them: "abc|0d 0a|". In place; they stay there. @return 0, or
 * -EINVAL after reader_fault() */
int keyword_content_decode(struct rule_reader *reader, char *text, uint16_t *size);

#endif
