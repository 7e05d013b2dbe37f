/* SPDX-License-Identifier: BSD-3-Clause */
/* Bits and numbers that rules leave for each other: with a flow, a host, or a pair of them. */

#include "rule/keyword_condition.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "rule/blanks.h"

enum {
	NAMES_MAX = 32,      /* of one option: "a|b|c" */
	FLOWINT_NAME_MIN = 2 /* letters: what has one is no name to Suricata */
};

static const struct keyword_choice commands[] = {
	{"set", BITS_SET},      {"unset", BITS_UNSET},         {"toggle", BITS_TOGGLE},
	{"isset", BITS_IS_SET}, {"isnotset", BITS_IS_NOT_SET}, {NULL, 0},
};

/** Cuts a value at a comma. @return what is behind it; NULL: there is none */
static char *
cut(char *text)
{
	char *comma = strchr(text, ',');

	if (comma == NULL)
		return NULL;
	*comma = '\0';
	return comma + 1;
}

static bool
asks(uint8_t command)
{
	return command == BITS_IS_SET || command == BITS_IS_NOT_SET;
}

/** Adds names to the bits. @param names  with "|" between them, where bits are asked */
static int
read_names(struct rule_reader *reader, enum reader_names kind, char *names, struct rule_bits *bits)
{
	uint16_t numbers[NAMES_MAX];
	uint16_t *copy;

	for (char *next; names != NULL; names = next) {
		char *bar = asks(bits->command) && kind != NAMES_XBITS ? strchr(names, '|') : NULL;

		next = NULL;
		if (bar != NULL) {
			*bar = '\0';
			next = bar + 1;
		}
		names = blanks_trim(names);
		if (*names == '\0')
			continue;
		if (strpbrk(names, " \t") != NULL && kind != NAMES_XBITS)
			return reader_fault(reader, "there is a space in the name '%.60s'", names);
		if (bits->n == NAMES_MAX)
			return reader_fault(reader, "there are more than %d names", NAMES_MAX);
		numbers[bits->n] = reader_name(reader, kind, names);
		if (numbers[bits->n++] == 0)
			return reader_fault(reader, "there are too many names");
	}
	if (bits->n == 0)
		return reader_fault(reader, "the name is missing");
	copy = wp_arena_alloc(reader->arena, bits->n * sizeof(*copy));
	if (copy == NULL)
		return -ENOMEM;
	memcpy(copy, numbers, bits->n * sizeof(*copy));
	bits->names = copy;
	return 0;
}

/** Bits that are asked are conditions, others are set when all holds. */
static int
add_bits(struct rule_reader *reader, enum match_kind kind, const struct rule_bits *bits)
{
	struct rule_match *match =
		asks(bits->command) ? reader_packet(reader, kind) : reader_after(reader, kind);

	if (match == NULL)
		return -EINVAL;
	match->bits = *bits;
	return 0;
}

static int
read_command(struct rule_reader *reader, const char *word, struct rule_bits *bits)
{
	const struct keyword_choice *command = keyword_choose(commands, word);

	if (command == NULL)
		return reader_fault(reader,
				    "'%.30s' is none of set, unset, toggle, isset, isnotset", word);
	bits->command = (uint8_t)command->value;
	return 0;
}

/** @return whether it is just "noalert", which is done then */
static bool
read_noalert(struct rule_reader *reader, const char *value)
{
	if (strcmp(value, "noalert") != 0)
		return false;
	reader->rule->no_alert = true;
	return true;
}

/** "isset,NAME|NAME" */
int
keyword_flowbits_read(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	struct rule_bits bits = {.track = BITS_OF_FLOW};
	char *names;
	int err;

	if (read_noalert(reader, value))
		return 0;
	names = cut(value);
	err = read_command(reader, value, &bits);
	if (err == 0 && names == NULL)
		err = reader_fault(reader, "the name is missing");
	if (err == 0)
		err = read_names(reader, NAMES_FLOWBITS, names, &bits);
	return err != 0 ? err : add_bits(reader, MATCH_FLOWBITS, &bits);
}

static const struct keyword_choice sides[] = {
	{"src", BITS_OF_SOURCE}, {"dst", BITS_OF_DESTINATION}, {NULL, 0}};

/** "set,NAME,src" */
int
keyword_hostbits_read(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	struct rule_bits bits = {.track = BITS_OF_SOURCE};
	char *names, *side = NULL;
	int err;

	if (read_noalert(reader, value))
		return 0;
	names = cut(value);
	err = read_command(reader, blanks_trim(value), &bits);
	if (err == 0 && names == NULL)
		err = reader_fault(reader, "the name is missing");
	if (err == 0)
		side = cut(names);
	if (side != NULL) {
		const struct keyword_choice *choice = keyword_choose(sides, blanks_trim(side));

		if (choice == NULL)
			return reader_fault(reader, "'%.30s' is neither src nor dst",
					    blanks_trim(side));
		bits.track = (uint8_t)choice->value;
	}
	if (err == 0)
		err = read_names(reader, NAMES_HOSTBITS, names, &bits);
	return err != 0 ? err : add_bits(reader, MATCH_HOSTBITS, &bits);
}

