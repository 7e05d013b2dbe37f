/* SPDX-License-Identifier: BSD-3-Clause */
/* How lines get into the file; for this folder only. */

#ifndef WP_EVE_FILE_H
#define WP_EVE_FILE_H

#include <stddef.h>

#include "eve/eve.h"

enum { EVE_LINE_MAX = 4096, EVE_TEXT_MAX = 256 * 1024 };

struct eve {
	char *name;
	int fd;
	size_t used; /* bytes of text, all of whole lines */
	char text[EVE_TEXT_MAX];
};

/** @return room for a line of EVE_LINE_MAX bytes. */
char *eve_line(struct eve *eve, uint64_t *counters);

/** Takes the line that was written there. @param size  bytes, '\n' included, as snprintf() says:
 * one that did not fit is lost */
void eve_line_done(struct eve *eve, uint64_t *counters, int size);

#endif
