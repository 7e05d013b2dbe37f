/* SPDX-License-Identifier: BSD-3-Clause */
/* "requires": what a rule wants of its reader. For the files of this folder only. */

#ifndef IDS_REQUIRES_H
#define IDS_REQUIRES_H

#include "rule/keyword.h"

/** @return 0: all of it is here; 1: it is not; -EINVAL after reader_fault() */
int requires_read(struct rule_reader *reader, char *value);

#endif
