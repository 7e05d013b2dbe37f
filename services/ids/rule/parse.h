/* SPDX-License-Identifier: BSD-3-Clause */
/* One rule: its header, its options by the tables of keyword.h, and whether they go together. */

#ifndef IDS_PARSE_H
#define IDS_PARSE_H

#include "rule/keyword.h"
#include "rule/set.h"

/**
 * Reads one rule.
 *
 * @param text    the rule; changed, and parts of it are kept: in the arena of the set
 * @param rule    its text, file and line are there already
 * @param[out] fault  column, sid, why and hint, when it cannot be used
 * @return 0; 1: the rule is right, but is not meant for us ("requires"); -EINVAL or -ENOMEM
 */
int parse_rule(struct rule_set *set, char *text, struct rule *rule, struct rule_fault *fault);

/** @return what rules call a protocol. */
const char *parse_l7_name(enum rule_l7 l7);

#endif
