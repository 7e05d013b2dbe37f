/* SPDX-License-Identifier: BSD-3-Clause */
/* See event_ring.h. */

#include "pe/event_ring.h"

#include <errno.h>
#include <sys/mman.h>

int
event_ring_open(struct event_ring *ring, uint64_t size)
{
	void *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (bytes == MAP_FAILED)
		return -ENOMEM;
	ring->bytes = bytes;
	ring->mask = size - 1;
	return 0;
}

void
event_ring_close(struct event_ring *ring)
{
	if (ring->bytes != NULL)
		munmap(ring->bytes, ring->mask + 1);
	ring->bytes = NULL;
}
