/* SPDX-License-Identifier: BSD-3-Clause */
/* See shell.h. The line editor's completion has no argument of ours: what it needs stands in a
 * static. */

#include "ctl/cli/shell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <editline/readline.h>

enum { WORDS_MAX = 64, HISTORY_LINES = 1000 };

static json_t *methods; /* as discovered */

/* Completion. */

/** What a word may be, behind those that stand in front of it. */
struct place {
	char object[64], verb[64]; /* "" : not there yet */
	const char *text;          /* what the word begins with */
	size_t method, param;      /* where the search is */
};

static struct place place;

/** Takes the next word of a text. @return where the rest begins */
static const char *
take_word(const char *text, char word[64])
{
	size_t n;

	text += strspn(text, " \t");
	n = strcspn(text, " \t");
	snprintf(word, 64, "%.*s", (int)n, text);
	return text + n;
}

/** @return whether a method's name begins with an object, and with that verb if there is one. */
static const char *
verb_of(const json_t *method, const char *object)
{
	const char *name = json_string_value(json_object_get(method, "name"));
	size_t n = strlen(object);

	return strncmp(name, object, n) == 0 && name[n] == '.' ? name + n + 1 : NULL;
}

/** @return whether an object was offered by an earlier method already. */
static int
is_again(size_t at, const char *name, size_t n)
{
	return at != 0 &&
	       strncmp(json_string_value(json_object_get(json_array_get(methods, at - 1), "name")),
		       name, n + 1) == 0;
}

static char *
next_object(void)
{
	while (place.method < json_array_size(methods)) {
		size_t at = place.method++;
		const char *name =
			json_string_value(json_object_get(json_array_get(methods, at), "name"));
		size_t n = strcspn(name, ".");

		if (strncmp(name, place.text, strlen(place.text)) == 0 && !is_again(at, name, n))
			return strndup(name, n);
	}
	return NULL;
}

static char *
next_verb(void)
{
	while (place.method < json_array_size(methods)) {
		const char *verb = verb_of(json_array_get(methods, place.method++), place.object);

		if (verb != NULL && strncmp(verb, place.text, strlen(place.text)) == 0)
			return strdup(verb);
	}
	return NULL;
}

static char *
next_param(void)
{
	for (; place.method < json_array_size(methods); place.method++, place.param = 0) {
		const json_t *method = json_array_get(methods, place.method), *param;
		const char *verb = verb_of(method, place.object);

		if (verb == NULL || strcmp(verb, place.verb) != 0)
			continue;
		while ((param = json_array_get(json_object_get(method, "params"), place.param++)) !=
		       NULL) {
			const char *name = json_string_value(json_object_get(param, "name"));
			char *offer;

			if (strncmp(name, place.text, strlen(place.text)) == 0)
				return asprintf(&offer, "%s=", name) < 0 ? NULL : offer;
		}
	}
	return NULL;
}

/** As the line editor calls it: the next thing that a word could be. */
static char *
next_match(const char *text, int state)
{
	if (state == 0) {
		place.text = text;
		place.method = place.param = 0;
	}
	if (place.object[0] == '\0')
		return next_object();
	return place.verb[0] == '\0' ? next_verb() : next_param();
}

static char **
complete(const char *text, int start, int end)
{
	char line[256];
	const char *rest;

	(void)end;
	snprintf(line, sizeof(line), "%.*s", start, rl_line_buffer);
	rest = take_word(line, place.object);
	take_word(rest, place.verb);
	return rl_completion_matches(text, next_match);
}

/* Lines. */

/** Cuts a line into words, in place: blanks part them, quotes of either kind keep them together.
 * @return how many; -1: too many, or a quote without its end */
static int
split(char *line, char *words[WORDS_MAX])
{
	char *to = line;
	int n = 0;

	for (;;) {
		char quote = '\0';

		line += strspn(line, " \t");
		if (*line == '\0')
			return n;
		if (n == WORDS_MAX)
			return -1;
		words[n++] = to;
		for (; *line != '\0' && (quote != '\0' || (*line != ' ' && *line != '\t'));
		     line++) {
			if (quote == '\0' && (*line == '"' || *line == '\''))
				quote = *line;
			else if (*line == quote)
				quote = '\0';
			else
				*to++ = *line;
		}
		if (quote != '\0')
			return -1;
		if (*line != '\0')
			line++;
		*to++ = '\0';
	}
}

/** @return where lines are kept; NULL: nowhere. Lines with keys are not. */
static char *
history_file(void)
{
	const char *home = getenv("HOME");
	char *file;

	return home == NULL || asprintf(&file, "%s/.wpctl_history", home) < 0 ? NULL : file;
}

static void
remember(const char *line)
{
	if (strstr(line, "key=") == NULL && strstr(line, "salt=") == NULL)
		add_history(line);
}

int
shell(json_t *discovered, shell_run_fn run, void *arg)
{
	char *file = history_file(), *line, *words[WORDS_MAX];
	int status = 0;

	methods = json_object_get(discovered, "methods");
	rl_attempted_completion_function = complete;
	rl_completion_append_character = '\0';
	using_history();
	stifle_history(HISTORY_LINES);
	if (file != NULL)
		read_history(file);
	while ((line = readline("wpctl> ")) != NULL) {
		int n;

		remember(line);
		n = split(line, words);
		if (n == 1 && (strcmp(words[0], "exit") == 0 || strcmp(words[0], "quit") == 0)) {
			free(line);
			break;
		}
		if (n < 0)
			fputs("wpctl: a quote has no end, or there are too many words\n", stderr);
		else if (n > 0)
			status = run(arg, words, n);
		fflush(stdout);
		free(line);
	}
	if (file != NULL)
		write_history(file);
	free(file);
	return status;
}
