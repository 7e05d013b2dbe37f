/* SPDX-License-Identifier: BSD-3-Clause */
/* See sample.h. What is not understood is left out. */

#include "match/sample.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
	DEPTH = 16, /* groups in groups that are followed */
	TIMES = 64, /* of one repetition, at the most */
};

void
sample_add(struct sample *sample, const uint8_t *bytes, uint32_t size)
{
	uint32_t left = sample->room - sample->size;

	if (size > left)
		size = left;
	if (size != 0)
		memcpy(sample->bytes + sample->size, bytes, size);
	sample->size += size;
}

static void
put(struct sample *sample, uint8_t byte)
{
	sample_add(sample, &byte, 1);
}

static const char *sequence(struct sample *sample, const char *at, unsigned int depth);

/** @return a byte that a letter behind a backslash stands for; 0: none */
static uint8_t
byte_of_escape(char letter)
{
	switch (letter) {
	case 'd':
	case 'S':
		return '7';
	case 'w':
	case 'D':
		return 'a';
	case 's':
	case 'W':
	case 'h':
		return ' ';
	case 'n':
	case 'R':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	case 'v':
		return '\v';
	case 'f':
		return '\f';
	default:
		return strchr("bBAzZGKQE", letter) != NULL ? 0 : (uint8_t)letter;
	}
}

/** Reads what stands behind a backslash. @return what stands behind that */
static const char *
escape(const char *at, uint8_t *byte)
{
	char hex[3] = {0};

	*byte = 0;
	if (*at == '\0')
		return at;
	if (*at != 'x') {
		*byte = byte_of_escape(*at);
		return at + 1;
	}
	at++;
	for (unsigned int i = 0; i < 2 && *at != '\0' && strchr("0123456789abcdefABCDEF", *at); i++)
		hex[i] = *at++;
	*byte = (uint8_t)strtoul(hex, NULL, 16);
	return at;
}

/** Reads a class of bytes, behind its bracket. @param[out] byte  one of it */
static const char *
byte_class(const char *at, uint8_t *byte)
{
	bool is_negated = *at == '^', has[256] = {false};
	unsigned int first = 256;
	const char *begin = at += is_negated;

	for (uint8_t one; *at != '\0' && (*at != ']' || at == begin);) {
		if (*at == '\\')
			at = escape(at + 1, &one);
		else
			one = (uint8_t)*at++;
		has[one] = true;
		first = first == 256 ? one : first;
	}
	for (unsigned int i = 0; is_negated && i < 256; i++) {
		first = (uint8_t)('a' + i);
		if (!has[first])
			break;
	}
	*byte = (uint8_t)first;
	return *at == ']' ? at + 1 : at;
}

/** Goes by a group, behind its bracket. */
static const char *
skip_group(const char *at)
{
	for (unsigned int depth = 1; *at != '\0' && depth != 0; at++)
		if (*at == '\\' && at[1] != '\0')
			at++;
		else if (*at == '(')
			depth++;
		else if (*at == ')')
			depth--;
	return at;
}

/** @return what is in a group, or NULL: it takes no bytes. @param at  behind its bracket */
static const char *
inside(const char *at)
{
	if (*at != '?')
		return at;
	if (at[1] == ':' || at[1] == '>' || at[1] == '|')
		return at + 2;
	if (at[1] != 'P' && (at[1] != '<' || at[2] == '=' || at[2] == '!'))
		return NULL;
	at = strchr(at, '>');
	return at == NULL ? NULL : at + 1;
}

/** Reads how often something comes. @param[out] times  how often it is made */
static const char *
quantifier(const char *at, unsigned int *times)
{
	*times = 1;
	if (*at == '{' && at[1] >= '0' && at[1] <= '9') {
		*times = (unsigned int)strtoul(at + 1, NULL, 10);
		*times = *times == 0 ? 1 : *times > TIMES ? TIMES : *times;
		at = strchr(at, '}') == NULL ? at + strlen(at) : strchr(at, '}') + 1;
	} else if (*at != '\0' && strchr("*+?", *at) != NULL) {
		at++;
	} else {
		return at;
	}
	return *at == '?' || *at == '+' ? at + 1 : at;
}

/** Makes a group. @param at  behind its bracket */
static const char *
group(struct sample *sample, const char *at, unsigned int depth)
{
	const char *in = inside(at), *behind = skip_group(at);
	unsigned int times;
	const char *next = quantifier(behind, &times);

	/* What makes no bytes is made once: groups in groups, each of them again and again, would
	 * take forever. */
	for (unsigned int i = 0; in != NULL && depth < DEPTH && i < times; i++) {
		uint32_t before = sample->size;

		sequence(sample, in, depth + 1);
		if (sample->size == before)
			break;
	}
	return next;
}

/** Makes one byte, as often as it is asked for. */
static const char *
single(struct sample *sample, const char *at)
{
	uint8_t byte = 'a';
	unsigned int times;

	if (*at == '\\')
		at = escape(at + 1, &byte);
	else if (*at == '[')
		at = byte_class(at + 1, &byte);
	else if (*at == '^' || *at == '$')
		return at + 1;
	else if (*at++ != '.')
		byte = (uint8_t)at[-1];
	at = quantifier(at, &times);
	for (unsigned int i = 0; byte != 0 && i < times; i++)
		put(sample, byte);
	return at;
}

/** Makes what stands up to the end of a group, or of the first of its alternatives. */
static const char *
sequence(struct sample *sample, const char *at, unsigned int depth)
{
	while (*at != '\0' && *at != '|' && *at != ')' && sample->size < sample->room)
		at = *at == '(' ? group(sample, at + 1, depth) : single(sample, at);
	return at;
}

void
sample_pcre(struct sample *sample, const struct rule_pcre *pcre)
{
	sequence(sample, pcre->text, 0);
}
