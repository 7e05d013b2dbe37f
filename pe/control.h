/* SPDX-License-Identifier: BSD-3-Clause */
/* What the control thread does while workers run: it follows signals, the control socket, and the
 * clock. */

#ifndef PE_CONTROL_H
#define PE_CONTROL_H

#include <signal.h>

#include "pe/pe.h"

struct history;

/** What the command line says. */
struct control_options {
	const char *document;
	const char *stats, *export; /* file names; NULL: none */
};

/**
 * Runs until SIGTERM or SIGINT.
 * @param signals  blocked in all threads: SIGHUP, SIGUSR2, SIGTERM, SIGINT
 * @param history  of the control socket; or NULL. Taken
 * @return 0, or a negative errno when it could not begin, with a line in the log
 */
int control_run(struct pe *pe, const struct control_options *options, const sigset_t *signals,
		struct history *history);

/** Writes what --stats asks for. */
void control_write_stats(struct pe *pe, const struct control_options *options);

/** Writes the state to where --export says, while workers run. */
void control_export(struct pe *pe, const struct control_options *options);

#endif
