/* SPDX-License-Identifier: BSD-3-Clause */
/* See l7_tls_feed.h. */

#include "l7_tls_feed.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM = 1 << 16 };

static const char digits[] = "0123456789abcdef";

/** @return a hex digit's value, or -1 */
static int
value(char digit)
{
	const char *at = digit == '\0' ? NULL : strchr(digits, digit);

	return at == NULL ? -1 : (int)(at - digits);
}

const char *
l7_tls_unhex(const char *text, uint8_t *bytes, size_t room, size_t *size)
{
	for (*size = 0; *size < room && value(text[0]) >= 0 && value(text[1]) >= 0; text += 2)
		bytes[(*size)++] = (uint8_t)(value(text[0]) * 16 + value(text[1]));
	return text;
}

void
l7_tls_feed(struct l7_bed *bed, const char *text, size_t step)
{
	static uint8_t bytes[ROOM];
	unsigned int side = WP_CLIENT;
	size_t size;
	char *end;

	while (*text != '\0') {
		if (*text == 'C' || *text == 'S') {
			side = *text++ == 'S' ? WP_SERVER : WP_CLIENT;
		} else if (*text == '~') {
			l7_bed_gap(bed, side, strtoull(text + 1, &end, 10));
			text = end;
		} else if (*text == '.') {
			l7_bed_finish(bed, side);
			text++;
		} else {
			text = l7_tls_unhex(text, bytes, sizeof(bytes), &size);
			if (size == 0)
				text++;
			else
				l7_bed_feed(bed, side, bytes, size, step);
		}
	}
}
