/* SPDX-License-Identifier: BSD-3-Clause */
/* See l7_smb_rows.h. */

#include "l7_smb_rows.h"

#include <string.h>

#include "l7_smb_text.h"
#include "stream/l7/smb_view.h"
#include "unit.h"

enum { STREAM_MAX = 4096 };

/** Writes a part as it is in the stream. @return its size */
static size_t
frame(const struct part *part, uint8_t *to)
{
	size_t front = part->is_raw ? 0 : 4;

	ck_assert_uint_le(front + part->size, STREAM_MAX);
	if (front != 0) {
		memset(to, 0, 2);
		to[2] = (uint8_t)(part->size >> 8);
		to[3] = (uint8_t)part->size;
	}
	memcpy(to + front, part->bytes, part->size);
	return front + part->size;
}

/** Feeds a conversation; what a side says without an answer comes in one piece. */
static void
feed(struct l7_bed *bed, const struct row *row, size_t step)
{
	uint8_t stream[2 * STREAM_MAX];
	size_t size = 0;

	for (const struct part *part = row->parts; part->bytes != NULL; part++) {
		ck_assert_uint_le(size, STREAM_MAX);
		size += frame(part, stream + size);
		if (part[1].bytes != NULL && part[1].side == part->side)
			continue;
		l7_bed_feed(bed, part->side, stream, size, step);
		size = 0;
	}
}

void
l7_smb_check(const struct row *row)
{
	static const size_t steps[] = {0, 1, 3};

	for (int i = 0; i < ROWS(steps); i++) {
		struct l7_bed bed = {.view = &l7_smb_view, .write = l7_smb_text};

		l7_bed_open(&bed);
		feed(&bed, row, steps[i]);
		ck_assert_msg(strcmp(l7_bed_close(&bed), row->told) == 0,
			      "%s, step %zu:\n%s\nshould be:\n%s", row->what, steps[i], bed.text,
			      row->told);
		l7_bed_free(&bed);
	}
}
