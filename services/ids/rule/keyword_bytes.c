/* SPDX-License-Identifier: BSD-3-Clause */
/* "content", and the words behind it that say where it must stand and how it is looked for. */

#include "rule/keyword.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "rule/draft.h"
#include "rule/keyword_buffer.h"
#include "rule/keyword_content.h"

enum {
	PLACE_MAX = UINT16_MAX,     /* of depth and offset */
	DISTANCE_MAX = 1024 * 1024, /* either way; of within, too */
	RELATIVE = CONTENT_DISTANCE | CONTENT_WITHIN,
	ABSOLUTE = CONTENT_DEPTH | CONTENT_OFFSET,
	PLACED = RELATIVE | ABSOLUTE | CONTENT_STARTSWITH,
};

static int
read_content(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	return keyword_content_add(reader, value) == NULL ? -EINVAL : 0;
}

static int
read_uricontent(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	return keyword_content_add(reader, value) == NULL
		       ? -EINVAL
		       : keyword_move(reader, keyword->name, BUFFER_HTTP_URI);
}

/** @return the content that a word is about; NULL after a fault. */
static struct rule_content *
content_of(struct rule_reader *reader, const struct keyword *keyword)
{
	struct draft_match *match = draft_last(draft_of(reader), MATCH_CONTENT, MATCH_CONTENT);

	if (match != NULL)
		return &match->match.content;
	reader_fault(reader, "'%s' needs a content in front of it", keyword->name);
	return NULL;
}

static int
conflict(struct rule_reader *reader, const char *word, const char *other)
{
	return reader_fault(reader, "'%s' does not go together with '%s'", word, other);
}

static int
read_nocase(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	struct rule_content *content = content_of(reader, keyword);

	if (content == NULL)
		return -EINVAL;
	if ((content->flags & CONTENT_NOCASE) != 0)
		return reader_fault(reader, "it is there twice");
	content->flags |= CONTENT_NOCASE;
	return 0;
}

static int
read_rawbytes(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	struct draft *draft = draft_of(reader);
	const struct draft_list *payload = draft_current(draft);
	struct draft_match *match;

	if (draft_is_sticky(draft))
		return conflict(reader, keyword->name, buffers[reader->current->buffer].name);
	match = payload == NULL ? NULL : payload->last;
	while (match != NULL && match->match.kind != MATCH_CONTENT)
		match = match->previous;
	if (match == NULL)
		return reader_fault(reader, "it needs a content of the payload in front of it");
	if ((match->match.content.flags & CONTENT_RAW) != 0)
		return reader_fault(reader, "it is there twice");
	match->match.content.flags |= CONTENT_RAW;
	return 0;
}

static int
read_startswith(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	struct rule_content *content = content_of(reader, keyword);

	if (content == NULL)
		return -EINVAL;
	if ((content->flags & (ABSOLUTE | CONTENT_STARTSWITH)) != 0)
		return conflict(reader, keyword->name, "depth, offset or itself");
	if ((content->flags & RELATIVE) != 0)
		return conflict(reader, keyword->name, "distance or within");
	if ((content->flags & CONTENT_FAST_PATTERN) != 0 &&
	    (content->flags & (CONTENT_FAST_PATTERN_ONLY | CONTENT_NEGATED)) != 0)
		return conflict(reader, keyword->name, "this fast_pattern");
	content->flags |= CONTENT_STARTSWITH;
	return 0;
}

static int
read_endswith(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	struct rule_content *content = content_of(reader, keyword);

	if (content == NULL)
		return -EINVAL;
	content->flags |= CONTENT_ENDSWITH;
	return 0;
}

/** Whether a place can be set for a content. @param own  its flag @param against  flags that it
 * does not go together with */
