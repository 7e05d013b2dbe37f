/* SPDX-License-Identifier: BSD-3-Clause */
/* Conditions on sets of values: "dataset", "datarep"; and the addresses that they may be asked
 * about, "ip.src" and "ip.dst". */

#include "rule/keyword_condition.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "rule/set.h"
#include "state/dataset.h"

enum { PARTS_MAX = 16 /* of an option, between commas */ };

/** A set while it is asked for. */
struct wanted {
	struct dataset_conf conf;
	char path[PATH_MAX]; /* of conf.load */
};

/* Addresses. They are no bytes that other conditions look at: the next option must be a set. */

static bool
is_of_sets(const struct lexer_option *option)
{
	return strcasecmp(option->name, "dataset") == 0 || strcasecmp(option->name, "datarep") == 0;
}

/** @return where the option that is read stands among those of the rule */
static uint32_t
option_index(struct rule_reader *reader)
{
	const struct draft *draft = draft_of(reader);
	uint32_t i = 0;

	while (i + 1 < draft->n_options && draft->options[i].column != reader->column)
		i++;
	return i;
}

int
keyword_address_read(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	const struct draft *draft = draft_of(reader);
	uint32_t next = option_index(reader) + 1;

	if (next < draft->n_options && is_of_sets(&draft->options[next]))
		return 0;
	return reader_fault(reader, "only 'dataset' and 'datarep' can be asked about addresses");
}

/** @return the side whose address is asked about: 0 source, 1 destination; -1: it is no address */
static int
address_side(struct rule_reader *reader)
{
	const struct draft *draft = draft_of(reader);

	for (uint32_t i = option_index(reader); i > 0; i--) {
		const struct lexer_option *option = &draft->options[i - 1];

		if (strcasecmp(option->name, "ip.src") == 0)
			return 0;
		if (strcasecmp(option->name, "ip.dst") == 0)
			return 1;
		if (!is_of_sets(option))
			return -1;
	}
	return -1;
}

/* Options of a set. */

static const struct keyword_choice formats[] = {
	{"csv", DATASET_LINES},
	{"json", DATASET_JSON},
	{"ndjson", DATASET_NDJSON},
	{"jsonline", DATASET_NDJSON},
	{NULL, 0},
};

static int
read_type(struct rule_reader *reader, const char *value, struct wanted *wanted)
{
	wanted->conf.type = dataset_type_of(value);
	if (wanted->conf.type == DATASET_UNTYPED)
		return reader_fault(reader, "'%.30s' is no type of values", value);
	return 0;
}

static int
read_load(struct rule_reader *reader, const char *value, struct wanted *wanted)
{
	if (dataset_path(reader->rule->file, reader->set->conf.folder, value, wanted->path,
			 sizeof(wanted->path)) != 0)
		return reader_fault(reader, "the name of the file is too long");
	wanted->conf.load = wanted->path;
	return 0;
}

static int
read_hash_size(struct rule_reader *reader, const char *value, struct wanted *wanted)
{
	uint64_t number;
	int err = reader_number(reader, value, 0, DATASET_MAX, &number);

	if (err == 0 && number > wanted->conf.max)
		wanted->conf.max = (uint32_t)number;
	return err;
}

static int
read_format(struct rule_reader *reader, const char *value, struct wanted *wanted)
{
	const struct keyword_choice *format = keyword_choose(formats, value);

	if (format == NULL)
		return reader_fault(reader, "'%.30s' is no format of a file", value);
	wanted->conf.format = (enum dataset_format)format->value;
	return 0;
}

static int
read_value_key(struct rule_reader *reader, const char *value, struct wanted *wanted)
{
	wanted->conf.value_key = value;
	return 0;
}

static int
read_array_key(struct rule_reader *reader, const char *value, struct wanted *wanted)
{
	wanted->conf.array_key = value;
	return 0;
}

/** What is about a file that is written, about memory, or about what alerts tell of a value:
 * nothing is written, memory is made as it is needed, and nothing is told. */
static int
read_nothing(struct rule_reader *reader, const char *value, struct wanted *wanted)
{
	return 0;
}

static const struct {
	const char *name;
	int (*read)(struct rule_reader *reader, const char *value, struct wanted *wanted);
} words[] = {
	{"type", read_type},
	{"load", read_load},
	{"state", read_nothing},
	{"save", read_nothing},
	{"memcap", read_nothing},
	{"hashsize", read_hash_size},
	{"format", read_format},
	{"value_key", read_value_key},
	{"array_key", read_array_key},
	{"context_key", read_nothing},
	{"enrichment_key", read_nothing},
	{"remove_key", read_nothing},
};

