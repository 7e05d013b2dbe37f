/* SPDX-License-Identifier: BSD-3-Clause */
/* What waypointd does with state for its options --export, --import and --get, and what it says of
 * it. Control. */

#ifndef PE_CARRY_H
#define PE_CARRY_H

#include "pe/pe.h"

/** Writes all state to a file and says so, or why not. @return 0 or a negative errno */
int carry_out(struct pe *pe, const char *file);

/**
 * Takes the state of a file back before the workers run, and says what came of it.
 * @param partial  leave out tables that this build does not know; else the file is refused
 * @return 0 or a negative errno
 */
int carry_in(struct pe *pe, const char *file, bool partial);

/** Prints the entries of a file that @p filter means, a line of JSON each. @return 0 or a negative
 * errno, after a line on stderr */
int carry_show(const char *filter, const char *file);

#endif
