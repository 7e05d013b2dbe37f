/* SPDX-License-Identifier: BSD-3-Clause */
/* See asn1.h. */

#include "match/asn1.h"

enum {
	OBJECTS_MAX = 256, /* one after the other, and within each other */
	TAG_NUMBER = 0x1f,
	TAG_BIT_STRING = 0x03,
	TAG_REAL = 0x09,
	TAG_SEQUENCE = 0x30,
	TAG_SET = 0x31,
	REAL_OF_DIGITS = 0xc0, /* bits that are not set in the first byte of such ones */
	REAL_MAX = 256,        /* bytes of a real number as text that are not too many */
};

/** An object. */
struct object {
	uint8_t tag;  /* identifier octet */
	bool is_open; /* it ends where two zeros are */
	const uint8_t *body;
	size_t size; /* of it; open: unknown */
};

/** Reads an identifier. @return what is behind it; NULL: it is not whole */
static const uint8_t *
read_tag(const uint8_t *at, const uint8_t *end, uint8_t *tag)
{
	if (at >= end)
		return NULL;
	*tag = *at++;
	if ((*tag & TAG_NUMBER) != TAG_NUMBER)
		return at;
	while (at < end && (*at & 0x80) != 0)
		at++;
	return at < end ? at + 1 : NULL;
}

/** Reads a length. @return what is behind it; NULL: it is not whole, or beyond the end */
static const uint8_t *
read_length(const uint8_t *at, const uint8_t *end, struct object *object)
{
	uint64_t length;
	unsigned int n;

	if (at >= end)
		return NULL;
	length = *at++;
	object->is_open = length == 0x80;
	if (length > 0x80) {
		n = (unsigned int)length & 0x7f;
		if (n > sizeof(length) || (size_t)(end - at) < n)
			return NULL;
		for (length = 0; n > 0; n--)
			length = length << 8 | *at++;
	}
	if (object->is_open)
		length = 0;
	if (length > (uint64_t)(end - at))
		return NULL;
	object->size = (size_t)length;
	return at;
}

static bool
read_object(const uint8_t *at, const uint8_t *end, struct object *object)
{
	at = read_tag(at, end, &object->tag);
	if (at == NULL)
		return false;
	object->body = read_length(at, end, object);
	return object->body != NULL;
}

static bool
is_list(const struct object *object)
{
	return object->tag == TAG_SEQUENCE || object->tag == TAG_SET;
}

static bool
is_wanted(const struct rule_asn1 *want, const struct object *object)
{
	if ((want->flags & ASN1_OVERSIZE) != 0 && object->size > want->oversize)
		return true;
	if (object->size == 0)
		return false;
	if ((want->flags & ASN1_BITSTRING) != 0 && object->tag == TAG_BIT_STRING)
		return object->body[0] > object->size * 8;
	return (want->flags & ASN1_DOUBLE) != 0 && object->tag == TAG_REAL &&
	       (object->body[0] & REAL_OF_DIGITS) == 0 && object->size > REAL_MAX;
}

/** Lists that are within each other. */
struct lists {
	const uint8_t *ends[OBJECTS_MAX];
	bool is_open[OBJECTS_MAX];
	unsigned int n;
};

/** Leaves lists that end here. @return where it goes on */
static const uint8_t *
leave_lists(struct lists *lists, const uint8_t *at)
{
	while (lists->n > 0) {
		const uint8_t *end = lists->ends[lists->n - 1];

		if (lists->is_open[lists->n - 1]) {
			if (end - at < 2 || at[0] != 0 || at[1] != 0)
				break;
			at += 2;
		} else if (at != end) {
			break;
		}
		lists->n--;
	}
	return at;
}

/** Looks at one object with all in it. @param[out] found  whether there is something
 * @return what is behind it; NULL: it is not whole */
static const uint8_t *
look_at(const struct rule_asn1 *want, const uint8_t *at, const uint8_t *end, bool *found)
{
	struct lists lists = {.n = 0};
	struct object object;

	do {
		const uint8_t *within = lists.n > 0 ? lists.ends[lists.n - 1] : end;

		if (!read_object(at, within, &object) || (object.is_open && !is_list(&object)))
			return NULL;
		*found = *found || is_wanted(want, &object);
		at = object.body;
		if (!is_list(&object)) {
			at += object.size;
		} else {
			if (lists.n == OBJECTS_MAX)
				return NULL;
			lists.is_open[lists.n] = object.is_open;
			lists.ends[lists.n++] = object.is_open ? within : at + object.size;
		}
		at = leave_lists(&lists, at);
	} while (lists.n > 0);
	return at;
}

bool
asn1_holds(const struct rule_asn1 *want, const uint8_t *data, size_t size)
{
	const uint8_t *at = data, *end = data + size;

	for (unsigned int i = 0; i < OBJECTS_MAX && at < end; i++) {
		bool found = false;

		at = look_at(want, at, end, &found);
		if (at == NULL)
			return false;
		if (found)
			return true;
	}
	return false;
}
