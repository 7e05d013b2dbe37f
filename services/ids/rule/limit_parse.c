/* SPDX-License-Identifier: BSD-3-Clause */
/* See limit_parse.h. Each word has its reader; a form says which words it must have, and which
 * values they take. */

#include "rule/limit_parse.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "rule/address.h"
#include "rule/blanks.h"
#include "rule/group.h"
#include "rule/keyword_condition.h"

/** Words; bits. */
enum {
	WORD_TYPE = 1 << 0,
	WORD_TRACK = 1 << 1,
	WORD_COUNT = 1 << 2,
	WORD_SECONDS = 1 << 3,
	WORD_ACTION = 1 << 4,
	WORD_TIMEOUT = 1 << 5,
	WORD_MULTIPLIER = 1 << 6,
	WORD_IP = 1 << 7,
	WORD_UNIQUE = 1 << 8,
	WORDS_OPTIONAL = WORD_UNIQUE,
};

#define BIT(N) (1u << (N))

/** What a form is made of. */
struct form {
	unsigned int words;  /* those it knows */
	unsigned int tracks; /* bits */
	bool takes_zero;     /* counts and seconds of 0 */
	uint8_t type;        /* without the word for it */
};

static const struct form forms[LIMIT_FORMS] = {
	[LIMIT_FORM_THRESHOLD] = {.words = WORD_TYPE | WORD_TRACK | WORD_COUNT | WORD_SECONDS |
					   WORD_MULTIPLIER,
				  .tracks = BIT(LIMIT_BY_SOURCE) | BIT(LIMIT_BY_DESTINATION) |
					    BIT(LIMIT_BY_BOTH) | BIT(LIMIT_BY_RULE) |
					    BIT(LIMIT_BY_FLOW),
				  .takes_zero = true},
	[LIMIT_FORM_DETECTION] = {.words = WORD_TRACK | WORD_COUNT | WORD_SECONDS | WORD_UNIQUE,
				  .tracks = BIT(LIMIT_BY_SOURCE) | BIT(LIMIT_BY_DESTINATION),
				  .type = LIMIT_DETECTION},
	[LIMIT_FORM_FILTER] = {.words = WORD_TYPE | WORD_TRACK | WORD_COUNT | WORD_SECONDS |
					WORD_MULTIPLIER,
			       .tracks = BIT(LIMIT_BY_SOURCE) | BIT(LIMIT_BY_DESTINATION) |
					 BIT(LIMIT_BY_BOTH) | BIT(LIMIT_BY_RULE) |
					 BIT(LIMIT_BY_FLOW)},
	[LIMIT_FORM_RATE] = {.words = WORD_TRACK | WORD_COUNT | WORD_SECONDS | WORD_ACTION |
				      WORD_TIMEOUT,
			     .tracks = BIT(LIMIT_BY_SOURCE) | BIT(LIMIT_BY_DESTINATION) |
				       BIT(LIMIT_BY_BOTH) | BIT(LIMIT_BY_RULE) | BIT(LIMIT_BY_FLOW),
			     .type = LIMIT_RATE},
	[LIMIT_FORM_SUPPRESS] = {.words = WORD_TRACK | WORD_IP,
				 .tracks = BIT(LIMIT_BY_SOURCE) | BIT(LIMIT_BY_DESTINATION) |
					   BIT(LIMIT_BY_EITHER),
				 .type = LIMIT_SUPPRESS},
};

/** A limit while it is read. */
struct reading {
	struct wp_arena *arena;
	const struct vars *vars;
	const struct form *form;
	struct limit *limit;
	unsigned int seen; /* words */
	char *why;
	size_t size; /* of why */
};

static int __attribute__((format(printf, 2, 3)))
fault(struct reading *reading, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reading->why, reading->size, format, arguments);
	va_end(arguments);
	return -EINVAL;
}

static const struct keyword_choice types[] = {
	{"limit", LIMIT_LIMIT},
	{"threshold", LIMIT_THRESHOLD},
	{"both", LIMIT_BOTH},
	{"backoff", LIMIT_BACKOFF},
	{NULL, 0},
};

