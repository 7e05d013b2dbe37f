/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers that stand in a buffer: "byte_test", "byte_jump", "byte_extract", "byte_math". */

#include "rule/keyword_buffer.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

enum {
	PARTS = 16,
	OFFSET_MAX = UINT16_MAX, /* either way */
	BINARY_MAX = 8,          /* bytes of a number that is not text */
	STRING_MAX = 23,
	/* Options that only some have. */
	OPTION_ALIGN = 1 << 0,
	OPTION_ALIGN_BY = 1 << 1,
	OPTION_FROM = 1 << 2,
	OPTION_MULTIPLIER = 1 << 3,
	OPTION_POST = 1 << 4,
};

/** Which options are there that may be there once. */
struct byte_seen {
	bool endian, base;
	bool is_math; /* byte_math: numbers of 9 bytes and more may be there, but are none */
};

static int
read_var(struct rule_reader *reader, const char *text, struct rule_number *number)
{
	int var = draft_var(draft_of(reader), text);

	if (var < 0) {
		reader_fault(reader, "'%.40s' is neither a number nor a known variable", text);
		return reader_hint(reader, "byte_extract or byte_math must set it before");
	}
	number->var = (int8_t)var;
	return 0;
}

/** Reads a number, or the name of a variable. */
static int
read_number(struct rule_reader *reader, const char *text, int64_t min, int64_t max,
	    struct rule_number *number)
{
	if (!isalpha((unsigned char)*text) && *text != '_')
		return reader_signed(reader, text, min, max, &number->value);
	return read_var(reader, text, number);
}

/** @return what follows a word and a space, or NULL: it is another word. */
static const char *
behind(const char *text, const char *word)
{
	size_t size = strlen(word);

	if (strncasecmp(text, word, size) != 0 || !isspace((unsigned char)text[size]))
		return NULL;
	text += size;
	while (isspace((unsigned char)*text))
		text++;
	return text;
}

static int
read_base(struct rule_reader *reader, struct rule_bytes *bytes, struct byte_seen *seen,
	  uint8_t base)
{
	if (seen->base)
		return reader_fault(reader, "its base is there twice");
	seen->base = true;
	bytes->base = base;
	return 0;
}

static int
read_endian(struct rule_reader *reader, struct rule_bytes *bytes, struct byte_seen *seen,
	    bool is_little)
{
	if (seen->endian)
		return reader_fault(reader, "its byte order is there twice");
	seen->endian = true;
	if (is_little)
		bytes->flags |= BYTE_LITTLE;
	return 0;
}

static int
read_mask(struct rule_reader *reader, struct rule_bytes *bytes, const char *text)
{
	uint64_t mask = 0;
	int err = reader_number(reader, text, 0, UINT32_MAX, &mask);

	bytes->mask = (uint32_t)mask;
	return err;
}

/** Byte orders that DCE/RPC says are not known here. */
static int
refuse_dce(struct rule_reader *reader)
{
	return reader_fault(reader, "'dce' is not supported: DCE/RPC is not read");
}

/** Reads options that all of them have. @return 1: it is none of them */
static int
read_common(struct rule_reader *reader, struct rule_bytes *bytes, struct byte_seen *seen,
	    const char *text)
{
	const char *number;

	if (strcasecmp(text, "relative") == 0)
		bytes->flags |= BYTE_RELATIVE;
	else if (strcasecmp(text, "string") == 0)
		bytes->flags |= BYTE_STRING;
	else if (strcasecmp(text, "dec") == 0)
		return read_base(reader, bytes, seen, 10);
	else if (strcasecmp(text, "hex") == 0)
		return read_base(reader, bytes, seen, 16);
	else if (strcasecmp(text, "oct") == 0)
		return read_base(reader, bytes, seen, 8);
	else if (strcasecmp(text, "big") == 0 || strcasecmp(text, "little") == 0)
		return read_endian(reader, bytes, seen, tolower((unsigned char)*text) == 'l');
	else if (strcasecmp(text, "dce") == 0)
		return refuse_dce(reader);
	else if ((number = behind(text, "bitmask")) != NULL)
		return read_mask(reader, bytes, number);
	else
		return 1;
	return 0;
}

static int
read_multiplier(struct rule_reader *reader, struct rule_bytes *bytes, const char *text)
{
	uint64_t multiplier = 0;
	int err = reader_number(reader, text, 1, UINT16_MAX, &multiplier);

	bytes->multiplier = (uint16_t)multiplier;
	bytes->flags |= BYTE_MULTIPLY;
	return err;
}

static int
read_align(struct rule_reader *reader, struct rule_bytes *bytes, const char *text)
{
	uint64_t align = 0;
	int err = reader_number(reader, text, 2, 4, &align);

	if (err == 0 && align == 3)
		return reader_fault(reader, "it is aligned to 2 or to 4");
	bytes->align = (uint8_t)align;
	bytes->flags |= BYTE_ALIGN;
	return err;
}

