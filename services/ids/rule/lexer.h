/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The text of rules: a file's lines into rules, a rule into the words of its header and its
 * options. Nothing is understood here, nothing is copied: all of it happens in place.
 */

#ifndef IDS_LEXER_H
#define IDS_LEXER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A file that is read rule by rule. */
struct lexer_file {
	char *at, *end; /* what is left; *end is a byte of ours */
	uint32_t line;  /* of 'at', from 1 */
};

/** A rule as it stands in its file. */
struct lexer_rule {
	char *text;    /* ends with a 0; its lines are one */
	size_t size;   /* strlen(text), unless a byte of it is 0 */
	uint32_t line; /* that it begins at */
};

enum {
	LEXER_RULE_MAX = 256 * 1024, /* bytes of one rule */
	LEXER_HEADER = 7,            /* words: action, protocol, ends and their ports, arrow */
};

enum lexer_word {
	LEXER_ACTION,
	LEXER_PROTO,
	LEXER_SOURCE,
	LEXER_SOURCE_PORTS,
	LEXER_ARROW,
	LEXER_DESTINATION,
	LEXER_DESTINATION_PORTS,
};

/** A piece of a rule. */
struct lexer_piece {
	char *text;
	uint32_t column; /* from 1 */
};

/** A rule's options, one by one. */
struct lexer_options {
	char *begin; /* of the rule: columns count from there */
	char *at;    /* NULL: there are no more */
};

struct lexer_option {
	char *name;
	char *value;     /* NULL: none; without white space around it, and with its quotes */
	uint32_t column; /* of its name, from 1 */
};

/** Begins with a file. @param text  @p size bytes and one more, which becomes 0; changed while it
 * is read */
void lexer_open(struct lexer_file *file, char *text, size_t size);

/** Finds the next rule; steps over comments and blank lines. @return false: there is none */
bool lexer_next(struct lexer_file *file, struct lexer_rule *rule);

/** Parts a rule at its header's words, and finds where options begin. In place.
 * @param[out] why  what is wrong, and @p column where: constant @return 0 or -EINVAL */
int lexer_header(char *text, struct lexer_piece words[static LEXER_HEADER],
		 struct lexer_options *options, const char **why, uint32_t *column);

/** Takes the next option. In place. @return 1: there was one; 0: there are no more; -EINVAL:
 * likewise */
int lexer_option(struct lexer_options *options, struct lexer_option *option, const char **why,
		 uint32_t *column);

#endif
