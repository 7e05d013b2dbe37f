/* SPDX-License-Identifier: BSD-3-Clause */
/* Contents that cannot be there, for what they stand in never is so: too long, or in a case that
 * the buffer does not have. */

#include "rule/check.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

enum { MD5_TEXT = 32, FINGERPRINT_TEXT = 59 };

/** @return the bytes of a content; they are the rule's own copy. */
static uint8_t *
bytes_of(const struct draft_match *match)
{
	return (uint8_t *)(uintptr_t)match->match.content.bytes;
}

static bool
has_upper(const struct rule_content *content)
{
	for (uint32_t i = 0; i < content->size; i++)
		if (isupper(content->bytes[i]))
			return true;
	return false;
}

static void
make_lower(const struct draft_match *match)
{
	for (uint32_t i = 0; i < match->match.content.size; i++)
		bytes_of(match)[i] = (uint8_t)tolower(bytes_of(match)[i]);
}

static int
check_host(struct draft *draft, const struct draft_list *list, const struct rule_content *content)
{
	if ((content->flags & CONTENT_NOCASE) != 0)
		return check_fault(draft, list, "it is in lower case: leave out 'nocase'");
	if (has_upper(content))
		return check_fault(draft, list, "it is in lower case, the content is not");
	return 0;
}

static int
check_method(struct draft *draft, const struct draft_list *list, const struct rule_content *content)
{
	uint8_t first = content->bytes[0], last = content->bytes[content->size - 1];

	if (first == ' ' || first == '\t' || last == ' ' || last == '\t')
		return check_fault(draft, list, "there is no white space around it");
	return 0;
}

/** Hashes have one length, and are in lower case. Contents behind the first may be parts of it. */
static int
check_hash(struct draft *draft, const struct draft_list *list, const struct draft_match *match,
	   unsigned int size, bool first)
{
	if (first && match->match.content.size != size)
		return check_fault(draft, list,
				   size == MD5_TEXT ? "it has 32 characters, the content has not"
						    : "it has 59 characters, the content has not");
	make_lower(match);
	return 0;
}

/** Serial numbers are in upper case, with a colon behind each byte. */
static int
check_serial(struct draft *draft, const struct draft_list *list, const struct draft_match *match)
{
	const struct rule_content *content = &match->match.content;

	if (content->size > 2 && memchr(content->bytes, ':', content->size) == NULL)
		return check_fault(draft, list, "it has colons between its bytes");
	for (uint32_t i = 0; i < content->size; i++)
		bytes_of(match)[i] = (uint8_t)toupper(bytes_of(match)[i]);
	return 0;
}

static int
check_content(struct draft *draft, const struct draft_list *list, const struct draft_match *match,
	      bool first)
{
	switch (list->list.buffer) {
	case BUFFER_HTTP_HOST:
		return check_host(draft, list, &match->match.content);
	case BUFFER_HTTP_METHOD:
		return check_method(draft, list, &match->match.content);
	case BUFFER_JA3_HASH:
	case BUFFER_JA3S_HASH:
	case BUFFER_SSH_HASSH:
	case BUFFER_SSH_HASSH_SERVER:
		return check_hash(draft, list, match, MD5_TEXT, first);
	case BUFFER_TLS_FINGERPRINT:
		return check_hash(draft, list, match, FINGERPRINT_TEXT, first);
	case BUFFER_TLS_SERIAL:
		return check_serial(draft, list, match);
	default:
		return 0;
	}
}

/** @return bytes that a list needs at the least: those of its first content, and of contents that
 * follow each other. */
static int64_t
needed_bytes(const struct draft_list *list)
{
	int64_t size = 0, offset = 0;
	bool first = true;

	for (const struct draft_match *match = list->first; match != NULL; match = match->next) {
		const struct rule_content *content = &match->match.content;

		if (match->match.kind != MATCH_CONTENT)
			continue;
		if (!first && ((content->flags & CONTENT_NEGATED) != 0 ||
			       (content->flags & (CONTENT_DISTANCE | CONTENT_WITHIN)) == 0))
			continue;
		size += content->size;
		if ((content->flags & CONTENT_DISTANCE) != 0 && content->distance.var < 0)
			size += content->distance.value;
		if ((content->flags & CONTENT_OFFSET) != 0 && content->offset.var < 0 &&
		    content->offset.value > offset)
			offset = content->offset.value;
		first = false;
	}
	return size + offset;
}

/** Whether the contents fit into how many bytes there must be. */
static int
check_size(struct draft *draft, const struct draft_list *list, const struct rule_range *range)
{
	int64_t needed = needed_bytes(list);

	if (range->compare == RULE_EQ && needed > 0 && (uint64_t)needed > range->low)
		return check_fault(draft, list, "its contents need more bytes than it may have");
	return 0;
}

/** @return the range of how many bytes there are of the payload; NULL: none is set. */
static const struct rule_range *
dsize_of(const struct draft *draft)
{
	for (const struct draft_match *match = draft->packet.first; match != NULL;
	     match = match->next)
		if (match->match.kind == MATCH_DSIZE)
			return &match->match.range;
	return NULL;
}

int
check_contents(struct draft *draft, const struct draft_list *list)
{
	const struct rule_range *dsize =
		list->list.buffer == BUFFER_PAYLOAD ? dsize_of(draft) : NULL;
	int err = dsize == NULL ? 0 : check_size(draft, list, dsize);
	bool first = true;

	for (const struct draft_match *match = list->first; err == 0 && match != NULL;
	     match = match->next) {
		if (match->match.kind == MATCH_BSIZE)
			err = check_size(draft, list, &match->match.range);
		if (match->match.kind != MATCH_CONTENT || list->list.n_transforms != 0)
			continue;
		err = check_content(draft, list, match, first);
		first = false;
	}
	return err;
}
