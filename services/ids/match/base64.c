/* SPDX-License-Identifier: BSD-3-Clause */
/* Base64, four characters at a time. */

#include "match/base64.h"

#include <stdbool.h>

#include "hex.h"

enum { NOT_OF_IT = 0xff, PAD = 0xfe, GROUP = 4 };

/** Characters of one group, as numbers. */
struct group {
	uint8_t values[GROUP];
	uint8_t n, pads;
};

static uint8_t
value_of(uint8_t byte)
{
	int value = wp_base64_digit(byte);

	return value >= 0 ? (uint8_t)value : byte == '=' ? PAD : NOT_OF_IT;
}

static void
group_add(struct group *group, uint8_t value)
{
	group->pads += value == PAD;
	group->values[group->n++] = value == PAD ? 0 : value;
}

/** @return whether there was room for @p n bytes, which are the group's first */
static bool
group_write(struct group *group, size_t n, uint8_t *out, size_t room, size_t *size)
{
	const uint8_t *values = group->values;
	const uint8_t bytes[3] = {
		(uint8_t)(values[0] << 2 | values[1] >> 4),
		(uint8_t)(values[1] << 4 | values[2] >> 2),
		(uint8_t)(values[2] << 6 | values[3]),
	};

	if (n > room - *size)
		return false;
	for (size_t i = 0; i < n; i++)
		out[(*size)++] = bytes[i];
	*group = (struct group){.n = 0};
	return true;
}

/** Padding that stands in the middle of a group takes away bytes of its end all the same. */
static size_t
full_bytes(const struct group *group)
{
	return group->pads < 3 ? 3 - group->pads : 0;
}

/** What an incomplete group is worth. */
static size_t
rest_bytes(const struct group *group)
{
	return group->n > 0 ? group->n - 1u : 0;
}

static bool
has_others(const uint8_t *in, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (value_of(in[i]) == NOT_OF_IT)
			return true;
	return false;
}

size_t
base64_decode(enum base64_mode mode, const uint8_t *in, size_t size, uint8_t *out, size_t room)
{
	struct group group = {.n = 0};
	size_t written = 0;

	if (mode == BASE64_STRICT && has_others(in, size))
		return 0;
	for (size_t i = 0; i < size; i++) {
		uint8_t value = value_of(in[i]);

		if (value == NOT_OF_IT && mode == BASE64_RFC2045)
			continue;
		if (value == NOT_OF_IT)
			break;
		group_add(&group, value);
		if (group.n == GROUP &&
		    !group_write(&group, full_bytes(&group), out, room, &written))
			return written;
	}
	if (mode != BASE64_RFC2045)
		group_write(&group, rest_bytes(&group), out, room, &written);
	return written;
}
