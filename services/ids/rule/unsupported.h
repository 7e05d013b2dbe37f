/* SPDX-License-Identifier: BSD-3-Clause */
/* Words that are right in rules, but that nothing here can evaluate. */

#ifndef IDS_UNSUPPORTED_H
#define IDS_UNSUPPORTED_H

#include <stdbool.h>

/** @return whether a word is one of them. */
bool unsupported(const char *word);

#endif
