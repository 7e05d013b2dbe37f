/* SPDX-License-Identifier: BSD-3-Clause */
/* See field.h. */

#include "out/field.h"

#include <string.h>

enum { ALIGN = 4 };

static size_t
padded(size_t size)
{
	return (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

/** @return bytes that a field could have. */
static size_t
room_for(const struct fields *fields)
{
	size_t size = fields->size & ~(size_t)(ALIGN - 1);
	size_t taken = fields->used + sizeof(struct field_head);

	return taken < size ? size - taken : 0;
}

bool
field_add_parts(struct fields *fields, enum field_kind kind, size_t most,
		const struct wp_span *parts, unsigned int n)
{
	struct field_head head = {.kind = (uint16_t)kind};
	size_t room = room_for(fields), used = 0;
	uint8_t *at = fields->bytes + fields->used;

	if (room == 0)
		return false;
	if (room > most)
		room = most;
	for (unsigned int i = 0; i < n; i++) {
		size_t size = parts[i].size < room - used ? parts[i].size : room - used;

		if (size != 0)
			memcpy(at + sizeof(head) + used, parts[i].data, size);
		used += size;
	}
	head.size = (uint16_t)used;
	memcpy(at, &head, sizeof(head));
	memset(at + sizeof(head) + used, 0, padded(used) - used);
	fields->used += sizeof(head) + padded(used);
	return true;
}

bool
field_add(struct fields *fields, enum field_kind kind, size_t most, struct wp_span bytes)
{
	return bytes.data != NULL && field_add_parts(fields, kind, most, &bytes, 1);
}

bool
field_add_struct(struct fields *fields, enum field_kind kind, const void *bytes, size_t size)
{
	struct wp_span part = {.data = bytes, .size = (uint32_t)size};

	return room_for(fields) >= size && field_add_parts(fields, kind, size, &part, 1);
}

bool
field_next(struct wp_span *rest, struct field *field)
{
	struct field_head head;
	size_t whole;

	if (rest->size < sizeof(head))
		return false;
	memcpy(&head, rest->data, sizeof(head));
	whole = sizeof(head) + padded(head.size);
	if (whole > rest->size)
		return false;
	*field = (struct field){
		.bytes = rest->data + sizeof(head), .size = head.size, .kind = head.kind};
	rest->data += whole;
	rest->size -= (uint32_t)whole;
	return true;
}

struct field
field_find(struct wp_span fields, enum field_kind kind)
{
	struct field field;

	while (field_next(&fields, &field))
		if (field.kind == kind)
			return field;
	return (struct field){.bytes = NULL};
}

bool
field_get(const struct field *field, void *to, size_t size)
{
	if (field->bytes == NULL || field->size != size)
		return false;
	memcpy(to, field->bytes, size);
	return true;
}
