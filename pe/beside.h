/* SPDX-License-Identifier: BSD-3-Clause */
/* Files beside the program: how a build tree finds its own. */

#ifndef PE_BESIDE_H
#define PE_BESIDE_H

#include <limits.h>

/** Writes the name of the file that is at @p relative from the folder of the running program.
 * @return @p file, NULL when there is none that could be opened */
const char *beside_program(const char *relative, char file[PATH_MAX]);

#endif
