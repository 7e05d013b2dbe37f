/* SPDX-License-Identifier: BSD-3-Clause */
/* Faults of rules as people read them: where, why, what to do, and the place in the rule. */

#ifndef IDS_REPORT_H
#define IDS_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "rule/set.h"

/** How they are shown. */
struct report_style {
	bool colours;
	unsigned int width; /* columns of a line that shows a rule */
};

/** @return what suits a file: colours and its width where it is a terminal. */
struct report_style report_style(FILE *file);

/** Writes a fault: a line with place and reason, the rule, and a caret below what is wrong. */
void report_fault(FILE *file, const struct report_style *style, const struct rule_fault *fault);

/** Writes it as a line of JSON. */
void report_fault_json(FILE *file, const struct rule_fault *fault);

#endif
