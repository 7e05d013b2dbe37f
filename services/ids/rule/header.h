/* SPDX-License-Identifier: BSD-3-Clause */
/* The header of a rule: what it does, and whose packets it is about. For the files of this folder
 * only. */

#ifndef IDS_HEADER_H
#define IDS_HEADER_H

#include "rule/draft.h"
#include "rule/lexer.h"

/** Sets and their texts, for most rules have the same ones. */
struct header_sets;

/** @return NULL: no memory. */
struct header_sets *header_sets_create(void);

/** Accepts NULL; the sets themselves stay in the arena. */
void header_sets_destroy(struct header_sets *sets);

/** Reads a header into the rule of a draft. @return 0, -EINVAL after reader_fault(), or -ENOMEM */
int rule_header_read(struct draft *draft, struct header_sets *sets,
		     const struct lexer_piece words[static LEXER_HEADER]);

#endif
