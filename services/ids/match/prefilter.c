/* SPDX-License-Identifier: BSD-3-Clause */
/* See prefilter.h. Hyperscan does the work; rules with the same literal share it. */

#include "match/prefilter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hs/hs.h>

#include "match/ballast.h"
#include "match/cache.h"
#include "match/rarity.h"
#include "rule/compiling.h"
#include "rule/grow.h"

/* Longer literals that are full of repetitions Hyperscan 5.4 may miss: these bytes of one are
 * enough to find a rule by. */
enum { LITERAL_MAX = 32 };

/** A literal that a rule needs. */
struct need {
	const uint8_t *bytes;
	uint32_t rule;
	uint16_t size;
	bool nocase;
};

struct prefilter_plan {
	struct need *needs;
	uint32_t n, room;
};

struct prefilter {
	hs_database_t *hs;
	uint32_t n;      /* literals */
	uint32_t *first; /* index: literal; of its rules, n + 1 of them */
	uint32_t *rules;
};

struct prefilter_plan *
prefilter_plan(void)
{
	return calloc(1, sizeof(struct prefilter_plan));
}

void
prefilter_plan_destroy(struct prefilter_plan *plan)
{
	if (plan == NULL)
		return;
	free(plan->needs);
	free(plan);
}

int
prefilter_add(struct prefilter_plan *plan, const uint8_t *bytes, uint16_t size, bool nocase,
	      uint32_t rule)
{
	struct need *needs = grow(plan->needs, plan->n, &plan->room, sizeof(*needs));

	if (needs == NULL)
		return -ENOMEM;
	plan->needs = needs;
	if (size > LITERAL_MAX)
		size = LITERAL_MAX;
	size = (uint16_t)rarity_end(bytes, size, nocase);
	needs[plan->n++] = (struct need){bytes, rule, size, nocase};
	return 0;
}

/** Orders by literal, so that the same ones stand together, and then by rule. */
static int
compare_literals(const struct need *a, const struct need *b)
{
	int order;

	if (a->size != b->size)
		return a->size < b->size ? -1 : 1;
	if (a->nocase != b->nocase)
		return a->nocase ? 1 : -1;
	order = memcmp(a->bytes, b->bytes, a->size);
	return order;
}

static int
compare(const void *a, const void *b)
{
	const struct need *x = a, *y = b;
	int order = compare_literals(x, y);

	return order != 0 ? order : x->rule < y->rule ? -1 : x->rule > y->rule;
}

/** What Hyperscan is given. */
struct literals {
	const char **bytes;
	size_t *sizes;
	unsigned int *flags, *ids;
	struct ballast *ballast;
	uint32_t n;
};

static void
literals_free(struct literals *literals)
{
	free(literals->bytes);
	free(literals->sizes);
	free(literals->flags);
	free(literals->ids);
	free(literals->ballast);
}

/** @param n  room for literals; as many as ballast_count() says come on top */
static int
literals_alloc(struct literals *literals, uint32_t n)
{
	size_t all = (size_t)n + ballast_count(n);

	*literals = (struct literals){
		.bytes = calloc(all, sizeof(*literals->bytes)),
		.sizes = calloc(all, sizeof(*literals->sizes)),
		.flags = calloc(all, sizeof(*literals->flags)),
		.ids = calloc(all, sizeof(*literals->ids)),
		.ballast = calloc(ballast_count(n) + 1, sizeof(*literals->ballast)),
	};
	if (literals->bytes != NULL && literals->sizes != NULL && literals->flags != NULL &&
	    literals->ids != NULL && literals->ballast != NULL)
		return 0;
	literals_free(literals);
	return -ENOMEM;
}

/** Parts the sorted needs into literals and their rules. */
static void
gather(const struct need *needs, uint32_t n, struct prefilter *prefilter, struct literals *literals)
{
	for (uint32_t i = 0; i < n; i++) {
		prefilter->rules[i] = needs[i].rule;
		if (i != 0 && compare_literals(&needs[i - 1], &needs[i]) == 0)
			continue;
		literals->bytes[prefilter->n] = (const char *)needs[i].bytes;
		literals->sizes[prefilter->n] = needs[i].size;
		/* HS_FLAG_SINGLEMATCH makes Hyperscan 5.4 miss more of them. */
		literals->flags[prefilter->n] = needs[i].nocase ? HS_FLAG_CASELESS : 0;
		literals->ids[prefilter->n] = prefilter->n;
		prefilter->first[prefilter->n++] = i;
	}
	prefilter->first[prefilter->n] = n;
	literals->n = prefilter->n;
}

