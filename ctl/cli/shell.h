/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines that people type: with completion of methods and their parameters, and with a history. */

#ifndef CLI_SHELL_H
#define CLI_SHELL_H

#include <jansson.h>

/** Runs one line. @return the exit status it would have as a command of its own */
typedef int (*shell_run_fn)(void *arg, char **words, int n);

/**
 * Reads and runs lines until their end, or "exit".
 * @param discovered  what the server says of its methods
 * @return the status of the last line
 */
int shell(json_t *discovered, shell_run_fn run, void *arg);

#endif
