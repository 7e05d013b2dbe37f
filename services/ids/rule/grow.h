/* SPDX-License-Identifier: BSD-3-Clause */
/* Arrays that grow while rules are read. Control. */

#ifndef IDS_GROW_H
#define IDS_GROW_H

#include <stdint.h>
#include <stdlib.h>

/**
 * Sees to it that there is room for an item behind @p n others.
 * @param[in,out] room  items that there is room for; 0: none yet
 * @param size          bytes of an item
 * @return the items, moved perhaps; NULL: no memory, they are where they were
 */
static inline void *
grow(void *items, uint32_t n, uint32_t *room, size_t size)
{
	uint32_t more = *room == 0 ? 16 : 2 * *room;
	void *grown;

	if (n < *room)
		return items;
	grown = reallocarray(items, more, size);
	if (grown != NULL)
		*room = more;
	return grown;
}

#endif
