/* SPDX-License-Identifier: BSD-3-Clause */
/* What was seen, all together: EVE's event "stats". */

#ifndef IDS_TALLY_H
#define IDS_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "tool/host.h"

/**
 * Appends the event to the file that the service's events have gone to.
 * @param n_read     packets of the capture, whether they were wanted or not
 * @param is_inline  tell what did not go on
 * @return 0 or a negative errno
 */
int tally_write(const struct host *host, uint64_t n_read, const char *file, bool is_inline);

#endif
