/* SPDX-License-Identifier: BSD-3-Clause */
/* What control does beside a worker, on another core, as in the daemon: a thread of its own. */

#ifndef IDS_CONTROL_H
#define IDS_CONTROL_H

#include "tool/host.h"

struct control;

/** Starts it for a host whose conf has 'has_control'; where it cannot, it says so and ends the
 * process. It goes to any core but the one that the caller is on, if there is another. */
struct control *control_start(struct host *host);

/** Ends it. @return ns of a core that it has taken */
uint64_t control_stop(struct control *control);

#endif
