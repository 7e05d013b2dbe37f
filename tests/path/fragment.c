/* SPDX-License-Identifier: BSD-3-Clause */
/* See fragment.h. */

#include "fragment.h"

#include <stdio.h>
#include <string.h>

const char *const ports[2] = {"p0", "p1"};

struct frame
fragment_frame(const struct fragment *fragment)
{
	uint8_t payload[SIZE - 8] = {0};
	struct frame frame = frame_udp(&(struct frame_spec){
		.spi = fragment->spi,
		.source = fragment->source,
		.dport = fragment->dport != 0 ? fragment->dport : 80,
		.payload = payload,
		.payload_len = sizeof(payload),
	});
	unsigned int field = fragment->number * (SIZE / 8) | (fragment->last ? 0 : 0x2000);

	frame.bytes[IP + 4] = (uint8_t)(fragment->id >> 8);
	frame.bytes[IP + 5] = (uint8_t)fragment->id;
	frame.bytes[IP + 6] = (uint8_t)(field >> 8);
	frame.bytes[IP + 7] = (uint8_t)field;
	if (fragment->number != 0)
		memset(frame.bytes + L4, 0xee, SIZE);
	frame.bytes[L4 + 16] = (uint8_t)fragment->number; /* for the tests to see */
	return frame;
}

void
fragment_send(struct bed *bed, unsigned int port, const struct fragment *fragment)
{
	struct frame frame = fragment_frame(fragment);

	bed_send(bed, ports[port], &frame);
}

unsigned int
receive_both(struct bed *bed)
{
	return bed_receive_all(bed, "p0") + bed_receive_all(bed, "p1");
}

uint64_t
drops(struct bed *bed, unsigned int path, const char *reason)
{
	char where[64];

	snprintf(where, sizeof(where), "paths/%u/drops/%s", path, reason);
	return bed_number(bed, where);
}

uint64_t
held(struct bed *bed)
{
	return bed_number(bed, "workers/0/held") + bed_number(bed, "workers/1/held");
}
