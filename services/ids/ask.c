/* SPDX-License-Identifier: BSD-3-Clause */
/* See ask.h. */

#include "ask.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inst.h"

enum {
	LAST_LINE = 80,     /* room for the line that says where to go on */
	COSTLY_SHOWN = 100, /* rules */
};

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

/** Tells what is wrong with a configuration that serves all the same. @return bytes */
static int
answer_faults(const struct ids *ids, char *answer, size_t size)
{
	const struct rule_set *set = ids->detector->set;
	uint32_t n_serving = ids->detector->n_serving;
	int used = 0;

	answer[0] = '\0';
	if (n_serving == 0)
		used += snprintf(answer, size,
				 "no rule serves, so nothing is found: are its files empty?\n");
	if (set->n_faults != 0)
		used += snprintf(answer + used, size - (size_t)used,
				 "%u of %u rules cannot be used: question=failed-rules "
				 "says which, and why\n",
				 set->n_faults, n_serving + set->n_faults);
	if (ids->n_threshold_faults != 0)
		used += snprintf(answer + used, size - (size_t)used,
				 "%u lines of thresholds cannot be used: the log says which\n",
				 ids->n_threshold_faults);
	if (ids->n_classless != 0)
		used += snprintf(answer + used, size - (size_t)used,
				 "%u rules are of classes that the classification does not have, "
				 "and weigh least: the log says the first\n",
				 ids->n_classless);
	return used;
}

static int
dearest_first(const void *a, const void *b)
{
	const struct asked *const *x = a, *const *y = b;

	return (int)(*y)->cost.cycles - (int)(*x)->cost.cycles;
}

/** Tells the rules that may cost most, as many as there is room for. @return bytes */
static int
tell_costs(const struct asked *const *rules, uint32_t n, char *answer, size_t size)
{
	size_t used = 0;

	for (uint32_t i = 0; i < n && i < COSTLY_SHOWN && rules[i]->cost.cycles != 0; i++) {
		const struct cost *cost = &rules[i]->cost;
		int one = snprintf(answer + used, size - used, "sid %u: %u cycles a byte%s%s\n",
				   rules[i]->rule->sid, cost->cycles,
				   cost->is_ended ? ", may be ended" : "",
				   cost->is_tightened ? ", tightened" : "");

		if (one < 0 || (size_t)one >= size - used)
			break;
		used += (size_t)one;
	}
	return (int)used;
}

static int
answer_costs(const struct detector *detector, char *answer, size_t size)
{
	const struct asked **rules =
		calloc((size_t)detector->set->n + 1, sizeof(const struct asked *));
	int n;

	if (rules == NULL)
		return 0;
	for (uint32_t i = 0; i < detector->set->n; i++)
		rules[i] = &detector->asked[i];
	qsort(rules, detector->set->n, sizeof(const struct asked *), dearest_first);
	n = tell_costs(rules, detector->set->n, answer, size);
	free(rules);
	return n;
}

int
ids_ask(const void *inst, const char *question, char *answer, size_t size)
{
	static const char failed[] = "failed-rules";
	const struct detector *detector = ((const struct ids *)inst)->detector;
	const struct rule_set *set = detector->set;
	unsigned long from = 0;
	char *end = "";

	if (strcmp(question, "help") == 0)
		return snprintf(answer, size,
				"rules: how many serve\n"
				"faults: what is wrong with them, and with thresholds\n"
				"failed-rules [FROM]: those that cannot be used, and why\n"
				"costly-rules: the dearest\n");
	if (strcmp(question, "rules") == 0)
		return snprintf(answer, size, "%u rules serve, %u cannot be used\n",
				detector->n_serving, set->n_faults);
	if (strcmp(question, "faults") == 0)
		return answer_faults(inst, answer, size);
	if (strcmp(question, "costly-rules") == 0)
		return answer_costs(detector, answer, size);
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
