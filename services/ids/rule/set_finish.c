/* SPDX-License-Identifier: BSD-3-Clause */
/* What is done with rules when all of them are read; see set.h. */

#include "rule/set.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rule/draft.h"
#include "rule/header.h"
#include "rule/order.h"
#include "rule/set_data.h"

int
rule_set_reject(struct rule_set *set, uint32_t index, const char *why, const char *hint)
{
	const struct rule *rule = set->rules[index];
	struct rule_fault fault = {
		.file = rule->file,
		.line = rule->line,
		.column = 1,
		.sid = rule->sid,
		.why = wp_arena_string(set->arena, why),
		.hint = wp_arena_string(set->arena, hint),
		.text = rule->text,
	};

	if (fault.why == NULL || fault.hint == NULL || rule_set_add_fault(set, &fault) != 0)
		return -ENOMEM;
	memmove(&set->rules[index], &set->rules[index + 1],
		(set->n - index - 1) * sizeof(struct rule *));
	set->n--;
	return 0;
}

/** By (gid, sid), and the later revision first; of equal ones that which was read first. */
static int
compare(const void *a, const void *b)
{
	const struct rule *left = *(struct rule *const *)a, *right = *(struct rule *const *)b;

	if (left->gid != right->gid)
		return left->gid < right->gid ? -1 : 1;
	if (left->sid != right->sid)
		return left->sid < right->sid ? -1 : 1;
	if (left->rev != right->rev)
		return left->rev > right->rev ? -1 : 1;
	return left->number < right->number ? -1 : 1;
}

/** Tells that a rule is there already. One that came with a lower revision before is no fault. */
static int
add_duplicate(struct rule_set *set, const struct rule *rule, const struct rule *first)
{
	char why[128];
	struct rule_fault fault = {
		.file = rule->file,
		.line = rule->line,
		.column = 1,
		.sid = rule->sid,
		.text = rule->text,
		.hint = "a rule replaces another of its sid if its rev is higher"};

	if (rule->number < first->number)
		return 0;
	snprintf(why, sizeof(why), "sid %u is there already, at line %u with rev %u", rule->sid,
		 first->line, first->rev);
	fault.why = wp_arena_string(set->arena, why);
	return fault.why == NULL ? -ENOMEM : rule_set_add_fault(set, &fault);
}

/** Leaves one rule of each (gid, sid). */
static int
part_with_duplicates(struct rule_set *set)
{
	uint32_t n = 0;
	int err = 0;

	if (set->n == 0)
		return 0;
	qsort(set->rules, set->n, sizeof(struct rule *), compare);
	for (uint32_t i = 0; err == 0 && i < set->n; i++) {
		struct rule *rule = set->rules[i];
		const struct rule *last = n == 0 ? NULL : set->rules[n - 1];

		if (last != NULL && last->sid == rule->sid && last->gid == rule->gid)
			err = add_duplicate(set, rule, last);
		else
			set->rules[n++] = rule;
	}
	set->n = n;
	return err;
}

int
rule_set_finish(struct rule_set *set)
{
	int err;

	for (uint32_t i = 0; i < set->n; i++)
		set->rules[i]->number = i; /* in the order they were read */
	err = part_with_duplicates(set);
	if (err == 0)
		err = order_rules(set->rules, set->n, set->conf.ranks);
	for (uint32_t i = 0; i < set->n; i++)
		set->rules[i]->number = i;
	set_data_count(set);
	draft_destroy(set->draft);
	header_sets_destroy(set->sets);
	set->draft = NULL;
	set->sets = NULL;
	return err;
}
