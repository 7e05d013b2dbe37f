/* SPDX-License-Identifier: BSD-3-Clause */
/* See ids_dear.h. */

#include "ids_dear.h"

#include <stdlib.h>
#include <string.h>
#include <x86intrin.h>

#include "match/hostile.h"

enum { TIMES = 9 /* that a list is measured */, BYTES = 1000 };

static int
least_first(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(const double *values, unsigned int n)
{
	double sorted[DEAR_ROUNDS];

	memcpy(sorted, values, n * sizeof(*values));
	qsort(sorted, n, sizeof(*sorted), least_first);
	return sorted[n / 2];
}

uint64_t
dear_measure(struct inspector *inspector, const struct rule *rule, unsigned int list,
	     unsigned int kind)
{
	uint8_t bytes[BYTES];
	struct inspect_bytes in = {bytes, sizeof(bytes), 0};
	double took[TIMES];

	hostile_make(&rule->lists[list], kind, bytes, sizeof(bytes));
	for (unsigned int i = 0; i < TIMES; i++) {
		uint64_t start;

		inspector->budget = UINT32_MAX;
		inspect_begin(inspector, rule);
		start = __rdtsc();
		inspect(inspector, &rule->lists[list], &in);
		took[i] = (double)(__rdtsc() - start);
	}
	return (uint64_t)median(took, TIMES);
}

void
dears_keep(struct dears *dears, const struct dear *dear)
{
	unsigned int at = dears->n < DEARS ? dears->n++ : DEARS;

	while (at != 0 && dears->of[at - 1].cycles < dear->cycles) {
		if (at < DEARS)
			dears->of[at] = dears->of[at - 1];
		at--;
	}
	if (at < DEARS)
		dears->of[at] = *dear;
}

void
dears_round(struct dears *dears)
{
	if (dears->n_rounds == DEAR_ROUNDS)
		return;
	for (unsigned int i = 0; i < dears->n; i++) {
		struct dear *dear = &dears->of[i];
		uint64_t cycles =
			dear_measure(&dears->inspector, dear->rule, dear->list, dear->kind);

		dear->rounds[dears->n_rounds] = (double)cycles / BYTES;
	}
	dears->n_rounds++;
}

const struct dear *
dears_worst(const struct dears *dears)
{
	const struct dear *worst = &dears->of[0];

	for (unsigned int i = 1; i < dears->n; i++)
		if (median(dears->of[i].rounds, dears->n_rounds) >
		    median(worst->rounds, dears->n_rounds))
			worst = &dears->of[i];
	return worst;
}
