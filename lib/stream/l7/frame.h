/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Messages of a stream that each have their length in front. A message that lies in one call as a
 * whole is read where it lies, else it is gathered; one for which there is no memory is passed
 * over.
 */

#ifndef WP_STREAM_L7_FRAME_H
#define WP_STREAM_L7_FRAME_H

#include "stream/l7/view.h"

/** What is left to read of a call's bytes. */
struct l7_rest {
	const uint8_t *data;
	uint32_t size;
	uint64_t offset; /* of data in the side's stream */
};

/** The message that is under way on one side. All zero: none. */
struct l7_frame {
	struct l7_buffer body; /* what is there of it, unless it lies in one call */
	uint64_t offset;       /* of its first byte, behind the length, in the side's stream */
	uint32_t length;       /* bytes, as the field says: when that is whole */
	uint32_t skip;         /* bytes of it that are still to be passed over */
	uint8_t n_length;      /* bytes of the field that were read */
};

/** Leaves bytes behind. @param size  at most rest->size */
void l7_rest_pass(struct l7_rest *rest, uint32_t size);

/**
 * Reads the length in front, in network order.
 *
 * @param width  bytes of the field, 1 .. 4
 * @return whether it is known now; else all bytes are read
 */
bool l7_frame_length(struct l7_frame *frame, unsigned int width, struct l7_rest *rest);

/**
 * Reads the message itself.
 *
 * @param frame  its length is known, and at most L7_TAKE_MAX
 * @param[out] message  it; valid until l7_frame_next(), which the caller owes then
 * @return whether it is whole; else go on while there are bytes
 */
bool l7_frame_read(struct l7_run *run, struct l7_frame *frame, struct l7_rest *rest,
		   struct wp_span *message);

/** Is done with a message: another one follows. */
void l7_frame_next(struct l7_run *run, struct l7_frame *frame);

/** Passes over bytes that are missing. @return whether the next message can be found: they all
 * belonged to this one, which is not read */
bool l7_frame_gap(struct l7_run *run, struct l7_frame *frame, unsigned int width, uint64_t size);

#endif
