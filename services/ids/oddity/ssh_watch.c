/* SPDX-License-Identifier: BSD-3-Clause */
/* See ssh_watch.h. */

#include "oddity/ssh_watch.h"

#include "bytes.h"

enum phase {
	PHASE_BANNER,
	PHASE_REST, /* of a banner that is too long */
	PHASE_PACKETS,
	PHASE_OVER,
};

/** Looks at a banner that has come, as far as it may be long. */
static void
end_banner(struct ssh_watch *watch, enum phase then, struct oddities *odd)
{
	watch->phase = (uint8_t)then;
	if (watch->has_dash)
		return;
	oddities_add(odd, EVENT_SSH_INVALID_BANNER);
	watch->phase = PHASE_OVER;
}

/** Takes a byte of the banner. */
static void
take_letter(struct ssh_watch *watch, uint8_t byte, struct oddities *odd)
{
	static const char begin[] = "SSH-";
	enum { BEGIN = sizeof(begin) - 1, LONGEST = 255 };

	if (byte == '\n') {
		end_banner(watch, PHASE_PACKETS, odd);
	} else if (watch->n_line < BEGIN && byte != (uint8_t)begin[watch->n_line]) {
		watch->phase = PHASE_OVER; /* it is no SSH */
	} else if (watch->n_line >= LONGEST && byte != '\r') {
		end_banner(watch, PHASE_REST, odd);
		if (watch->phase == PHASE_REST)
			oddities_add(odd, EVENT_SSH_LONG_BANNER);
	} else if (watch->n_line >= BEGIN) {
		watch->has_dash |= byte == '-' && watch->has_version;
		watch->has_version |= watch->n_line == BEGIN && byte != '-';
	}
	watch->n_line++;
}

/** Takes a byte of a packet's head: its size, that of its padding, and what it is. */
static void
take_head(struct ssh_watch *watch, uint8_t byte, struct oddities *odd)
{
	enum { SIZE = 4, LEAST = 2, NEW_KEYS = 21 };

	watch->head[watch->n_head++] = byte;
	if (watch->n_head == SIZE && wp_get32(watch->head) < LEAST) {
		oddities_add(odd, EVENT_SSH_INVALID_RECORD);
		watch->phase = PHASE_OVER;
	}
	if (watch->n_head < sizeof(watch->head))
		return;
	if (byte == NEW_KEYS)
		watch->phase = PHASE_OVER;
	watch->left = wp_get32(watch->head) - LEAST;
	watch->n_head = 0;
}

/** @return bytes of a packet's that are passed over */
static uint32_t
pass(struct ssh_watch *watch, uint32_t size)
{
	uint32_t passed = size < watch->left ? size : watch->left;

	watch->left -= passed;
	return passed;
}

void
ssh_watch_end(struct ssh_watch *watch)
{
	watch->phase = PHASE_OVER;
}

void
ssh_watch_take(struct ssh_watch *watch, struct wp_span bytes, struct oddities *odd)
{
	for (uint32_t i = 0; i < bytes.size && watch->phase != PHASE_OVER; i++) {
		uint8_t byte = bytes.data[i];

		if (watch->phase == PHASE_BANNER)
			take_letter(watch, byte, odd);
		else if (watch->phase == PHASE_REST && byte == '\n')
			watch->phase = PHASE_PACKETS;
		else if (watch->phase == PHASE_PACKETS && watch->left != 0)
			i += pass(watch, bytes.size - i) - 1;
		else if (watch->phase == PHASE_PACKETS)
			take_head(watch, byte, odd);
	}
}
