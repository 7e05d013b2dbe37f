/* SPDX-License-Identifier: BSD-3-Clause */
/* Parts of draft_check(). For the files of this folder only. */

#ifndef IDS_CHECK_H
#define IDS_CHECK_H

#include "rule/draft.h"

/** Says what is wrong with a buffer, at the word that named it. @return -EINVAL */
int check_fault(struct draft *draft, const struct draft_list *list, const char *why);

/** Checks, and puts right, the contents of a list: whether they can be there at all. @return 0 or
 * -EINVAL after a fault */
int check_contents(struct draft *draft, const struct draft_list *list);

/** Checks that what is asked of packets goes together with what is asked of streams and messages.
 * Likewise. */
int check_packets(struct draft *draft);

#endif