static int
check_place(struct rule_reader *reader, const struct keyword *keyword,
	    const struct rule_content *content, unsigned int own, unsigned int against)
{
	if ((content->flags & own) != 0)
		return reader_fault(reader, "it is there twice");
	if ((content->flags & CONTENT_STARTSWITH) != 0)
		return conflict(reader, keyword->name, "startswith");
	if ((content->flags & against) != 0)
		return conflict(reader, keyword->name,
				against == RELATIVE ? "distance or within" : "depth or offset");
	if ((content->flags & CONTENT_FAST_PATTERN_ONLY) != 0)
		return conflict(reader, keyword->name, "fast_pattern:only");
	if ((content->flags & CONTENT_NEGATED) != 0 && (content->flags & CONTENT_FAST_PATTERN) != 0)
		return conflict(reader, keyword->name, "fast_pattern of a negated content");
	return 0;
}

/** Reads where something stands: a number, or the name of a variable. */
static int
read_place(struct rule_reader *reader, const char *value, int64_t min, int64_t max,
	   struct rule_number *number)
{
	const char *text = value;
	int var;

	number->var = -1;
	if (*text == '-' || *text == '+' || isdigit((unsigned char)*text))
		return reader_signed(reader, text, min, max, &number->value);
	var = draft_var(draft_of(reader), text);
	if (var < 0) {
		reader_fault(reader, "'%.40s' is neither a number nor a known variable", text);
		return reader_hint(reader, "byte_extract or byte_math must set it before");
	}
	number->var = (int8_t)var;
	return 0;
}

static int
read_depth(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	struct rule_content *content = content_of(reader, keyword);
	int err;

	if (content == NULL)
		return -EINVAL;
	err = check_place(reader, keyword, content, CONTENT_DEPTH, RELATIVE);
	if (err == 0)
		err = read_place(reader, value, 0, PLACE_MAX, &content->depth);
	if (err != 0)
		return err;
	if (content->depth.var < 0 && content->depth.value < content->size)
		return reader_fault(reader, "it is less than the content's %u bytes",
				    content->size);
	content->flags |= CONTENT_DEPTH;
	return 0;
}

static int
read_offset(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	struct rule_content *content = content_of(reader, keyword);
	int err;

	if (content == NULL)
		return -EINVAL;
	err = check_place(reader, keyword, content, CONTENT_OFFSET, RELATIVE);
	if (err == 0)
		err = read_place(reader, value, 0, PLACE_MAX, &content->offset);
	if (err == 0)
		content->flags |= CONTENT_OFFSET;
	return err;
}

static int
read_distance(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	struct rule_content *content = content_of(reader, keyword);
	int err;

	if (content == NULL)
		return -EINVAL;
	err = check_place(reader, keyword, content, CONTENT_DISTANCE, ABSOLUTE);
	if (err == 0)
		err = read_place(reader, value, -DISTANCE_MAX, DISTANCE_MAX, &content->distance);
	if (err == 0)
		content->flags |= CONTENT_DISTANCE;
	return err;
}

static int
read_within(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	struct rule_content *content = content_of(reader, keyword);
	int err;

	if (content == NULL)
		return -EINVAL;
	err = check_place(reader, keyword, content, CONTENT_WITHIN, ABSOLUTE);
	if (err == 0)
		err = read_place(reader, value, -DISTANCE_MAX, DISTANCE_MAX, &content->within);
	if (err != 0)
		return err;
	if (content->within.var < 0 && content->within.value < content->size) {
		reader_fault(reader, "it is less than the content's %u bytes", content->size);
		return reader_hint(reader, "such a content is never found");
	}
	content->flags |= CONTENT_WITHIN;
	return 0;
}

/** @return the content that is meant; where nothing is asked about the current buffer yet, the last
 * one of any other but the payload. NULL after a fault */
static struct rule_content *
fast_pattern_content(struct rule_reader *reader, const struct keyword *keyword)
{
	struct draft *draft = draft_of(reader);
	struct draft_match *last = draft_last(draft, MATCH_CONTENT, MATCH_CONTENT);

	if (last != NULL || !draft_is_sticky(draft) || reader->current->n != 0)
		return content_of(reader, keyword);
	for (unsigned int i = 0; i < draft->n_lists; i++) {
		struct draft_match *match = draft->lists[i].last;

		while (match != NULL && match->match.kind != MATCH_CONTENT)
			match = match->previous;
		if (draft->lists[i].list.buffer != BUFFER_PAYLOAD && match != NULL &&
		    (last == NULL || match->order > last->order))
			last = match;
	}
	return last != NULL ? &last->match.content : content_of(reader, keyword);
}

