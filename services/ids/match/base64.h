/* SPDX-License-Identifier: BSD-3-Clause */
/* Base64 as rules want it read: of what is broken, as much as a receiver may have made of it. */

#ifndef IDS_BASE64_H
#define IDS_BASE64_H

#include <stddef.h>
#include <stdint.h>

enum base64_mode {
	BASE64_RFC4648, /* ends at the first byte that is not of the alphabet */
	BASE64_RFC2045, /* steps over them; an incomplete last group gives nothing */
	BASE64_STRICT,  /* one of them, and nothing comes out */
};

/** @return bytes that are enough for what @p size bytes decode to. */
static inline size_t
base64_room(size_t size)
{
	return size / 4 * 3 + 3;
}

/**
 * Decodes. What stands at the end without padding counts as if it had it (but for RFC 2045); '='
 * within the text ends a group, not the text.
 *
 * Pure; works in place, too.
 *
 * @param room  of @p out; a group that has none of it is the end
 * @return bytes written
 */
size_t base64_decode(enum base64_mode mode, const uint8_t *in, size_t size, uint8_t *out,
		     size_t room);

#endif
