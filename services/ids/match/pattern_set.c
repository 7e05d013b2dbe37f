/* SPDX-License-Identifier: BSD-3-Clause */
/* See pattern_set.h. Rules are written after each other's model: two of three have an expression
 * that another one has, too. */

#include "match/pattern_set.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <hs/hs.h>

#include "match/cache.h"
#include "match/pattern.h"
#include "rule/compiling.h"
#include "rule/set.h"

/** One expression. */
struct member {
	const struct rule_pcre *pcre; /* of one of its rules */
	bool suits;                   /* Hyperscan may have it */
	bool where;                   /* it is asked where it is found */
	hs_database_t *hs;            /* until the pattern has it; NULL: Hyperscan cannot have it */
	struct pattern *pattern;      /* NULL: nobody was given it yet */
};

struct pattern_set {
	struct member *members; /* in order; those for Hyperscan first */
	unsigned int n, n_hs;
};

/* Gathering. */

/** @return whether a condition behind a pattern asks where that was found. */
static bool
is_asked_where(const struct rule_list *list, unsigned int index)
{
	const struct rule_match *next;

	if (index + 1 >= list->n)
		return false;
	next = &list->matches[index + 1];
	switch (next->kind) {
	case MATCH_CONTENT:
		if ((next->content.flags & (CONTENT_DISTANCE | CONTENT_WITHIN)) != 0)
			return true;
		/* What is not to be there leaves off where the pattern has. */
		return (next->content.flags & CONTENT_NEGATED) != 0 &&
		       is_asked_where(list, index + 1);
	case MATCH_PCRE:
		if ((next->pcre.flags & PCRE_RELATIVE) != 0)
			return true;
		return (next->pcre.flags & PCRE_NEGATED) != 0 && is_asked_where(list, index + 1);
	case MATCH_BSIZE:
	case MATCH_DATASET:
		return is_asked_where(list, index + 1);
	default:
		return true;
	}
}

static struct member
member_of(const struct rule_list *list, unsigned int index)
{
	const struct rule_pcre *pcre = &list->matches[index].pcre;

	return (struct member){.pcre = pcre,
			       .suits = pattern_suits_hs(pcre),
			       .where = pcre->n_captures != 0 || is_asked_where(list, index)};
}

static int
compare(const void *a, const void *b)
{
	const struct member *x = a, *y = b;

	if (x->suits != y->suits)
		return x->suits ? -1 : 1;
	if (x->where != y->where)
		return x->where ? 1 : -1;
	if (x->pcre->flags != y->pcre->flags)
		return x->pcre->flags < y->pcre->flags ? -1 : 1;
	return strcmp(x->pcre->text, y->pcre->text);
}

/** Writes down the patterns of a list. @return how many they are @param members  NULL: only counts
 */
static unsigned int
gather_list(const struct rule_list *list, struct member *members)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < list->n; i++)
		if (list->matches[i].kind == MATCH_PCRE) {
			if (members != NULL)
				members[n] = member_of(list, i);
			n++;
		}
	return n;
}

static unsigned int
gather(const struct rule_set *rules, struct member *members)
{
	unsigned int n = 0;

	for (uint32_t i = 0; i < rules->n; i++)
		for (unsigned int k = 0; k < rules->rules[i]->n_lists; k++)
			n += gather_list(&rules->rules[i]->lists[k],
					 members == NULL ? NULL : members + n);
	return n;
}

/** Sorts members, and leaves each once. */
static void
sort(struct pattern_set *set)
{
	unsigned int n = 0;

	qsort(set->members, set->n, sizeof(*set->members), compare);
	for (unsigned int i = 0; i < set->n; i++)
		if (n == 0 || compare(&set->members[n - 1], &set->members[i]) != 0)
			set->members[n++] = set->members[i];
	set->n = n;
	while (set->n_hs < n && set->members[set->n_hs].suits)
		set->n_hs++;
}

/* Compiling for Hyperscan. */

/** What the cache is asked for. */
struct request {
	const char **texts;
	size_t *sizes;
	unsigned int *flags;
	hs_database_t **databases;
};

