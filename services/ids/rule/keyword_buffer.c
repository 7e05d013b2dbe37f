/* SPDX-License-Identifier: BSD-3-Clause */
/* Words that say which bytes conditions are about: those in front of them, those behind a content
 * as they were once written, and transforms. */

#include "rule/keyword_buffer.h"

#include <errno.h>
#include <string.h>

#include "rule/pair.h"

int
keyword_sticky_read(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	uint8_t side = 0;
	int err = value == NULL ? 0 : pair_read_side(reader, value, &side);

	if (err == 0)
		err = reader_buffer(reader, (enum buffer_id)keyword->detail);
	if (err == 0 && side != 0)
		reader->current->side = side;
	return err;
}

int
keyword_move(struct rule_reader *reader, const char *word, enum buffer_id buffer)
{
	struct draft *draft = draft_of(reader);
	struct draft_match *content;
	struct draft_list *list;
	int err;

	if (draft_is_sticky(draft)) {
		reader_fault(reader, "'%s' cannot stand where '%s' is set already", word,
			     buffers[reader->current->buffer].name);
		return reader_hint(reader, "put 'pkt_data;' in front of the content");
	}
	list = draft_current(draft);
	content = list == NULL ? NULL : list->last;
	while (content != NULL && content->match.kind != MATCH_CONTENT)
		content = content->previous;
	if (content == NULL)
		return reader_fault(reader, "'%s' needs a content in front of it", word);
	if ((content->match.content.flags & CONTENT_RAW) != 0)
		return reader_fault(reader, "'%s' does not go together with 'rawbytes'", word);
	err = reader_needs_l7(reader, (enum rule_l7)buffers[buffer].l7);
	if (err != 0)
		return err;
	list = draft_list(draft, buffer);
	if (list == NULL)
		return -EINVAL;
	draft_move(draft, content, list);
	return 0;
}

int
keyword_modifier_read(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	return keyword_move(reader, keyword->name, (enum buffer_id)keyword->detail);
}

/** @return the list that a transform is of: one that has no conditions yet. Behind conditions on a
 * buffer as it is, a transform makes a further one. NULL: after a fault */
static struct draft_list *
transform_list(struct rule_reader *reader, const char *word)
{
	struct draft_list *list = (struct draft_list *)reader->current;

	if (list != NULL && list->is_open)
		return list;
	if (list != NULL && list->list.n_transforms == 0 && list->list.buffer != BUFFER_BASE64 &&
	    reader_buffer(reader, (enum buffer_id)list->list.buffer) == 0)
		return (struct draft_list *)reader->current;
	reader_fault(reader, "it must follow a buffer's name");
	reader_hint(reader, "as in 'http.uri; %s; content:...'", word);
	return NULL;
}

int
keyword_transform_read(struct rule_reader *reader, const char *word, const char *value)
{
	struct draft_list *list = transform_list(reader, word);
	int err;

	if (list == NULL)
		return -EINVAL;
	if (list->list.n_transforms == TRANSFORMS_MAX)
		return reader_fault(reader, "there are more than %d transforms", TRANSFORMS_MAX);
	err = transform_parse(reader->arena, word, value,
			      &list->transforms[list->list.n_transforms], reader->why,
			      sizeof(reader->why));
	if (err == 0)
		list->list.n_transforms++;
	else
		reader->fault_column = reader->column;
	return err;
}

/** "pkt_data": the payload again. */
static int
read_payload(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	return draft_leave(draft_of(reader));
}

/** "base64_data": what base64_decode has made. */
static int
read_base64_data(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	struct draft *draft = draft_of(reader);

	for (unsigned int i = 0; i < draft->n_lists; i++)
		for (const struct draft_match *match = draft->lists[i].first; match != NULL;
		     match = match->next)
			if (match->match.kind == MATCH_BASE64_DECODE)
				return reader_buffer(reader, BUFFER_BASE64);
	return reader_fault(reader, "there is no 'base64_decode' in front of it");
}

const struct keyword keywords_buffer[] = {
	{"pkt_data", KEYWORD_ALONE, read_payload, 0},
	{"base64_data", KEYWORD_ALONE, read_base64_data, 0},
	{"tls.cert_san", KEYWORD_ALONE, keyword_sticky_read, BUFFER_TLS_ALT_NAME},
	{NULL, 0, NULL, 0},
};
