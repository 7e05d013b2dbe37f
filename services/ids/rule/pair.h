/* SPDX-License-Identifier: BSD-3-Clause */
/* Rules of "=>": about a request and its answer, each condition on bytes about one of them. */

#ifndef IDS_PAIR_H
#define IDS_PAIR_H

#include <stdint.h>

#include "rule/draft.h"

/** Reads which of them a condition is about: "to_server", "to_client". @param[out] side  one of
 * BUFFER_TO_SERVER and BUFFER_TO_CLIENT @return 0, or -EINVAL after a fault */
int pair_read_side(struct rule_reader *reader, const char *text, uint8_t *side);

/** Checks such a rule when all of it is read, and says of each list which it is about. @return
 * likewise */
int pair_check(struct draft *draft);

#endif
