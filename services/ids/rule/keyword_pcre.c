/* SPDX-License-Identifier: BSD-3-Clause */
/* "pcre": a regular expression between slashes, and letters behind it that say how it is taken and
 * which buffer it is about. It is compiled by the matcher. */

#include "rule/keyword_buffer.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

enum { CAPTURES_MAX = 8 };

/** A value while it is taken apart. */
struct pcre_text {
	const char *expression, *letters;
	char *names; /* of captures; NULL: none */
	uint16_t flags;
	enum buffer_id buffer; /* BUFFERS: the current one */
};

static const struct {
	char letter;
	uint16_t flag;
} letters[] = {
	{'R', PCRE_RELATIVE},
	{'i', PCRE_CASELESS},
	{'s', PCRE_DOTALL},
	{'m', PCRE_MULTILINE},
	{'x', PCRE_EXTENDED},
	{'A', PCRE_ANCHORED},
	{'E', PCRE_DOLLAR_ENDONLY},
	{'G', PCRE_UNGREEDY},
	{'O', 0},
	{'B', 0},
};

static const struct {
	char letter;
	enum buffer_id buffer;
} buffer_letters[] = {
	{'U', BUFFER_HTTP_URI},          {'I', BUFFER_HTTP_URI_RAW},
	{'P', BUFFER_HTTP_REQUEST_BODY}, {'Q', BUFFER_HTTP_RESPONSE_BODY},
	{'H', BUFFER_HTTP_HEADER},       {'D', BUFFER_HTTP_HEADER_RAW},
	{'M', BUFFER_HTTP_METHOD},       {'C', BUFFER_HTTP_COOKIE},
	{'S', BUFFER_HTTP_STATUS_CODE},  {'Y', BUFFER_HTTP_STATUS_MESSAGE},
	{'V', BUFFER_HTTP_USER_AGENT},   {'W', BUFFER_HTTP_HOST},
	{'Z', BUFFER_HTTP_HOST_RAW},
};

/** Parts a value at its slashes. */
static int
part(struct rule_reader *reader, char *value, struct pcre_text *text)
{
	char *end = value + strlen(value);

	while (*value != '\0' && *value != '/')
		value++;
	if (*value != '/') {
		reader_fault(reader, "the expression must stand between slashes");
		return reader_hint(reader, "as in \"/abc/i\"");
	}
	do
		end--;
	while (end > value && (*end != '/' || (end[-1] == '\\' && end[-2] != '\\')));
	if (end == value)
		return reader_fault(reader, "the slash behind the expression is missing");
	*end = '\0';
	text->expression = value + 1;
	text->letters = end + 1;
	text->names = strchr(end + 1, ',');
	if (text->names != NULL)
		*text->names++ = '\0';
	return 0;
}

static int
read_letter(struct rule_reader *reader, struct pcre_text *text, char letter)
{
	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
		if (letters[i].letter == letter) {
			text->flags |= letters[i].flag;
			return 0;
		}
	for (size_t i = 0; i < sizeof(buffer_letters) / sizeof(buffer_letters[0]); i++) {
		if (buffer_letters[i].letter != letter)
			continue;
		if (text->buffer != BUFFERS)
			return reader_fault(reader, "its letters name two buffers");
		text->buffer = buffer_letters[i].buffer;
		return 0;
	}
	return reader_fault(reader, "the letter '%c' behind the expression is not known",
			    isprint((unsigned char)letter) ? letter : '?');
}

static int
read_letters(struct rule_reader *reader, struct pcre_text *text)
{
	int err = 0;

	for (const char *at = text->letters; err == 0 && *at != '\0'; at++)
		err = read_letter(reader, text, *at);
	return err;
}

/** The name of a host is in lower case: expressions that ask for another never match. */
static int
check_host(struct rule_reader *reader, const struct pcre_text *text)
{
	if (text->buffer != BUFFER_HTTP_HOST)
		return 0;
	for (const char *at = text->expression; *at != '\0'; at++) {
		if (*at == '\\' && at[1] != '\0')
			at++;
		else if (isupper((unsigned char)*at))
			return reader_fault(reader, "hosts are in lower case, '%c' is not", *at);
	}
	return 0;
}

/** @return how many groups an expression has that keep what they match. */
static unsigned int
count_groups(const char *at)
{
	unsigned int n = 0;
	bool in_class = false;

	for (; *at != '\0'; at++) {
		if (*at == '\\' && at[1] != '\0')
			at++;
		else if (*at == '[')
			in_class = true;
		else if (*at == ']')
			in_class = false;
		else if (*at == '(' && !in_class)
			n += at[1] != '?' || strncmp(at + 2, "P<", 2) == 0 ||
			     (at[2] == '<' && at[3] != '=' && at[3] != '!') || at[2] == '\'';
	}
	return n;
}

static int
add_capture(struct rule_reader *reader, struct rule_pcre *pcre, struct rule_capture *captures,
	    const char *name, bool of_flow)
{
	if (pcre->n_captures == CAPTURES_MAX)
		return reader_fault(reader, "there are more than %d captures", CAPTURES_MAX);
	if (*name == '\0')
		return reader_fault(reader, "a capture has no name");
	captures[pcre->n_captures] = (struct rule_capture){
		.name = name,
		.group = (uint8_t)(pcre->n_captures + 1),
		.of_flow = of_flow,
	};
	pcre->n_captures++;
	return 0;
}