static const struct keyword_choice tracks[] = {
	{"by_src", LIMIT_BY_SOURCE},
	{"by_dst", LIMIT_BY_DESTINATION},
	{"by_both", LIMIT_BY_BOTH},
	{"by_rule", LIMIT_BY_RULE},
	{"by_flow", LIMIT_BY_FLOW},
	{"by_either", LIMIT_BY_EITHER},
	{NULL, 0},
};

static const struct keyword_choice actions[] = {
	{"alert", RULE_ALERT},   {"drop", RULE_DROP}, {"pass", RULE_PASS},
	{"reject", RULE_REJECT}, {NULL, 0},
};

static int
read_type(struct reading *reading, char *value)
{
	const struct keyword_choice *choice = keyword_choose(types, value);

	if (choice == NULL)
		return fault(reading, "type '%.32s' is none of limit, threshold, both, backoff",
			     value);
	reading->limit->type = (uint8_t)choice->value;
	return 0;
}

static int
read_track(struct reading *reading, char *value)
{
	const struct keyword_choice *choice = keyword_choose(tracks, value);

	if (choice == NULL || (reading->form->tracks & BIT(choice->value)) == 0)
		return fault(reading, "it cannot be tracked '%.32s'", value);
	reading->limit->track = (uint8_t)choice->value;
	return 0;
}

static int
read_action(struct reading *reading, char *value)
{
	const struct keyword_choice *choice = keyword_choose(actions, value);

	if (choice == NULL)
		return fault(reading, "action '%.32s' is none of alert, drop, pass, reject", value);
	reading->limit->action = (uint8_t)choice->value;
	return 0;
}

static const struct keyword_choice uniques[] = {
	{"src_port", LIMIT_OF_SOURCE_PORTS},
	{"dst_port", LIMIT_OF_DESTINATION_PORTS},
	{NULL, 0},
};

static int
read_unique(struct reading *reading, char *value)
{
	const struct keyword_choice *choice = keyword_choose(uniques, value);

	if (choice == NULL)
		return fault(reading, "'%.32s' is neither src_port nor dst_port", value);
	reading->limit->unique = (uint8_t)choice->value;
	return 0;
}

static int
read_number(struct reading *reading, const char *value, bool takes_zero, uint32_t *number)
{
	if (!group_number(value, UINT32_MAX, number))
		return fault(reading, "'%.32s' is not a number below 2^32", value);
	if (*number == 0 && !takes_zero)
		return fault(reading, "0 is too small");
	return 0;
}

static int
read_count(struct reading *reading, char *value)
{
	return read_number(reading, value, reading->form->takes_zero, &reading->limit->count);
}

static int
read_seconds(struct reading *reading, char *value)
{
	return read_number(reading, value, reading->form->takes_zero, &reading->limit->seconds);
}

static int
read_timeout(struct reading *reading, char *value)
{
	return read_number(reading, value, true, &reading->limit->timeout_s);
}

static int
read_multiplier(struct reading *reading, char *value)
{
	return read_number(reading, value, false, &reading->limit->multiplier);
}

/** A list may do without brackets here. */
static int
read_ip(struct reading *reading, char *value)
{
	size_t size = strlen(value) + 3;
	char *list = wp_arena_alloc(reading->arena, size);

	if (list == NULL)
		return -ENOMEM;
	snprintf(list, size, value[0] != '[' && strchr(value, ',') != NULL ? "[%s]" : "%s", value);
	return address_set_parse(reading->arena, reading->vars, list, &reading->limit->hosts,
				 reading->why, reading->size);
}

static const struct word {
	const char *name;
	unsigned int bit;
	int (*read)(struct reading *reading, char *value);
} words[] = {
	{"type", WORD_TYPE, read_type},
	{"track", WORD_TRACK, read_track},
	{"count", WORD_COUNT, read_count},
	{"seconds", WORD_SECONDS, read_seconds},
	{"new_action", WORD_ACTION, read_action},
	{"timeout", WORD_TIMEOUT, read_timeout},
	{"multiplier", WORD_MULTIPLIER, read_multiplier},
	{"ip", WORD_IP, read_ip},
	{"unique_on", WORD_UNIQUE, read_unique},
};

