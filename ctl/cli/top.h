/* SPDX-License-Identifier: BSD-3-Clause */
/* What the paths and workers do, once a second. */

#ifndef CLI_TOP_H
#define CLI_TOP_H

#include <stdbool.h>

#include "ctl/cli/client.h"

/** Shows it until the connection ends, or so many times. @param times  0: for ever
 * @param json  as a line of JSON each
 * @return whether the connection has ended */
int top(struct client *client, unsigned int times, bool json, char *message, size_t message_size);

#endif