static bool
has_fast_pattern(const struct draft_list *list, const struct rule_content *but)
{
	for (const struct draft_match *match = list->first; match != NULL; match = match->next)
		if (match->match.kind == MATCH_CONTENT && &match->match.content != but &&
		    (match->match.content.flags & CONTENT_FAST_PATTERN) != 0)
			return true;
	return false;
}

/** Whether another content of the payload is looked for first already. */
static int
check_fast_pattern(struct rule_reader *reader, const struct rule_content *content)
{
	const struct draft *draft = draft_of(reader);

	if ((content->flags & CONTENT_FAST_PATTERN) != 0 &&
	    (content->flags & (CONTENT_FAST_PATTERN_ONLY | CONTENT_CHOP)) == 0)
		return reader_fault(reader, "it is there twice");
	if ((content->flags & CONTENT_NEGATED) != 0 && (content->flags & PLACED) != 0)
		return conflict(reader, "fast_pattern", "a negated content with a place");
	for (unsigned int i = 0; i < draft->n_lists; i++)
		if (draft->lists[i].list.buffer == BUFFER_PAYLOAD &&
		    has_fast_pattern(&draft->lists[i], content))
			return reader_fault(reader, "another content of the rule has it");
	return 0;
}

/** "fast_pattern:OFFSET,SIZE": a part of the content is looked for first. */
static int
read_chop(struct rule_reader *reader, char *value, struct rule_content *content)
{
	char *parts[2];
	uint64_t offset = 0, size = 0;

	if (reader_split(value, parts, 2) != 2)
		return reader_fault(reader, "it must be 'only' or OFFSET,SIZE");
	if (reader_number(reader, parts[0], 0, PLACE_MAX, &offset) != 0 ||
	    reader_number(reader, parts[1], 1, PLACE_MAX, &size) != 0)
		return -EINVAL;
	if (offset + size > content->size)
		return reader_fault(reader, "the content has but %u bytes", content->size);
	content->chop_offset = (uint16_t)offset;
	content->chop_size = (uint16_t)size;
	content->flags |= CONTENT_FAST_PATTERN | CONTENT_CHOP;
	return 0;
}

static int
read_fast_pattern(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	struct rule_content *content = fast_pattern_content(reader, keyword);
	int err = content == NULL ? -EINVAL : check_fast_pattern(reader, content);

	if (err != 0)
		return err;
	if (value == NULL || *value == '\0') {
		content->flags |= CONTENT_FAST_PATTERN;
		return 0;
	}
	if (strcmp(value, "only") != 0)
		return read_chop(reader, value, content);
	if ((content->flags & (PLACED | CONTENT_NEGATED)) != 0)
		return conflict(reader, "fast_pattern:only", "a place or a negation");
	content->flags |= CONTENT_FAST_PATTERN | CONTENT_FAST_PATTERN_ONLY;
	return 0;
}

static int
read_replace(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	reader_fault(reader, "keyword 'replace' is not supported");
	return reader_hint(reader, "packets are dropped or passed, not changed");
}

const struct keyword keywords_bytes[] = {
	{"content", KEYWORD_VALUE, read_content, 0},
	{"uricontent", KEYWORD_VALUE, read_uricontent, 0},
	{"nocase", KEYWORD_ALONE, read_nocase, 0},
	{"rawbytes", KEYWORD_ALONE, read_rawbytes, 0},
	{"startswith", KEYWORD_ALONE, read_startswith, 0},
	{"endswith", KEYWORD_ALONE, read_endswith, 0},
	{"depth", KEYWORD_VALUE, read_depth, 0},
	{"offset", KEYWORD_VALUE, read_offset, 0},
	{"distance", KEYWORD_VALUE, read_distance, 0},
	{"within", KEYWORD_VALUE, read_within, 0},
	{"fast_pattern", KEYWORD_EITHER, read_fast_pattern, 0},
	{"replace", KEYWORD_VALUE, read_replace, 0},
	{NULL, 0, NULL, 0},
};
