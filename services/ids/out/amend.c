/* SPDX-License-Identifier: BSD-3-Clause */
/* See amend.h. */

#include "out/amend.h"

#include <string.h>

#include "out/field.h"

void
amend_alert(void *bytes, size_t size, enum record_verdict verdict, enum rule_action action,
	    bool dropped)
{
	const struct wp_span fields = {.data = (uint8_t *)bytes + sizeof(struct record_head),
				       .size = (uint32_t)(size - sizeof(struct record_head))};
	struct field field = field_find(fields, FIELD_ALERT);
	struct field_alert alert;

	if (field.bytes == NULL || !field_get(&field, &alert, sizeof(alert)))
		return;
	alert.verdict = (uint8_t)verdict;
	alert.action = (uint8_t)action;
	alert.dropped = dropped;
	memcpy((uint8_t *)(uintptr_t)field.bytes, &alert, sizeof(alert));
}
