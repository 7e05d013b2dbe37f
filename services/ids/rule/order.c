/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * See order.h. As Suricata has it: by action; then rules that set variables before those that set
 * and ask for them, those before rules that only ask, and all of them before the others, for each
 * kind of variable; then by priority, and by sid in the end.
 */

#include "rule/order.h"

#include <errno.h>
#include <stdlib.h>

/** Kinds of variables, in the order in which they count; of bits of hosts only their setting does,
 * and xbits do not count. */
enum order_kind {
	ORDER_FLOWBITS,
	ORDER_FLOWINTS,
	ORDER_FLOW_CAPTURES,
	ORDER_PACKET_CAPTURES,
	ORDER_HOST_BITS,
	ORDER_KINDS,
};

/** What a rule does with variables of a kind, as bits. */
enum order_use { ORDER_READS = 1, ORDER_SETS = 2 };

struct order_key {
	struct rule *rule;
	uint8_t action;             /* its rank: lower ones come first */
	uint8_t ranks[ORDER_KINDS]; /* higher ones come first */
};

static unsigned int
use_of_bits(const struct rule_bits *bits)
{
	return bits->command == BITS_IS_SET || bits->command == BITS_IS_NOT_SET ? ORDER_READS
										: ORDER_SETS;
}

static unsigned int
use_of_flowint(const struct rule_flowint *flowint)
{
	return flowint->command <= FLOWINT_SUB ? ORDER_SETS : ORDER_READS;
}

static void
add_uses(const struct rule_match *matches, unsigned int n, unsigned int *uses)
{
	for (unsigned int i = 0; i < n; i++) {
		const struct rule_match *match = &matches[i];

		if (match->kind == MATCH_FLOWBITS)
			uses[ORDER_FLOWBITS] |= use_of_bits(&match->bits);
		else if (match->kind == MATCH_FLOWINT)
			uses[ORDER_FLOWINTS] |= use_of_flowint(&match->flowint);
		else if (match->kind == MATCH_HOSTBITS && use_of_bits(&match->bits) == ORDER_SETS)
			uses[ORDER_HOST_BITS] |= ORDER_SETS;
	}
}

static void
add_captures(const struct rule_list *list, unsigned int *uses)
{
	for (unsigned int i = 0; i < list->n; i++) {
		const struct rule_match *match = &list->matches[i];

		for (unsigned int c = 0; match->kind == MATCH_PCRE && c < match->pcre.n_captures;
		     c++)
			uses[match->pcre.captures[c].of_flow ? ORDER_FLOW_CAPTURES
							     : ORDER_PACKET_CAPTURES] |= ORDER_SETS;
	}
}

static struct order_key
key_of(struct rule *rule)
{
	static const uint8_t ranks[] = {
		[0] = 0, [ORDER_READS] = 1, [ORDER_READS | ORDER_SETS] = 2, [ORDER_SETS] = 3};
	struct order_key key = {.rule = rule};
	unsigned int uses[ORDER_KINDS] = {0};

	add_uses(rule->packet, rule->n_packet, uses);
	add_uses(rule->after, rule->n_after, uses);
	for (unsigned int i = 0; i < rule->n_lists; i++)
		add_captures(&rule->lists[i], uses);
	for (unsigned int i = 0; i < ORDER_KINDS; i++)
		key.ranks[i] = ranks[uses[i]];
	return key;
}

static int
compare_numbers(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

static int
compare(const void *a, const void *b)
{
	const struct order_key *left = a, *right = b;
	int order = compare_numbers(left->action, right->action);

	if (order == 0)
		order = compare_numbers(left->rule->action, right->rule->action);

	for (unsigned int i = 0; order == 0 && i < ORDER_KINDS; i++)
		order = compare_numbers(right->ranks[i], left->ranks[i]);
	if (order == 0)
		order = compare_numbers(left->rule->priority, right->rule->priority);
	if (order == 0)
		order = compare_numbers(left->rule->sid, right->rule->sid);
	return order != 0 ? order : compare_numbers(left->rule->number, right->rule->number);
}

int
order_rules(struct rule **rules, uint32_t n, const uint8_t *ranks)
{
	struct order_key *keys = calloc(n == 0 ? 1 : n, sizeof(*keys));

	if (keys == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		keys[i] = key_of(rules[i]);
		keys[i].action = ranks[rules[i]->action];
	}
	qsort(keys, n, sizeof(*keys), compare);
	for (uint32_t i = 0; i < n; i++)
		rules[i] = keys[i].rule;
	free(keys);
	return 0;
}
