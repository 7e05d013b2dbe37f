/* SPDX-License-Identifier: BSD-3-Clause */
/* The order in which rules are asked. For the files of this folder only. */

#ifndef IDS_ORDER_H
#define IDS_ORDER_H

#include "rule/rule.h"

/** Sorts rules; their numbers say where they stood before. @return 0 or -ENOMEM */
int order_rules(struct rule **rules, uint32_t n, const uint8_t *ranks);

#endif
