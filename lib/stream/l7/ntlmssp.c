/* SPDX-License-Identifier: BSD-3-Clause */
/* See ntlmssp.h. A message is known by its signature alone: what lies around it is not read. */

#include "stream/l7/ntlmssp.h"

#include <string.h>

enum {
	NEGOTIATE = 1,
	CHALLENGE = 2,
	AUTHENTICATE = 3,
	UNICODE = 1, /* NTLMSSP_NEGOTIATE_UNICODE, MS-NLMP 2.2.2.5 */
};

static const char signature[8] = "NTLMSSP"; /* with its NUL */

static uint32_t
get32(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
	       (uint32_t)at[3] << 24;
}

/** Reads the field whose length and offset stand at @p at. */
static struct wp_span
field(struct wp_span from, uint32_t at, struct ntlmssp *message)
{
	uint32_t size, offset;

	if (from.size < at + 8) {
		message->is_outside = true;
		return (struct wp_span){0};
	}
	size = (uint32_t)(from.data[at] | from.data[at + 1] << 8);
	offset = get32(from.data + at + 4);
	if (size == 0)
		return (struct wp_span){0};
	if (offset > from.size || size > from.size - offset) {
		message->is_outside = true;
		return (struct wp_span){0};
	}
	return (struct wp_span){from.data + offset, size};
}

/** MS-NLMP 2.2.1.1: the names may be left away, and are never Unicode. */
static void
read_negotiate(struct wp_span from, struct ntlmssp *message)
{
	if (from.size >= 24)
		message->domain = field(from, 16, message);
	if (from.size >= 32)
		message->workstation = field(from, 24, message);
}

/** MS-NLMP 2.2.1.2 */
static void
read_challenge(struct wp_span from, struct ntlmssp *message)
{
	message->domain = field(from, 12, message);
	message->is_unicode = from.size < 24 || (get32(from.data + 20) & UNICODE) != 0;
}

/** MS-NLMP 2.2.1.3 */
static void
read_authenticate(struct wp_span from, struct ntlmssp *message)
{
	message->domain = field(from, 28, message);
	message->user = field(from, 36, message);
	message->workstation = field(from, 44, message);
	message->is_unicode = from.size < 64 || (get32(from.data + 60) & UNICODE) != 0;
}

uint8_t
ntlmssp_read(const uint8_t *bytes, uint32_t size, struct ntlmssp *message)
{
	const uint8_t *at = size == 0 ? NULL : memmem(bytes, size, signature, sizeof(signature));
	struct wp_span from;

	*message = (struct ntlmssp){0};
	if (at == NULL)
		return 0;
	from = (struct wp_span){at, size - (uint32_t)(at - bytes)};
	if (from.size < 12 || get32(at + 8) < NEGOTIATE || get32(at + 8) > AUTHENTICATE) {
		message->is_outside = true;
		return 0;
	}
	message->type = at[8];
	if (message->type == NEGOTIATE)
		read_negotiate(from, message);
	else if (message->type == CHALLENGE)
		read_challenge(from, message);
	else
		read_authenticate(from, message);
	return message->type;
}
