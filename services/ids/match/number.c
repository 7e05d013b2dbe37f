/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers in bytes and in text, and what may be done with two of them. */

#include "match/number.h"

enum { NO_DIGIT = 0xff };

static uint64_t
from_bytes(const uint8_t *at, uint32_t n, bool is_little)
{
	uint64_t value = 0;

	for (uint32_t i = 0; i < n; i++)
		value = value << 8 | at[is_little ? n - 1 - i : i];
	return value;
}

static uint8_t
digit(uint8_t byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	byte |= 0x20;
	return byte >= 'a' && byte <= 'z' ? byte - 'a' + 10 : NO_DIGIT;
}

/** A text that is read. */
struct text {
	const uint8_t *at;
	uint32_t size, used;
};

static bool
has(const struct text *text, uint32_t ahead, uint8_t base)
{
	return text->size - text->used > ahead && digit(text->at[text->used + ahead]) < base;
}

static void
skip_space(struct text *text)
{
	while (text->used < text->size) {
		uint8_t byte = text->at[text->used];

		if (byte != ' ' && (byte < '\t' || byte > '\r'))
			return;
		text->used++;
	}
}

/** @return whether it is a minus */
static bool
skip_sign(struct text *text)
{
	uint8_t byte = text->used < text->size ? text->at[text->used] : 0;

	if (byte == '-' || byte == '+')
		text->used++;
	return byte == '-';
}

/** Steps over "0x" where digits are behind it. @param base  0: what is written says it
 * @return the base */
static uint8_t
skip_base(struct text *text, uint8_t base)
{
	bool is_zero = text->used < text->size && text->at[text->used] == '0';
	bool is_hex = is_zero && text->size - text->used > 2 &&
		      (text->at[text->used + 1] | 0x20) == 'x' && has(text, 2, 16);

	if (is_hex && (base == 0 || base == 16)) {
		text->used += 2;
		return 16;
	}
	if (base == 0)
		return is_zero ? 8 : 10;
	return base;
}

static bool
from_text(struct text *text, uint8_t base, uint64_t *value)
{
	uint64_t sum = 0;
	bool is_minus;

	skip_space(text);
	is_minus = skip_sign(text);
	base = skip_base(text, base);
	if (!has(text, 0, base))
		return false;
	for (; has(text, 0, base); text->used++)
		if (__builtin_mul_overflow(sum, (uint64_t)base, &sum) ||
		    __builtin_add_overflow(sum, (uint64_t)digit(text->at[text->used]), &sum))
			return false;
	*value = is_minus ? 0 - sum : sum;
	return true;
}

bool
number_read(const struct rule_bytes *bytes, const uint8_t *at, size_t left, uint32_t n_bytes,
	    uint64_t *value, uint32_t *used)
{
	const enum byte_operator what = bytes->operator;
	bool is_text = (bytes->flags & BYTE_STRING) != 0;
	uint32_t max = is_text ? NUMBER_DIGITS_MAX : NUMBER_BYTES_MAX;
	struct text text = {.at = at, .size = n_bytes};
	uint64_t number = 0;

	if (n_bytes > left || n_bytes > max)
		return false;
	if (n_bytes == 0)
		text.size = left < max ? (uint32_t)left : max;
	if (is_text && !from_text(&text, bytes->base, &number))
		return false;
	if (!is_text) {
		number = from_bytes(at, n_bytes, (bytes->flags & BYTE_LITTLE) != 0);
		text.used = n_bytes;
	}
	*value = what < BYTE_ADD ? number_mask(bytes->mask, number) : number;
	*used = text.used;
	return true;
}

uint64_t
number_scale(const struct rule_bytes *bytes, uint64_t value)
{
	uint64_t unit = bytes->align != 0 ? bytes->align : 4;

	if (bytes->flags & BYTE_MULTIPLY)
		value *= bytes->multiplier;
	if ((bytes->flags & BYTE_ALIGN) && value % unit != 0)
		value += unit - value % unit;
	return value;
}

bool
number_jump(const struct rule_bytes *bytes, uint64_t value, int64_t post, uint32_t next,
	    uint32_t size, uint32_t *to)
{
	uint64_t from = next;
	int64_t place;

	if (bytes->flags & BYTE_FROM_BEGINNING)
		from = 0;
	else if (bytes->flags & BYTE_FROM_END)
		from = size;
	place = (int64_t)(from + value + (uint64_t)post);
	if (place > (int64_t)size)
		return false;
	*to = place > 0 ? (uint32_t)place : 0;
	return true;
}

uint64_t
number_mask(uint32_t mask, uint64_t value)
{
	return mask == 0 ? value : (value & mask) >> __builtin_ctz(mask);
}

bool
number_compare(enum byte_operator operator, uint64_t left, uint64_t right)
{
	switch (operator) {
	case BYTE_EQ:
		return left == right;
	case BYTE_LT:
		return left < right;
	case BYTE_GT:
		return left > right;
	case BYTE_LE:
		return left <= right;
	case BYTE_GE:
		return left >= right;
	case BYTE_AND:
		return (left & right) != 0;
	case BYTE_XOR:
		return (left ^ right) != 0;
	default:
		return false;
	}
}

bool
number_calculate(enum byte_operator operator, uint64_t left, uint64_t right, uint64_t *result)
{
	switch (operator) {
	case BYTE_ADD:
		*result = left + right;
		return true;
	case BYTE_SUB:
		*result = left - right;
		return true;
	case BYTE_MUL:
		*result = left * right;
		return true;
	case BYTE_DIV:
		if (right == 0)
			return false;
		*result = left / right;
		return true;
	case BYTE_SHIFT_LEFT:
		*result = right < 64 ? left << right : 0;
		return true;
	case BYTE_SHIFT_RIGHT:
		*result = left >> (right & 63); /* unlike to the left, but so it has always been */
		return true;
	default:
		return false;
	}
}
