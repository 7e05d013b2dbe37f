/* SPDX-License-Identifier: BSD-3-Clause */
/* Questions of an operator's that instances answer from the document alone: the option --ask.
 * Control. */

#ifndef PE_ASK_H
#define PE_ASK_H

#include "pe/pe.h"

/** Prints what instances answer, each line with the instance's name in front. @return 0; -ENOENT
 * when none has an answer, -EINVAL when none understands the question, after a line on stderr */
int ask_print(const struct pe *pe, const char *question);

#endif
