/* SPDX-License-Identifier: BSD-3-Clause */
/* Sets of addresses of IPv4 and IPv6 that a rule is about. How they are written, see group.h:
 * members are addresses, prefixes ("10.0.0.0/8", "10.0.0.0/255.0.0.0", "2001:db8::/32") and ranges
 * ("10.0.0.1-10.0.0.9"). */

#ifndef IDS_ADDRESS_H
#define IDS_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/arena.h"
#include "rule/vars.h"

/** Constant once it is made; NULL in place of one is the set of all addresses. */
struct address_set;

/**
 * Reads a set. Control.
 *
 * @param arena       where it is made
 * @param vars        NULL: there are none
 * @param[out] set    NULL: any
 * @param[out] error  what is wrong and where, after -EINVAL
 * @return 0, -EINVAL or -ENOMEM
 */
int address_set_parse(struct wp_arena *arena, const struct vars *vars, const char *text,
		      const struct address_set **set, char *error, size_t size);

/** @return whether an address (network order; of a version, 4 or 6) is in a set; a logarithm of how
 * many ranges that has. Any thread. */
bool address_set_has(const struct address_set *set, uint8_t version, const uint8_t *address);

/** @return whether the same addresses are in both. */
bool address_set_equal(const struct address_set *a, const struct address_set *b);

#endif
