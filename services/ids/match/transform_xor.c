/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * "xor": with a key that the rule has ("0d0ac8ff"), or that stands in the buffer ("extract 4 0":
 * four bytes at its begin); "offset 4," before it leaves as many bytes as they are.
 */

#include "match/transform_kind.h"

#include <errno.h>
#include <string.h>

#include "hex.h"

enum { KEY_MAX = 255 };

/** What numbers[] are. */
enum { OFFSET, KEY_SIZE /* of the key in the buffer; 0: the rule has it */, KEY_AT };

static int
read_key(struct wp_arena *arena, const char *text, struct transform *transform,
	 const struct transform_fault *fault)
{
	size_t n = strlen(text);
	uint8_t *key;

	if (n == 0 || n % 2 != 0 || n / 2 > KEY_MAX)
		return transform_fault(fault,
				       "xor: a key has 1 to %d bytes, of two hexadecimal digits "
				       "each",
				       KEY_MAX);
	key = wp_arena_alloc(arena, n / 2);
	if (key == NULL)
		return -ENOMEM;
	if (!wp_hex_read(text, n / 2, key))
		return transform_fault(fault, "xor: '%s' is not hexadecimal", text);
	transform->data = key;
	transform->size = (uint16_t)(n / 2);
	return 0;
}

/** "4 0": size and place. */
static int
read_place(char *text, struct transform *transform, const struct transform_fault *fault)
{
	char *at = text + strcspn(text, " \t");
	int64_t size, place;

	if (*at != '\0')
		*at++ = '\0';
	at += strspn(at, " \t");
	if (transform_number(text, 1, KEY_MAX, &size) != 0 ||
	    transform_number(at, 0, UINT16_MAX, &place) != 0)
		return transform_fault(fault, "xor: a key in the buffer is 'extract SIZE PLACE'");
	transform->numbers[KEY_SIZE] = (uint32_t)size;
	transform->numbers[KEY_AT] = (uint32_t)place;
	return 0;
}

int
transform_xor_read(struct wp_arena *arena, char *value, struct transform *transform,
		   const struct transform_fault *fault)
{
	char *offset = transform_word(value, "offset"), *place, *parts[2];
	int64_t number = 0;

	if (offset != NULL) {
		if (transform_split(offset, parts, 2) != 2 ||
		    transform_number(parts[0], 0, UINT32_MAX, &number) != 0)
			return transform_fault(fault, "xor: 'offset NUMBER,KEY' is expected");
		value = parts[1];
	}
	transform->numbers[OFFSET] = (uint32_t)number;
	place = transform_word(value, "extract");
	if (place == NULL)
		place = transform_word(value, "var"); /* as it was called for a while */
	if (place != NULL)
		return read_place(place, transform, fault);
	return read_key(arena, value, transform, fault);
}

/** @return NULL: it is not within the buffer */
static const uint8_t *
key_of(const struct transform *transform, const struct wp_span *span, uint32_t *size)
{
	uint32_t at = transform->numbers[KEY_AT];

	*size = transform->numbers[KEY_SIZE];
	if (*size == 0) {
		*size = transform->size;
		return transform->data;
	}
	return at <= span->size && *size <= span->size - at ? span->data + at : NULL;
}

/** A buffer that is too short stays as it is. */
bool
transform_xor(const struct transform *transform, const struct transform_turn *turn,
	      struct wp_span *span)
{
	uint32_t offset = transform->numbers[OFFSET], size, k = 0;
	uint32_t n = span->size < turn->max ? span->size : turn->max;
	const uint8_t *key = key_of(transform, span, &size);

	if (key == NULL || offset > span->size)
		return true;
	for (uint32_t i = 0; i < n; i++) {
		turn->out[i] = span->data[i] ^ (i < offset ? 0 : key[k]);
		if (i >= offset && ++k == size)
			k = 0;
	}
	*span = (struct wp_span){turn->out, n};
	return true;
}