static void
request_free(struct request *request)
{
	free(request->texts);
	free(request->sizes);
	free(request->flags);
	free(request->databases);
}

static int
request_make(const struct pattern_set *set, struct request *request)
{
	unsigned int n = set->n_hs + 1; /* one more: none is no failure */

	request->texts = calloc(n, sizeof(*request->texts));
	request->sizes = calloc(n, sizeof(*request->sizes));
	request->flags = calloc(n, sizeof(*request->flags));
	request->databases = calloc(n, sizeof(hs_database_t *));
	if (request->texts == NULL || request->sizes == NULL || request->flags == NULL ||
	    request->databases == NULL)
		return -ENOMEM;
	for (unsigned int i = 0; i < set->n_hs; i++) {
		request->texts[i] = set->members[i].pcre->text;
		request->sizes[i] = strlen(request->texts[i]);
		request->flags[i] = pattern_hs_flags(set->members[i].pcre);
	}
	return 0;
}

/** @return 0 or -ECANCELED */
static int
compile(const struct pattern_set *set, const struct request *request,
	const struct compiling *compiling)
{
	const char *cache = compiling_cache(compiling);
	const struct cache_source source = {request->texts, request->sizes, request->flags,
					    set->n_hs};

	if (cache != NULL && cache_load(cache, &source, request->databases, set->n_hs))
		return 0;
	for (unsigned int i = 0; i < set->n_hs && !compiling_is_over(compiling); i++)
		request->databases[i] = pattern_compile_hs(set->members[i].pcre);
	if (compiling_is_over(compiling))
		return -ECANCELED;
	if (cache != NULL)
		compiling_kept(compiling,
			       cache_save(cache, &source, request->databases, set->n_hs));
	return 0;
}

static int
compile_all(struct pattern_set *set, const struct compiling *compiling)
{
	struct request request = {0};
	int err = request_make(set, &request);

	if (err == 0)
		err = compile(set, &request, compiling);
	for (unsigned int i = 0; request.databases != NULL && i < set->n_hs; i++)
		set->members[i].hs = request.databases[i];
	request_free(&request);
	return err;
}

/* All together. */

int
pattern_set_create(const struct rule_set *rules, const struct compiling *compiling,
		   struct pattern_set **set)
{
	struct pattern_set *new = calloc(1, sizeof(*new));
	int err = -ENOMEM;

	if (new == NULL)
		return err;
	new->n = gather(rules, NULL);
	new->members = calloc((size_t) new->n + 1, sizeof(*new->members));
	if (new->members != NULL) {
		gather(rules, new->members);
		sort(new);
		err = compile_all(new, compiling);
	}
	if (err != 0) {
		pattern_set_destroy(new);
		return err;
	}
	*set = new;
	return 0;
}

void
pattern_set_destroy(struct pattern_set *set)
{
	if (set == NULL)
		return;
	for (unsigned int i = 0; set->members != NULL && i < set->n; i++) {
		hs_free_database(set->members[i].hs);
		pattern_destroy(set->members[i].pattern);
	}
	free(set->members);
	free(set);
}

/** Makes a pattern ready, if it is not. */
static int
make(struct member *member, struct hs_scratch **scratch, char *why, size_t size)
{
	int err;

	if (member->pattern != NULL)
		return 0;
	err = pattern_create(member->pcre, member->hs, member->where, &member->pattern, why, size);
	if (err != 0)
		return err;
	member->hs = NULL;
	return pattern_grow_scratch(member->pattern, scratch);
}

int
pattern_set_give(struct pattern_set *set, const struct rule *rule, struct hs_scratch **scratch,
		 char *why, size_t size)
{
	int err = 0;

	for (unsigned int i = 0; i < rule->n_lists; i++)
		for (unsigned int k = 0; k < rule->lists[i].n && err == 0; k++) {
			struct rule_match *match = &rule->lists[i].matches[k];
			struct member key, *member;

			if (match->kind != MATCH_PCRE)
				continue;
			key = member_of(&rule->lists[i], k);
			member = bsearch(&key, set->members, set->n, sizeof(key), compare);
			err = make(member, scratch, why, size);
			match->pcre.pattern = member->pattern;
		}
	return err;
}
