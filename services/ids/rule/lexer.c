/* SPDX-License-Identifier: BSD-3-Clause */
/* See lexer.h. As Suricata does, and unlike a shell: a semicolon ends an option even within quotes,
 * unless a backslash stands in front of it. */

#include "rule/lexer.h"

#include <errno.h>
#include <string.h>

#include "rule/blanks.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool
is_space(char c)
{
	return is_blank(c) || c == '\r' || c == '\n' || c == '\v' || c == '\f';
}

void
lexer_open(struct lexer_file *file, char *text, size_t size)
{
	static const char mark[] = "\xef\xbb\xbf"; /* that some editors put in front of UTF-8 */

	file->at = text;
	file->end = text + size;
	file->line = 1;
	*file->end = '\0';
	if (size >= sizeof(mark) - 1 && memcmp(text, mark, sizeof(mark) - 1) == 0)
		file->at += sizeof(mark) - 1;
}

/** Takes the next line. @param[out] end  where it ends, without white space there */
static char *
next_line(struct lexer_file *file, char **end)
{
	char *line = file->at;
	char *stop = memchr(line, '\n', (size_t)(file->end - line));

	file->line++;
	file->at = stop == NULL ? file->end : stop + 1;
	*end = stop == NULL ? file->end : stop;
	while (*end > line && is_space((*end)[-1]))
		(*end)--;
	return line;
}

/** Puts lines behind the first as long as they end with a backslash. @param end  of the first
 * @return where all of it ends */
static char *
join_lines(struct lexer_file *file, const char *begin, char *end)
{
	char *line, *stop;

	while (end > begin && end[-1] == '\\' && file->at < file->end) {
		end--;
		line = next_line(file, &stop);
		memmove(end, line, (size_t)(stop - line));
		end += stop - line;
	}
	return end;
}

bool
lexer_next(struct lexer_file *file, struct lexer_rule *rule)
{
	char *line, *end;

	while (file->at < file->end) {
		rule->line = file->line;
		line = next_line(file, &end);
		while (line < end && is_space(*line))
			line++;
		if (line == end || *line == '#' || *line == ';')
			continue;
		end = join_lines(file, line, end);
		*end = '\0';
		rule->text = line;
		rule->size = (size_t)(end - line);
		return true;
	}
	return false;
}

static uint32_t
column_of(const char *begin, const char *at)
{
	return (uint32_t)(at - begin) + 1;
}

/** Steps over a word; white space within brackets belongs to it. @return whether they are closed */
static bool
skip_word(char **at)
{
	unsigned int depth = 0;

	for (; **at != '\0' && (depth > 0 || !is_space(**at)); (*at)++) {
		if (**at == '[')
			depth++;
		else if (**at == ']' && depth > 0)
			depth--;
	}
	return depth == 0;
}

/** Takes what closes the options off, and what stands in front of them. */
static char *
open_options(char *at)
{
	char *end = at + strlen(at);

	while (is_space(*at) || *at == '(')
		at++;
	while (end > at && (is_space(end[-1]) || end[-1] == ')'))
		*--end = '\0';
	return at;
}

int
lexer_header(char *text, struct lexer_piece words[static LEXER_HEADER],
	     struct lexer_options *options, const char **why, uint32_t *column)
{
	char *at = text;

	for (unsigned int i = 0; i < LEXER_HEADER; i++) {
		while (is_space(*at))
			at++;
		words[i] = (struct lexer_piece){at, column_of(text, at)};
		*column = words[i].column;
		if (*at == '\0' || *at == '(') {
			*why = "the header needs: action protocol addresses ports -> addresses "
			       "ports";
			return -EINVAL;
		}
		if (!skip_word(&at)) {
			*why = "a ']' is missing";
			return -EINVAL;
		}
		if (*at != '\0')
			*at++ = '\0';
	}
	*options = (struct lexer_options){text, open_options(at)};
	if (*options->at != '\0')
		return 0;
	*column = column_of(text, at);
	*why = "there are no options";
	return -EINVAL;
}

/** @return the semicolon that ends an option, or NULL. */
static char *
find_end(char *at)
{
	char *end = strchr(at, ';');

	while (end != NULL && end > at && end[-1] == '\\')
		end = strchr(end + 1, ';');
	return end;
}

int
lexer_option(struct lexer_options *options, struct lexer_option *option, const char **why,
	     uint32_t *column)
{
	char *at = options->at, *end;

	while (at != NULL && is_space(*at))
		at++;
	if (at == NULL || *at == '\0')
		return 0;
	option->column = column_of(options->begin, at);
	*column = option->column;
	end = find_end(at);
	if (end == NULL) {
		*why = "a ';' is missing behind the option";
		return -EINVAL;
	}
	*end = '\0';
	options->at = end + 1;
	option->value = strchr(at, ':');
	if (option->value != NULL) {
		*option->value++ = '\0';
		option->value = blanks_trim(option->value);
	}
	option->name = blanks_trim(at);
	if (*option->name == '\0') {
		*why = "an option has no name";
		return -EINVAL;
	}
	return 1;
}
