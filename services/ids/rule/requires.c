/* SPDX-License-Identifier: BSD-3-Clause */
/* See requires.h. Rules that want more are left out, and nobody calls them faulty. */

#include "rule/requires.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "rule/blanks.h"
#include "rule/draft.h"
#include "rule/words.h"

enum { PARTS = 16, NUMBERS = 3 };

/** The version of the language that is read here. */
static const unsigned int version[NUMBERS] = {7, 0, 10};

/** Reads "7", "7.0" or "7.0.3". */
static int
read_version(struct rule_reader *reader, const char *text, unsigned int numbers[static NUMBERS])
{
	const char *at = text;

	memset(numbers, 0, NUMBERS * sizeof(*numbers));
	for (unsigned int i = 0; i < NUMBERS; i++) {
		if (!isdigit((unsigned char)*at))
			break;
		for (; isdigit((unsigned char)*at); at++)
			numbers[i] = numbers[i] > 100000
					     ? numbers[i]
					     : numbers[i] * 10 + (unsigned int)(*at - '0');
		if (*at == '\0')
			return 0;
		if (*at != '.')
			break;
		at++;
	}
	return reader_fault(reader, "'%.40s' is no version", text);
}

/** @return below 0, 0 or above 0: how ours compares with another. */
static int
compare(const unsigned int other[static NUMBERS])
{
	for (unsigned int i = 0; i < NUMBERS; i++)
		if (version[i] != other[i])
			return version[i] < other[i] ? -1 : 1;
	return 0;
}

/** Reads one comparison: ">= 7.0.3". @return 0: it holds; 1: it does not */
static int
ask_one(struct rule_reader *reader, char **at)
{
	unsigned int other[NUMBERS];
	char *text = *at, *end;
	bool less = *text == '<', greater = *text == '>', equal;
	int order, err;

	if (!less && !greater)
		return reader_fault(reader, "a version is compared by <, <=, > or >=");
	equal = text[1] == '=';
	text = blanks_skip(text + (equal ? 2 : 1));
	for (end = text; *end != '\0' && !isspace((unsigned char)*end);)
		end++;
	*at = blanks_skip(end);
	*end = '\0';
	err = read_version(reader, text, other);
	if (err != 0)
		return err;
	order = compare(other);
	return (order < 0 && less) || (order > 0 && greater) || (order == 0 && equal) ? 0 : 1;
}

/** Reads ">= 7.0.3 < 8": all of it must hold. */
static int
ask_version(struct rule_reader *reader, char *text)
{
	int result = 0;

	do {
		int answer = ask_one(reader, &text);

		if (answer < 0)
			return answer;
		result |= answer;
	} while (*text != '\0');
	return result;
}

/** Reads comparisons: those between bars are alternatives. */
static int
ask_versions(struct rule_reader *reader, char *text)
{
	int result = 1, err;
	char *state = NULL;

	for (char *part = strtok_r(text, "|", &state); part != NULL;
	     part = strtok_r(NULL, "|", &state)) {
		err = ask_version(reader, blanks_skip(part));
		if (err < 0)
			return err;
		if (err == 0)
			result = 0;
	}
	return result;
}

static char *
behind(char *text, const char *word)
{
	size_t size = strlen(word);

	if (strncmp(text, word, size) != 0 || !isspace((unsigned char)text[size]))
		return NULL;
	return blanks_skip(text + size);
}

static int
ask(struct rule_reader *reader, char *text)
{
	char *of;

	if ((of = behind(text, "version")) != NULL)
		return ask_versions(reader, of);
	if ((of = behind(text, "keyword")) != NULL)
		return words_find(draft_of(reader)->words, of) != NULL ? 0 : 1;
	if (behind(text, "feature") != NULL)
		return 1; /* there are none */
	return reader_fault(reader, "it is none of version, feature and keyword");
}

int
requires_read(struct rule_reader *reader, char *value)
{
	char *parts[PARTS];
	unsigned int n = reader_split(value, parts, PARTS);
	int result = 0;

	if (n > PARTS)
		return reader_fault(reader, "it asks for too much");
	for (unsigned int i = 0; i < n; i++) {
		int answer = ask(reader, parts[i]);

		if (answer < 0)
			return answer;
		result |= answer;
	}
	return result;
}
