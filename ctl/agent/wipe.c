/* SPDX-License-Identifier: BSD-3-Clause */
/* See wipe.h. */

#include "ctl/agent/wipe.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>
#include <jansson.h>

static void
wipe_and_free(void *memory)
{
	if (memory == NULL)
		return;
	explicit_bzero(memory, malloc_usable_size(memory));
	free(memory);
}

/** Never in place: what is left behind would not be wiped. */
static void *
move(void *memory, size_t size)
{
	size_t old = malloc_usable_size(memory);
	void *new = malloc(size);

	if (new != NULL && memory != NULL)
		memcpy(new, memory, old < size ? old : size);
	if (new != NULL)
		wipe_and_free(memory);
	return new;
}

void
wipe_what_is_freed(void)
{
	json_set_alloc_funcs(malloc, wipe_and_free);
	event_set_mem_functions(malloc, move, wipe_and_free);
}
