/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Secrets share pages of their own: blocks of 64 bytes in chunks that are locked as a whole. Blocks
 * are not returned to the system before the process ends, but wiped and used again.
 */

#include "crypto/secret.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

enum { BLOCK = 64, CHUNK = 1 << 20, CLASSES = 64 };

/** What stands in front of each allocation; a block of its own, so that alignment stays. */
struct header {
	size_t blocks; /* with this one */
	struct header *next;
};

static struct {
	pthread_mutex_t lock;
	struct header *free[CLASSES]; /* by number of blocks */
	uint8_t *chunk;
	size_t left;
	bool unlocked; /* some chunk could not be locked */
} heap = {.lock = PTHREAD_MUTEX_INITIALIZER};

static uint8_t *
map_locked(size_t size)
{
	uint8_t *memory =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return NULL;
	if (mlock(memory, size) != 0)
		heap.unlocked = true;
	madvise(memory, size, MADV_DONTDUMP);
	madvise(memory, size, MADV_DONTFORK);
	return memory;
}

/** Takes never used blocks; large ones get a mapping of their own. */
static struct header *
take_fresh(size_t size)
{
	struct header *header;

	if (size > CHUNK / 4)
		return (struct header *)map_locked(size);
	if (size > heap.left) {
		uint8_t *chunk = map_locked(CHUNK);

		if (chunk == NULL)
			return NULL;
		heap.chunk = chunk;
		heap.left = CHUNK;
	}
	header = (struct header *)heap.chunk;
	heap.chunk += size;
	heap.left -= size;
	return header;
}

void *
wp_secret_alloc(size_t size)
{
	size_t blocks = (size + BLOCK - 1) / BLOCK + 1;
	struct header *header;

	pthread_mutex_lock(&heap.lock);
	header = blocks < CLASSES ? heap.free[blocks] : NULL;
	if (header != NULL)
		heap.free[blocks] = header->next;
	else
		header = take_fresh(blocks * BLOCK);
	pthread_mutex_unlock(&heap.lock);
	if (header == NULL)
		return NULL;
	header->blocks = blocks;
	return (uint8_t *)header + BLOCK;
}

void
wp_secret_free(void *memory)
{
	struct header *header;

	if (memory == NULL)
		return;
	header = (struct header *)((uint8_t *)memory - BLOCK);
	explicit_bzero(memory, (header->blocks - 1) * BLOCK);
	if (header->blocks >= CLASSES) {
		munmap(header, header->blocks * BLOCK);
		return;
	}
	pthread_mutex_lock(&heap.lock);
	header->next = heap.free[header->blocks];
	heap.free[header->blocks] = header;
	pthread_mutex_unlock(&heap.lock);
}

bool
wp_secret_locked(void)
{
	return !heap.unlocked;
}
