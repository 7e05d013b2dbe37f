/* SPDX-License-Identifier: BSD-3-Clause */
/* See cost.h. Somebody else may have had the core for a while: what seems dear is measured again,
 * and the least counts. */

#include "match/cost.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <x86intrin.h>

#include "match/hostile.h"
#include "match/inspect.h"

enum {
	TIMES = 5,       /* that something dear is measured, */
	TIMES_MOST = 40, /* and what seems to be too dear */
	CHEAP = 75,      /* cycles a byte that are not measured again */
	TIGHTENINGS = 3, /* of an expression */
};

struct cost_meter {
	struct inspector inspector;
	uint8_t bytes[COST_BYTES];
};

struct cost_meter *
cost_meter_create(void)
{
	return calloc(1, sizeof(struct cost_meter));
}

void
cost_meter_destroy(struct cost_meter *meter)
{
	free(meter);
}

/** @return whether a list looks once at each byte for each of its conditions, and no more. */
static bool
is_simple(const struct rule_list *list)
{
	const uint16_t chained = CONTENT_DISTANCE | CONTENT_WITHIN;

	for (unsigned int i = 0; i < list->n; i++) {
		const struct rule_match *match = &list->matches[i];

		if (match->kind == MATCH_CONTENT && (match->content.flags & chained) == 0)
			continue;
		if (match->kind != MATCH_BSIZE && match->kind != MATCH_ABSENT)
			return false;
	}
	return true;
}

/** Asks a list about the bytes once. @return cycles */
static uint64_t
ask_once(struct cost_meter *meter, const struct rule *rule, const struct rule_list *list)
{
	const struct inspect_bytes bytes = {meter->bytes, COST_BYTES, 0};
	uint64_t start;

	meter->inspector.budget = UINT32_MAX;
	inspect_begin(&meter->inspector, rule);
	start = __rdtsc();
	inspect(&meter->inspector, list, &bytes);
	return __rdtsc() - start;
}

/** @return cycles a byte */
static uint64_t
measure(struct cost_meter *meter, const struct rule *rule, const struct rule_list *list)
{
	uint64_t least = UINT64_MAX;

	for (unsigned int i = 0;
	     i < TIMES || (i < TIMES_MOST && least > (uint64_t)COST_MOST * COST_BYTES); i++) {
		uint64_t now = ask_once(meter, rule, list);

		least = now < least ? now : least;
		if (least < (uint64_t)CHEAP * COST_BYTES)
			break;
	}
	return least / COST_BYTES;
}

/** Measures a list over all kinds of bytes that are meant for it. */
static void
measure_list(struct cost_meter *meter, const struct rule *rule, const struct rule_list *list,
	     struct cost *cost)
{
	for (unsigned int i = 0; i < hostile_kinds(list); i++) {
		uint64_t cycles;

		hostile_make(list, i, meter->bytes, COST_BYTES);
		cycles = measure(meter, rule, list);
		if (cycles > cost->cycles)
			cost->cycles = cycles > UINT16_MAX ? UINT16_MAX : (uint16_t)cycles;
		cost->is_ended |= meter->inspector.steps.left == 0;
	}
}

static void
measure_rule(struct cost_meter *meter, const struct rule *rule, struct cost *cost)
{
	*cost = (struct cost){0};
	for (unsigned int i = 0; i < rule->n_lists; i++) {
		const struct rule_list *list = &rule->lists[i];

		if (!is_simple(list))
			measure_list(meter, rule, list, cost);
		else if (cost->cycles < list->n)
			cost->cycles = list->n; /* a cycle for a byte, and for each condition */
	}
}

/** Bounds all expressions of a rule more tightly. @return 0; -ENOENT: it has none; or as
 * pattern_tighten() */
static int
tighten(const struct rule *rule)
{
	int err = -ENOENT;

	for (unsigned int i = 0; i < rule->n_lists; i++)
		for (unsigned int k = 0; k < rule->lists[i].n; k++) {
			const struct rule_match *match = &rule->lists[i].matches[k];

			if (match->kind != MATCH_PCRE)
				continue;
			err = pattern_tighten(match->pcre.pattern, &match->pcre);
			if (err != 0)
				return err;
		}
	return err;
}

int
cost_admit(struct cost_meter *meter, const struct rule *rule, struct hs_scratch *scratch,
	   struct cost *cost, char *why, size_t size)
{
	int err = 0;

	meter->inspector.patterns = pattern_worker_create(scratch);
	if (meter->inspector.patterns == NULL)
		return -ENOMEM;
	measure_rule(meter, rule, cost);
	for (unsigned int i = 0; i < TIGHTENINGS && cost->cycles > COST_MOST && err == 0; i++) {
		err = tighten(rule);
		if (err == 0)
			measure_rule(meter, rule, cost);
		cost->is_tightened |= err == 0;
	}
	pattern_worker_destroy(meter->inspector.patterns);
	if (cost->cycles <= COST_NEVER)
		return 0;
	snprintf(why, size, "it may cost %u cycles a byte, of %u at the most", cost->cycles,
		 COST_NEVER);
	return -EINVAL;
}
