/* SPDX-License-Identifier: BSD-3-Clause */
/* Sets of ports that a rule is about. How they are written, see group.h: members are ports and
 * ranges of them ("80", "8000:8080", ":1023", "1024:"). */

#ifndef IDS_PORT_H
#define IDS_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/arena.h"
#include "rule/vars.h"

/** Constant once it is made; NULL in place of one is the set of all ports. */
struct port_set;

/** Reads a set. Control. See address_set_parse(). */
int port_set_parse(struct wp_arena *arena, const struct vars *vars, const char *text,
		   const struct port_set **set, char *error, size_t size);

/** @return whether a port (host order) is in a set; a logarithm of how many ranges that has. Any
 * thread. */
bool port_set_has(const struct port_set *set, uint16_t port);

/**
 * Tells the ranges of a set one by one, upwards; they do not touch.
 *
 * @param[in,out] at  0 at first; moves on
 * @param[out] low    first port of the range
 * @param[out] high   last one
 * @return false: there are no more
 */
bool port_set_walk(const struct port_set *set, unsigned int *at, uint16_t *low, uint16_t *high);

/** @return whether the same ports are in both. */
bool port_set_equal(const struct port_set *a, const struct port_set *b);

#endif
