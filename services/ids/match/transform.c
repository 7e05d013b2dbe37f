/* SPDX-License-Identifier: BSD-3-Clause */
/* The transforms that there are: their words, and how several of them are done in turn. */

#include "match/transform_kind.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "match/expression.h"
#include "rule/blanks.h"

/** Whether there is something behind a colon. */
enum argument { ARGUMENT_NONE, ARGUMENT_NEEDED, ARGUMENT_MAY_BE };

static const struct kind {
	const char *word;
	transform_do *run; /* NULL: not done here */
	enum argument argument;
	transform_read *read;
	const char *why_not;
} kinds[] = {
	{.word = "strip_whitespace", .run = transform_strip_whitespace},
	{.word = "compress_whitespace", .run = transform_compress_whitespace},
	{.word = "to_lowercase", .run = transform_lowercase},
	{.word = "to_uppercase", .run = transform_uppercase},
	{.word = "to_md5", .run = transform_md5},
	{.word = "to_sha1", .run = transform_sha1},
	{.word = "to_sha256", .run = transform_sha256},
	{.word = "dotprefix", .run = transform_dotprefix},
	{.word = "header_lowercase", .run = transform_header_lowercase},
	{.word = "strip_pseudo_headers", .run = transform_strip_pseudo_headers},
	{.word = "url_decode", .run = transform_url_decode},
	{.word = "xor",
	 .run = transform_xor,
	 .argument = ARGUMENT_NEEDED,
	 .read = transform_xor_read},
	{.word = "pcrexform",
	 .run = transform_pcre,
	 .argument = ARGUMENT_NEEDED,
	 .read = transform_pcre_read},
	{.word = "from_base64",
	 .run = transform_base64,
	 .argument = ARGUMENT_MAY_BE,
	 .read = transform_base64_read},
	{.word = "subslice",
	 .run = transform_subslice,
	 .argument = ARGUMENT_NEEDED,
	 .read = transform_subslice_read},
	{.word = "domain", .why_not = "it needs the public suffix list"},
	{.word = "tld", .why_not = "it needs the public suffix list"},
	{.word = "luaxform", .why_not = "scripts are not run"},
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]), VALUE_MAX = 8192 };

static const struct kind *
find(const char *word)
{
	for (unsigned int i = 0; i < KINDS; i++)
		if (strcmp(kinds[i].word, word) == 0)
			return &kinds[i];
	return NULL;
}

bool
transform_known(const char *word)
{
	return find(word) != NULL;
}

int
transform_fault(const struct transform_fault *fault, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(fault->why, fault->size, format, args);
	va_end(args);
	return -EINVAL;
}

/** Takes off one pair of quotes; backslashes stay, for they are an expression's. */
static char *
unquote(char *text)
{
	size_t size = strlen(text);

	if (size < 2 || text[0] != '"' || text[size - 1] != '"')
		return text;
	text[size - 1] = '\0';
	return text + 1;
}

unsigned int
transform_split(char *value, char **parts, unsigned int max)
{
	unsigned int n = 0;
	char *comma;

	do {
		comma = strchr(value, ',');
		if (comma != NULL)
			*comma = '\0';
		if (n < max)
			parts[n] = blanks_trim(value);
		n++;
		if (comma != NULL)
			value = comma + 1;
	} while (comma != NULL);
	return n;
}

char *
transform_word(char *text, const char *word)
{
	size_t size = strlen(word);

	if (strncmp(text, word, size) != 0 || !isspace((unsigned char)text[size]))
		return NULL;
	for (text += size; isspace((unsigned char)*text); text++)
		;
	return text;
}

int
transform_number(const char *text, int64_t min, int64_t max, int64_t *number)
{
	char *end;
	long long value;

	if (!isdigit((unsigned char)text[text[0] == '-' || text[0] == '+']))
		return -EINVAL;
	errno = 0;
	value = strtoll(text, &end, 10);
	if (errno != 0 || *end != '\0' || value < min || value > max)
		return -EINVAL;
	*number = value;
	return 0;
}

static int
read_value(const struct kind *kind, struct wp_arena *arena, const char *value,
	   struct transform *transform, const struct transform_fault *fault)
{
	char copy[VALUE_MAX];
	size_t size = strlen(value);

	if (size >= sizeof(copy))
		return transform_fault(fault, "%s: its value is too long", kind->word);
	memcpy(copy, value, size + 1);
	return kind->read(arena, unquote(blanks_trim(copy)), transform, fault);
}

int
transform_parse(struct wp_arena *arena, const char *word, const char *value,
		struct transform *transform, char *why, size_t size)
{
	const struct transform_fault fault = {why, size};
	const struct kind *kind = find(word);
	struct transform new = {.kind = 0};
	int error = 0;

	if (kind == NULL)
		return transform_fault(&fault, "'%s' is not a transform", word);
	if (kind->run == NULL)
		return transform_fault(&fault, "keyword '%s' is not supported: %s", word,
				       kind->why_not);
	if (value == NULL && kind->argument == ARGUMENT_NEEDED)
		return transform_fault(&fault, "%s needs a value", word);
	if (value != NULL && kind->argument == ARGUMENT_NONE)
		return transform_fault(&fault, "%s has no value", word);
	new.kind = (uint8_t)(kind - kinds);
	if (kind->read != NULL)
		error = read_value(kind, arena, value != NULL ? value : "", &new, &fault);
	if (error == 0)
		*transform = new;
	return error;
}

void
transform_close(struct transform *transform)
{
	expression_destroy(transform->expression);
	transform->expression = NULL;
}

bool
transform_equal(const struct transform *a, const struct transform *b)
{
	return a->kind == b->kind && a->size == b->size &&
	       memcmp(a->numbers, b->numbers, sizeof(a->numbers)) == 0 &&
	       (a->size == 0 || memcmp(a->data, b->data, a->size) == 0);
}

int
transform_room_open(struct transform_room *room, size_t half)
{
	*room = (struct transform_room){.size = half};
	if (half > SIZE_MAX / 2)
		return -ENOMEM;
	room->bytes = malloc(half * 2);
	room->expressions = expression_room_create();
	if (room->bytes != NULL && room->expressions != NULL)
		return 0;
	transform_room_close(room);
	return -ENOMEM;
}

void
transform_room_close(struct transform_room *room)
{
	free(room->bytes);
	expression_room_destroy(room->expressions);
	*room = (struct transform_room){.size = 0};
}

/** @return the half that @p span does not lie in. */
static uint8_t *
other_half(const struct transform_room *room, const struct wp_span *span)
{
	uintptr_t at = (uintptr_t)span->data, first = (uintptr_t)room->bytes;

	return at >= first && at - first < room->size ? room->bytes + room->size : room->bytes;
}

bool
transform_run(const struct transform *transforms, unsigned int n, const struct transform_room *room,
	      struct wp_span *span)
{
	struct transform_turn turn = {
		.max = room->size < UINT32_MAX ? (uint32_t)room->size : UINT32_MAX,
		.expressions = room->expressions,
	};

	for (unsigned int i = 0; i < n; i++) {
		turn.out = other_half(room, span);
		if (!kinds[transforms[i].kind].run(&transforms[i], &turn, span))
			return false;
	}
	return true;
}
