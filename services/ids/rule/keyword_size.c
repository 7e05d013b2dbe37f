/* SPDX-License-Identifier: BSD-3-Clause */
/* How much there is of a buffer, whether there is one, and what base64 makes of it. */

#include "rule/keyword_buffer.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/** Reads what stands behind "isdataat:[!]". @return 0, or -EINVAL after a fault */
static int
read_place(struct rule_reader *reader, char *value, struct rule_match *match)
{
	char *parts[3];
	unsigned int n = reader_split(value, parts, 3);
	int var;

	if (n > 3)
		return reader_fault(reader, "it has too many options");
	for (unsigned int i = 1; i < n; i++) {
		if (strcmp(parts[i], "relative") == 0)
			match->is_data_at.relative = true;
		else if (strcmp(parts[i], "rawbytes") != 0)
			return reader_fault(reader, "the option '%.40s' is not known", parts[i]);
	}
	match->is_data_at.at.var = -1;
	if (!isalpha((unsigned char)parts[0][0]))
		return reader_signed(reader, parts[0], 0, UINT16_MAX, &match->is_data_at.at.value);
	var = draft_var(draft_of(reader), parts[0]);
	match->is_data_at.at.var = (int8_t)var;
	return var >= 0 ? 0
			: reader_fault(reader, "'%.40s' is neither a number nor a known variable",
				       parts[0]);
}

/** @return the content that is not to be there, if that is what was written last of all, or NULL */
static struct rule_content *
unwanted_content(struct rule_reader *reader)
{
	struct draft *draft = draft_of(reader);
	struct draft_match *last = draft_last(draft, MATCH_CONTENT, MATCH_CONTENT);

	if (last == NULL || last->next != NULL ||
	    (last->match.content.flags & CONTENT_NEGATED) == 0)
		return NULL;
	return &last->match.content;
}

/** "isdataat:[!]PLACE[,relative][,rawbytes]". Behind a content that is not to be there,
 * "!1,relative" is what "endswith" is: authors wrote so before they had that. */
static int
read_isdataat(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	struct rule_match place = {.negated = reader_negated(&value)}, *match;
	struct rule_content *unwanted;

	if (read_place(reader, value, &place) != 0)
		return -EINVAL;
	unwanted = unwanted_content(reader);
	if (unwanted != NULL && place.negated && place.is_data_at.relative &&
	    place.is_data_at.at.var < 0 && place.is_data_at.at.value == 1) {
		unwanted->flags |= CONTENT_ENDSWITH;
		return 0;
	}
	match = reader_bytes(reader, MATCH_ISDATAAT);
	if (match == NULL)
		return -EINVAL;
	match->negated = place.negated;
	match->is_data_at.at = place.is_data_at.at;
	match->is_data_at.relative = place.is_data_at.relative;
	return 0;
}

/** "bsize:RANGE": of the buffer that stands in front */
static int
read_bsize(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	struct rule_match *match;

	if (!draft_is_sticky(draft_of(reader))) {
		reader_fault(reader, "'%s' needs a buffer in front of it", keyword->name);
		return reader_hint(reader, "for payloads there is 'dsize'");
	}
	match = reader_bytes(reader, MATCH_BSIZE);
	return match == NULL ? -EINVAL : reader_range(reader, value, UINT64_MAX, &match->range);
}

/** "urilen:RANGE[,norm|,raw]" */
static int
read_urilen(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	char *text = reader_unquote(reader, value), *parts[2];
	enum buffer_id buffer = BUFFER_HTTP_URI;
	struct rule_match *match;
	unsigned int n = text == NULL ? 0 : reader_split(text, parts, 2);

	if (n == 0)
		return -EINVAL;
	if (n == 2 && strcasecmp(parts[1], "raw") == 0)
		buffer = BUFFER_HTTP_URI_RAW;
	else if (n > 2 || (n == 2 && strcasecmp(parts[1], "norm") != 0))
		return reader_fault(reader, "it is 'norm' or 'raw'");
	match = reader_bytes_of(reader, buffer, MATCH_BSIZE);
	return match == NULL ? -EINVAL : reader_range(reader, parts[0], UINT16_MAX, &match->range);
}

/** "absent[:or_else]": there is no such buffer */
static int
read_absent(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	struct rule_match *match;
	bool or_else = value != NULL && *value != '\0';

	if (or_else && strcmp(value, "or_else") != 0)
		return reader_fault(reader, "it is 'absent' or 'absent:or_else'");
	if (!draft_is_sticky(draft_of(reader)))
		return reader_fault(reader, "'absent' needs a buffer in front of it");
	match = reader_bytes(reader, MATCH_ABSENT);
	if (match == NULL)
		return -EINVAL;
	match->absent.or_else = or_else;
	return 0;
}

static int
read_base64_option(struct rule_reader *reader, struct rule_match *match, char *text)
{
	uint64_t number = 0;
	bool is_bytes = strncmp(text, "bytes ", 6) == 0;
	int err;

	if (strcmp(text, "relative") == 0) {
		match->base64.relative = true;
		return 0;
	}
	if (!is_bytes && strncmp(text, "offset ", 7) != 0)
		return reader_fault(reader, "the option '%.40s' is not known", text);
	err = reader_number(reader, text + (is_bytes ? 6 : 7), is_bytes, UINT16_MAX, &number);
	if (is_bytes)
		match->base64.n_bytes = (uint32_t)number;
	else
		match->base64.offset = (uint32_t)number;
	return err;
}

/** "base64_decode[:bytes N][,offset N][,relative]" */
static int
read_base64_decode(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	struct rule_match *match;
	char *parts[3];
	unsigned int n = value == NULL || *value == '\0' ? 0 : reader_split(value, parts, 3);
	int err = 0;

	if (n > 3)
		return reader_fault(reader, "it has too many options");
	match = reader_bytes(reader, MATCH_BASE64_DECODE);
	if (match == NULL)
		return -EINVAL;
	for (unsigned int i = 0; err == 0 && i < n; i++)
		err = read_base64_option(reader, match, parts[i]);
	return err;
}

const struct keyword keywords_size[] = {
	{"isdataat", KEYWORD_VALUE, read_isdataat, 0},
	{"bsize", KEYWORD_VALUE, read_bsize, 0},
	{"urilen", KEYWORD_VALUE, read_urilen, 0},
	{"absent", KEYWORD_EITHER, read_absent, 0},
	{"base64_decode", KEYWORD_EITHER, read_base64_decode, 0},
	{NULL, 0, NULL, 0},
};
