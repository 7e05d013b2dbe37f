/* SPDX-License-Identifier: BSD-3-Clause */
/* Changes to a record that is made already. */

#ifndef IDS_AMEND_H
#define IDS_AMEND_H

#include <stdbool.h>
#include <stddef.h>

#include "out/record.h"

/** Says what came of an alert's rule. @param bytes  of a record_alert() */
void amend_alert(void *bytes, size_t size, enum record_verdict verdict, enum rule_action action,
		 bool dropped);

#endif
