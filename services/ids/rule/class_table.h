/* SPDX-License-Identifier: BSD-3-Clause */
/* What classification.c has built in. For the files of this folder only. */

#ifndef IDS_CLASS_TABLE_H
#define IDS_CLASS_TABLE_H

#include "rule/classification.h"

struct class_reference {
	const char *name, *prefix;
};

/** Each ends with a NULL. */
extern const struct class class_table[];
extern const struct class_reference class_references[];

#endif