enum { WORDS = sizeof(words) / sizeof(words[0]) };

/** Parts a word from its value. @return the value, "" when there is none */
static char *
part_value(char *text)
{
	while (*text != '\0' && !isspace((unsigned char)*text))
		text++;
	if (*text == '\0')
		return text;
	*text = '\0';
	return blanks_trim(text + 1);
}

static const struct word *
find_word(const struct form *form, const char *name)
{
	for (unsigned int i = 0; i < WORDS; i++)
		if ((form->words & words[i].bit) != 0 && strcmp(words[i].name, name) == 0)
			return &words[i];
	return NULL;
}

/** @param text  one word and its value */
static int
read_word(struct reading *reading, char *text)
{
	char *value = part_value(text);
	const struct word *word = find_word(reading->form, text);

	if (word == NULL)
		return fault(reading, "'%.32s' is not known here", text);
	if ((reading->seen & word->bit) != 0)
		return fault(reading, "'%s' is there twice", word->name);
	reading->seen |= word->bit;
	return word->read(reading, value);
}

/** @return where the word ends that begins here: at a comma, but that addresses have some, too */
static char *
word_end(const struct reading *reading, char *text)
{
	const char *name = text;

	while (isspace((unsigned char)*name))
		name++;
	if ((reading->form->words & WORD_IP) != 0 && strncmp(name, "ip", 2) == 0 &&
	    isspace((unsigned char)name[2]))
		return text + strlen(text);
	return text + strcspn(text, ",");
}

static int
read_words(struct reading *reading, char *text)
{
	for (;;) {
		char *end = word_end(reading, text);
		bool is_last = *end == '\0';
		int err;

		*end = '\0';
		text = blanks_trim(text);
		/* A comma may stand at the end. */
		if (is_last && *text == '\0')
			return 0;
		err = read_word(reading, text);
		if (err != 0 || is_last)
			return err;
		text = end + 1;
	}
}

/** @return words that a limit must have */
static unsigned int
needed(const struct form *form, const struct limit *limit)
{
	if (limit->type == LIMIT_SUPPRESS)
		return 0;
	if (limit->type == LIMIT_BACKOFF)
		return form->words & ~(unsigned int)(WORD_SECONDS | WORDS_OPTIONAL);
	return form->words & ~(unsigned int)(WORD_MULTIPLIER | WORDS_OPTIONAL);
}

static int
check(struct reading *reading)
{
	const struct limit *limit = reading->limit;
	unsigned int need = needed(reading->form, limit);
	bool is_suppress = limit->type == LIMIT_SUPPRESS;

	for (unsigned int i = 0; i < WORDS; i++)
		if ((need & ~reading->seen & words[i].bit) != 0)
			return fault(reading, "'%s' is missing", words[i].name);
	if (!is_suppress && (reading->seen & ~need & ~(unsigned int)WORDS_OPTIONAL) != 0)
		return fault(reading, limit->type == LIMIT_BACKOFF ? "backoff has no seconds"
								   : "a multiplier is of backoff");
	if (limit->type == LIMIT_BACKOFF && limit->track != LIMIT_BY_FLOW)
		return fault(reading, "backoff is tracked by_flow only");
	if (is_suppress && (reading->seen & (WORD_TRACK | WORD_IP)) != 0 &&
	    (reading->seen & (WORD_TRACK | WORD_IP)) != (WORD_TRACK | WORD_IP))
		return fault(reading, "'track' and 'ip' go together");
	return 0;
}

int
limit_parse(struct wp_arena *arena, const struct vars *vars, enum limit_form form, char *text,
	    struct limit *limit, char *why, size_t size)
{
	struct reading reading = {.arena = arena,
				  .vars = vars,
				  .form = &forms[form],
				  .limit = limit,
				  .why = why,
				  .size = size};
	int err;

	*limit = (struct limit){.type = forms[form].type};
	err = read_words(&reading, text);
	return err == 0 ? check(&reading) : err;
}
