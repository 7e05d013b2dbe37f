/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether flags of a header are as a rule wants them: "flags:S,12", "fragbits:!D". */

#ifndef IDS_FLAGS_H
#define IDS_FLAGS_H

#include <stdbool.h>
#include <stdint.h>

#include "rule/rule.h"

/** @return whether the bits that are there meet those that are asked for. */
static inline bool
flags_meet(const struct rule_flags *want, uint8_t flags)
{
	switch (want->how) {
	case FLAGS_EXACT:
		return flags == want->flags;
	case FLAGS_ALL:
		return (flags & want->flags) == want->flags;
	case FLAGS_ANY:
		return (flags & want->flags) != 0;
	default: /* not all of them */
		return (flags & want->flags) != want->flags;
	}
}

/**
 * @param flags  byte 13 of a header of TCP
 *
 * As Suricata has it, a rule that names flags which begin or end a connection, or unusual ones, is
 * about segments with one of these only, whatever it says of them; one that names SYN and does not
 * negate it, about those with SYN. That there shall be none at all is asked of all flags, those
 * that are to be left out included.
 */
static inline bool
flags_hold(const struct rule_flags *want, uint8_t flags)
{
	enum { SYN = 0x02, FIN_SYN_RST = 0x07, URG_ECE_CWR = 0xe0 };
	bool is_not = want->how == FLAGS_NONE;

	if (want->flags == 0)
		return want->how != FLAGS_ANY && (flags != 0) == is_not;
	if (((want->flags & FIN_SYN_RST) != 0 && (flags & FIN_SYN_RST) == 0) ||
	    ((want->flags & URG_ECE_CWR) != 0 && (flags & URG_ECE_CWR) == 0) ||
	    ((want->flags & SYN) != 0 && !is_not && (flags & SYN) == 0))
		return false;
	return flags_meet(want, flags & (uint8_t)~want->ignored);
}

#endif
