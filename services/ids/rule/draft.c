/* SPDX-License-Identifier: BSD-3-Clause */
/* See draft.h. Conditions are chained until the rule is whole: words behind a content may still put
 * it into another list. */

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

static bool
is_same(const struct draft_list *a, const struct draft_list *b)
{
	if (a->list.buffer != b->list.buffer || a->list.side != b->list.side ||
	    a->list.n_transforms != b->list.n_transforms)
		return false;
	for (unsigned int i = 0; i < a->list.n_transforms; i++)
		if (!transform_equal(&a->transforms[i], &b->transforms[i]))
			return false;
	return true;
}

static struct draft_list *
add_list(struct draft *draft, enum buffer_id buffer)
{
	struct draft_list *list;

	if (draft->n_lists == DRAFT_LISTS) {
		reader_fault(&draft->reader, "there are more than %d buffers", DRAFT_LISTS);
		return NULL;
	}
	list = &draft->lists[draft->n_lists++];
	*list = (struct draft_list){.list.buffer = (uint8_t)buffer};
	list->list.transforms = list->transforms;
	list->column = draft->reader.column;
	return list;
}

struct draft_list *
draft_current(struct draft *draft)
{
	if (draft->reader.current != NULL)
		return (struct draft_list *)draft->reader.current;
	for (unsigned int i = 0; i < draft->n_lists; i++)
		if (draft->lists[i].list.buffer == BUFFER_PAYLOAD)
			return &draft->lists[i];
	return NULL;
}

bool
draft_is_sticky(const struct draft *draft)
{
	return draft->reader.current != NULL;
}

/** Sees to it that conditions go to the list that is there already, where a word names a buffer
 * again. Of several such buffers in a message each word means one of its own. */
static struct draft_list *
settle(struct draft *draft, struct draft_list *list)
{
	if (!list->is_open)
		return list;
	list->is_open = false;
	if (buffers[list->list.buffer].is_many || list != &draft->lists[draft->n_lists - 1])
		return list;
	for (unsigned int i = 0; i + 1u < draft->n_lists; i++) {
		if (!is_same(&draft->lists[i], list))
			continue;
		for (unsigned int t = 0; t < list->list.n_transforms; t++)
			transform_close(&list->transforms[t]);
		draft->n_lists--;
		draft->reader.current = &draft->lists[i].list;
		return &draft->lists[i];
	}
	return list;
}

struct draft_list *
draft_list(struct draft *draft, enum buffer_id buffer)
{
	for (unsigned int i = 0; i < draft->n_lists; i++) {
		struct draft_list *list = &draft->lists[i];

		if (list->list.buffer == buffer && list->list.n_transforms == 0)
			return settle(draft, list);
	}
	return add_list(draft, buffer);
}

static void
append(struct draft_list *list, struct draft_match *match)
{
	match->next = NULL;
	match->previous = list->last;
	if (list->last == NULL)
		list->first = match;
	else
		list->last->next = match;
	list->last = match;
	list->list.n++;
}

void
draft_move(struct draft *draft, struct draft_match *match, struct draft_list *list)
{
	struct draft_list *from = draft_list_of(draft, match);

	if (match->previous == NULL)
		from->first = match->next;
	else
		match->previous->next = match->next;
	if (match->next == NULL)
		from->last = match->previous;
	else
		match->next->previous = match->previous;
	from->list.n--;
	append(list, match);
}

struct draft_list *
draft_list_of(struct draft *draft, const struct draft_match *match)
{
	while (match->previous != NULL)
		match = match->previous;
	for (unsigned int i = 0; i < draft->n_lists; i++)
		if (draft->lists[i].first == match)
			return &draft->lists[i];
	return draft->packet.first == match ? &draft->packet : &draft->after;
}

static struct draft_match *
last_of(const struct draft_list *list, enum match_kind kind, enum match_kind other)
{
	struct draft_match *match = list->last;

	while (match != NULL && match->match.kind != kind && match->match.kind != other)
		match = match->previous;
	return match;
}

/** @return whether a word behind conditions may be about those of a list: those of the current
 * buffer, or of any, where none is named. */
static bool
is_meant(const struct draft *draft, const struct draft_list *list)
{
	const struct rule_list *current = draft->reader.current;

	return current == NULL || current == &list->list ||
	       (current->n == 0 && current->buffer == list->list.buffer);
}

struct draft_match *
draft_last(struct draft *draft, enum match_kind kind, enum match_kind other)
{
	struct draft_match *last = NULL;

	for (unsigned int i = 0; i < draft->n_lists; i++) {
		struct draft_match *match = last_of(&draft->lists[i], kind, other);

		if (match != NULL && is_meant(draft, &draft->lists[i]) &&
		    (last == NULL || match->order > last->order))
			last = match;
	}
	return last;
}

