/* SPDX-License-Identifier: BSD-3-Clause */
/* What readers of options have in common; see keyword.h. */

#include "rule/keyword.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ascii.h"
#include "rule/blanks.h"
#include "rule/draft.h"
#include "rule/names.h"
#include "rule/parse.h"
#include "rule/set.h"

int
reader_fault(struct rule_reader *reader, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reader->why, sizeof(reader->why), format, arguments);
	va_end(arguments);
	reader->fault_column = reader->column;
	return -EINVAL;
}

int
reader_hint(struct rule_reader *reader, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reader->hint, sizeof(reader->hint), format, arguments);
	va_end(arguments);
	return -EINVAL;
}

/** Takes the quotes off. @return NULL after a fault */
static char *
strip_quotes(struct rule_reader *reader, char *value)
{
	size_t size = strlen(value);

	if (value[0] != '"')
		return value;
	if (size < 2 || value[size - 1] != '"') {
		reader_fault(reader, "a quote is missing at the end of the value");
		reader_hint(reader, "a ';' within quotes needs a backslash in front of it");
		return NULL;
	}
	value[size - 1] = '\0';
	return value + 1;
}

char *
reader_quoted(struct rule_reader *reader, char *value)
{
	if (value[0] == '"')
		return strip_quotes(reader, value);
	reader_fault(reader, "the value must stand in double quotes");
	return NULL;
}

char *
reader_unquote(struct rule_reader *reader, char *value)
{
	char *text = strip_quotes(reader, value);
	char *out = text;

	if (text == NULL)
		return NULL;
	for (const char *in = text; *in != '\0'; in++) {
		if (*in == '\\' && in[1] != '\0' && strchr("\";\\:", in[1]) != NULL)
			in++;
		*out++ = *in;
	}
	*out = '\0';
	return text;
}

bool
reader_negated(char **value)
{
	char *at = *value;

	if (*at != '!')
		return false;
	at++;
	while (isspace((unsigned char)*at))
		at++;
	*value = at;
	return true;
}

/** Reads decimal digits, or hexadecimal ones behind 0x. @param[out] end  what stands behind them
 * @return 0, -EINVAL: there are none, or -ERANGE */
static int
read_digits(const char *text, uint64_t *number, const char **end)
{
	int base = 10;
	uint64_t result = 0;
	const char *at = text;

	if (at[0] == '0' && (at[1] == 'x' || at[1] == 'X') && wp_hex_digit((uint8_t)at[2]) >= 0) {
		base = 16;
		at += 2;
	}
	for (;; at++) {
		int digit = wp_hex_digit((uint8_t)*at);

		if (digit < 0 || digit >= base)
			break;
		if (result > (UINT64_MAX - (uint64_t)digit) / (uint64_t)base)
			return -ERANGE;
		result = result * (uint64_t)base + (uint64_t)digit;
	}
	if (at == text)
		return -EINVAL;
	*number = result;
	*end = at;
	return 0;
}

int
reader_number(struct rule_reader *reader, const char *text, uint64_t min, uint64_t max,
	      uint64_t *number)
{
	uint64_t result = 0;
	const char *end = text;
	int err = read_digits(blanks_skip(text), &result, &end);

	if (err == -EINVAL || (err == 0 && *blanks_skip(end) != '\0'))
		return reader_fault(reader, "'%.40s' is not a number", text);
	if (err != 0 || result < min || result > max)
		return reader_fault(reader, "%.40s is not within %" PRIu64 " and %" PRIu64, text,
				    min, max);
	*number = result;
	return 0;
}