/** Reads an option. @param has  those that there are beyond the common ones: OPTION_... */
static int
read_option(struct rule_reader *reader, struct rule_bytes *bytes, struct byte_seen *seen,
	    const char *text, unsigned int has)
{
	const char *number;
	int err = read_common(reader, bytes, seen, text);

	if (err != 1)
		return err;
	if ((has & OPTION_ALIGN) != 0 && strcasecmp(text, "align") == 0)
		bytes->flags |= BYTE_ALIGN;
	else if ((has & OPTION_ALIGN_BY) != 0 && (number = behind(text, "align")) != NULL)
		return read_align(reader, bytes, number);
	else if ((has & OPTION_FROM) != 0 && strcasecmp(text, "from_beginning") == 0)
		bytes->flags |= BYTE_FROM_BEGINNING;
	else if ((has & OPTION_FROM) != 0 && strcasecmp(text, "from_end") == 0)
		bytes->flags |= BYTE_FROM_END;
	else if ((has & OPTION_MULTIPLIER) != 0 && (number = behind(text, "multiplier")) != NULL)
		return read_multiplier(reader, bytes, number);
	else if ((has & OPTION_POST) != 0 && (number = behind(text, "post_offset")) != NULL)
		return read_number(reader, number, -OFFSET_MAX, OFFSET_MAX, &bytes->post);
	else
		return reader_fault(reader, "the option '%.40s' is not known", text);
	return 0;
}

/** Whether the options go together. @param string_max  bytes that a number as text may have */
static int
check(struct rule_reader *reader, const struct rule_bytes *bytes, const struct byte_seen *seen)
{
	bool is_string = (bytes->flags & BYTE_STRING) != 0;
	int64_t max = is_string ? STRING_MAX : BINARY_MAX;

	if (bytes->n_bytes.var < 0 && bytes->n_bytes.value > max && !seen->is_math) {
		reader_fault(reader, "a number has %d bytes at the most", (int)max);
		return is_string ? -EINVAL : reader_hint(reader, "with 'string' it may have more");
	}
	if (!is_string && seen->base) {
		reader_fault(reader, "a base does not go without 'string'");
		return reader_hint(reader, "write 'string,hex'");
	}
	if ((bytes->flags & BYTE_FROM_BEGINNING) != 0 && (bytes->flags & BYTE_FROM_END) != 0)
		return reader_fault(reader, "from_beginning does not go together with from_end");
	return 0;
}

static int
read_options(struct rule_reader *reader, struct rule_bytes *bytes, char *const *parts,
	     unsigned int n, unsigned int has)
{
	struct byte_seen seen = {0};
	int err = 0;

	for (unsigned int i = 0; err == 0 && i < n; i++)
		err = read_option(reader, bytes, &seen, parts[i], has);
	return err != 0 ? err : check(reader, bytes, &seen);
}

/** Parts a value. @return how many parts there are; 0: after a fault */
static unsigned int
split(struct rule_reader *reader, char *value, char **parts, unsigned int min)
{
	unsigned int n = reader_split(value, parts, PARTS);

	if (n >= min && n <= PARTS)
		return n;
	reader_fault(reader, n < min ? "it needs %u values at least" : "it has too many options",
		     min);
	return 0;
}

static const struct {
	const char *sign;
	enum byte_operator operator;
} test_operators[] = {
	{"=", BYTE_EQ},  {"<", BYTE_LT},  {">", BYTE_GT},  {"<=", BYTE_LE},
	{">=", BYTE_GE}, {"&", BYTE_AND}, {"^", BYTE_XOR}, {"", BYTE_EQ},
};

static int
read_test_operator(struct rule_reader *reader, struct rule_bytes *bytes, char *text)
{
	if (reader_negated(&text))
		bytes->flags |= BYTE_NEGATED;
	else if (*text == '\0')
		return reader_fault(reader, "there is no operator");
	for (size_t i = 0; i < sizeof(test_operators) / sizeof(test_operators[0]); i++)
		if (strcmp(test_operators[i].sign, text) == 0) {
			bytes->operator= test_operators[i].operator;
			return 0;
		}
	return reader_fault(reader, "'%.40s' is no operator", text);
}

/** Reads what a number is compared with: one of 64 bits, with or without a sign. */
static int
read_test_value(struct rule_reader *reader, const char *text, struct rule_number *value)
{
	uint64_t number = 0;
	int err;

	if (isalpha((unsigned char)*text))
		return read_var(reader, text, value);
	if (*text == '-')
		return reader_signed(reader, text, INT64_MIN + 1, 0, &value->value);
	err = reader_number(reader, text, 0, UINT64_MAX, &number);
	value->value = (int64_t)number;
	return err;
}

