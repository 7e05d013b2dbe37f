/* SPDX-License-Identifier: BSD-3-Clause */
/* See parse.h. */

#include "rule/parse.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "match/transform.h"
#include "rule/draft.h"
#include "rule/header.h"
#include "rule/keyword_buffer.h"
#include "rule/lexer.h"
#include "rule/requires.h"
#include "rule/unsupported.h"
#include "rule/words.h"

enum { PRIORITY_DEFAULT = 3 };

const char *
parse_l7_name(enum rule_l7 l7)
{
	static const char *const names[] = {
		[RULE_L7_UNKNOWN] = "any protocol",
		[RULE_L7_FAILED] = "no protocol",
		[RULE_L7_HTTP] = "http",
		[RULE_L7_TLS] = "tls",
		[RULE_L7_DNS] = "dns",
		[RULE_L7_SSH] = "ssh",
		[RULE_L7_SMTP] = "smtp",
		[RULE_L7_FTP] = "ftp",
		[RULE_L7_SMB] = "smb",
		[RULE_L7_FTP_DATA] = "ftp-data",
		[RULE_L7_OTHER] = "another protocol",
	};

	return l7 <= RULE_L7_OTHER ? names[l7] : "another protocol";
}

/** @return whether bytes are UTF-8 as RFC 3629 has it. */
static bool
is_utf8(const char *text)
{
	const uint8_t *at = (const uint8_t *)text;

	while (*at != 0) {
		unsigned int n = *at < 0x80   ? 0
				 : *at < 0xc2 ? 4
				 : *at < 0xe0 ? 1
				 : *at < 0xf0 ? 2
				 : *at < 0xf5 ? 3
					      : 4;
		uint8_t first = *at++;

		if (n == 4 || (first == 0xe0 && *at < 0xa0) || (first == 0xed && *at > 0x9f) ||
		    (first == 0xf0 && *at < 0x90) || (first == 0xf4 && *at > 0x8f))
			return false;
		for (; n > 0; n--, at++)
			if ((*at & 0xc0) != 0x80)
				return false;
	}
	return true;
}

static int
lexer_fault(struct rule_reader *reader, const char *why, uint32_t column)
{
	reader->column = column;
	return reader_fault(reader, "%s", why);
}

/** Parts all options; what they say is read later. */
static int
part_options(struct draft *draft, struct lexer_options *options)
{
	const char *why;
	uint32_t column;
	int err;

	for (;;) {
		struct lexer_option option;

		err = lexer_option(options, &option, &why, &column);
		if (err == 0)
			return 0;
		if (err < 0)
			return lexer_fault(&draft->reader, why, column);
		if (draft->n_options == DRAFT_OPTIONS)
			return lexer_fault(&draft->reader, "there are too many options", column);
		draft->options[draft->n_options++] = option;
	}
}

/** Whether an option has a value where it needs one. */
static int
check_value(struct rule_reader *reader, const struct keyword *keyword, const char *value)
{
	bool has = value != NULL && *value != '\0';

	if (!has && keyword->value == KEYWORD_VALUE)
		return reader_fault(reader, "'%s' needs a value", keyword->name);
	if (has && keyword->value == KEYWORD_ALONE)
		return reader_fault(reader, "'%s' has no value", keyword->name);
	return 0;
}

static int
refuse_word(struct rule_reader *reader, const char *name)
{
	const char *nearest;

	if (unsupported(name))
		return reader_fault(reader, "keyword '%s' is not supported", name);
	reader_fault(reader, "keyword '%.60s' is not known", name);
	nearest = words_nearest(draft_of(reader)->words, name);
	return nearest == NULL ? -EINVAL : reader_hint(reader, "is it '%s'?", nearest);
}

