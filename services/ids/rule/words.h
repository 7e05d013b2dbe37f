/* SPDX-License-Identifier: BSD-3-Clause */
/* All words that options begin with: those of the tables, and those of the buffers. For the files
 * of this folder only. */

#ifndef IDS_WORDS_H
#define IDS_WORDS_H

#include "rule/keyword.h"

struct words;

/** @return NULL: no memory. */
struct words *words_create(void);

/** Accepts NULL. */
void words_destroy(struct words *words);

/** @param name  in any case @return who reads it; NULL: nobody. */
const struct keyword *words_find(const struct words *words, const char *name);

/** @return the word that is spelled most like a name; NULL: none is. */
const char *words_nearest(const struct words *words, const char *name);

#endif