/** "byte_test:BYTES,OPERATOR,VALUE,OFFSET[,OPTIONS]" */
static int
read_byte_test(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	char *parts[PARTS];
	unsigned int n = split(reader, value, parts, 4);
	struct rule_match *match = n == 0 ? NULL : reader_bytes(reader, MATCH_BYTE_TEST);
	struct rule_bytes *bytes;
	int err;

	if (match == NULL)
		return -EINVAL;
	bytes = &match->bytes;
	err = read_number(reader, parts[0], 0, STRING_MAX, &bytes->n_bytes);
	if (err == 0)
		err = read_test_operator(reader, bytes, parts[1]);
	if (err == 0)
		err = read_test_value(reader, parts[2], &bytes->value);
	if (err == 0)
		err = read_number(reader, parts[3], INT32_MIN, INT32_MAX, &bytes->offset);
	return err != 0 ? err : read_options(reader, bytes, parts + 4, n - 4, 0);
}

/** "byte_jump:BYTES,OFFSET[,OPTIONS]" */
static int
read_byte_jump(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	char *parts[PARTS];
	unsigned int n = split(reader, value, parts, 2);
	struct rule_match *match = n == 0 ? NULL : reader_bytes(reader, MATCH_BYTE_JUMP);
	struct rule_bytes *bytes;
	int err;

	if (match == NULL)
		return -EINVAL;
	bytes = &match->bytes;
	err = read_number(reader, parts[0], 0, STRING_MAX, &bytes->n_bytes);
	if (err == 0)
		err = read_number(reader, parts[1], -OFFSET_MAX, OFFSET_MAX, &bytes->offset);
	return err != 0
		       ? err
		       : read_options(reader, bytes, parts + 2, n - 2,
				      OPTION_ALIGN | OPTION_FROM | OPTION_MULTIPLIER | OPTION_POST);
}

/** Gives a variable its place. */
static int
read_result(struct rule_reader *reader, const char *name, struct rule_bytes *bytes)
{
	int var;

	if (*name == '\0')
		return reader_fault(reader, "the variable has no name");
	for (const char *at = name; *at != '\0'; at++)
		if (!isalnum((unsigned char)*at) && *at != '_' && *at != '-' && *at != '.')
			return reader_fault(reader, "'%.40s' is no name of a variable", name);
	var = draft_add_var(draft_of(reader), name);
	if (var < 0)
		return -EINVAL;
	bytes->result = (uint8_t)var;
	return 0;
}

/** Text has as many bytes as a number of 64 bits has digits. */
static int
check_extract(struct rule_reader *reader, const struct rule_bytes *bytes)
{
	int64_t max = bytes->base == 16 ? 14 : bytes->base == 10 ? 20 : STRING_MAX;

	if ((bytes->flags & BYTE_STRING) != 0 && bytes->n_bytes.value > max)
		return reader_fault(reader, "a number of base %u has %d bytes at the most",
				    bytes->base, (int)max);
	return 0;
}

/** "byte_extract:BYTES,OFFSET,NAME[,OPTIONS]" */
static int
read_byte_extract(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	char *parts[PARTS];
	unsigned int n = split(reader, value, parts, 3);
	struct rule_match *match = n == 0 ? NULL : reader_bytes(reader, MATCH_BYTE_EXTRACT);
	struct rule_bytes *bytes;
	int err;

	if (match == NULL)
		return -EINVAL;
	bytes = &match->bytes;
	err = reader_signed(reader, parts[0], 1, STRING_MAX, &bytes->n_bytes.value);
	if (err == 0)
		err = reader_signed(reader, parts[1], -OFFSET_MAX, OFFSET_MAX,
				    &bytes->offset.value);
	if (err == 0)
		err = read_options(reader, bytes, parts + 3, n - 3,
				   OPTION_ALIGN_BY | OPTION_MULTIPLIER);
	if (err == 0)
		err = check_extract(reader, bytes);
	return err != 0 ? err : read_result(reader, parts[2], bytes);
}

/** What byte_math has read; each of its values must be there. */
struct math_seen {
	bool bytes, offset, operator, rvalue, result;
	const char *name; /* of the result: set at the end, for rvalue must not see it */
};

static const struct {
	const char *sign;
	enum byte_operator operator;
} math_operators[] = {
	{"+", BYTE_ADD}, {"-", BYTE_SUB},         {"*", BYTE_MUL},
	{"/", BYTE_DIV}, {"<<", BYTE_SHIFT_LEFT}, {">>", BYTE_SHIFT_RIGHT},
};

static int
read_math_operator(struct rule_reader *reader, struct rule_bytes *bytes, const char *text)
{
	for (size_t i = 0; i < sizeof(math_operators) / sizeof(math_operators[0]); i++)
		if (strcmp(math_operators[i].sign, text) == 0) {
			bytes->operator= math_operators[i].operator;
			return 0;
		}
	return reader_fault(reader, "'%.40s' is no operator", text);
}