/** Reads "flow:a, pkt:b" behind the letters: names of groups in their order. */
static int
read_names(struct rule_reader *reader, char *names, struct rule_pcre *pcre,
	   struct rule_capture *captures)
{
	char *parts[CAPTURES_MAX + 1];
	unsigned int n = names == NULL ? 0 : reader_split(names, parts, CAPTURES_MAX + 1);
	int err = 0;

	for (unsigned int i = 0; err == 0 && i < n && i <= CAPTURES_MAX; i++) {
		if (strncmp(parts[i], "flow:", 5) == 0)
			err = add_capture(reader, pcre, captures, parts[i] + 5, true);
		else if (strncmp(parts[i], "pkt:", 4) == 0)
			err = add_capture(reader, pcre, captures, parts[i] + 4, false);
		else if (strncmp(parts[i], "alert:", 6) == 0)
			err = add_capture(reader, pcre, captures, parts[i] + 6, false);
		else
			err = reader_fault(reader,
					   "'%.40s' is none of flow:, pkt: and alert:", parts[i]);
	}
	return err;
}

/** Reads names within an expression: "(?P<flow_name>". */
static int
read_named_groups(struct rule_reader *reader, struct rule_pcre *pcre, struct rule_capture *captures)
{
	const char *at = pcre->text;
	int err = 0;

	while (err == 0 && (at = strstr(at, "(?P<")) != NULL) {
		const char *end = strchr(at, '>');
		bool of_flow = strncmp(at + 4, "flow_", 5) == 0;
		char *name;

		at += 4;
		if (end == NULL || (!of_flow && strncmp(at, "pkt_", 4) != 0))
			continue;
		name = wp_arena_alloc(reader->arena, (size_t)(end - at) + 1);
		if (name == NULL)
			return -ENOMEM;
		memcpy(name, at, (size_t)(end - at));
		err = add_capture(reader, pcre, captures, name + (of_flow ? 5 : 4), of_flow);
	}
	return err;
}

static int
read_captures(struct rule_reader *reader, struct rule_pcre *pcre, char *names)
{
	struct rule_capture captures[CAPTURES_MAX], *copy;
	unsigned int groups;
	int err = read_names(reader, names, pcre, captures);

	if (err == 0 && names == NULL)
		err = read_named_groups(reader, pcre, captures);
	if (err != 0 || pcre->n_captures == 0)
		return err;
	groups = count_groups(pcre->text);
	if (pcre->n_captures > groups && groups != 0)
		return reader_fault(reader, "there are more names than groups");
	if (groups == 0)
		pcre->n_captures = 0; /* nothing ever goes to them */
	copy = wp_arena_alloc(reader->arena, pcre->n_captures * sizeof(*copy));
	if (copy == NULL)
		return -ENOMEM;
	memcpy(copy, captures, pcre->n_captures * sizeof(*copy));
	pcre->captures = copy;
	return 0;
}

/** @return whether letters name the buffer that is set already. */
static bool
is_current(const struct rule_reader *reader, enum buffer_id buffer)
{
	return reader->current->buffer == buffer ||
	       (buffer == BUFFER_HTTP_RESPONSE_BODY && reader->current->buffer == BUFFER_FILE_DATA);
}

/** Adds the condition where the letters say. */
static struct rule_match *
add_match(struct rule_reader *reader, const struct pcre_text *text)
{
	bool sticky = draft_is_sticky(draft_of(reader));

	if (text->buffer == BUFFERS || (sticky && is_current(reader, text->buffer)))
		return reader_bytes(reader, MATCH_PCRE);
	if (!sticky)
		return reader_bytes_of(reader, text->buffer, MATCH_PCRE);
	reader_fault(reader, "its letters name a buffer, but '%s' is set already",
		     buffers[reader->current->buffer].name);
	reader_hint(reader, "put 'pkt_data;' in front, or '%s;' instead of the letter",
		    buffers[text->buffer].name);
	return NULL;
}

/** @return whether nothing is asked about the payload yet, and that is what it is about. */
static bool
is_first(struct rule_reader *reader)
{
	struct draft *draft = draft_of(reader);

	return !draft_is_sticky(draft) && draft_current(draft) == NULL;
}

static int
read_pcre(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	struct pcre_text text = {.expression = "", .letters = "", .buffer = BUFFERS};
	bool negated = reader_negated(&value);
	struct rule_match *match;
	int err;

	if (*value == '"')
		value = reader_quoted(reader, value);
	err = value == NULL ? -EINVAL : part(reader, value, &text);
	if (err == 0)
		err = read_letters(reader, &text);
	if (err == 0)
		err = check_host(reader, &text);
	if (err != 0)
		return err;
	if (text.buffer == BUFFERS && (text.flags & PCRE_RELATIVE) != 0 && is_first(reader))
		return reader_fault(reader, "'R' needs something in front of it to be relative to");
	match = add_match(reader, &text);
	if (match == NULL)
		return -EINVAL;
	match->negated = negated;
	match->pcre.text = text.expression;
	match->pcre.flags = (uint16_t)(text.flags | (negated ? PCRE_NEGATED : 0));
	return read_captures(reader, &match->pcre, text.names);
}

const struct keyword keywords_pcre[] = {
	{"pcre", KEYWORD_VALUE, read_pcre, 0},
	{NULL, 0, NULL, 0},
};
