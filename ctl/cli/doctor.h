/* SPDX-License-Identifier: BSD-3-Clause */
/* Looks over a PE, and says what is not as it should be and what to do about it. */

#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "ctl/cli/client.h"

/** What was found. */
enum diagnosis { DOCTOR_WELL, DOCTOR_ILL, DOCTOR_NO_SERVER };

/**
 * Looks for about a second, and prints what there is to say.
 * @param json  as a list of objects: level, where, what, advice
 * @param[out] message  with DOCTOR_NO_SERVER: why
 */
enum diagnosis doctor(struct client *client, bool json, char *message, size_t message_size);

#endif
