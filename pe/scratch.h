/* SPDX-License-Identifier: BSD-3-Clause */
/* A folder for a while. Control. */

#ifndef PE_SCRATCH_H
#define PE_SCRATCH_H

#include <stddef.h>

/** Makes a folder that nobody else may look into. @param[out] name  its name @return 0 or a
 * negative errno */
int scratch_make(char *name, size_t size);

/** Removes it with all that is in it. "" is none. */
void scratch_remove(const char *name);

#endif
