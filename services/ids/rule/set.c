/* SPDX-License-Identifier: BSD-3-Clause */
/* See set.h. */

#include "rule/set.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rule/classification.h"
#include "rule/compiling.h"
#include "rule/draft.h"
#include "rule/grow.h"
#include "rule/header.h"
#include "rule/lexer.h"
#include "rule/names.h"
#include "rule/parse.h"
#include "rule/set_data.h"
#include "rule/text_file.h"

static_assert((int)SET_NAMES == (int)READER_NAMES, "names of all kinds have their table");

/** Makes what is needed besides memory. */
static int
create_parts(struct rule_set *set)
{
	char why[64];

	if (set->conf.classes == NULL) {
		if (classification_create(set->arena, NULL, &set->own_classes, why, sizeof(why)) !=
		    0)
			return -ENOMEM;
		set->conf.classes = set->own_classes;
	}
	for (unsigned int i = 0; i < SET_NAMES; i++) {
		set->names[i] = names_create();
		if (set->names[i] == NULL)
			return -ENOMEM;
	}
	set->sets = header_sets_create();
	set->draft = draft_create(set);
	return set->sets == NULL || set->draft == NULL ? -ENOMEM : 0;
}

int
rule_set_create(const struct rule_set_conf *conf, struct rule_set **set)
{
	struct rule_set *made = calloc(1, sizeof(*made));

	if (made == NULL)
		return -ENOMEM;
	made->conf = *conf;
	made->arena = wp_arena_create();
	if (made->arena == NULL || create_parts(made) != 0) {
		rule_set_destroy(made);
		return -ENOMEM;
	}
	*set = made;
	return 0;
}

/** What is only needed while rules are read. */
static void
drop_reader(struct rule_set *set)
{
	draft_destroy(set->draft);
	header_sets_destroy(set->sets);
	set->draft = NULL;
	set->sets = NULL;
}

void
rule_set_destroy(struct rule_set *set)
{
	if (set == NULL)
		return;
	drop_reader(set);
	set_data_close(set);
	for (unsigned int i = 0; i < SET_NAMES; i++)
		names_destroy(set->names[i]);
	free(set->data);
	free(set->faults);
	free(set->rules);
	wp_arena_destroy(set->arena);
	free(set);
}

int
rule_set_add_fault(struct rule_set *set, const struct rule_fault *fault)
{
	struct rule_fault *faults =
		grow(set->faults, set->n_faults, &set->max_faults, sizeof(*faults));

	if (faults == NULL)
		return -ENOMEM;
	set->faults = faults;
	set->faults[set->n_faults++] = *fault;
	return 0;
}

static int
add_rule(struct rule_set *set, struct rule *rule)
{
	struct rule **rules = grow(set->rules, set->n, &set->max_rules, sizeof(struct rule *));

	if (rules == NULL)
		return -ENOMEM;
	set->rules = rules;
	rule->number = set->n;
	set->rules[set->n++] = rule;
	return 0;
}

/** Why a rule cannot even be looked at; NULL: it can. */
static const char *
refuse_text(const struct lexer_rule *text)
{
	if (text->size > LEXER_RULE_MAX)
		return "the rule is too long";
	if (strlen(text->text) != text->size)
		return "there is a byte 0 in the rule";
	return NULL;
}

/** Reads one rule. */
static int
read_rule(struct rule_set *set, const char *file, const struct lexer_rule *text)
{
	struct rule_fault fault = {.file = file,
				   .line = text->line,
				   .column = 1,
				   .hint = "",
				   .why = refuse_text(text),
				   .text = text->text};
	struct rule *rule;
	char *copy;
	int err;

	if (fault.why != NULL)
		return rule_set_add_fault(set, &fault);
	rule = wp_arena_alloc(set->arena, sizeof(*rule));
	copy = wp_arena_string(set->arena, text->text);
	if (rule == NULL || copy == NULL)
		return -ENOMEM;
	rule->text = text->text;
	rule->file = file;
	rule->line = text->line;
	err = parse_rule(set, copy, rule, &fault);
	if (err == 0)
		return add_rule(set, rule);
	if (err == 1) {
		set->n_skipped++;
		return 0;
	}
	return err == -EINVAL ? rule_set_add_fault(set, &fault) : err;
}

/** What is no file of rules may be as long as one likes, and each fault takes memory: beyond
 * SET_FAULTS_MAX of a file its rest is one. */
static int
give_up(struct rule_set *set, const char *file, const struct lexer_rule *at)
{
	const struct rule_fault fault = {.file = file,
					 .line = at->line,
					 .column = 1,
					 .why = "from here on the file is not read",
					 .hint = "too much in front of it cannot be used",
					 .text = ""};

	return rule_set_add_fault(set, &fault);
}

int
rule_set_read_text(struct rule_set *set, const char *name, const char *text, size_t size)
{
	struct lexer_file file;
	struct lexer_rule rule;
	char *copy = wp_arena_alloc(set->arena, size + 1);
	uint32_t n_faults = set->n_faults;
	int err = 0;

	name = wp_arena_string(set->arena, name);
	if (copy == NULL || name == NULL)
		return -ENOMEM;
	if (size != 0)
		memcpy(copy, text, size);
	lexer_open(&file, copy, size);
	while (err == 0 && lexer_next(&file, &rule)) {
		if (set->n_faults - n_faults == SET_FAULTS_MAX)
			return give_up(set, name, &rule);
		err = compiling_is_over(set->conf.compiling) ? -ECANCELED
							     : read_rule(set, name, &rule);
	}
	return err;
}

/** Tells that a file cannot be read. */
static int
add_file_fault(struct rule_set *set, const char *file, int err)
{
	struct rule_fault fault = {
		.file = wp_arena_string(set->arena, file),
		.why = wp_arena_string(set->arena, text_file_why(err)),
		.hint = "",
		.text = "",
	};

	if (fault.file == NULL || fault.why == NULL || rule_set_add_fault(set, &fault) != 0)
		return -ENOMEM;
	return err;
}

int
rule_set_read(struct rule_set *set, const char *file)
{
	char *text;
	size_t size;
	int err;

	if (strcmp(file, "/dev/null") == 0)
		return 0; /* so Suricata is told to write of protocols alone */
	err = text_file_read(file, &text, &size);
	if (err != 0)
		return err == -ENOMEM ? err : add_file_fault(set, file, err);
	err = rule_set_read_text(set, file, text, size);
	free(text);
	return err;
}

uint16_t
rule_set_names(const struct rule_set *set, unsigned int kind)
{
	return kind < SET_NAMES ? names_count(set->names[kind]) : 0;
}

const char *
rule_set_name(const struct rule_set *set, unsigned int kind, uint16_t number)
{
	return kind < SET_NAMES ? names_get(set->names[kind], number) : NULL;
}
