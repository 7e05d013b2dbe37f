/* SPDX-License-Identifier: BSD-3-Clause */
/* See threshold_config.h. Lines are kept in their order, in which rules get them. */

#include "rule/threshold_config.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rule/blanks.h"
#include "rule/limit_parse.h"
#include "rule/text_file.h"

enum { WHY_SIZE = 192 };

/** One line. */
struct entry {
	struct entry *next;
	struct limit limit;
	uint32_t gid, sid; /* 0: all */
	uint32_t line;
	bool is_used;
};

struct threshold_config {
	struct wp_arena *arena;
	struct entry *first, **last;
};

/** A file while it is read. */
struct reading {
	struct threshold_config *config;
	const struct vars *vars;
	threshold_config_fault fault;
	void *context;
	uint32_t line;
};

static const struct {
	const char *name;
	enum limit_form form;
} commands[] = {
	{"suppress", LIMIT_FORM_SUPPRESS},
	{"threshold", LIMIT_FORM_FILTER},
	{"event_filter", LIMIT_FORM_FILTER},
	{"rate_filter", LIMIT_FORM_RATE},
};

static void
tell(const struct reading *reading, const char *why)
{
	if (reading->fault != NULL)
		reading->fault(reading->context, reading->line, why);
}

/** Steps over a word that white space ends. @return it; "" at the end */
static char *
take_word(char **at)
{
	char *word = blanks_skip(*at), *end = word;

	while (*end != '\0' && !isspace((unsigned char)*end))
		end++;
	if (*end != '\0')
		*end++ = '\0';
	*at = end;
	return word;
}

/** Steps over "NAME NUMBER", and the comma behind. @return whether it stands there */
static bool
take_id(char **at, const char *name, uint32_t *id)
{
	uint64_t number = 0;
	char *digits;

	if (strcmp(take_word(at), name) != 0)
		return false;
	digits = blanks_skip(*at);
	for (*at = digits; isdigit((unsigned char)**at) && number <= UINT32_MAX; (*at)++)
		number = number * 10 + (unsigned int)(**at - '0');
	if (*at == digits || number > UINT32_MAX)
		return false;
	*id = (uint32_t)number;
	*at = blanks_skip(*at);
	if (**at != ',')
		return **at == '\0';
	(*at)++;
	return true;
}

/** @param[out] form  of a line @return whether its first word is known */
static bool
find_form(const char *name, enum limit_form *form)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i].name, name) == 0) {
			*form = commands[i].form;
			return true;
		}
	return false;
}

static int
add_entry(const struct reading *reading, const struct entry *entry)
{
	struct threshold_config *config = reading->config;
	struct entry *copy = wp_arena_alloc(config->arena, sizeof(*copy));

	if (copy == NULL)
		return -ENOMEM;
	*copy = *entry;
	*config->last = copy;
	config->last = &copy->next;
	return 0;
}

/** @return 0 or -ENOMEM; a fault is told */
static int
read_line(const struct reading *reading, char *text)
{
	struct entry entry = {.line = reading->line};
	enum limit_form form = LIMIT_FORM_SUPPRESS;
	char why[WHY_SIZE];
	int err;

	text = blanks_skip(text);
	if (*text == '\0' || *text == '#')
		return 0;
	if (!find_form(take_word(&text), &form)) {
		tell(reading, "it is none of suppress, threshold, event_filter, rate_filter");
		return 0;
	}
	if (!take_id(&text, "gen_id", &entry.gid) || !take_id(&text, "sig_id", &entry.sid)) {
		tell(reading, "'gen_id NUMBER, sig_id NUMBER' must stand in front");
		return 0;
	}
	if (entry.gid == 0 && entry.sid != 0) {
		tell(reading, "a gen_id of 0 is for all rules: its sig_id must be 0, too");
		return 0;
	}
	err = limit_parse(reading->config->arena, reading->vars, form, text, &entry.limit, why,
			  sizeof(why));
	if (err == 0)
		return add_entry(reading, &entry);
	if (err == -EINVAL)
		tell(reading, why);
	return err == -EINVAL ? 0 : err;
}

/** Blanks a backslash that a line ends with. @return whether there was one */
static bool
blank_backslash(const char *text, char *end)
{
	if (end > text && end[-1] == '\r')
		end--;
	if (end == text || end[-1] != '\\')
		return false;
	end[-1] = ' ';
	return true;
}

