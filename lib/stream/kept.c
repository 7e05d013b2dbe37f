/* SPDX-License-Identifier: BSD-3-Clause */
/* See kept.h. */

#include "stream/kept.h"

#include <string.h>

#include "stream/block.h"

/** Bytes behind the first of the side that no view was found by; the other may still say yes. */
struct l7_more {
	uint32_t size;
	uint8_t side; /* enum wp_side */
	uint8_t bytes[STREAM_KEPT_MORE];
};

static uint32_t
count_more(const struct l7_flow *l7, unsigned int side)
{
	return l7->more != NULL && l7->more->side == side ? l7->more->size : 0;
}

static void
copy(struct l7_flow *l7, unsigned int side, struct stream_kept *kept)
{
	uint32_t first = l7->n_kept[side], more = count_more(l7, side);

	memcpy(kept->bytes, l7->kept[side], first);
	if (more != 0)
		memcpy(kept->bytes + first, l7->more->bytes, more);
	kept->n = first + more;
	kept->missing = l7->seen[side] - kept->n;
}

void
stream_kept_take(struct stream_reading *reading, struct stream_kept kept[2])
{
	struct l7_flow *l7 = reading->l7;

	for (unsigned int side = 0; side < 2; side++) {
		copy(l7, side, &kept[side]);
		l7->seen[side] = l7->n_kept[side] = 0;
	}
	stream_block_give(reading->worker, l7->more);
	l7->more = NULL;
}

uint32_t
stream_kept_add_first(struct l7_flow *l7, unsigned int side, const uint8_t *data, uint32_t size)
{
	uint32_t room = L7_MATCH_SIZE - l7->n_kept[side], n = size < room ? size : room;

	if (l7->seen[side] != l7->n_kept[side])
		n = 0; /* there is a gap among them, or they are all there */
	memcpy(l7->kept[side] + l7->n_kept[side], data, n);
	l7->n_kept[side] += (uint8_t)n;
	l7->seen[side] += size;
	return n;
}

/** Keeps bytes behind the first, as many as there is room for. */
static void
add_more(struct stream_reading *reading, const uint8_t *data, uint32_t size)
{
	struct l7_flow *l7 = reading->l7;
	struct l7_more *more = l7->more;

	if (more == NULL) {
		more = stream_block_take(reading->worker, l7->flow, l7, sizeof(*more));
		if (more == NULL)
			return;
		more->size = 0;
		more->side = (uint8_t)reading->run.side;
		l7->more = more;
	}
	if (size > STREAM_KEPT_MORE - more->size)
		size = STREAM_KEPT_MORE - more->size;
	memcpy(more->bytes + more->size, data, size);
	more->size += size;
}

void
stream_kept_add(struct stream_reading *reading, const uint8_t *data, uint32_t size)
{
	struct l7_flow *l7 = reading->l7;
	unsigned int side = reading->run.side;
	bool is_gapless = l7->seen[side] == l7->n_kept[side] + count_more(l7, side);
	uint32_t n = stream_kept_add_first(l7, side, data, size);

	/* By so many, no view said yes; so the other side has fewer. */
	if (is_gapless && n < size)
		add_more(reading, data + n, size - n);
}
