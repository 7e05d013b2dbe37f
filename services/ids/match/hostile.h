/* SPDX-License-Identifier: BSD-3-Clause */
/* Bytes that make a list of conditions work as hard as may be: what it looks for, over and over,
 * but for its end. Control. */

#ifndef IDS_HOSTILE_H
#define IDS_HOSTILE_H

#include <stdint.h>

#include "rule/rule.h"

/** @return of how many kinds there are such bytes for a list. */
unsigned int hostile_kinds(const struct rule_list *list);

/** Makes bytes of one kind: all @p size of them. */
void hostile_make(const struct rule_list *list, unsigned int kind, uint8_t *bytes, uint32_t size);

#endif
