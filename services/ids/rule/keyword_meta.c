/* SPDX-License-Identifier: BSD-3-Clause */
/* Options that say what a rule is, not what it looks for. */

#include "rule/keyword.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "rule/classification.h"
#include "rule/draft.h"
#include "rule/set.h"

/** Takes quotes off, and every backslash that stands in front of something. */
static int
read_msg(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	struct draft *draft = draft_of(reader);
	char *text = reader_quoted(reader, value), *out = text;

	if (text == NULL)
		return -EINVAL;
	if (draft->has_msg)
		return reader_fault(reader, "it is there twice");
	draft->has_msg = true;
	for (const char *in = text; *in != '\0'; in++) {
		if (*in == '\\' && in[1] != '\0')
			in++;
		*out++ = *in;
	}
	*out = '\0';
	if (text[0] == '\0')
		return reader_fault(reader, "the text is empty");
	reader->rule->msg = text;
	return 0;
}

/** Reads a number that a rule has once. */
static int
read_once(struct rule_reader *reader, const char *value, uint64_t min, uint32_t *number, bool *seen)
{
	uint64_t result = 0;
	int err;

	if (*seen)
		return reader_fault(reader, "it is there twice");
	*seen = true;
	err = reader_number(reader, value, min, UINT32_MAX - 1, &result);
	*number = (uint32_t)result;
	return err;
}

static int
read_sid(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	char *text = reader_unquote(reader, value);

	return text == NULL
		       ? -EINVAL
		       : read_once(reader, text, 1, &reader->rule->sid, &draft_of(reader)->has_sid);
}

static int
read_gid(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	return read_once(reader, value, 0, &reader->rule->gid, &draft_of(reader)->has_gid);
}

static int
read_rev(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	return read_once(reader, value, 1, &reader->rule->rev, &draft_of(reader)->has_rev);
}

static bool
is_class_name(const char *name)
{
	if (!isalpha((unsigned char)*name))
		return false;
	while (isalnum((unsigned char)*name) || *name == '-' || *name == '_')
		name++;
	return *name == '\0';
}

/** A class says how much the rule weighs, unless "priority" does. Of several the heaviest counts;
 * one that nobody knows weighs least. */
static int
read_classtype(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	struct draft *draft = draft_of(reader);
	struct rule *rule = reader->rule;
	const struct class *class;
	const char *name = value;

	if (!is_class_name(name))
		return reader_fault(reader, "'%.40s' is no name of a class", name);
	class = classification_find(reader->set->conf.classes, name);
	if (draft->has_class && (class == NULL || draft->class_priority <= class->priority))
		return 0;
	draft->has_class = true;
	draft->class_priority = class == NULL ? 3 : class->priority;
	rule->classtype = class == NULL ? name : class->name;
	rule->class_text = class == NULL ? "" : class->text;
	return 0;
}

static int
read_priority(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	struct draft *draft = draft_of(reader);
	uint64_t priority = 0;
	int err = reader_number(reader, value, 0, INT32_MAX, &priority);

	if (err != 0)
		return err;
	if (!draft->has_priority || priority < reader->rule->priority)
		reader->rule->priority = (uint32_t)priority;
	draft->has_priority = true;
	return 0;
}

/** "reference:KEY,ID" */
static int
read_reference(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	struct rule *rule = reader->rule;
	char *text = value, *comma, *id;

	if (*text == '"')
		return reader_fault(reader, "it has no quotes");
	comma = strchr(text, ',');
	if (comma == NULL)
		return reader_fault(reader, "it must be KEY,ID");
	id = comma + 1;
	while (comma > text && isspace((unsigned char)comma[-1]))
		comma--;
	*comma = '\0';
	while (isspace((unsigned char)*id))
		id++;
	if (text[0] == '\0' || *id == '\0')
		return reader_fault(reader, "it must be KEY,ID");
	if (rule->n_references == DRAFT_PAIRS)
		return 0;
	draft_of(reader)->references[rule->n_references++] = (struct rule_reference){text, id};
	return 0;
}

/** One "KEY VALUE"; what has no value is none. */
static void
add_metadata(struct draft *draft, char *text)
{
	struct rule *rule = draft->reader.rule;
	char *at = text;

	while (*at != '\0' && !isspace((unsigned char)*at))
		at++;
	if (*at == '\0' || rule->n_metadata == DRAFT_PAIRS)
		return;
	*at++ = '\0';
	while (isspace((unsigned char)*at))
		at++;
	draft->metadata[rule->n_metadata++] = (struct rule_metadata){text, at};
}

/** "metadata:KEY VALUE, KEY VALUE" */
static int
read_metadata(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	char *parts[DRAFT_PAIRS];
	unsigned int n;

	if (*value == '"')
		return reader_fault(reader, "it has no quotes");
	n = reader_split(value, parts, DRAFT_PAIRS);
	for (unsigned int i = 0; i < n && i < DRAFT_PAIRS; i++)
		add_metadata(draft_of(reader), parts[i]);
	return 0;
}

/** "target:src_ip" */
static int
read_target(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	bool is_source = strcmp(value, "src_ip") == 0;
	struct rule_match *match;

	if (!is_source && strcmp(value, "dest_ip") != 0) {
		reader_fault(reader, "'%.40s' is no target", value);
		return reader_hint(reader, "it is src_ip or dest_ip");
	}
	match = reader_after(reader, MATCH_TARGET);
	if (match == NULL)
		return -EINVAL;
	match->side = is_source ? 0 : 1;
	return 0;
}

static int
read_noalert(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	reader->rule->no_alert = true;
	return 0;
}

/** "alert": a rule that passes or drops tells of it, too. */
static int
read_alert(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	reader->rule->alert_too = true;
	return 0;
}

/** Read before all other options; see parse.c. */
static int
read_requires(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	return 0;
}

const struct keyword keywords_meta[] = {
	{"msg", KEYWORD_VALUE, read_msg, 0},
	{"sid", KEYWORD_VALUE, read_sid, 0},
	{"gid", KEYWORD_VALUE, read_gid, 0},
	{"rev", KEYWORD_VALUE, read_rev, 0},
	{"classtype", KEYWORD_VALUE, read_classtype, 0},
	{"priority", KEYWORD_VALUE, read_priority, 0},
	{"reference", KEYWORD_VALUE, read_reference, 0},
	{"metadata", KEYWORD_VALUE, read_metadata, 0},
	{"target", KEYWORD_VALUE, read_target, 0},
	{"noalert", KEYWORD_ALONE, read_noalert, 0},
	{"alert", KEYWORD_ALONE, read_alert, 0},
	{"requires", KEYWORD_VALUE, read_requires, 0},
	{NULL, 0, NULL, 0},
};