/** Marks that something is there. @return whether it was not yet, or false after a fault */
static bool
once(struct rule_reader *reader, bool *seen, const char *name)
{
	if (*seen)
		reader_fault(reader, "'%s' is there twice", name);
	else
		return *seen = true;
	return false;
}

/** Reads "string dec", "endian little": byte_math names its options. @return 1: it is none */
static int
read_math_option(struct rule_reader *reader, struct rule_bytes *bytes, struct byte_seen *seen,
		 const char *text)
{
	const char *of = behind(text, "string");

	if (of != NULL) {
		bytes->flags |= BYTE_STRING;
		if (strcasecmp(of, "dec") != 0 && strcasecmp(of, "hex") != 0 &&
		    strcasecmp(of, "oct") != 0)
			return reader_fault(reader, "'%.40s' is no base", of);
		return read_common(reader, bytes, seen, of);
	}
	of = behind(text, "endian");
	if (of != NULL) {
		if (strcasecmp(of, "big") != 0 && strcasecmp(of, "little") != 0)
			return reader_fault(reader, "'%.40s' is no byte order", of);
		return read_common(reader, bytes, seen, of);
	}
	if (strcasecmp(text, "relative") == 0 || strcasecmp(text, "dce") == 0 ||
	    behind(text, "bitmask") != NULL)
		return read_common(reader, bytes, seen, text);
	return 1;
}

static int
read_math_value(struct rule_reader *reader, struct rule_bytes *bytes, struct math_seen *seen,
		const char *text)
{
	const char *of;

	if ((of = behind(text, "bytes")) != NULL)
		return once(reader, &seen->bytes, "bytes")
			       ? read_number(reader, of, 1, 10, &bytes->n_bytes)
			       : -EINVAL;
	if ((of = behind(text, "offset")) != NULL)
		return once(reader, &seen->offset, "offset")
			       ? reader_signed(reader, of, -OFFSET_MAX, OFFSET_MAX,
					       &bytes->offset.value)
			       : -EINVAL;
	if ((of = behind(text, "oper")) != NULL)
		return once(reader, &seen->operator, "oper") ? read_math_operator(reader, bytes, of)
							     : -EINVAL;
	if ((of = behind(text, "rvalue")) != NULL)
		return once(reader, &seen->rvalue, "rvalue")
			       ? read_number(reader, of, 0, UINT32_MAX, &bytes->value)
			       : -EINVAL;
	if ((of = behind(text, "result")) == NULL)
		return reader_fault(reader, "the option '%.40s' is not known", text);
	seen->name = of;
	return once(reader, &seen->result, "result") ? 0 : -EINVAL;
}

static int
check_math(struct rule_reader *reader, const struct rule_bytes *bytes, const struct byte_seen *seen,
	   const struct math_seen *values)
{
	if (!values->bytes || !values->offset ||
	    !values->operator|| !values->rvalue || !values->result)
		return reader_fault(reader, "it needs bytes, offset, oper, rvalue and result");
	if ((bytes->operator== BYTE_SHIFT_LEFT || bytes->operator== BYTE_SHIFT_RIGHT) &&
	    bytes->n_bytes.var < 0 && bytes->n_bytes.value > 4)
		return reader_fault(reader, "a number that is shifted has 4 bytes at the most");
	return check(reader, bytes, seen);
}

/** "byte_math:bytes BYTES, offset OFFSET, oper OPERATOR, rvalue VALUE, result NAME[, OPTIONS]" */
static int
read_byte_math(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	char *parts[PARTS];
	struct math_seen values = {0};
	struct byte_seen seen = {.is_math = true};
	unsigned int n = split(reader, value, parts, 5);
	struct rule_match *match = n == 0 ? NULL : reader_bytes(reader, MATCH_BYTE_MATH);
	int err = 0;

	if (match == NULL)
		return -EINVAL;
	for (unsigned int i = 0; err == 0 && i < n; i++) {
		err = read_math_option(reader, &match->bytes, &seen, parts[i]);
		if (err == 1)
			err = read_math_value(reader, &match->bytes, &values, parts[i]);
	}
	if (err == 0)
		err = check_math(reader, &match->bytes, &seen, &values);
	return err != 0 ? err : read_result(reader, values.name, &match->bytes);
}

const struct keyword keywords_number[] = {
	{"byte_test", KEYWORD_VALUE, read_byte_test, 0},
	{"byte_jump", KEYWORD_VALUE, read_byte_jump, 0},
	{"byte_extract", KEYWORD_VALUE, read_byte_extract, 0},
	{"byte_math", KEYWORD_VALUE, read_byte_math, 0},
	{NULL, 0, NULL, 0},
};
