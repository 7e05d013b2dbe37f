/* SPDX-License-Identifier: BSD-3-Clause */
/* Answers an operator who wants to know what has become of rules. Control thread. */

#ifndef IDS_ASK_RULES_H
#define IDS_ASK_RULES_H

#include <stddef.h>

/** As wp_service.ask(): "help" says which questions there are. */
int ids_ask(const void *inst, const char *question, char *answer, size_t size);

#endif
