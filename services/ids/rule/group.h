/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How rules write sets of addresses and of ports: members with commas between them, '!' in front
 * of what is not meant, lists in brackets, variables, and "any". What a member is, each kind says
 * itself. Control thread.
 *
 * A list is its members without those negated in it, wherever in the list they stand; where there
 * are negated ones only, it is all without them. This goes for each family of numbers apart: IPv4
 * and IPv6 do not take away from each other, and "!10.0.0.0/8" is of IPv4 alone. A list or
 * variable inside that is not negated is as if its members stood there themselves; a negated one
 * is first made a set.
 */

#ifndef IDS_GROUP_H
#define IDS_GROUP_H

#include <stddef.h>
#include <stdint.h>

#include "rule/ranges.h"
#include "rule/vars.h"

#define GROUP_FAMILIES 2

/** Lists and variables in each other, and members in all: more is refused. */
#define GROUP_DEPTH_MAX 32
#define GROUP_MEMBERS_MAX 65536

/** One kind of members. */
struct group_kind {
	unsigned int n_families;
	struct range all[GROUP_FAMILIES]; /* "any" */

	/**
	 * Reads a member: not "any", not empty.
	 * @param word  a copy, to be cut at will
	 * @return NULL, or what is wrong with it
	 */
	const char *(*read)(char *word, unsigned int *family, struct range *range);
};

/**
 * Reads a set.
 *
 * @param vars        NULL: there are none
 * @param[out] sets   one for each family, in order, not all of them empty; all empty after a
 *                    failure. For ranges_clear()
 * @param[out] error  what is wrong and where, after -EINVAL
 * @return 0, -EINVAL or -ENOMEM
 */
int group_read(const struct group_kind *kind, const struct vars *vars, const char *text,
	       struct ranges sets[GROUP_FAMILIES], char *error, size_t size);

/** Reads a decimal number. @return whether it is one, of this at the most */
bool group_number(const char *text, uint32_t max, uint32_t *number);

#endif
