/* SPDX-License-Identifier: BSD-3-Clause */
/* The control socket of this host: whoever may open the file is an admin. Control thread. */

#ifndef AGENT_LISTEN_H
#define AGENT_LISTEN_H

#include <stddef.h>

#include "ctl/agent/conn.h"

/** A socket that takes connections. */
struct listening;

/**
 * Listens on a Unix socket, mode 0660. A socket file that nobody listens on any more is replaced.
 * @param[out] message  why not, and what to do
 * @return 0, or a negative errno
 */
int listen_unix(struct event_base *base, struct conns *conns, const char *path,
		struct listening **listening, char *message, size_t message_size);

/** Closes, and removes the file. Accepts NULL. */
void listen_end(struct listening *listening);

#endif