/** Reads "WORD VALUE". */
static int
read_word(struct rule_reader *reader, char *text, struct wanted *wanted)
{
	char *value = text + strcspn(text, " \t");

	if (*value != '\0')
		*value++ = '\0';
	while (isspace((unsigned char)*value))
		value++;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].name, text) == 0)
			return words[i].read(reader, value, wanted);
	return reader_fault(reader, "'%.30s' is not known here", text);
}

/** Opens the set of a name. @param words  behind it */
static int
open_set(struct rule_reader *reader, const char *name, char **rest, unsigned int n,
	 struct rule_dataset *dataset)
{
	struct wanted wanted = {.conf = {.name = name, .max = DATASET_MAX_DEFAULT}};
	char why[160];
	int err = 0;

	if (*name == '\0' || strpbrk(name, " \t") != NULL)
		return reader_fault(reader, "'%.40s' is no name", name);
	for (unsigned int i = 0; i < n && err == 0; i++)
		err = read_word(reader, rest[i], &wanted);
	if (err != 0)
		return err;
	err = dataset_list_open(&reader->set->datasets, reader->arena, &wanted.conf, &dataset->set,
				why, sizeof(why));
	return err == -EINVAL ? reader_fault(reader, "%s", why) : err;
}

/** Adds a condition, on an address or on the current buffer. */
static int
add_condition(struct rule_reader *reader, const struct rule_dataset *dataset)
{
	int side = address_side(reader);
	struct rule_match *match;

	if (side < 0 && !draft_is_sticky(draft_of(reader)))
		return reader_fault(reader, "it must be about a buffer that is named before");
	match = side < 0 ? reader_bytes(reader, MATCH_DATASET)
			 : reader_packet(reader, MATCH_IP_SET);
	if (match == NULL)
		return -EINVAL;
	if (side < 0) {
		match->dataset = *dataset;
	} else {
		match->ip_set.of = *dataset;
		match->ip_set.side = (uint8_t)side;
	}
	return 0;
}

static const struct keyword_choice commands[] = {
	{"isset", DATASET_IS_SET},
	{"isnotset", DATASET_IS_NOT_SET},
	{"set", DATASET_SET},
	{"unset", DATASET_UNSET},
	{NULL, 0},
};

/** "isset,NAME,type string,load FILE" */
int
keyword_dataset_read(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	struct rule_dataset dataset = {0};
	const struct keyword_choice *command;
	char *parts[PARTS_MAX];
	unsigned int n = reader_split(value, parts, PARTS_MAX);
	int err;

	if (n < 2 || n > PARTS_MAX)
		return reader_fault(reader, "it must be COMMAND,NAME,...");
	command = keyword_choose(commands, parts[0]);
	if (command == NULL)
		return reader_fault(reader, "'%.30s' is none of set, unset, isset, isnotset",
				    parts[0]);
	dataset.command = command->value;
	err = open_set(reader, parts[1], parts + 2, n - 2, &dataset);
	return err != 0 ? err : add_condition(reader, &dataset);
}

static const struct keyword_choice compares[] = {
	{"<", RULE_LT}, {">", RULE_GT}, {"==", RULE_EQ}, {NULL, 0}};

/** "NAME,>,200,load FILE,type string" */
int
keyword_datarep_read(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	struct rule_dataset dataset = {.command = DATAREP};
	const struct keyword_choice *compare;
	char *parts[PARTS_MAX];
	unsigned int n = reader_split(value, parts, PARTS_MAX);
	uint64_t number;
	int err;

	if (n < 3 || n > PARTS_MAX)
		return reader_fault(reader, "it must be NAME,OPERATOR,NUMBER,...");
	compare = keyword_choose(compares, parts[1]);
	if (compare == NULL)
		return reader_fault(reader, "'%.30s' is none of < > ==", parts[1]);
	err = reader_number(reader, parts[2], 0, UINT16_MAX, &number);
	if (err != 0)
		return err;
	dataset.reputation =
		(struct rule_range){.compare = (enum rule_compare)compare->value, .low = number};
	err = open_set(reader, parts[0], parts + 3, n - 3, &dataset);
	return err != 0 ? err : add_condition(reader, &dataset);
}
