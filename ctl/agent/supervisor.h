/* SPDX-License-Identifier: BSD-3-Clause */
/* What systemd is told (Type=notify): that we are ready, that workers come round, that we end.
 * Nothing happens where it did not start us. Control thread. */

#ifndef AGENT_SUPERVISOR_H
#define AGENT_SUPERVISOR_H

#include "pe/pe.h"

/** What systemd was told, and what was seen of the workers when the watchdog was fed last. */
struct supervisor {
	uint64_t epoch;
	uint64_t feed_ns; /* how often; 0: there is no watchdog */
	uint64_t next_ns;
	uint64_t polls[DOCUMENT_WORKERS_MAX];
};

/** Says that packets are served. */
void supervisor_ready(struct supervisor *supervisor, const struct pe *pe);

/** Says which epoch is in force when that is another one; feeds the watchdog now and then, unless a
 * worker hangs. */
void supervisor_tick(struct supervisor *supervisor, const struct pe *pe);

/** Says that it ends. */
void supervisor_stopping(void);

#endif
