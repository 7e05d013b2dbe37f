/* SPDX-License-Identifier: BSD-3-Clause */
/* What differs between two JSON texts, in words that people can read. */

#ifndef AGENT_DIFF_H
#define AGENT_DIFF_H

#include <jansson.h>

#define DIFF_MAX 10000 /* changes; more are not listed */

/**
 * Compares two values. Objects in lists are matched by their "name", all else in lists by its
 * place.
 * @return a new list of {"path": JSON pointer, "from": ..., "to": ...}; without "from" what is new,
 * without "to" what is gone. In a pointer, a named object stands by its name in brackets:
 * /paths/[to-hq]/spi
 */
json_t *diff(json_t *from, json_t *to);

#endif
