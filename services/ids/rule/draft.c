/* SPDX-License-Identifier: BSD-3-Clause */
/* See draft.h. Conditions are chained until the rule is whole, and copied into it then. */

#include "rule/draft.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rule/set.h"
#include "rule/set_data.h"
#include "rule/words.h"

struct draft *
draft_create(struct rule_set *set)
{
	struct draft *draft = calloc(1, sizeof(*draft));

	if (draft == NULL)
		return NULL;
	draft->reader.set = set;
	draft->reader.arena = set->arena;
	draft->reader.vars = set->conf.vars;
	draft->reader.ips = set->conf.ips;
	draft->matches = calloc(DRAFT_MATCHES, sizeof(*draft->matches));
	draft->lists = calloc(DRAFT_LISTS, sizeof(*draft->lists));
	draft->options = calloc(DRAFT_OPTIONS, sizeof(*draft->options));
	draft->words = words_create();
	if (draft->matches != NULL && draft->lists != NULL && draft->options != NULL &&
	    draft->words != NULL)
		return draft;
	draft_destroy(draft);
	return NULL;
}

/** Gives back what the lists of a rule that did not become one have. */
static void
drop_lists(struct draft *draft)
{
	for (unsigned int i = 0; i < draft->n_lists; i++)
		for (unsigned int t = 0; t < draft->lists[i].list.n_transforms; t++)
			transform_close(&draft->lists[i].transforms[t]);
	draft->n_lists = 0;
}

void
draft_destroy(struct draft *draft)
{
	if (draft == NULL)
		return;
	drop_lists(draft);
	words_destroy(draft->words);
	free(draft->options);
	free(draft->lists);
	free(draft->matches);
	free(draft);
}

void
draft_open(struct draft *draft, struct rule *rule)
{
	struct draft kept = *draft;

	drop_lists(draft);
	*draft = (struct draft){
		.reader = {.set = kept.reader.set,
			   .arena = kept.reader.arena,
			   .vars = kept.reader.vars,
			   .ips = kept.reader.ips,
			   .rule = rule},
		.words = kept.words,
		.matches = kept.matches,
		.lists = kept.lists,
		.options = kept.options,
	};
}

int
draft_var(const struct draft *draft, const char *name)
{
	for (int i = 0; i < draft->n_vars; i++)
		if (strcmp(draft->vars[i], name) == 0)
			return i;
	return -1;
}

int
draft_add_var(struct draft *draft, const char *name)
{
	if (draft->n_vars == DRAFT_VARS) {
		reader_fault(&draft->reader, "there are more than %d variables", DRAFT_VARS);
		return -1;
	}
	draft->vars[draft->n_vars] = name;
	return draft->n_vars++;
}

/** Content is looked for in lower case where its case does not matter. */
static void
lower(struct rule_match *match)
{
	uint8_t *bytes = (uint8_t *)(uintptr_t)match->content.bytes; /* of the rule's own copy */

	if (match->kind != MATCH_CONTENT || (match->content.flags & CONTENT_NOCASE) == 0)
		return;
	for (uint32_t i = 0; i < match->content.size; i++)
		if (bytes[i] >= 'A' && bytes[i] <= 'Z')
			bytes[i] |= 0x20;
}

/** Copies a list's conditions. @return NULL: no memory */
static struct rule_match *
copy_matches(const struct draft *draft, const struct draft_list *list)
{
	struct rule_match *copy;
	unsigned int n = 0;

	copy = wp_arena_alloc(draft->reader.arena, list->list.n * sizeof(*copy));
	if (copy == NULL)
		return NULL;
	for (struct draft_match *match = list->first; match != NULL; match = match->next) {
		lower(&match->match);
		copy[n++] = match->match;
	}
	return copy;
}

static void *
copy_array(struct wp_arena *arena, const void *array, size_t size)
{
	void *copy = wp_arena_alloc(arena, size);

	if (copy != NULL && size != 0)
		memcpy(copy, array, size);
	return copy;
}

static int
close_lists(struct draft *draft, struct rule *rule)
{
	rule->lists = wp_arena_alloc(draft->reader.arena, draft->n_lists * sizeof(*rule->lists));
	if (rule->lists == NULL)
		return -ENOMEM;
	for (unsigned int i = 0; i < draft->n_lists; i++) {
		struct draft_list *from = &draft->lists[i];
		struct rule_list *to = &rule->lists[rule->n_lists];
		int err;

		if (from->list.n == 0)
			continue; /* its conditions were moved elsewhere */
		*to = from->list;
		to->matches = copy_matches(draft, from);
		if (to->matches == NULL)
			return -ENOMEM;
		err = set_data_add(draft->reader.set, to);
		if (err != 0)
			return err == -ENOSPC ? reader_fault(&draft->reader,
							     "there are too many transforms")
					      : err;
		from->list.n_transforms = 0; /* the set has them now */
		rule->n_lists++;
	}
	return 0;
}

int
draft_close(struct draft *draft)
{
	struct rule *rule = draft->reader.rule;
	struct wp_arena *arena = draft->reader.arena;
	int err = close_lists(draft, rule);

	if (err != 0)
		return err;
	rule->n_vars = draft->n_vars;
	rule->n_packet = draft->packet.list.n;
	rule->n_after = draft->after.list.n;
	rule->packet = copy_matches(draft, &draft->packet);
	rule->after = copy_matches(draft, &draft->after);
	rule->references = copy_array(arena, draft->references,
				      rule->n_references * sizeof(*draft->references));
	rule->metadata =
		copy_array(arena, draft->metadata, rule->n_metadata * sizeof(*draft->metadata));
	return rule->packet == NULL || rule->after == NULL || rule->references == NULL ||
			       rule->metadata == NULL
		       ? -ENOMEM
		       : 0;
}