/** @return whether a condition on a number, or on how much there is, begins where another ends. */
static bool
is_relative(const struct rule_match *match)
{
	if (match->kind == MATCH_ISDATAAT)
		return match->is_data_at.relative;
	if (match->kind == MATCH_BASE64_DECODE)
		return match->base64.relative;
	return match->kind >= MATCH_BYTE_TEST && match->kind <= MATCH_BYTE_MATH &&
	       (match->bytes.flags & BYTE_RELATIVE) != 0;
}

void
draft_attach(struct draft *draft)
{
	struct draft_match *match, *before;
	struct draft_list *list;

	if (draft->n_matches < 2 || draft_is_sticky(draft))
		return;
	match = &draft->matches[draft->n_matches - 1];
	before = match - 1;
	if (!is_relative(&match->match))
		return;
	while (before > draft->matches && before->match.kind > MATCH_ISDATAAT)
		before--;
	if (before->match.kind > MATCH_ISDATAAT)
		return;
	list = draft_list_of(draft, before);
	if (list != draft_list_of(draft, match))
		draft_move(draft, match, list);
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

bool
draft_is_idle(const struct draft *draft, const struct draft_list *list)
{
	if (!list->is_sticky || list->list.n != 0 || list->list.buffer == BUFFER_BASE64)
		return false;
	for (unsigned int i = 0; i < draft->n_lists; i++) {
		const struct draft_list *other = &draft->lists[i];

		if (other->list.buffer == list->list.buffer && other->list.n != 0 &&
		    (!buffers[list->list.buffer].is_many || list->list.n_transforms != 0))
			return false;
	}
	return true;
}

int
draft_leave(struct draft *draft)
{
	const struct draft_list *list = draft_current(draft);

	draft->reader.last = NULL;
	if (draft_is_sticky(draft) && draft_is_idle(draft, list))
		return reader_fault(&draft->reader, "nothing is asked about '%s'",
				    buffers[list->list.buffer].name);
	draft->reader.current = NULL;
	return 0;
}

/** Makes a condition that says nothing yet: its numbers are no variables. */
static void
blank(struct rule_match *match, enum match_kind kind, uint32_t column)
{
	static const struct rule_number none = {.var = -1};

	*match = (struct rule_match){.kind = (uint8_t)kind};
	match->column = (uint16_t)(column > UINT16_MAX ? UINT16_MAX : column);
	if (kind == MATCH_CONTENT) {
		match->content.offset = match->content.depth = none;
		match->content.distance = match->content.within = none;
	} else if (kind >= MATCH_BYTE_TEST && kind <= MATCH_BYTE_MATH) {
		match->bytes.n_bytes = match->bytes.offset = none;
		match->bytes.value = match->bytes.post = none;
	} else if (kind == MATCH_ISDATAAT) {
		match->is_data_at.at = none;
	}
}

static struct rule_match *
add(struct rule_reader *reader, struct draft_list *list, enum match_kind kind)
{
	struct draft *draft = draft_of(reader);
	struct draft_match *match;

	if (list == NULL)
		return NULL;
	if (draft->n_matches == DRAFT_MATCHES) {
		reader_fault(reader, "there are more than %d conditions", DRAFT_MATCHES);
		return NULL;
	}
	match = &draft->matches[draft->n_matches];
	match->order = draft->n_matches++;
	blank(&match->match, kind, reader->column);
	append(list, match);
	if (kind == MATCH_CONTENT || kind == MATCH_PCRE)
		reader->last = &match->match;
	return &match->match;
}

struct rule_match *
reader_bytes(struct rule_reader *reader, enum match_kind kind)
{
	struct draft *draft = draft_of(reader);
	struct draft_list *list = draft_is_sticky(draft) ? settle(draft, draft_current(draft))
							 : draft_list(draft, BUFFER_PAYLOAD);

	return add(reader, list, kind);
}

struct rule_match *
reader_bytes_of(struct rule_reader *reader, enum buffer_id buffer, enum match_kind kind)
{
	if (reader_needs_l7(reader, (enum rule_l7)buffers[buffer].l7) != 0)
		return NULL;
	return add(reader, draft_list(draft_of(reader), buffer), kind);
}

struct rule_match *
reader_packet(struct rule_reader *reader, enum match_kind kind)
{
	return add(reader, &draft_of(reader)->packet, kind);
}

struct rule_match *
reader_after(struct rule_reader *reader, enum match_kind kind)
{
	return add(reader, &draft_of(reader)->after, kind);
}

int
reader_buffer(struct rule_reader *reader, enum buffer_id buffer)
{
	struct draft *draft = draft_of(reader);
	struct draft_list *list;
	int err;

	if (reader->current != NULL && reader->current->buffer == BUFFER_BASE64)
		return buffer == BUFFER_BASE64
			       ? 0
			       : reader_fault(reader, "no other buffer can follow base64_data");
	err = draft_leave(draft);
	if (err == 0)
		err = reader_needs_l7(reader, (enum rule_l7)buffers[buffer].l7);
	if (err != 0 || buffer == BUFFER_PAYLOAD)
		return err;
	list = add_list(draft, buffer);
	if (list == NULL)
		return -EINVAL;
	list->is_open = list->is_sticky = true;
	reader->current = &list->list;
	return 0;
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
