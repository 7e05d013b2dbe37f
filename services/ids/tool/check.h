/* SPDX-License-Identifier: BSD-3-Clause */
/* Checking rules: wp-ids -T. */

#ifndef IDS_CHECK_H
#define IDS_CHECK_H

#include "tool/options.h"
#include "tool/translate.h"

/** Reads the rules, makes a detector of them, and says what is wrong. @return the exit status */
int check_run(const struct options *options, const struct translation *to);

#endif
