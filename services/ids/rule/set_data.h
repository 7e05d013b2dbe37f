/* SPDX-License-Identifier: BSD-3-Clause */
/* What all rules of a set look at: each buffer, as it is or transformed, once. For the files of
 * this folder only. */

#ifndef IDS_SET_DATA_H
#define IDS_SET_DATA_H

#include "rule/set.h"

enum { SET_DATA_MAX = 8192 };

/** Gives a list the number of what it looks at, and transforms that stay. Takes over those it has:
 * those it has in common with others are closed. @return 0, -ENOMEM, or -ENOSPC: there are too many
 */
int set_data_add(struct rule_set *set, struct rule_list *list);

/** Counts who looks at what. */
void set_data_count(struct rule_set *set);

/** Closes all transforms. */
void set_data_close(struct rule_set *set);

#endif
