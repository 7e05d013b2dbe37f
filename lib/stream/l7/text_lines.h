/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines out of a side's bytes, however these are cut. */

#ifndef STREAM_L7_TEXT_LINES_H
#define STREAM_L7_TEXT_LINES_H

#include "stream/l7/text.h"
#include "stream/l7/view.h"

/** What is not read yet of the bytes of a call. */
struct text_in {
	const uint8_t *data;
	uint32_t size;
	uint64_t offset; /* of its first byte in the side's stream */
};

/** A side's lines. All zero: at the beginning of one. */
struct text_lines {
	struct l7_buffer part; /* what earlier calls had of the line */
	uint64_t start;        /* offset of the line's first byte in the side's stream */
	uint32_t size;         /* bytes of the line so far; more than WP_TEXT_LINE_MAX: too long */
	bool skips;            /* the line is not told: its beginning is missing */
};

/** Goes over bytes that were read. */
void text_in_read(struct text_in *in, uint32_t size);

/**
 * Reads up to the end of a line. There is at least one byte to be read.
 * @param[out] line  a line without its end; in->data or the buffer's: to be done with before
 *                   text_lines_reset()
 * @return false: there is none: all bytes are read, or the end of one that is skipped
 */
bool text_lines_next(struct l7_run *run, struct text_lines *lines, struct text_in *in,
		     struct wp_span *line);

/** The stream is at its end. @return whether a line was not ended, which is given then */
bool text_lines_rest(struct l7_run *run, struct text_lines *lines, struct wp_span *line);

/** Bytes are missing: the next line is the one behind the next line's end. */
void text_lines_gap(struct l7_run *run, struct text_lines *lines);

/** Done with a line, or with what was read of one: the next byte begins another. */
void text_lines_reset(struct l7_run *run, struct text_lines *lines);

#endif
