/* SPDX-License-Identifier: BSD-3-Clause */
/* Answers, for people: lists of objects as tables, all else as indented JSON. */

#ifndef CLI_PRINT_H
#define CLI_PRINT_H

#include <jansson.h>

void print_result(const json_t *result);

#endif