/** Reads a whole number that may be below zero. @return 0 or -EINVAL after reader_fault() */
int
reader_signed(struct rule_reader *reader, const char *text, int64_t min, int64_t max,
	      int64_t *number)
{
	const char *at = blanks_skip(text), *end;
	bool is_negative = *at == '-';
	uint64_t size = 0;
	int err;

	if (*at == '-' || *at == '+')
		at++;
	end = at;
	err = read_digits(at, &size, &end);
	if (err == -EINVAL || (err == 0 && *blanks_skip(end) != '\0'))
		return reader_fault(reader, "'%.40s' is not a number", text);
	if (err == 0 && size <= INT64_MAX) {
		*number = is_negative ? -(int64_t)size : (int64_t)size;
		if (*number >= min && *number <= max)
			return 0;
	}
	return reader_fault(reader, "%.40s is not within %" PRId64 " and %" PRId64, text, min, max);
}

/** Signs in front of a number, longest first. */
static const struct {
	const char *sign;
	enum rule_compare compare;
} signs[] = {
	{"<=", RULE_LE}, {">=", RULE_GE}, {"!=", RULE_NE}, {"<", RULE_LT},
	{">", RULE_GT},  {"=", RULE_EQ},  {"!", RULE_NE},
};

static const char *
read_sign(const char *at, enum rule_compare *compare)
{
	*compare = RULE_EQ;
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		size_t size = strlen(signs[i].sign);

		if (strncmp(at, signs[i].sign, size) == 0) {
			*compare = signs[i].compare;
			return blanks_skip(at + size);
		}
	}
	return at;
}

/** Reads the upper end of a range. @param at  behind the lower one */
static int
read_high(struct rule_reader *reader, const char *text, const char *at, struct rule_range *range)
{
	size_t size = strncmp(at, "<>", 2) == 0 ? 2 : *at == '-' ? 1 : 0;
	const char *end = at;

	if (size == 0 || range->compare != RULE_EQ ||
	    read_digits(blanks_skip(at + size), &range->high, &end) != 0 ||
	    *blanks_skip(end) != '\0')
		return reader_fault(reader, "'%.40s' is neither a number nor a range", text);
	if (range->high <= range->low || range->high - range->low < 2)
		return reader_fault(reader, "there is no number between the ends of '%.40s'", text);
	range->compare = RULE_BETWEEN;
	return 0;
}

int
reader_range(struct rule_reader *reader, const char *text, uint64_t max, struct rule_range *range)
{
	struct rule_range result = {0};
	const char *at = blanks_skip(text), *end;
	int err;

	at = read_sign(at, &result.compare);
	end = at;
	if (read_digits(at, &result.low, &end) != 0)
		return reader_fault(reader, "'%.40s' is neither a number nor a range", text);
	end = blanks_skip(end);
	if (*end != '\0') {
		err = read_high(reader, text, end, &result);
		if (err != 0)
			return err;
	}
	if (result.low > max || result.high > max)
		return reader_fault(reader, "%.40s: above %" PRIu64, text, max);
	*range = result;
	return 0;
}

unsigned int
reader_split(char *value, char **parts, unsigned int max)
{
	unsigned int n = 0;
	bool quoted = false;
	char *begin = value, *at = value;

	for (;; at++) {
		char c = *at;

		if (c == '\\' && at[1] != '\0') {
			at++;
			continue;
		}
		if (c == '"')
			quoted = !quoted;
		if (c != '\0' && (c != ',' || quoted))
			continue;
		*at = '\0';
		if (n < max)
			parts[n] = blanks_trim(begin);
		n++;
		begin = at + 1;
		if (c == '\0')
			return n;
	}
}

uint16_t
reader_name(struct rule_reader *reader, enum reader_names kind, const char *name)
{
	return names_add(reader->set->names[kind], reader->arena, name);
}

int
reader_needs_l7(struct rule_reader *reader, enum rule_l7 l7)
{
	struct rule *rule = reader->rule;

	if (l7 == RULE_L7_UNKNOWN || rule->l7 == l7)
		return 0;
	if (rule->l7 != RULE_L7_UNKNOWN)
		return reader_fault(reader, "it is of %s, but the rule is of %s", parse_l7_name(l7),
				    parse_l7_name((enum rule_l7)rule->l7));
	rule->l7 = (uint8_t)l7;
	return 0;
}
