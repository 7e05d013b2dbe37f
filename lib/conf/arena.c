/* SPDX-License-Identifier: BSD-3-Clause */
/* Chunks that are given back together. */

#include "conf/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 16 << 10, ALIGN = 16 };

struct chunk {
	struct chunk *next;
	size_t size; /* of what follows, aligned */
	uint8_t bytes[];
};

struct wp_arena {
	struct chunk *chunks;
	size_t used, size; /* of the first chunk */
};

struct wp_arena *
wp_arena_create(void)
{
	return calloc(1, sizeof(struct wp_arena));
}

void
wp_arena_destroy(struct wp_arena *arena)
{
	if (arena == NULL)
		return;
	while (arena->chunks != NULL) {
		struct chunk *next = arena->chunks->next;

		explicit_bzero(arena->chunks->bytes, arena->chunks->size); /* may have had keys */
		free(arena->chunks);
		arena->chunks = next;
	}
	free(arena);
}

void *
wp_arena_alloc(struct wp_arena *arena, size_t size)
{
	void *memory;

	if (size > PTRDIFF_MAX)
		return NULL; /* rounding up would wrap */
	size = (size + ALIGN - 1) / ALIGN * ALIGN;
	if (arena->chunks == NULL || size > arena->size - arena->used) {
		size_t bytes = size > CHUNK ? size : CHUNK;
		struct chunk *chunk = calloc(1, sizeof(*chunk) + bytes);

		if (chunk == NULL)
			return NULL;
		chunk->next = arena->chunks;
		chunk->size = bytes;
		arena->chunks = chunk;
		arena->used = 0;
		arena->size = bytes;
	}
	memory = arena->chunks->bytes + arena->used;
	arena->used += size;
	return memory;
}

char *
wp_arena_string(struct wp_arena *arena, const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = wp_arena_alloc(arena, size);

	if (copy != NULL)
		memcpy(copy, text, size);
	return copy;
}
