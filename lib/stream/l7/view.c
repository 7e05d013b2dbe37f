/* SPDX-License-Identifier: BSD-3-Clause */
/* What views have in common. See view.h. */

#include "stream/l7/view.h"

#include <string.h>

enum { ROOM_MIN = 512 };

/** @return room for @p size bytes that a buffer gets: it doubles. */
static uint32_t
room_for(uint32_t size, uint32_t max)
{
	uint32_t room = ROOM_MIN;

	while (room < size)
		room *= 2;
	return room < max ? room : max;
}

static bool
grow(struct l7_run *run, struct l7_buffer *buffer, uint32_t size, uint32_t max)
{
	uint32_t room = room_for(size, max);
	uint8_t *bytes = run->host->take(run, room);

	if (bytes == NULL) {
		l7_anomaly(run, WP_L7_NO_MEMORY);
		return false;
	}
	if (buffer->size != 0)
		memcpy(bytes, buffer->bytes, buffer->size);
	run->host->give(run, buffer->bytes);
	buffer->bytes = bytes;
	buffer->room = room;
	return true;
}

bool
l7_buffer_add(struct l7_run *run, struct l7_buffer *buffer, const void *data, uint32_t size,
	      uint32_t max)
{
	if (size > max - buffer->size) {
		l7_anomaly(run, WP_L7_TOO_LONG);
		return false;
	}
	if (buffer->size + size > buffer->room && !grow(run, buffer, buffer->size + size, max))
		return false;
	if (size != 0)
		memcpy(buffer->bytes + buffer->size, data, size);
	buffer->size += size;
	return true;
}

void
l7_buffer_free(struct l7_run *run, struct l7_buffer *buffer)
{
	run->host->give(run, buffer->bytes);
	*buffer = (struct l7_buffer){0};
}

void
l7_tell(struct l7_run *run, struct wp_stream_event event)
{
	event.side = (uint8_t)run->side;
	run->host->tell(run, &event);
}

void
l7_anomaly_at(struct l7_run *run, unsigned int anomaly, uint64_t offset)
{
	l7_tell(run, (struct wp_stream_event){
			     .type = WP_L7_ANOMALY, .detail = (uint8_t)anomaly, .offset = offset});
}

void
l7_anomaly(struct l7_run *run, unsigned int anomaly)
{
	l7_anomaly_at(run, anomaly, run->offset);
}
