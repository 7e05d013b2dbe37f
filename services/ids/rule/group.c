/* SPDX-License-Identifier: BSD-3-Clause */
/* See group.h. Each member is read once and counts, however it was come by: variables that double
 * what they refer to end at the limit, not in the memory. */

#include "rule/group.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/** Longer than any right member. */
#define WORD_SIZE 128

/** How much of a text an error quotes. */
#define QUOTE_MAX 64

static const char space[] = " \t\r\n";

/** A text that is read: the set's own, or that of a variable in it. */
struct place {
	const char *at;           /* what comes next */
	const char *var;          /* name; NULL: the set's own */
	const struct place *from; /* where the variable stands */
};

/** What members of a list say, family by family. */
struct lists {
	struct ranges yes[GROUP_FAMILIES], no[GROUP_FAMILIES];
};

struct reader {
	const struct group_kind *kind;
	const struct vars *vars;
	unsigned int depth;
	uint32_t n_members;
	char *error;
	size_t size;
};

static int read_list(struct reader *reader, struct place *place, char end, struct lists *lists);

/** What others wrote must not reach a terminal as it is. */
static void
make_printable(char *text)
{
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

/** Says what is wrong: "in $VAR: 'TEXT': WHY". */
__attribute__((format(printf, 5, 6))) static int
fault(struct reader *reader, const struct place *place, const char *text, size_t length,
      const char *format, ...)
{
	char why[192];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	if (reader->size == 0)
		return -EINVAL;
	snprintf(reader->error, reader->size, "%s%.*s%s'%.*s%s': %s",
		 place->var != NULL ? "in $" : "", QUOTE_MAX, place->var != NULL ? place->var : "",
		 place->var != NULL ? ": " : "", (int)(length > QUOTE_MAX ? QUOTE_MAX : length),
		 text, length > QUOTE_MAX ? "..." : "", why);
	make_printable(reader->error);
	return -EINVAL;
}

static void
clear(struct lists *lists)
{
	for (unsigned int i = 0; i < GROUP_FAMILIES; i++) {
		ranges_clear(&lists->yes[i]);
		ranges_clear(&lists->no[i]);
	}
}

/** Says that a set is empty. Mostly a variable is not what its user thought. */
static int
fault_empty(struct reader *reader, const struct place *place, const char *text, const char *why)
{
	size_t length = (size_t)(place->at - text);

	return fault(reader, place, text, length, "nothing is left of this, %s%s", why,
		     memchr(text, '$', length) != NULL ? "; see what its variables stand for" : "");
}

/** Makes sets of lists: 'yes' is what is left of it. @param text  what they were read from, up to
 * the place */
static int
settle(struct reader *reader, const struct place *place, const char *text, struct lists *lists)
{
	bool any_left = false;

	for (unsigned int i = 0; i < reader->kind->n_families; i++) {
		struct ranges *yes = &lists->yes[i], *no = &lists->no[i];

		ranges_order(no);
		if (i == 0 && ranges_is(no, reader->kind->all[i]))
			return fault_empty(reader, place, text, "as everything is negated");
		if (yes->n == 0 && no->n != 0 && ranges_add(yes, reader->kind->all[i]) != 0)
			return -ENOMEM;
		ranges_order(yes);
		if (no->n != 0 && ranges_subtract(yes, no) != 0)
			return -ENOMEM;
		any_left |= yes->n != 0;
	}
	return any_left ? 0
			: fault_empty(reader, place, text, "as all its members are negated, too");
}

/** Reads a list whose members are not meant. */
static int
read_negated(struct reader *reader, struct place *place, char end, struct lists *lists)
{
	const char *text = place->at - (end == ']');
	struct lists inner = {0};
	int err = read_list(reader, place, end, &inner);

	if (err == 0)
		err = settle(reader, place, text, &inner);
	for (unsigned int i = 0; err == 0 && i < GROUP_FAMILIES; i++)
		err = ranges_add_all(&lists->no[i], &inner.yes[i]);
	clear(&inner);
	return err;
}

/** Reads a list that is in another. @param place  behind its bracket, or in its variable */
static int
read_inner(struct reader *reader, struct place *place, char end, bool negated, struct lists *lists)
{
	int err;

	if (reader->depth == GROUP_DEPTH_MAX)
		return fault(reader, place, place->at, strlen(place->at),
			     "more than %d lists and variables in each other", GROUP_DEPTH_MAX);
	reader->depth++;
	err = (negated ? read_negated : read_list)(reader, place, end, lists);
	reader->depth--;
	return err;
}

/** Takes a word, up to what cannot stand in one. @return its size, 0: it is too long */
static size_t
take_word(struct place *place, char word[WORD_SIZE])
{
	size_t size = strcspn(place->at, " \t\r\n,[]");

	if (size >= WORD_SIZE)
		return 0;
	memcpy(word, place->at, size);
	word[size] = '\0';
	place->at += size;
	return size;
}

static bool
is_in(const struct place *place, const char *var)
{
	for (; place != NULL; place = place->from)
		if (place->var != NULL && strcmp(place->var, var) == 0)
			return true;
	return false;
}

static int
fault_unknown(struct reader *reader, const struct place *place, const char *at, const char *name)
{
	const char *near = vars_nearest(reader->vars, name);

	if (near == NULL)
		return fault(reader, place, at, strlen(name) + 1, "there is no such variable");
	return fault(reader, place, at, strlen(name) + 1,
		     "there is no such variable; is $%.*s meant?", QUOTE_MAX, near);
}

static int
read_variable(struct reader *reader, struct place *place, bool negated, struct lists *lists)
{
	const char *at = place->at++;
	struct place inner = {.from = place};
	char name[WORD_SIZE];
	size_t size = take_word(place, name);

	if (size == 0)
		return fault(reader, place, at, strlen(at),
			     "'$' wants a name (of less than %d letters)", WORD_SIZE);
	inner.var = name;
	inner.at = vars_get(reader->vars, name);
	if (inner.at == NULL)
		return fault_unknown(reader, place, at, name);
	if (is_in(place, name))
		return fault(reader, place, at, size + 1, "a variable cannot be part of itself");
	return read_inner(reader, &inner, '\0', negated, lists);
}

static int
add_any(struct reader *reader, struct ranges sets[GROUP_FAMILIES])
{
	for (unsigned int i = 0; i < reader->kind->n_families; i++)
		if (ranges_add(&sets[i], reader->kind->all[i]) != 0)
			return -ENOMEM;
	return 0;
}

static int
read_member(struct reader *reader, struct place *place, bool negated, struct lists *lists)
{
	struct ranges *sets = negated ? lists->no : lists->yes;
	const char *at = place->at, *why;
	char word[WORD_SIZE];
	struct range range;
	unsigned int family;

	if (reader->n_members++ == GROUP_MEMBERS_MAX)
		return fault(reader, place, at, strlen(at), "more than %d members in one set",
			     GROUP_MEMBERS_MAX);
	if (take_word(place, word) == 0)
		return fault(reader, place, at, strlen(at), "this is too long to be right");
	if (strcasecmp(word, "any") == 0)
		return add_any(reader, sets);
	if (strpbrk(word, "!$") != NULL)
		return fault(reader, place, at, strlen(word), "'%c' stands in front of a member",
			     *strpbrk(word, "!$"));
	why = reader->kind->read(word, &family, &range);
	if (why != NULL)
		return fault(reader, place, at, (size_t)(place->at - at), "%s", why);
	return ranges_add(&sets[family], range);
}

static void
skip_space(struct place *place)
{
	place->at += strspn(place->at, space);
}

static int
read_item(struct reader *reader, struct place *place, struct lists *lists)
{
	const char *at = place->at;
	bool negated = *at == '!';

	if (negated) {
		place->at++;
		skip_space(place);
	}
	switch (*place->at) {
	case '!':
		return fault(reader, place, at, strlen(at), "one '!' will do");
	case ',':
	case ']':
	case '\0':
		return fault(reader, place, at, strlen(at), "a member is missing here");
	case '$':
		return read_variable(reader, place, negated, lists);
	case '[':
		place->at++;
		return read_inner(reader, place, ']', negated, lists);
	default:
		return read_member(reader, place, negated, lists);
	}
}

static int
fault_end(struct reader *reader, const struct place *place, const char *text, char end)
{
	if (*place->at == '\0')
		return fault(reader, place, text, strlen(text), "a ']' is missing");
	if (*place->at == ']' && end == '\0')
		return fault(reader, place, place->at, strlen(place->at),
			     "this ']' closes nothing");
	return fault(reader, place, place->at, strlen(place->at),
		     "a ',' is missing in front of this");
}

static int
fault_nothing(struct reader *reader, const struct place *place, const char *text)
{
	if (place->var != NULL && *place->at == '\0')
		return fault(reader, place, text, strlen(text),
			     "the variable is empty (a '!' in front wants quotes in YAML)");
	return fault(reader, place, text, strlen(text), "there is nothing in it");
}

/** Reads members up to 'end', and over a bracket. A comma may stand behind the last. */
static int
read_list(struct reader *reader, struct place *place, char end, struct lists *lists)
{
	const char *text = place->at - (end == ']'); /* with its bracket */

	skip_space(place);
	if (*place->at == end)
		return fault_nothing(reader, place, text);
	do {
		int err = read_item(reader, place, lists);

		if (err != 0)
			return err;
		skip_space(place);
		if (*place->at != ',')
			break;
		place->at++;
		skip_space(place);
	} while (*place->at != end);
	if (*place->at != end)
		return fault_end(reader, place, text, end);
	place->at += end != '\0';
	return 0;
}

int
group_read(const struct group_kind *kind, const struct vars *vars, const char *text,
	   struct ranges sets[GROUP_FAMILIES], char *error, size_t size)
{
	struct reader reader = {.kind = kind, .vars = vars, .error = error, .size = size};
	struct place place = {.at = text};
	struct lists lists = {0};
	int err = read_list(&reader, &place, '\0', &lists);

	if (err == 0)
		err = settle(&reader, &place, text, &lists);
	for (unsigned int i = 0; i < GROUP_FAMILIES; i++) {
		sets[i] = err == 0 ? lists.yes[i] : (struct ranges){0};
		if (err == 0)
			lists.yes[i] = (struct ranges){0};
	}
	clear(&lists);
	return err;
}

bool
group_number(const char *text, uint32_t max, uint32_t *number)
{
	uint64_t value = 0;

	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return false;
		value = value * 10 + (uint64_t)(*text - '0');
		if (value > max)
			return false;
	}
	*number = (uint32_t)value;
	return true;
}