/** Puts ballast behind the literals; found() knows it by its ids. */
static void
add_ballast(struct literals *literals)
{
	uint32_t n = ballast_count(literals->n);

	ballast_fill(literals->ballast, n);
	for (uint32_t i = 0; i < n; i++) {
		literals->bytes[literals->n] = (const char *)literals->ballast[i].bytes;
		literals->sizes[literals->n] = BALLAST_SIZE;
		literals->ids[literals->n] = literals->n;
		literals->n++;
	}
}

static int
compile(struct prefilter *prefilter, const struct literals *literals,
	const struct compiling *compiling, char *why, size_t size)
{
	const char *cache = compiling_cache(compiling);
	const struct cache_source source = {literals->bytes, literals->sizes, literals->flags,
					    literals->n};
	hs_compile_error_t *error = NULL;

	if (cache != NULL && cache_load(cache, &source, &prefilter->hs, 1))
		return 0;
	if (compiling_is_over(compiling))
		return -ECANCELED;
	if (hs_compile_lit_multi(literals->bytes, literals->flags, literals->ids, literals->sizes,
				 literals->n, HS_MODE_BLOCK, NULL, &prefilter->hs,
				 &error) != HS_SUCCESS) {
		snprintf(why, size, "Hyperscan: %s", error->message);
		hs_free_compile_error(error);
		prefilter->hs = NULL;
		return -EINVAL;
	}
	if (cache != NULL)
		compiling_kept(compiling, cache_save(cache, &source, &prefilter->hs, 1));
	return 0;
}

int
prefilter_create(const struct prefilter_plan *plan, const struct compiling *compiling,
		 struct prefilter **prefilter, char *why, size_t size)
{
	struct prefilter *new = calloc(1, sizeof(*new));
	struct literals literals;
	int err = -ENOMEM;

	snprintf(why, size, "no memory");
	if (new == NULL)
		return err;
	new->first = calloc(plan->n + 1, sizeof(*new->first));
	new->rules = calloc(plan->n + 1, sizeof(*new->rules));
	if (new->first == NULL || new->rules == NULL || literals_alloc(&literals, plan->n + 1) != 0)
		goto err_new;
	qsort(plan->needs, plan->n, sizeof(*plan->needs), compare);
	gather(plan->needs, plan->n, new, &literals);
	add_ballast(&literals);
	err = compile(new, &literals, compiling, why, size);
	literals_free(&literals);
	if (err != 0)
		goto err_new;
	*prefilter = new;
	return 0;

err_new:
	prefilter_destroy(new);
	return err;
}

void
prefilter_destroy(struct prefilter *prefilter)
{
	if (prefilter == NULL)
		return;
	hs_free_database(prefilter->hs);
	free(prefilter->first);
	free(prefilter->rules);
	free(prefilter);
}

int
prefilter_grow_scratch(const struct prefilter *prefilter, struct hs_scratch **scratch)
{
	return hs_alloc_scratch(prefilter->hs, scratch) == HS_SUCCESS ? 0 : -ENOMEM;
}

struct scan {
	const struct prefilter *prefilter;
	struct candidates *candidates;
};

static int
found(unsigned int literal, unsigned long long from, unsigned long long to, unsigned int flags,
      void *arg)
{
	const struct scan *scan = arg;
	const struct prefilter *prefilter = scan->prefilter;

	if (literal >= prefilter->n)
		return 0; /* ballast: somebody sends it on purpose */
	for (uint32_t i = prefilter->first[literal]; i < prefilter->first[literal + 1]; i++)
		candidates_add(scan->candidates, prefilter->rules[i]);
	return 0;
}

void
prefilter_scan(const struct prefilter *prefilter, struct hs_scratch *scratch, const uint8_t *bytes,
	       uint32_t size, struct candidates *candidates)
{
	struct scan scan = {prefilter, candidates};

	if (size != 0)
		hs_scan(prefilter->hs, (const char *)bytes, size, 0, scratch, found, &scan);
}
