/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages with their length in front. See frame.h. */

#include "stream/l7/frame.h"

void
l7_rest_pass(struct l7_rest *rest, uint32_t size)
{
	rest->data += size;
	rest->size -= size;
	rest->offset += size;
}

bool
l7_frame_length(struct l7_frame *frame, unsigned int width, struct l7_rest *rest)
{
	while (frame->n_length < width && rest->size != 0) {
		frame->length = frame->length << 8 | *rest->data;
		frame->n_length++;
		l7_rest_pass(rest, 1);
		frame->offset = rest->offset;
	}
	return frame->n_length == width;
}

static uint32_t
least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static void
skip(struct l7_run *run, struct l7_frame *frame, struct l7_rest *rest)
{
	uint32_t size = least(frame->skip, rest->size);

	l7_rest_pass(rest, size);
	frame->skip -= size;
	if (frame->skip == 0)
		l7_frame_next(run, frame);
}

bool
l7_frame_read(struct l7_run *run, struct l7_frame *frame, struct l7_rest *rest,
	      struct wp_span *message)
{
	uint32_t needs = frame->length - frame->body.size, size = least(needs, rest->size);

	if (frame->skip != 0) {
		skip(run, frame, rest);
		return false;
	}
	if (size == frame->length) {
		*message = (struct wp_span){rest->data, size};
		l7_rest_pass(rest, size);
		return true;
	}
	if (size != 0 && !l7_buffer_add(run, &frame->body, rest->data, size, frame->length)) {
		frame->skip = needs;
		l7_buffer_free(run, &frame->body);
		skip(run, frame, rest);
		return false;
	}
	l7_rest_pass(rest, size);
	*message = (struct wp_span){frame->body.bytes, frame->length};
	return size == needs;
}

void
l7_frame_next(struct l7_run *run, struct l7_frame *frame)
{
	l7_buffer_free(run, &frame->body);
	*frame = (struct l7_frame){0};
}

bool
l7_frame_gap(struct l7_run *run, struct l7_frame *frame, unsigned int width, uint64_t size)
{
	uint32_t needs = frame->skip != 0 ? frame->skip : frame->length - frame->body.size;

	if (frame->n_length != width || size > needs)
		return false;
	l7_buffer_free(run, &frame->body);
	frame->skip = needs - (uint32_t)size;
	if (frame->skip == 0)
		l7_frame_next(run, frame);
	return true;
}
