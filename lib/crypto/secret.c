/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Secrets share pages of their own: blocks of 64 bytes in chunks that are locked as a whole, so
 * that a thousand keys do not cost a thousand pages. Small blocks are wiped and used again; what is
 * larger has a mapping of its own and gives it back. Guard pages stand around every mapping.
 */

#include "crypto/secret.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { BLOCK = 64, CHUNK = 1 << 20, CLASSES = 64 };

/** What stands in front of each allocation; a block of its own, so that alignment stays. */
struct header {
	size_t blocks; /* with this one; CLASSES and more: a mapping of its own */
	struct header *next;
};

static struct {
	pthread_mutex_t lock;
	struct header *free[CLASSES]; /* by number of blocks */
	uint8_t *chunk;               /* what is left of the newest one */
	size_t left;
	bool unlocked; /* some mapping could not be locked */
} heap = {.lock = PTHREAD_MUTEX_INITIALIZER};

static size_t
page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static size_t
whole_pages(size_t size)
{
	return (size + page_size() - 1) & ~(page_size() - 1);
}

/** Maps locked memory between two pages that cannot be touched. The lock is held. */
static uint8_t *
map_locked(size_t size)
{
	size_t guard = page_size(), inside = whole_pages(size);
	uint8_t *memory = mmap(NULL, inside + 2 * guard, PROT_NONE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		return NULL;
	if (mprotect(memory + guard, inside, PROT_READ | PROT_WRITE) != 0) {
		munmap(memory, inside + 2 * guard);
		return NULL;
	}
	memory += guard;
	/* Before anything secret is in it, and before mlock() makes it present. */
	madvise(memory, inside, MADV_DONTDUMP);
	madvise(memory, inside, MADV_DONTFORK);
	if (mlock(memory, inside) != 0)
		heap.unlocked = true;
	return memory;
}

static void
unmap(uint8_t *memory, size_t size)
{
	munmap(memory - page_size(), whole_pages(size) + 2 * page_size());
}

/** Takes never used blocks from a chunk. The lock is held. */
static struct header *
take_fresh(size_t size)
{
	struct header *header;

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

/** The lock is held. */
static struct header *
take(size_t blocks)
{
	struct header *header;

	if (blocks >= CLASSES)
		return (struct header *)map_locked(blocks * BLOCK);
	header = heap.free[blocks];
	if (header == NULL)
		return take_fresh(blocks * BLOCK);
	heap.free[blocks] = header->next;
	return header;
}

void *
wp_secret_alloc(size_t size)
{
	size_t blocks = size / BLOCK + (size % BLOCK != 0) + 1;
	struct header *header;

	if (size > SIZE_MAX / 2)
		return NULL;
	pthread_mutex_lock(&heap.lock);
	header = take(blocks);
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
		unmap((uint8_t *)header, header->blocks * BLOCK);
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
	bool locked;

	pthread_mutex_lock(&heap.lock);
	locked = !heap.unlocked;
	pthread_mutex_unlock(&heap.lock);
	return locked;
}