static const struct keyword_choice tracks[] = {
	{"ip_src", BITS_OF_SOURCE},
	{"ip_dst", BITS_OF_DESTINATION},
	{"ip_pair", BITS_OF_PAIR},
	{NULL, 0},
};

/** @return the value of a part that is "NAME VALUE"; NULL: it is another */
static char *
value_of(char *part, const char *name)
{
	size_t size = strlen(name);

	if (part == NULL)
		return NULL;
	part = blanks_trim(part);
	if (strncmp(part, name, size) != 0 || !isspace((unsigned char)part[size]))
		return NULL;
	return blanks_trim(part + size);
}

/** "track ip_src,expire 60" */
static int
read_track(struct rule_reader *reader, char *text, struct rule_bits *bits)
{
	char *rest = text == NULL ? NULL : cut(text);
	const char *track = value_of(text, "track"), *seconds = value_of(rest, "expire");
	const struct keyword_choice *choice = track == NULL ? NULL : keyword_choose(tracks, track);
	uint64_t number = 0;
	int err;

	if (choice == NULL)
		return reader_fault(reader, "'track ip_src', ip_dst or ip_pair is missing");
	bits->track = (uint8_t)choice->value;
	if (rest == NULL || strcmp(blanks_trim(rest), "noalert") == 0)
		return 0;
	if (seconds == NULL)
		return reader_fault(reader, "'%.30s' is not 'expire SECONDS'", blanks_trim(rest));
	err = reader_number(reader, seconds, 1, UINT32_MAX, &number);
	bits->expire_s = (uint32_t)number;
	return err;
}

/** "set,NAME,track ip_src,expire 60" */
int
keyword_xbits_read(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	struct rule_bits bits = {0};
	char *name = cut(value), *track = name == NULL ? NULL : cut(name);
	int err = read_command(reader, blanks_trim(value), &bits);

	if (err == 0)
		err = read_track(reader, track, &bits);
	if (err == 0)
		err = read_names(reader, NAMES_XBITS, name, &bits);
	return err != 0 ? err : add_bits(reader, MATCH_XBITS, &bits);
}

static const struct keyword_choice flowint_commands[] = {
	{"=", FLOWINT_SET},
	{"+", FLOWINT_ADD},
	{"-", FLOWINT_SUB},
	{"<", FLOWINT_LT},
	{"<=", FLOWINT_LE},
	{"==", FLOWINT_EQ},
	{"!=", FLOWINT_NE},
	{">=", FLOWINT_GE},
	{">", FLOWINT_GT},
	{"isset", FLOWINT_IS_SET},
	{"isnotset", FLOWINT_IS_NOT_SET},
	{"notset", FLOWINT_IS_NOT_SET},
	{NULL, 0},
};

/** @param[out] number  of a name; letters, digits, dots, '_' and '-' */
static int
read_flowint_name(struct rule_reader *reader, const char *name, uint16_t *number)
{
	size_t size = 0;

	while (isalnum((unsigned char)name[size]) ||
	       (name[size] != '\0' && strchr("._-", name[size]) != NULL))
		size++;
	if (name[size] != '\0' || size < FLOWINT_NAME_MIN || !isalpha((unsigned char)name[0]))
		return reader_fault(reader, "'%.40s' is no name", name);
	*number = reader_name(reader, NAMES_FLOWINTS, name);
	return *number == 0 ? reader_fault(reader, "there are too many names") : 0;
}

/** A number, or the name of another one. */
static int
read_operand(struct rule_reader *reader, const char *text, struct rule_flowint *flowint)
{
	uint64_t number = 0;
	int err;

	if (isalpha((unsigned char)*text))
		return read_flowint_name(reader, text, &flowint->other);
	err = reader_number(reader, text, 0, UINT32_MAX, &number);
	flowint->value = (uint32_t)number;
	return err;
}

static int
add_flowint(struct rule_reader *reader, const struct rule_flowint *flowint)
{
	struct rule_match *match = flowint->command <= FLOWINT_SUB
					   ? reader_after(reader, MATCH_FLOWINT)
					   : reader_packet(reader, MATCH_FLOWINT);

	if (match == NULL)
		return -EINVAL;
	match->flowint = *flowint;
	return 0;
}

/** "NAME,+,1", "NAME,>,OTHER", "NAME,isset" */
int
keyword_flowint_read(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	struct rule_flowint flowint = {0};
	char *word = cut(value), *operand = word == NULL ? NULL : cut(word);
	const struct keyword_choice *command =
		word == NULL ? NULL : keyword_choose(flowint_commands, blanks_trim(word));
	int err;

	if (command == NULL)
		return reader_fault(reader, "it must be NAME,isset or NAME,OPERATOR,NUMBER");
	flowint.command = (uint8_t)command->value;
	err = read_flowint_name(reader, blanks_trim(value), &flowint.name);
	if (err == 0 && flowint.command < FLOWINT_IS_SET) {
		if (operand == NULL)
			return reader_fault(reader, "the number is missing");
		err = read_operand(reader, blanks_trim(operand), &flowint);
	}
	return err != 0 ? err : add_flowint(reader, &flowint);
}
