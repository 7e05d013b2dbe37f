/* SPDX-License-Identifier: BSD-3-Clause */
/* How lines get into the file; for this folder only. */

#ifndef WP_EVE_FILE_H
#define WP_EVE_FILE_H

#include "eve/eve.h"

enum { EVE_LINE_MAX = 4096 };

/** Takes a line. @param size  bytes, '\n' included, as snprintf() says of @p text: one that did not
 * fit EVE_LINE_MAX is lost */
void eve_put(void *log, uint64_t *counters, const char *text, int size);

#endif
