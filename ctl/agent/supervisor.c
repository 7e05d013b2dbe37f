/* SPDX-License-Identifier: BSD-3-Clause */
/* See supervisor.h. */

#include "ctl/agent/supervisor.h"

#include <systemd/sd-daemon.h>

void
supervisor_ready(struct supervisor *supervisor, const struct pe *pe)
{
	uint64_t watchdog_us = 0;

	*supervisor = (struct supervisor){.epoch = pe->current->number};
	sd_notifyf(0, "READY=1\nSTATUS=epoch %lu is in force", pe->current->number);
	if (sd_watchdog_enabled(0, &watchdog_us) > 0)
		supervisor->feed_ns = watchdog_us * 1000 / 4;
}

/** @return whether all workers have come round since the last time. */
static bool
have_moved(struct supervisor *supervisor, const struct pe *pe)
{
	bool all = true;

	for (uint16_t i = 0; i < pe->n_workers; i++) {
		uint64_t polls =
			atomic_load_explicit(&pe->workers[i]->sequence, memory_order_relaxed);

		all &= polls != supervisor->polls[i];
		supervisor->polls[i] = polls;
	}
	return all;
}

void
supervisor_tick(struct supervisor *supervisor, const struct pe *pe)
{
	uint64_t now_ns = pe_now_ns(pe);

	if (supervisor->epoch != pe->current->number) {
		supervisor->epoch = pe->current->number;
		sd_notifyf(0, "STATUS=epoch %lu is in force", supervisor->epoch);
	}
	if (supervisor->feed_ns == 0 || now_ns < supervisor->next_ns)
		return;
	supervisor->next_ns = now_ns + supervisor->feed_ns;
	if (have_moved(supervisor, pe))
		sd_notify(0, "WATCHDOG=1");
}

void
supervisor_stopping(void)
{
	sd_notify(0, "STOPPING=1");
}
