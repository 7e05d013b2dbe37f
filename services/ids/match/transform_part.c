/* SPDX-License-Identifier: BSD-3-Clause */
/* Transforms that take a part of a buffer: "subslice", "pcrexform", and "from_base64", which
 * decodes it besides. */

#include "match/transform_kind.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "match/base64.h"
#include "match/expression.h"

/** What numbers[] are of subslice: two's complement. */
enum { SLICE_OFFSET, SLICE_SIZE /* 0: all the rest */, SLICE_CUTS };

/** Of from_base64. */
enum { BASE64_OFFSET, BASE64_BYTES /* 0: all the rest */, BASE64_MODE };

int
transform_subslice_read(struct wp_arena *arena, char *value, struct transform *transform,
			const struct transform_fault *fault)
{
	char *parts[3];
	unsigned int n = transform_split(value, parts, 3);
	int64_t offset, size = 0;
	bool cuts = n > 1 && n < 4 && strcasecmp(parts[n - 1], "truncate") == 0;

	if (n - cuts > 2 || transform_number(parts[0], INT32_MIN, INT32_MAX, &offset) != 0 ||
	    (n - cuts == 2 &&
	     (transform_number(parts[1], INT32_MIN, INT32_MAX, &size) != 0 || size == 0)))
		return transform_fault(fault, "subslice: 'OFFSET[, SIZE][, truncate]' is expected");
	transform->numbers[SLICE_OFFSET] = (uint32_t)offset;
	transform->numbers[SLICE_SIZE] = (uint32_t)size;
	transform->numbers[SLICE_CUTS] = cuts;
	return 0;
}

/** Where a slice ends; may be outside. */
static int64_t
slice_end(int64_t begin, int64_t size, int64_t total)
{
	if (size == 0)
		return total;
	return size < 0 ? total + size : begin + size;
}

static int64_t
clamp(int64_t value, int64_t max)
{
	if (value < 0)
		return 0;
	return value < max ? value : max;
}

/**
 * An offset below zero counts from the end; a size below zero is that of what is left out there.
 * What reaches out of the buffer is cut if the rule says so, else nothing stays. Ends that are the
 * wrong way round are swapped.
 */
bool
transform_subslice(const struct transform *transform, const struct transform_turn *turn,
		   struct wp_span *span)
{
	int64_t total = span->size, offset = (int32_t)transform->numbers[SLICE_OFFSET];
	int64_t begin = offset < 0 ? total + offset : offset;
	int64_t end;
	bool is_outside = begin < 0 || begin > total;

	if (total == 0)
		return true;
	begin = clamp(begin, total);
	end = slice_end(begin, (int32_t)transform->numbers[SLICE_SIZE], total);
	is_outside |= end < 0 || end > total;
	end = clamp(end, total);
	if (is_outside && !transform->numbers[SLICE_CUTS])
		begin = end = 0;
	span->data += begin < end ? begin : end;
	span->size = (uint32_t)(begin < end ? end - begin : begin - end);
	return true;
}

/** @return -1: none of them */
static int
mode_of(const char *name)
{
	static const char *const names[] = {
		[BASE64_RFC4648] = "rfc4648",
		[BASE64_RFC2045] = "rfc2045",
		[BASE64_STRICT] = "strict",
	};

	for (int i = 0; i < (int)(sizeof(names) / sizeof(names[0])); i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

static int
read_base64_part(char *part, int64_t *numbers, unsigned int *seen)
{
	static const char *const words[] = {"offset", "bytes", "mode"};

	for (unsigned int i = 0; i < 3; i++) {
		char *value = transform_word(part, words[i]);

		if (value == NULL)
			continue;
		if (*seen & 1u << i)
			return -EINVAL;
		*seen |= 1u << i;
		if (i != BASE64_MODE)
			return transform_number(value, 0, UINT16_MAX, &numbers[i]);
		numbers[i] = mode_of(value);
		return numbers[i] < 0 ? -EINVAL : 0;
	}
	return -EINVAL;
}

int
transform_base64_read(struct wp_arena *arena, char *value, struct transform *transform,
		      const struct transform_fault *fault)
{
	int64_t numbers[3] = {[BASE64_MODE] = BASE64_RFC4648};
	unsigned int seen = 0, n;
	char *parts[3];

	if (*value == '\0')
		return 0;
	n = transform_split(value, parts, 3);
	for (unsigned int i = 0; i < n; i++)
		if (n > 3 || read_base64_part(parts[i], numbers, &seen) != 0)
			return transform_fault(fault, "from_base64: 'bytes N', 'offset N' (both "
						      "up to 65535) and 'mode rfc4648', 'rfc2045' "
						      "or 'strict' are expected");
	for (unsigned int i = 0; i < 3; i++)
		transform->numbers[i] = (uint32_t)numbers[i];
	return 0;
}

/** A buffer that is too short, or is not base64, stays as it is. */
bool
transform_base64(const struct transform *transform, const struct transform_turn *turn,
		 struct wp_span *span)
{
	uint32_t offset = transform->numbers[BASE64_OFFSET];
	uint32_t bytes = transform->numbers[BASE64_BYTES];
	uint32_t left;
	size_t size;

	if (offset >= span->size || bytes > span->size - offset)
		return true;
	left = bytes != 0 ? bytes : span->size - offset;
	size = base64_decode((enum base64_mode)transform->numbers[BASE64_MODE], span->data + offset,
			     left, turn->out, turn->max);
	if (size != 0)
		*span = (struct wp_span){turn->out, (uint32_t)size};
	return true;
}

int
transform_pcre_read(struct wp_arena *arena, char *value, struct transform *transform,
		    const struct transform_fault *fault)
{
	struct expression *expression;
	int error = expression_create(value, 0, &expression, fault->why, fault->size);

	if (error != 0)
		return error;
	if (expression_groups(expression) != 1) {
		expression_destroy(expression);
		return transform_fault(fault, "pcrexform: the expression needs one group, and no "
					      "more");
	}
	transform->data = wp_arena_string(arena, value);
	if (transform->data == NULL) {
		expression_destroy(expression);
		return -ENOMEM;
	}
	transform->size = (uint16_t)strlen(value);
	transform->expression = expression;
	return 0;
}

/** What the group has taken; where that is nothing, the buffer stays as it is. */
bool
transform_pcre(const struct transform *transform, const struct transform_turn *turn,
	       struct wp_span *span)
{
	struct wp_span part;

	if (turn->expressions != NULL &&
	    expression_find(transform->expression, turn->expressions, *span, 0, 1, &part) &&
	    part.size != 0)
		*span = part;
	return true;
}