/** Ends a line where it ends, but goes on behind a backslash.
 * @return where the next one begins; NULL: there is none */
static char *
end_line(char *text, uint32_t *n_lines)
{
	char *end = text;

	for (;;) {
		bool goes_on;

		end += strcspn(end, "\n");
		goes_on = blank_backslash(text, end);
		++*n_lines;
		if (*end == '\0')
			return NULL;
		*end++ = goes_on ? ' ' : '\0';
		if (!goes_on)
			return end;
	}
}

/** @param text  changed */
static int
read_lines(struct reading *reading, char *text)
{
	int err = 0;

	for (reading->line = 1; text != NULL && err == 0;) {
		uint32_t n_lines = 0;
		char *next = end_line(text, &n_lines);

		err = read_line(reading, text);
		reading->line += n_lines;
		text = next;
	}
	return err;
}

/** @param text  changed; @p size bytes with a zero behind them */
static int
read_text(struct wp_arena *arena, const struct vars *vars, char *text, size_t size,
	  struct threshold_config **config, threshold_config_fault fault, void *context)
{
	struct threshold_config *new = wp_arena_alloc(arena, sizeof(*new));
	struct reading reading = {.config = new, .vars = vars, .fault = fault, .context = context};
	int err;

	if (new == NULL)
		return -ENOMEM;
	new->arena = arena;
	new->last = &new->first;
	/* A zero within would hide what stands behind it. */
	for (char *zero = text; (zero = memchr(zero, '\0', size - (size_t)(zero - text))) != NULL;)
		*zero = '?';
	err = read_lines(&reading, text);
	if (err == 0)
		*config = new;
	return err;
}

int
threshold_config_read_text(struct wp_arena *arena, const struct vars *vars, const char *text,
			   size_t size, struct threshold_config **config,
			   threshold_config_fault fault, void *context)
{
	char *copy = malloc(size + 1);
	int err;

	if (copy == NULL)
		return -ENOMEM;
	memcpy(copy, text, size);
	copy[size] = '\0';
	err = read_text(arena, vars, copy, size, config, fault, context);
	free(copy);
	return err;
}

int
threshold_config_read(struct wp_arena *arena, const struct vars *vars, const char *file,
		      struct threshold_config **config, threshold_config_fault fault, void *context)
{
	char *text = NULL;
	size_t size = 0;
	int err = text_file_read(file, &text, &size);

	if (err == 0)
		err = read_text(arena, vars, text, size, config, fault, context);
	free(text);
	return err;
}

static bool
is_about(const struct entry *entry, const struct rule *rule)
{
	return (entry->gid == 0 || entry->gid == rule->gid) &&
	       (entry->sid == 0 || entry->sid == rule->sid);
}

/** @return whether an entry gives a rule that has a limit another one */
static bool
replaces(const struct entry *entry)
{
	return entry->sid != 0 && entry->limit.type != LIMIT_RATE;
}

int
threshold_config_apply(struct threshold_config *config, struct rule *rule)
{
	const struct limit *own = rule->limit;
	struct limit *last = NULL, *copy;

	for (struct entry *entry = config->first; entry != NULL; entry = entry->next) {
		if (!is_about(entry, rule))
			continue;
		entry->is_used = true;
		/* It says what is not told: of a rule that passes nothing is. */
		if (entry->limit.type == LIMIT_SUPPRESS && rule->action == RULE_PASS)
			continue;
		if (entry->limit.type != LIMIT_SUPPRESS) {
			if (own == NULL || replaces(entry))
				own = &entry->limit;
			continue;
		}
		copy = wp_arena_alloc(config->arena, sizeof(*copy));
		if (copy == NULL)
			return -ENOMEM;
		*copy = entry->limit;
		if (last == NULL)
			rule->limit = copy;
		else
			last->next = copy;
		last = copy;
	}
	if (last == NULL)
		rule->limit = own;
	else
		last->next = own;
	return 0;
}

void
threshold_config_check(const struct threshold_config *config, threshold_config_fault fault,
		       void *context)
{
	char why[WHY_SIZE];

	for (const struct entry *entry = config->first; entry != NULL; entry = entry->next) {
		if (entry->is_used || entry->gid == 0)
			continue;
		snprintf(why, sizeof(why),
			 "there is no rule of gen_id %" PRIu32 ", sig_id %" PRIu32, entry->gid,
			 entry->sid);
		fault(context, entry->line, why);
	}
}
