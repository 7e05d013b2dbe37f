/* SPDX-License-Identifier: BSD-3-Clause */
/* Conditions on bytes of which more are to come. */

#ifndef IDS_PART_H
#define IDS_PART_H

#include <stdbool.h>

#include "rule/rule.h"

/** @return whether a list that holds of a part of a buffer holds of the whole, wherever the part
 * stands in it. Control. */
bool part_decides(const struct rule_list *list);

#endif
