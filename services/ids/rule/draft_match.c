/* SPDX-License-Identifier: BSD-3-Clause */
/* See keyword.h and draft.h. Conditions as readers of options add them. */

#include <errno.h>

#include "rule/draft.h"

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
	draft_append(list, match);
	if (kind == MATCH_CONTENT || kind == MATCH_PCRE)
		reader->last = &match->match;
	return &match->match;
}

struct rule_match *
reader_bytes(struct rule_reader *reader, enum match_kind kind)
{
	struct draft *draft = draft_of(reader);
	struct draft_list *list = draft_is_sticky(draft) ? draft_settle(draft, draft_current(draft))
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
	list = draft_add_list(draft, buffer);
	if (list == NULL)
		return -EINVAL;
	list->is_open = list->is_sticky = true;
	reader->current = &list->list;
	return 0;
}