/** Reads an option. What is wrong with it is told with its name in front. */
static int
read_option(struct rule_reader *reader, const struct lexer_option *option)
{
	const struct keyword *keyword = words_find(draft_of(reader)->words, option->name);
	char why[sizeof(reader->why)];
	int err;

	reader->column = option->column;
	if (keyword == NULL && !transform_known(option->name))
		return refuse_word(reader, option->name);
	if (keyword != NULL) {
		err = check_value(reader, keyword, option->value);
		if (err != 0)
			return err;
		err = keyword->read(reader, keyword, option->value);
		if (err == 0)
			draft_attach(draft_of(reader));
	} else {
		err = keyword_transform_read(reader, option->name, option->value);
	}
	if (err != -EINVAL)
		return err;
	if (reader->why[0] == '\0')
		reader_fault(reader, "it cannot be read");
	memcpy(why, reader->why, sizeof(why));
	snprintf(reader->why, sizeof(reader->why), "%.40s: %.140s", option->name, why);
	return err;
}

/** Reads options of a name before the others. */
static int
read_early(struct draft *draft, const char *name)
{
	int err = 0;

	for (uint32_t i = 0; err == 0 && i < draft->n_options; i++) {
		const struct lexer_option *option = &draft->options[i];

		draft->reader.column = option->column;
		if (strcasecmp(option->name, name) != 0)
			continue;
		err = strcmp(name, "requires") == 0 && option->value != NULL
			      ? requires_read(&draft->reader, option->value)
			      : read_option(&draft->reader, option);
	}
	return err;
}

static int
read_options(struct draft *draft)
{
	int err = 0;

	for (uint32_t i = 0; err == 0 && i < draft->n_options; i++) {
		if (strcasecmp(draft->options[i].name, "sid") != 0 &&
		    strcasecmp(draft->options[i].name, "requires") != 0)
			err = read_option(&draft->reader, &draft->options[i]);
	}
	return err;
}

/** What holds unless options say otherwise. */
static void
set_defaults(const struct draft *draft, struct rule *rule)
{
	if (!draft->has_priority)
		rule->priority = draft->has_class ? draft->class_priority : PRIORITY_DEFAULT;
	if (!draft->has_gid)
		rule->gid = 1;
}

/** Reads the options that must be known before all else: faults tell the sid, and what is not meant
 * for us may have words that we do not know. @param err  what was wrong before */
static int
read_first(struct draft *draft, int err)
{
	struct rule_reader kept = draft->reader;
	int sid = read_early(draft, "sid");

	if (err != 0) {
		draft->reader = kept; /* the first fault is the one that is told */
		return err;
	}
	return sid != 0 ? sid : read_early(draft, "requires");
}

static int
parse(struct draft *draft, struct header_sets *sets, char *text)
{
	struct rule_reader *reader = &draft->reader;
	struct lexer_piece words[LEXER_HEADER];
	struct lexer_options options;
	uint32_t column = 1;
	const char *why = NULL;
	int err;

	if (!is_utf8(text))
		return lexer_fault(reader, "it is not UTF-8", 1);
	if (lexer_header(text, words, &options, &why, &column) != 0)
		return lexer_fault(reader, why, column);
	err = read_first(draft, part_options(draft, &options));
	if (err == 0)
		err = rule_header_read(draft, sets, words);
	if (err == 0)
		err = read_options(draft);
	if (err != 0)
		return err;
	set_defaults(draft, reader->rule);
	err = draft_check(draft);
	return err != 0 ? err : draft_close(draft);
}

/** Puts '?' for what is not printable ASCII: it may be of the rule, and cut anywhere. */
static void
make_printable(char *text)
{
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

/** Tells what is wrong. */
static int
tell(struct rule_reader *reader, struct rule_fault *fault)
{
	fault->column = reader->fault_column == 0 ? 1 : reader->fault_column;
	fault->sid = reader->rule->sid;
	make_printable(reader->why);
	make_printable(reader->hint);
	fault->why = wp_arena_string(reader->arena, reader->why);
	fault->hint = wp_arena_string(reader->arena, reader->hint);
	return fault->why == NULL || fault->hint == NULL ? -ENOMEM : -EINVAL;
}

int
parse_rule(struct rule_set *set, char *text, struct rule *rule, struct rule_fault *fault)
{
	struct draft *draft = set->draft;
	int err;

	rule->msg = "";
	draft_open(draft, rule);
	err = parse(draft, set->sets, text);
	return err == -EINVAL ? tell(&draft->reader, fault) : err;
}
