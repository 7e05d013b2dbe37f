/* SPDX-License-Identifier: BSD-3-Clause */
/* See draft.h. The lists of a rule, one for each buffer, and which of them conditions go to: words
 * behind a content may still put it into another one. */

#include "rule/draft.h"

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

struct draft_list *
draft_add_list(struct draft *draft, enum buffer_id buffer)
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

struct draft_list *
draft_settle(struct draft *draft, struct draft_list *list)
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
			return draft_settle(draft, list);
	}
	return draft_add_list(draft, buffer);
}

void
draft_append(struct draft_list *list, struct draft_match *match)
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
	draft_append(list, match);
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
