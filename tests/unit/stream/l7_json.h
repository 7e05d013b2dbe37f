/* SPDX-License-Identifier: BSD-3-Clause */
/* What views tell, as lines of JSON; for replays, whose readers compare it with what others say. */

#ifndef L7_JSON_H
#define L7_JSON_H

#include <stdio.h>

#include "stream/event.h"

/** Writes the members of an event of a view: `, "name": value ...`, or nothing. Bytes that are not
 * ASCII are written as Latin-1. */
void l7_json_write(FILE *out, const struct wp_stream_event *event);

/** @return the name of an event of views, or NULL. */
const char *l7_json_name(const struct wp_stream_event *event);

#endif
