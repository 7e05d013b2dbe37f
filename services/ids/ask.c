/* SPDX-License-Identifier: BSD-3-Clause */
/* See ask.h. */

#include "ask.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inst.h"

/** Room for the line that says where to go on. */
enum { LAST_LINE = 80 };

/** Tells faults from one on, as many as there is room for. @return bytes */
static int
tell_faults(const struct rule_set *set, uint32_t from, char *answer, size_t size)
{
	size_t used = 0;

	for (uint32_t i = from; i < set->n_faults; i++) {
		const struct rule_fault *fault = &set->faults[i];
		int n = snprintf(answer + used, size - used, "%s:%u:%u: sid %u: %s%s%s\n",
				 fault->file, fault->line, fault->column, fault->sid, fault->why,
				 fault->hint[0] == '\0' ? "" : ": ", fault->hint);

		if (n < 0 || (size_t)n + LAST_LINE >= size - used) {
			n = snprintf(answer + used, size - used, "%u more: failed-rules %u\n",
				     set->n_faults - i, i);
			return (int)used + (n < 0 || (size_t)n >= size - used ? 0 : n);
		}
		used += (size_t)n;
	}
	return (int)used;
}

int
ids_ask(const void *inst, const char *question, char *answer, size_t size)
{
	static const char failed[] = "failed-rules";
	const struct rule_set *set = ((const struct ids *)inst)->detector->set;
	unsigned long from = 0;
	char *end = "";

	if (strcmp(question, "rules") == 0)
		return snprintf(answer, size, "%u rules serve, %u cannot be used\n", set->n,
				set->n_faults);
	if (strncmp(question, failed, sizeof(failed) - 1) != 0)
		return -EINVAL;
	if (question[sizeof(failed) - 1] == ' ')
		from = strtoul(question + sizeof(failed), &end, 10);
	else if (question[sizeof(failed) - 1] != '\0')
		return -EINVAL;
	if (*end != '\0' || from > UINT32_MAX)
		return -EINVAL;
	return tell_faults(set, (uint32_t)from, answer, size);
}
